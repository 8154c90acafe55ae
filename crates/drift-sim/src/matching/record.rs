use std::path::Path;

use drift_metrics::phases::{CorrelationCurve, Curves, PhaseOptions, Phases, find_phases_with};
use nalgebra::{DMatrix, DMatrixView};

use super::settings::Chosen;
use super::{Sample, Settings, Simulation, read_samples};
use crate::record::{read_outcome, read_series};
use crate::{Error, Outcome, store};

/// What the directory of a run of similarity matching holds, whether or not it has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// The settings.
    pub settings: Settings,
    /// The samples, in order of steps.
    pub samples: Vec<Sample>,
    /// Steps done at the responses that were kept (k), evenly spaced.
    pub response_steps: Vec<u64>,
    /// How the run ended; absent while it has not.
    pub outcome: Option<Outcome>,
    /// (k × inputs·units).
    responses: DMatrix<f64>,
    inputs: usize,
}

impl RunRecord {
    /// Reads a directory, whether or not a process works in it.
    ///
    /// # Errors
    /// [`Error::Io`] where there is no run, [`Error::Corrupt`] or [`Error::Syntax`] where a file
    /// is not what it should be.
    pub fn read(directory: impl AsRef<Path>) -> Result<Self, Error> {
        let directory = directory.as_ref();
        let settings = read_settings(directory)?;
        let (inputs, units) = Simulation::new(&settings)?.responses_shape();
        let (response_steps, responses) = read_series(directory, store::RESPONSES, inputs * units)?;
        if responses.ncols() != inputs * units {
            return Err(Error::corrupt(
                store::RESPONSES.npz(directory),
                format!(
                    "{} responses a record; the settings have {}",
                    responses.ncols(),
                    inputs * units
                ),
            ));
        }
        let trace = directory.join(store::TRACE);
        Ok(Self {
            samples: read_samples(&store::read_rows(&trace)?)
                .map_err(|error| Error::corrupt(&trace, error))?,
            outcome: read_outcome(directory)?,
            settings,
            response_steps,
            responses,
            inputs,
        })
    }

    /// Whether a directory holds a run of similarity matching.
    #[must_use]
    pub fn is_in(directory: impl AsRef<Path>) -> bool {
        directory.as_ref().join(store::MATCHING).is_file()
    }

    /// Responses (inputs × units) of the record at `index` of
    /// [`response_steps`](Self::response_steps).
    ///
    /// # Panics
    /// Where there is no such record.
    #[must_use]
    pub fn responses(&self, index: usize) -> DMatrix<f64> {
        let row = self.responses.row(index);
        let units = self.responses.ncols() / self.inputs;
        DMatrix::from_iterator(self.inputs, units, row.iter().copied())
    }

    /// Correlation of all pairs of kept responses (k × k): the mean over inputs of Pearson's
    /// correlation across units, over the inputs for which both population vectors vary; NaN
    /// without any. In the linear network the cosine of the two response maps.
    #[must_use]
    pub fn correlation(&self) -> DMatrix<f64> {
        let records = self.response_steps.len();
        let linear = matches!(self.settings.chosen(), Chosen::PrincipalSubspace(_));
        let vectors = if linear { 1 } else { self.inputs };
        let mut scaled = DMatrix::zeros(records, self.responses.ncols());
        let mut defined = DMatrix::zeros(records, vectors);
        for index in 0..records {
            let (unit_length, varies) = if linear {
                let map = self.responses.row(index).into_owned();
                let norm = map.norm();
                (map / norm.max(f64::MIN_POSITIVE), vec![norm > 0.0])
            } else {
                let (vectors, varies) = standardised(self.responses(index).as_view());
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

    /// The phases of the run: from log₁₀ loss, active fraction and the correlation of neighbouring
    /// even records, by the method of [`drift_metrics::phases`] with two of its options: a fall of
    /// log₁₀ loss by 0.01 counts, for with 200 units on the ring it is 0.04 in all and the noise
    /// 0.0005; and a level that the loss settles at may move only with a timescale of at least 2%
    /// of the record, for on the track the loss falls by four decades on no single timescale. The
    /// linear network, in which nothing falls silent, has no directed drift but by its correlation.
    ///
    /// # Errors
    /// [`Error::Metrics`] for fewer than ten samples.
    pub fn phases(&self) -> Result<Phases, Error> {
        let column =
            |of: &dyn Fn(&Sample) -> f64| -> Vec<f64> { self.samples.iter().map(of).collect() };
        // The start has no code yet: a pair with it would count convergence as drift.
        let start = self.response_steps.partition_point(|&step| step == 0);
        let time: Vec<f64> = self.response_steps[start..]
            .iter()
            .map(|&step| step as f64)
            .collect();
        let correlation = self.correlation();
        let correlation = correlation.view_range(start.., start..).into_owned();
        let curves = Curves {
            time: &column(&|sample| sample.step as f64),
            log10_loss: &column(&|sample| sample.loss.log10()),
            sparsity: &column(&|sample| sample.active_fraction.unwrap_or(1.0)),
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

pub(super) fn read_settings(directory: &Path) -> Result<Settings, Error> {
    let path = directory.join(store::MATCHING);
    let text = std::fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    Settings::from_toml(&text)
}
