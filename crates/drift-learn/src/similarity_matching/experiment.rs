use super::inputs::{GridCellInputs, RingInputs, SimilarityInputs};
use super::measures::ActiveUnits;
use super::settings::{NoisySynapses, SimilarityMatchingSettings};
use crate::Error;

/// A whole experiment, not yet checked: a network and what it sees.
///
/// | field | meaning | range |
/// |---|---|---|
/// | `reference` | step whose responses later ones are correlated with | any |
/// | `network` | the network | [`SimilarityMatchingSettings`] |
/// | `inputs` | what it sees, with as many channels as the network | [`SimilarityInputs`] |
/// | `active` | which units count as active | [`ActiveUnits`] |
///
/// | preset | network | inputs | reference |
/// |---|---|---|---|
/// | `ring` | [`SimilarityMatchingSettings::ring`] | [`RingInputs::published`] | 10⁴ |
/// | `ring-feedforward-noise`, `ring-lateral-noise`, `ring-noise` | [`SimilarityMatchingSettings::ring_noise`] | the same | 10³ |
/// | `place` | [`SimilarityMatchingSettings::place`] | [`GridCellInputs::published`] | 5·10³ |
///
/// Published runs with noise in one kind of synapse have it in both until the warm-up ends and
/// use 628 points; here they have theirs from the first step and use the ring's 1000.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct SimilarityExperiment {
    /// Steps of the published warm-up: responses after so many steps are the reference of the
    /// population-vector correlation.
    pub reference: u64,
    /// The network; its channels are those of the inputs.
    pub network: SimilarityMatchingSettings,
    /// What it sees.
    pub inputs: SimilarityInputs,
    /// Which units count as active.
    pub active: ActiveUnits,
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
        Ok(self)
    }

    /// 100 units, noise in both kinds of synapse.
    #[must_use]
    pub fn ring() -> Self {
        Self {
            reference: 10_000,
            network: SimilarityMatchingSettings::ring(),
            inputs: SimilarityInputs::Ring(RingInputs::published()),
            active: ActiveUnits::ring(),
        }
    }

    /// 200 units, noise in one kind of synapse or both.
    #[must_use]
    pub fn ring_noise(noisy: NoisySynapses) -> Self {
        Self {
            reference: 1_000,
            network: SimilarityMatchingSettings::ring_noise(noisy),
            ..Self::ring()
        }
    }

    /// 200 units that see grid cells along a track.
    #[must_use]
    pub fn place() -> Self {
        Self {
            reference: 5_000,
            network: SimilarityMatchingSettings::place(),
            inputs: SimilarityInputs::GridCells(GridCellInputs::published()),
            active: ActiveUnits::place(),
        }
    }
}
