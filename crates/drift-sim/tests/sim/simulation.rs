//! Runs in memory: same bits, pauses, streams, typed endings.

use std::ops::ControlFlow;

use super::pauses::assert_pauses_change_nothing;
use drift_sim::engine::{self, Checkpoint, End};
use drift_sim::env::Dataset;
use drift_sim::learn::{
    Adam, AdamSettings, AnyNoise, AnyRule, LearningRule, Sgd, SgdSettings, Streams, UpdateNoise,
};
use drift_sim::{
    Moment, NetworkProblem, Observer, Outcome, Registry, Scenario, Simulation, System, Training,
    UncheckedScenario, presets, run_replicas,
};

fn scenario(preset: &str, changes: &[&str]) -> Scenario {
    let mut unchecked = presets::preset(preset).unwrap().into_unchecked();
    for change in changes {
        unchecked.set(change).unwrap();
    }
    unchecked.try_into().unwrap()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

const SHORT: [&str; 2] = ["steps=400", "sampling.linear.samples=5"];

#[test]
fn two_runs_of_one_scenario_have_the_same_bits() {
    for preset in [
        "random-sgd-update",
        "smoothed-adam-label",
        "predictive-rmsprop",
        "smoothed-autoencoder-sed",
        "corridor-sgd-update",
        "valley",
    ] {
        let scenario = scenario(preset, &SHORT);
        let run = || {
            let mut simulation = Registry::new().simulation(&scenario).unwrap();
            let mut snapshots = Vec::new();
            let outcome = simulation
                .run(&mut |moment: &Moment<'_, Box<dyn System>>| {
                    let parameters = moment.system.vector(0, moment.step).unwrap();
                    snapshots.push((moment.step, bits(&parameters)));
                    Ok(ControlFlow::Continue(()))
                })
                .unwrap();
            assert_eq!(outcome, Outcome::Completed { step: 400 }, "{preset}");
            (simulation.trace().to_csv(), snapshots)
        };
        let ((trace, snapshots), again) = (run(), run());
        assert_eq!(trace, again.0, "{preset}");
        assert_eq!(snapshots, again.1, "{preset}");
        let steps: Vec<u64> = snapshots.iter().map(|(step, _)| *step).collect();
        assert_eq!(steps, [0, 100, 200, 300, 400]);
        assert_ne!(snapshots[0].1, snapshots[4].1);
    }
}

#[test]
fn the_order_of_storage_is_never_seen() {
    for preset in ["random-sgd-update", "random-adam-update"] {
        // Without noise, so that plain steps in natural order are the same run.
        let scenario = scenario(preset, &["noise.update.distribution=none", "steps=9000"]);
        let mut simulation = scenario.simulation().unwrap();
        let dataset = simulation.system().dataset().clone();
        let start = simulation.system().network().unwrap();
        let shape = start.shape();
        let none = AnyNoise::None;
        let mut problem =
            NetworkProblem::new(&dataset, &start, none.clone(), none, &Streams::new(0)).unwrap();
        let mut parameters = simulation.system().parameters();
        let mut rule = match preset {
            "random-sgd-update" => AnyRule::from(
                Sgd::new(SgdSettings { learning_rate: 0.1 }, shape.parameters()).unwrap(),
            ),
            _ => AnyRule::from(Adam::new(AdamSettings::pytorch(), shape.parameters()).unwrap()),
        };
        // Few steps: Adam amplifies the rounding of another order of summation later on.
        for _ in 0..4500 {
            simulation.step();
            rule.step(&mut problem, &mut parameters, &mut UpdateNoise::none());
        }
        for (stored, plain) in simulation.system().parameters().iter().zip(&parameters) {
            assert!((stored - plain).abs() < 1e-6, "{preset}: {stored} {plain}");
        }
        let hidden = simulation.system().hidden().unwrap();
        assert_eq!(
            hidden,
            simulation
                .system()
                .network()
                .unwrap()
                .forward(dataset.inputs().as_view())
                .unwrap()
                .0,
            "{preset}"
        );
    }
}

