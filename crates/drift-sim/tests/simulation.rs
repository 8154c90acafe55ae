//! Runs in memory: same bits, pauses, streams, typed endings.

mod pauses;

use std::ops::ControlFlow;

use drift_sim::learn::{
    Adam, AdamSettings, AnyNoise, AnyRule, LearningRule, Sgd, SgdSettings, Streams, UpdateNoise,
};
use drift_sim::{
    Checkpoint, NetworkProblem, Observer, Outcome, Sample, Scenario, Simulation, Snapshots,
    UncheckedScenario, presets, run_replicas,
};
use pauses::assert_pauses_change_nothing;

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
            let mut simulation = Simulation::new(&scenario).unwrap();
            let mut snapshots = Snapshots::default();
            let outcome = simulation.run(&mut snapshots).unwrap();
            assert_eq!(outcome, Outcome::Completed { step: 400 }, "{preset}");
            (simulation.trace().to_csv(), snapshots)
        };
        let ((trace, snapshots), again) = (run(), run());
        assert_eq!(trace, again.0, "{preset}");
        assert_eq!(snapshots.steps, [0, 100, 200, 300, 400]);
        for (one, two) in snapshots.parameters.iter().zip(&again.1.parameters) {
            assert_eq!(bits(one), bits(two), "{preset}");
        }
        assert_ne!(snapshots.parameters[0], snapshots.parameters[4]);
    }
}

