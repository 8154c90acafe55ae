//! What stands around a plot: its title and its axes.

use plotters::prelude::RGBColor;

use super::axis::Axis;
use super::sheet::{Anchor, FigureError, Rect, Sheet, Type};
use super::style::{AXIS, LABEL_TEXT, TICK_TEXT, TITLE_TEXT, text_width};

/// The vertical axis a series belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The axis on the left.
    Left,
    /// The axis on the right.
    Right,
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
            sheet.text(
                &tick.text,
                (x, base + 9.0),
                Anchor::Top,
                Type::plain(TICK_TEXT),
            )?;
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
