use std::borrow::Cow;
use std::path::Path;

use crate::sweep::Summary;
use crate::{Column, End, Error, Fingerprint, Sample, Trace};

/// Whatever makes steps: the one thing that the engine runs, records, resumes and sweeps.
///
/// Implement it for a system of your own; methods added later will have defaults. All randomness
/// belongs to the state, so that a resumed run goes on bit for bit.
///
/// ```
/// use drift_engine::{Column, Error, Fingerprint, Plan, Sample, Sampling, Simulation, System, state};
///
/// /// A pendulum, in radians and seconds.
/// struct Pendulum { angle: f64, speed: f64, step: f64 }
///
/// impl System for Pendulum {
///     fn columns(&self) -> Vec<Column> {
///         vec![Column::new("angle", "rad", "angle from the vertical")]
///     }
///     fn step(&mut self) -> f64 {
///         self.speed -= self.step * 9.81 * self.angle.sin();
///         self.angle += self.step * self.speed;
///         0.5 * self.speed * self.speed - 9.81 * self.angle.cos()
///     }
///     fn sample(&mut self, _step: u64, sample: &mut Sample) -> Result<Option<drift_engine::End>, Error> {
///         sample.set("angle", self.angle);
///         Ok(None)
///     }
///     fn state(&self) -> Option<Vec<u8>> {
///         Some(state::save(&(self.angle, self.speed)))
///     }
///     fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
///         (self.angle, self.speed) = state::load(state)?;
///         Ok(())
///     }
///     fn fingerprint(&self) -> Fingerprint {
///         Fingerprint::new().text("pendulum").numbers(&[self.step])
///     }
/// }
///
/// let pendulum = Pendulum { angle: 0.1, speed: 0.0, step: 1e-3 };
/// let mut simulation = Simulation::new(pendulum, Plan::new(10_000, Sampling::linear(11))?)?;
/// assert_eq!(simulation.run(&mut ())?.to_string(), "completed 10000 steps");
/// assert!(simulation.trace().column("angle").all(|angle| angle.unwrap().abs() < 0.101));
/// # Ok::<(), Error>(())
/// ```
pub trait System: Send {
    /// What a sample holds: the same columns in the same order for as long as the system lives.
    fn columns(&self) -> Vec<Column>;

    /// Makes one step, and returns the number that progress shows (a loss, an energy). Called in
    /// the innermost loop: it should allocate nothing.
    fn step(&mut self) -> f64;

    /// The largest number that [`step`](Self::step) may return without [`check`](Self::check)
    /// being asked; NaN always asks. Default: any finite number.
    fn alarm(&self) -> f64 {
        f64::MAX
    }

    /// Whether the run ends after this step, which returned `loss`, above
    /// [`alarm`](Self::alarm) or NaN. Default: where it is NaN or infinite.
    ///
    /// # Errors
    /// What a step could not say.
    fn check(&mut self, step: u64, loss: f64) -> Result<Option<End>, Error> {
        Ok((!loss.is_finite()).then(|| End::not_finite(step)))
    }

    /// Takes the measures after `step` steps, and says whether the run ends with them.
    ///
    /// # Errors
    /// What a measure refuses.
    fn sample(&mut self, step: u64, sample: &mut Sample) -> Result<Option<End>, Error>;

    /// The vectors that are recorded beside the samples. Default: none.
    fn series(&self) -> Vec<Series> {
        Vec::new()
    }

    /// The vector of series `index` at the sample just taken, after `step` steps; `None` where
    /// this sample has none.
    fn vector(&self, index: usize, step: u64) -> Option<Cow<'_, [f64]>> {
        let _ = (index, step);
        None
    }

    /// Everything that later steps depend on ([`state::save`](crate::state::save) makes bytes of
    /// it); `None` where it cannot be stored and the run is about to end.
    fn state(&self) -> Option<Vec<u8>>;

    /// Goes to a state.
    ///
    /// # Errors
    /// Where the bytes are not a state of this system, which is then unchanged.
    fn restore(&mut self, state: &[u8]) -> Result<(), Error>;

    /// Of settings and data: a state goes back only onto those that it came from. Asked for before
    /// the first step. Default: of the state then, which is right where that holds the settings.
    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new().bytes(&self.state().unwrap_or_default())
    }

    /// Writes what a run's directory holds beside the record, such as a data set. Default:
    /// nothing.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn write_data(&self, directory: &Path) -> Result<(), Error> {
        let _ = directory;
        Ok(())
    }

    /// The run in numbers and curves, for the table of a sweep. Default: the first and the last
    /// value of every column.
    ///
    /// # Errors
    /// What a summary refuses.
    fn summary(&self, trace: &Trace) -> Result<Summary, Error> {
        Ok(Summary::of(trace))
    }
}

/// A series of vectors, one a sample or fewer, recorded beside a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Series {
    /// The file: `NAME.bin` while a run goes on, `NAME.npz` when it stops or ends.
    pub name: String,
    /// The array in the file, beside `step`.
    pub entries: String,
    /// Entries of a vector.
    pub width: usize,
    /// Whether every processor gives the same bits ([`Column::portable`]).
    pub portable: bool,
}

impl Series {
    /// Vectors of `width` entries that every processor gives with the same bits.
    pub fn new(name: impl Into<String>, entries: impl Into<String>, width: usize) -> Self {
        Self {
            name: name.into(),
            entries: entries.into(),
            width,
            portable: true,
        }
    }

    /// The same with numbers whose last bits may differ between machines.
    #[must_use]
    pub fn not_portable(mut self) -> Self {
        self.portable = false;
        self
    }

    /// Refuses a vector of another width than was announced.
    pub(crate) fn check(&self, vector: &[f64]) -> Result<(), Error> {
        let (found, expected) = (vector.len(), self.width);
        let field = format!("entries of a vector of {}", self.name);
        Error::unless(found == expected, field, found, expected.to_string())
    }
}

impl<S: System + ?Sized> System for Box<S> {
    fn columns(&self) -> Vec<Column> {
        (**self).columns()
    }

    #[inline]
    fn step(&mut self) -> f64 {
        (**self).step()
    }

    fn alarm(&self) -> f64 {
        (**self).alarm()
    }

    fn check(&mut self, step: u64, loss: f64) -> Result<Option<End>, Error> {
        (**self).check(step, loss)
    }

    fn sample(&mut self, step: u64, sample: &mut Sample) -> Result<Option<End>, Error> {
        (**self).sample(step, sample)
    }

    fn series(&self) -> Vec<Series> {
        (**self).series()
    }

    fn vector(&self, index: usize, step: u64) -> Option<Cow<'_, [f64]>> {
        (**self).vector(index, step)
    }

    fn state(&self) -> Option<Vec<u8>> {
        (**self).state()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        (**self).restore(state)
    }

    fn fingerprint(&self) -> Fingerprint {
        (**self).fingerprint()
    }

    fn write_data(&self, directory: &Path) -> Result<(), Error> {
        (**self).write_data(directory)
    }

    fn summary(&self, trace: &Trace) -> Result<Summary, Error> {
        (**self).summary(trace)
    }
}
