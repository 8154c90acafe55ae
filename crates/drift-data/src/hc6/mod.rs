//! CRCNS hc-6 (Karlsson, Carr and Frank): rats on W-shaped tracks, tetrodes in CA1 and CA3.
//!
//! A folder holds `<prefix><kind><day>.mat` with the animal's prefix (`bon`, `con`; also `con_`): `spikes`, `pos` and
//! `task` for each day, and `cellinfo`, `tetinfo` without a day. Cells are nested as `{day}{epoch}{tetrode}{cell}`; a
//! day's file leaves the earlier days empty.
//!
//! | what | unit |
//! |---|---|
//! | spike times, position times | s |
//! | `timerange` | 1/10000 s |
//! | position | cm (the track's geometry is not in the files) |
//! | direction | rad (inferred; the documents do not say) |
//! | velocity | cm/s |
//!
//! Columns are found by the text in `fields`, never by number: `pos` has 5 columns or 9 with smoothed ones, in two
//! orders. A spike file whose `fields` is `time` alone was left in ticks; it is turned into seconds. Missing positions
//! (missing rows, NaN, or both coordinates 0) stay missing. `(tetrode, cell)` numbers clusters of one day: they say
//! nothing of another day, and [`Identity::Cluster`] carries the day.
//!
//! Source: the description of the data set (CRCNS, doi:10.6080/K0NK3BZJ) and the public readers of the Frank
//! laboratory's format.

mod columns;
mod spikes;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::mat::{MatFile, MatRef};
use crate::recording::{
    Activity, Cell, EpochKind, Identity, Note, Position, Recording, Session, Trajectory,
};
use crate::times::{check_rising, durations, median_interval};
use crate::{Error, files};

use columns::Columns;

/// What of a folder is read, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The animal's prefix, needed only if the folder holds more than one animal.
    pub prefix: Option<String>,
    /// The days; all if `None`.
    pub days: Option<Vec<u32>>,
    /// Whether smoothed columns of position and speed are taken where there are any.
    pub smoothed: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prefix: None,
            days: None,
            smoothed: true,
        }
    }
}

/// Reads the recordings of one animal: one session for each day and epoch.
///
/// # Errors
/// [`Error::MissingFiles`] if the folder has no spike files (or several animals and no prefix is given), and whatever
/// is wrong in a file: every error names file and variable.
pub fn load(folder: impl AsRef<Path>, options: &Options) -> Result<Recording, Error> {
    let folder = folder.as_ref();
    let (prefix, days) = find_days(folder, options)?;
    let cellinfo = optional(&folder.join(format!("{prefix}cellinfo.mat")))?;
    let mut sessions = Vec::new();
    let mut notes: Vec<Note> = cellinfo.iter().flat_map(MatFile::notes).collect();
    for (day, path) in days {
        let spikes = MatFile::open(&path)?;
        let pos = optional(&folder.join(format!("{prefix}pos{day:02}.mat")))?;
        let task = optional(&folder.join(format!("{prefix}task{day:02}.mat")))?;
        let of_the_day = [Some(&spikes), pos.as_ref(), task.as_ref()];
        notes.extend(of_the_day.into_iter().flatten().flat_map(MatFile::notes));
        let sources = Day {
            day,
            spikes: of_day(Some(&spikes), "spikes", day)?,
            pos: of_day(pos.as_ref(), "pos", day)?,
            task: of_day(task.as_ref(), "task", day)?,
            cellinfo: of_day(cellinfo.as_ref(), "cellinfo", day)?,
        };
        sessions.extend(sources.sessions(options)?);
    }
    let mut letters = prefix.trim_end_matches('_').chars();
    let first = letters.next();
    let subject = first.map(|first| first.to_uppercase().chain(letters).collect());
    Ok(Recording {
        format: "hc-6",
        subject,
        sessions,
        registration: None,
        notes,
    })
}

