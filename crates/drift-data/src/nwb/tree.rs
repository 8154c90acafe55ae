//! The objects of a file by path, links followed, and the columns of its tables.

use std::path::Path;

use hdf5_pure::{Dataset, File, Group};

use crate::Error;
use crate::hdf5::{self, Links, check_size, failed, number};

/// An open file.
pub(super) struct Tree<'a> {
    pub(super) path: &'a Path,
    file: File,
    links: Links,
}

/// Whether an option's value means the object at a path: the whole path, the end of it, or the name of a
/// group that it is in.
pub(super) fn is_called(path: &str, wanted: &str) -> bool {
    let (path, wanted) = (path.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    let wanted = wanted.trim_matches('/');
    path == wanted
        || path.ends_with(&format!("/{wanted}"))
        || path.split('/').any(|part| part == wanted)
}

/// The last part of a path.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The path without its last part.
pub(super) fn parent_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

impl<'a> Tree<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self, Error> {
        Ok(Self {
            path,
            file: hdf5::open(path)?,
            links: Links::of(path),
        })
    }

    /// The group at a path, if there is one.
    pub(super) fn group(&self, path: &str) -> Option<Group> {
        let resolved = self.links.resolve(path);
        if resolved.is_empty() {
            return Some(self.file.root());
        }
        self.file.group(&resolved).ok()
    }

    /// The dataset at a path, if there is one.
    pub(super) fn dataset(&self, path: &str) -> Option<Dataset> {
        self.file.dataset(&self.links.resolve(path)).ok()
    }

    /// Where an attribute that is an object reference leads to.
    pub(super) fn reference(&self, object: &str, attribute: &str) -> Option<String> {
        let object = self.links.resolve(object);
        self.links.reference(&object, attribute).map(str::to_owned)
    }

    /// The path after links.
    pub(super) fn resolve(&self, path: &str) -> String {
        self.links.resolve(path)
    }

    /// An error of the HDF5 reader at a place.
    pub(super) fn wrong(&self, place: &str, expected: &'static str, found: &str) -> Error {
        failed(self.path, place, expected)(found)
    }

    /// An error about a number at a place.
    pub(super) fn bad_value(
        &self,
        place: impl Into<String>,
        index: usize,
        value: f64,
        expected: &'static str,
    ) -> Error {
        Error::BadValue {
            file: self.path.to_owned(),
            variable: place.into(),
            index,
            value,
            expected,
        }
    }

    /// Refuses a number of rows at a place that is not that of the reference.
    pub(super) fn check_rows(
        &self,
        place: impl Into<String>,
        found: usize,
        reference: impl Into<String>,
        expected: usize,
    ) -> Result<(), Error> {
        if found == expected {
            return Ok(());
        }
        Err(Error::FrameCount {
            file: self.path.to_owned(),
            variable: place.into(),
            found,
            reference: reference.into(),
            expected,
        })
    }

    /// All numbers of a dataset, and its dimensions.
    pub(super) fn numbers(&self, place: &str) -> Result<(Vec<f64>, Vec<usize>), Error> {
        let dataset = self
            .dataset(place)
            .ok_or_else(|| self.wrong(place, "a dataset of numbers", "nothing is there"))?;
        check_size(self.path, &self.file, &dataset, place)?;
        let shape = dataset.shape();
        let shape = shape.map_err(failed(self.path, place, "dimensions"))?;
        let numbers = dataset.read_f64();
        let numbers = numbers.map_err(failed(self.path, place, "numbers"))?;
        let shape: Vec<usize> = shape.iter().map(|length| *length as usize).collect();
        if numbers.len() != shape.iter().product::<usize>() {
            let found = format!("{} numbers for dimensions {shape:?}", numbers.len());
            return Err(self.wrong(place, "as many numbers as its dimensions say", &found));
        }
        Ok((numbers, shape))
    }

    /// The numbers of a column of a table.
    pub(super) fn column(&self, place: &str) -> Result<Vec<f64>, Error> {
        self.numbers(place).map(|(numbers, _)| numbers)
    }

    /// The integers of a column, as they are.
    pub(super) fn integers(&self, place: &str) -> Option<Vec<i64>> {
        let dataset = self.dataset(place)?;
        check_size(self.path, &self.file, &dataset, place).ok()?;
        dataset.read_i64().ok()
    }

    /// The texts of a column, if it is there.
    pub(super) fn texts(&self, place: &str) -> Option<Vec<String>> {
        let dataset = self.dataset(place)?;
        check_size(self.path, &self.file, &dataset, place).ok()?;
        dataset.read_string().ok()
    }

    /// The single text of a dataset.
    pub(super) fn text(&self, place: &str) -> Option<String> {
        self.texts(place)?.into_iter().next()
    }

    /// A number of an attribute of a dataset.
    pub(super) fn number_attribute(&self, place: &str, name: &str) -> Option<f64> {
        number(self.dataset(place)?.attrs().ok()?.get(name)?)
    }

    /// A text of an attribute of a dataset.
    pub(super) fn text_attribute(&self, place: &str, name: &str) -> Option<String> {
        let attributes = self.dataset(place)?.attrs().ok()?;
        attributes.get(name)?.as_str().map(str::to_owned)
    }

    /// A text of an attribute of a group.
    pub(super) fn group_text(&self, place: &str, name: &str) -> Option<String> {
        let attributes = self.group(place)?.attrs().ok()?;
        attributes.get(name)?.as_str().map(str::to_owned)
    }

    /// The type of the group at a path; empty if it has none.
    pub(super) fn kind(&self, place: &str) -> String {
        self.group_text(place, "neurodata_type").unwrap_or_default()
    }

    /// The paths of all groups below some others that are of a type, in order. Soft links are not
    /// entered: what they lead to is found where it is.
    pub(super) fn of_type(&self, below: &[&str], wanted: &str) -> Vec<String> {
        let mut found = Vec::new();
        for below in below {
            if let Some(group) = self.group(below) {
                self.search(&group, below, wanted, 6, &mut found);
            }
        }
        found
    }

    fn search(
        &self,
        group: &Group,
        path: &str,
        wanted: &str,
        depth: usize,
        found: &mut Vec<String>,
    ) {
        let mut names = group.groups().unwrap_or_default();
        names.sort();
        for name in names {
            let Ok(member) = group.group(&name) else {
                continue;
            };
            let place = if path.is_empty() {
                name
            } else {
                format!("{path}/{name}")
            };
            if self.kind(&place) == wanted {
                found.push(place);
            } else if depth > 0 {
                self.search(&member, &place, wanted, depth - 1, found);
            }
        }
    }

    /// What is in a group, soft links too, sorted.
    pub(super) fn members(&self, place: &str) -> Vec<String> {
        let Some(group) = self.group(place) else {
            return Vec::new();
        };
        let mut names = group.groups().unwrap_or_default();
        names.extend(group.datasets().unwrap_or_default());
        names.extend(self.links.soft_in(&self.links.resolve(place)));
        names.sort();
        names.dedup();
        names
    }

    /// Cuts a list into pieces that end at the given positions.
    pub(super) fn ragged<T: Clone>(
        &self,
        place: &str,
        values: &[T],
        ends: &[f64],
    ) -> Result<Vec<Vec<T>>, Error> {
        let mut start = 0;
        ends.iter()
            .enumerate()
            .map(|(index, end)| {
                if !(*end >= start as f64 && *end <= values.len() as f64) {
                    let expected = "a rising end inside the data";
                    return Err(self.bad_value(place, index, *end, expected));
                }
                let piece = values[start..*end as usize].to_vec();
                start = *end as usize;
                Ok(piece)
            })
            .collect()
    }
}
