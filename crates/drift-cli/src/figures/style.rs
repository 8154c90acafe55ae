//! Colours and sizes shared by all figures.
//!
//! Categories use the palette of Okabe and Ito (2008), magnitudes use viridis: both stay
//! distinguishable with the common forms of colour blindness and in grey print.

use plotters::prelude::{RGBColor, ViridisRGB};
use plotters::style::colors::colormaps::ColorMap as _;

/// Text sizes in CSS pixels. Nothing in a figure is smaller than [`TICK_TEXT`].
pub const TICK_TEXT: f64 = 12.5;
/// Axis labels and legends.
pub const LABEL_TEXT: f64 = 13.5;
/// Panel titles.
pub const TITLE_TEXT: f64 = 14.5;

/// Ink of text.
pub const INK: RGBColor = RGBColor(34, 34, 34);
/// Axis lines and ticks.
pub const AXIS: RGBColor = RGBColor(90, 90, 90);
/// Grid lines behind the data.
pub const GRID: RGBColor = RGBColor(229, 229, 229);
/// A value that is missing in a heat map.
pub const MISSING: RGBColor = RGBColor(205, 205, 205);

/// Okabe–Ito blue.
pub const BLUE: RGBColor = RGBColor(0, 114, 178);
/// Okabe–Ito vermillion.
pub const VERMILLION: RGBColor = RGBColor(213, 94, 0);
/// Okabe–Ito bluish green.
pub const GREEN: RGBColor = RGBColor(0, 158, 115);
/// Okabe–Ito reddish purple.
pub const PURPLE: RGBColor = RGBColor(204, 121, 167);
/// Okabe–Ito orange.
pub const ORANGE: RGBColor = RGBColor(230, 159, 0);
/// Okabe–Ito sky blue.
pub const SKY: RGBColor = RGBColor(86, 180, 233);
/// Grey, for what others published and for references.
pub const GREY: RGBColor = RGBColor(120, 120, 120);

/// Colour of category `index`; the palette repeats after seven.
pub fn category(index: usize) -> RGBColor {
    [BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, GREY][index % 7]
}

/// The range of values a heat map's colours stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColourScale {
    /// Value of the darkest colour.
    pub low: f64,
    /// Value of the brightest colour.
    pub high: f64,
}

impl ColourScale {
    /// From 0 to 1.
    pub const UNIT: Self = Self {
        low: 0.0,
        high: 1.0,
    };

    /// Colour of `value`, clamped to the range; grey for NaN.
    pub fn colour(&self, value: f64) -> RGBColor {
        self.share(value)
            .map_or(MISSING, |share| ViridisRGB.get_color(share))
    }

    /// Where `value` stands between the ends, 0 to 1; none for NaN.
    pub fn share(&self, value: f64) -> Option<f64> {
        let span = self.high - self.low;
        let share = if span > 0.0 {
            (value - self.low) / span
        } else {
            0.0
        };
        (!value.is_nan()).then_some(share.clamp(0.0, 1.0))
    }
}

/// About how wide `text` is at `size`; SVG leaves the fonts to the reader, so nobody knows.
pub fn text_width(text: &str, size: f64) -> f64 {
    let widths = text.chars().map(|letter| match letter {
        '⁰'..='⁹' | '¹' | '²' | '³' | '⁻' => 0.35,
        'i' | 'j' | 'l' | 'r' | 't' | 'f' | '.' | ',' | ' ' | '·' | '(' | ')' => 0.33,
        'm' | 'w' | 'M' | 'W' => 0.85,
        _ => 0.57,
    });
    widths.sum::<f64>() * size
}

/// Smallest and largest finite value; `None` where there is none.
pub fn finite_range(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .into_iter()
        .filter(|value| value.is_finite())
        .fold(None, |range, value| {
            Some(range.map_or((value, value), |(low, high): (f64, f64)| {
                (low.min(value), high.max(value))
            }))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_clamped_and_missing_values_are_grey() {
        let scale = ColourScale {
            low: 1.0,
            high: 3.0,
        };
        assert_eq!(scale.colour(-5.0), scale.colour(1.0));
        assert_eq!(scale.colour(9.0), scale.colour(3.0));
        assert_ne!(scale.colour(1.0), scale.colour(3.0));
        assert_eq!(scale.colour(f64::NAN), MISSING);
    }

    #[test]
    fn a_range_ignores_what_is_not_finite() {
        let values = [f64::NAN, 2.0, f64::INFINITY, -1.0];
        assert_eq!(finite_range(values), Some((-1.0, 2.0)));
        assert_eq!(finite_range([f64::NAN]), None);
    }
}
