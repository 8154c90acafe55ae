use nalgebra::DMatrixView;

use super::columns::Columns;
use super::kernels::Mismatch;
use super::settings::size;
use crate::check::{length, not_negative};
use crate::{Error, SimdLevel};

/// Mean of (xₛ·xₜ − α − yₛ·yₜ)² over all pairs s, t of samples: what similarity matching
/// minimises, for inputs X (samples × channels) and responses Y (samples × units).
///
/// The published code has no loss; this is the paper's objective without its regularisers.
///
/// # Errors
/// [`Error::LengthMismatch`] where the samples differ in number, [`Error::OutOfRange`] for an α
/// that is negative or not finite, for no samples, channels or units, or more than 16 384,
/// [`Error::Simd`] where `DRIFT_SIMD` names no instruction set of this machine.
pub fn similarity_matching_loss(
    inputs: DMatrixView<'_, f64>,
    responses: DMatrixView<'_, f64>,
    similarity_offset: f64,
) -> Result<f64, Error> {
    let samples = inputs.nrows();
    length("samples of the responses", responses.nrows(), samples)?;
    size("samples", samples)?;
    size("channels", inputs.ncols())?;
    size("units", responses.ncols())?;
    not_negative("similarity_offset", similarity_offset)?;
    let sum = SimdLevel::selected()?.run(Mismatch {
        inputs: Columns::from_matrix(inputs).blocks(),
        responses: Columns::from_matrix(responses).blocks(),
        samples,
        channels: inputs.ncols(),
        units: responses.ncols(),
        similarity_offset,
    });
    Ok(sum / (samples as f64).powi(2))
}

/// When a unit counts as active.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct ActiveUnits {
    /// Response that counts; finite, ≥ 0.
    pub above: f64,
    /// Active are units whose responses to more than so many recorded inputs count.
    pub more_than: usize,
}

impl ActiveUnits {
    /// Ring: a peak response above 0.05.
    #[must_use]
    pub fn ring() -> Self {
        Self {
            above: 0.05,
            more_than: 0,
        }
    }

    /// Place: responses above 0.1 at more than 3 positions.
    #[must_use]
    pub fn place() -> Self {
        Self {
            above: 0.1,
            more_than: 3,
        }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        not_negative("above", self.above)
    }

    /// Which units are active, of responses (samples × units).
    #[must_use]
    pub fn active(&self, responses: DMatrixView<'_, f64>) -> Vec<bool> {
        responses
            .column_iter()
            .map(|unit| unit.iter().filter(|&&value| value > self.above).count() > self.more_than)
            .collect()
    }

    /// Fraction of active units, of responses (samples × units); 0 of no units.
    #[must_use]
    pub fn fraction(&self, responses: DMatrixView<'_, f64>) -> f64 {
        let count = self.active(responses).into_iter().filter(|&is| is).count();
        count as f64 / responses.ncols().max(1) as f64
    }
}

/// Pearson correlation across units between two sets of responses (samples × units), a sample a
/// value. `None` where one of the population vectors is constant, as a silent one is.
///
/// # Errors
/// [`Error::LengthMismatch`] where shapes differ.
pub fn population_vector_correlations(
    first: DMatrixView<'_, f64>,
    second: DMatrixView<'_, f64>,
) -> Result<Vec<Option<f64>>, Error> {
    length("samples", second.nrows(), first.nrows())?;
    length("units", second.ncols(), first.ncols())?;
    let units = first.ncols() as f64;
    let pairs = first.row_iter().zip(second.row_iter());
    Ok(pairs
        .map(|(a, b)| {
            let (mean_a, mean_b) = (a.iter().sum::<f64>() / units, b.iter().sum::<f64>() / units);
            let (mut aa, mut bb, mut ab) = (0.0f64, 0.0f64, 0.0);
            for (&a, &b) in a.iter().zip(b.iter()) {
                let (a, b) = (a - mean_a, b - mean_b);
                aa += a * a;
                bb += b * b;
                ab += a * b;
            }
            let norm = aa.sqrt() * bb.sqrt();
            (norm > 0.0).then(|| (ab / norm).clamp(-1.0, 1.0))
        })
        .collect())
}

/// Mean of [`population_vector_correlations`] over the samples that have one; `None` without any.
///
/// # Errors
/// As there.
pub fn population_vector_correlation(
    first: DMatrixView<'_, f64>,
    second: DMatrixView<'_, f64>,
) -> Result<Option<f64>, Error> {
    let all = population_vector_correlations(first, second)?;
    let known: Vec<f64> = all.into_iter().flatten().collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    Ok((!known.is_empty()).then_some(mean))
}
