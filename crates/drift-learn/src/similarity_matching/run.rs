use nalgebra::DMatrix;
use rand::RngExt;

use super::columns::Columns;
use super::experiment::SimilarityExperiment;
use super::measures::{population_vector_correlation, similarity_matching_loss};
use super::network::SimilarityMatching;
use super::synapses::Settled;
use crate::noise::in_range;
use crate::{Error, NoiseSource, SimdLevel, Stream, Streams};

/// The three phases of Figure 4C.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum SimilarityPhase {
    /// The loss falls.
    Learning,
    /// The loss is flat and units fall silent: drift with a direction.
    DirectedDrift,
    /// Loss and active fraction are flat and representations go on changing.
    NullDrift,
}

impl SimilarityPhase {
    /// Steps at which Figure 4C marks the ends of the first two phases.
    pub const FIGURE_4C_BORDERS: [u64; 2] = [300, 2500];

    /// The phase that Figure 4C assigns a step to.
    #[must_use]
    pub fn at(step: u64) -> Self {
        let [learned, settled] = Self::FIGURE_4C_BORDERS;
        match step {
            _ if step < learned => SimilarityPhase::Learning,
            _ if step < settled => SimilarityPhase::DirectedDrift,
            _ => SimilarityPhase::NullDrift,
        }
    }
}

/// One record of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SimilarityRow {
    /// Steps done.
    pub step: u64,
    /// [`similarity_matching_loss`] on the recorded inputs.
    pub loss: f64,
    /// Fraction of active units.
    pub active_fraction: f64,
    /// [`population_vector_correlation`] with the reference; `None` before there is one, or
    /// where every population vector is constant.
    pub population_vector_correlation: Option<f64>,
    /// Phase by the borders of Figure 4C.
    pub phase: SimilarityPhase,
}

/// An experiment under way: steps, records, and a state that can be stored and resumed bit for
/// bit.
///
/// Inputs are drawn from [`Stream::Trajectory`]; the network's streams are listed at
/// [`SimilarityMatching`]. Recording draws nothing, so when and how often a run is recorded
/// changes no other value.
///
/// ```
/// use drift_learn::similarity_matching::{SimilarityExperiment, SimilarityRun};
/// use drift_learn::Streams;
///
/// let mut experiment = SimilarityExperiment::ring();
/// experiment.network.units = 20;
/// experiment.schedule.warm_up = 200;
/// experiment.schedule.recorded = 100;
/// let mut run = SimilarityRun::new(experiment, &Streams::new(1))?;
/// let rows = run.rows(experiment.schedule.times_from_start(3))?;
/// assert!(rows.last().unwrap().loss < rows[0].loss);
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

/// Equal when all further steps and records are equal.
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

    /// Steps until `step` steps have been done; none where they have.
    ///
    /// # Errors
    /// None, as for [`step`](Self::step).
    pub fn run_until(&mut self, step: u64) -> Result<(), Error> {
        while self.steps < step {
            self.step()?;
        }
        Ok(())
    }

    /// Responses to the recorded inputs (samples × units), each from silence.
    ///
    /// # Errors
    /// None, as for [`step`](Self::step).
    pub fn responses(&self) -> Result<DMatrix<f64>, Error> {
        self.network.responses(self.recorded.as_view())
    }

    /// Measures the run where it stands.
    ///
    /// # Errors
    /// None, as for [`step`](Self::step).
    pub fn record(&self) -> Result<SimilarityRow, Error> {
        self.row(&self.responses()?)
    }

    /// What [`record`](Self::record) makes of responses already at hand (recorded inputs ×
    /// units).
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
            step: self.steps,
            loss: similarity_matching_loss(self.recorded.as_view(), responses.as_view(), offset)?,
            active_fraction: self.experiment.active.fraction(responses.as_view()),
            population_vector_correlation: correlation,
            phase: SimilarityPhase::at(self.steps),
        })
    }

    /// Runs through the given steps, in order, and records at each.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a step that has passed; see [`step`](Self::step).
    pub fn rows(
        &mut self,
        times: impl IntoIterator<Item = u64>,
    ) -> Result<Vec<SimilarityRow>, Error> {
        times
            .into_iter()
            .map(|time| {
                in_range(
                    "time of a record",
                    time as f64,
                    time >= self.steps,
                    "no less than the steps done and the time before",
                )?;
                self.run_until(time)?;
                self.record()
            })
            .collect()
    }

    fn take_reference(&mut self) -> Result<(), Error> {
        if self.steps == self.experiment.schedule.warm_up {
            self.reference = Some(self.responses()?);
        }
        Ok(())
    }
}
