//! A network that learns by gradient descent, and how flat its loss is where it arrives.
//!
//! `cargo run --release -p drift-net --example flatness`

use drift_net::nalgebra::DMatrix;
use drift_net::{Error, Hessian, Network, Regime, Samples, Shape, Workspace};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng as _};

fn main() -> Result<(), Error> {
    let shape = Shape::new(20, 100, 10)?; // inputs, hidden units, outputs
    let network = Network::initialize(shape, Regime::Rich, &mut ChaCha8Rng::seed_from_u64(1));
    let inputs = DMatrix::from_fn(10, 20, |i, a| (1.7 * i as f64 + 0.3 * (a * a) as f64).sin());
    let targets = DMatrix::from_fn(10, 10, |i, k| (2.3 * i as f64 - 0.5 * (k * k) as f64).cos());

    let samples = Samples::new(inputs.as_view(), targets.as_view())?;
    let mut workspace = Workspace::new(&network, samples.len())?;
    let mut parameters = network.parameters().to_vec();
    let mut gradient = vec![0.0; parameters.len()];
    for step in 0..=2000 {
        let loss = workspace.loss_gradient(&parameters, &samples, &mut gradient);
        if step % 500 == 0 {
            let network = Network::from_parameters(shape, parameters.clone())?;
            let hessian = Hessian::at(&network, inputs.as_view(), targets.as_view())?;
            println!(
                "step {step:4}: loss {loss:.1e}, trace of the Hessian {:.1}",
                hessian.trace()
            );
        }
        for (parameter, slope) in parameters.iter_mut().zip(&gradient) {
            *parameter -= 0.1 * slope;
        }
    }
    Ok(())
}
