use std::borrow::Cow;

use drift_engine::{Column, Sample};
use drift_env::Dataset;
use drift_learn::Valley;
use drift_metrics::spectrum::{Tolerance, fraction_nonzero, log_sum};
use drift_metrics::{
    BinEdges, BinnedPositions, Direction, RateMap, Unvisited, information, rate_map,
    signed_position,
};
use drift_net::{
    Activation, Hessian, HessianOperator, Network, Spectrum, published_expected_count,
};
use nalgebra::DMatrix;

use crate::Error;
use crate::scenario::{MeasuresSpec, SpectrumKind, SpectrumSpec};

/// How hidden activity becomes rate maps: one set of bins an environment, in the paper's way
/// (position signed by direction of motion, equal bins between the extremes, unvisited bins 0).
/// Maps are of [`Activation::rate`], which is the hidden activity itself for ReLU and softplus.
#[derive(Debug, Clone)]
pub struct Mapping {
    environments: Vec<Environment>,
    samples: usize,
    measures: MeasuresSpec,
    activation: Activation,
    in_plane: bool,
}

#[derive(Debug, Clone)]
struct Environment {
    rows: Vec<usize>,
    positions: BinnedPositions,
}

impl Mapping {
    /// The bins for a data set; `None` where it has no positions, or an agent that never moves.
    ///
    /// # Errors
    /// [`Error::Metrics`] for bins that cannot be made.
    pub fn new(dataset: &Dataset, measures: MeasuresSpec) -> Result<Option<Self>, Error> {
        let Some(position) = dataset.position() else {
            return Ok(None);
        };
        let bins = measures.plane_bins;
        let plane = dataset.across().map(|across| (across, bins));
        let mut numbers = dataset.environment().to_vec();
        numbers.sort_unstable();
        numbers.dedup();
        let mut environments = Vec::new();
        for number in numbers {
            let rows: Vec<usize> = (0..dataset.samples())
                .filter(|&row| dataset.environment()[row] == number)
                .collect();
            let here: Vec<f64> = rows.iter().map(|&row| position[row]).collect();
            if here.iter().all(|&position| position == here[0]) {
                continue;
            }
            let positions = match plane {
                Some((across, bins)) => {
                    let across: Vec<f64> = rows.iter().map(|&row| across[row]).collect();
                    let edges = [&here, &across].map(|along| BinEdges::spanning(along, bins));
                    let [x, y] = edges;
                    BinnedPositions::in_plane(&x?, &y?, &here, &across)?
                }
                None => {
                    let signed = signed_position(&here)?;
                    BinEdges::spanning(&signed, measures.bins)?.assign(&signed)
                }
            };
            environments.push(Environment { rows, positions });
        }
        Ok((!environments.is_empty()).then_some(Self {
            environments,
            samples: dataset.samples(),
            in_plane: plane.is_some(),
            measures,
            activation: Activation::Relu,
        }))
    }

    /// Bins along each side of a plane; `None` on a line. Bin `b` of a map is then bin
    /// `b / plane` along x and `b % plane` along y.
    #[must_use]
    pub fn plane(&self) -> Option<usize> {
        self.in_plane.then_some(self.measures.plane_bins)
    }

    /// The same bins for networks with another activation function than the ReLU.
    #[must_use]
    pub fn with_activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// How many environments have maps.
    #[must_use]
    pub fn environments(&self) -> usize {
        self.environments.len()
    }

