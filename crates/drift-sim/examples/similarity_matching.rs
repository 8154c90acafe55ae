//! Figure 4C: a Hebbian/anti-Hebbian network learns, falls silent in part, and drifts on.
//!
//! `cargo run --release -p drift-sim --example similarity_matching -- [PRESET] [SEED] [STEPS]`
//!
//! Presets are those of `SimilarityExperiment::NAMES`; `ring`, 1 and the preset's own length
//! unless said otherwise.

use std::error::Error;

use drift_sim::learn::Streams;
use drift_sim::learn::similarity_matching::{SimilarityExperiment, SimilarityPhase, SimilarityRun};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let preset = arguments.next().unwrap_or_else(|| "ring".to_owned());
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    let mut experiment = SimilarityExperiment::named(&preset)?;
    if let Some(steps) = arguments.next() {
        let steps: u64 = steps.parse()?;
        let schedule = &mut experiment.schedule;
        schedule.warm_up = schedule.warm_up.min(steps);
        schedule.recorded = steps - schedule.warm_up;
    }
    let mut run = SimilarityRun::new(experiment, &Streams::new(seed))?;
    println!("    step         loss  active  correlation  phase");
    let borders = SimilarityPhase::FIGURE_4C_BORDERS;
    let mut times: Vec<u64> = experiment.schedule.times_from_start(4).collect();
    times.extend(
        borders
            .into_iter()
            .filter(|&border| border < experiment.schedule.end()),
    );
    times.push(experiment.schedule.warm_up);
    times.extend(
        (1..5).map(|part| experiment.schedule.warm_up + part * experiment.schedule.recorded / 4),
    );
    times.sort_unstable();
    times.dedup();
    for row in run.rows(times)? {
        let correlation = row
            .population_vector_correlation
            .map_or("-".to_owned(), |correlation| format!("{correlation:.3}"));
        println!(
            "{:8} {:12.4} {:7.3} {correlation:>12}  {:?}",
            row.step, row.loss, row.active_fraction, row.phase
        );
    }
    Ok(())
}
