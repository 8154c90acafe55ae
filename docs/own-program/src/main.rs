//! `drift` with five parts of one's own: the files of drift-sim's example `own_parts`.

#[path = "../../../crates/drift-sim/examples/own_parts/measure.rs"]
mod measure;
#[path = "../../../crates/drift-sim/examples/own_parts/noise.rs"]
mod noise;
#[path = "../../../crates/drift-sim/examples/own_parts/rule.rs"]
mod rule;
#[path = "../../../crates/drift-sim/examples/own_parts/system.rs"]
mod system;
#[path = "../../../crates/drift-sim/examples/own_parts/task.rs"]
mod task;

use std::process::ExitCode;

use drift_sim::{Error, Registry};

fn main() -> Result<ExitCode, Error> {
    let registry = Registry::new()
        .with_rule("momentum", rule::Momentum::new)?
        .with_noise("multiplicative", noise::Multiplicative::new)?
        .with_task("open_field", |task: task::OpenField| Ok(task))?
        .with_measure("participation", |it: measure::Participation| Ok(it))?
        .with_system("ring", system::Ring::new)?;
    Ok(drift_cli::main_with(&registry))
}
