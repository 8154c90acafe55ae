//! Checks and intervals of times, needed by every format.

use std::path::Path;

use crate::Error;

/// Refuses times that do not rise, or are missing.
pub(crate) fn check_rising(time: &[f64], file: &Path, variable: &str) -> Result<(), Error> {
    if let Some(index) = time.iter().position(|time| !time.is_finite()) {
        return Err(Error::BadValue {
            file: file.to_owned(),
            variable: variable.to_owned(),
            index,
            value: time[index],
            expected: "a finite time",
        });
    }
    match time.windows(2).position(|pair| !(pair[1] > pair[0])) {
        None => Ok(()),
        Some(row) => Err(Error::TimeBackwards {
            file: file.to_owned(),
            variable: variable.to_owned(),
            row: row + 1,
            before: time[row],
            after: time[row + 1],
        }),
    }
}

/// The median difference of rising times; `None` with fewer than two.
pub(crate) fn median_interval(time: &[f64]) -> Option<f64> {
    let mut differences: Vec<f64> = time.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let middle = differences.len().checked_sub(1)? / 2;
    differences.sort_by(f64::total_cmp);
    Some(differences[middle])
}
