//! A report: one self-contained HTML file, with its figures also as separate SVG files.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::error::CliError;
use crate::figures::Figure;

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
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// A report before it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
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

const STYLE: &str = "
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 16px/1.55 system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; color: #222;
  background: #f4f5f6; margin: 0; }
main { max-width: 1140px; margin: 0 auto; padding: 28px 32px 64px; background: #fff;
  min-height: 100vh; box-shadow: 0 0 6px rgba(0,0,0,.12); }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; }
h2 { font-size: 22px; margin: 44px 0 12px; padding-bottom: 6px; border-bottom: 2px solid #0072b2; }
h3 { font-size: 17px; margin: 28px 0 6px; }
p { max-width: 76ch; margin: 8px 0; }
.summary { font-size: 18px; color: #444; }
.notes { border-left: 4px solid #d55e00; background: #fdf2ea; padding: 8px 14px; font-size: 15px; }
.notes ul { margin: 6px 0; padding-left: 22px; }
dl.highlights { display: flex; flex-wrap: wrap; gap: 12px; margin: 22px 0 0; padding: 0; }
dl.highlights div { flex: 1 1 150px; background: #eef5fa; border-radius: 6px; padding: 10px 14px; }
dl.highlights dt { font-size: 13px; color: #555; }
dl.highlights dd { margin: 2px 0 0; font-size: 20px; font-weight: 600;
  font-variant-numeric: tabular-nums; }
nav { margin: 22px 0 0; font-size: 15px; }
nav a { margin-right: 16px; color: #005a8f; }
figure { margin: 20px 0 8px; }
figure .drawing { overflow-x: auto; }
figure svg { display: block; }
figcaption { max-width: 82ch; font-size: 15px; color: #444; margin-top: 4px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; margin: 10px 0 4px;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; color: #444; font-size: 15px; padding: 6px 0; }
th, td { text-align: right; padding: 4px 9px; border-bottom: 1px solid #e2e4e6;
  white-space: nowrap; }
th { background: #f2f4f6; font-weight: 600; }
th:first-child, td:first-child { text-align: left; }
details { margin: 10px 0; }
summary { cursor: pointer; color: #005a8f; }
pre { font-size: 13.5px; line-height: 1.45; background: #f6f7f8; padding: 12px 16px;
  overflow-x: auto; border-radius: 6px; }
footer { margin-top: 48px; font-size: 14px; color: #555; border-top: 1px solid #ddd;
  padding-top: 10px; }
@media print { body { background: #fff; } main { box-shadow: none; max-width: none; } }
";

impl Report {
    /// The page as HTML text: no script, no network, figures inline.
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
                    style { (PreEscaped(STYLE)) }
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
                             stands in " code { "figures/" } " as SVG."
                        }
                    }
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
            replace(
                &figures.join(format!("{}.svg", figure.stem)),
                figure.svg.as_bytes(),
            )?;
        }
        let page = directory.join("report.html");
        replace(&page, self.to_html().as_bytes())?;
        Ok(page)
    }
}

impl Block {
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
                }
            },
            Self::Source { name, text } => html! {
                details { summary { (name) } pre { code { (text) } } }
            },
        }
    }
}

/// Puts `content` at `path` in one step: a reader sees the old file or the new one, and a full
/// disk leaves the old one.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), CliError> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = fs::File::create(&part).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    written
        .and_then(|()| fs::rename(&part, path))
        .map_err(|error| {
            // The half-written part is of no use to anyone; the error that matters is the first.
            drop(fs::remove_file(&part));
            CliError::write(path, error)
        })
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
        };
        let table = Table {
            caption: "c".into(),
            columns: vec!["name".into(), "value (bits)".into()],
            rows: vec![vec!["<x>".into(), "1".into()]],
        };
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
        for outside in ["http://", "https://", "<script", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
