//! A panel of curves, bands and points over two or three axes.

use plotters::prelude::RGBColor;

use super::axis::Axis;
use super::sheet::{Anchor, FigureError, Rect, Sheet, Type};
use super::style::{AXIS, GRID, LABEL_TEXT, TICK_TEXT, TITLE_TEXT, text_width};
use plotters::style::WHITE;

/// The vertical axis a series belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The axis on the left.
    Left,
    /// The axis on the right.
    Right,
}

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
        let label = Some(label.into()).filter(|label| !label.is_empty());
        let points = points.into_iter().collect();
        Self { label, points, colour, mark, side: Side::Left }
    }

    /// A band between `lows` and `highs` over `x`.
    pub fn band(x: &[f64], lows: &[f64], highs: &[f64], colour: RGBColor) -> Self {
        let points = x.iter().copied().zip(highs.iter().copied());
        Self::new("", points, colour, Mark::Band(lows.to_vec()))
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
}

impl Panel {
    /// A panel without series.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self { title: title.into(), x, y, right: None, series: Vec::new() }
    }

    /// The panel with one more series.
    #[must_use]
    pub fn with(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// Draws the panel into `outer`, labels included.
    pub fn draw(&self, sheet: &Sheet<'_>, outer: Rect) -> Result<(), FigureError> {
        let right = if self.right.is_some() { 66.0 } else { 18.0 };
        let plot = outer.inset(72.0, 34.0, right, 52.0);
        self.draw_axes(sheet, plot)?;
        for series in &self.series {
            self.draw_series(sheet, plot, series)?;
        }
        sheet.frame(plot, AXIS, 1.0)?;
        self.draw_legend(sheet, plot)
    }

    fn axis_of(&self, side: Side) -> &Axis {
        match (side, &self.right) {
            (Side::Right, Some(axis)) => axis,
            _ => &self.y,
        }
    }

    /// Colour of an axis' text: that of its first series where two axes must be told apart.
    fn axis_colour(&self, side: Side) -> Option<RGBColor> {
        self.right.as_ref()?;
        self.series.iter().find(|series| series.side == side).map(|series| series.colour)
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
        vertical_axis(sheet, plot, &self.y, Side::Left, self.axis_colour(Side::Left))?;
        if let Some(axis) = &self.right {
            vertical_axis(sheet, plot, axis, Side::Right, self.axis_colour(Side::Right))?;
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
                let lower: Vec<(f64, f64)> = series
                    .points
                    .iter()
                    .zip(lows)
                    .map(|((x, _), low)| place((*x, *low)))
                    .collect();
                let inside = |point: &(f64, f64)| {
                    (
                        point.0.clamp(plot.x, plot.right()),
                        point.1.clamp(plot.y, plot.bottom()),
                    )
                };
                let kept: Vec<usize> = (0..lower.len())
                    .filter(|&index| {
                        [placed[index], lower[index]]
                            .iter()
                            .all(|point| point.0.is_finite() && point.1.is_finite())
                    })
                    .collect();
                let mut outline: Vec<_> = kept.iter().map(|&index| inside(&placed[index])).collect();
                outline.extend(kept.iter().rev().map(|&index| inside(&lower[index])));
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

    /// The legend stands where it covers the fewest points, corners first.
    fn draw_legend(&self, sheet: &Sheet<'_>, plot: Rect) -> Result<(), FigureError> {
        let entries: Vec<(&Series, &str)> = self
            .series
            .iter()
            .filter_map(|series| series.label.as_deref().map(|label| (series, label)))
            .collect();
        if entries.is_empty() {
            return Ok(());
        }
        let longest = entries.iter().map(|(_, label)| text_width(label, TICK_TEXT));
        let width = (46.0 + longest.fold(0.0, f64::max)).min(plot.width - 8.0);
        let height = 8.0 + entries.len() as f64 * 18.0;
        let spot = self.emptiest_spot(plot, width, height);
        sheet.fill(spot, WHITE, 0.82)?;
        for (index, (series, label)) in entries.into_iter().enumerate() {
            let y = spot.y + 13.0 + index as f64 * 18.0;
            let (start, end) = ((spot.x + 6.0, y), (spot.x + 28.0, y));
            match &series.mark {
                Mark::Line(width) => sheet.line(&[start, end], series.colour, *width)?,
                Mark::Dashed => sheet.dashes(&[start, end], series.colour, 1.6)?,
                Mark::Band(_) => {
                    let sample = Rect { x: start.0, y: y - 5.0, width: 22.0, height: 10.0 };
                    sheet.fill(sample, series.colour, 0.3)?;
                }
                Mark::Dots(_, _) => sheet.dot((spot.x + 17.0, y), 3.5, series.colour, 1.0)?,
                Mark::Rings(_) => sheet.ring((spot.x + 17.0, y), 3.5, series.colour)?,
            }
            sheet.text(label, (spot.x + 34.0, y), Anchor::Left, Type::plain(TICK_TEXT))?;
        }
        Ok(())
    }

    fn emptiest_spot(&self, plot: Rect, width: f64, height: f64) -> Rect {
        let gap = 5.0;
        let (left, right) = (plot.x + gap, plot.right() - width - gap);
        let (top, bottom) = (plot.y + gap, plot.bottom() - height - gap);
        let spots = [right, left, (left + right) / 2.0]
            .into_iter()
            .flat_map(|x| [0.0, 1.0, 0.5, 0.25, 0.75].map(|share| (x, share)))
            .map(|(x, share)| Rect { x, y: top + share * (bottom - top), width, height });
        let covered = |spot: &Rect| {
            let hits = self.series.iter().map(|series| {
                let vertical = self.axis_of(series.side);
                let places = series.points.iter().map(|&(x, y)| {
                    let x = plot.x + self.x.share(x) * plot.width;
                    (x, plot.bottom() - vertical.share(y) * plot.height)
                });
                let places: Vec<(f64, f64)> = places.collect();
                let mut inside = places.iter().filter(|place| within(place, *spot)).count();
                if matches!(series.mark, Mark::Line(_) | Mark::Dashed) {
                    let crossing = |pair: &&[(f64, f64)]| {
                        clip_segment(pair[0], pair[1], *spot).is_some()
                    };
                    inside += places.windows(2).filter(crossing).count();
                }
                // A share of the series, so that dense curves do not outvote sparse ones.
                inside as f64 / series.points.len().max(1) as f64
            });
            hits.sum::<f64>()
        };
        let mut best = Rect { x: right, y: top, width, height };
        let mut least = f64::INFINITY;
        for spot in spots {
            let hits = covered(&spot);
            if hits < least {
                (best, least) = (spot, hits);
            }
        }
        best
    }
}

/// Title centred above a plot.
pub fn title(sheet: &Sheet<'_>, plot: Rect, text: &str) -> Result<(), FigureError> {
    let place = (plot.x + plot.width / 2.0, plot.y - 15.0);
    sheet.text(text, place, Anchor::Centre, Type::bold(TITLE_TEXT))
}

/// Ticks, numbers and label below a plot.
pub fn bottom_axis(sheet: &Sheet<'_>, plot: Rect, axis: &Axis) -> Result<(), FigureError> {
    let base = plot.bottom();
    let place = |value: f64| plot.x + axis.share(value) * plot.width;
    let visible = |x: f64| x >= plot.x - 0.5 && x <= plot.right() + 0.5;
    for value in axis.minor_ticks() {
        let x = place(value);
        if visible(x) {
            sheet.line(&[(x, base), (x, base + 3.0)], AXIS, 0.8)?;
        }
    }
    for tick in axis.ticks(axis.room(plot.width)) {
        let x = place(tick.value);
        if visible(x) {
            sheet.line(&[(x, base), (x, base + 5.0)], AXIS, 1.0)?;
            sheet.text(&tick.text, (x, base + 9.0), Anchor::Top, Type::plain(TICK_TEXT))?;
        }
    }
    let below = (plot.x + plot.width / 2.0, base + 28.0);
    sheet.text(&axis.label, below, Anchor::Top, Type::plain(LABEL_TEXT))
}

/// Ticks, numbers and label beside a plot, in `colour` where one is given.
pub fn vertical_axis(
    sheet: &Sheet<'_>,
    plot: Rect,
    axis: &Axis,
    side: Side,
    colour: Option<RGBColor>,
) -> Result<(), FigureError> {
    let (edge, outward, anchor) = match side {
        Side::Left => (plot.x, -1.0, Anchor::Right),
        Side::Right => (plot.right(), 1.0, Anchor::Left),
    };
    let mut numbers = Type::plain(TICK_TEXT);
    let mut label = Type::plain(LABEL_TEXT);
    if let Some(colour) = colour {
        numbers.colour = colour;
        label.colour = colour;
    }
    let place = |value: f64| plot.bottom() - axis.share(value) * plot.height;
    let visible = |y: f64| y >= plot.y - 0.5 && y <= plot.bottom() + 0.5;
    for value in axis.minor_ticks() {
        let y = place(value);
        if visible(y) {
            sheet.line(&[(edge, y), (edge + 3.0 * outward, y)], AXIS, 0.8)?;
        }
    }
    let mut widest = 0.0;
    for tick in axis.ticks((plot.height / 34.0) as usize) {
        let y = place(tick.value);
        if visible(y) {
            widest = text_width(&tick.text, TICK_TEXT).max(widest);
            sheet.line(&[(edge, y), (edge + 5.0 * outward, y)], AXIS, 1.0)?;
            sheet.text(&tick.text, (edge + 8.0 * outward, y), anchor, numbers)?;
        }
    }
    let distance = (24.0 + widest).max(40.0);
    let beside = (edge + distance * outward, plot.y + plot.height / 2.0);
    sheet.text(&axis.label, beside, Anchor::Upwards, label)
}

fn within(point: &(f64, f64), plot: Rect) -> bool {
    point.0 >= plot.x && point.0 <= plot.right() && point.1 >= plot.y && point.1 <= plot.bottom()
}

/// At most four points a pixel column, its extremes among them: what the eye can tell.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= 4000 || !points.windows(2).all(|pair| pair[1].0 >= pair[0].0) {
        return points.to_vec();
    }
    let mut kept = Vec::new();
    let mut start = 0;
    while start < points.len() {
        let column = points[start].0.round();
        let length = points[start..].iter().take_while(|point| point.0.round() == column).count();
        let end = start + length.max(1);
        let group = &points[start..end];
        let extreme = |sign: f64| {
            (0..group.len()).min_by(|&a, &b| (sign * group[a].1).total_cmp(&(sign * group[b].1)))
        };
        let mut indices: Vec<usize> =
            [Some(0), extreme(1.0), extreme(-1.0), Some(group.len() - 1)].into_iter().flatten().collect();
        indices.sort_unstable();
        indices.dedup();
        kept.extend(indices.into_iter().map(|index| group[index]));
        start = end;
    }
    kept
}

