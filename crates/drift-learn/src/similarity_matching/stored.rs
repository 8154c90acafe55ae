//! Stored states, not yet checked.

use nalgebra::DMatrix;

use super::experiment::SimilarityExperiment;
use super::network::SimilarityMatching;
use super::run::SimilarityRun;
use super::settings::SimilarityMatchingSettings;
use crate::check::{finite, finite_not_negative, length};
use crate::{Error, NoiseSource, Streams};

/// Matrices column by column.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct StoredNetwork {
    settings: SimilarityMatchingSettings,
    feedforward: Vec<f64>,
    lateral: Vec<f64>,
    bias: Vec<f64>,
    starts: NoiseSource,
    feedforward_noise: NoiseSource,
    lateral_noise: NoiseSource,
}

impl From<SimilarityMatching> for StoredNetwork {
    fn from(network: SimilarityMatching) -> Self {
        Self {
            feedforward: network.feedforward().as_slice().to_vec(),
            lateral: network.lateral().as_slice().to_vec(),
            bias: network.bias().to_vec(),
            settings: network.settings,
            starts: network.starts,
            feedforward_noise: network.feedforward_noise,
            lateral_noise: network.lateral_noise,
        }
    }
}

/// A matrix of finite numbers.
pub(super) fn matrix(
    field: &'static str,
    values: Vec<f64>,
    rows: usize,
    columns: usize,
) -> Result<DMatrix<f64>, Error> {
    length(field, values.len(), rows * columns)?;
    finite(field, &values)?;
    Ok(DMatrix::from_vec(rows, columns, values))
}

impl TryFrom<StoredNetwork> for SimilarityMatching {
    type Error = Error;

    fn try_from(stored: StoredNetwork) -> Result<Self, Error> {
        let settings = stored.settings.check()?;
        let units = settings.units;
        let feedforward = matrix("feedforward", stored.feedforward, units, settings.channels)?;
        let lateral = matrix("lateral", stored.lateral, units, units)?;
        // The sources of these streams are replaced by the stored ones.
        let mut network = Self::new(settings, &Streams::new(0))?.with_synapses(
            feedforward.as_view(),
            lateral.as_view(),
            &stored.bias,
        )?;
        network.starts = stored.starts;
        network.feedforward_noise = stored.feedforward_noise;
        network.lateral_noise = stored.lateral_noise;
        Ok(network)
    }
}

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct StoredRun {
    experiment: SimilarityExperiment,
    network: SimilarityMatching,
    steps: u64,
    draws: NoiseSource,
    reference: Option<Vec<f64>>,
}

impl From<SimilarityRun> for StoredRun {
    fn from(run: SimilarityRun) -> Self {
        Self {
            experiment: run.experiment,
            network: run.network,
            steps: run.steps,
            draws: run.draws,
            reference: run.reference.map(|all| all.as_slice().to_vec()),
        }
    }
}

impl TryFrom<StoredRun> for SimilarityRun {
    type Error = Error;

    fn try_from(stored: StoredRun) -> Result<Self, Error> {
        let mut run = Self::new(stored.experiment, &Streams::new(0))?;
        let (found, expected) = (stored.network.settings(), run.network.settings());
        length("units of the stored network", found.units, expected.units)?;
        length(
            "channels of the stored network",
            found.channels,
            expected.channels,
        )?;
        run.reference = stored
            .reference
            .map(|values| matrix("reference", values, run.recorded.nrows(), found.units))
            .transpose()?;
        if let Some(reference) = &run.reference {
            finite_not_negative("reference", reference.iter())?;
        }
        run.network = stored.network;
        run.steps = stored.steps;
        run.draws = stored.draws;
        Ok(run)
    }
}
