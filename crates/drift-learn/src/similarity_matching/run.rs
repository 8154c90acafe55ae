use nalgebra::DMatrix;
use rand::RngExt;

use super::columns::Columns;
use super::experiment::SimilarityExperiment;
use super::measures::{population_vector_correlation, similarity_matching_loss};
use super::network::SimilarityMatching;
use super::synapses::Settled;
use crate::{Error, NoiseSource, SimdLevel, Stream, Streams};

/// What a run measures of its responses.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SimilarityRow {
    /// [`similarity_matching_loss`] on the recorded inputs.
    pub loss: f64,
    /// Fraction of active units.
    pub active_fraction: f64,
    /// [`population_vector_correlation`] with the reference; `None` before there is one, or
    /// where every population vector is constant.
    pub population_vector_correlation: Option<f64>,
}

/// An experiment under way: steps, what it measures, and a state that can be stored and resumed
/// bit for bit.
///
/// Inputs are drawn from [`Stream::Trajectory`]; the network's streams are listed at
/// [`SimilarityMatching`]. Measuring draws nothing, so it changes no later step.
///
/// ```
/// use drift_learn::similarity_matching::{SimilarityExperiment, SimilarityRun};
/// use drift_learn::Streams;
///
/// let mut experiment = SimilarityExperiment::ring();
/// experiment.network.units = 20;
/// let mut run = SimilarityRun::new(experiment, &Streams::new(1))?;
/// let start = run.row(&run.responses()?)?;
/// for _ in 0..300 {
///     run.step()?;
/// }
/// let end = run.row(&run.responses()?)?;
/// assert!(end.loss < start.loss);
/// # Ok::<(), drift_learn::Error>(())
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        try_from = "super::stored::StoredRun",
        into = "super::stored::StoredRun"
    )
)]
pub struct SimilarityRun {
    pub(super) experiment: SimilarityExperiment,
    pub(super) network: SimilarityMatching,
    /// A column an input.
    inputs: Columns,
    /// Recorded inputs × channels.
    pub(super) recorded: DMatrix<f64>,
    pub(super) steps: u64,
    pub(super) draws: NoiseSource,
    /// Responses at the end of the warm-up (recorded inputs × units).
    pub(super) reference: Option<DMatrix<f64>>,
}

/// Equal when all further steps and rows are equal.
impl PartialEq for SimilarityRun {
    fn eq(&self, other: &Self) -> bool {
        self.experiment == other.experiment
            && self.network == other.network
            && self.steps == other.steps
            && self.draws == other.draws
            && self.reference == other.reference
    }
}

impl SimilarityRun {
    /// A run before its first step.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], or [`Error::LengthMismatch`] where the network's channels are not
    /// those of the inputs; [`Error::Simd`] where `DRIFT_SIMD` names no instruction set of this
    /// machine.
    pub fn new(experiment: SimilarityExperiment, streams: &Streams) -> Result<Self, Error> {
        let experiment = experiment.checked()?;
        let inputs = experiment.inputs.matrix()?.transpose();
        let network = SimilarityMatching::new(experiment.network, streams)?;
        let mut run = Self {
            experiment,
            network,
            inputs: Columns::from_matrix(inputs.as_view()),
            recorded: experiment.inputs.recorded()?,
            steps: 0,
            draws: streams.noise_source(Stream::Trajectory)?,
            reference: None,
        };
        run.take_reference()?;
        Ok(run)
    }

    /// The same run on another instruction set: same bits, another speed.
    ///
    /// # Errors
    /// [`Error::Simd`] where this machine lacks it.
    pub fn with_level(self, level: SimdLevel) -> Result<Self, Error> {
        Ok(Self {
            network: self.network.with_level(level)?,
            ..self
        })
    }

    /// The experiment.
    #[must_use]
    pub fn experiment(&self) -> &SimilarityExperiment {
        &self.experiment
    }

    /// The network as it is now.
    #[must_use]
    pub fn network(&self) -> &SimilarityMatching {
        &self.network
    }

    /// Steps done.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The recorded inputs (samples × channels).
    #[must_use]
    pub fn recorded_inputs(&self) -> &DMatrix<f64> {
        &self.recorded
    }

    /// The responses at the end of the warm-up (recorded inputs × units), once it is over.
    #[must_use]
    pub fn reference(&self) -> Option<&DMatrix<f64>> {
        self.reference.as_ref()
    }

    /// One input, drawn uniformly, and what is learned from it. Allocates nothing but the
    /// reference at the end of the warm-up.
    ///
    /// # Errors
    /// None: the inputs of a run built by [`new`](Self::new) are finite and of the right length.
    pub fn step(&mut self) -> Result<Settled, Error> {
        let count = self.inputs.columns() as u32;
        let input = self
            .inputs
            .column(self.draws.random_range(0..count) as usize);
        let settled = self.network.learn(input)?;
        self.steps += 1;
        self.take_reference()?;
        Ok(settled)
    }

    /// Responses to the recorded inputs (samples × units), each from silence.
    ///
    /// # Errors
    /// None, as for [`step`](Self::step).
    pub fn responses(&self) -> Result<DMatrix<f64>, Error> {
        self.network.responses(self.recorded.as_view())
    }

    /// Measures responses (recorded inputs × units): those of [`responses`](Self::responses), or
    /// others to compare with the reference.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn row(&self, responses: &DMatrix<f64>) -> Result<SimilarityRow, Error> {
        let offset = self.experiment.network.similarity_offset;
        let correlation = match &self.reference {
            None => None,
            Some(all) => population_vector_correlation(all.as_view(), responses.as_view())?,
        };
        Ok(SimilarityRow {
            loss: similarity_matching_loss(self.recorded.as_view(), responses.as_view(), offset)?,
            active_fraction: self.experiment.active.fraction(responses.as_view()),
            population_vector_correlation: correlation,
        })
    }

    fn take_reference(&mut self) -> Result<(), Error> {
        if self.steps == self.experiment.reference {
            self.reference = Some(self.responses()?);
        }
        Ok(())
    }
}
