use drift_engine::{DecadeSampling, Sampling};
use drift_learn::similarity_matching::{PrincipalSubspaceSettings, SimilarityExperiment};

use super::PrincipalSubspaceRun;
use crate::scenario::{TaskSpec, UncheckedScenario};

const LINEAR: &str = "principal-subspace";

/// The scenarios of similarity matching, in the order to list them.
pub(crate) const PRESETS: [(&str, &str); 6] = [
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

/// The scenario of one of [`PRESETS`]; `None` for another name.
///
/// Steps and reference are those of the published runs, whose warm-up is recorded too.
///
/// | preset | steps | reference | even records every |
/// |---|---|---|---|
/// | `ring` | 20 000 | 10 000 | 200 |
/// | `ring-feedforward-noise`, `ring-lateral-noise`, `ring-noise` | 21 000 | 1000 | 200 |
/// | `place` | 25 000 | 5000 | 250 |
/// | `principal-subspace` | 102 000 | 2000 | 1000 |
pub(crate) fn preset(name: &str) -> Option<UncheckedScenario> {
    let (steps, every) = match name {
        "ring" => (20_000, 200),
        "place" => (25_000, 250),
        LINEAR => (102_000, 1_000),
        _ => (21_000, 200),
    };
    let task = if name == LINEAR {
        TaskSpec::PrincipalSubspace(PrincipalSubspaceRun {
            reference: 2_000,
            network: PrincipalSubspaceSettings::published(),
        })
    } else {
        TaskSpec::SimilarityMatching(SimilarityExperiment::named(name).ok()?)
    };
    let mut scenario = UncheckedScenario::new(task);
    scenario.name = name.to_owned();
    scenario.steps = steps;
    scenario.sampling = Sampling::Decades(DecadeSampling {
        per_decade: 12,
        every,
    });
    Some(scenario)
}
