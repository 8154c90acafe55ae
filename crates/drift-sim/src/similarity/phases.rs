use drift_engine::SeriesRecord;
use drift_metrics::phases::{CorrelationCurve, Curves, PhaseOptions, Phases, find_phases_with};
use nalgebra::{DMatrix, DMatrixView};

use crate::scenario::TaskSpec;
use crate::{Error, RunRecord};

/// The responses that a run of similarity matching kept.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Responses {
    /// Steps done at the records (k), evenly spaced.
    pub steps: Vec<u64>,
    /// (k × inputs·units).
    values: DMatrix<f64>,
    inputs: usize,
    is_linear: bool,
}

impl Responses {
    /// Records that are read at most: correlations of all pairs take the square of their number.
    pub const MOST: usize = 1000;

    /// Reads the responses of a run, at most [`MOST`](Self::MOST) evenly spaced records of them;
    /// `None` of a run that is not of similarity matching.
    ///
    /// # Errors
    /// [`Error::Engine`] where a file is damaged or does not fit the scenario.
    pub fn read(record: &RunRecord) -> Result<Option<Self>, Error> {
        let (inputs, is_linear) = match &record.scenario.spec().task {
            TaskSpec::SimilarityMatching(settings) => (settings.inputs.recorded()?.nrows(), false),
            TaskSpec::PrincipalSubspace(settings) => (settings.network.variances.len(), true),
            _ => return Ok(None),
        };
        let SeriesRecord { steps, values, .. } = record.thinned("responses", Self::MOST)?;
        if !values.ncols().is_multiple_of(inputs) {
            return Err(drift_engine::Error::corrupt(
                record.directory().join("responses"),
                format!(
                    "{} responses a record; expected as many for each of {inputs} inputs",
                    values.ncols()
                ),
            )
            .into());
        }
        Ok(Some(Self {
            steps,
            values,
            inputs,
            is_linear,
        }))
    }

    /// Responses (inputs × units) of the record at `index` of [`steps`](Self::steps).
    ///
    /// # Panics
    /// Where there is no such record.
    #[must_use]
    pub fn at(&self, index: usize) -> DMatrix<f64> {
        let row = self.values.row(index);
        let units = self.values.ncols() / self.inputs;
        DMatrix::from_iterator(self.inputs, units, row.iter().copied())
    }
}

/// Correlation of all pairs of kept responses (k × k): the mean over inputs of Pearson's
/// correlation across units, over the inputs for which both population vectors vary; NaN without
/// any. In the linear network the cosine of the two response maps.
#[must_use]
pub fn correlation(responses: &Responses) -> DMatrix<f64> {
    let records = responses.steps.len();
    let linear = responses.is_linear;
    let vectors = if linear { 1 } else { responses.inputs };
    let mut scaled = DMatrix::zeros(records, responses.values.ncols());
    let mut defined = DMatrix::zeros(records, vectors);
    for index in 0..records {
        let (unit_length, varies) = if linear {
            let map = responses.values.row(index).into_owned();
            let norm = map.norm();
            (map / norm.max(f64::MIN_POSITIVE), vec![norm > 0.0])
        } else {
            let (vectors, varies) = standardised(responses.at(index).as_view());
            let row = DMatrix::from_row_slice(1, vectors.len(), vectors.as_slice());
            (row.row(0).into_owned(), varies)
        };
        scaled.row_mut(index).copy_from(&unit_length);
        for (vector, varies) in varies.into_iter().enumerate() {
            defined[(index, vector)] = f64::from(u8::from(varies));
        }
    }
    let sums = &scaled * scaled.transpose();
    let counts = &defined * defined.transpose();
    sums.zip_map(&counts, |sum: f64, count: f64| {
        (sum / count).clamp(-1.0, 1.0)
    })
}

/// The phases of a run of similarity matching: from log₁₀ loss, active fraction and the
/// correlation of neighbouring even records, by the method of [`drift_metrics::phases`] with two
/// of its options: a fall of log₁₀ loss by 0.01 counts, for with 200 units on the ring it is 0.04
/// in all and the noise 0.0005; and a level that the loss settles at may move only with a
/// timescale of at least 2% of the record, for on the track the loss falls by four decades on no
/// single timescale. The linear network, in which nothing falls silent, has no directed drift but
/// by its correlation.
///
/// # Errors
/// [`Error::Metrics`] for fewer than ten samples.
pub fn phases(record: &RunRecord, responses: &Responses) -> Result<Phases, Error> {
    let column = |name: &str| -> Vec<Option<f64>> { record.trace.column(name).collect() };
    let loss = column("loss").into_iter();
    let log10_loss: Vec<f64> = loss.map(|loss| loss.unwrap_or(f64::NAN).log10()).collect();
    let active = column("active_fraction").into_iter();
    let sparsity: Vec<f64> = active.map(|share| share.unwrap_or(1.0)).collect();
    // The start has no code yet: a pair with it would count convergence as drift.
    let start = responses.steps.partition_point(|&step| step == 0);
    let time: Vec<f64> = responses.steps[start..]
        .iter()
        .map(|&step| step as f64)
        .collect();
    let correlation = correlation(responses);
    let correlation = correlation.view_range(start.., start..).into_owned();
    let curves = Curves {
        time: &record.trace.steps(),
        log10_loss: &log10_loss,
        sparsity: &sparsity,
        correlation: Some(CorrelationCurve {
            time: &time,
            correlation: &correlation,
        }),
    };
    let options = PhaseOptions {
        least_fall: 0.01,
        level_timescale: 0.02,
    };
    Ok(find_phases_with(&curves, &options)?)
}

/// Population vectors (inputs × units) with mean 0 and length 1, and which of them vary; those
/// that do not are 0.
fn standardised(responses: DMatrixView<'_, f64>) -> (DMatrix<f64>, Vec<bool>) {
    let mut vectors = responses.into_owned();
    let varies = vectors
        .row_iter_mut()
        .map(|mut vector| {
            let mean = vector.mean();
            vector.add_scalar_mut(-mean);
            let norm = vector.norm();
            let varies = norm > 0.0;
            vector.scale_mut(if varies { norm.recip() } else { 0.0 });
            varies
        })
        .collect();
    (vectors, varies)
}
