use std::borrow::Cow;

use drift_engine::{Column, Sample, Series};
use drift_env::Dataset;
use drift_learn::Valley;
use drift_metrics::spectrum::{Tolerance, fraction_nonzero, log_sum};
use drift_net::{
    Activation, Hessian, HessianOperator, Network, Spectrum, SymmetricMatrix,
    published_expected_count,
};
use nalgebra::DMatrix;

use crate::Error;
use crate::scenario::{SpectrumKind, SpectrumSpec};
use crate::sharpness::Sharpness;

/// The spectra that a run asks for: when, and the eigenvalues of the last.
#[derive(Debug, Clone)]
pub(crate) struct Spectra {
    pub(crate) spec: SpectrumSpec,
    at: Vec<u64>,
    /// Ascending; empty before the first, and where only the trace is asked for.
    pub(crate) eigenvalues: Vec<f64>,
}

impl Spectra {
    pub(crate) fn new(spec: SpectrumSpec, points: &[u64]) -> Self {
        Self {
            at: spec.places(points),
            spec,
            eigenvalues: Vec::new(),
        }
    }

    /// Whether step `step` asks for one.
    pub(crate) fn is_at(&self, step: u64) -> bool {
        self.at.binary_search(&step).is_ok()
    }

    /// The columns of a trace: the largest eigenvalue, and those of spectra where there are any.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let mut columns = vec![Sharpness::column()];
        if self.spec.samples > 0 {
            columns.extend(SpectrumSample::columns());
        }
        columns
    }

    /// The series of the eigenvalues, `width` of them.
    pub(crate) fn series(&self, entries: &str, width: usize) -> Vec<Series> {
        let asked = self.spec.samples > 0 && self.spec.kind != SpectrumKind::Trace;
        let series = Series::new("spectra", entries, width).not_portable();
        asked.then_some(series).into_iter().collect()
    }

    /// The eigenvalues at the sample just taken.
    pub(crate) fn vector(&self, step: u64) -> Option<Cow<'_, [f64]>> {
        (self.is_at(step) && !self.eigenvalues.is_empty())
            .then_some(Cow::Borrowed(&self.eigenvalues))
    }
}

/// Measures of the spectrum of the clean loss's Hessian.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct SpectrumSample {
    /// Sum of all eigenvalues.
    pub trace: f64,
    /// Largest eigenvalue; absent where only the trace was asked for.
    pub max: Option<f64>,
    /// Sum of the logarithms of the eigenvalues above the tolerance.
    pub log_pseudo_determinant: Option<f64>,
    /// Share of eigenvalues whose magnitude is above the tolerance.
    pub nonzero_fraction: Option<f64>,
    /// Share that the published "> 0" would count, half of the rounding noise of living units
    /// among them: for comparison with the published column only.
    pub published_nonzero_fraction: Option<f64>,
}

impl SpectrumSample {
    /// The columns of a trace that has spectra, beside that of the largest eigenvalue.
    pub(crate) fn columns() -> Vec<Column> {
        [
            ("hessian_trace", "trace of the Hessian of the clean loss"),
            (
                "log_pseudo_determinant",
                "sum of the logarithms of its eigenvalues above the tolerance",
            ),
            (
                "nonzero_fraction",
                "share of its eigenvalues above the tolerance in magnitude",
            ),
            (
                "published_nonzero_fraction",
                "share of its eigenvalues that the published count takes for positive",
            ),
        ]
        .map(|(name, meaning)| Column::new(name, "", meaning).not_portable())
        .to_vec()
    }

    /// Writes them.
    pub(crate) fn write(&self, sample: &mut Sample) {
        sample.set("hessian_trace", self.trace);
        sample.set("log_pseudo_determinant", self.log_pseudo_determinant);
        sample.set("nonzero_fraction", self.nonzero_fraction);
        sample.set(
            "published_nonzero_fraction",
            self.published_nonzero_fraction,
        );
    }
}

fn trace_only(trace: f64) -> SpectrumSample {
    SpectrumSample {
        trace,
        ..SpectrumSample::default()
    }
}

/// The spectrum of the clean loss's Hessian at a network's parameters: its measures, and the
/// eigenvalues, ascending (none where only the trace was asked for).
pub(crate) fn of_network(
    network: &Network,
    dataset: &Dataset,
    spec: &SpectrumSpec,
) -> Result<(SpectrumSample, Vec<f64>), Error> {
    let (inputs, targets) = (dataset.inputs().as_view(), dataset.targets().as_view());
    let tolerance = spec.tolerance;
    let of = |spectrum: Spectrum| -> Result<_, Error> {
        let published = spectrum.published_expected_count(tolerance)?;
        let eigenvalues = spectrum.into_eigenvalues();
        Ok((summary(&eigenvalues, published, tolerance)?, eigenvalues))
    };
    if network.activation() != Activation::Relu || network.shape().layers() > 1 {
        let operator = HessianOperator::at(network, inputs, targets)?;
        return match spec.kind {
            SpectrumKind::Trace => Ok((trace_only(operator.trace()), Vec::new())),
            SpectrumKind::GaussNewton => of(operator.gauss_newton_spectrum()?),
            SpectrumKind::Exact => of(operator.spectrum()?),
        };
    }
    let hessian = Hessian::at(network, inputs, targets)?;
    match spec.kind {
        SpectrumKind::Trace => Ok((trace_only(hessian.trace()), Vec::new())),
        SpectrumKind::GaussNewton => of(hessian.gauss_newton_spectrum()?),
        SpectrumKind::Exact => of(hessian.spectrum()?),
    }
}

/// The eigenvalues of the valley's 2 × 2 Hessian, ascending.
pub(crate) fn eigenvalues_of_valley(point: &[f64]) -> Result<Vec<f64>, Error> {
    let hessian = Valley::hessian([point[0], point[1]]);
    let matrix = DMatrix::from_fn(2, 2, |row, column| hessian[row][column]);
    Ok(SymmetricMatrix::from_lower(&matrix)?.into_eigenvalues()?)
}

/// The spectrum of the valley, as [`of_network`].
pub(crate) fn of_valley(
    point: &[f64],
    spec: &SpectrumSpec,
) -> Result<(SpectrumSample, Vec<f64>), Error> {
    if spec.kind == SpectrumKind::Trace {
        let hessian = Valley::hessian([point[0], point[1]]);
        return Ok((trace_only(hessian[0][0] + hessian[1][1]), Vec::new()));
    }
    let eigenvalues = eigenvalues_of_valley(point)?;
    let published = published_expected_count(&eigenvalues, 2, spec.tolerance)?;
    Ok((
        summary(&eigenvalues, published, spec.tolerance)?,
        eigenvalues,
    ))
}

/// Sums over a spectrum of which the published count expects `published` to be positive.
fn summary(eigenvalues: &[f64], published: f64, tolerance: f64) -> Result<SpectrumSample, Error> {
    let tolerance = Tolerance::Absolute(tolerance);
    let log_sum = log_sum(eigenvalues, tolerance)?;
    Ok(SpectrumSample {
        trace: eigenvalues.iter().sum(),
        max: eigenvalues.iter().copied().reduce(f64::max),
        log_pseudo_determinant: Some(log_sum.value),
        nonzero_fraction: Some(fraction_nonzero(eigenvalues, tolerance)?),
        published_nonzero_fraction: Some(published / eigenvalues.len() as f64),
    })
}
