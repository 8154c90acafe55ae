//! Legends: inside a panel, where it is emptiest, or in a strip of their own.

use plotters::style::WHITE;

use super::clip::{clip_segment, within};
use super::panel::{Mark, Panel, Series};
use super::sheet::{Anchor, FigureError, Rect, Sheet, Type};
use super::style::{TICK_TEXT, text_width};

impl Panel {
    /// The legend stands where it covers the fewest points, corners first.
    pub(super) fn draw_legend(&self, sheet: &Sheet<'_>, plot: Rect) -> Result<(), FigureError> {
        let entries: Vec<(&Series, &str)> = self
            .series
            .iter()
            .filter_map(|series| series.label.as_deref().map(|label| (series, label)))
            .collect();
        if entries.is_empty() {
            return Ok(());
        }
        let longest = entries
            .iter()
            .map(|(_, label)| text_width(label, TICK_TEXT));
        let width = (46.0 + longest.fold(0.0, f64::max)).min(plot.width - 8.0);
        let height = 8.0 + entries.len() as f64 * 18.0;
        let spot = self.emptiest_spot(plot, width, height);
        sheet.fill(spot, WHITE, 0.82)?;
        for (index, (series, label)) in entries.into_iter().enumerate() {
            let y = spot.y + 13.0 + index as f64 * 18.0;
            legend_entry(sheet, series, label, (spot.x + 6.0, y))?;
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
            .map(|(x, share)| Rect {
                x,
                y: top + share * (bottom - top),
                width,
                height,
            });
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
                    let crossing =
                        |pair: &&[(f64, f64)]| clip_segment(pair[0], pair[1], *spot).is_some();
                    inside += places.windows(2).filter(crossing).count();
                }
                // A share of the series, so that dense curves do not outvote sparse ones.
                inside as f64 / series.points.len().max(1) as f64
            });
            hits.sum::<f64>()
        };
        let mut best = Rect {
            x: right,
            y: top,
            width,
            height,
        };
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

/// A sample of the series' mark with its label to the right of `at`.
fn legend_entry(
    sheet: &Sheet<'_>,
    series: &Series,
    label: &str,
    at: (f64, f64),
) -> Result<(), FigureError> {
    let (start, end) = (at, (at.0 + 22.0, at.1));
    let middle = (at.0 + 11.0, at.1);
    match &series.mark {
        Mark::Line(width) => sheet.line(&[start, end], series.colour, *width)?,
        Mark::Dashed => sheet.dashes(&[start, end], series.colour, 1.6)?,
        Mark::Band(_) => {
            let sample = Rect::new(start.0, at.1 - 5.0, 22.0, 10.0);
            sheet.fill(sample, series.colour, 0.3)?;
        }
        Mark::Dots(_, _) => sheet.dot(middle, 3.5, series.colour, 1.0)?,
        Mark::Rings(_) => sheet.ring(middle, 3.5, series.colour)?,
    }
    sheet.text(
        label,
        (at.0 + 28.0, at.1),
        Anchor::Left,
        Type::plain(TICK_TEXT),
    )
}

/// Entries in a row of a legend strip, and the width of each.
fn strip_columns(entries: &[Series], width: f64) -> (usize, f64) {
    let labels = entries.iter().filter_map(|entry| entry.label.as_deref());
    let widest = labels
        .map(|label| text_width(label, TICK_TEXT))
        .fold(0.0, f64::max)
        + 56.0;
    (
        ((width / widest) as usize).clamp(1, entries.len().max(1)),
        widest,
    )
}

/// Height of a legend strip.
pub fn legend_height(entries: &[Series], width: f64) -> f64 {
    let (columns, _) = strip_columns(entries, width);
    entries.len().div_ceil(columns) as f64 * 20.0
}

/// All entries of a legend side by side, in as many rows as they need.
pub fn legend_strip(sheet: &Sheet<'_>, strip: Rect, entries: &[Series]) -> Result<(), FigureError> {
    let (columns, width) = strip_columns(entries, strip.width);
    for (index, series) in entries.iter().enumerate() {
        let (row, column) = (index / columns, index % columns);
        let at = (
            strip.x + column as f64 * width,
            strip.y + 10.0 + row as f64 * 20.0,
        );
        legend_entry(
            sheet,
            series,
            series.label.as_deref().unwrap_or_default(),
            at,
        )?;
    }
    Ok(())
}
