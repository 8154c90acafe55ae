use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::collect::{Journal, journals, read_journal};
use super::{RunRow, Sweep, Swept, run_draw};
use crate::Error;
use crate::files::{Locked, entries, if_there, name, remove, write_atomically};

pub(super) const SWEEP: &str = "sweep.toml";

/// Part of a sweep: of `count` shards, the one that has every `count`-th run from `index` on.
///
/// ```
/// use drift_engine::sweep::Shard;
///
/// let shard: Shard = "2/7".parse()?;
/// assert_eq!(shard.runs(20).collect::<Vec<_>>(), [1, 8, 15]);
/// assert!("8/7".parse::<Shard>().is_err());
/// # Ok::<(), drift_engine::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// The whole sweep.
    #[must_use]
    pub fn whole() -> Self {
        Self { index: 0, count: 1 }
    }

    /// Shard `number` of `count`, counted from 1.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless 1 ≤ `number` ≤ `count`.
    pub fn new(number: u64, count: u64) -> Result<Self, Error> {
        let known = (1..=count).contains(&number);
        let value = format!("{number}/{count}");
        Error::unless(known, "shard", value, "I/N with 1 <= I <= N")?;
        Ok(Self {
            index: number - 1,
            count,
        })
    }

    /// The numbers of its runs, of a sweep of `runs`.
    pub fn runs(self, runs: u64) -> impl Iterator<Item = u64> {
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        (self.index..runs).step_by(count)
    }

    fn stem(self) -> String {
        format!("shard-{}-of-{}", self.index + 1, self.count)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::range("shard", text, "I/N with 1 <= I <= N");
        let (number, count) = text.split_once('/').ok_or_else(wrong)?;
        let parse = |part: &str| part.trim().parse().map_err(|_| wrong());
        Self::new(parse(number)?, parse(count)?)
    }
}

/// A shard of a sweep in a directory, which it may share with the sweep's other shards.
///
/// | file | holds |
/// |---|---|
/// | `sweep.toml` | the sweep; a directory holds one |
/// | `shard-I-of-N.journal` | the finished runs, appended and brought to the disk one by one |
/// | `shard-I-of-N.lock` | held by the process that works on the shard |
/// | `shard-I-of-N.run-K.unfinished` | run K where it is under way, saved as often as its plan says (default: every 30 s) and when it is stopped |
/// | `snapshots/run-K.npz` | the snapshots of run K, where the sweep keeps any |
///
/// Killed, it loses no finished run, and of those under way the steps since they were last saved.
/// Runs that any journal in the directory has are not run again.
#[derive(Debug)]
pub struct SweepShard {
    sweep: Sweep,
    shard: Shard,
    _lock: Locked,
    directory: PathBuf,
    journal: Journal,
    pending: Vec<u64>,
    total: u64,
}

impl SweepShard {
    /// More runs than this are refused without consent.
    pub const MOST_RUNS: u64 = 100_000;

    /// Opens a shard of `sweep` in a directory, which is made where it is missing.
    ///
    /// # Errors
    /// [`Error::TooManyRuns`] for more than [`MOST_RUNS`](Self::MOST_RUNS) in the sweep unless
    /// `many` is true; [`Error::DirectoryInUse`] where the directory holds another sweep or
    /// anything else; [`Error::Locked`] where another process works on the shard; [`Error::Io`].
    pub fn open(
        directory: impl AsRef<Path>,
        sweep: &Sweep,
        shard: Shard,
        many: bool,
    ) -> Result<Self, Error> {
        let directory = directory.as_ref();
        if sweep.runs() > Self::MOST_RUNS && !many {
            return Err(Error::TooManyRuns {
                runs: sweep.runs(),
                limit: Self::MOST_RUNS,
            });
        }
        std::fs::create_dir_all(directory).map_err(Error::io("create", directory))?;
        let text = sweep.text();
        check_foreign(directory, text)?;
        let lock = Locked::lock(directory, &format!("{}.lock", shard.stem()))?;
        // Shards that start together write the same text, each as a whole.
        if !directory.join(SWEEP).exists() {
            write_sweep(directory, text, &shard.stem())?;
        }
        let own = directory.join(format!("{}.journal", shard.stem()));
        let mut finished = Vec::new();
        let journal = Journal::open(own.clone(), text, |row| finished.push(row.run))?;
        for other in journals(directory)? {
            if other != own {
                read_journal(&other, text, |row| finished.push(row.run))?;
            }
        }
        let finished: HashSet<u64> = finished.into_iter().collect();
        let pending = shard
            .runs(sweep.runs())
            .filter(|run| !finished.contains(run));
        let pending: Vec<u64> = pending.collect();
        remove_leftovers(directory, &shard.stem(), &finished)?;
        Ok(Self {
            pending,
            shard,
            total: shard.runs(sweep.runs()).count() as u64,
            sweep: sweep.clone(),
            _lock: lock,
            directory: directory.to_owned(),
            journal,
        })
    }

    /// The sweep.
    #[must_use]
    pub fn sweep(&self) -> &Sweep {
        &self.sweep
    }

    /// The shard's runs that are not finished yet.
    #[must_use]
    pub fn pending(&self) -> &[u64] {
        &self.pending
    }

