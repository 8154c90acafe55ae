//! A panel of curves, bands and points over two or three axes.

use plotters::prelude::RGBColor;

use super::axis::Axis;
use super::clip::{clipped, thinned, within};
use super::frame::{Side, bottom_axis, title, vertical_axis};
use super::live::{PanelData, Shown};
use super::sheet::{FigureError, Rect, Sheet};
use super::style::{AXIS, GRID};

/// How a series is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A line of the given width.
    Line(f64),
    /// A dashed line.
    Dashed,
    /// A filled band from `lows[i]` to the series' own y.
    Band(Vec<f64>),
    /// Dots of the given radius and opacity.
    Dots(f64, f64),
    /// Open circles of the given radius.
    Rings(f64),
}

/// A mean with its error along an axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    /// Text in the legend; the empty one stands in none.
    pub label: String,
    /// Where the values stand.
    pub x: Vec<f64>,
    /// Values, NaN where there is none.
    pub mean: Vec<f64>,
    /// Standard errors; 0 or NaN where there is none.
    pub error: Vec<f64>,
}

/// The points (x, y) of two lists.
pub fn points<'a>(x: &'a [f64], y: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + 'a {
    x.iter().copied().zip(y.iter().copied())
}

/// One curve, band or cloud of points.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Text in the legend; none leaves the series out of it.
    pub label: Option<String>,
    /// Points (x, y) in the units of the axes; those not finite break a line.
    pub points: Vec<(f64, f64)>,
    /// Colour.
    pub colour: RGBColor,
    /// Line, band or points.
    pub mark: Mark,
    /// Axis it is measured on.
    pub side: Side,
}

impl Series {
    /// A series on the left axis.
    pub fn new(
        label: impl Into<String>,
        points: impl IntoIterator<Item = (f64, f64)>,
        colour: RGBColor,
        mark: Mark,
    ) -> Self {
        Self {
            label: Some(label.into()).filter(|label| !label.is_empty()),
            points: points.into_iter().collect(),
            colour,
            mark,
            side: Side::Left,
        }
    }

    /// A band of `mean` ± `error` over `x`.
    pub fn band(x: &[f64], mean: &[f64], error: &[f64], colour: RGBColor) -> Self {
        let edge = |sign: f64| -> Vec<f64> {
            let around = mean.iter().zip(error);
            around.map(|(mean, error)| mean + sign * error).collect()
        };
        Self::new("", points(x, &edge(1.0)), colour, Mark::Band(edge(-1.0)))
    }

    /// The same series measured on the right axis.
    #[must_use]
    pub fn on_the_right(mut self) -> Self {
        self.side = Side::Right;
        self
    }
}

/// A panel with its axes and what it shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Title above the panel.
    pub title: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis on the left.
    pub y: Axis,
    /// Vertical axis on the right, with the colour of its numbers.
    pub right: Option<Axis>,
    /// Drawn in order, later ones on top.
    pub series: Vec<Series>,
    /// Whether the labels stand in the panel itself.
    pub has_legend: bool,
}

