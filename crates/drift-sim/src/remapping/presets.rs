use drift_engine::{LogarithmicSampling, Sampling};
use drift_env::{Change, CorridorParameters, ScaledBy};

use super::RemappingSpec;
use crate::scenario::{NoiseSpec, SpectrumKind, TaskSpec, UncheckedScenario};

/// The scenarios that measure remapping, in the order to list them.
pub(crate) const PRESETS: [(&str, &str); 3] = [
    (
        "remapping",
        "remapping over training: one corridor, update noise, 200 units, 2*10^5 steps, 10 seeds",
    ),
    (
        "remapping-label",
        "the same under label noise, which flattens the loss by its trace",
    ),
    (
        "remapping-three",
        "the same of a network that has learned three corridors, of which one is changed",
    ),
];

/// The scenario of one of [`PRESETS`], Figure 2's corridor at a size at which ten seeds take
/// minutes; `None` for another name.
///
/// 200 units, 2·10⁵ steps, measured at step 0 and at 12 steps evenly spaced in logarithm from
/// 2000, when the fast fall of the loss is over, to the end. `remapping` has Table 2's Gaussian
/// update noise of 0.03 (Figure 2 has 0.0139 and five times the steps, so about the same
/// diffusion); `remapping-label` has uniform label noise of width 2 instead; `remapping-three`
/// learns three corridors of 150 samples each under the update noise.
pub(crate) fn preset(name: &str) -> Option<UncheckedScenario> {
    if !PRESETS.iter().any(|(known, _)| *known == name) {
        return None;
    }
    let corridors = if name == "remapping-three" { 3 } else { 1 };
    let mut scenario = UncheckedScenario::new(TaskSpec::Corridor(CorridorParameters {
        samples: 150 * corridors,
        num_envs: corridors,
        ..CorridorParameters::figure2()
    }));
    scenario.name = name.to_owned();
    scenario.network.hidden = 200.into();
    scenario.steps = 200_000;
    if name == "remapping-label" {
        scenario.noise.label = NoiseSpec::uniform(2.0);
    } else {
        scenario.noise.update.distribution = NoiseSpec::gaussian(0.03);
    }
    // All eigenvalues of three corridors' Hessians would cost more than the runs.
    if corridors == 1 {
        scenario.spectrum.kind = SpectrumKind::GaussNewton;
    }
    scenario.sampling = Sampling::Logarithmic(LogarithmicSampling {
        samples: 13,
        first: 2000,
    });
    scenario.measures.remapping = Some(RemappingSpec {
        changes: vec![
            Change::NewTexture,
            Change::Morph { fraction: 0.5 },
            Change::Morph { fraction: 0.25 },
            Change::Lengthen { factor: 1.5 },
        ],
        environment: 0,
        shift_bins: 10,
        scaled_by: ScaledBy::Known,
        from: 2000,
    });
    Some(scenario)
}
