//! A step allocates nothing: every buffer is made with the rule or the network.
#![allow(
    unsafe_code,
    reason = "implementing an allocator that counts is unsafe"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use drift_learn::similarity_matching::{
    PrincipalSubspace, PrincipalSubspaceSettings, SimilarityExperiment, SimilarityRun,
};
use drift_learn::{
    Adam, AdamSettings, AnyNoise, AnyRule, Gaussian, LearningRule, RmsProp, RmsPropSettings, Sed,
    SedSettings, Sgd, SgdSettings, Stream, Streams, TensorGroup, Uniform, UpdateNoise, UpdatePlace,
    Valley,
};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
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
        Sed::new(settings, &groups, streams.noise_source(Stream::Sed))
            .unwrap()
            .into(),
    ];
    let noises: [AnyNoise; 3] = [
        AnyNoise::None,
        Gaussian::new(0.1).unwrap().into(),
        Uniform::new(0.1).unwrap().into(),
    ];
    assert!(ALLOCATIONS.with(Cell::get) > 0, "the counter counts");
    for rule in rules {
        for noise in noises {
            for place in [UpdatePlace::Gradient, UpdatePlace::Parameters] {
                let mut rule = rule.clone();
                let source = streams.noise_source(Stream::UpdateNoise);
                let mut update_noise = UpdateNoise::new(noise, place, source);
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
        let count = allocations(|| run.run_until(10).unwrap());
        assert_eq!(count, 0, "{name}");
    }
    let settings = PrincipalSubspaceSettings::published();
    let mut network = PrincipalSubspace::new(settings, &streams).unwrap();
    let count = allocations(|| (0..10).for_each(|_| network.step()));
    assert_eq!(count, 0, "principal subspace");
}
