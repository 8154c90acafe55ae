//! Runs a sweep, a preset or a file, on some cores, and collects it.
//!
//! `cargo run --release -p drift-sim --example sweep -- grid-1e6 sweeps/grid 2`

use std::time::Instant;

use drift_sim::Sweep;
use drift_sim::engine::sweep::{Shard, SweepShard, collect};
use drift_sim::sweep::preset;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "sweep NAME|FILE DIRECTORY [JOBS]";
    let (name, directory) = arguments.next().zip(arguments.next()).ok_or(usage)?;
    let jobs = arguments.next().map(|jobs| jobs.parse()).transpose()?;
    let sweep = match name.ends_with(".toml") {
        true => Sweep::from_toml(&std::fs::read_to_string(&name)?)?,
        false => preset(&name)?,
    };
    let mut shard = SweepShard::open(&directory, sweep.design(), Shard::whole(), false)?;
    let started = Instant::now();
    shard.run(&sweep, jobs, &|| false, &|row| {
        println!(
            "{:7.1} s  run {} {}: {}",
            started.elapsed().as_secs_f64(),
            row.run,
            row.group,
            row.end.kind()
        );
    })?;
    let collected = collect(sweep.design(), &[&directory], &directory)?;
    println!(
        "{} of {} runs in {directory}/table.csv",
        collected.rows, collected.runs
    );
    Ok(())
}
