//! The cells of a session: what its activity's file says of them, and `cells.csv`.

#[cfg(feature = "nwb")]
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::path::Path;

use super::activity::{Found, Source, Values};
use crate::Error;
use crate::table::Table;

/// Gives the cells of a source what `cells.csv` says: every cell of the session, in this order, also
/// those that never spiked.
pub(super) fn describe(source: &mut Source, file: &Path) -> Result<(), Error> {
    let (listed, says_keep) = read(file)?;
    let places = places(&source.cells);
    let by_id = listed.iter().map(|(_, cell)| (cell.id.as_str(), cell));
    let by_id: HashMap<&str, &Found> = by_id.collect();
    let mut cells = source.cells.iter();
    if let Some(cell) = cells.find(|cell| !by_id.contains_key(cell.id.as_str())) {
        let value = format!("without `{}`, which the activity has", cell.id);
        let expected = "every cell of the activity";
        return Err(Error::entry(file, "id", value, expected));
    }
    match &mut source.values {
        Values::Spikes(trains) => {
            let train = |(_, cell): &(String, Found)| match places.get(cell.id.as_str()) {
                Some(place) => std::mem::take(&mut trains[*place]),
                None => Vec::new(),
            };
            *trains = listed.iter().map(train).collect();
            source.cells = listed.into_iter().map(|(_, cell)| cell).collect();
            source.ordered = true;
        }
        Values::Frames { .. } => {
            let mut rows = listed.iter();
            let unknown = rows.find(|(_, cell)| !places.contains_key(cell.id.as_str()));
            if let Some((place, cell)) = unknown {
                let expected = format!("an id of the activity: {}", some(&source.cells));
                return Err(Error::entry(file, place.clone(), cell.id.clone(), expected));
            }
            // The columns keep their order, which registrations may count.
            for cell in &mut source.cells {
                let found = by_id[cell.id.as_str()];
                if found.region.is_some() {
                    cell.region.clone_from(&found.region);
                }
                if says_keep {
                    cell.keep = found.keep;
                }
            }
        }
    }
    Ok(())
}

/// The place of every id.
pub(crate) fn places(cells: &[Found]) -> HashMap<&str, usize> {
    let ids = cells.iter().map(|cell| cell.id.as_str());
    ids.enumerate().map(|(place, id)| (id, place)).collect()
}

/// The first few ids, for messages.
pub(crate) fn some(cells: &[Found]) -> String {
    let mut shown: Vec<&str> = cells.iter().take(8).map(|cell| cell.id.as_str()).collect();
    if cells.len() > shown.len() {
        shown.push("…");
    }
    shown.join(", ")
}

/// What a table of cells says: `5 cells, 4 of them kept, regions CA1, CA3`.
#[cfg(feature = "nwb")]
pub(super) fn summary(file: &Path) -> Result<String, Error> {
    let (rows, says_keep) = read(file)?;
    let mut text = format!("{} cells", rows.len());
    if says_keep {
        let kept = rows.iter().filter(|(_, cell)| cell.keep).count();
        text += &format!(", {kept} of them kept");
    }
    let regions = rows.iter().filter_map(|(_, cell)| cell.region.as_deref());
    let regions: BTreeSet<&str> = regions.collect();
    if !regions.is_empty() {
        let regions: Vec<&str> = regions.into_iter().collect();
        text += &format!(", regions {}", regions.join(", "));
    }
    Ok(text)
}

/// The rows of a table of cells, each with its place, and whether it says which are kept.
fn read(file: &Path) -> Result<(Vec<(String, Found)>, bool), Error> {
    let mut table = Table::open(file)?;
    let id = table.column("id")?;
    let (region, keep) = (table.find("region"), table.find("keep"));
    for (column, name) in table.header().iter().enumerate() {
        if ![Some(id), region, keep].contains(&Some(column)) {
            let value = format!("a column `{name}`");
            return Err(Error::entry(file, "line 1", value, "id, region, keep"));
        }
    }
    let mut cells: Vec<(String, Found)> = Vec::new();
    let mut seen: HashMap<String, String> = HashMap::new();
    while table.next()? {
        let place = table.place(id);
        let name = table.text(id).to_owned();
        if name.is_empty() {
            return Err(table.refused(id, "the id of a cell"));
        }
        if let Some(first) = seen.insert(name.clone(), place.clone()) {
            return Err(table.refused(id, format!("every id once; it stands in {first}")));
        }
        let keep = match keep {
            None => true,
            Some(column) => match table.text(column).to_ascii_lowercase().as_str() {
                "true" | "1" => true,
                "false" | "0" => false,
                _ => return Err(table.refused(column, "true or false")),
            },
        };
        let region = region
            .map(|column| table.text(column).to_owned())
            .filter(|region| !region.is_empty());
        let cell = Found {
            id: name,
            region,
            keep,
        };
        cells.push((place, cell));
    }
    Ok((cells, keep.is_some()))
}