/// The spike files of one animal by day.
fn find_days(folder: &Path, options: &Options) -> Result<(String, BTreeMap<u32, PathBuf>), Error> {
    let mut animals: BTreeMap<String, BTreeMap<u32, PathBuf>> = BTreeMap::new();
    for path in files(folder)? {
        let name = path.file_name().and_then(|name| name.to_str());
        let stem = name.and_then(|name| name.strip_suffix(".mat"));
        if let Some((prefix, day)) = stem.and_then(|stem| stem.rsplit_once("spikes"))
            && let Ok(day @ 1..) = day.parse::<u32>()
        {
            let days = animals.entry(prefix.to_owned()).or_default();
            days.insert(day, path);
        }
    }
    let missing = |expected: String| Error::MissingFiles {
        folder: folder.to_owned(),
        expected,
    };
    let (prefix, mut days) = match &options.prefix {
        Some(prefix) => animals
            .remove_entry(prefix)
            .or_else(|| animals.remove_entry(&format!("{prefix}_")))
            .ok_or_else(|| missing(format!("files {prefix}spikesDD.mat")))?,
        None if animals.len() > 1 => {
            let found: Vec<&str> = animals.keys().map(String::as_str).collect();
            return Err(missing(format!(
                "one animal, or its prefix in the options (here are {})",
                found.join(", ")
            )));
        }
        None => animals
            .pop_first()
            .ok_or_else(|| missing("files <prefix>spikesDD.mat".to_owned()))?,
    };
    if let Some(wanted) = &options.days {
        if let Some(day) = wanted.iter().find(|day| !days.contains_key(day)) {
            return Err(missing(format!("{prefix}spikes{day:02}.mat")));
        }
        days.retain(|day, _| wanted.contains(day));
    }
    Ok((prefix, days))
}

fn optional(path: &Path) -> Result<Option<MatFile>, Error> {
    path.exists().then(|| MatFile::open(path)).transpose()
}

/// The part of a nested variable that belongs to a day, from 1; `None` if it is empty there, or without a file.
fn of_day<'a>(
    file: Option<&'a MatFile>,
    variable: &str,
    day: u32,
) -> Result<Option<MatRef<'a>>, Error> {
    let days = file.map(|file| file.get(variable)).transpose()?;
    element(days.as_ref(), day as usize - 1)
}

/// The variables of one day.
struct Day<'a> {
    day: u32,
    spikes: Option<MatRef<'a>>,
    pos: Option<MatRef<'a>>,
    task: Option<MatRef<'a>>,
    cellinfo: Option<MatRef<'a>>,
}

/// The element of a cell array, unless the array is absent, too short, or empty there.
fn element<'a>(parent: Option<&MatRef<'a>>, index: usize) -> Result<Option<MatRef<'a>>, Error> {
    let Some(parent) = parent else {
        return Ok(None);
    };
    let element = parent.cells()?.into_iter().nth(index);
    Ok(element.filter(|element| !element.is_empty()))
}

