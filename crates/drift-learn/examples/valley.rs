//! Noise drives a point along a valley of zero loss to where the valley is wide (Figure 5A).
//!
//! `cargo run --release -p drift-learn --example valley`

use drift_learn::{
    Error, Gaussian, LearningRule as _, Sgd, SgdSettings, Stream, Streams, UpdateNoise,
    UpdatePlace, Valley,
};

fn main() -> Result<(), Error> {
    let source = Streams::new(1).noise_source(Stream::UpdateNoise)?;
    let mut noise = UpdateNoise::new(Gaussian::new(1.0)?, UpdatePlace::Gradient, source);
    let mut rule = Sgd::new(
        SgdSettings {
            learning_rate: 0.01,
        },
        2,
    )?;
    let mut point = [1.0, 0.4];
    for step in 0..=20_000 {
        if step % 4000 == 0 {
            let [[across_x, _], [_, across_y]] = Valley::hessian(point);
            let [x, y] = point;
            println!(
                "step {step:5}: x {x:6.3}, y {y:6.3}, trace {:.3}",
                across_x + across_y
            );
        }
        rule.step(&mut Valley, &mut point, &mut noise);
    }
    Ok(())
}
