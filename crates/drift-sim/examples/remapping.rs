//! Does drift to flatter ground make remapping rarer? Trains networks in Figure 2's corridor and
//! shows them, at times along the way, the same changes of it.
//!
//! ```text
//! cargo run --release --example remapping -- [DIRECTORY] [SEEDS] [STEPS]
//! ```
//! Started again with the same directory, it does only the seeds that are missing there.

use drift_sim::remapping::{self, Against};
use drift_sim::{Registry, Replicas, Scenario, presets};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next();
    let directory = directory.as_deref().unwrap_or("runs/remapping-example");
    let seeds = arguments.next().map_or(Ok(4), |seeds| seeds.parse())?;
    let steps = arguments.next().map_or(Ok(50_000), |steps| steps.parse())?;
    let mut scenario = presets::preset("remapping")?.into_unchecked();
    scenario.set_steps(steps);
    let scenario: Scenario = scenario.try_into()?;
    let spec = scenario.spec().measures.remapping.as_ref();
    let spec = spec.ok_or("the preset measures remapping")?;

    let registry = Registry::new();
    let mut replicas = Replicas::open(directory, &scenario, seeds)?;
    replicas.run(&registry, &|| false, &|seed| {
        println!("seed {seed} is finished")
    })?;
    let records = replicas.records(&registry)?;
    let rows: Vec<_> = records.iter().flat_map(remapping::rows).collect();
    let table = format!("{directory}/remapping.csv");
    std::fs::write(&table, remapping::rows_to_csv(&rows))?;

    for change in &spec.changes {
        println!("\n{change}: means over seeds");
        println!("    step  correlation  moved  remapped  active units  trace");
        for &step in scenario.sampling_points() {
            let here: Vec<_> = rows
                .iter()
                .filter(|row| row.step == step && row.change == change.to_string())
                .collect();
            let mean = |of: fn(&remapping::Row) -> f64| {
                here.iter().map(|row| of(row)).sum::<f64>() / here.len() as f64
            };
            println!(
                "{step:8}  {:11.3}  {:5.3}  {:8.3}  {:12.3}  {:5.2}",
                mean(|row| row.correlation),
                mean(|row| row.fraction_moved),
                mean(|row| row.fraction_remapped),
                mean(|row| row.fraction_active_units),
                mean(|row| row.hessian_trace),
            );
        }
    }
    println!(
        "\nSpearman's rho with training time, from step {}",
        spec.from
    );
    for found in remapping::test_prediction(&rows, spec.from)? {
        if found.against == Against::Time {
            println!(
                "{:12} {:21} {:6.2} ± {:.2}  as predicted in {} of {} seeds, p = {:.3}",
                found.change.as_deref().unwrap_or("flatness"),
                found.measure.name(),
                found.mean,
                found.standard_error,
                found.agreeing,
                found.trends.len(),
                found.p
            );
        }
    }
    println!("\ntable: {table}");
    Ok(())
}