impl Day<'_> {
    fn sessions(&self, options: &Options) -> Result<Vec<Session>, Error> {
        let count = |parent: &Option<MatRef<'_>>| match parent {
            Some(day) => day.cells().map(|cells| cells.len()),
            None => Ok(0),
        };
        let epochs = count(&self.spikes)?.max(count(&self.pos)?);
        let mut sessions = Vec::new();
        for epoch in 0..epochs {
            let spikes = element(self.spikes.as_ref(), epoch)?;
            let pos = element(self.pos.as_ref(), epoch)?;
            if spikes.is_none() && pos.is_none() {
                continue;
            }
            sessions.push(self.session(epoch, spikes, pos, options)?);
        }
        Ok(sessions)
    }

    fn session(
        &self,
        epoch: usize,
        spikes: Option<MatRef<'_>>,
        pos: Option<MatRef<'_>>,
        options: &Options,
    ) -> Result<Session, Error> {
        let mut notes = Vec::new();
        let trajectory = pos.map(|pos| trajectory(&pos, options.smoothed, &mut notes));
        let trajectory = trajectory.transpose()?.flatten();
        if trajectory.is_none() {
            notes.push(Note::NoTrajectory);
        }
        let info = element(self.cellinfo.as_ref(), epoch)?;
        let mut cells = Vec::new();
        let mut trains = Vec::new();
        if let Some(spikes) = spikes {
            for (tetrode, clusters) in spikes.cells()?.iter().enumerate() {
                let tetrode_info = element(info.as_ref(), tetrode)?;
                for (cluster, value) in clusters.cells()?.iter().enumerate() {
                    if value.is_empty() {
                        continue;
                    }
                    let label = format!("t{}c{}", tetrode + 1, cluster + 1);
                    let train = spikes::train(value, &label, trajectory.as_ref(), &mut notes)?;
                    let info = element(tetrode_info.as_ref(), cluster)?;
                    let region = spikes::region(info.as_ref(), &label, train.len(), &mut notes)?;
                    let identity = Identity::Cluster {
                        day: self.day,
                        tetrode: tetrode + 1,
                        cell: cluster + 1,
                    };
                    cells.push(Cell {
                        label,
                        region,
                        identity: Some(identity),
                    });
                    trains.push(train);
                }
            }
        }
        if !cells.is_empty() && trains.iter().all(Vec::is_empty) {
            notes.push(Note::Silent);
        }
        let task = element(self.task.as_ref(), epoch)?;
        let told = |name| task.as_ref().map_or(Ok(None), |task| task.filled(name));
        let text = |name| told(name)?.map(|value| value.text()).transpose();
        let exposure = told("exposure")?.map(|value| value.scalar()).transpose()?;
        let word = text("type")?.unwrap_or_else(|| "unknown".to_owned());
        let label = format!("day {} epoch {}", self.day, epoch + 1);
        Ok(Session {
            number: epoch + 1,
            day: Some(f64::from(self.day)),
            environment: text("environment")?,
            exposure: exposure.map(|number| number as u32),
            epoch: EpochKind::from_word(&word),
            trajectory,
            notes,
            ..Session::new(label, cells, Activity::Spikes(trains))
        })
    }
}

/// The trajectory of an epoch; `None` if its data are empty.
fn trajectory(
    pos: &MatRef<'_>,
    smoothed: bool,
    notes: &mut Vec<Note>,
) -> Result<Option<Trajectory>, Error> {
    let data = pos.field("data")?;
    if data.is_empty() {
        return Ok(None);
    }
    let matrix = data.matrix()?;
    let columns = Columns::parse(&pos.field("fields")?.text()?);
    let column = |names: &[&str], needed: bool| -> Result<Option<Vec<f64>>, Error> {
        let names = if smoothed {
            names
        } else {
            &names[names.len() - 1..]
        };
        match names.iter().find_map(|name| columns.position(name)) {
            Some(index) if index < matrix.ncols() => {
                Ok(Some(matrix.column(index).iter().copied().collect()))
            }
            Some(index) => {
                Err(data.wrong_shape(format!("at least {} columns, as `fields` says", index + 1)))
            }
            None if needed => Err(Error::MissingVariable {
                file: pos.file().to_owned(),
                variable: format!("{}.data column `{}`", pos.path(), names[names.len() - 1]),
                present: columns.names().map(str::to_owned).collect(),
            }),
            None => Ok(None),
        }
    };
    let needed = |names: &[&str]| column(names, true).map(Option::unwrap_or_default);
    let time = needed(&["time"])?;
    let (mut x, mut y) = (
        needed(&["x-sm", "smooth-x", "x"])?,
        needed(&["y-sm", "smooth-y", "y"])?,
    );
    let heading = column(&["dir-sm", "smooth-dir", "dir"], false)?;
    let speed = column(&["vel-sm", "smooth-v", "vel"], false)?;
    check_rising(&time, data.file(), &format!("{} column time", data.path()))?;
    for (x, y) in x.iter_mut().zip(&mut y) {
        if x.is_nan() || y.is_nan() || (*x == 0.0 && *y == 0.0) {
            (*x, *y) = (f64::NAN, f64::NAN);
        }
    }
    // A single sample has no interval; the cameras of the data set ran at 29.97 frames a second.
    let interval = median_interval(&time).unwrap_or(1.001 / 30.0);
    let trajectory = Trajectory {
        position: Some(Position::Plane { x, y }),
        speed,
        heading,
        ..Trajectory::on_clock(durations(&time, None), time, interval)
    };
    notes.extend(trajectory.notes());
    Ok(Some(trajectory))
}