    /// All runs of the shard, finished or not.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Runs what is pending as `swept` says, `jobs` runs at a time (`None`: one on each core), and returns how
    /// many are still pending: 0, unless `stop` became true. `finished` is called with every row
    /// after it has reached the disk.
    ///
    /// # Errors
    /// [`Error::Io`] where a row cannot be written; the rows before it are whole. A run that
    /// fails is a row.
    pub fn run<W: Swept + ?Sized>(
        &mut self,
        swept: &W,
        jobs: Option<usize>,
        stop: &(dyn Fn() -> bool + Sync),
        finished: &(dyn Fn(&RunRow) + Sync),
    ) -> Result<usize, Error> {
        Error::unless(jobs != Some(0), "jobs", 0, "at least 1")?;
        let sweep = &self.sweep;
        let (directory, stem) = (&self.directory, self.shard.stem());
        let snapshots = directory.join("snapshots");
        let journal = Mutex::new((&mut self.journal, HashSet::new()));
        let failed = AtomicBool::new(false);
        let stopped = || failed.load(Ordering::Relaxed) || stop();
        let one = |&run: &u64| -> Result<(), Error> {
            if stopped() {
                return Ok(());
            }
            let kept = (sweep.snapshots() > 0).then_some((snapshots.as_path(), sweep.snapshots()));
            let file = unfinished(directory, &stem, run);
            let draw = sweep.draw(run);
            let result = run_draw(swept, &draw, kept, Some(&file), &stopped).and_then(|row| {
                let Some(row) = row else { return Ok(()) };
                let mut guard = journal.lock().unwrap_or_else(|poison| poison.into_inner());
                guard.0.append(&row)?;
                guard.1.insert(run);
                remove(&file)?;
                finished(&row);
                Ok(())
            });
            if result.is_err() {
                failed.store(true, Ordering::Relaxed);
            }
            result
        };
        let result = in_parallel(&self.pending, jobs, &one);
        let (_, done) = journal
            .into_inner()
            .unwrap_or_else(|poison| poison.into_inner());
        self.pending.retain(|run| !done.contains(run));
        result.map(|()| self.pending.len())
    }
}

#[cfg(feature = "rayon")]
fn in_parallel(
    runs: &[u64],
    jobs: Option<usize>,
    one: &(dyn Fn(&u64) -> Result<(), Error> + Sync),
) -> Result<(), Error> {
    use rayon::prelude::*;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.unwrap_or(0))
        .build()
        .map_err(|error| Error::range("jobs", jobs.unwrap_or(0), error.to_string()))?;
    // One run at a time: runs differ so much that a batch of long ones would hold up the end.
    pool.install(|| runs.par_iter().with_max_len(1).try_for_each(one))
}

#[cfg(not(feature = "rayon"))]
fn in_parallel(
    runs: &[u64],
    _jobs: Option<usize>,
    one: &(dyn Fn(&u64) -> Result<(), Error> + Sync),
) -> Result<(), Error> {
    runs.iter().try_for_each(one)
}

/// Where a run that is under way is saved: under the shard's name, so that shards of another
/// division which have the same run do not meet there.
fn unfinished(directory: &Path, stem: &str, run: u64) -> PathBuf {
    directory.join(format!("{stem}.run-{run}.unfinished"))
}

/// Removes what a kill between a run's row and the removal of its file, or within a save, leaves.
fn remove_leftovers(directory: &Path, stem: &str, finished: &HashSet<u64>) -> Result<(), Error> {
    for path in entries(directory)? {
        let name = name(&path);
        let Some(rest) = name
            .strip_prefix(stem)
            .and_then(|rest| rest.strip_prefix(".run-"))
        else {
            continue;
        };
        let of_finished = rest
            .strip_suffix(".unfinished")
            .and_then(|run| run.parse().ok())
            .is_some_and(|run| finished.contains(&run));
        if of_finished || rest.ends_with(".unfinished.tmp") {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Refuses a directory that holds another sweep, or something that is no sweep.
fn check_foreign(directory: &Path, text: &str) -> Result<(), Error> {
    let path = directory.join(SWEEP);
    let holds = match if_there(std::fs::read_to_string(&path), "read", &path)? {
        Some(found) if found == text => None,
        Some(_) => Some("another sweep".to_owned()),
        None => entries(directory)?.iter().find_map(|entry| {
            let name = name(entry);
            // What a shard of the same sweep that was killed at its start leaves, or the logs that
            // a scheduler puts there.
            let ours = name.starts_with("shard-") || name.starts_with(SWEEP) || name == "log";
            (!ours).then(|| name.into_owned())
        }),
    };
    holds.map_or(Ok(()), |holds| {
        Err(Error::DirectoryInUse {
            path: directory.to_owned(),
            holds,
        })
    })
}

fn write_sweep(directory: &Path, text: &str, stem: &str) -> Result<(), Error> {
    let own = directory.join(format!("{stem}.sweep"));
    write_atomically(&own, text.as_bytes())?;
    std::fs::rename(&own, directory.join(SWEEP)).map_err(Error::io("rename", own))
}
