//! A trajectory in the two-dimensional valley over its level curves (Figure 5A).

use super::axis::Axis;
use super::contour::{Grid, level_segments};
use super::heat::colour_bar;
use super::panel::{Mark, Panel, Series};
use super::sheet::Rect;
use super::style::{BLUE, ColourScale, GREEN, GRID, ORANGE, VERMILLION, finite_range};
use super::{Figure, FigureError};
use plotters::prelude::RGBColor;

const CONTOUR: RGBColor = RGBColor(150, 150, 150);

/// Figure 5A: positions (x, y) at `steps` over the level curves of `loss`.
pub fn trajectory(
    steps: &[f64],
    positions: &[(f64, f64)],
    loss: impl Fn(f64, f64) -> f64 + Copy,
) -> Result<Figure, FigureError> {
    let range = |values: Vec<f64>| finite_range(values).unwrap_or((-1.0, 1.0));
    let (x_low, x_high) = range(positions.iter().map(|point| point.0).chain([0.0]).collect());
    let (y_low, y_high) = range(positions.iter().map(|point| point.1).chain([0.0]).collect());
    // The valley is the x axis: as much of it below as above shows its walls.
    let tall = (1.6 * y_high.abs().max(y_low.abs()))
        .max(0.25 * (x_high - x_low))
        .max(1e-6);
    let margin = 0.12 * (x_high - x_low).max(1e-6);
    let x = Axis::linear("x", x_low - margin, x_high + margin);
    let y = Axis::linear("y", -tall, tall);
    let plot = Rect {
        x: 76.0,
        y: 40.0,
        width: 470.0,
        height: 380.0,
    };
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
    let curve = |index: usize| {
        steps
            .iter()
            .copied()
            .zip(positions.iter().map(move |point| [point.0, point.1][index]))
    };
    let along = Panel::new(
        "Along and across the valley",
        Axis::linear("training time (steps)", 0.0, last),
        Axis::around(
            "coordinate",
            positions.iter().flat_map(|point| [point.0, point.1]),
        ),
    )
    .with(Series::new(
        "x (sharpness)",
        curve(0),
        BLUE,
        Mark::Line(1.8),
    ))
    .with(Series::new("y (across)", curve(1), ORANGE, Mark::Line(1.2)));
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
            super::frame::title(sheet, plot, "Trajectory over the loss")?;
            super::frame::bottom_axis(sheet, plot, &x)?;
            super::frame::vertical_axis(sheet, plot, &y, super::frame::Side::Left, None)?;
            sheet.frame(plot, super::style::AXIS, 1.0)?;
            let bar = Rect {
                x: 560.0,
                y: 40.0,
                width: 14.0,
                height: 380.0,
            };
            colour_bar(sheet, bar, time, "step")?;
            along.draw(
                sheet,
                Rect {
                    x: 650.0,
                    y: 6.0,
                    width: 410.0,
                    height: 466.0,
                },
            )
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
