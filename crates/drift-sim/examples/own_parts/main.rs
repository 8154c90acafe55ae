//! Five parts of one's own, each in a file: a learning rule, a noise, a task, a measure, and a
//! system without a network. Each is named in a scenario, run in a directory, stopped half-way,
//! and gone on with from what is on the disk.
//!
//! `cargo run --release -p drift-sim --example own_parts`. The package in `docs/own-program` is a
//! program of one's own with these parts and every command of `drift`.

mod measure;
mod noise;
mod rule;
mod system;
mod task;

use std::error::Error;
use std::ops::ControlFlow;

use drift_sim::{Moment, Registry, System};

fn main() -> Result<(), Box<dyn Error>> {
    let registry = Registry::new()
        .with_rule("momentum", rule::Momentum::new)?
        .with_noise("multiplicative", noise::Multiplicative::new)?
        .with_task("open_field", |task: task::OpenField| Ok(task))?
        .with_measure("participation", |measure: measure::Participation| {
            Ok(measure)
        })?
        .with_system("ring", system::Ring::new)?;
    interrupted(
        &registry,
        "task.open_field = { samples = 1000, landmarks = 16 }
        steps = 2000
        rule.momentum = { learning_rate = 0.02, momentum = 0.9, weight_decay = 1e-5 }
        noise.update = { place = 'parameters', distribution.multiplicative.scale = 0.001 }
        sampling.linear.samples = 11
        measures = { plane_bins = 10, own.participation = {} }",
    )?;
    interrupted(
        &registry,
        "task.ring = { oscillators = 30, coupling = 1.0, noise = 0.1 }
        steps = 20000
        sampling.linear.samples = 11",
    )
}

/// Runs a scenario to its middle and then, from the disk, to its end.
fn interrupted(registry: &Registry, text: &str) -> Result<(), Box<dyn Error>> {
    let scenario = registry.scenario(text)?;
    let half = scenario.steps() / 2;
    let mut until_half = |moment: &Moment<'_, Box<dyn System>>| {
        Ok(if moment.step < half {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        })
    };
    let parent = tempfile::tempdir()?;
    let directory = parent.path().join("run");
    let outcome = registry
        .create_run(&directory, &scenario)?
        .run(&mut until_half)?;
    println!("{outcome}");
    println!("{}", registry.open_run(&directory)?.run(&mut ())?);
    print!("{}", registry.read_run(&directory)?.trace.to_csv());
    Ok(())
}
