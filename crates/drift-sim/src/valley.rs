use std::borrow::Cow;

use drift_engine::{Column, End, Error, Sample, Series};
use drift_learn::{Loss, LossGradient, Valley};

use crate::scenario::SpectrumSpec;
use crate::sharpness;
use crate::spectrum::{self, Spectra};
use crate::training::Problem;

/// The valley of Figure 5A with the spectrum of its 2 × 2 Hessian.
#[derive(Debug, Clone)]
pub(crate) struct ValleyProblem {
    spectra: Spectra,
    /// The steps at which the largest eigenvalue is.
    largest_at: Vec<u64>,
}

impl ValleyProblem {
    pub(crate) fn new(spectrum: SpectrumSpec, points: &[u64]) -> Self {
        Self {
            largest_at: spectrum.places_of_largest(points),
            spectra: Spectra::new(spectrum, points),
        }
    }
}

impl Loss for ValleyProblem {
    fn dimension(&self) -> usize {
        Valley.dimension()
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        Valley.loss(parameters)
    }
}

impl LossGradient for ValleyProblem {
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        Valley.loss_gradient(parameters, gradient)
    }
}

impl Problem for Valley {}

impl Problem for ValleyProblem {
    fn columns(&self) -> Vec<Column> {
        self.spectra.columns()
    }

    fn measure(
        &mut self,
        parameters: &[f64],
        step: u64,
        sample: &mut Sample,
    ) -> Result<Option<End>, Error> {
        let is_finite = sample.get("loss").is_some_and(f64::is_finite);
        if is_finite && self.largest_at.binary_search(&step).is_ok() {
            let eigenvalues = spectrum::eigenvalues_of_valley(parameters)?;
            sample.set(sharpness::LARGEST, eigenvalues[eigenvalues.len() - 1]);
        }
        if is_finite && self.spectra.is_at(step) {
            let (spectrum, eigenvalues) = spectrum::of_valley(parameters, &self.spectra.spec)?;
            spectrum.write(sample);
            self.spectra.eigenvalues = eigenvalues;
        }
        Ok(None)
    }

    fn series(&self) -> Vec<Series> {
        self.spectra.series("eigenvalues", 2)
    }

    fn vector(&self, _index: usize, step: u64) -> Option<Cow<'_, [f64]>> {
        self.spectra.vector(step)
    }
}
