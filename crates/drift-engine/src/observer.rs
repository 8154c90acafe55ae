use std::ops::ControlFlow;

use crate::{Error, Sample};

/// A sampling point as observers and measures see it: the sample just taken and the system it was
/// taken of.
#[derive(Debug)]
pub struct Moment<'a, S: ?Sized> {
    /// Steps done.
    pub step: u64,
    /// The measures just taken.
    pub sample: &'a Sample,
    /// The system, which computes what is asked of it at most once a sample.
    pub system: &'a S,
}

/// Watches a run. Both methods do nothing unless written; it is yours to implement, and methods
/// added later will have defaults.
///
/// A closure that takes a [`Moment`] is an observer too.
///
/// ```
/// # use drift_engine::*;
/// # struct Count(u64);
/// # impl System for Count {
/// #     fn columns(&self) -> Vec<Column> { vec![Column::new("count", "", "steps").whole()] }
/// #     fn step(&mut self) -> f64 { self.0 += 1; self.0 as f64 }
/// #     fn sample(&mut self, _: u64, sample: &mut Sample) -> Result<Option<End>, Error> {
/// #         sample.set("count", self.0 as f64);
/// #         Ok(None)
/// #     }
/// #     fn state(&self) -> Option<Vec<u8>> { Some(state::save(&self.0)) }
/// #     fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> { self.0 = state::load(bytes)?; Ok(()) }
/// #     fn fingerprint(&self) -> Fingerprint { Fingerprint::new() }
/// # }
/// use std::ops::ControlFlow;
///
/// struct UpTo(f64);
/// impl<S: ?Sized> Observer<S> for UpTo {
///     fn step(&mut self, _step: u64, loss: f64) -> ControlFlow<()> {
///         if loss >= self.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
///     }
/// }
///
/// let mut simulation = Simulation::new(Count(0), Plan::new(100, Sampling::linear(3))?)?;
/// assert_eq!(simulation.run(&mut UpTo(70.0))?, Outcome::Stopped { step: 70 });
/// // It goes on where it was.
/// assert_eq!(simulation.run(&mut ())?, Outcome::Completed { step: 100 });
/// # Ok::<(), Error>(())
/// ```
pub trait Observer<S: ?Sized> {
    /// After a step: how many are done, and what it returned. Called in the innermost loop.
    #[inline]
    fn step(&mut self, step: u64, loss: f64) -> ControlFlow<()> {
        let _ = (step, loss);
        ControlFlow::Continue(())
    }

    /// At a sampling point.
    ///
    /// # Errors
    /// What the observer says, which ends the call that runs.
    fn sample(&mut self, moment: &Moment<'_, S>) -> Result<ControlFlow<()>, Error> {
        let _ = moment;
        Ok(ControlFlow::Continue(()))
    }
}

/// Watches nothing.
impl<S: ?Sized> Observer<S> for () {}

impl<S: ?Sized, F: FnMut(&Moment<'_, S>) -> Result<ControlFlow<()>, Error>> Observer<S> for F {
    fn sample(&mut self, moment: &Moment<'_, S>) -> Result<ControlFlow<()>, Error> {
        self(moment)
    }
}
