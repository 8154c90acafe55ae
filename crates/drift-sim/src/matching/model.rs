use drift_learn::Streams;
use drift_learn::similarity_matching::{PrincipalSubspace, SimilarityRun};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use super::settings::Chosen;
use super::{Sample, Settings};
use crate::Error;

/// A network under way, with everything that its further steps and samples depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Model {
    Similarity(Box<SimilarityRun>),
    Linear(Box<LinearRun>),
}

/// The linear network with what later response maps are compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct LinearRun {
    network: PrincipalSubspace,
    reference_step: u64,
    /// As [`Model::responses`], column by column.
    reference: Option<Vec<f64>>,
}

impl LinearRun {
    fn take_reference(&mut self) {
        if self.network.steps() == self.reference_step {
            self.reference = Some(self.network.response_map().transpose().as_slice().to_vec());
        }
    }
}

impl Model {
    pub(super) fn new(settings: &Settings) -> Result<Self, Error> {
        let streams = Streams::new(settings.spec().seed);
        Ok(match settings.chosen() {
            Chosen::Similarity(experiment) => {
                Self::Similarity(Box::new(SimilarityRun::new(*experiment, &streams)?))
            }
            Chosen::PrincipalSubspace(constants) => {
                let mut run = LinearRun {
                    network: PrincipalSubspace::new(constants.clone(), &streams)?,
                    reference_step: settings.spec().reference,
                    reference: None,
                };
                run.take_reference();
                Self::Linear(Box::new(run))
            }
        })
    }

    pub(super) fn steps(&self) -> u64 {
        match self {
            Self::Similarity(run) => run.steps(),
            Self::Linear(run) => run.network.steps(),
        }
    }

    pub(super) fn step(&mut self) -> Result<(), Error> {
        match self {
            Self::Similarity(run) => run.step().map(drop)?,
            Self::Linear(run) => {
                run.network.step();
                run.take_reference();
            }
        }
        Ok(())
    }

    /// Recorded inputs and units.
    pub(super) fn shape(&self) -> (usize, usize) {
        match self {
            Self::Similarity(run) => (
                run.recorded_inputs().nrows(),
                run.experiment().network.units,
            ),
            Self::Linear(run) => run.network.feedforward().transpose().shape(),
        }
    }

    /// Responses to the recorded inputs (inputs × units): those of the experiment, or in the
    /// linear network a unit input to each channel.
    pub(super) fn responses(&self) -> Result<DMatrix<f64>, Error> {
        Ok(match self {
            Self::Similarity(run) => run.responses()?,
            Self::Linear(run) => run.network.response_map().transpose(),
        })
    }

    /// What is measured of [`responses`](Self::responses) taken now.
    pub(super) fn sample(&self, responses: &DMatrix<f64>) -> Result<Sample, Error> {
        Ok(match self {
            Self::Similarity(run) => {
                let row = run.row(responses)?;
                Sample {
                    step: row.step,
                    loss: row.loss,
                    active_fraction: Some(row.active_fraction),
                    population_vector_correlation: row.population_vector_correlation,
                    subspace_error: None,
                }
            }
            Self::Linear(run) => Sample {
                step: run.network.steps(),
                loss: run.network.similarity_matching_loss(),
                active_fraction: None,
                population_vector_correlation: run
                    .reference
                    .as_ref()
                    .and_then(|reference| cosine(reference, responses.as_slice())),
                subspace_error: Some(run.network.subspace_error()),
            },
        })
    }

    /// Whether no synapse is NaN or infinite; a state that is not finite cannot be stored.
    pub(super) fn is_finite(&self) -> bool {
        let finite = |matrix: &DMatrix<f64>| matrix.iter().all(|value| value.is_finite());
        match self {
            Self::Similarity(run) => {
                let network = run.network();
                finite(&network.feedforward())
                    && finite(&network.lateral())
                    && network.bias().iter().all(|value| value.is_finite())
            }
            Self::Linear(run) => finite(run.network.feedforward()) && finite(run.network.lateral()),
        }
    }
}

/// `None` where one of the two is 0.
pub(super) fn cosine(one: &[f64], other: &[f64]) -> Option<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let norm = dot(one, one).sqrt() * dot(other, other).sqrt();
    (norm > 0.0).then(|| (dot(one, other) / norm).clamp(-1.0, 1.0))
}
