//! Textures, views, the agent's walk, the tasks and the published data of Figure 2, against
//! stored values.

mod corridor;
mod legacy_generator;
mod published_data;
mod tasks;

use std::fs;
use std::path::Path;

use drift_sim::env::nalgebra::DMatrix;
use serde::de::DeserializeOwned;

/// Checks every file of the four formats; returns its name and how many values were compared.
pub fn check_all(directory: &Path) -> Vec<(String, usize)> {
    type Check = fn(&Path, &str) -> usize;
    let formats: [(&str, &str, Check); 4] = [
        ("field_of_view", ".json", corridor::check_views),
        ("agent_motion", ".json", corridor::check_motion),
        ("tasks", ".json", tasks::check),
        ("fig2_dataset", ".npz", published_data::check),
    ];
    let unreadable = |error| -> String { panic!("{}: {error}", directory.display()) };
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| {
            entry.map_or_else(unreadable, |entry| {
                entry.file_name().to_string_lossy().into_owned()
            })
        })
        .collect();
    names.sort();
    let mut checked = Vec::new();
    for name in names {
        for (start, end, check) in formats {
            if name.starts_with(start) && name.ends_with(end) {
                let values = check(&directory.join(&name), &name);
                checked.push((name.clone(), values));
            }
        }
    }
    checked
}

fn read_json<T: DeserializeOwned>(path: &Path) -> T {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn matrix(rows: &[Vec<f64>], place: &str) -> DMatrix<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    assert!(
        rows.iter().all(|row| row.len() == columns),
        "{place}: rows of different lengths"
    );
    DMatrix::from_row_slice(rows.len(), columns, &rows.concat())
}

/// Compares values one by one and counts them; a difference may be as large as the tolerance
/// times the larger of 1 and the largest stored value.
struct Comparison<'a> {
    file: &'a str,
    tolerance: f64,
    values: usize,
}

impl<'a> Comparison<'a> {
    fn new(file: &'a str, tolerance: f64) -> Self {
        Comparison {
            file,
            tolerance,
            values: 0,
        }
    }

    #[track_caller]
    fn slices(&mut self, place: &str, ours: &[f64], stored: &[f64]) {
        let file = self.file;
        assert_eq!(
            ours.len(),
            stored.len(),
            "{file}: {place}: number of values"
        );
        let largest = stored
            .iter()
            .fold(1.0, |largest: f64, value| largest.max(value.abs()));
        for (index, (ours, stored)) in ours.iter().zip(stored).enumerate() {
            let difference = (ours - stored).abs();
            assert!(
                difference <= self.tolerance * largest,
                "{file}: {place}[{index}]: ours {ours}, stored {stored}, difference {difference:e}"
            );
        }
        self.values += stored.len();
    }

    #[track_caller]
    fn number(&mut self, place: &str, ours: f64, stored: f64) {
        self.slices(place, &[ours], &[stored]);
    }

    #[track_caller]
    fn matrices(&mut self, place: &str, ours: &DMatrix<f64>, stored: &[Vec<f64>]) {
        let stored = matrix(stored, place);
        assert_eq!(
            ours.shape(),
            stored.shape(),
            "{}: {place}: shape",
            self.file
        );
        // Both column by column.
        self.slices(place, ours.as_slice(), stored.as_slice());
    }

    #[track_caller]
    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, place: &str, ours: T, stored: T) {
        assert_eq!(ours, stored, "{}: {place}", self.file);
        self.values += 1;
    }
}
