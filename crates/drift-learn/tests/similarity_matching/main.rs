//! Similarity matching: laws, equations, the shape of small runs, refusals and stored state.

mod equations;
mod laws;
mod refusals;
mod runs;
#[cfg(feature = "serde")]
mod state;

use drift_learn::Streams;
use drift_learn::similarity_matching::{
    PrincipalSubspace, RingInputs, SimilarityExperiment, SimilarityInputs, SimilarityMatching,
    SimilarityMatchingSettings, SimilarityRow, SimilarityRun,
};

/// A small ring experiment: `units` units, 40 points, 10 of them recorded.
fn small_ring(units: usize) -> SimilarityExperiment {
    let ring = SimilarityExperiment::ring();
    SimilarityExperiment {
        network: SimilarityMatchingSettings {
            units,
            ..ring.network
        },
        inputs: SimilarityInputs::Ring(RingInputs {
            points: 40,
            ..RingInputs::published()
        }),
        reference: 30,
        ..ring
    }
}

fn run(experiment: SimilarityExperiment, seed: u64) -> SimilarityRun {
    SimilarityRun::new(experiment, &Streams::new(seed)).unwrap()
}

fn step_until(run: &mut SimilarityRun, step: u64) {
    while run.steps() < step {
        run.step().unwrap();
    }
}

/// Rows at these steps, in order.
fn rows(run: &mut SimilarityRun, times: impl IntoIterator<Item = u64>) -> Vec<SimilarityRow> {
    let row = |time| {
        step_until(run, time);
        run.row(&run.responses().unwrap()).unwrap()
    };
    times.into_iter().map(row).collect()
}

#[test]
fn public_types_cross_threads() {
    fn assert_send_sync<T: Send + Sync + std::fmt::Debug>() {}
    assert_send_sync::<SimilarityMatching>();
    assert_send_sync::<SimilarityRun>();
    assert_send_sync::<PrincipalSubspace>();
    assert_send_sync::<SimilarityRow>();
}
