//! The cells of a session: what its activity's file says of them, and `cells.csv`.

use std::collections::HashMap;
use std::path::Path;

use super::activity::{Found, Source, Values};
use crate::Error;
use crate::table::Table;

/// Gives the cells of a source what `cells.csv` says: every cell of the session, in this order, also
/// those that never spiked.
pub(super) fn describe(source: &mut Source, file: &Path) -> Result<(), Error> {
    let (listed, says_keep) = read(file)?;
    let places: HashMap<&str, usize> = source
        .cells
        .iter()
        .enumerate()
        .map(|(place, cell)| (cell.id.as_str(), place))
        .collect();
    let by_id: HashMap<&str, usize> = listed
        .iter()
        .enumerate()
        .map(|(place, (_, cell))| (cell.id.as_str(), place))
        .collect();
    if let Some(cell) = source
        .cells
        .iter()
        .find(|cell| !by_id.contains_key(cell.id.as_str()))
    {
        let value = format!("without `{}`, which the activity has", cell.id);
        return Err(Error::entry(
            file,
            "id",
            value,
            "every cell of the activity",
        ));
    }
    match &mut source.values {
        Values::Spikes(trains) => {
            let train = |id: &str| {
                places
                    .get(id)
                    .map(|place| std::mem::take(&mut trains[*place]))
            };
            *trains = listed
                .iter()
                .map(|(_, cell)| cell.id.as_str())
                .map(train)
                .map(Option::unwrap_or_default)
                .collect();
            source.cells = listed.into_iter().map(|(_, cell)| cell).collect();
            source.ordered = true;
        }
        Values::Frames { .. } => {
            let unknown = listed
                .iter()
                .find(|(_, cell)| !places.contains_key(cell.id.as_str()));
            if let Some((place, cell)) = unknown {
                let expected = format!("an id of the activity: {}", some(&source.cells));
                return Err(Error::entry(file, place.clone(), cell.id.clone(), expected));
            }
            // The columns keep their order, which registrations may count.
            let described: Vec<Found> = source
                .cells
                .iter()
                .map(|cell| {
                    let (_, found) = &listed[by_id[cell.id.as_str()]];
                    let region = found.region.clone().or_else(|| cell.region.clone());
                    let keep = if says_keep { found.keep } else { cell.keep };
                    let id = cell.id.clone();
                    Found { id, region, keep }
                })
                .collect();
            source.cells = described;
        }
    }
    Ok(())
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
    let regions: std::collections::BTreeSet<&str> = rows
        .iter()
        .filter_map(|(_, cell)| cell.region.as_deref())
        .collect();
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
