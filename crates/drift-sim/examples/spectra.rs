//! What update noise, label noise and no noise do to the spectrum of the Hessian between the
//! start of the plateau and the end of training.
//!
//! `cargo run --release -p drift-sim --example spectra -- [SEEDS] [STEPS]`
//!
//! Prints, for each noise, mean ± sd over seeds (default 5) at 10⁴ steps and at the last (default
//! 10⁶), and the change from one to the other with its standard error. "exact" is the Hessian of
//! the clean loss; "Gauss–Newton" is its part JᵀJ, which is the whole where the loss is zero and
//! which theory speaks of. An eigenvalue counts as non-zero where its magnitude is above 10⁻¹⁰,
//! and as large above 10⁻⁴. Away from zero loss the residuals give the exact Hessian many small
//! eigenvalues of both signs, two for each pair of a living unit and an independent residual.

use drift_sim::net::{Hessian, Spectrum};
use drift_sim::{Error, Scenario, Simulation, Training, engine, presets};
use rayon::prelude::*;

const PLATEAU: u64 = 10_000;
const TOLERANCE: f64 = 1e-10;
const LARGE: f64 = 1e-4;

const NAMES: [&str; 12] = [
    "log10 normalised loss",
    "fraction of active units",
    "trace",
    "largest eigenvalue",
    "sum of logs, exact, > 1e-10",
    "non-zero, exact, > 1e-10",
    "non-zero, exact, > 1e-4",
    "as published counts (> 0)",
    "sum of logs, Gauss-Newton",
    "non-zero, Gauss-Newton, > 1e-10",
    "non-zero, Gauss-Newton, > 1e-4",
    "negative, exact, < -1e-10",
];

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let seeds: u64 = argument(arguments.next(), 5)?;
    let steps: u64 = argument(arguments.next(), 1_000_000)?;
    for noise in ["random-sgd", "random-sgd-update", "random-sgd-label"] {
        // Collected in the order of the seeds: the number of threads changes nothing.
        let runs: Vec<[[f64; NAMES.len()]; 2]> = (0..seeds)
            .into_par_iter()
            .map(|seed| one_run(noise, seed, steps))
            .collect::<Result<_, _>>()?;
        println!("\n{noise}, {seeds} seeds");
        println!("| | {PLATEAU} steps | {steps} steps | change ± SE |\n|---|---|---|---|");
        for (measure, name) in NAMES.iter().enumerate() {
            let column = |time: usize| runs.iter().map(move |run| run[time][measure]);
            let (before, before_sd) = mean_and_sd(column(0));
            let (after, after_sd) = mean_and_sd(column(1));
            let (change, change_sd) = mean_and_sd(column(0).zip(column(1)).map(|(a, b)| b - a));
            println!(
                "| {name} | {before:.3} ± {before_sd:.3} | {after:.3} ± {after_sd:.3} | \
                 {change:+.3} ± {:.3} |",
                change_sd / (seeds as f64).sqrt()
            );
        }
    }
    Ok(())
}

fn argument(given: Option<String>, default: u64) -> Result<u64, Error> {
    given.map_or(Ok(default), |text| {
        let parsed = text.parse();
        parsed.map_err(|_| engine::Error::range("argument", text, "a whole number").into())
    })
}

/// All measures at the start of the plateau and at the end.
fn one_run(name: &str, seed: u64, steps: u64) -> Result<[[f64; NAMES.len()]; 2], Error> {
    let mut unchecked = presets::preset(name)?.into_unchecked();
    unchecked.seed = seed;
    unchecked.steps = steps;
    unchecked.set(&format!("sampling.explicit.steps=[{PLATEAU}, {steps}]"))?;
    let scenario: Scenario = unchecked.try_into()?;
    let mut simulation = scenario.simulation()?;
    simulation.run_until(PLATEAU, &mut ())?;
    let before = measures(&simulation)?;
    simulation.run(&mut ())?;
    Ok([before, measures(&simulation)?])
}

fn measures(simulation: &Simulation<Training>) -> Result<[f64; NAMES.len()], Error> {
    let sample = simulation.trace().last().expect("a sample was taken here");
    let of = |name: &str| sample.get(name).unwrap_or(f64::NAN);
    let network = simulation
        .system()
        .network()
        .expect("these runs stay finite");
    let data = simulation.system().dataset();
    let hessian = Hessian::at(&network, data.inputs().as_view(), data.targets().as_view())?;
    let exact = hessian.spectrum()?;
    let gauss_newton = hessian.gauss_newton_spectrum()?;
    let logs = |spectrum: &Spectrum| -> Result<f64, Error> {
        Ok(spectrum.log_pseudo_determinant(TOLERANCE)?.log)
    };
    Ok([
        of("log10_normalised_loss"),
        of("fraction_active_units"),
        hessian.trace(),
        exact.largest(),
        logs(&exact)?,
        exact.rank(TOLERANCE)? as f64,
        exact.rank(LARGE)? as f64,
        exact.published_expected_count(TOLERANCE)?,
        logs(&gauss_newton)?,
        gauss_newton.rank(TOLERANCE)? as f64,
        gauss_newton.rank(LARGE)? as f64,
        exact.count_below_minus(TOLERANCE) as f64,
    ])
}

/// Mean and standard deviation with the divisor n − 1.
fn mean_and_sd(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    let squares: f64 = values.map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0)).sqrt())
}
