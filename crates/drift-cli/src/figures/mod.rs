//! The figures of a report, drawn from plain slices and matrices.
//!
//! `sheet` is the drawing surface; `axis`, `frame`, `panel`, `legend`, `clip`, `heat` and `contour`
//! are what panels are made of; `live` is what they show, as data; `pixels` makes images of heat maps and
//! `style` holds the colours. The other modules hold the figures themselves, named for what they show.

pub mod arena;
pub mod axis;
pub mod clip;
pub mod contour;
pub mod correlation;
pub mod courses;
pub mod days;
pub mod edge;
pub mod frame;
pub mod heat;
pub mod legend;
pub mod live;
pub mod maps;
pub mod matching;
pub mod panel;
pub mod pixels;
pub mod remapping;
pub mod sheet;
pub mod spectra;
pub mod style;
pub mod sweeps;
pub mod training;
pub mod valley;

use panel::{Panel, Series};
pub use sheet::FigureError;
use sheet::Rect;

/// A finished figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// File name without its ending.
    pub stem: String,
    /// Heading in the report.
    pub title: String,
    /// What is shown and how to read it, in plain text.
    pub explanation: String,
    /// The drawing.
    pub svg: String,
    /// The data of the drawing.
    pub shown: Vec<live::Shown>,
}

impl Figure {
    /// Draws a figure of `size` CSS pixels (width, height).
    pub fn draw(
        stem: impl Into<String>,
        title: impl Into<String>,
        explanation: impl Into<String>,
        size: (f64, f64),
        paint: impl FnOnce(&sheet::Sheet<'_>) -> Result<(), FigureError>,
    ) -> Result<Self, FigureError> {
        let title = title.into();
        let (svg, shown) = sheet::draw(&title, size.0, size.1, paint)?;
        Ok(Self {
            stem: stem.into(),
            title,
            explanation: explanation.into(),
            svg,
            shown,
        })
    }
}

/// Draws panels side by side, `columns` in a row, in a figure of the given panel size.
pub fn panels(
    stem: &str,
    title: &str,
    explanation: &str,
    drawn: &[Panel],
    columns: usize,
    panel_size: (f64, f64),
) -> Result<Figure, FigureError> {
    grid([stem, title, explanation], drawn, &[], columns, panel_size)
}

/// As [`panels`], with one legend for all of them in a strip below; their own are taken away.
pub fn panels_with_legend(
    stem: &str,
    title: &str,
    explanation: &str,
    drawn: &[Panel],
    columns: usize,
    panel_size: (f64, f64),
) -> Result<Figure, FigureError> {
    let mut entries: Vec<Series> = Vec::new();
    let mut bare = drawn.to_vec();
    for panel in &mut bare {
        panel.has_legend = false;
        for series in &panel.series {
            let known = entries.iter().any(|entry| entry.label == series.label);
            if series.label.is_some() && !known {
                entries.push(series.clone());
            }
        }
    }
    grid(
        [stem, title, explanation],
        &bare,
        &entries,
        columns,
        panel_size,
    )
}

/// Panels in rows of `columns`, with a strip of legend `entries` below them where there are any.
fn grid(
    [stem, title, explanation]: [&str; 3],
    drawn: &[Panel],
    entries: &[Series],
    columns: usize,
    panel_size: (f64, f64),
) -> Result<Figure, FigureError> {
    let columns = columns.clamp(1, drawn.len().max(1));
    let rows = drawn.len().div_ceil(columns).max(1);
    let (width, height) = (panel_size.0 * columns as f64, panel_size.1 * rows as f64);
    let plots = Rect::new(0.0, 0.0, width, height);
    let strip = Rect::new(72.0, height + 4.0, width - 90.0, 0.0);
    let whole = if entries.is_empty() {
        height
    } else {
        strip.y + legend::legend_height(entries, strip.width) + 6.0
    };
    Figure::draw(stem, title, explanation, (width, whole), |sheet| {
        for (index, panel) in drawn.iter().enumerate() {
            let place = (index / columns, index % columns);
            panel.draw(sheet, plots.cell((rows, columns), place))?;
        }
        legend::legend_strip(sheet, strip, entries)
    })
}
