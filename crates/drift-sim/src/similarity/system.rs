use std::borrow::Cow;

use drift_engine::{Column, End, Error, Fingerprint, Sample, Sampling, Series, System, state};
use drift_learn::Streams;
use drift_learn::similarity_matching::{PrincipalSubspace, SimilarityExperiment, SimilarityRun};
use nalgebra::DMatrix;

use super::PrincipalSubspaceRun;

/// What both networks do alike: responses to the recorded inputs, kept at even steps.
#[derive(Debug, Clone)]
struct Recorded {
    /// Steps between records that have their responses kept.
    every: u64,
    responses: DMatrix<f64>,
    loss: f64,
    settings: Fingerprint,
}

impl Recorded {
    fn new(sampling: &Sampling, settings: &impl std::fmt::Debug, streams: &Streams) -> Self {
        let every = match sampling {
            Sampling::Decades(decades) => decades.every,
            _ => 1,
        };
        Self {
            every,
            responses: DMatrix::zeros(0, 0),
            loss: f64::NAN,
            settings: Fingerprint::new()
                .text(&format!("{settings:?}"))
                .text(&streams.seed().to_string()),
        }
    }

    fn columns() -> Vec<Column> {
        let loss = "similarity-matching loss on the recorded inputs";
        let correlation = "correlation of the population vectors with those of the reference";
        vec![
            Column::new("loss", "", loss),
            Column::new("population_vector_correlation", "", correlation),
        ]
    }

    fn take(&mut self, step: u64, responses: DMatrix<f64>, loss: f64) -> Option<End> {
        self.responses = responses;
        self.loss = loss;
        (!loss.is_finite()).then(|| End::not_finite(step))
    }

    /// What progress shows between samples; before the first, and from a run whose loss is not
    /// finite, nothing that would end it between samples.
    fn shown(&self) -> f64 {
        if self.loss.is_finite() {
            self.loss
        } else {
            0.0
        }
    }

    fn vector(&self, step: u64) -> Option<Cow<'_, [f64]>> {
        let is_even = step.is_multiple_of(self.every);
        is_even.then_some(Cow::Borrowed(self.responses.as_slice()))
    }
}

fn series(shape: (usize, usize)) -> Vec<Series> {
    vec![Series::new("responses", "responses", shape.0 * shape.1)]
}

fn finite(values: &[f64]) -> bool {
    values.iter().all(|value| value.is_finite())
}

fn learn(error: drift_learn::Error) -> Error {
    crate::Error::Learn(error).into()
}

/// A network of Hebbian and anti-Hebbian synapses.
#[derive(Debug, Clone)]
pub(crate) struct SimilaritySystem {
    run: SimilarityRun,
    recorded: Recorded,
    failed: Option<drift_learn::Error>,
}

impl SimilaritySystem {
    pub(crate) fn new(
        settings: &SimilarityExperiment,
        sampling: &Sampling,
        streams: &Streams,
    ) -> Result<Self, crate::Error> {
        Ok(Self {
            run: SimilarityRun::new(*settings, streams)?,
            recorded: Recorded::new(sampling, settings, streams),
            failed: None,
        })
    }
}

impl System for SimilaritySystem {
    fn columns(&self) -> Vec<Column> {
        let mut columns = Recorded::columns();
        let active = Column::new("active_fraction", "", "share of units that are active");
        columns.insert(1, active);
        columns
    }

    fn step(&mut self) -> f64 {
        self.failed = self.run.step().err();
        if self.failed.is_some() {
            return f64::NAN;
        }
        self.recorded.shown()
    }

    fn check(&mut self, _step: u64, _loss: f64) -> Result<Option<End>, Error> {
        self.failed
            .take()
            .map_or(Ok(None), |error| Err(learn(error)))
    }

