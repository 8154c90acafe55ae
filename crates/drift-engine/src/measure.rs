use std::borrow::Cow;
use std::path::Path;

use crate::sweep::Summary;
use crate::{Column, End, Error, Fingerprint, Moment, Sample, Series, System, Trace, state};

/// One or more named numbers taken from a system at every sampling point, beside its own.
///
/// It is yours to implement, and methods added later will have defaults. A measure that remembers
/// earlier moments (a correlation with the first, say) keeps them in its state.
pub trait Measure<S: ?Sized>: Send {
    /// What it measures: the same columns in the same order for as long as it lives.
    fn columns(&self) -> Vec<Column>;

    /// One value a column; `None` where there is none.
    ///
    /// # Errors
    /// What cannot be measured.
    fn take(&mut self, moment: &Moment<'_, S>) -> Result<Vec<Option<f64>>, Error>;

    /// What later values depend on. Default: nothing.
    fn state(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Goes to a state.
    ///
    /// # Errors
    /// Where the bytes are no state of this measure.
    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        let _ = state;
        Ok(())
    }
}

/// A measure of one number from a closure.
struct FromClosure<F> {
    column: Column,
    closure: F,
}

impl<S: ?Sized, F> Measure<S> for FromClosure<F>
where
    F: FnMut(&Moment<'_, S>) -> Option<f64> + Send,
{
    fn columns(&self) -> Vec<Column> {
        vec![self.column.clone()]
    }

    fn take(&mut self, moment: &Moment<'_, S>) -> Result<Vec<Option<f64>>, Error> {
        Ok(vec![(self.closure)(moment)])
    }
}

/// A system with measures beside its own: a system again.
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
/// let squares = Measured::new(Count(0)).with_closure(
///     Column::new("square", "", "square of the count"),
///     |moment: &Moment<'_, Count>| Some((moment.system.0 * moment.system.0) as f64),
/// );
/// let mut simulation = Simulation::new(squares, Plan::new(4, Sampling::linear(5))?)?;
/// simulation.run(&mut ())?;
/// assert_eq!(simulation.trace().last().unwrap().get("square"), Some(16.0));
/// # Ok::<(), Error>(())
/// ```
pub struct Measured<S> {
    system: S,
    /// Columns of the system itself.
    own: usize,
    measures: Vec<Box<dyn Measure<S>>>,
}

impl<S: System> Measured<S> {
    /// The system without further measures.
    pub fn new(system: S) -> Self {
        Self {
            own: system.columns().len(),
            system,
            measures: Vec::new(),
        }
    }

    /// The same with one more measure.
    #[must_use]
    pub fn with(mut self, measure: Box<dyn Measure<S>>) -> Self {
        self.measures.push(measure);
        self
    }

    /// The same with a measure of one number.
    #[must_use]
    pub fn with_closure<F>(self, column: Column, closure: F) -> Self
    where
        F: FnMut(&Moment<'_, S>) -> Option<f64> + Send + 'static,
    {
        self.with(Box::new(FromClosure { column, closure }))
    }

    /// The system that is measured.
    pub fn system(&self) -> &S {
        &self.system
    }
}

impl<S: System + std::fmt::Debug> std::fmt::Debug for Measured<S> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Measured")
            .field("system", &self.system)
            .field("measures", &self.measures.len())
            .finish()
    }
}

impl<S: System> System for Measured<S> {
    fn columns(&self) -> Vec<Column> {
        let mut columns = self.system.columns();
        columns.extend(self.measures.iter().flat_map(|measure| measure.columns()));
        columns
    }

    #[inline]
    fn step(&mut self) -> f64 {
        self.system.step()
    }

    fn alarm(&self) -> f64 {
        self.system.alarm()
    }

    fn check(&mut self, step: u64, loss: f64) -> Result<Option<End>, Error> {
        self.system.check(step, loss)
    }

    fn sample(&mut self, step: u64, sample: &mut Sample) -> Result<Option<End>, Error> {
        let end = self.system.sample(step, sample)?;
        let moment = Moment {
            step,
            sample,
            system: &self.system,
        };
        let mut values = Vec::new();
        for measure in &mut self.measures {
            let taken = measure.take(&moment)?;
            let columns = measure.columns();
            Error::unless(
                taken.len() == columns.len(),
                format!("values of the measure of {}", names(&columns)),
                taken.len(),
                format!("{}, one a column", columns.len()),
            )?;
            values.extend(columns.into_iter().zip(taken));
        }
        for (column, value) in values {
            sample.put(&column.name, value)?;
        }
        Ok(end)
    }

    fn series(&self) -> Vec<Series> {
        self.system.series()
    }

    fn vector(&self, index: usize, step: u64) -> Option<Cow<'_, [f64]>> {
        self.system.vector(index, step)
    }

    /// Without measures it is the system's own, as are the fingerprint and the columns.
    fn state(&self) -> Option<Vec<u8>> {
        if self.measures.is_empty() {
            return self.system.state();
        }
        let system = self.system.state()?;
        let measures: Vec<Vec<u8>> = self.measures.iter().map(|m| m.state()).collect();
        Some(state::save(&(system, measures)))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.measures.is_empty() {
            return self.system.restore(bytes);
        }
        let (system, measures): (Vec<u8>, Vec<Vec<u8>>) = state::load(bytes)?;
        let (found, expected) = (measures.len(), self.measures.len());
        let field = "measures of the state";
        Error::unless(found == expected, field, found, expected.to_string())?;
        self.system.restore(&system)?;
        for (measure, state) in self.measures.iter_mut().zip(&measures) {
            measure.restore(state)?;
        }
        Ok(())
    }

    fn fingerprint(&self) -> Fingerprint {
        if self.measures.is_empty() {
            return self.system.fingerprint();
        }
        let columns = self.columns();
        self.system.fingerprint().text(&names(&columns[self.own..]))
    }

    fn write_data(&self, directory: &Path) -> Result<(), Error> {
        self.system.write_data(directory)
    }

    fn summary(&self, trace: &Trace) -> Result<Summary, Error> {
        let own = self.system.summary(trace)?;
        let mut all = Summary::of(trace);
        let added: Vec<String> = self.columns()[self.own..]
            .iter()
            .flat_map(|column| Summary::names_of(&column.name))
            .collect();
        let known = |name: &String| own.numbers.iter().any(|(known, _)| known == name);
        all.numbers
            .retain(|(name, _)| added.contains(name) && !known(name));
        Ok(own.and(all))
    }
}

fn names(columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    names.join(", ")
}