#[test]
fn the_order_of_storage_is_never_seen() {
    for preset in ["random-sgd-update", "random-adam-update"] {
        // Without noise, so that plain steps in natural order are the same run.
        let scenario = scenario(preset, &["noise.update.distribution=none", "steps=9000"]);
        let mut simulation = Simulation::new(&scenario).unwrap();
        let dataset = simulation.dataset().unwrap().clone();
        let shape = simulation.shape().unwrap();
        let none = AnyNoise::None;
        let mut problem = NetworkProblem::new(
            &dataset,
            &simulation.network().unwrap(),
            none,
            none,
            &Streams::new(0),
        )
        .unwrap();
        let mut parameters = simulation.parameters();
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
        for (stored, plain) in simulation.parameters().iter().zip(&parameters) {
            assert!((stored - plain).abs() < 1e-6, "{preset}: {stored} {plain}");
        }
        let hidden = simulation.hidden().unwrap();
        assert_eq!(
            hidden,
            simulation
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
    let one = Simulation::new(&scenario("random-sgd", &SHORT)).unwrap();
    let mut other = Simulation::new(&scenario("random-sgd", &["steps=401"])).unwrap();
    assert!(
        other
            .restore(one.checkpoint(), one.trace().clone())
            .is_err()
    );
}

#[test]
fn damaged_checkpoints_are_refused() {
    let simulation = Simulation::new(&scenario("random-adam-label", &SHORT)).unwrap();
    let bytes = simulation.checkpoint().to_bytes();
    assert_eq!(
        Checkpoint::from_bytes(&bytes).unwrap(),
        simulation.checkpoint()
    );
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
    let plain = Simulation::new(&scenario("corridor-sgd", &SHORT)).unwrap();
    for noise in [
        "noise.label.uniform.width=1.0",
        "noise.input.gaussian.standard_deviation=0.1",
        "noise.update.distribution.gaussian.standard_deviation=0.1",
        "rule=sed",
    ] {
        let noisy = Simulation::new(&scenario("corridor-sgd", &[SHORT[0], noise])).unwrap();
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
        let mut simulation = Simulation::new(&scenario(
            "corridor-sgd-update",
            &[
                "rule.sgd.learning_rate=1e-3",
                "noise.update.place=parameters",
                label,
            ],
        ))
        .unwrap();
        let start = simulation.parameters().to_vec();
        simulation.step();
        let end = simulation.parameters();
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
    let mut simulation = Simulation::new(&scenario("random-sgd", &SHORT)).unwrap();
    let start = simulation.measure().unwrap();
    simulation.run(&mut ()).unwrap();
    assert_eq!(simulation.trace().samples()[0], start);
    assert_eq!(start.step, 0);
    assert!(start.active_fraction.unwrap() > 0.4 && start.place_units.is_none());
}

#[test]
fn a_diverging_run_ends_with_its_reason() {
    let scenario = scenario("random-sgd", &["rule.sgd.learning_rate=1000", "steps=5000"]);
    let mut simulation = Simulation::new(&scenario).unwrap();
    let outcome = simulation.run(&mut ()).unwrap();
    match outcome {
        Outcome::Diverged {
            step,
            normalised_loss,
        } => {
            assert!(step < 10 && normalised_loss > 10.0, "{outcome}");
        }
        Outcome::NotFinite { step } => assert!(step < 100),
        other => panic!("{other}"),
    }
    // An ended run stays ended.
    assert_eq!(simulation.run(&mut ()).unwrap(), outcome);
    assert_eq!(simulation.steps_done(), outcome.step());
}

#[test]
fn noisy_losses_above_the_limit_do_not_end_a_run_whose_clean_loss_is_fine() {
    let scenario = scenario(
        "random-sgd",
        &[
            "steps=50",
            "rule.sgd.learning_rate=1e-6",
            "noise.label.uniform.width=100",
        ],
    );
    let mut simulation = Simulation::new(&scenario).unwrap();
    assert_eq!(
        simulation.run(&mut ()).unwrap(),
        Outcome::Completed { step: 50 }
    );
}

#[test]
fn a_dead_network_ends_with_its_reason() {
    let living = Simulation::new(&scenario("random-sgd", &SHORT)).unwrap();
    let mut network = living.network().unwrap();
    let shape = network.shape();
    network.parameters_mut()[shape.hidden() * shape.inputs()..][..shape.hidden()].fill(-100.0);
    let dataset = living.dataset().unwrap().clone();
    let mut dead =
        Simulation::with_network(living.scenario(), dataset.clone(), network.clone()).unwrap();
    assert_eq!(
        dead.run(&mut ()).unwrap(),
        Outcome::AllUnitsInactive { step: 0 }
    );
    assert_eq!(dead.trace().last().unwrap().active_fraction, Some(0.0));

    let allowed = scenario("random-sgd", &[SHORT[0], "stop.all_units_inactive=false"]);
    let mut allowed = Simulation::with_network(&allowed, dataset, network).unwrap();
    assert_eq!(
        allowed.run(&mut ()).unwrap(),
        Outcome::Completed { step: 400 }
    );
}

struct StopAt(u64, u64);

impl Observer for StopAt {
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
    let mut simulation = Simulation::new(&scenario).unwrap();
    let mut stop = StopAt(77, 0);
    assert_eq!(
        simulation.run(&mut stop).unwrap(),
        Outcome::Stopped { step: 77 }
    );
    assert_eq!(stop.1, 77);
    let mut seen = Vec::new();
    let outcome = simulation
        .run(&mut |sample: &Sample, simulation: &Simulation| {
            assert_eq!(simulation.steps_done(), sample.step);
            seen.push(sample.step);
            if sample.step == 300 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
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
    }
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
    let mut simulation = Simulation::new(&exact.clone().try_into().unwrap()).unwrap();
    simulation.run(&mut ()).unwrap();
    assert_eq!(simulation.eigenvalues().len(), 10 * 31);
    let samples = simulation.trace().samples().to_vec();
    assert_eq!(
        samples
            .iter()
            .filter(|sample| sample.spectrum.is_some())
            .count(),
        5
    );
    for (index, sample) in samples.iter().enumerate() {
        assert_eq!(sample.spectrum.is_some(), index % 2 == 0);
    }
    exact.set("spectrum.kind=trace").unwrap();
    let mut traces = Simulation::new(&exact.try_into().unwrap()).unwrap();
    traces.run(&mut ()).unwrap();
    for (exact, trace) in samples.iter().zip(traces.trace().samples()) {
        let (Some(exact), Some(trace)) = (exact.spectrum, trace.spectrum) else {
            continue;
        };
        assert!((exact.trace - trace.trace).abs() < 1e-9 * trace.trace);
        assert!(exact.max.unwrap() <= exact.trace * (1.0 + 1e-9) || exact.trace < 0.0);
        assert!(exact.nonzero_fraction.unwrap() <= exact.published_nonzero_fraction.unwrap() + 0.5);
    }
}

#[test]
fn public_types_are_send_and_sync() {
    fn check<T: Send + Sync + std::fmt::Debug>() {}
    check::<Scenario>();
    check::<UncheckedScenario>();
    check::<Simulation>();
    check::<drift_sim::Run>();
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
    let error = Simulation::new(&scenario).unwrap_err().to_string();
    assert!(
        error.starts_with("network.hidden is 10000000; expected at most"),
        "{error}"
    );
}
