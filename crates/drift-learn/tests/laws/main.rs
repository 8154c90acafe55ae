//! What must hold of rules, noise and streams, whatever the numbers.

mod levels;
mod noise;
mod optimizers;
mod problems;
mod refusals;
mod sed;
#[cfg(feature = "serde")]
mod state;
mod steps;
mod values;

#[test]
fn public_types_cross_threads() {
    fn assert_send_sync<T: Send + Sync + std::fmt::Debug>() {}
    assert_send_sync::<drift_learn::Adam>();
    assert_send_sync::<drift_learn::AnyNoise>();
    assert_send_sync::<drift_learn::AnyRule>();
    assert_send_sync::<drift_learn::Error>();
    assert_send_sync::<drift_learn::NoiseSource>();
    assert_send_sync::<drift_learn::RmsProp>();
    assert_send_sync::<drift_learn::Sed>();
    assert_send_sync::<drift_learn::Sgd>();
    assert_send_sync::<drift_learn::SimdLevel>();
    assert_send_sync::<drift_learn::Streams>();
    assert_send_sync::<drift_learn::UpdateNoise>();
    assert_send_sync::<drift_learn::Valley>();
}
