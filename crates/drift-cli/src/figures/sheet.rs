//! The drawing surface: strokes, text and pixel images in CSS pixels, written as one SVG.
//!
//! Everything is drawn through plotters' SVG backend, whose coordinates are whole numbers.
//! The sheet therefore works at [`FINENESS`] units a pixel and shows them through the
//! viewBox, which keeps curves smooth. Heat maps are embedded as PNG at the resolution of
//! their data rather than as one rectangle a value: a rate map of 500 units would be 50 000.

use base64::Engine as _;
use nalgebra::DMatrix;
use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::prelude::{
    Circle, IntoDrawingArea as _, PathElement, Polygon, RGBColor, Rectangle, SVGBackend,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color as _, FontDesc, FontFamily, FontStyle, FontTransform, ShapeStyle, TextStyle, WHITE,
};
use std::cell::RefCell;
use std::fmt::Write as _;

use super::live::Shown;
use super::pixels::png_of;
use super::style::{ColourScale, INK};

/// Drawing units a CSS pixel.
const FINENESS: f64 = 8.0;
/// plotters divides a font's size by this before it writes it.
const FONT_DIVISOR: f64 = 1.24;
const FONT: &str = "Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif";

/// Why a figure could not be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FigureError {
    /// The SVG backend refused.
    #[error("cannot draw the figure: {0}")]
    Draw(String),
    /// A heat map could not be encoded.
    #[error("cannot encode a heat map as PNG: {0}")]
    Png(#[from] png::EncodingError),
}

/// A rectangle in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Rect {
    /// A rectangle from its upper left corner.
    pub const fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self {
            x,
            y,
            width,
            height,
        }
    }

    /// Right edge.
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Lower edge.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// The rectangle without the given margins.
    #[must_use]
    pub fn inset(&self, left: f64, top: f64, right: f64, bottom: f64) -> Self {
        let width = (self.width - left - right).max(1.0);
        let height = (self.height - top - bottom).max(1.0);
        Self::new(self.x + left, self.y + top, width, height)
    }

    /// Cell (`row`, `column`) of a grid of `rows` × `columns` without gaps.
    #[must_use]
    pub fn cell(&self, (rows, columns): (usize, usize), (row, column): (usize, usize)) -> Self {
        let (width, height) = (self.width / columns as f64, self.height / rows as f64);
        let (x, y) = (self.x + column as f64 * width, self.y + row as f64 * height);
        Self::new(x, y, width, height)
    }
}

/// Where text stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// To the right of the point, vertically centred.
    Left,
    /// Centred on the point.
    Centre,
    /// To the left of the point, vertically centred.
    Right,
    /// Below the point, horizontally centred.
    Top,
    /// Centred on the point, reading upwards.
    Upwards,
}

/// Size and weight of text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Type {
    /// Height in CSS pixels.
    pub size: f64,
    /// Bold.
    pub bold: bool,
    /// Colour.
    pub colour: RGBColor,
}

impl Type {
    /// Plain text in the ink of text.
    pub fn plain(size: f64) -> Self {
        Self {
            size,
            bold: false,
            colour: INK,
        }
    }

    /// Bold text in the ink of text.
    pub fn bold(size: f64) -> Self {
        Self {
            size,
            bold: true,
            colour: INK,
        }
    }
}

/// A surface on which one figure is drawn.
pub struct Sheet<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    images: RefCell<String>,
    shown: RefCell<Vec<Shown>>,
}

impl std::fmt::Debug for Sheet<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sheet").finish_non_exhaustive()
    }
}

