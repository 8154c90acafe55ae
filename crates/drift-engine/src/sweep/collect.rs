use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::shard::SWEEP;
use super::{CURVE_POINTS, Cell, RunEnd, RunRow, Sweep, find};
use crate::files::{entries, write_atomically};
use crate::frames::{Kind, Reader, Writer};
use crate::{Error, npz, state};

const KIND: Kind = Kind {
    magic: *b"driftswp",
    version: 2,
};

/// Finished runs of a shard, one after the other in one file, so that a kill costs at most the
/// row that was being written. The first frame is the sweep's text.
#[derive(Debug)]
pub(super) struct Journal(Writer);

impl Journal {
    /// Opens or starts the journal of a sweep, cutting a torn last row off; `found` is called
    /// with every row it has.
    pub(super) fn open(
        path: PathBuf,
        sweep: &str,
        found: impl FnMut(RunRow),
    ) -> Result<Self, Error> {
        let reader = read_journal(&path, sweep, found)?;
        let mut writer = Writer::open(&path, KIND, reader.as_ref())?;
        if reader.is_none() {
            writer.append(sweep.as_bytes())?;
            writer.sync()?;
        }
        Ok(Self(writer))
    }

    /// Appends a row and brings it to the disk.
    pub(super) fn append(&mut self, row: &RunRow) -> Result<(), Error> {
        self.0.append(&state::save(row))?;
        self.0.sync()
    }
}

/// Calls `found` with every whole row of a sweep's journal; `None` where there is none, or not
/// even a whole beginning.
pub(super) fn read_journal(
    path: &Path,
    sweep: &str,
    mut found: impl FnMut(RunRow),
) -> Result<Option<Reader>, Error> {
    let Some(mut reader) = Reader::open(path, KIND)? else {
        return Ok(None);
    };
    match reader.next_frame()? {
        None => return Ok(None),
        Some(text) if text == sweep.as_bytes() => {}
        Some(_) => {
            return Err(Error::MixedSweep {
                path: path.to_owned(),
                reason: "it belongs to another sweep".to_owned(),
            });
        }
    }
    while let Some(row) = reader.next_frame()? {
        found(state::load(&row).map_err(|error| Error::corrupt(path, error))?);
    }
    Ok(Some(reader))
}

/// The journals in a directory, by name.
pub(super) fn journals(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = entries(directory)?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "journal"));
    paths.sort();
    Ok(paths)
}

/// The text of the sweep that a directory holds, from which its [`Sweep`] is made.
///
/// # Errors
/// [`Error::Io`] where there is no sweep.
pub fn sweep_text(directory: impl AsRef<Path>) -> Result<String, Error> {
    let path = directory.as_ref().join(SWEEP);
    fs::read_to_string(&path).map_err(Error::io("read", &path))
}

/// Refuses a directory that holds another sweep or none.
fn check_sweep(directory: &Path, sweep: &Sweep) -> Result<(), Error> {
    if sweep_text(directory)? == sweep.text() {
        return Ok(());
    }
    Err(Error::MixedSweep {
        path: directory.to_owned(),
        reason: format!("it holds another sweep than {}", sweep.name()),
    })
}

/// How far a sweep in a directory is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SweepStatus {
    /// Runs of the sweep.
    pub runs: u64,
    /// Finished runs, each counted once.
    pub finished: u64,
    /// Finished runs by how they ended.
    pub by_end: BTreeMap<String, u64>,
    /// Finished and all runs by group, in the order of the groups.
    pub by_group: Vec<(String, u64, u64)>,
    /// Rows in each journal.
    pub by_journal: Vec<(PathBuf, u64)>,
}

/// How far a sweep in a directory is, while it is being worked on or after.
///
/// # Errors
/// [`Error::Io`] where there is no sweep; [`Error::MixedSweep`] where it is another, or for a journal
/// that does not belong to it; [`Error::Corrupt`].
pub fn status(directory: impl AsRef<Path>, sweep: &Sweep) -> Result<SweepStatus, Error> {
    check_sweep(directory.as_ref(), sweep)?;
    let mut status = SweepStatus {
        runs: sweep.runs(),
        finished: 0,
        by_end: BTreeMap::new(),
        by_group: sweep
            .groups()
            .map(|(name, _, runs)| (name.to_owned(), 0, runs))
            .collect(),
        by_journal: Vec::new(),
    };
    let mut seen = HashSet::new();
    for path in journals(directory.as_ref())? {
        let mut rows = 0;
        read_journal(&path, sweep.text(), |row| {
            rows += 1;
            if !seen.insert(row.run) {
                return;
            }
            status.finished += 1;
            *status.by_end.entry(row.end.kind().to_owned()).or_default() += 1;
            let mut groups = status.by_group.iter_mut();
            if let Some((_, finished, _)) = groups.find(|(name, ..)| *name == row.group) {
                *finished += 1;
            }
        })?;
        status.by_journal.push((path, rows));
    }
    Ok(status)
}

/// What was collected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collected {
    /// Runs of the sweep.
    pub runs: u64,
    /// Rows in the table.
    pub rows: u64,
    /// Numbers of the runs that no journal has.
    pub gaps: Vec<u64>,
    /// Numbers of the runs that more than one journal has.
    pub duplicates: Vec<u64>,
    /// Those of the duplicates whose numbers differ by more than 10⁻⁶ of themselves, with the columns.
    pub differing: Vec<(u64, Vec<String>)>,
}

/// Relative difference of numbers of one run, made on two kinds of processor, that is not worth a
/// word.
const TOLERANCE: f64 = 1e-6;

