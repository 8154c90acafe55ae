//! Stored state: a resumed run is the uninterrupted one, bit for bit.

use drift_learn::Streams;
use drift_learn::similarity_matching::{
    PrincipalSubspace, PrincipalSubspaceSettings, SimilarityRun,
};
use proptest::prelude::*;

use crate::{rows, run, small_ring, step_until};

fn through_postcard<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    postcard::from_bytes(&postcard::to_stdvec(value).unwrap()).unwrap()
}

fn through_json<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_resumed_run_is_the_uninterrupted_one(
        before in 0..40u64, after in 1..40u64, units in 1..30usize, seed in any::<u64>(),
    ) {
        let mut uninterrupted = run(small_ring(units), seed);
        step_until(&mut uninterrupted, before);
        let mut resumed = through_postcard(&uninterrupted);
        let mut from_json = through_json(&uninterrupted);
        let times = [before, before + after];
        let expected = rows(&mut uninterrupted, times);
        prop_assert_eq!(&rows(&mut resumed, times), &expected);
        prop_assert_eq!(&rows(&mut from_json, times), &expected);
        prop_assert_eq!(&resumed, &uninterrupted);
        prop_assert_eq!(&from_json, &uninterrupted);
    }
}

#[test]
fn a_resumed_subspace_is_the_uninterrupted_one() {
    let settings = PrincipalSubspaceSettings::published();
    let mut uninterrupted = PrincipalSubspace::new(settings, &Streams::new(1)).unwrap();
    (0..50).for_each(|_| uninterrupted.step());
    let mut resumed = through_postcard(&uninterrupted);
    for network in [&mut uninterrupted, &mut resumed] {
        (0..50).for_each(|_| network.step());
    }
    assert_eq!(resumed, uninterrupted);
}

#[test]
fn broken_states_are_refused() {
    let mut start = run(small_ring(3), 1);
    step_until(&mut start, 30);
    let good = serde_json::to_value(&start).unwrap();
    let spoil = |pointer: &str, value: serde_json::Value| {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        serde_json::from_value::<SimilarityRun>(bad)
            .unwrap_err()
            .to_string()
    };
    let says = |message: String, word: &str| assert!(message.contains(word), "{message}");
    says(spoil("/network/lateral/1", (-1.0).into()), "lateral");
    says(spoil("/network/bias", serde_json::json!([0.0])), "bias");
    says(spoil("/reference", serde_json::json!([0.0])), "reference");
    says(spoil("/experiment/network/units", 4.into()), "units");
    says(spoil("/experiment/network/ridge", 0.0.into()), "ridge");
    assert!(serde_json::from_value::<SimilarityRun>(good).is_ok());
}
