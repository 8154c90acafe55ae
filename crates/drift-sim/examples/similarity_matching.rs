//! Figure 4C: a Hebbian/anti-Hebbian network learns, falls silent in part, and drifts on.
//!
//! `cargo run --release -p drift-sim --example similarity_matching -- [PRESET] [SEED] [STEPS]`
//!
//! Presets are those of `drift_sim::presets` of similarity matching (`ring`, `place`, ...); `ring`,
//! 1 and the preset's own length unless said otherwise.

use drift_sim::similarity::{Responses, phases};
use drift_sim::{Registry, RunRecord, presets};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let preset = arguments.next().unwrap_or_else(|| "ring".to_owned());
    let mut scenario = presets::preset(&preset)?.into_unchecked();
    scenario.seed = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    if let Some(steps) = arguments.next() {
        scenario.set_steps(steps.parse()?);
    }

    let folder = tempfile::tempdir()?;
    let directory = folder.path().join("run");
    let mut run = Registry::new().create_run(&directory, &scenario.try_into()?)?;
    println!("{}", run.run(&mut ())?);
    drop(run);

    let record = RunRecord::read(&directory)?;
    println!("    step         loss  active  correlation");
    let samples = record.trace.samples();
    for sample in samples.iter().step_by(samples.len().div_ceil(25)) {
        let of = |name: &str| sample.get(name).unwrap_or(f64::NAN);
        println!(
            "{:8} {:12.4} {:7.3} {:12.3}",
            sample.step,
            of("loss"),
            of("active_fraction"),
            of("population_vector_correlation"),
        );
    }
    let responses = Responses::read(&record)?.ok_or("a preset of similarity matching")?;
    let found = phases(&record, &responses)?;
    println!("convergence ends: {:?}", found.convergence_end);
    println!("directed drift ends: {:?}", found.directed_drift_end);
    if let Some(null) = found.null_drift {
        println!(
            "null drift: the code decorrelates at {:.2e} a step",
            null.rate
        );
    }
    Ok(())
}