#[test]
fn pauses_and_checkpoints_change_nothing() {
    for preset in [
        "random-adam-update",
        "random-sed-update",
        "smoothed-sgd-label",
    ] {
        let scenario = scenario(
            preset,
            &[
                SHORT[0],
                SHORT[1],
                "noise.input.gaussian.standard_deviation=0.01",
                // Past the first two sorts of the stored units, at 4096 and 8192.
                "steps=9000",
            ],
        );
        assert_pauses_change_nothing(&scenario, &[1, 57, 57, 4000, 4096, 8200]);
    }
}

#[test]
fn a_checkpoint_fits_its_own_scenario_only() {
    let one = scenario("random-sgd", &SHORT).simulation().unwrap();
    let checkpoint = one.checkpoint().unwrap();
    // Other settings, and other data under the same settings.
    let data = Training::with_dataset(&given(&[]), one.system().dataset().clone()).unwrap();
    let mut changed = one.system().dataset().clone();
    let mut inputs = changed.inputs().clone();
    inputs[(0, 0)] += 1e-9;
    changed = Dataset::new(inputs, changed.targets().clone()).unwrap();
    let changed = Training::with_dataset(&given(&[]), changed).unwrap();
    assert_ne!(data.fingerprint(), changed.fingerprint());
    for settings in ["steps=401", "seed=1", "rule.sgd.learning_rate=0.11"] {
        let mut other = scenario("random-sgd", &[SHORT[0], SHORT[1], settings])
            .simulation()
            .unwrap();
        let refused = other.restore(&checkpoint, one.trace().clone()).unwrap_err();
        assert!(
            matches!(refused, engine::Error::OtherSystem { .. }),
            "{refused}"
        );
    }
}

/// The scenario of the preset `random-sgd` on a data set of the program's own.
fn given(changes: &[&str]) -> Scenario {
    let all: Vec<&str> = SHORT
        .iter()
        .chain(["task=given"].iter())
        .chain(changes)
        .copied()
        .collect();
    scenario("random-sgd", &all)
}

#[test]
fn damaged_checkpoints_are_refused() {
    let simulation = scenario("random-adam-label", &SHORT).simulation().unwrap();
    let checkpoint = simulation.checkpoint().unwrap();
    let bytes = checkpoint.to_bytes();
    assert_eq!(Checkpoint::from_bytes(&bytes).unwrap(), checkpoint);
    for length in [0, 3, 19, bytes.len() / 2, bytes.len() - 1] {
        assert!(
            Checkpoint::from_bytes(&bytes[..length]).is_err(),
            "{length}"
        );
    }
    for position in [0, 8, 12, 40, bytes.len() / 2, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[position] ^= 4;
        assert!(Checkpoint::from_bytes(&damaged).is_err(), "{position}");
    }
}

#[test]
fn switching_a_noise_on_leaves_the_other_streams_alone() {
    let plain = scenario("corridor-sgd", &SHORT).simulation().unwrap();
    let plain = plain.system();
    for noise in [
        "noise.label.uniform.width=1.0",
        "noise.input.gaussian.standard_deviation=0.1",
        "noise.update.distribution.gaussian.standard_deviation=0.1",
        "rule=sed",
    ] {
        let noisy = Training::of(&scenario("corridor-sgd", &[SHORT[0], noise])).unwrap();
        assert_eq!(noisy.dataset(), plain.dataset(), "{noise}");
        assert_eq!(
            bits(&noisy.parameters()),
            bits(&plain.parameters()),
            "{noise}"
        );
    }
    // Update noise draws the same numbers whether or not labels are noisy too: with a rate so
    // small that the gradient is nothing beside the noise, the parameters move the same way.
    let moved = |label: &str| {
        let mut training = Training::of(&scenario(
            "corridor-sgd-update",
            &[
                "rule.sgd.learning_rate=1e-3",
                "noise.update.place=parameters",
                label,
            ],
        ))
        .unwrap();
        let start = training.parameters();
        training.step();
        let end = training.parameters();
        start
            .iter()
            .zip(end)
            .map(|(start, end)| end - start)
            .collect::<Vec<f64>>()
    };
    let (without, with) = (
        moved("noise.label=none"),
        moved("noise.label.uniform.width=1.0"),
    );
    assert_ne!(bits(&without), bits(&with));
    for (one, two) in without.iter().zip(&with) {
        assert!((one - two).abs() < 1e-3, "{one} {two}");
    }
}

