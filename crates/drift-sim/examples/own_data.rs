//! A network trained on data of one's own, from memory; `task = { file = "own.npz" }` takes them
//! from a file.
//!
//! `cargo run --release -p drift-sim --example own_data`

use drift_sim::env::Dataset;
use drift_sim::net::nalgebra::DMatrix;
use drift_sim::{Scenario, Simulation};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // 60 places on a ring, seen by 12 sensors; the next place is to be predicted.
    let sense = |place: usize, sensor: usize| {
        let angle = std::f64::consts::TAU * (place as f64 / 60.0 - sensor as f64 / 12.0);
        (4.0 * (angle.cos() - 1.0)).exp()
    };
    let inputs = DMatrix::from_fn(60, 12, sense);
    let targets = DMatrix::from_fn(60, 12, |place, sensor| sense(place + 1, sensor));
    let places = (0..60).map(|place| place as f64).collect();
    let dataset = Dataset::new(inputs, targets)?.with_position(places)?;

    let scenario = Scenario::from_toml(
        "task.file = 'in memory'
         steps = 20000
         network.hidden = 200
         noise.update.distribution.gaussian.standard_deviation = 0.02
         sampling.logarithmic.samples = 8",
    )?;
    let mut simulation = Simulation::with_dataset(&scenario, dataset)?;
    println!("{}", simulation.run(&mut ())?);
    print!("{}", simulation.trace().to_csv());
    Ok(())
}
