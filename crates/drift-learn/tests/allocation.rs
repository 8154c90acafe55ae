//! A step allocates nothing: every buffer is made with the rule or the network.

use drift_learn::similarity_matching::{
    PrincipalSubspace, PrincipalSubspaceSettings, SimilarityExperiment, SimilarityRun,
};
use drift_learn::{
    Adam, AdamSettings, AnyNoise, AnyRule, Gaussian, LearningRule, RmsProp, RmsPropSettings, Sed,
    SedSettings, Sgd, SgdSettings, Stream, Streams, TensorGroup, Uniform, UpdateNoise, UpdatePlace,
    Valley,
};

fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

#[test]
fn a_step_allocates_nothing() {
    let streams = Streams::new(1);
    let groups = [TensorGroup {
        range: 0..2,
        rows: 2,
    }];
    let settings = SedSettings::published(0.9);
    let rules: [AnyRule; 4] = [
        Sgd::new(SgdSettings::pytorch(), 2).unwrap().into(),
        Adam::new(AdamSettings::pytorch(), 2).unwrap().into(),
        RmsProp::new(RmsPropSettings::pytorch(), 2).unwrap().into(),
        Sed::new(
            settings,
            &groups,
            streams.noise_source(Stream::Sed).unwrap(),
        )
        .unwrap()
        .into(),
    ];
    let noises: [AnyNoise; 3] = [
        AnyNoise::None,
        Gaussian::new(0.1).unwrap().into(),
        Uniform::new(0.1).unwrap().into(),
    ];
    let counted = allocations(|| drop(std::hint::black_box(vec![0u8; 10])));
    assert_eq!(counted, 1, "the counter counts");
    for rule in rules {
        for noise in &noises {
            for place in [UpdatePlace::Gradient, UpdatePlace::Parameters] {
                let mut rule = rule.clone();
                let source = streams.noise_source(Stream::UpdateNoise).unwrap();
                let mut update_noise = UpdateNoise::new(noise.clone(), place, source);
                let mut parameters = [1.0, 0.5];
                let allocated = allocations(|| {
                    for _ in 0..10 {
                        rule.step(&mut Valley, &mut parameters, &mut update_noise);
                    }
                });
                assert_eq!(allocated, 0, "{rule:?} with {noise:?}");
            }
        }
    }
}

#[test]
fn a_step_of_similarity_matching_allocates_nothing() {
    let streams = Streams::new(1);
    for name in SimilarityExperiment::NAMES {
        let experiment = SimilarityExperiment::named(name).unwrap();
        let mut run = SimilarityRun::new(experiment, &streams).unwrap();
        let count = allocations(|| {
            for _ in 0..10 {
                run.step().unwrap();
            }
        });
        assert_eq!(count, 0, "{name}");
    }
    let settings = PrincipalSubspaceSettings::published();
    let mut network = PrincipalSubspace::new(settings, &streams).unwrap();
    let count = allocations(|| (0..10).for_each(|_| network.step()));
    assert_eq!(count, 0, "principal subspace");
}
