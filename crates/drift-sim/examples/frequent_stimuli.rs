//! Does a frequent stimulus drift slower? Pashakhanloo and Koulakov (PMLR 202:27401, 2023) find so
//! for learning online, a sample at a time. Here half of the stimuli of the random task are drawn
//! more often than the others, and the table of the book's page "Architectures and noises" says how
//! far the hidden activity of each half has moved.
//!
//! `cargo run --release -p drift-sim --example frequent_stimuli [SEEDS]`, CSV on the output

use std::ops::ControlFlow;

use drift_sim::metrics::nalgebra::DMatrix;
use drift_sim::metrics::statistics::Mean;
use drift_sim::{Moment, Scenario, Training, presets};

const STIMULI: usize = 10;
/// Samples of a run, `EVERY` steps apart; drift is measured from `FROM` on, after convergence.
const SAMPLES: usize = 401;
const EVERY: usize = 1000;
const FROM: usize = 100;
/// In samples.
const LAGS: [usize; 5] = [1, 5, 20, 50, 100];

/// Noises, each with what it sets. With weight decay the loss stays above 0, so that the choice of the
/// stimulus is noise too.
const NOISES: [(&str, &str); 4] = [
    ("choice", "decay={rate=0.001,kind=\"decoupled\"}"),
    ("label", "noise.label.uniform.width=1"),
    (
        "update",
        "noise.update.distribution.gaussian.standard_deviation=0.01",
    ),
    ("activity", "noise.activity.after=0.1"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seeds: u64 = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 20,
    };
    println!("noise,times_as_frequent,lag,frequent,rare,ratio,ratio_sem,seeds");
    for (noise, set) in NOISES {
        for times in [1, 2, 4, 8] {
            let runs: Vec<Vec<DMatrix<f64>>> = (0..seeds)
                .map(|seed| codes(set, times, seed))
                .collect::<Result<_, _>>()?;
            for lag in LAGS {
                let moved: Vec<[f64; 2]> = runs.iter().map(|run| displacements(run, lag)).collect();
                let of = |half: usize| Mean::of(moved.iter().map(|halves| halves[half])).mean;
                let ratio = Mean::of(moved.iter().map(|[frequent, rare]| frequent / rare));
                println!(
                    "{noise},{times},{},{:.3e},{:.3e},{:.4},{:.4},{}",
                    lag * EVERY,
                    of(0),
                    of(1),
                    ratio.mean,
                    ratio.standard_error,
                    ratio.count,
                );
            }
        }
    }
    Ok(())
}

/// Hidden activity (stimuli × units) at each sample of a run that learns one stimulus a step, the
/// first half of them `times` as often as the second.
fn codes(noise: &str, times: u64, seed: u64) -> Result<Vec<DMatrix<f64>>, drift_sim::Error> {
    let frequent = std::iter::repeat_n(times, STIMULI / 2);
    let frequencies: Vec<u64> = frequent
        .chain(std::iter::repeat_n(1, STIMULI / 2))
        .collect();
    let mut scenario = presets::preset("random-sgd")?.into_unchecked();
    for field in [
        noise,
        &format!("seed={seed}"),
        &format!("task.random.samples={STIMULI}"),
        &format!("steps={}", (SAMPLES - 1) * EVERY),
        &format!("sampling.linear.samples={SAMPLES}"),
        "spectrum.samples=0",
        "spectrum.largest=0",
        "rule.sgd.learning_rate=0.02",
        "batch.size=1",
        "batch.replacement=true",
        &format!("batch.frequencies={frequencies:?}"),
    ] {
        scenario.set(field)?;
    }
    let scenario: Scenario = scenario.try_into()?;
    let mut simulation = scenario.simulation()?;
    let mut codes = Vec::new();
    simulation.run(&mut |moment: &Moment<'_, Training>| {
        if moment.step.is_multiple_of(EVERY as u64) {
            codes.extend(moment.system.sampled_hidden().cloned());
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(codes)
}

/// Mean squared distance that the activity of a stimulus moves in `lag` samples, as a share of its
/// mean square: of the first half of the stimuli and of the second.
fn displacements(codes: &[DMatrix<f64>], lag: usize) -> [f64; 2] {
    let codes = &codes[FROM..];
    let half = |stimuli: std::ops::Range<usize>| {
        let (mut moved, mut size) = (0.0, 0.0);
        for (code, later) in codes.iter().zip(&codes[lag..]) {
            for stimulus in stimuli.clone() {
                moved += (later.row(stimulus) - code.row(stimulus)).norm_squared();
                size += code.row(stimulus).norm_squared();
            }
        }
        moved / size
    };
    [half(0..STIMULI / 2), half(STIMULI / 2..STIMULI)]
}
