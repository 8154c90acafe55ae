//! The HDF5 file: a pandas frame in pytables' table format.

use std::path::Path;

use hdf5_pure::{Datatype, DatatypeByteOrder};

use super::{Frames, Label, choose, labels};
use crate::Error;
use crate::folder::PositionsFile;
use crate::folder::positions::Pixels;
use crate::hdf5::{self, failed};
use crate::mat::Limits;

/// The names that pandas gives the columns and the values of a frame.
const INDEX: &str = "index";
const VALUES: &str = "values_block_0";

pub(super) fn read(
    path: &Path,
    entry: &PositionsFile,
    least: f64,
    limits: &Limits,
) -> Result<Pixels, Error> {
    let file = hdf5::open(path)?;
    let root = file.root();
    let listed = root.groups();
    let names = listed.map_err(failed(path, "/", "a list of groups"))?;
    let Some(name) = names
        .iter()
        .find(|name| *name == "df_with_missing")
        .or_else(|| (names.len() == 1).then(|| &names[0]))
    else {
        return Err(Error::MissingVariable {
            file: path.to_owned(),
            variable: "df_with_missing".to_owned(),
            present: names,
        });
    };
    let group = root.group(name);
    let group = group.map_err(failed(path, name, "a pandas frame"))?;
    let place = format!("{name}/table");
    let Ok(table) = group.dataset("table") else {
        let there = group.datasets().unwrap_or_default();
        let value = if there.iter().any(|name| name == "block0_values") {
            "a frame in pandas' fixed format".to_owned()
        } else {
            format!("without a table ({})", there.join(", "))
        };
        let expected = "the table format: pd.read_hdf(file).to_hdf(out, key='df_with_missing', \
                        format='table'), or .to_csv(out)";
        return Err(Error::entry(path, name.as_str(), value, expected));
    };
    let labels = column_labels(path, name, &group, &table)?;
    let columns = choose(path, &labels, entry)?;

    let wrong = |value: String| {
        let expected = format!("{INDEX} (i64) and {VALUES} ({} × f64)", labels.len());
        Error::entry(path, place.as_str(), value, expected)
    };
    let kind = table.datatype().map_err(failed(path, &place, "a type"))?;
    let layout = Layout::of(&kind, labels.len()).map_err(&wrong)?;
    let shape = table.shape().map_err(failed(path, &place, "dimensions"))?;
    let [rows] = shape[..] else {
        return Err(wrong(format!("of dimensions {shape:?}")));
    };
    if rows
        .checked_mul(layout.size as u64)
        .is_none_or(|bytes| bytes > limits.decoded_bytes)
    {
        return Err(wrong(format!(
            "{rows} rows, more than {} bytes",
            limits.decoded_bytes
        )));
    }
    let bytes = table.read_raw().map_err(failed(path, &place, "rows"))?;
    let mut frames = Frames::new(least);
    for (row, bytes) in bytes.chunks_exact(layout.size).enumerate() {
        let word = |at: usize| -> [u8; 8] {
            let word = bytes[at..].first_chunk();
            *word.expect("`Layout::of` has compared the places with the size of a row")
        };
        let frame = i64::from_le_bytes(word(layout.index)) as f64;
        let value = |column: usize| f64::from_le_bytes(word(layout.values + 8 * column));
        let [x, y, likelihood] = columns.map(value);
        frames.push(frame, x, y, likelihood).map_err(|expected| {
            let place = format!("{place}, row {row}, {INDEX}");
            Error::entry(path, place, frame.to_string(), expected)
        })?;
    }
    Ok(frames.pixels)
}

/// Where in a row its number and its values are, bytes.
struct Layout {
    size: usize,
    index: usize,
    values: usize,
}

impl Layout {
    fn of(kind: &Datatype, columns: usize) -> Result<Self, String> {
        let Datatype::Compound { size, members } = kind else {
            return Err("no table".to_owned());
        };
        let size = *size as usize;
        let find = |name: &str, bytes: usize| {
            let member = members.iter().find(|member| member.name == name);
            let member = member.ok_or_else(|| {
                let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
                format!("a table of {}", names.join(", "))
            })?;
            let at = member.byte_offset as usize;
            if at.checked_add(bytes).is_none_or(|end| end > size) {
                return Err(format!("{name} beyond the end of a row"));
            }
            Ok((at, &member.datatype))
        };
        let (index, whole) = find(INDEX, 8)?;
        let little = |order: &DatatypeByteOrder| *order == DatatypeByteOrder::LittleEndian;
        match whole {
            Datatype::FixedPoint {
                size: 8,
                byte_order,
                ..
            } if little(byte_order) => {}
            _ => return Err("frame numbers of another type".to_owned()),
        }
        if members.iter().any(|member| member.name == "values_block_1") {
            return Err("values of more than one type".to_owned());
        }
        let (values, array) = find(VALUES, columns.saturating_mul(8))?;
        match array {
            Datatype::Array {
                base_type,
                dimensions,
            } => match base_type.as_ref() {
                Datatype::FloatingPoint {
                    size: 8,
                    byte_order,
                    ..
                } if little(byte_order) && dimensions[..] == [columns as u32] => {}
                _ => return Err(format!("values of another type, {dimensions:?} a row")),
            },
            _ => return Err("values of another type".to_owned()),
        }
        Ok(Self {
            size,
            index,
            values,
        })
    }
}

/// The labels of the columns: of the frame, or else of its block of values.
fn column_labels(
    path: &Path,
    name: &str,
    group: &hdf5_pure::Group,
    table: &hdf5_pure::Dataset,
) -> Result<Vec<Label>, Error> {
    let of_frame = group.attrs().map_err(failed(path, name, "attributes"))?;
    let of_table = table.attrs().map_err(failed(path, name, "attributes"))?;
    let (attribute, stored) = [
        (&of_frame, "non_index_axes"),
        (&of_table, "values_block_0_kind"),
    ]
    .into_iter()
    .find_map(|(attributes, key)| Some((key, attributes.get(key)?)))
    .ok_or_else(|| Error::MissingVariable {
        file: path.to_owned(),
        variable: format!("{name}, attribute non_index_axes"),
        present: of_frame.keys().cloned().collect(),
    })?;
    let place = || format!("{name}, attribute {attribute}");
    let refused = |value: String| {
        let expected = "names of columns as pandas pickles them with protocol 0; \
                        pd.read_hdf(file).to_csv(out) writes a CSV that has no pickle";
        Error::entry(path, place(), value, expected)
    };
    let Some(pickle) = stored.as_str() else {
        return Err(refused("no text".to_owned()));
    };
    let labels = labels::parse(pickle).map_err(refused)?;
    let label = |parts: Vec<String>| match <[String; 3]>::try_from(parts) {
        Ok([_, bodypart, coordinate]) => Ok(Label {
            individual: None,
            bodypart,
            coordinate,
        }),
        Err(parts) => match <[String; 4]>::try_from(parts) {
            Ok([_, individual, bodypart, coordinate]) => Ok(Label {
                individual: Some(individual),
                bodypart,
                coordinate,
            }),
            Err(parts) => Err(refused(format!("a name of {} parts", parts.len()))),
        },
    };
    labels.into_iter().map(label).collect()
}