/// The pieces of a line that lie inside `plot`.
fn clipped(points: &[(f64, f64)], plot: Rect) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut current: Vec<(f64, f64)> = Vec::new();
    for pair in points.windows(2) {
        match clip_segment(pair[0], pair[1], plot) {
            Some((start, end)) => {
                if current.last() != Some(&start) {
                    pieces.push(std::mem::take(&mut current));
                    current.push(start);
                }
                current.push(end);
            }
            None => pieces.push(std::mem::take(&mut current)),
        }
    }
    pieces.push(current);
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

/// The part of a segment inside `plot` (Liang and Barsky's clipping).
fn clip_segment(
    start: (f64, f64),
    end: (f64, f64),
    plot: Rect,
) -> Option<((f64, f64), (f64, f64))> {
    let (dx, dy) = (end.0 - start.0, end.1 - start.1);
    if !(dx.is_finite() && dy.is_finite()) {
        return None;
    }
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for (step, room) in [
        (-dx, start.0 - plot.x),
        (dx, plot.right() - start.0),
        (-dy, start.1 - plot.y),
        (dy, plot.bottom() - start.1),
    ] {
        if step == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if step < 0.0 {
            enter = enter.max(room / step);
        } else {
            leave = leave.min(room / step);
        }
    }
    if enter > leave {
        return None;
    }
    let at = |share: f64| (start.0 + share * dx, start.1 + share * dy);
    let first = if enter > 0.0 { at(enter) } else { start };
    let last = if leave < 1.0 { at(leave) } else { end };
    Some((first, last))
}

