//! Other activation functions than the ReLU, from the scenario to the trace.

use super::pauses::assert_pauses_change_nothing;
use drift_sim::net::{
    Activation, HessianOperator, Lanczos, LargestEigenvalue, Network, Regime, Shape,
};
use drift_sim::{Error, Moment, Outcome, Registry, RunRecord, Scenario, System, Training, engine};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

const OTHERS: [&str; 3] = ["tanh", "softplus", "{ leaky_relu = { slope = 0.1 } }"];

fn scenario(activation: &str, changes: &[&str]) -> Scenario {
    let activation = format!("network.activation={activation}");
    let mut all = vec![activation.as_str(), "spectrum.kind=trace"];
    all.extend(changes);
    super::run_directory::scenario(&all)
}

#[test]
fn a_scenario_names_its_activation() {
    let of = |line: &str| {
        let text = format!("task = 'random'\n{line}");
        Scenario::from_toml(&text).map(|scenario| {
            let again = Scenario::from_toml(&scenario.to_toml()).unwrap();
            assert_eq!(again, scenario);
            assert_eq!(Scenario::from_json(&scenario.to_json()).unwrap(), scenario);
            scenario.spec().network.activation
        })
    };
    for (line, expected) in [
        ("", Activation::Relu),
        ("network.activation = 'relu'", Activation::Relu),
        ("network.activation = 'tanh'", Activation::tanh()),
        ("network.activation = 'softplus'", Activation::softplus()),
        (
            "network.activation = 'leaky_relu'",
            Activation::LeakyRelu { slope: 0.01 },
        ),
        (
            "network.activation = { leaky_relu = { slope = 0.1 } }",
            Activation::LeakyRelu { slope: 0.1 },
        ),
        (
            "network.activation.tanh.active_above = 0.3",
            Activation::Tanh { active_above: 0.3 },
        ),
    ] {
        assert_eq!(of(line).unwrap(), expected, "{line}");
    }
    for (line, message) in [
        (
            "network.activation.leaky_relu.slope = 1.0",
            "network.activation.leaky_relu.slope is 1; expected 0 <= slope < 1",
        ),
        (
            "network.activation.tanh.active_above = -1.0",
            "network.activation.tanh.active_above is -1; expected a finite number >= 0",
        ),
    ] {
        assert_eq!(of(line).unwrap_err().to_string(), message);
    }
    assert!(matches!(
        of("network.activation = 'tahn'"),
        Err(Error::UnknownField { nearest: Some(name), .. }) if name == "tanh"
    ));
    assert!(matches!(
        of("network.activation.tanh.slope = 0.5"),
        Err(Error::UnknownField { .. })
    ));
    // Choosing another replaces the one that is there.
    let mut unchecked = scenario("{ leaky_relu = { slope = 0.1 } }", &[]).into_unchecked();
    for (change, expected) in [
        (
            "network.activation.tanh.active_above=0.2",
            Activation::Tanh { active_above: 0.2 },
        ),
        ("network.activation=softplus", Activation::softplus()),
        ("network.activation=relu", Activation::Relu),
    ] {
        unchecked.set(change).unwrap();
        assert_eq!(unchecked.network.activation, expected);
    }
}

#[test]
fn pauses_and_checkpoints_change_nothing() {
    for activation in OTHERS {
        // Past the first sort of the stored units, at 4096.
        let scenario = scenario(
            activation,
            &["steps=4500", "noise.label.gaussian.standard_deviation=0.01"],
        );
        assert_pauses_change_nothing(&scenario, &[1, 700, 4300]);
    }
}