impl Panel {
    /// A panel without series.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self {
            title: title.into(),
            x,
            y,
            right: None,
            series: Vec::new(),
            has_legend: true,
        }
    }

    /// The panel with one more series.
    #[must_use]
    pub fn with(mut self, series: Series) -> Self {
        self.push(series);
        self
    }

    /// Adds a series.
    pub fn push(&mut self, series: Series) {
        self.series.push(series);
    }

    /// Draws the panel into `outer`, labels included.
    pub fn draw(&self, sheet: &Sheet<'_>, outer: Rect) -> Result<(), FigureError> {
        let right = if self.right.is_some() { 66.0 } else { 18.0 };
        let plot = outer.inset(72.0, 34.0, right, 52.0);
        sheet.show(Shown::Panel(PanelData::of(self, plot)));
        self.draw_axes(sheet, plot)?;
        for series in &self.series {
            self.draw_series(sheet, plot, series)?;
        }
        sheet.frame(plot, AXIS, 1.0)?;
        if self.has_legend {
            self.draw_legend(sheet, plot)?;
        }
        Ok(())
    }

    pub(super) fn axis_of(&self, side: Side) -> &Axis {
        match (side, &self.right) {
            (Side::Right, Some(axis)) => axis,
            _ => &self.y,
        }
    }

    /// Colour of an axis' text: that of its first series where two axes must be told apart.
    fn axis_colour(&self, side: Side) -> Option<RGBColor> {
        self.right.as_ref()?;
        self.series
            .iter()
            .find(|series| series.side == side)
            .map(|series| series.colour)
    }

    fn draw_axes(&self, sheet: &Sheet<'_>, plot: Rect) -> Result<(), FigureError> {
        for tick in self.x.ticks(self.x.room(plot.width)) {
            let x = plot.x + self.x.share(tick.value) * plot.width;
            if x >= plot.x - 0.5 && x <= plot.right() + 0.5 {
                sheet.line(&[(x, plot.y), (x, plot.bottom())], GRID, 1.0)?;
            }
        }
        for tick in self.y.ticks((plot.height / 34.0) as usize) {
            let y = plot.bottom() - self.y.share(tick.value) * plot.height;
            if y >= plot.y - 0.5 && y <= plot.bottom() + 0.5 {
                sheet.line(&[(plot.x, y), (plot.right(), y)], GRID, 1.0)?;
            }
        }
        bottom_axis(sheet, plot, &self.x)?;
        vertical_axis(
            sheet,
            plot,
            &self.y,
            Side::Left,
            self.axis_colour(Side::Left),
        )?;
        if let Some(axis) = &self.right {
            vertical_axis(
                sheet,
                plot,
                axis,
                Side::Right,
                self.axis_colour(Side::Right),
            )?;
        }
        title(sheet, plot, &self.title)
    }

    fn draw_series(
        &self,
        sheet: &Sheet<'_>,
        plot: Rect,
        series: &Series,
    ) -> Result<(), FigureError> {
        let vertical = self.axis_of(series.side);
        let place = |(x, y): (f64, f64)| {
            (
                plot.x + self.x.share(x) * plot.width,
                plot.bottom() - vertical.share(y) * plot.height,
            )
        };
        let placed: Vec<(f64, f64)> = series.points.iter().copied().map(place).collect();
        if matches!(series.mark, Mark::Line(_) | Mark::Dashed) {
            for point in lone(&placed).filter(|point| within(point, plot)) {
                sheet.dot(*point, 2.4, series.colour, 1.0)?;
            }
        }
        match &series.mark {
            Mark::Line(width) => {
                for piece in clipped(&thinned(&placed), plot) {
                    sheet.line(&piece, series.colour, *width)?;
                }
            }
            Mark::Dashed => {
                for piece in clipped(&thinned(&placed), plot) {
                    sheet.dashes(&piece, series.colour, 1.6)?;
                }
            }
            Mark::Band(lows) => {
                let lower = series.points.iter().zip(lows);
                let lower = lower.map(|((x, _), low)| place((*x, *low)));
                let finite = |point: &(f64, f64)| point.0.is_finite() && point.1.is_finite();
                let inside = |point: (f64, f64)| {
                    let x = point.0.clamp(plot.x, plot.right());
                    (x, point.1.clamp(plot.y, plot.bottom()))
                };
                let (mut outline, back): (Vec<_>, Vec<_>) = placed
                    .iter()
                    .copied()
                    .zip(lower)
                    .filter(|(high, low)| finite(high) && finite(low))
                    .map(|(high, low)| (inside(high), inside(low)))
                    .unzip();
                outline.extend(back.into_iter().rev());
                sheet.polygon(&outline, series.colour, 0.22)?;
            }
            Mark::Dots(radius, alpha) => {
                for point in placed.iter().filter(|point| within(point, plot)) {
                    sheet.dot(*point, *radius, series.colour, *alpha)?;
                }
            }
            Mark::Rings(radius) => {
                for point in placed.iter().filter(|point| within(point, plot)) {
                    sheet.ring(*point, *radius, series.colour)?;
                }
            }
        }
        Ok(())
    }
}

/// Points without a neighbour that a line could lead to.
fn lone(points: &[(f64, f64)]) -> impl Iterator<Item = &(f64, f64)> {
    let is_drawn = |index: Option<usize>| {
        index
            .and_then(|index| points.get(index))
            .is_some_and(|point| point.0.is_finite() && point.1.is_finite())
    };
    points
        .iter()
        .enumerate()
        .filter(move |&(index, _)| {
            is_drawn(Some(index))
                && !is_drawn(index.checked_sub(1))
                && !is_drawn(index.checked_add(1))
        })
        .map(|(_, point)| point)
}

#[cfg(test)]
mod tests {
    use super::super::sheet::draw;
    use super::super::style::{BLUE, VERMILLION};
    use super::*;

    #[test]
    fn a_point_alone_is_a_dot() {
        let nothing = f64::NAN;
        let points = [
            (0.0, 1.0),
            (1.0, nothing),
            (2.0, 1.0),
            (3.0, 2.0),
            (4.0, nothing),
            (5.0, 0.0),
        ];
        let found: Vec<f64> = lone(&points).map(|point| point.0).collect();
        assert_eq!(found, [0.0, 5.0]);
        assert_eq!(lone(&[(1.0, 1.0)]).count(), 1);
    }

    #[test]
    fn two_vertical_axes_are_told_apart_by_colour() {
        let mut panel = Panel::new(
            "t",
            Axis::log("steps", 1.0, 1e3),
            Axis::linear("a", 0.0, 1.0),
        )
        .with(Series::new(
            "a",
            [(1.0, 0.5), (1e3, 0.7)],
            BLUE,
            Mark::Line(2.0),
        ));
        panel.right = Some(Axis::linear("b (bits)", 0.0, 4.0));
        let right = Series::new("b", [(1.0, 2.0), (1e3, 3.0)], VERMILLION, Mark::Dashed);
        panel.push(right.on_the_right());
        let rect = Rect::new(0.0, 0.0, 400.0, 300.0);
        let drawn = draw("two axes", 400.0, 300.0, |sheet| panel.draw(sheet, rect));
        let (svg, shown) = drawn.expect("drawn");
        assert_eq!(shown.len(), 1);
        assert!(svg.contains("b (bits)") && svg.contains("10³"));
        assert!(svg.contains("fill=\"#0072B2\"") && svg.contains("fill=\"#D55E00\""));
    }
}
