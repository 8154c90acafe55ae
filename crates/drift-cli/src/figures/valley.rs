//! A trajectory in the two-dimensional valley over its level curves (Figure 5A).

use super::axis::Axis;
use super::contour::{Grid, level_segments};
use super::frame::{Side, bottom_axis, title, vertical_axis};
use super::heat::colour_bar;
use super::panel::{Mark, Panel, Series, points};
use super::sheet::Rect;
use super::style::{AXIS, BLUE, ColourScale, GREEN, GRID, ORANGE, VERMILLION, finite_range};
use super::{Figure, FigureError};
use plotters::prelude::RGBColor;

const CONTOUR: RGBColor = RGBColor(150, 150, 150);

/// Figure 5A: positions (x, y) at `steps` over the level curves of `loss`.
pub fn trajectory(
    steps: &[f64],
    positions: &[(f64, f64)],
    loss: impl Fn(f64, f64) -> f64 + Copy,
) -> Result<Figure, FigureError> {
    let (xs, ys): (Vec<f64>, Vec<f64>) = positions.iter().copied().unzip();
    let range = |values: &[f64]| {
        let with_zero = values.iter().copied().chain([0.0]);
        finite_range(with_zero).expect("0 is among the values")
    };
    let ((x_low, x_high), (y_low, y_high)) = (range(&xs), range(&ys));
    // The valley is the x axis: as much of it below as above shows its walls.
    let tall = (1.6 * y_high.abs().max(y_low.abs()))
        .max(0.25 * (x_high - x_low))
        .max(1e-6);
    let margin = 0.12 * (x_high - x_low).max(1e-6);
    let x = Axis::linear("x", x_low - margin, x_high + margin);
    let y = Axis::linear("y", -tall, tall);
    let plot = Rect::new(76.0, 40.0, 470.0, 380.0);
    let place = |(a, b): (f64, f64)| {
        (
            plot.x + x.share(a) * plot.width,
            plot.bottom() - y.share(b) * plot.height,
        )
    };
    let last = steps.last().copied().unwrap_or(1.0).max(1.0);
    let time = ColourScale {
        low: 0.0,
        high: last,
    };
    let along = Panel::new(
        "Along and across the valley",
        Axis::linear("training time (steps)", 0.0, last),
        Axis::around("coordinate", xs.iter().chain(&ys).copied()),
    )
    .with(Series::new(
        "x (sharpness)",
        points(steps, &xs),
        BLUE,
        Mark::Line(1.8),
    ))
    .with(Series::new(
        "y (across)",
        points(steps, &ys),
        ORANGE,
        Mark::Line(1.2),
    ));
    let explanation = "The loss x²y² is zero all along the x axis; the valley is steeper where \
        |x| is larger. Noise drives the point along the minimum towards its flat part, at a rate \
        that falls with the sharpness. Dots: positions from the start (dark) to the end (bright); \
        grey: level curves, a factor of ten apart.";
    Figure::draw(
        "valley",
        "Drift along a valley of minima (Figure 5A)",
        explanation,
        (1060.0, 480.0),
        |sheet| {
            let grid = Grid {
                x: (x.low, x.high),
                y: (y.low, y.high),
                cells: 160,
            };
            let highest = loss(x.low, y.low).max(loss(x.high, y.high)).max(1e-300);
            for power in 1..=6 {
                let level = highest * 10f64.powi(-power);
                for [start, end] in level_segments(grid, level, loss) {
                    sheet.line(&[place(start), place(end)], CONTOUR, 0.9)?;
                }
            }
            sheet.dashes(&[place((x.low, 0.0)), place((x.high, 0.0))], GREEN, 1.4)?;
            sheet.line(&[place((0.0, y.low)), place((0.0, y.high))], GRID, 1.0)?;
            let stride = positions.len().div_ceil(1500).max(1);
            for (step, point) in steps.iter().zip(positions).step_by(stride) {
                if point.0.is_finite() && point.1.is_finite() {
                    sheet.dot(place(*point), 2.2, time.colour(*step), 0.85)?;
                }
            }
            if let Some(start) = positions.first() {
                sheet.ring(place(*start), 6.0, VERMILLION)?;
            }
            title(sheet, plot, "Trajectory over the loss")?;
            bottom_axis(sheet, plot, &x)?;
            vertical_axis(sheet, plot, &y, Side::Left, None)?;
            sheet.frame(plot, AXIS, 1.0)?;
            let bar = Rect::new(560.0, 40.0, 14.0, 380.0);
            colour_bar(sheet, bar, time, "step")?;
            along.draw(sheet, Rect::new(650.0, 6.0, 410.0, 466.0))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valley_is_drawn_with_its_level_curves() {
        let steps = [0.0, 1.0, 2.0];
        let positions = [(2.0, 0.01), (1.9, -0.02), (1.8, 0.0)];
        let figure = trajectory(&steps, &positions, |x, y| x * x * y * y).expect("drawn");
        assert!(figure.svg.matches("<polyline").count() > 200);
        assert!(figure.svg.matches("<circle").count() >= 4);
        assert!(trajectory(&[], &[], |x, y| x * y).is_ok());
    }
}