#[test]
fn the_first_sample_is_before_any_update() {
    let mut simulation = scenario("random-sgd", &SHORT).simulation().unwrap();
    simulation.run_until(0, &mut ()).unwrap();
    let start = simulation.trace().last().unwrap().clone();
    let training = Training::of(&scenario("random-sgd", &SHORT)).unwrap();
    assert_eq!(simulation.system().parameters(), training.parameters());
    simulation.run(&mut ()).unwrap();
    assert_eq!(simulation.trace().samples()[0], start);
    assert_eq!(start.step, 0);
    assert!(start.get("active_fraction").unwrap() > 0.4 && start.get("place_units").is_none());
}

#[test]
fn a_diverging_run_ends_with_its_reason() {
    let scenario = scenario("random-sgd", &["rule.sgd.learning_rate=1000", "steps=5000"]);
    let mut simulation = scenario.simulation().unwrap();
    let outcome = simulation.run(&mut ()).unwrap();
    // The limit holds from step 100 on; what is not finite ends a run before.
    let Outcome::Ended { step, end } = &outcome else {
        panic!("{outcome}");
    };
    assert_eq!(*end, End::not_finite(*step));
    assert!(*step < 100, "{outcome}");
    assert_eq!(outcome.kind(), "not_finite");
    // An ended run stays ended.
    assert_eq!(simulation.run(&mut ()).unwrap(), outcome);
    assert_eq!(simulation.steps_done(), outcome.step());
}

#[test]
fn a_loss_above_the_limit_ends_a_run_from_its_step_on() {
    let changes = ["steps=5000", "stop.maximum_loss=1e-6"];
    let mut simulation = scenario("random-sgd", &changes).simulation().unwrap();
    let outcome = simulation.run(&mut ()).unwrap();
    assert_eq!((outcome.kind(), outcome.step()), ("diverged", 100));
    let text = outcome.to_string();
    let said: f64 = text.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(said > 1e-6, "{text}");
    assert!(
        text.starts_with("diverged at step 100: normalised loss "),
        "{text}"
    );
    assert_eq!(simulation.run(&mut ()).unwrap(), outcome);
}

#[test]
fn noisy_losses_above_the_limit_do_not_end_a_run_whose_clean_loss_is_fine() {
    let scenario = scenario(
        "random-sgd",
        &[
            "steps=500",
            "rule.sgd.learning_rate=1e-6",
            "noise.label.uniform.width=100",
        ],
    );
    let mut simulation = scenario.simulation().unwrap();
    assert_eq!(
        simulation.run(&mut ()).unwrap(),
        Outcome::Completed { step: 500 }
    );
}

#[test]
fn a_dead_network_ends_with_its_reason() {
    let living = Training::of(&scenario("random-sgd", &SHORT)).unwrap();
    let mut network = living.network().unwrap();
    let shape = network.shape();
    network.parameters_mut()[shape.hidden() * shape.inputs()..][..shape.hidden()].fill(-100.0);
    let dataset = living.dataset();
    let simulation = |changes: &[&str]| {
        let scenario = given(changes);
        let training = Training::with_network(&scenario, dataset.clone(), network.clone()).unwrap();
        Simulation::new(training, scenario.plan().clone()).unwrap()
    };
    let mut dead = simulation(&[]);
    let outcome = dead.run(&mut ()).unwrap();
    assert_eq!((outcome.kind(), outcome.step()), ("all_units_inactive", 0));
    assert_eq!(
        outcome.to_string(),
        "no unit is active on any sample at step 0"
    );
    let last = dead.trace().last().unwrap();
    assert_eq!(last.get("active_fraction"), Some(0.0));

    let mut allowed = simulation(&["stop.all_units_inactive=false"]);
    assert_eq!(
        allowed.run(&mut ()).unwrap(),
        Outcome::Completed { step: 400 }
    );
}

