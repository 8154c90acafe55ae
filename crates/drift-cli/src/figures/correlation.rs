//! How alike the code is at any two times (Figure 2E).

use nalgebra::DMatrix;

use super::axis::{Axis, Tick, steps as step_text};
use super::heat::{HeatMap, colour_bar};
use super::panel::{Mark, Panel, Series};
use super::sheet::Rect;
use super::style::{ColourScale, category, finite_range};
use super::{Figure, FigureError};

/// A square matrix of correlations between times.
#[derive(Debug, Clone, Copy)]
pub struct Correlations<'a> {
    /// Value of each time, in the unit of `axis`.
    pub times: &'a [f64],
    /// Name of the time axis with its unit.
    pub axis: &'a str,
    /// (times × times), NaN where nothing could be compared.
    pub matrix: &'a DMatrix<f64>,
    /// Name of the coefficient, for the colour bar.
    pub quantity: &'a str,
    /// What is correlated, for the title: `rate maps`.
    pub of: &'a str,
}

/// Ticks at about `most` of the times, at their index.
fn index_ticks(times: &[f64], most: usize) -> Vec<Tick> {
    let stride = times.len().div_ceil(most).max(1);
    (0..times.len())
        .step_by(stride)
        .map(|index| Tick {
            value: index as f64 + 0.5,
            text: step_text(times[index]),
        })
        .collect()
}

/// The gap between times that are evenly spaced (but for rounding to whole steps).
fn evenly_spaced(times: &[f64]) -> Option<f64> {
    let (first, last) = (*times.first()?, *times.last()?);
    let gap = (last - first) / (times.len() as f64 - 1.0);
    let regular = |(index, time): (usize, &f64)| {
        (time - first - gap * index as f64).abs() <= 1.0f64.min(0.1 * gap)
    };
    (gap > 0.0 && times.iter().enumerate().all(regular)).then_some(gap)
}

/// Figure 2E: the correlation matrix, and its rows for a few reference times.
pub fn correlation_over_time(
    correlations: Correlations<'_>,
    stem: &str,
    title: &str,
    explanation: &str,
) -> Result<Figure, FigureError> {
    let Correlations {
        times,
        axis,
        matrix,
        quantity,
        of,
    } = correlations;
    let count = times.len();
    let lowest = finite_range(matrix.iter().copied()).map_or(0.0, |range| range.0);
    let scale = ColourScale {
        low: (lowest.min(0.0) * 10.0).floor() / 10.0,
        high: 1.0,
    };
    let even = evenly_spaced(times);
    let along = |most| match even {
        Some(gap) => Axis::linear(axis, times[0] - gap / 2.0, times[count - 1] + gap / 2.0),
        None => Axis::linear(axis, 0.0, count as f64).with_ticks(index_ticks(times, most)),
    };
    // The first time is at the lower left, as in the paper.
    let upright = DMatrix::from_fn(count, count, |row, column| {
        matrix[(count - 1 - row, column)]
    });
    let map = HeatMap {
        title: format!("Correlation of {of}"),
        values: upright,
        scale,
        x: Some(along(5)),
        y: Some(along(8)),
    };
    let positive = times.iter().all(|time| *time > 0.0);
    let wide = positive && even.is_none();
    let first = times.first().copied().unwrap_or(0.0);
    let last = times.last().copied().unwrap_or(1.0);
    let horizontal = if wide {
        Axis::log(axis, first, last)
    } else {
        Axis::linear(axis, first, last)
    };
    let mut fall = Panel::new(
        "Correlation with chosen times",
        horizontal,
        Axis::linear(quantity, scale.low, 1.04),
    );
    let chosen = [0, count / 3, 2 * count / 3, count.saturating_sub(1)];
    for (index, &reference) in chosen.iter().enumerate() {
        if reference >= count || chosen[..index].contains(&reference) {
            continue;
        }
        let points = (0..count).map(|time| (times[time], matrix[(reference, time)]));
        let is_training = axis.starts_with("training time");
        let unit = if is_training { "step" } else { axis };
        let label = format!("with {unit} {}", step_text(times[reference]));
        fall.push(Series::new(label, points, category(index), Mark::Line(2.0)));
    }
    Figure::draw(stem, title, explanation, (1060.0, 470.0), |sheet| {
        map.draw(sheet, Rect::new(86.0, 36.0, 370.0, 370.0))?;
        let bar = Rect::new(470.0, 36.0, 14.0, 370.0);
        colour_bar(sheet, bar, scale, quantity)?;
        fall.draw(sheet, Rect::new(556.0, 2.0, 504.0, 456.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_times_are_told_from_others() {
        assert_eq!(evenly_spaced(&[0.0, 10.0, 20.0]), Some(10.0));
        assert_eq!(evenly_spaced(&[1.0, 10.0, 100.0]), None);
        assert_eq!(evenly_spaced(&[5.0]), None);
        // 10⁶ steps in 49 parts fall between whole steps.
        let rounded: Vec<f64> = (0..50)
            .map(|i| (f64::from(i) * 1e6 / 49.0).round())
            .collect();
        assert!(evenly_spaced(&rounded).is_some());
    }
}
