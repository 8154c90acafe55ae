//! What the API guidelines ask of types, for all crates behind the facade.

use std::fmt::Debug;

use drift_sim::{Replicas, Training, data, engine, env, infer, learn, metrics, net, npz};

fn error<T: std::error::Error + Send + Sync + 'static>() {}

fn crosses_threads<T: Debug + Send + Sync>() {}

fn data_of<T: Debug + Clone + PartialEq + Send + Sync>() {}

#[test]
fn errors_can_be_boxed_and_sent() {
    error::<env::Error>();
    error::<net::Error>();
    error::<learn::Error>();
    error::<metrics::Error>();
    error::<data::Error>();
    error::<engine::Error>();
    error::<drift_sim::Error>();
    // A caller's `?` into the most common box.
    let boxed: Box<dyn std::error::Error + Send + Sync> = drift_sim::presets::preset("figure3")
        .expect_err("no such preset")
        .into();
    assert!(boxed.to_string().contains("figure3"));
}

#[test]
fn what_holds_state_crosses_threads() {
    crosses_threads::<env::Agent>();
    crosses_threads::<net::Workspace>();
    crosses_threads::<net::UnitSorter>();
    crosses_threads::<net::Hessian>();
    crosses_threads::<net::HessianOperator>();
    crosses_threads::<net::ZeroLossPoint<'_>>();
    crosses_threads::<net::TangentProjector<'_>>();
    crosses_threads::<learn::AnyRule>();
    crosses_threads::<learn::NoiseSource>();
    crosses_threads::<learn::similarity_matching::SimilarityRun>();
    crosses_threads::<learn::similarity_matching::PrincipalSubspace>();
    crosses_threads::<data::mat::MatFile>();
    crosses_threads::<drift_sim::Simulation<Training>>();
    crosses_threads::<engine::Run<Training>>();
    crosses_threads::<engine::sweep::SweepShard>();
    crosses_threads::<Replicas>();
    crosses_threads::<drift_sim::Registry>();
    crosses_threads::<drift_sim::Sweep>();
    crosses_threads::<npz::Writer>();
    crosses_threads::<npz::Archive>();
}

#[test]
fn data_can_be_copied_and_compared() {
    data_of::<env::Dataset>();
    data_of::<env::CorridorTask>();
    data_of::<net::Network>();
    data_of::<net::Samples>();
    data_of::<net::Spectrum>();
    data_of::<learn::UpdateNoise>();
    data_of::<metrics::RateMap>();
    data_of::<metrics::information::bias::InformationReport>();
    data_of::<metrics::shuffle::PlaceCellTest>();
    data_of::<metrics::sessions::SessionPairs>();
    data_of::<data::Recording>();
    data_of::<data::Filter>();
    data_of::<drift_sim::Scenario>();
    data_of::<drift_sim::RunRecord>();
    data_of::<engine::Checkpoint>();
    data_of::<engine::Plan>();
    data_of::<engine::SeriesRecord>();
    data_of::<drift_sim::Trace>();
    data_of::<engine::sweep::Sweep>();
    data_of::<engine::sweep::Draw>();
    data_of::<engine::sweep::RunRow>();
    data_of::<drift_sim::sweep::UncheckedSweep>();
    data_of::<drift_sim::remapping::Remapping>();
    data_of::<drift_sim::remapping::Criteria>();
    data_of::<drift_sim::remapping::Row>();
    data_of::<drift_sim::remapping::Prediction>();
    data_of::<drift_sim::remapping::Change>();
    data_of::<drift_sim::similarity::Responses>();
    data_of::<env::CorridorScaling>();
    data_of::<infer::Model>();
    data_of::<infer::Record>();
}

fn sgd() -> learn::Sgd {
    let settings = learn::SgdSettings { learning_rate: 0.1 };
    learn::Sgd::new(settings, 2).expect("a rule")
}

#[test]
fn traits_meant_for_others_can_be_objects() {
    let mut noise: Box<dyn learn::Noise> = Box::new(learn::NoNoise);
    assert_eq!(noise.as_mut().variance(), 0.0);
    let mut valley: Box<dyn learn::LossGradient> = Box::new(learn::Valley);
    let mut gradient = [0.0; 2];
    assert_eq!(valley.loss_gradient(&[1.0, 2.0], &mut gradient), 4.0);
    assert_eq!(gradient, [8.0, 4.0]);
    let mut rule: Box<dyn learn::LearningRule<learn::Valley>> = Box::new(sgd());
    let mut point = [1.0, 2.0];
    let mut quiet = learn::UpdateNoise::none();
    let mut only_loss: Box<dyn learn::Loss> = Box::new(learn::Valley);
    assert_eq!(
        rule.step(&mut learn::Valley, &mut point, &mut quiet),
        only_loss.loss(&[1.0, 2.0])
    );
    assert_eq!(point, [1.0 - 0.8, 2.0 - 0.4]);
    let observer: &mut dyn drift_sim::Observer<Training> = &mut ();
    assert!(observer.step(1, 0.5).is_continue());
    // A system behind a pointer is a system, and so is a rule of one's own.
    let training = Training::new(learn::Valley, sgd(), vec![1.0, 2.0]).expect("a training");
    let mut system: Box<dyn drift_sim::System> = Box::new(training);
    assert_eq!(system.step(), 4.0);
    let vector = system.vector(0, 1).expect("the parameters");
    assert_eq!(vector[..], point);
}

/// drift-net has no reader of a text format among its own tests.
#[test]
fn forged_sizes_and_orders_of_units_are_refused() {
    let shape = |text: &str| serde_json::from_str::<net::Shape>(text);
    let read = shape(r#"{"inputs": 2, "hidden": 3, "outputs": 1}"#).expect("a shape");
    assert_eq!(read, net::Shape::new(2, 3, 1).expect("a shape"));
    let none = shape(r#"{"inputs": 2, "hidden": 0, "outputs": 1}"#).expect_err("no units");
    assert!(none.to_string().contains("hidden is 0"), "{none}");
    let order = |text: &str| serde_json::from_str::<net::UnitOrder>(text);
    assert_eq!(order("[1, 0]").expect("an order").units(), [1, 0]);
    let twice = order("[1, 1]").expect_err("a unit twice").to_string();
    assert!(
        twice.contains("expected each of 0..2 exactly once"),
        "{twice}"
    );
    assert!(order("[]").is_err());
}
