//! The objects of a file by path, links followed, and the columns of its tables.

use std::path::Path;

use hdf5_pure::{AttrValue, Dataset, File, Group};

use crate::Error;
use crate::hdf5::{Links, check_size, check_whole, failed, number};

/// An open file.
pub(super) struct Tree<'a> {
    pub(super) path: &'a Path,
    file: File,
    links: Links,
}

/// An object of a type, by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Typed {
    /// Path in the file, without `/` at its start.
    pub(super) path: String,
    /// Its `neurodata_type`.
    pub(super) kind: String,
}

impl Typed {
    /// Whether an option's value means this object: its whole path, the end of it, or the name of a
    /// group that it is in.
    pub(super) fn is_called(&self, wanted: &str) -> bool {
        let wanted = wanted.trim_matches('/');
        let same = |part: &str| part.eq_ignore_ascii_case(wanted);
        same(&self.path)
            || self
                .path
                .to_ascii_lowercase()
                .ends_with(&format!("/{}", wanted.to_ascii_lowercase()))
            || self.path.split('/').any(same)
    }
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
        let file = File::open(path).map_err(failed(path, "the file", "HDF5"))?;
        check_whole(path, &file)?;
        Ok(Self {
            path,
            file,
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

    /// All numbers of a dataset, and its dimensions.
    pub(super) fn numbers(&self, place: &str) -> Result<(Vec<f64>, Vec<usize>), Error> {
        let dataset = self
            .dataset(place)
            .ok_or_else(|| self.wrong(place, "a dataset of numbers", "nothing is there"))?;
        check_size(self.path, &self.file, &dataset, place)?;
        let shape = dataset
            .shape()
            .map_err(failed(self.path, place, "dimensions"))?;
        let numbers = dataset
            .read_f64()
            .map_err(failed(self.path, place, "numbers"))?;
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
        attributes
            .get(name)
            .and_then(AttrValue::as_str)
            .map(str::to_owned)
    }

    /// The type of the group at a path; empty if it has none.
    pub(super) fn kind(&self, place: &str) -> String {
        self.group_text(place, "neurodata_type").unwrap_or_default()
    }

    /// All typed groups below a group that are of one of the `wanted` types, in order of their paths.
    /// Soft links are not entered: what they lead to is found where it is.
    pub(super) fn of_type(&self, below: &str, wanted: &[&str]) -> Vec<Typed> {
        let mut found = Vec::new();
        if let Some(group) = self.group(below) {
            self.search(&group, below, wanted, 6, &mut found);
        }
        found
    }

    fn search(
        &self,
        group: &Group,
        path: &str,
        wanted: &[&str],
        depth: usize,
        found: &mut Vec<Typed>,
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
            let kind = self.kind(&place);
            if wanted.contains(&kind.as_str()) {
                found.push(Typed { path: place, kind });
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
                    return Err(Error::BadValue {
                        file: self.path.to_owned(),
                        variable: place.to_owned(),
                        index,
                        value: *end,
                        expected: "a rising end inside the data",
                    });
                }
                let piece = values[start..*end as usize].to_vec();
                start = *end as usize;
                Ok(piece)
            })
            .collect()
    }
}