#[test]
fn a_run_in_a_directory_resumes() {
    let scenario = scenario("tanh", &[]);
    let place = tempfile::tempdir().unwrap();
    let [whole, parts] = ["whole", "parts"].map(|name| place.path().join(name));
    let completed = Outcome::Completed { step: 300 };
    let registry = Registry::new();
    let mut run = registry.create_run(&whole, &scenario).unwrap();
    assert_eq!(run.run(&mut ()).unwrap(), completed);

    let mut steps = 0;
    let mut stop = |_: &Moment<'_, Box<dyn System>>| {
        steps += 1;
        Ok(if steps == 3 {
            std::ops::ControlFlow::Break(())
        } else {
            std::ops::ControlFlow::Continue(())
        })
    };
    let mut run = registry.create_run(&parts, &scenario).unwrap();
    assert!(matches!(
        run.run(&mut stop).unwrap(),
        Outcome::Stopped { .. }
    ));
    drop(run);
    let mut run = registry.open_run(&parts).unwrap();
    assert_eq!(run.run(&mut ()).unwrap(), completed);
    drop(run);
    let [whole, parts] = [whole, parts].map(|path| RunRecord::read(&path).unwrap());
    assert_eq!(parts.trace, whole.trace);
    assert_eq!(parts.snapshots().unwrap(), whole.snapshots().unwrap());
    assert_eq!(parts.scenario.spec().network.activation, Activation::tanh());
}

#[test]
fn measures_are_of_the_scenarios_activation() {
    for activation in OTHERS {
        let mut simulation = scenario(activation, &[]).simulation().unwrap();
        simulation.run(&mut ()).unwrap();
        let sample = simulation.trace().last().unwrap();
        let of = |name: &str| sample.get(name).unwrap();
        let network = simulation.system().network().unwrap();
        let activation = network.activation();
        let dataset = simulation.system().dataset();
        let (inputs, targets) = (dataset.inputs().as_view(), dataset.targets().as_view());

        assert!(of("loss") < simulation.trace().samples()[0].get("loss").unwrap());
        let loss = network.loss(inputs, targets).unwrap();
        assert!((loss - of("loss")).abs() < 1e-12 * loss);
        let hidden = simulation.system().hidden().unwrap();
        let active = hidden.map(|activity| activation.is_active(activity));
        let share = active.iter().filter(|&&on| on).count() as f64 / hidden.len() as f64;
        assert_eq!(of("active_fraction"), share, "{activation}");
        let units = active
            .column_iter()
            .filter(|unit| unit.iter().any(|&on| on));
        assert_eq!(
            of("fraction_active_units"),
            units.count() as f64 / hidden.ncols() as f64
        );
        assert!(of("mean_spatial_information") > 0.0);
        let mapping = simulation.system().mapping().unwrap();
        let map = mapping.rate_map(&hidden, 0).unwrap();
        assert!(map.rates.iter().all(|&rate| rate >= 0.0));
        assert!(map.rates.iter().any(|&rate| rate > 0.0));

        let hessian = HessianOperator::at(&network, inputs, targets).unwrap();
        assert_eq!(of("hessian_trace"), hessian.trace());
        let mut largest = LargestEigenvalue::new(hessian.size(), Lanczos::default()).unwrap();
        let largest = largest.update_hessian(&hessian).unwrap().value;
        assert!((of("hessian_max") - largest).abs() < 1e-8 * largest);
    }
}

#[test]
fn network_and_scenario_must_agree() {
    let source = Training::of(&scenario("tanh", &[])).unwrap();
    let dataset = source.dataset().clone();
    let mut given = scenario("tanh", &[]).into_unchecked();
    given.set("task=given").unwrap();
    let scenario: Scenario = given.try_into().unwrap();
    let (inputs, outputs) = (dataset.inputs().ncols(), dataset.targets().ncols());
    let shape = Shape::new(inputs, 20, outputs).unwrap();
    let network = Network::initialize(shape, Regime::Lazy, &mut ChaCha8Rng::seed_from_u64(1));
    let error = Training::with_network(&scenario, dataset.clone(), network.clone());
    assert!(matches!(
        error,
        Err(Error::Engine(engine::Error::OutOfRange { field, .. })) if field == "activation of the network"
    ));
    let network = network.with_activation(Activation::tanh()).unwrap();
    assert!(Training::with_network(&scenario, dataset, network).is_ok());
}
