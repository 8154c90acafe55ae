//! Figure 2 in short: an agent in a corridor, noisy gradient descent past convergence.
//!
//! `cargo run --release -p drift-sim --example figure2 -- 20000`

use std::ops::ControlFlow;

use drift_sim::{Sample, Simulation, presets};

fn main() -> Result<(), drift_sim::Error> {
    let steps = std::env::args().nth(1).unwrap_or("20000".to_owned());
    let mut scenario = presets::preset("figure2")?.into_unchecked();
    scenario.set(&format!("steps={steps}"))?;
    scenario.set("sampling.linear.samples=11")?;

    let mut simulation = Simulation::new(&scenario.try_into()?)?;
    println!("    step  log10 loss  active  active units  bits  place units  Hessian's trace");
    let outcome = simulation.run(&mut |sample: &Sample, _: &Simulation| {
        println!(
            "{:8} {:11.3} {:7.3} {:13.3} {:5.2} {:12} {:16.2}",
            sample.step,
            sample.log10_normalised_loss,
            sample.active_fraction.unwrap_or(f64::NAN),
            sample.fraction_active_units.unwrap_or(f64::NAN),
            sample.mean_spatial_information.unwrap_or(f64::NAN),
            sample.place_units.unwrap_or(0),
            sample.spectrum.map_or(f64::NAN, |spectrum| spectrum.trace),
        );
        ControlFlow::Continue(())
    })?;
    println!("{outcome}");
    Ok(())
}
