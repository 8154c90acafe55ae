//! Times one size of the training step once and prints JSON: what `peers/compare.py` interleaves
//! with its peers.
//!
//! `step_time SIZE [--seconds T] [--without-noise]`, SIZE one of S, M, L, L_at_5_percent, D2, D3.

use std::hint::black_box;
use std::time::Instant;

use drift_sim::NetworkProblem;
use drift_sim::learn::{
    AnyNoise, Gaussian, LearningRule, Sgd, SgdSettings, Stream, Streams, UpdateNoise, UpdatePlace,
};

mod problems;
use problems::Problem;

/// Steps from the same parameters, so that noise does not carry activity away.
const STEPS: usize = 20;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |flag: &str| {
        let at = arguments.iter().position(|argument| argument == flag)?;
        arguments.get(at + 1)?.parse::<f64>().ok()
    };
    let Some(problem) = Problem::all()
        .into_iter()
        .find(|problem| arguments.iter().any(|argument| argument == problem.name))
    else {
        // `cargo bench` runs every bench without arguments of its own.
        println!("step_time needs a size: S, M, L, L_at_5_percent, D2 or D3");
        return;
    };
    let streams = Streams::new(7);
    let mut noise = if arguments.iter().any(|flag| flag == "--without-noise") {
        UpdateNoise::none()
    } else {
        UpdateNoise::new(
            Gaussian::new(0.013_894_954_943_731_374).expect("a standard deviation"),
            UpdatePlace::Gradient,
            streams
                .noise_source(Stream::UpdateNoise)
                .expect("an instruction set"),
        )
    };
    let settings = SgdSettings { learning_rate: 0.1 };
    let mut rule =
        Sgd::new(settings, problem.network.shape().parameters()).expect("valid settings");
    let none = AnyNoise::None;
    let mut network = NetworkProblem::new(
        &problem.dataset,
        &problem.network,
        none.clone(),
        none,
        &streams,
    )
    .expect("the data fit the network");
    let mut parameters = problem.network.parameters().to_vec();
    let mut run = |rounds: usize| {
        let begin = Instant::now();
        for _ in 0..rounds {
            parameters.copy_from_slice(problem.network.parameters());
            for _ in 0..STEPS {
                black_box(rule.step(&mut network, &mut parameters, &mut noise));
            }
        }
        begin.elapsed().as_secs_f64()
    };
    let seconds = after("--seconds").unwrap_or(1.0);
    let warm_up = 10;
    let rounds = (warm_up as f64 * 0.9 * seconds / run(warm_up)).ceil() as usize;
    let steps = rounds * STEPS;
    let microseconds = 1e6 * run(rounds) / steps as f64;
    println!(
        r#"{{"microseconds": {microseconds}, "steps": {steps}, "version": "{}"}}"#,
        env!("CARGO_PKG_VERSION")
    );
}