#[cfg(test)]
mod tests {
    use super::super::sheet::draw;
    use super::super::style::{BLUE, VERMILLION};
    use super::*;
    use proptest::prelude::*;

    const PLOT: Rect = Rect { x: 0.0, y: 0.0, width: 100.0, height: 50.0 };

    #[test]
    fn a_line_that_leaves_and_returns_is_two_pieces() {
        let points = [(10.0, 10.0), (50.0, 90.0), (90.0, 10.0)];
        let pieces = clipped(&points, PLOT);
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[0], [(10.0, 10.0), (30.0, 50.0)]);
        assert_eq!(pieces[1], [(70.0, 50.0), (90.0, 10.0)]);
    }

    #[test]
    fn a_value_that_is_not_finite_breaks_a_line() {
        let points = [(0.0, 1.0), (1.0, 1.0), (2.0, f64::NAN), (3.0, 1.0), (4.0, 1.0)];
        assert_eq!(clipped(&points, PLOT).len(), 2);
    }

    proptest! {
        #[test]
        fn clipped_lines_stay_inside(
            points in proptest::collection::vec((-200.0..300.0, -200.0..300.0), 2..40)
        ) {
            for piece in clipped(&points, PLOT) {
                for (x, y) in piece {
                    prop_assert!((-1e-9..=100.0 + 1e-9).contains(&x));
                    prop_assert!((-1e-9..=50.0 + 1e-9).contains(&y));
                }
            }
        }

        #[test]
        fn thinning_keeps_the_extremes(values in proptest::collection::vec(-1.0..1.0, 4001..6000)) {
            let points: Vec<(f64, f64)> =
                values.iter().enumerate().map(|(i, v)| (i as f64 * 0.02, *v)).collect();
            let kept = thinned(&points);
            let top = |list: &[(f64, f64)]| list.iter().map(|p| p.1).fold(f64::MIN, f64::max);
            let low = |list: &[(f64, f64)]| list.iter().map(|p| p.1).fold(f64::MAX, f64::min);
            prop_assert_eq!(top(&kept), top(&points));
            prop_assert_eq!(low(&kept), low(&points));
            prop_assert!(kept.len() < 600);
        }
    }

    #[test]
    fn two_vertical_axes_are_told_apart_by_colour() {
        let mut panel = Panel::new("t", Axis::log("steps", 1.0, 1e3), Axis::linear("a", 0.0, 1.0))
            .with(Series::new("a", [(1.0, 0.5), (1e3, 0.7)], BLUE, Mark::Line(2.0)));
        panel.right = Some(Axis::linear("b (bits)", 0.0, 4.0));
        let right = Series::new("b", [(1.0, 2.0), (1e3, 3.0)], VERMILLION, Mark::Dashed);
        panel.series.push(right.on_the_right());
        let rect = Rect { x: 0.0, y: 0.0, width: 400.0, height: 300.0 };
        let svg = draw("two axes", 400.0, 300.0, |sheet| panel.draw(sheet, rect)).expect("drawn");
        assert!(svg.contains("b (bits)") && svg.contains("10³"));
        assert!(svg.contains("fill=\"#0072B2\"") && svg.contains("fill=\"#D55E00\""));
    }
}
