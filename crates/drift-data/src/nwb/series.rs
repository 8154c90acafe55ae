//! Time series: their values after conversion, and their clocks.

use super::Choices;
use super::tree::Tree;
use crate::Error;
use crate::recording::{Note, Trajectory};
use crate::times::check_rising;

/// The values of a series after conversion: row after row.
pub(super) struct Values {
    pub(super) values: Vec<f64>,
    /// Numbers of samples and of values in each.
    pub(super) shape: [usize; 2],
}

/// The values of a series: value × `conversion` + `offset`. `raw` sees them as they are stored.
pub(super) fn values(
    tree: &Tree<'_>,
    series: &str,
    mut raw: impl FnMut(&[f64], usize),
) -> Result<Values, Error> {
    let place = format!("{series}/data");
    let (mut values, dimensions) = tree.numbers(&place)?;
    let shape = match dimensions[..] {
        [samples] => [samples, 1],
        [samples, width] => [samples, width],
        _ => {
            return Err(Error::WrongShape {
                file: tree.path.to_owned(),
                variable: place,
                expected: "samples, or samples × values".to_owned(),
                found: dimensions,
            });
        }
    };
    raw(&values, shape[1]);
    let attribute =
        |name: &str, default: f64| tree.number_attribute(&place, name).unwrap_or(default);
    let (conversion, offset) = (attribute("conversion", 1.0), attribute("offset", 0.0));
    for value in &mut values {
        *value = *value * conversion + offset;
    }
    Ok(Values { values, shape })
}

/// How many timestamps a series has, without reading them.
pub(super) fn stamps(tree: &Tree<'_>, series: &str) -> Option<usize> {
    let shape = tree
        .dataset(&format!("{series}/timestamps"))?
        .shape()
        .ok()?;
    shape.first().map(|length| *length as usize)
}

/// The clock of a series of `samples` samples: its timestamps, or its start and rate.
pub(super) fn clock(
    tree: &Tree<'_>,
    series: &str,
    samples: usize,
    options: &Choices,
    notes: &mut Vec<Note>,
) -> Result<Trajectory, Error> {
    let place = format!("{series}/timestamps");
    if tree.dataset(&place).is_some() {
        let time = tree.column(&place)?;
        if time.len() != samples {
            return Err(Error::FrameCount {
                file: tree.path.to_owned(),
                variable: place,
                found: time.len(),
                reference: format!("{series}/data"),
                expected: samples,
            });
        }
        check_rising(&time, tree.path, &place)?;
        return match Trajectory::new(time, None, None) {
            Ok(clock) => Ok(clock),
            Err(_) => Err(Error::FrameCount {
                file: tree.path.to_owned(),
                variable: place,
                found: samples,
                reference: "a series that can be placed in time".to_owned(),
                expected: 2,
            }),
        };
    }
    let place = format!("{series}/starting_time");
    let start = if tree.dataset(&place).is_some() {
        tree.column(&place)?.first().copied()
    } else {
        None
    };
    let rate = tree
        .number_attribute(&place, "rate")
        .filter(|rate| *rate > 0.0 && rate.is_finite());
    let (start, rate) = match (start, rate, options.frame_rate) {
        (Some(start), Some(rate), None) => (start, rate),
        (start, stated, Some(chosen)) => {
            let taken = match stated {
                Some(stated) => format!("{chosen} Hz (the file says {stated} Hz)"),
                None => format!("{chosen} Hz, as --frame-rate says"),
            };
            notes.push(Note::Assumed {
                what: format!("when the samples of {series} were taken"),
                taken,
            });
            (start.unwrap_or(0.0), chosen)
        }
        _ => {
            return Err(tree.wrong(
                series,
                "timestamps, or a starting_time with a rate above 0",
                &format!(
                    "neither; it holds {}; give the rate with --frame-rate",
                    tree.members(series).join(", ")
                ),
            ));
        }
    };
    Trajectory::even(samples, start, rate).map_err(|_| Error::BadValue {
        file: tree.path.to_owned(),
        variable: place,
        index: 0,
        value: start,
        expected: "a finite time, with a rate above 0",
    })
}
