//! Sorted units: their spike times, and the region of each.

use super::Epoch;
use super::tree::Tree;
use crate::Error;
use crate::recording::{Cell, Note, Place, Session, range};

/// A session of the units' spikes.
pub(super) fn session(
    tree: &Tree<'_>,
    place: Option<Place>,
    epochs: &[Epoch],
) -> Result<Session, Error> {
    let times = tree.column("units/spike_times")?;
    let ends = tree.column("units/spike_times_index")?;
    let trains = tree.ragged("units/spike_times_index", &times, &ends)?;
    let ids = match tree.integers("units/id") {
        Some(ids) => ids,
        None => (0..trains.len() as i64).collect(),
    };
    let (found, expected) = (trains.len(), ids.len());
    tree.check_rows("units/spike_times_index", found, "units/id", expected)?;
    let mut notes = Vec::new();
    let regions = regions(tree, &ids, &mut notes)?;
    let cells = ids.iter().zip(regions).map(|(id, region)| Cell {
        label: format!("unit {id}"),
        region,
        identity: None,
    });
    let cells: Vec<Cell> = cells.collect();
    check_times(tree, &cells, &trains, place.as_ref(), epochs)?;
    let mut session = Session::of_spikes("whole file", cells, trains, place)?;
    session.notes.extend(notes);
    Ok(session)
}

/// Refuses spikes that are not times, and trains that lie outside everything the file knows to be
/// the recording: milliseconds for seconds.
fn check_times(
    tree: &Tree<'_>,
    cells: &[Cell],
    trains: &[Vec<f64>],
    place: Option<&Place>,
    epochs: &[Epoch],
) -> Result<(), Error> {
    let trajectory = place.map(|place| &place.trajectory);
    let bounds = trajectory
        .into_iter()
        .flat_map(|place| [place.time.first().copied(), place.time.last().copied()])
        .flatten();
    let bounds = bounds.chain(epochs.iter().flat_map(|epoch| [epoch.start, epoch.stop]));
    let (from, to) = bounds.fold((f64::INFINITY, f64::NEG_INFINITY), |(from, to), time| {
        (from.min(time), to.max(time))
    });
    for (cell, train) in cells.iter().zip(trains) {
        let variable = format!("units/spike_times of {}", cell.label);
        if let Some(index) = train.iter().position(|time| !time.is_finite()) {
            return Err(tree.bad_value(variable, index, train[index], "a finite time"));
        }
        let (first, last) = range(train);
        if !train.is_empty() && from <= to && (first > to || last < from) {
            return Err(Error::ImplausibleTimes {
                file: tree.path.to_owned(),
                variable,
                first,
                last,
                from,
                to,
            });
        }
    }
    Ok(())
}

/// The region of each unit: a column of the table, or the `location` of its electrodes.
fn regions(
    tree: &Tree<'_>,
    ids: &[i64],
    notes: &mut Vec<Note>,
) -> Result<Vec<Option<String>>, Error> {
    for name in ["region", "location", "brain_area"] {
        if let Some(regions) = tree.texts(&format!("units/{name}"))
            && regions.len() == ids.len()
        {
            return Ok(regions.into_iter().map(named).collect());
        }
    }
    let unknown = vec![None; ids.len()];
    let place = "units/electrodes";
    if tree.dataset(place).is_none() {
        return Ok(unknown);
    }
    let rows = tree.column(place)?;
    let index = "units/electrodes_index";
    let electrodes = match tree.dataset(index) {
        Some(_) => tree.ragged(index, &rows, &tree.column(index)?)?,
        None => rows.iter().map(|row| vec![*row]).collect(),
    };
    let table = tree
        .reference(place, "table")
        .unwrap_or_else(|| "general/extracellular_ephys/electrodes".to_owned());
    let Some(locations) = tree.texts(&format!("{table}/location")) else {
        notes.push(Note::Read(format!(
            "units have electrodes, and {table} has no location: their region is unknown"
        )));
        return Ok(unknown);
    };
    tree.check_rows(place, electrodes.len(), "units/id", ids.len())?;
    let mut regions = Vec::with_capacity(ids.len());
    for (unit, electrodes) in electrodes.iter().enumerate() {
        let mut found: Vec<&str> = Vec::new();
        for electrode in electrodes {
            let inside = *electrode >= 0.0 && *electrode < locations.len() as f64;
            if !inside {
                let place = format!("{place} of unit {}", ids[unit]);
                let expected = "a row of the table of electrodes";
                return Err(tree.bad_value(place, unit, *electrode, expected));
            }
            let location = locations[*electrode as usize].as_str();
            if !found.contains(&location) {
                found.push(location);
            }
        }
        if found.len() > 1 {
            notes.push(Note::Read(format!(
                "unit {} has electrodes in {}: its region is unknown",
                ids[unit],
                found.join(" and ")
            )));
        }
        regions.push(match found[..] {
            [only] => named(only.to_owned()),
            _ => None,
        });
    }
    Ok(regions)
}

/// A region, unless the word says that there is none.
pub(super) fn named(region: String) -> Option<String> {
    let word = region.trim();
    let none = ["", "unknown", "none", "n/a", "na", "null"];
    (!none.contains(&word.to_ascii_lowercase().as_str())).then(|| word.to_owned())
}
