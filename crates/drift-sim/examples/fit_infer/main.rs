//! Learns which rule made a drift: simulates what is missing of the sweep `infer`, fits the two
//! models of `drift_infer`, scores them on held-out runs and prints the tables of the book's page.
//!
//! ```text
//! cargo run --release -p drift-sim --example fit_infer -- runs/infer crates/drift-infer/src
//! ```
//!
//! The first argument is a sweep's directory: `drift sweep submit infer --out runs/infer --shards 36`
//! fills it on a cluster. `--jobs K` are the runs at the same time, `--shards K` how many of 36 shards,
//! which all hold their part of every group, are simulated and used.

mod cases;
mod fit;
mod look;
mod scores;

use std::path::Path;

use drift_engine::sweep::{Shard, SweepShard};
use drift_sim::Sweep;
use drift_sim::infer::{Measure, MeasureSet, Model};
use drift_sim::sweep::preset;

use cases::{Part, Run};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Shards of the sweep of which each holds its part of every group.
const SHARDS: u64 = 36;

fn main() -> Result<(), Failure> {
    let usage = "fit_infer DIRECTORY OUTPUT [--jobs K] [--shards K]";
    let mut arguments = std::env::args().skip(1);
    let (directory, output) = arguments.next().zip(arguments.next()).ok_or(usage)?;
    let (directory, output) = (Path::new(&directory), Path::new(&output));
    let (mut jobs, mut shards) = (None, SHARDS);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or(usage)?;
        match flag.as_str() {
            "--jobs" => jobs = Some(value.parse()?),
            "--shards" => shards = value.parse::<u64>()?.min(SHARDS),
            _ => return Err(usage.into()),
        }
    }
    let sweep = preset("infer")?;
    simulate(&sweep, directory, shards, jobs)?;
    let runs = cases::read(&sweep, directory, shards, SHARDS)?;
    let count = |part| runs.iter().filter(|run| run.part == part).count();
    println!(
        "{} runs: {} to train, {} to calibrate, {} to test, {} of other kinds\n",
        runs.len(),
        count(Part::Train),
        count(Part::Calibrate),
        count(Part::Test),
        count(Part::Foreign)
    );
    let whole = fitted(
        &runs,
        MeasureSet::all(),
        |run| &run.forms,
        output,
        "shipped.csv",
    )?;
    scores::print_whole(&whole, &runs)?;
    let seen = [
        Measure::ActiveFraction,
        Measure::FractionActiveUnits,
        Measure::RateMapCorrelation,
    ];
    let seen = seen.into_iter().collect();
    let observed = fitted(&runs, seen, |run| &run.looks, output, "observed.csv")?;
    scores::print_observed(&observed, &runs)?;
    Ok(())
}

/// Runs what the directory lacks of the first so many shards.
fn simulate(
    sweep: &Sweep,
    directory: &Path,
    shards: u64,
    jobs: Option<usize>,
) -> Result<(), Failure> {
    for number in 1..=shards {
        let shard: Shard = format!("{number}/{SHARDS}").parse()?;
        let mut work = SweepShard::open(directory, sweep.design(), shard, false)?;
        if !work.pending().is_empty() {
            work.run(sweep, jobs, &|| false, &|_| ())?;
            eprintln!("shard {number} of {SHARDS} is done");
        }
    }
    Ok(())
}

/// A model that knows `measures`, fitted to some records of each run, written and read back: what
/// is shipped is scored, with its rounded numbers.
fn fitted(
    runs: &[Run],
    measures: MeasureSet,
    records: fn(&Run) -> &Vec<drift_sim::infer::Record>,
    output: &Path,
    name: &str,
) -> Result<Model, Failure> {
    let path = output.join(name);
    let model = fit::fit(runs, measures, records)?;
    std::fs::create_dir_all(output)?;
    std::fs::write(&path, model.to_csv())?;
    Ok(Model::from_csv(&std::fs::read_to_string(path)?)?)
}