/// Merges the shards of `sweep` in `directories` into `output/table.csv`, a row a run, and
/// `output/curves.npz` (`run` (rows), each curve (rows × [`CURVE_POINTS`])). The bytes do not
/// depend on how the sweep was divided, in which order or on how many threads it ran, or how often
/// it was killed. Of a run that two processors made, the first row stands.
///
/// # Errors
/// [`Error::MixedSweep`] where the directories hold different sweeps, or two journals contradict
/// each other about what a run is; [`Error::Io`]; [`Error::Corrupt`].
pub fn collect<P: AsRef<Path>>(
    sweep: &Sweep,
    directories: &[P],
    output: impl AsRef<Path>,
) -> Result<Collected, Error> {
    let mut sources = Vec::new();
    for directory in directories {
        let directory = directory.as_ref();
        check_sweep(directory, sweep)?;
        sources.extend(journals(directory)?);
    }
    let mut rows: BTreeMap<u64, RunRow> = BTreeMap::new();
    let mut duplicates = BTreeSet::new();
    let mut differing = BTreeMap::new();
    for path in sources {
        let mut contradicted = None;
        read_journal(&path, sweep.text(), |row| match rows.get(&row.run) {
            None => {
                rows.insert(row.run, row);
            }
            Some(known) => {
                duplicates.insert(row.run);
                let columns = differences(known, &row);
                if known.description != row.description || known.end.kind() != row.end.kind() {
                    contradicted.get_or_insert(row.run);
                } else if !columns.is_empty() {
                    differing.insert(row.run, columns);
                }
            }
        })?;
        if let Some(run) = contradicted {
            return Err(Error::MixedSweep {
                path,
                reason: format!("it contradicts another journal about run {run}"),
            });
        }
        if let Some(run) = rows.keys().find(|&&run| run >= sweep.runs()) {
            return Err(Error::corrupt(path, format!("there is no run {run}")));
        }
    }
    let output = output.as_ref();
    fs::create_dir_all(output).map_err(Error::io("create", output))?;
    write_table(&output.join("table.csv"), &rows)?;
    write_curves(&output.join("curves.npz"), &rows)?;
    let missing = (0..sweep.runs()).filter(|run| !rows.contains_key(run));
    Ok(Collected {
        runs: sweep.runs(),
        rows: rows.len() as u64,
        gaps: missing.collect(),
        duplicates: duplicates.into_iter().collect(),
        differing: differing.into_iter().collect(),
    })
}

/// The numbers of one run that two rows tell apart.
fn differences(one: &RunRow, other: &RunRow) -> Vec<String> {
    let close = |a: f64, b: f64| {
        // Infinities have no difference, and processors have NaN of either sign.
        let same = a == b || (a.is_nan() && b.is_nan());
        same || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs())
    };
    let pairs = one.summary.numbers.iter().zip(&other.summary.numbers);
    pairs
        .filter(|((_, a), (_, b))| match (a, b) {
            (Some(a), Some(b)) => !close(*a, *b),
            (a, b) => a.is_some() != b.is_some(),
        })
        .map(|((name, _), _)| name.clone())
        .collect()
}

/// The names of a list's entries, over all rows, in the order of their first row.
fn names_of<'a, T: 'a>(
    rows: &'a BTreeMap<u64, RunRow>,
    list: impl Fn(&'a RunRow) -> &'a Vec<(String, T)>,
) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    let mut known = HashSet::new();
    for (name, _) in rows.values().flat_map(list) {
        if known.insert(name.as_str()) {
            names.push(name);
        }
    }
    names
}

fn write_table(path: &Path, rows: &BTreeMap<u64, RunRow>) -> Result<(), Error> {
    let described = names_of(rows, |row| &row.description);
    let measured = names_of(rows, |row| &row.summary.numbers);
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    let mut write = || -> Result<(), csv::Error> {
        let fixed = ["run", "group", "outcome", "outcome_step", "reason"];
        writer.write_record(fixed.iter().chain(&described).chain(&measured))?;
        for row in rows.values() {
            let (step, reason) = match &row.end {
                RunEnd::Ran(outcome) => (Cell::from(outcome.step()), outcome.to_string()),
                RunEnd::Failed { reason } => (Cell::Missing, reason.clone()),
            };
            let mut fields = vec![row.run.to_string(), row.group.clone()];
            fields.extend([row.end.kind().to_owned(), step.written(), reason]);
            for name in &described {
                fields.push(find(&row.description, name).map_or(String::new(), Cell::written));
            }
            for name in &measured {
                let number = find(&row.summary.numbers, name).copied().flatten();
                fields.push(number.map_or(String::new(), |number| format!("{number:?}")));
            }
            writer.write_record(fields)?;
        }
        Ok(())
    };
    write().map_err(|error| Error::corrupt(path, error))?;
    let table = writer.into_inner();
    write_atomically(path, &table.map_err(|error| Error::corrupt(path, error))?)
}

fn write_curves(path: &Path, rows: &BTreeMap<u64, RunRow>) -> Result<(), Error> {
    let mut writer = npz::Writer::create(path)?;
    writer.add_integers("run", &[rows.len()], rows.keys().map(|&run| run as i64))?;
    for name in names_of(rows, |row| &row.summary.curves) {
        let values = rows.values().flat_map(|row| {
            let curve = find(&row.summary.curves, name);
            (0..CURVE_POINTS).map(move |point| {
                let value = curve.and_then(|curve| curve.get(point));
                value.copied().unwrap_or(f64::NAN)
            })
        });
        writer.add(name, &[rows.len(), CURVE_POINTS], values)?;
    }
    writer.finish()
}
