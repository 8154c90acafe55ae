//! Figure 5A: noisy gradient descent falls into the valley x² y² and drifts along its bottom to
//! where it is flatter.
//!
//! `cargo run --release -p drift-sim --example valley`

use drift_sim::{Simulation, presets, run_replicas};

fn main() -> Result<(), drift_sim::Error> {
    let scenario = presets::preset("valley")?;
    let mut simulation = Simulation::new(&scenario)?;
    println!("    step         x         y      loss  Hessian's trace");
    for pause in (0..=10).map(|tenth| tenth * scenario.steps() / 10) {
        simulation.run_until(pause, &mut ())?;
        let sample = simulation.measure()?;
        let (spectrum, _) = simulation.measure_spectrum()?;
        let [x, y] = [simulation.parameters()[0], simulation.parameters()[1]];
        println!(
            "{pause:8} {x:9.4} {y:9.4} {:9.2e} {:16.4}",
            sample.loss, spectrum.trace
        );
    }

    let seeds: Vec<u64> = (0..50).collect();
    let replicas = run_replicas(&scenario, &seeds)?;
    let mean = |pick: &dyn Fn(&drift_sim::Trace) -> Option<drift_sim::SpectrumSample>| {
        let traces = replicas.iter().filter_map(|replica| pick(&replica.trace));
        traces.map(|spectrum| spectrum.trace).sum::<f64>() / replicas.len() as f64
    };
    println!(
        "mean trace over {} seeds: {:.3} at the start, {:.3} at the end",
        replicas.len(),
        mean(&|trace| trace.samples().first()?.spectrum),
        mean(&|trace| trace.last()?.spectrum),
    );
    Ok(())
}
