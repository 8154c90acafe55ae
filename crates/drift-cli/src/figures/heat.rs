//! Heat maps with axes, and their colour bars.

use nalgebra::DMatrix;

use super::axis::Axis;
use super::frame::{Side, bottom_axis, title, vertical_axis};
use super::live::{HeatData, Shown};
use super::sheet::{Anchor, FigureError, Rect, Sheet, Type};
use super::style::{AXIS, ColourScale, LABEL_TEXT, TICK_TEXT, text_width};

/// A matrix shown as colours, row 0 at the top.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    /// Title above the map.
    pub title: String,
    /// (rows × columns); NaN is drawn grey.
    pub values: DMatrix<f64>,
    /// Range of the colours.
    pub scale: ColourScale,
    /// Horizontal axis over the columns; none leaves it unlabelled.
    pub x: Option<Axis>,
    /// Vertical axis over the rows, from the bottom row to the top row.
    pub y: Option<Axis>,
}

impl HeatMap {
    /// Draws the map so that it fills `plot`; axes stand outside it.
    pub fn draw(&self, sheet: &Sheet<'_>, plot: Rect) -> Result<(), FigureError> {
        sheet.show(Shown::Heat(HeatData::of(self, plot, sheet.images())));
        sheet.image(&self.values, self.scale, plot)?;
        sheet.frame(plot, AXIS, 1.0)?;
        if let Some(axis) = &self.x {
            bottom_axis(sheet, plot, axis)?;
        }
        if let Some(axis) = &self.y {
            vertical_axis(sheet, plot, axis, Side::Left, None)?;
        }
        if self.title.is_empty() {
            Ok(())
        } else {
            title(sheet, plot, &self.title)
        }
    }
}

/// The vertical colour bar of `scale` in `plot`, its numbers and label to the right.
pub fn colour_bar(
    sheet: &Sheet<'_>,
    plot: Rect,
    scale: ColourScale,
    label: &str,
) -> Result<(), FigureError> {
    let steps = 128;
    let values = DMatrix::from_fn(steps, 1, |row, _| {
        scale.high - (scale.high - scale.low) * (row as f64 + 0.5) / steps as f64
    });
    sheet.image(&values, scale, plot)?;
    sheet.frame(plot, AXIS, 1.0)?;
    let axis = Axis::linear("", scale.low, scale.high);
    let mut widest = 0.0;
    for tick in axis.ticks(((plot.height / 40.0) as usize).max(2)) {
        let y = plot.bottom() - axis.share(tick.value) * plot.height;
        let edge = plot.right();
        widest = text_width(&tick.text, TICK_TEXT).max(widest);
        sheet.line(&[(edge, y), (edge + 4.0, y)], AXIS, 1.0)?;
        sheet.text(
            &tick.text,
            (edge + 7.0, y),
            Anchor::Left,
            Type::plain(TICK_TEXT),
        )?;
    }
    let beside = plot.right() + 22.0 + widest;
    let middle = (beside, plot.y + plot.height / 2.0);
    sheet.text(label, middle, Anchor::Upwards, Type::plain(LABEL_TEXT))
}
