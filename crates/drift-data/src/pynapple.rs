//! pynapple's `.npz` files: TsGroup, Tsd, TsdFrame.
//!
//! A TsGroup has the times `t` of all units together, the unit of each time in `index` and, unless an
//! older version wrote it, all units in `keys`: a unit without spikes is nowhere else. A Tsd has times
//! `t` and values `d`, a TsdFrame a row of `d` for each time and names in `columns`. Times are in s.
//! Values have no unit. The member `type` names the class in newer files. `_metadata` is pickled.
//!
//! Source: pynapple-org/pynapple, pynapple/core/ts_group.py, time_series.py, io/interface_npz.py.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Error;
use crate::folder::activity::{Found, Source, Values, clock_of, rising};
use crate::folder::keys::Entry;
use crate::folder::positions::Track;
use crate::folder::{ActivityFile, Kind};
use crate::mat::Limits;
use crate::numpy::{Archive, Array};
use crate::recording::Note;

/// An open file whose class is one of those expected.
struct Object {
    archive: Archive,
    notes: Vec<Note>,
}

impl Object {
    fn open(path: &Path, expected: &[&str], limits: &Limits) -> Result<Self, Error> {
        let mut archive = Archive::open(path, limits.decoded_bytes)?;
        if let Some(class) = archive.find("type")? {
            let class = class.names()?.into_iter().next().unwrap_or_default();
            if !expected.contains(&class.as_str()) {
                let expected = expected.join(" or ");
                return Err(Error::entry(path, "member `type`", class, expected));
            }
        }
        let mut notes = Vec::new();
        if archive.has("_metadata") {
            notes.push(Note::Read(
                "`_metadata` is pickled and not read: region and keep come from a table `cells`"
                    .to_owned(),
            ));
        }
        Ok(Self { archive, notes })
    }
}

/// Spikes of a TsGroup, or frames of a TsdFrame.
pub(crate) fn activity(
    path: &Path,
    entry: &ActivityFile,
    limits: &Limits,
) -> Result<Source, Error> {
    let Object { mut archive, notes } = Object::open(path, &["TsGroup", "TsdFrame"], limits)?;
    if archive.has("d") {
        return frames(path, entry, archive, notes);
    }
    if entry.kind.is_some_and(|kind| kind != Kind::Spikes) {
        return Err(entry.refused("kind", "given for spikes", "none, or spikes"));
    }
    spikes(path, &mut archive, notes)
}

fn spikes(path: &Path, archive: &mut Archive, mut notes: Vec<Note>) -> Result<Source, Error> {
    let time = archive.get("t")?;
    let index = archive.get("index")?;
    let (times, units) = (time.vector()?, index.vector()?);
    if times.len() != units.len() {
        return Err(index.wrong_shape(format!("{} entries, as `t`", times.len())));
    }
    // Refuses units that are no whole numbers.
    index.names()?;
    let keys = archive.find("keys")?.map(|keys| keys.names()).transpose()?;
    let ordered = keys.is_some();
    let mut trains: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for (entry, (moment, unit)) in times.iter().zip(units.iter()).enumerate() {
        if !moment.is_finite() {
            return Err(time.wrong_entry(entry, *moment, "a finite time, s"));
        }
        trains.entry(*unit as i64).or_default().push(*moment);
    }
    let cells = match keys {
        Some(keys) => keys,
        None => {
            notes.push(Note::Read(
                "without `keys`, as older versions wrote it: units without spikes are unknown unless \
                 a table `cells` lists them"
                    .to_owned(),
            ));
            trains.keys().map(i64::to_string).collect()
        }
    };
    let mut values = Vec::with_capacity(cells.len());
    for id in &cells {
        let unit: Option<i64> = id.parse().ok();
        let train = unit.and_then(|unit| trains.remove(&unit));
        values.push(train.unwrap_or_default());
    }
    if let Some(unit) = trains.keys().next() {
        let (place, expected) = (index.place(""), "a unit of `keys`");
        return Err(Error::entry(path, place, unit.to_string(), expected));
    }
    Ok(Source {
        cells: cells.into_iter().map(Found::new).collect(),
        ordered,
        values: Values::Spikes(values),
        notes,
    })
}

fn frames(
    path: &Path,
    entry: &ActivityFile,
    mut archive: Archive,
    notes: Vec<Note>,
) -> Result<Source, Error> {
    let Some(kind) = entry.kind.and_then(Kind::frames) else {
        let expected = "events, amplitudes, rates or trace: the values of a TsdFrame have no unit";
        return Err(entry.refused("kind", "missing", expected));
    };
    let data = archive.get("d")?;
    let [_, columns] = data.shape[..] else {
        return Err(data.wrong_shape("times × columns"));
    };
    let time = times(&mut archive, &data)?;
    let names = archive.find("columns")?;
    let names = names.map(|names| names.names()).transpose()?;
    let cells = match names {
        Some(names) if names.len() == columns => names.into_iter().map(Found::new).collect(),
        Some(names) => {
            return Err(data.wrong_shape(format!("{} columns, as `columns`", names.len())));
        }
        None => Found::numbered(columns),
    };
    Ok(Source {
        cells,
        ordered: true,
        values: Values::Frames {
            place: format!("{}: d", path.display()),
            values: data.matrix()?,
            kind,
            clock: clock_of(path, time)?,
        },
        notes,
    })
}

/// The rising times of data with a row for each.
fn times(archive: &mut Archive, data: &Array) -> Result<Vec<f64>, Error> {
    let time = archive.get("t")?;
    let times = time.vector()?;
    if data.shape.first() != Some(&times.len()) {
        return Err(data.wrong_shape(format!("{} rows, as `t`", times.len())));
    }
    rising(&time, &times)?;
    Ok(times.into_owned())
}

/// A Tsd as positions along a track, a TsdFrame of two columns as positions in the plane.
pub(crate) fn positions(path: &Path, limits: &Limits) -> Result<Track, Error> {
    let Object { mut archive, notes } = Object::open(path, &["Tsd", "TsdFrame"], limits)?;
    let data = archive.get("d")?;
    let time = times(&mut archive, &data)?;
    let numbers = data.numbers()?;
    let axis = |axis: usize| numbers.iter().skip(axis).step_by(2).copied().collect();
    let (x, y) = match data.shape[..] {
        [_] | [_, 1] => (numbers.to_vec(), None),
        [_, 2] => (axis(0), Some(axis(1))),
        _ => return Err(data.wrong_shape("one coordinate or two a time")),
    };
    Ok(Track {
        time,
        x,
        y,
        direction: None,
        notes,
    })
}