#[test]
fn data_of_the_program_need_a_task_that_says_so() {
    let own = scenario("random-sgd", &SHORT);
    let training = Training::of(&own).unwrap();
    let (dataset, network) = (training.dataset(), training.network().unwrap());
    let refused = Training::with_dataset(&own, dataset.clone()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "task is random; expected given: the data set comes from the program"
    );
    assert!(Training::with_network(&own, dataset.clone(), network.clone()).is_err());
    let refused = given(&[]).simulation().unwrap_err().to_string();
    assert!(refused.starts_with("task is given; expected"), "{refused}");
    let other = given(&["network.hidden=99"]);
    let refused = Training::with_network(&other, dataset.clone(), network.clone()).unwrap_err();
    assert!(
        matches!(
            refused,
            drift_sim::Error::ShapeMismatch {
                found: 100,
                expected: 99,
                ..
            }
        ),
        "{refused}"
    );
    // From the same start on the same data it is the same run.
    let same = Training::with_network(&given(&[]), dataset.clone(), network).unwrap();
    let start = Training::with_dataset(&given(&[]), dataset.clone()).unwrap();
    assert_eq!(same.parameters(), start.parameters());
    assert_eq!(same.parameters(), training.parameters());
}

struct StopAt(u64, u64);

impl<S: ?Sized> Observer<S> for StopAt {
    fn step(&mut self, step: u64, _loss: f64) -> ControlFlow<()> {
        self.1 += 1;
        if step == self.0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

#[test]
fn observers_see_every_step_and_sample_and_can_stop() {
    let scenario = scenario("random-sgd", &SHORT);
    let mut simulation = scenario.simulation().unwrap();
    let mut stop = StopAt(77, 0);
    assert_eq!(
        simulation.run(&mut stop).unwrap(),
        Outcome::Stopped { step: 77 }
    );
    assert_eq!(stop.1, 77);
    let mut seen = Vec::new();
    let outcome = simulation
        .run(&mut |moment: &Moment<'_, Training>| {
            assert_eq!(moment.system.steps_done(), moment.sample.step);
            let network = moment.system.sampled_network().unwrap();
            assert_eq!(network.parameters(), moment.system.parameters());
            let hidden = moment.system.sampled_hidden().unwrap();
            assert_eq!(Some(hidden), moment.system.hidden().as_ref());
            seen.push(moment.step);
            Ok(if moment.step == 300 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })
        .unwrap();
    assert_eq!(outcome, Outcome::Stopped { step: 300 });
    assert_eq!(seen, [100, 200, 300]);
    assert_eq!(
        simulation.run(&mut ()).unwrap(),
        Outcome::Completed { step: 400 }
    );
    assert_eq!(simulation.trace().samples().len(), 5);
}

#[test]
fn replicas_do_not_depend_on_threads() {
    let scenario = scenario("smoothed-sgd-update", &SHORT);
    let together = run_replicas(&scenario, &[3, 1, 2]).unwrap();
    for replica in &together {
        let alone = run_replicas(&scenario, &[replica.seed]).unwrap();
        assert_eq!(&alone[0], replica);
        let mut simulation = scenario
            .with_seed(replica.seed)
            .unwrap()
            .simulation()
            .unwrap();
        assert_eq!(simulation.run(&mut ()).unwrap(), replica.outcome);
        assert_eq!(simulation.system().parameters(), replica.parameters);
    }
}

#[test]
fn replicas_are_of_any_system() {
    for (preset, entries) in [("valley", 2), ("principal-subspace", 30)] {
        let mut unchecked = presets::preset(preset).unwrap().into_unchecked();
        unchecked.set_steps(1000);
        let replicas = run_replicas(&unchecked.try_into().unwrap(), &[0, 1]).unwrap();
        assert_eq!(replicas[0].parameters.len(), entries, "{preset}");
        assert_ne!(replicas[0].parameters, replicas[1].parameters);
    }
}

#[test]
fn a_system_has_its_own_columns_alone() {
    let columns = |preset: &str| -> Vec<String> {
        let simulation = Registry::new().simulation(&scenario(preset, &[])).unwrap();
        let columns = simulation.trace().columns().iter();
        columns.map(|column| column.name.clone()).collect()
    };
    let both = ["loss", "log10_normalised_loss"];
    let hessian = [
        "hessian_trace",
        "log_pseudo_determinant",
        "nonzero_fraction",
        "published_nonzero_fraction",
    ];
    let network = [
        "active_fraction",
        "fraction_active_units",
        "mean_spatial_information",
        "place_units",
    ];
    let (largest, edge) = (["hessian_max"], ["eta_hessian_max"]);
    assert_eq!(
        columns("valley"),
        [&both[..], &largest, &hessian, &edge].concat()
    );
    let of_network = [&both[..], &network, &largest].concat();
    assert_eq!(columns("random-sgd"), [&of_network[..], &edge].concat());
    assert_eq!(columns("random-adam"), of_network);
    assert_eq!(
        columns("figure2"),
        [&of_network[..], &hessian, &edge].concat()
    );
    let matching = ["loss", "active_fraction", "population_vector_correlation"];
    assert_eq!(columns("ring"), matching);
}

#[test]
fn the_spectrum_is_measured_where_it_is_asked_for() {
    let changes = [
        "steps=400",
        "sampling.linear.samples=9",
        "spectrum.samples=5",
    ];
    let mut exact = scenario("random-sgd", &changes).into_unchecked();
    exact.set("spectrum.kind=exact").unwrap();
    exact.set("network.hidden=10").unwrap();
    let checked: Scenario = exact.clone().try_into().unwrap();
    let mut simulation = checked.simulation().unwrap();
    simulation.run(&mut ()).unwrap();
    let eigenvalues = simulation.system().problem().eigenvalues();
    assert_eq!(eigenvalues.len(), 10 * 31);
    // Asked for outside of a sample, it is the same.
    let (spectrum, again) = simulation.system().spectrum().unwrap();
    assert_eq!(again, eigenvalues);
    let samples = simulation.trace().samples().to_vec();
    assert_eq!(samples[8].get("hessian_trace"), Some(spectrum.trace));
    for (index, sample) in samples.iter().enumerate() {
        for column in ["hessian_trace", "nonzero_fraction"] {
            assert_eq!(sample.get(column).is_some(), index % 2 == 0, "{column}");
        }
        assert!(sample.get("hessian_max").is_some());
    }
    exact.set("spectrum.kind=trace").unwrap();
    let traces: Scenario = exact.try_into().unwrap();
    let mut traces = traces.simulation().unwrap();
    traces.run(&mut ()).unwrap();
    assert!(traces.system().problem().eigenvalues().is_empty());
    for (exact, trace) in samples.iter().zip(traces.trace().samples()).step_by(2) {
        let of = |name: &str| exact.get(name).unwrap();
        let followed = trace.get("hessian_max").unwrap();
        assert!((of("hessian_max") - followed).abs() < 1e-9 * followed.abs());
        let (exact, trace) = (of("hessian_trace"), trace.get("hessian_trace").unwrap());
        assert!((exact - trace).abs() < 1e-9 * trace);
        assert!(of("hessian_max") <= exact * (1.0 + 1e-9) || exact < 0.0);
        assert!(of("nonzero_fraction") <= of("published_nonzero_fraction") + 0.5);
    }
}

#[test]
fn public_types_are_send_and_sync() {
    fn check<T: Send + Sync + std::fmt::Debug>() {}
    check::<Scenario>();
    check::<UncheckedScenario>();
    check::<Simulation<Training>>();
    check::<engine::Run<Training>>();
    check::<Registry>();
    check::<drift_sim::RunRecord>();
    check::<Checkpoint>();
    check::<drift_sim::Trace>();
    check::<drift_sim::Error>();
    check::<drift_sim::NetworkProblem>();
    check::<drift_sim::Mapping>();
}

#[test]
fn a_network_beyond_memory_is_an_error() {
    let scenario = scenario(
        "random-sgd",
        &["network.hidden=10000000", "task.random.input_dimension=500"],
    );
    let error = scenario.simulation().unwrap_err().to_string();
    assert!(
        error.starts_with("network.hidden is 10000000; expected at most"),
        "{error}"
    );
}
