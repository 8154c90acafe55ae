//! Figure 5A: noisy gradient descent falls into the valley x² y² and drifts along its bottom to
//! where it is flatter.
//!
//! `cargo run --release -p drift-sim --example valley_replicas`

use drift_sim::{Registry, System as _, Trace, presets, run_replicas};

fn main() -> Result<(), drift_sim::Error> {
    let scenario = presets::preset("valley")?;
    let mut simulation = Registry::new().simulation(&scenario)?;
    println!("    step         x         y      loss  Hessian's trace");
    // The preset is measured at 1001 points, each tenth of the run among them.
    for pause in (0..=10).map(|tenth| tenth * scenario.steps() / 10) {
        simulation.run_until(pause, &mut ())?;
        let Some(sample) = simulation.trace().last() else {
            continue;
        };
        let of = |name: &str| sample.get(name).unwrap_or(f64::NAN);
        let point = simulation.system().vector(0, pause).unwrap_or_default();
        println!(
            "{pause:8} {:9.4} {:9.4} {:9.2e} {:16.4}",
            point[0],
            point[1],
            of("loss"),
            of("hessian_trace")
        );
    }

    let seeds: Vec<u64> = (0..50).collect();
    let replicas = run_replicas(&scenario, &seeds)?;
    let mean = |pick: fn(&Trace) -> Option<f64>| {
        let traces = replicas.iter().filter_map(|replica| pick(&replica.trace));
        traces.sum::<f64>() / replicas.len() as f64
    };
    println!(
        "mean trace over {} seeds: {:.3} at the start, {:.3} at the end",
        replicas.len(),
        mean(|trace| trace.column("hessian_trace").flatten().next()),
        mean(|trace| trace.column("hessian_trace").flatten().last()),
    );
    Ok(())
}
