use super::inputs::{GridCellInputs, RingInputs, SimilarityInputs};
use super::measures::ActiveUnits;
use super::settings::{NoisySynapses, SimilarityMatchingSettings};
use crate::Error;
use crate::noise::in_range;

/// When a run has learned, when it ends and how often it is recorded, in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct RecordSchedule {
    /// Steps before recording; responses after so many steps are the reference of the
    /// population-vector correlation.
    pub warm_up: u64,
    /// Recorded steps after them.
    pub recorded: u64,
    /// Steps from a record to the next, ≥ 1.
    pub every: u64,
}

impl RecordSchedule {
    /// The last step.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.warm_up.saturating_add(self.recorded)
    }

    /// The published records: at the end of the warm-up and each `every` steps from there.
    pub fn times(&self) -> impl Iterator<Item = u64> + use<> {
        let step = usize::try_from(self.every.max(1)).unwrap_or(usize::MAX);
        (self.warm_up..=self.end()).step_by(step)
    }

    /// Records from the first step on, for a logarithmic axis as in Figure 4C: 0, then about
    /// `per_decade` times a factor of ten, and the end.
    pub fn times_from_start(&self, per_decade: u32) -> impl Iterator<Item = u64> + use<> {
        let end = self.end();
        let per_decade = f64::from(per_decade.max(1));
        let powers = (0..).map(move |index| 10f64.powf(f64::from(index) / per_decade).round());
        let mut last = None;
        std::iter::once(0)
            .chain(
                powers
                    .map(|time| time as u64)
                    .take_while(move |&time| time < end),
            )
            .chain(std::iter::once(end))
            .filter(move |&time| last.replace(time) != Some(time))
    }
}

/// A whole experiment, not yet checked: network, inputs, what counts as active, schedule.
///
/// | preset | network | inputs | warm-up, recorded, every |
/// |---|---|---|---|
/// | `ring` | [`SimilarityMatchingSettings::ring`] | [`RingInputs::published`] | 10⁴, 10⁴, 10 |
/// | `ring-feedforward-noise`, `ring-lateral-noise`, `ring-noise` | [`SimilarityMatchingSettings::ring_noise`] | the same | 10³, 2·10⁴, 100 |
/// | `place` | [`SimilarityMatchingSettings::place`] | [`GridCellInputs::published`] | 5·10³, 2·10⁴, 20 |
///
/// Published runs with noise in one kind of synapse have it in both until the warm-up ends and
/// use 628 points; here they have theirs from the first step and use the ring's 1000.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct SimilarityExperiment {
    /// The network; its channels are those of the inputs.
    pub network: SimilarityMatchingSettings,
    /// What it sees.
    pub inputs: SimilarityInputs,
    /// Which units count as active.
    pub active: ActiveUnits,
    /// Warm-up, length and records.
    pub schedule: RecordSchedule,
}

impl SimilarityExperiment {
    /// Names that [`named`](Self::named) knows.
    pub const NAMES: [&str; 5] = [
        "ring",
        "ring-feedforward-noise",
        "ring-lateral-noise",
        "ring-noise",
        "place",
    ];

    /// The preset of a name.
    ///
    /// # Errors
    /// [`Error::UnknownPreset`].
    pub fn named(name: &str) -> Result<Self, Error> {
        match name {
            "ring" => Ok(Self::ring()),
            "ring-feedforward-noise" => Ok(Self::ring_noise(NoisySynapses::Feedforward)),
            "ring-lateral-noise" => Ok(Self::ring_noise(NoisySynapses::Lateral)),
            "ring-noise" => Ok(Self::ring_noise(NoisySynapses::Both)),
            "place" => Ok(Self::place()),
            _ => Err(Error::UnknownPreset {
                name: name.to_owned(),
                known: Self::NAMES.join(", "),
            }),
        }
    }

    /// The same experiment, checked without building anything.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], or [`Error::LengthMismatch`] where the network's channels are not
    /// those of the inputs.
    pub fn checked(self) -> Result<Self, Error> {
        self.network.check()?;
        self.inputs.check(self.network.channels)?;
        self.active.check()?;
        let every = self.schedule.every;
        in_range("every", every as f64, every >= 1, "at least 1")?;
        Ok(self)
    }

    /// 100 units, noise in both kinds of synapse.
    #[must_use]
    pub fn ring() -> Self {
        Self {
            network: SimilarityMatchingSettings::ring(),
            inputs: SimilarityInputs::Ring(RingInputs::published()),
            active: ActiveUnits::ring(),
            schedule: RecordSchedule {
                warm_up: 10_000,
                recorded: 10_000,
                every: 10,
            },
        }
    }

    /// 200 units, noise in one kind of synapse or both.
    #[must_use]
    pub fn ring_noise(noisy: NoisySynapses) -> Self {
        Self {
            network: SimilarityMatchingSettings::ring_noise(noisy),
            schedule: RecordSchedule {
                warm_up: 1_000,
                recorded: 20_000,
                every: 100,
            },
            ..Self::ring()
        }
    }

    /// 200 units that see grid cells along a track.
    #[must_use]
    pub fn place() -> Self {
        Self {
            network: SimilarityMatchingSettings::place(),
            inputs: SimilarityInputs::GridCells(GridCellInputs::published()),
            active: ActiveUnits::place(),
            schedule: RecordSchedule {
                warm_up: 5_000,
                recorded: 20_000,
                every: 20,
            },
        }
    }
}
