use drift_learn::similarity_matching::{PrincipalSubspaceSettings, SimilarityExperiment};

use super::{RecordingSpec, Settings, UncheckedSettings};
use crate::Error;
use crate::error::nearest;
use crate::presets::Preset;
use crate::scenario::CheckpointSpec;

const LINEAR: &str = "principal-subspace";

const PRESETS: [(&str, &str); 6] = [
    (
        "ring",
        "Figure 4C: similarity matching of a ring, 100 units, noise in all synapses, 2*10^4 steps",
    ),
    (
        "ring-feedforward-noise",
        "the same with 200 units and noise in feed-forward synapses only",
    ),
    (
        "ring-lateral-noise",
        "the same with 200 units and noise in lateral synapses only",
    ),
    (
        "ring-noise",
        "the same with 200 units and noise in both kinds of synapse",
    ),
    (
        "place",
        "Figure 4C: similarity matching of grid cells on a track, 200 units, 2.5*10^4 steps",
    ),
    (
        LINEAR,
        "similarity matching by a linear network: 3 units, 10 channels, 10^5 steps",
    ),
];

/// All runs of similarity matching known by name, in the order to list them.
#[must_use]
pub fn presets() -> Vec<Preset> {
    PRESETS
        .map(|(name, description)| Preset {
            name: name.to_owned(),
            description: description.to_owned(),
        })
        .to_vec()
}

/// The settings of a preset: those of [`SimilarityExperiment::named`] of the same name, or
/// `principal-subspace`, of [`PrincipalSubspaceSettings::published`].
///
/// Steps and reference are those of the published runs, whose warm-up is recorded too.
///
/// | preset | steps | reference | even records every |
/// |---|---|---|---|
/// | `ring` | 20 000 | 10 000 | 200 |
/// | `ring-feedforward-noise`, `ring-lateral-noise`, `ring-noise` | 21 000 | 1000 | 200 |
/// | `place` | 25 000 | 5000 | 250 |
/// | `principal-subspace` | 102 000 | 2000 | 1000 |
///
/// # Errors
/// [`Error::UnknownPreset`], with the nearest name where one is close.
pub fn preset(name: &str) -> Result<Settings, Error> {
    let (steps, reference, every) = match name {
        "ring" => (20_000, 10_000, 200),
        "place" => (25_000, 5_000, 250),
        LINEAR => (102_000, 2_000, 1_000),
        _ => (21_000, 1_000, 200),
    };
    let mut settings = UncheckedSettings {
        name: name.to_owned(),
        seed: 0,
        steps,
        reference,
        recording: RecordingSpec {
            every,
            ..RecordingSpec::default()
        },
        checkpoint: CheckpointSpec::default(),
        network: None,
        inputs: None,
        active: None,
        principal_subspace: None,
    };
    if name == LINEAR {
        settings.principal_subspace = Some(PrincipalSubspaceSettings::published());
    } else {
        let experiment = SimilarityExperiment::named(name).map_err(|_| Error::UnknownPreset {
            name: name.to_owned(),
            nearest: nearest(name, PRESETS.iter().map(|(known, _)| *known)),
        })?;
        settings.network = Some(experiment.network);
        settings.inputs = Some(experiment.inputs);
        settings.active = Some(experiment.active);
    }
    settings.try_into()
}
