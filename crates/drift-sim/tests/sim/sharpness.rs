//! The largest eigenvalue of the Hessian along a run.

use drift_sim::engine::sweep::Swept as _;
use drift_sim::{Scenario, Simulation, Sweep, System, Trace, Training, presets};

fn scenario(preset: &str, changes: &[&str]) -> Scenario {
    let mut unchecked = presets::preset(preset).unwrap().into_unchecked();
    for change in [
        "steps=600",
        "sampling.linear.samples=7",
        "network.hidden=12",
    ]
    .iter()
    .chain(changes)
    {
        unchecked.set(change).unwrap();
    }
    unchecked.try_into().unwrap()
}

fn ran(scenario: &Scenario) -> Simulation<Training> {
    let mut simulation = scenario.simulation().unwrap();
    simulation.run(&mut ()).unwrap();
    simulation
}

fn column(trace: &Trace, name: &str) -> Vec<Option<f64>> {
    trace.column(name).collect()
}

#[test]
fn it_is_that_of_the_exact_spectrum_at_every_sample() {
    for preset in ["random-sgd-update", "corridor-adam", "predictive-sed"] {
        let mut simulation = scenario(preset, &["spectrum.kind=exact"])
            .simulation()
            .unwrap();
        for step in [0, 100, 250, 300, 600] {
            simulation.run_until(step, &mut ()).unwrap();
            let (spectrum, _) = simulation.system().spectrum().unwrap();
            let sample = simulation.trace().last().unwrap();
            if sample.step != step {
                continue;
            }
            let (exact, found) = (spectrum.max.unwrap(), sample.get("hessian_max").unwrap());
            assert!(
                (exact - found).abs() < 1e-8 * exact,
                "{preset} {step}: {exact} {found}"
            );
        }
        let trace = simulation.trace();
        assert!(
            column(trace, "hessian_max").iter().all(Option::is_some),
            "{preset}"
        );
    }
}

#[test]
fn gradient_descent_has_its_product_with_the_rate_and_no_other_rule_has() {
    let scenario = scenario("random-sgd-label", &["rule.sgd.learning_rate=0.05"]);
    let simulation = ran(&scenario);
    for sample in simulation.trace().samples() {
        let largest = sample.get("hessian_max").unwrap();
        assert_eq!(sample.get("eta_hessian_max"), Some(0.05 * largest));
    }
    for rule in ["adam", "rmsprop", "sed"] {
        let simulation = ran(&self::scenario(&format!("random-{rule}"), &[]));
        let names = simulation
            .trace()
            .columns()
            .iter()
            .map(|column| &column.name);
        assert!(names.clone().any(|name| name == "hessian_max"));
        assert!(
            names.clone().all(|name| name != "eta_hessian_max"),
            "{rule}"
        );
    }
}

#[test]
fn measuring_it_changes_no_other_column_and_no_parameter() {
    for preset in ["random-sgd-update", "smoothed-adam-label", "valley"] {
        let changes = ["spectrum.samples=3"];
        let with = ran_any(&scenario(preset, &changes));
        let without = ran_any(&scenario(preset, &[changes[0], "spectrum.largest=0"]));
        let names: Vec<String> = with.0.columns().iter().map(|c| c.name.clone()).collect();
        for name in names.iter().filter(|name| !name.ends_with("hessian_max")) {
            assert_eq!(
                column(&with.0, name),
                column(&without.0, name),
                "{preset} {name}"
            );
        }
        assert!(
            column(&without.0, "hessian_max")
                .iter()
                .all(Option::is_none)
        );
        assert_eq!(with.1, without.1);
    }
}

fn ran_any(scenario: &Scenario) -> (Trace, Vec<f64>) {
    let mut simulation = drift_sim::Registry::new().simulation(scenario).unwrap();
    simulation.run(&mut ()).unwrap();
    let parameters = simulation.system().vector(0, scenario.steps()).unwrap();
    (simulation.trace().clone(), parameters.into_owned())
}

#[test]
fn a_scenario_says_how_often() {
    let simulation = ran(&scenario("random-sgd", &["spectrum.largest=3"]));
    let measured: Vec<bool> = column(simulation.trace(), "hessian_max")
        .iter()
        .map(Option::is_some)
        .collect();
    assert_eq!(measured, [true, false, false, true, false, false, true]);
    let wrong = Scenario::from_toml("task = 'random'\nspectrum.largest = 99999999").unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "spectrum.largest is 99999999; expected 0 to 10000000"
    );
}

/// A summary says when the edge is reached and when the code becomes sparser.
#[test]
fn a_sweep_says_when_the_edge_is_reached() {
    let sweep = Sweep::from_toml(
        r#"
        name = "edge"
        [[group]]
        name = "a"
        preset = "random-sgd-update"
        set = { steps = 300, "rule.sgd.learning_rate" = 0.4, "sampling.linear.samples" = 31 }
        runs = 2
        "#,
    )
    .unwrap();
    for run in 0..2 {
        let mut simulation = sweep.simulation(&sweep.design().draw(run)).unwrap();
        simulation.run(&mut ()).unwrap();
        let trace = simulation.trace();
        let summary = simulation.system().summary(trace).unwrap();
        let number = |name: &str| {
            let found = summary.numbers.iter().find(|(known, _)| known == name);
            found.unwrap().1
        };
        let steps = trace.steps();
        let first = |reached: &dyn Fn(usize) -> bool| {
            (0..steps.len())
                .find(|&index| reached(index))
                .map(|index| steps[index])
        };
        let products = column(trace, "eta_hessian_max");
        let edge = first(&|index| products[index].unwrap() >= 1.9);
        assert_eq!(number("edge_reached"), edge);
        let active = column(trace, "active_fraction");
        let sparse = |index: usize| active[index].unwrap() < 0.9 * active[0].unwrap();
        let sparser = first(&|index| (index..steps.len()).all(sparse));
        assert_eq!(number("sparsification_begins"), sparser);
        assert_eq!(number("initial_eta_hessian_max"), products[0]);
        let curve = summary
            .curves
            .iter()
            .find(|(name, _)| name == "eta_hessian_max");
        assert!(curve.unwrap().1.iter().all(|value| value.is_finite()));
    }
}
