//! An end at a chosen step.

use std::ops::ControlFlow;

use drift_sim::Observer;

/// Stops a run after this step.
pub struct StopAt(pub u64);

impl<S: ?Sized> Observer<S> for StopAt {
    fn step(&mut self, step: u64, _loss: f64) -> ControlFlow<()> {
        if step == self.0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
