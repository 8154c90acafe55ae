//! What holds of a simulation that is paused, saved, and restored into a new one.

use drift_sim::{Checkpoint, Scenario, Simulation, Trace};

/// Runs the scenario at once and with pauses, at each of which a new simulation goes on from what
/// is written and read again: the two end alike, to the last bit.
#[track_caller]
pub fn assert_pauses_change_nothing(scenario: &Scenario, pauses: &[u64]) {
    let mut whole = Simulation::new(scenario).unwrap();
    let outcome = whole.run(&mut ()).unwrap();
    let mut parts = Simulation::new(scenario).unwrap();
    for &pause in pauses {
        let ended = parts.run_until(pause, &mut ()).unwrap();
        assert!(ended.is_some() || parts.steps_done() == pause);
        let checkpoint = Checkpoint::from_bytes(&parts.checkpoint().to_bytes()).unwrap();
        assert_eq!(checkpoint, parts.checkpoint());
        let trace = Trace::from_csv(&parts.trace().to_csv()).unwrap();
        parts = Simulation::new(scenario).unwrap();
        parts.restore(checkpoint, trace).unwrap();
    }
    assert_eq!(parts.run(&mut ()).unwrap(), outcome);
    let bits = |simulation: &Simulation| -> Vec<u64> {
        simulation
            .parameters()
            .iter()
            .map(|p| p.to_bits())
            .collect()
    };
    assert_eq!(bits(&parts), bits(&whole));
    assert_eq!(parts.trace().to_csv(), whole.trace().to_csv());
    assert_eq!(parts.checkpoint().to_bytes(), whole.checkpoint().to_bytes());
}
