//! Does update noise make the code sparse under activation functions other than the ReLU?
//!
//! `cargo run --release -p drift-sim --example activations -- [PRESET] [STEPS] [SEEDS] [FUNCTION]`
//!
//! Each line is a mean over the seeds, with its standard error, of the change from a tenth of the
//! steps, when the loss has converged, to the end. A participation ratio of rates r,
//! (mean r)²/mean r² over all units and samples, is 1 for even activity and the smaller the
//! sparser; unlike the active fraction it needs no threshold. "Flat" is the share of (unit, sample)
//! pairs at which the activation function's slope is below 0.1: silent for the ReLU, saturated for
//! tanh.

use drift_sim::metrics::statistics::Mean;
use drift_sim::{Error, Scenario, Simulation, Training, presets};

const FUNCTIONS: [&str; 5] = [
    "relu",
    "{ leaky_relu = { slope = 0.01 } }",
    "{ leaky_relu = { slope = 0.3 } }",
    "softplus",
    "tanh",
];

const MEASURES: [&str; 6] = [
    "log10 loss",
    "active fraction",
    "active units",
    "participation",
    "trace",
    "flat",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let preset = arguments.next().unwrap_or("random-sgd-update".to_owned());
    let steps: u64 = arguments.next().map_or(Ok(300_000), |text| text.parse())?;
    let seeds: u64 = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let functions = match arguments.next() {
        Some(function) => vec![function],
        None => FUNCTIONS.map(String::from).to_vec(),
    };
    for function in functions {
        for noise in ["with its noise", "none"] {
            println!("{function}, noise: {noise}");
            let mut runs = Vec::new();
            for seed in 0..seeds {
                let mut scenario = presets::preset(&preset)?.into_unchecked();
                scenario.set(&format!("network.activation={function}"))?;
                scenario.set(&format!("steps={steps}"))?;
                scenario.set(&format!("seed={seed}"))?;
                scenario.set(&format!(
                    "sampling.explicit.steps=[{}, {steps}]",
                    steps / 10
                ))?;
                if noise == "none" {
                    scenario.set("noise.update.distribution=none")?;
                    scenario.set("noise.label=none")?;
                }
                let scenario: Scenario = scenario.try_into()?;
                let mut simulation = scenario.simulation()?;
                simulation.run_until(steps / 10, &mut ())?;
                let before = measures(&simulation)?;
                let outcome = simulation.run(&mut ())?;
                if outcome.step() < steps {
                    println!("  seed {seed} {outcome}");
                    continue;
                }
                runs.push((before, measures(&simulation)?));
            }
            for (index, name) in MEASURES.iter().enumerate() {
                let before = Mean::of(runs.iter().map(|run| run.0[index])).mean;
                let after = Mean::of(runs.iter().map(|run| run.1[index])).mean;
                let change = Mean::of(runs.iter().map(|run| run.1[index] - run.0[index]));
                println!(
                    "  {name:16} {before:9.3} → {after:9.3}   {:+9.3} ± {:.3}",
                    change.mean, change.standard_error
                );
            }
        }
    }
    Ok(())
}

/// All measures at the last sample; none where the run ended before it.
fn measures(simulation: &Simulation<Training>) -> Result<[f64; 6], Error> {
    let training = simulation.system();
    let sample = simulation.trace().last();
    let of = |name: &str| {
        sample
            .and_then(|sample| sample.get(name))
            .unwrap_or(f64::NAN)
    };
    let Some((network, hidden)) = training.network().zip(training.hidden()) else {
        return Ok([f64::NAN; 6]);
    };
    let (spectrum, _) = training.spectrum()?;
    let slopes = hidden
        .iter()
        .map(|&activity| network.activation().derivative(activity));
    let flat = slopes.filter(|&slope| slope < 0.1).count() as f64;
    let rates = hidden.map(|activity| network.activation().rate(activity));
    Ok([
        of("log10_normalised_loss"),
        of("active_fraction"),
        of("fraction_active_units"),
        rates.mean().powi(2) / (rates.norm_squared() / rates.len() as f64),
        spectrum.trace,
        flat / hidden.len() as f64,
    ])
}
