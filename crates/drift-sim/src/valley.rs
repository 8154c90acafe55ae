use std::borrow::Cow;

use drift_engine::{Column, End, Error, Sample, Series};
use drift_learn::{Loss, LossGradient, Valley};

use crate::measure::{SpectrumSample, largest_of_valley, valley_spectrum};
use crate::scenario::{SpectrumKind, SpectrumSpec};
use crate::sharpness::{self, Sharpness};
use crate::training::Problem;

/// The valley of Figure 5A with the spectrum of its 2 × 2 Hessian.
#[derive(Debug, Clone)]
pub(crate) struct ValleyProblem {
    spectrum: SpectrumSpec,
    /// The steps at which the spectrum is measured.
    spectrum_at: Vec<u64>,
    /// Those at which the largest eigenvalue is.
    largest_at: Vec<u64>,
    eigenvalues: Vec<f64>,
}

impl ValleyProblem {
    pub(crate) fn new(spectrum: SpectrumSpec, points: &[u64]) -> Self {
        Self {
            spectrum_at: spectrum.places(points),
            largest_at: spectrum.places_of_largest(points),
            spectrum,
            eigenvalues: Vec::new(),
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
        let mut columns = vec![Sharpness::column()];
        if self.spectrum.samples > 0 {
            columns.extend(SpectrumSample::columns());
        }
        columns
    }

    fn measure(
        &mut self,
        parameters: &[f64],
        step: u64,
        sample: &mut Sample,
    ) -> Result<Option<End>, Error> {
        let is_finite = sample.get("loss").is_some_and(f64::is_finite);
        if is_finite && self.largest_at.binary_search(&step).is_ok() {
            sample.set(sharpness::LARGEST, largest_of_valley(parameters));
        }
        if is_finite && self.spectrum_at.binary_search(&step).is_ok() {
            let (spectrum, eigenvalues) = valley_spectrum(parameters, &self.spectrum)?;
            spectrum.write(sample);
            self.eigenvalues = eigenvalues;
        }
        Ok(None)
    }

    fn series(&self) -> Vec<Series> {
        let asked = self.spectrum.samples > 0 && self.spectrum.kind != SpectrumKind::Trace;
        let series = Series::new("spectra", "eigenvalues", 2).not_portable();
        asked.then_some(series).into_iter().collect()
    }

    fn vector(&self, _index: usize, step: u64) -> Option<Cow<'_, [f64]>> {
        let is_here = self.spectrum_at.binary_search(&step).is_ok();
        (is_here && !self.eigenvalues.is_empty()).then_some(Cow::Borrowed(&self.eigenvalues))
    }
}