    /// Unsmoothed rate maps (bins × units) of one environment, of `hidden` (samples × units).
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where `hidden` has another number of samples than the data set,
    /// [`Error::Metrics`] where it is not finite.
    ///
    /// # Panics
    /// Where there is no such environment.
    pub fn rate_map(&self, hidden: &DMatrix<f64>, environment: usize) -> Result<RateMap, Error> {
        if hidden.nrows() != self.samples {
            return Err(Error::ShapeMismatch {
                field: "samples of hidden activity".to_owned(),
                found: hidden.nrows(),
                expected: self.samples,
            });
        }
        let Environment { rows, positions } = &self.environments[environment];
        let rates = match self.activation {
            Activation::Relu => Cow::Borrowed(hidden),
            other => Cow::Owned(hidden.map(|activity| other.rate(activity))),
        };
        let hidden = rates.as_ref();
        let map = if rows.len() == hidden.nrows() {
            rate_map::rate_map_of(positions, hidden.as_view())?
        } else {
            rate_map::rate_map_of(positions, hidden.select_rows(rows).as_view())?
        };
        let map = map.with_unvisited(Unvisited::Zero);
        Ok(if self.in_plane {
            map
        } else {
            map.with_direction(Direction::Signed)
        })
    }

    /// Mean spatial information over all place units, and how many units are place units in at
    /// least one environment.
    pub(crate) fn information(&self, hidden: &DMatrix<f64>) -> Result<(Option<f64>, usize), Error> {
        let mut of_place_units = Vec::new();
        let mut is_place = vec![false; hidden.ncols()];
        for environment in 0..self.environments.len() {
            let map = self.rate_map(hidden, environment)?;
            let bits = information::spatial_information(&map)?;
            let place = rate_map::place_units(&bits, self.measures.place_threshold);
            for (unit, _) in place.iter().enumerate().filter(|(_, place)| **place) {
                of_place_units.push(bits[unit]);
                is_place[unit] = true;
            }
        }
        let mean = information::mean_information(&of_place_units);
        Ok((
            (!of_place_units.is_empty()).then_some(mean),
            is_place.into_iter().filter(|&place| place).count(),
        ))
    }
}

/// Measures of the spectrum of the clean loss's Hessian.
#[derive(Debug, Clone, Copy, PartialEq)]
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
        max: None,
        log_pseudo_determinant: None,
        nonzero_fraction: None,
        published_nonzero_fraction: None,
    }
}

/// The spectrum of the clean loss's Hessian at a network's parameters: its measures, and the
/// eigenvalues, ascending (none where only the trace was asked for).
pub(crate) fn network_spectrum(
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

fn hessian_of_valley(point: &[f64]) -> nalgebra::Matrix2<f64> {
    let hessian = Valley::hessian([point[0], point[1]]);
    nalgebra::Matrix2::from_fn(|row, column| hessian[row][column])
}

/// The larger eigenvalue of the valley's Hessian.
pub(crate) fn largest_of_valley(point: &[f64]) -> f64 {
    hessian_of_valley(point).symmetric_eigenvalues().max()
}

/// The spectrum of the valley's 2 × 2 Hessian, as [`network_spectrum`].
pub(crate) fn valley_spectrum(
    point: &[f64],
    spec: &SpectrumSpec,
) -> Result<(SpectrumSample, Vec<f64>), Error> {
    let matrix = hessian_of_valley(point);
    if spec.kind == SpectrumKind::Trace {
        return Ok((trace_only(matrix.trace()), Vec::new()));
    }
    let mut eigenvalues = matrix.symmetric_eigenvalues().as_slice().to_vec();
    eigenvalues.sort_by(f64::total_cmp);
    let published = published_expected_count(&eigenvalues, 2, spec.tolerance)?;
    Ok((
        summary(&eigenvalues, published, spec.tolerance)?,
        eigenvalues,
    ))
}

/// Sums over a spectrum of which the published count expects `published` to be positive.
fn summary(eigenvalues: &[f64], published: f64, tolerance: f64) -> Result<SpectrumSample, Error> {
    let log_sum = log_sum(eigenvalues, Tolerance::Absolute(tolerance))?;
    Ok(SpectrumSample {
        trace: eigenvalues.iter().sum(),
        max: eigenvalues.iter().copied().reduce(f64::max),
        log_pseudo_determinant: Some(log_sum.value),
        nonzero_fraction: Some(fraction_nonzero(
            eigenvalues,
            Tolerance::Absolute(tolerance),
        )?),
        published_nonzero_fraction: Some(published / eigenvalues.len() as f64),
    })
}