/// Draws a figure of `width` × `height` CSS pixels and returns it as SVG text that reads
/// `title` to those who do not see it, with the data that are shown.
pub fn draw(
    title: &str,
    width: f64,
    height: f64,
    paint: impl FnOnce(&Sheet<'_>) -> Result<(), FigureError>,
) -> Result<(String, Vec<Shown>), FigureError> {
    let size = ((width * FINENESS) as u32, (height * FINENESS) as u32);
    let mut svg = String::new();
    let (images, shown) = {
        let sheet = Sheet {
            area: SVGBackend::with_string(&mut svg, size).into_drawing_area(),
            images: RefCell::default(),
            shown: RefCell::default(),
        };
        sheet.area.fill(&WHITE).map_err(drawing)?;
        paint(&sheet)?;
        sheet.area.present().map_err(drawing)?;
        (sheet.images.into_inner(), sheet.shown.into_inner())
    };
    let old_size = format!("width=\"{}\" height=\"{}\"", size.0, size.1);
    let new_size = format!(
        "width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{}\"",
        escape(title)
    );
    svg = svg.replacen(&old_size, &new_size, 1);
    // Images go behind all that is drawn, right after the white ground.
    if let Some(ground) = svg.find("/>\n") {
        svg.insert_str(ground + 3, &images);
    }
    Ok((svg, shown))
}

fn drawing<E: std::fmt::Display>(error: E) -> FigureError {
    FigureError::Draw(error.to_string())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

fn fine((x, y): (f64, f64)) -> (i32, i32) {
    ((x * FINENESS).round() as i32, (y * FINENESS).round() as i32)
}

fn stroke(colour: RGBColor, width: f64) -> ShapeStyle {
    colour.stroke_width((width * FINENESS).round().max(1.0) as u32)
}

impl Sheet<'_> {
    /// Notes what is shown, for the page's script.
    pub fn show(&self, shown: Shown) {
        self.shown.borrow_mut().push(shown);
    }

    /// Images drawn so far.
    pub fn images(&self) -> usize {
        self.images.borrow().matches("<image").count()
    }

    /// A line through `points`.
    pub fn line(
        &self,
        points: &[(f64, f64)],
        colour: RGBColor,
        width: f64,
    ) -> Result<(), FigureError> {
        if points.len() < 2 {
            return Ok(());
        }
        let path: Vec<_> = points.iter().copied().map(fine).collect();
        self.area
            .draw(&PathElement::new(path, stroke(colour, width)))
            .map_err(drawing)
    }

    /// A dashed line through `points`.
    pub fn dashes(
        &self,
        points: &[(f64, f64)],
        colour: RGBColor,
        width: f64,
    ) -> Result<(), FigureError> {
        let (on, off) = (6.0, 4.0);
        let mut walked = 0.0;
        let mut dash: Vec<(f64, f64)> = Vec::new();
        for pair in points.windows(2) {
            let (dx, dy) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
            let length = dx.hypot(dy);
            let mut done = 0.0;
            while done < length {
                let phase: f64 = walked % (on + off);
                let drawing = phase < on;
                let rest = if drawing {
                    on - phase
                } else {
                    on + off - phase
                };
                // A remainder below the drawing's resolution would never advance.
                let step = rest.max(1e-3).min(length - done);
                let at = |share: f64| (pair[0].0 + share * dx, pair[0].1 + share * dy);
                if drawing {
                    if dash.is_empty() {
                        dash.push(at(done / length));
                    }
                    dash.push(at((done + step) / length));
                }
                if !drawing || step >= rest {
                    self.line(&dash, colour, width)?;
                    dash.clear();
                }
                done += step;
                walked += step;
            }
        }
        self.line(&dash, colour, width)
    }

    /// A filled polygon; `alpha` 0 is invisible, 1 opaque.
    pub fn polygon(
        &self,
        points: &[(f64, f64)],
        colour: RGBColor,
        alpha: f64,
    ) -> Result<(), FigureError> {
        if points.len() < 3 {
            return Ok(());
        }
        let corners: Vec<_> = points.iter().copied().map(fine).collect();
        self.area
            .draw(&Polygon::new(corners, colour.mix(alpha)))
            .map_err(drawing)
    }

    /// A filled rectangle.
    pub fn fill(&self, rect: Rect, colour: RGBColor, alpha: f64) -> Result<(), FigureError> {
        let corners = [fine((rect.x, rect.y)), fine((rect.right(), rect.bottom()))];
        let style = colour.mix(alpha).filled();
        self.area
            .draw(&Rectangle::new(corners, style))
            .map_err(drawing)
    }

    /// The outline of a rectangle.
    pub fn frame(&self, rect: Rect, colour: RGBColor, width: f64) -> Result<(), FigureError> {
        let (left, top, right, bottom) = (rect.x, rect.y, rect.right(), rect.bottom());
        let corners = [
            (left, top),
            (right, top),
            (right, bottom),
            (left, bottom),
            (left, top),
        ];
        self.line(&corners, colour, width)
    }

    /// A dot of `radius`, `alpha` opaque.
    pub fn dot(
        &self,
        point: (f64, f64),
        radius: f64,
        colour: RGBColor,
        alpha: f64,
    ) -> Result<(), FigureError> {
        let size = (radius * FINENESS).round() as i32;
        let style = colour.mix(alpha).filled();
        self.area
            .draw(&Circle::new(fine(point), size, style))
            .map_err(drawing)
    }

    /// An open circle of `radius`.
    pub fn ring(
        &self,
        point: (f64, f64),
        radius: f64,
        colour: RGBColor,
    ) -> Result<(), FigureError> {
        let size = (radius * FINENESS).round() as i32;
        self.area
            .draw(&Circle::new(fine(point), size, stroke(colour, 1.3)))
            .map_err(drawing)
    }

    /// Text at `point`.
    pub fn text(
        &self,
        text: &str,
        point: (f64, f64),
        anchor: Anchor,
        face: Type,
    ) -> Result<(), FigureError> {
        let weight = if face.bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        let size = face.size * FINENESS * FONT_DIVISOR;
        let mut font = FontDesc::new(FontFamily::Name(FONT), size, weight);
        if anchor == Anchor::Upwards {
            font = font.transform(FontTransform::Rotate270);
        }
        let position = match anchor {
            Anchor::Left => Pos::new(HPos::Left, VPos::Center),
            Anchor::Centre | Anchor::Upwards => Pos::new(HPos::Center, VPos::Center),
            Anchor::Right => Pos::new(HPos::Right, VPos::Center),
            Anchor::Top => Pos::new(HPos::Center, VPos::Top),
        };
        let style = TextStyle::from(font).color(&face.colour).pos(position);
        self.area
            .draw_text(text, &style, fine(point))
            .map_err(drawing)
    }

    /// `values` as an image that fills `rect`, one pixel a value, row 0 at the top.
    pub fn image(
        &self,
        values: &DMatrix<f64>,
        scale: ColourScale,
        rect: Rect,
    ) -> Result<(), FigureError> {
        if values.is_empty() {
            return Ok(());
        }
        let file = png_of(values, scale)?;
        let (x, y) = fine((rect.x, rect.y));
        let (right, bottom) = fine((rect.right(), rect.bottom()));
        let data = base64::engine::general_purpose::STANDARD.encode(&file);
        let written = writeln!(
            self.images.borrow_mut(),
            "<image x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{data}\"/>",
            right - x,
            bottom - y
        );
        written.map_err(drawing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_written_at_the_size_asked_for() {
        let svg = draw("a < b", 100.0, 50.0, |sheet| {
            sheet.text("x & y", (50.0, 25.0), Anchor::Centre, Type::plain(12.5))
        });
        let (svg, _) = svg.expect("drawn");
        assert!(svg.contains("font-size=\"100\""), "{svg}");
        assert!(svg.contains("x &amp; y"));
        assert!(svg.contains("aria-label=\"a &lt; b\""));
        assert!(svg.contains("width=\"100\" height=\"50\""));
        assert!(svg.trim_end().ends_with("</svg>"));
    }

    #[test]
    fn dashes_cover_three_fifths_of_a_line() {
        let svg = draw("dashes", 220.0, 20.0, |sheet| {
            sheet.dashes(&[(10.0, 10.0), (210.0, 10.0)], INK, 1.0)
        });
        assert_eq!(svg.expect("drawn").0.matches("<polyline").count(), 20);
    }
}
