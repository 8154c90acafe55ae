//! A report: one self-contained HTML file, with its figures also as separate SVG files.

use std::fs;
use std::path::{Path, PathBuf};

use drift_sim::Scenario;
use drift_sim::engine::write_atomically;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;

use crate::error::CliError;
use crate::figures::{Figure, pixels};

/// A table with a caption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What the rows are.
    pub caption: String,
    /// Column headings, with units.
    pub columns: Vec<String>,
    /// Rows of as many cells as there are columns.
    pub rows: Vec<Vec<String>>,
}

/// One piece of a report.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// Running text.
    Text(String),
    /// Remarks on the data, as a list.
    Notes(Vec<String>),
    /// A table.
    Table(Table),
    /// A figure with its explanation.
    Figure(Figure),
    /// A file shown as it is, folded away.
    Source {
        /// Name of the file.
        name: String,
        /// Its text.
        text: String,
    },
}

/// A headed part of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Heading.
    pub heading: String,
    /// Content in order.
    pub blocks: Vec<Block>,
}

impl Section {
    /// A section with the given content.
    pub fn new(heading: impl Into<String>, blocks: Vec<Block>) -> Self {
        Self {
            heading: heading.into(),
            blocks,
        }
    }

    /// A run's scenario, with what it is good for.
    pub fn scenario(scenario: &Scenario) -> Self {
        let words = "The whole scenario, defaults written out; “drift run scenario.toml” with the \
                     same version of the program gives the same bits.";
        let source = Block::source("scenario.toml", scenario.to_toml());
        Self::new("Scenario", vec![Block::Text(words.into()), source])
    }
}

/// A report before it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Title of the page.
    pub title: String,
    /// One sentence below it.
    pub summary: String,
    /// Key numbers at the top: name and value.
    pub highlights: Vec<(String, String)>,
    /// Parts in order.
    pub sections: Vec<Section>,
}

const STYLE: &str = include_str!("style.css");
/// What makes the drawings answer, over uPlot 1.6.32.
const LIVE: &str = include_str!("live.js");
const PLOT: &str = include_str!("uplot.min.js");
const PLOT_STYLE: &str = include_str!("uplot.min.css");

/// Data inside a page: no text in them ends the element they stand in.
fn json(data: &impl Serialize) -> String {
    let text = serde_json::to_string(data).expect("plain data are JSON");
    text.replace('<', "\\u003c")
}

/// The colours of heat maps, lowest first, by which the script reads values off an image.
fn colours() -> String {
    json(&pixels::palette().map(<[u8; 3]>::from).collect::<Vec<_>>())
}

impl Table {
    /// A table of these columns.
    pub fn new(
        caption: impl Into<String>,
        columns: impl IntoIterator<Item = impl Into<String>>,
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Self {
        Self {
            caption: caption.into(),
            columns: columns.into_iter().map(Into::into).collect(),
            rows: rows.into_iter().collect(),
        }
    }
}

impl Report {
    /// The page as HTML text: no network, figures inline. Without a script a reader sees the
    /// drawings; with it they can be zoomed, read out and moved through time.
    pub fn to_html(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    // Without this a browser asks the server beside the file for an icon.
                    link rel="icon" href="data:,";
                    title { (self.title) }
                    style { (PreEscaped(PLOT_STYLE)) (PreEscaped(STYLE)) }
                }
                body {
                    main {
                        h1 { (self.title) }
                        p.summary { (self.summary) }
                        @if !self.highlights.is_empty() {
                            dl.highlights {
                                @for (name, value) in &self.highlights {
                                    div { dt { (name) } dd { (value) } }
                                }
                            }
                        }
                        nav {
                            @for (index, section) in self.sections.iter().enumerate() {
                                a href={ "#part-" (index) } { (section.heading) }
                            }
                        }
                        @for (index, section) in self.sections.iter().enumerate() {
                            section id={ "part-" (index) } {
                                h2 { (section.heading) }
                                @for block in &section.blocks { (block.to_markup()) }
                            }
                        }
                        footer {
                            "Made by drift " (env!("CARGO_PKG_VERSION")) ". The model is that of \
                             Ratzon, Derdikman and Barak, “Representational drift as a result of \
                             implicit regularization”, eLife 12:RP90069 (2023). Every figure also \
                             stands in " code { "figures/" } " as SVG. Curves are drawn by uPlot \
                             (MIT licence, © Leon Sorokin)."
                        }
                    }
                    script id="colours" type="application/json" { (PreEscaped(colours())) }
                    script { (PreEscaped(PLOT)) }
                    script { (PreEscaped(LIVE)) }
                }
            }
        };
        page.into_string()
    }

    fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.sections
            .iter()
            .flat_map(|section| &section.blocks)
            .filter_map(|block| match block {
                Block::Figure(figure) => Some(figure),
                _ => None,
            })
    }

    /// Writes `report.html` and `figures/*.svg` into `directory` and returns the page's path.
    pub fn write(&self, directory: &Path) -> Result<PathBuf, CliError> {
        let figures = directory.join("figures");
        fs::create_dir_all(&figures).map_err(|error| CliError::write(&figures, error))?;
        for figure in self.figures() {
            let path = figures.join(format!("{}.svg", figure.stem));
            write_atomically(&path, figure.svg.as_bytes())?;
        }
        let page = directory.join("report.html");
        write_atomically(&page, self.to_html().as_bytes())?;
        Ok(page)
    }
}

