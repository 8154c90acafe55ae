//! What watches a run: sees every step and every sample, and can stop it.

use std::ops::ControlFlow;

use crate::{Sample, Simulation};

/// Watches a run. Both methods do nothing unless written; it is yours to implement, and methods added
/// later will have defaults.
///
/// A closure that takes a [`Sample`] and the [`Simulation`] is an observer too.
///
/// ```
/// use std::ops::ControlFlow;
/// use drift_sim::{Observer, Outcome, Simulation, presets};
///
/// struct Converged;
/// impl Observer for Converged {
///     fn step(&mut self, _step: u64, loss: f64) -> ControlFlow<()> {
///         if loss < 0.1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
///     }
/// }
///
/// let mut simulation = Simulation::new(&presets::preset("random-sgd")?)?;
/// let outcome = simulation.run(&mut Converged)?;
/// assert!(matches!(outcome, Outcome::Stopped { step } if step < 10_000));
/// # Ok::<(), drift_sim::Error>(())
/// ```
pub trait Observer {
    /// After an update: how many are done, and the loss on the step's own (possibly noisy) data
    /// before it. Called in the innermost loop.
    #[inline]
    fn step(&mut self, step: u64, loss: f64) -> ControlFlow<()> {
        let _ = (step, loss);
        ControlFlow::Continue(())
    }

    /// At a sampling point, with the measures just taken and the simulation to take others from.
    fn sample(&mut self, sample: &Sample, simulation: &Simulation) -> ControlFlow<()> {
        let _ = (sample, simulation);
        ControlFlow::Continue(())
    }
}

/// Watches nothing.
impl Observer for () {}

impl<F: FnMut(&Sample, &Simulation) -> ControlFlow<()>> Observer for F {
    fn sample(&mut self, sample: &Sample, simulation: &Simulation) -> ControlFlow<()> {
        self(sample, simulation)
    }
}

/// Keeps the parameters at every sampling point in memory.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Snapshots {
    /// Updates done, one a snapshot.
    pub steps: Vec<u64>,
    /// Flat parameters, one vector a snapshot.
    pub parameters: Vec<Vec<f64>>,
}

impl Observer for Snapshots {
    fn sample(&mut self, sample: &Sample, simulation: &Simulation) -> ControlFlow<()> {
        self.steps.push(sample.step);
        self.parameters.push(simulation.parameters());
        ControlFlow::Continue(())
    }
}
