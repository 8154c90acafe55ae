//! Heat maps as PNG files: one pixel a value, an indexed palette of viridis.

use nalgebra::DMatrix;
use plotters::style::Color as _;

use super::style::{ColourScale, MISSING};

/// Colours of the palette that stand for values; the last one stands for missing values.
const LEVELS: usize = 255;

/// The colours of values, lowest first.
pub fn palette() -> impl Iterator<Item = (u8, u8, u8)> {
    (0..LEVELS).map(|level| {
        let share = level as f64 / (LEVELS - 1) as f64;
        ColourScale::UNIT.colour(share).rgb()
    })
}

/// `values` as a PNG file of as many pixels, row 0 at the top.
pub fn png_of(values: &DMatrix<f64>, scale: ColourScale) -> Result<Vec<u8>, png::EncodingError> {
    let mut colours = Vec::with_capacity(3 * (LEVELS + 1));
    for (red, green, blue) in palette().chain([MISSING.rgb()]) {
        colours.extend([red, green, blue]);
    }
    let level = |&value: &f64| {
        let share = scale.share(value);
        share.map_or(LEVELS, |x| (x * (LEVELS - 1) as f64).round() as usize) as u8
    };
    // The columns of the transpose are the rows of the picture.
    let pixels: Vec<u8> = values.transpose().iter().map(level).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, values.ncols() as u32, values.nrows() as u32);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(colours);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_keeps_the_resolution_of_its_data() {
        let values = DMatrix::from_row_slice(2, 3, &[0.0, 0.5, 1.0, 1.0, 0.5, f64::NAN]);
        let scale = ColourScale::UNIT;
        let file = png_of(&values, scale).expect("encoded");
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a PNG");
        assert_eq!((reader.info().width, reader.info().height), (3, 2));
        let mut pixels = vec![0; 18];
        reader.next_frame(&mut pixels).expect("pixels");
        let (red, green, blue) = scale.colour(1.0).rgb();
        assert_eq!(&pixels[6..9], &[red, green, blue]);
        assert_eq!(&pixels[15..18], &[205, 205, 205]);
    }
}
