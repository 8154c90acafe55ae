//! What holds of a simulation that is paused, saved, and restored into a new one.

use drift_sim::engine::Checkpoint;
use drift_sim::{Registry, Scenario, System as _, Trace};

/// Runs the scenario at once and with pauses, at each of which a new simulation goes on from what
/// is written and read again: the two end alike, to the last bit.
#[track_caller]
pub fn assert_pauses_change_nothing(scenario: &Scenario, pauses: &[u64]) {
    let registry = Registry::new();
    let new = || registry.simulation(scenario).unwrap();
    let mut whole = new();
    let outcome = whole.run(&mut ()).unwrap();
    let mut parts = new();
    for &pause in pauses {
        let ended = parts.run_until(pause, &mut ()).unwrap();
        assert!(ended.is_some() || parts.steps_done() == pause);
        let taken = parts.checkpoint().unwrap();
        let checkpoint = Checkpoint::from_bytes(&taken.to_bytes()).unwrap();
        assert_eq!(checkpoint, taken);
        assert_eq!(checkpoint.step(), parts.steps_done());
        let trace = Trace::from_csv(&parts.trace().to_csv()).unwrap();
        parts = new();
        parts.restore(&checkpoint, trace).unwrap();
    }
    assert_eq!(parts.run(&mut ()).unwrap(), outcome);
    assert_eq!(parts.system().state(), whole.system().state());
    assert_eq!(parts.trace(), whole.trace());
    assert_eq!(parts.trace().to_csv(), whole.trace().to_csv());
    let bytes = |checkpoint: Option<Checkpoint>| checkpoint.unwrap().to_bytes();
    assert_eq!(bytes(parts.checkpoint()), bytes(whole.checkpoint()));
}
