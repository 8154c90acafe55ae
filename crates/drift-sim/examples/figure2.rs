//! Figure 2 in short: an agent in a corridor, noisy gradient descent past convergence.
//!
//! `cargo run --release -p drift-sim --example figure2 -- 20000`

use std::ops::ControlFlow;

use drift_sim::{Moment, Scenario, Training, presets};

fn main() -> Result<(), drift_sim::Error> {
    let steps = std::env::args().nth(1).unwrap_or("20000".to_owned());
    let mut scenario = presets::preset("figure2")?.into_unchecked();
    scenario.set(&format!("steps={steps}"))?;
    scenario.set("sampling.linear.samples=11")?;

    let scenario: Scenario = scenario.try_into()?;
    let mut simulation = scenario.simulation()?;
    println!("    step  log10 loss  active  active units  bits  place units  Hessian's trace");
    let outcome = simulation.run(&mut |moment: &Moment<'_, Training>| {
        let of = |name: &str| moment.sample.get(name).unwrap_or(f64::NAN);
        println!(
            "{:8} {:11.3} {:7.3} {:13.3} {:5.2} {:12} {:16.2}",
            moment.step,
            of("log10_normalised_loss"),
            of("active_fraction"),
            of("fraction_active_units"),
            of("mean_spatial_information"),
            of("place_units"),
            of("hessian_trace"),
        );
        Ok(ControlFlow::Continue(()))
    })?;
    println!("{outcome}");
    Ok(())
}
