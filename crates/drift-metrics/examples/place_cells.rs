//! Rate maps of two sessions between which half of the cells lose their fields.
//!
//! `cargo run --release -p drift-metrics --example place_cells`

use drift_metrics::nalgebra::DMatrix;
use drift_metrics::{BinEdges, Error, pearson, rate_map, spatial_information};

fn main() -> Result<(), Error> {
    let position: Vec<f64> = (0..2000).map(|frame| f64::from(frame % 100)).collect(); // cm
    // A bump of 10 cm at a place of its own for every cell; the second session moves every other.
    let session = |shift: f64| {
        DMatrix::from_fn(2000, 40, |frame, cell| {
            let moved = if cell % 2 == 0 { shift } else { 0.0 };
            let center = (2.5 * cell as f64 + moved) % 100.0;
            (-((position[frame] - center) / 10.0).powi(2)).exp()
        })
    };
    let edges = BinEdges::equal(0.0, 100.0, 25)?;
    let first = rate_map(&edges, &position, session(0.0).as_view())?;
    let second = rate_map(&edges, &position, session(50.0).as_view())?;

    let bits = spatial_information(&first)?;
    println!("{:.2} bits in a spike of the first cell", bits[0]);
    let correlation = pearson(first.rates.as_slice(), second.rates.as_slice())?;
    println!("rate maps of the two sessions correlate by {correlation:.2}");
    Ok(())
}
