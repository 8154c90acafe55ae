use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::journal::Reader;
use super::shard::SWEEP;
use super::{CURVE_POINTS, RunEnd, RunRow, Summary, Sweep};
use crate::checkpoint::write_atomically;
use crate::npz::Writer;
use crate::scenario::UncheckedScenario;
use crate::{Error, Scenario};

/// The journals in a directory, by name.
pub(super) fn journals(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(Error::io("read", directory))? {
        let path = entry.map_err(Error::io("read", directory))?.path();
        if path.extension().is_some_and(|ending| ending == "journal") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The sweep that a directory holds.
fn sweep_of(directory: &Path) -> Result<(Sweep, String), Error> {
    let path = directory.join(SWEEP);
    let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    Ok((Sweep::from_toml(&text)?, text))
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

/// How far the sweep in a directory is, while it is being worked on or after.
///
/// # Errors
/// [`Error::Io`] where there is no sweep; [`Error::Corrupt`] or [`Error::MixedSweep`] for a
/// journal that does not belong to it.
pub fn status(directory: impl AsRef<Path>) -> Result<SweepStatus, Error> {
    let directory = directory.as_ref();
    let (sweep, text) = sweep_of(directory)?;
    let mut status = SweepStatus {
        runs: sweep.runs(),
        finished: 0,
        by_end: BTreeMap::new(),
        by_group: sweep
            .groups
            .iter()
            .map(|group| (group.name.clone(), 0, group.runs))
            .collect(),
        by_journal: Vec::new(),
    };
    let mut seen = std::collections::HashSet::new();
    for path in journals(directory)? {
        let mut rows = 0;
        if let Some(mut reader) = Reader::open(&path, &text)? {
            while let Some(row) = reader.next_row()? {
                rows += 1;
                if !seen.insert(row.run) {
                    continue;
                }
                status.finished += 1;
                *status.by_end.entry(row.end.kind().to_owned()).or_default() += 1;
                let group = status
                    .by_group
                    .iter_mut()
                    .find(|(name, ..)| *name == row.group);
                if let Some((_, finished, _)) = group {
                    *finished += 1;
                }
            }
        }
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
    /// Numbers of the runs that more than one journal has, with the same content.
    pub duplicates: Vec<u64>,
}

/// Columns of the table before the summary.
const COLUMNS: [&str; 21] = [
    "run",
    "group",
    "name",
    "seed",
    "outcome",
    "outcome_step",
    "reason",
    "task",
    "samples",
    "inputs",
    "outputs",
    "hidden",
    "regime",
    "rule",
    "learning_rate",
    "update_noise",
    "update_place",
    "label_noise",
    "input_noise",
    "steps",
    "scenario",
];

/// Merges the shards in `directories` into `output/table.csv`, a row a run with every parameter,
/// and `output/curves.npz` (`run` (rows), each curve (rows × [`CURVE_POINTS`])). The bytes do
/// not depend on how the sweep was divided, in which order or on how many threads it ran, or how
/// often it was killed.
///
/// # Errors
/// [`Error::MixedSweep`] where the directories hold different sweeps, or two journals contradict
/// each other about a run; [`Error::Io`]; [`Error::Corrupt`].
pub fn collect<P: AsRef<Path>>(
    directories: &[P],
    output: impl AsRef<Path>,
) -> Result<Collected, Error> {
    let Some(first) = directories.first() else {
        return Err(Error::range("directories", "none", "at least one"));
    };
    let (sweep, text) = sweep_of(first.as_ref())?;
    let mut sources = Vec::new();
    for directory in directories {
        let directory = directory.as_ref();
        if sweep_of(directory)?.1 != text {
            return Err(Error::MixedSweep {
                path: directory.to_owned(),
                reason: format!("it holds another sweep than {}", first.as_ref().display()),
            });
        }
        sources.extend(journals(directory)?);
    }
    let mut rows: BTreeMap<u64, RunRow> = BTreeMap::new();
    let mut duplicates = Vec::new();
    for path in sources {
        let Some(mut reader) = Reader::open(&path, &text)? else {
            continue;
        };
        while let Some(row) = reader.next_row()? {
            if row.run >= sweep.runs() {
                return Err(Error::corrupt(path, format!("there is no run {}", row.run)));
            }
            match rows.get(&row.run) {
                None => {
                    rows.insert(row.run, row);
                }
                // Compared as bytes: a NaN is not equal to itself.
                Some(known) if bytes_of(known) == bytes_of(&row) => duplicates.push(row.run),
                Some(_) => {
                    return Err(Error::MixedSweep {
                        path,
                        reason: format!("it contradicts another journal about run {}", row.run),
                    });
                }
            }
        }
    }
    duplicates.sort_unstable();
    duplicates.dedup();
    let output = output.as_ref();
    fs::create_dir_all(output).map_err(Error::io("create", output))?;
    write_table(&output.join("table.csv"), &rows)?;
    write_curves(&output.join("curves.npz"), &rows)?;
    Ok(Collected {
        runs: sweep.runs(),
        rows: rows.len() as u64,
        gaps: (0..sweep.runs())
            .filter(|run| !rows.contains_key(run))
            .collect(),
        duplicates,
    })
}

fn bytes_of(row: &RunRow) -> Vec<u8> {
    postcard::to_stdvec(row).expect("rows are plain data")
}

fn write_table(path: &Path, rows: &BTreeMap<u64, RunRow>) -> Result<(), Error> {
    let mut buffer = Vec::new();
    {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::Any(b'\n'))
            .from_writer(&mut buffer);
        let write = |writer: &mut csv::Writer<&mut Vec<u8>>| -> Result<(), csv::Error> {
            writer.write_record(COLUMNS.iter().chain(&Summary::COLUMNS))?;
            for row in rows.values() {
                writer.write_record(fields(row))?;
            }
            writer.flush()?;
            Ok(())
        };
        write(&mut writer).map_err(|error| Error::corrupt(path, error))?;
    }
    write_atomically(path, &buffer)
}

fn fields(row: &RunRow) -> Vec<String> {
    let mut fields = vec![row.run.to_string(), row.group.clone()];
    let scenario = Scenario::from_json(&row.scenario)
        .map(Scenario::into_unchecked)
        .ok();
    let column = |of: &dyn Fn(&UncheckedScenario) -> String| -> String {
        scenario.as_ref().map_or(String::new(), of)
    };
    fields.push(column(&|s| s.name.clone()));
    fields.push(column(&|s| s.seed.to_string()));
    fields.push(row.end.kind().to_owned());
    match &row.end {
        RunEnd::Ran(outcome) => fields.extend([outcome.step().to_string(), outcome.to_string()]),
        RunEnd::Failed { reason } => fields.extend([String::new(), reason.clone()]),
    }
    let sizes = scenario
        .as_ref()
        .and_then(|s| crate::assemble::sizes(&s.task));
    let [samples, inputs, outputs] =
        sizes.map_or_else(Default::default, |sizes| sizes.map(|size| size.to_string()));
    fields.push(column(&|s| s.task.kind().to_owned()));
    fields.extend([samples, inputs, outputs]);
    fields.push(column(&|s| s.network.hidden.to_string()));
    fields.push(column(&|s| {
        format!("{:?}", s.network.regime).to_lowercase()
    }));
    fields.push(column(&|s| s.rule.kind().to_owned()));
    fields.push(column(&|s| format!("{:?}", s.rule.learning_rate())));
    fields.push(column(&|s| {
        format!("{:?}", s.noise.update.distribution.scale())
    }));
    fields.push(column(&|s| {
        format!("{:?}", s.noise.update.place).to_lowercase()
    }));
    fields.push(column(&|s| format!("{:?}", s.noise.label.scale())));
    fields.push(column(&|s| format!("{:?}", s.noise.input.scale())));
    fields.push(column(&|s| s.steps.to_string()));
    fields.push(row.scenario.clone());
    let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:?}"));
    fields.extend(row.summary.values().map(number));
    fields
}

/// One curve of a row.
type Curve = fn(&RunRow) -> &Vec<f64>;

fn write_curves(path: &Path, rows: &BTreeMap<u64, RunRow>) -> Result<(), Error> {
    let mut writer = Writer::create(path)?;
    writer.add_integers("run", &[rows.len()], rows.keys().map(|&run| run as i64))?;
    let curves: [(&str, Curve); 5] = [
        ("steps", |row| &row.curves.steps),
        ("log10_normalised_loss", |row| {
            &row.curves.log10_normalised_loss
        }),
        ("active_fraction", |row| &row.curves.active_fraction),
        ("fraction_active_units", |row| {
            &row.curves.fraction_active_units
        }),
        ("mean_spatial_information", |row| {
            &row.curves.mean_spatial_information
        }),
    ];
    for (name, curve) in curves {
        let values = rows.values().flat_map(|row| {
            let curve = curve(row);
            (0..CURVE_POINTS).map(|point| curve.get(point).copied().unwrap_or(f64::NAN))
        });
        writer.add(name, &[rows.len(), CURVE_POINTS], values)?;
    }
    writer.finish()
}
