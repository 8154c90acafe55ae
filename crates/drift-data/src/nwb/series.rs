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
    let stamps = tree.dataset(&format!("{series}/timestamps"))?;
    let shape = stamps.shape().ok()?;
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
        tree.check_rows(&place, time.len(), format!("{series}/data"), samples)?;
        check_rising(&time, tree.path, &place)?;
        // Of one sample alone nobody knows how long it lasts.
        tree.check_rows(
            place,
            samples.min(2),
            "a series that can be placed in time",
            2,
        )?;
        return Trajectory::new(time, None, None);
    }
    let place = format!("{series}/starting_time");
    let start = tree
        .dataset(&place)
        .map(|_| tree.column(&place))
        .transpose()?;
    let start = start.and_then(|start| start.first().copied());
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
            let members = tree.members(series).join(", ");
            let found = format!("neither; it holds {members}; give the rate with --frame-rate");
            let expected = "timestamps, or a starting_time with a rate above 0";
            return Err(tree.wrong(series, expected, &found));
        }
    };
    let expected = "a finite time, with a rate above 0";
    Trajectory::even(samples, start, rate).map_err(|_| tree.bad_value(place, 0, start, expected))
}