impl Block {
    /// The text of a file.
    pub fn source(name: &str, text: impl Into<String>) -> Self {
        Self::Source {
            name: name.into(),
            text: text.into(),
        }
    }

    fn to_markup(&self) -> Markup {
        match self {
            Self::Text(text) => html! { p { (text) } },
            Self::Notes(notes) => html! {
                details.notes open[notes.len() <= 8] {
                    summary { "Remarks on the data (" (notes.len()) ")" }
                    ul { @for note in notes { li { (note) } } }
                }
            },
            Self::Table(table) => html! {
                div.scroll {
                    table {
                        caption { (table.caption) }
                        thead { tr { @for name in &table.columns { th scope="col" { (name) } } } }
                        tbody {
                            @for row in &table.rows {
                                tr { @for cell in row { td { (cell) } } }
                            }
                        }
                    }
                }
            },
            Self::Figure(figure) => html! {
                figure id=(figure.stem) {
                    h3 { (figure.title) }
                    div.drawing { (PreEscaped(&figure.svg)) }
                    figcaption { (figure.explanation) }
                    script.shown type="application/json" { (PreEscaped(json(&figure.shown))) }
                }
            },
            Self::Source { name, text } => html! {
                details { summary { (name) } pre { code { (text) } } }
            },
        }
    }
}

/// Writes a CSV table with a heading line, all of it or nothing.
pub fn write_table<T: Serialize>(
    path: &Path,
    rows: impl IntoIterator<Item = T>,
) -> Result<(), CliError> {
    let failed = |error: csv::Error| CliError::write(path, error.into());
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| CliError::write(path, error.into_error()))?;
    Ok(write_atomically(path, &bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let figure = Figure {
            stem: "one".into(),
            title: "One".into(),
            explanation: "a < b".into(),
            svg: "<svg></svg>".into(),
            shown: Vec::new(),
        };
        let row = vec!["<x>".into(), "1".into()];
        let table = Table::new("c", ["name", "value (bits)"], [row]);
        Report {
            title: "run & report".into(),
            summary: "s".into(),
            highlights: vec![("steps".into(), "10".into())],
            sections: vec![Section::new(
                "Part",
                vec![Block::Table(table), Block::Figure(figure)],
            )],
        }
    }

    #[test]
    fn text_is_escaped_and_drawings_are_not() {
        let page = report().to_html();
        assert!(page.contains("run &amp; report") && page.contains("&lt;x&gt;"));
        assert!(page.contains("<svg></svg>"));
        assert!(page.contains("href=\"#part-0\"") && page.contains("id=\"part-0\""));
    }

    #[test]
    fn a_page_asks_the_network_for_nothing() {
        let page = report().to_html();
        let asks = [
            "src=\"",
            "<link rel=\"style",
            "@import",
            "url(",
            "fetch(",
            "XMLHttp",
            "import(",
        ];
        for outside in asks {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