    fn sample(&mut self, step: u64, sample: &mut Sample) -> Result<Option<End>, Error> {
        let responses = self.run.responses().map_err(learn)?;
        let row = self.run.row(&responses).map_err(learn)?;
        sample.set("loss", row.loss);
        sample.set("active_fraction", row.active_fraction);
        sample.set(
            "population_vector_correlation",
            row.population_vector_correlation,
        );
        Ok(self.recorded.take(step, responses, row.loss))
    }

    fn series(&self) -> Vec<Series> {
        let inputs = self.run.recorded_inputs().nrows();
        series((inputs, self.run.experiment().network.units))
    }

    fn vector(&self, _index: usize, step: u64) -> Option<Cow<'_, [f64]>> {
        self.recorded.vector(step)
    }

    /// A state with a synapse that is not finite cannot be stored.
    fn state(&self) -> Option<Vec<u8>> {
        let network = self.run.network();
        let is_finite = finite(network.feedforward().as_slice())
            && finite(network.lateral().as_slice())
            && finite(network.bias());
        is_finite.then(|| state::save(&(&self.run, self.recorded.loss)))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        (self.run, self.recorded.loss) = state::load(bytes)?;
        Ok(())
    }

    fn fingerprint(&self) -> Fingerprint {
        self.recorded.settings
    }
}

/// The linear network.
#[derive(Debug, Clone)]
pub(crate) struct LinearSystem {
    network: PrincipalSubspace,
    reference_step: u64,
    /// The response map at that step, column by column.
    reference: Option<Vec<f64>>,
    recorded: Recorded,
}

impl LinearSystem {
    pub(crate) fn new(
        settings: &PrincipalSubspaceRun,
        sampling: &Sampling,
        streams: &Streams,
    ) -> Result<Self, crate::Error> {
        let mut system = Self {
            network: PrincipalSubspace::new(settings.network.clone(), streams)?,
            reference_step: settings.reference,
            reference: None,
            recorded: Recorded::new(sampling, settings, streams),
        };
        system.take_reference();
        Ok(system)
    }

    fn take_reference(&mut self) {
        if self.network.steps() == self.reference_step {
            self.reference = Some(self.network.response_map().transpose().as_slice().to_vec());
        }
    }
}

impl System for LinearSystem {
    fn columns(&self) -> Vec<Column> {
        let mut columns = Recorded::columns();
        let error = "distance of the response map from the principal subspace";
        columns.push(Column::new("subspace_error", "", error));
        columns
    }

    fn step(&mut self) -> f64 {
        self.network.step();
        self.take_reference();
        self.recorded.shown()
    }

    fn sample(&mut self, step: u64, sample: &mut Sample) -> Result<Option<End>, Error> {
        let responses = self.network.response_map().transpose();
        let loss = self.network.similarity_matching_loss();
        let reference = self.reference.as_ref();
        let correlation = reference.and_then(|map| cosine(map, responses.as_slice()));
        sample.set("loss", loss);
        sample.set("population_vector_correlation", correlation);
        sample.set("subspace_error", self.network.subspace_error());
        Ok(self.recorded.take(step, responses, loss))
    }

    fn series(&self) -> Vec<Series> {
        series(self.network.feedforward().shape())
    }

    fn vector(&self, _index: usize, step: u64) -> Option<Cow<'_, [f64]>> {
        self.recorded.vector(step)
    }

    fn state(&self) -> Option<Vec<u8>> {
        let network = &self.network;
        let is_finite =
            finite(network.feedforward().as_slice()) && finite(network.lateral().as_slice());
        is_finite.then(|| state::save(&(network, &self.reference, self.recorded.loss)))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        (self.network, self.reference, self.recorded.loss) = state::load(bytes)?;
        Ok(())
    }

    fn fingerprint(&self) -> Fingerprint {
        self.recorded.settings
    }
}

/// `None` where one of the two is 0.
fn cosine(one: &[f64], other: &[f64]) -> Option<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let norm = dot(one, one).sqrt() * dot(other, other).sqrt();
    (norm > 0.0).then(|| (dot(one, other) / norm).clamp(-1.0, 1.0))
}
