//! Networks of any depth with any noise: scenarios, steps, measures, resumption.

use super::pauses::assert_pauses_change_nothing;
use drift_sim::engine::System as _;
use drift_sim::env::Dataset;
use drift_sim::learn::{
    AnyNoise, BatchSettings, LogNormal, Loss, LossGradient, Proportional, Streams,
};
use drift_sim::net::{HessianOperator, Network, Regime, Shape};
use drift_sim::{
    HiddenNoiseSettings, Masks, NetworkProblem, Registry, Scenario, Training, UncheckedScenario,
    WeightPlace, presets,
};
use nalgebra::DMatrix;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

const DEEP: &str = "network.hidden=[9, 6]";

/// One change a noise, all for two hidden layers.
const NOISES: [&[&str]; 9] = [
    &["noise.activity.before=0.1"],
    &["noise.activity.after=[0, 0.2]"],
    &["noise.dropout.probability=0.2"],
    &[
        "noise.dropout.probability=[0.1, 0.4]",
        "noise.dropout.masks=per_batch",
        "noise.dropout.hold=7",
    ],
    &["noise.weight.distribution.proportional.standard_deviation=0.01"],
    &[
        "noise.weight.distribution.log_normal.standard_deviation=0.01",
        "noise.weight.biases=false",
    ],
    &[
        "noise.weight.distribution.proportional.standard_deviation=0.05",
        "noise.weight.place=transmission",
    ],
    &["batch.size=4"],
    &[
        "batch.size=3",
        "batch.replacement=true",
        "batch.frequencies=[1, 2, 1, 1, 3, 1, 1, 1, 1, 1]",
    ],
];

fn scenario(preset: &str, changes: &[&str]) -> Result<Scenario, drift_sim::Error> {
    let mut unchecked: UncheckedScenario = presets::preset(preset)?.into_unchecked();
    unchecked.set_steps(300);
    unchecked.set("sampling.linear.samples=7")?;
    for change in changes {
        unchecked.set(change)?;
    }
    unchecked.try_into()
}

fn refusal(changes: &[&str]) -> String {
    scenario("random-sgd", changes).unwrap_err().to_string()
}

#[test]
fn widths_are_a_number_or_a_list() {
    let one = scenario("random-sgd", &["network.hidden=9"]).unwrap();
    assert!(one.to_toml().contains("hidden = 9\n"), "{}", one.to_toml());
    let same = scenario("random-sgd", &["network.hidden=[9]"]).unwrap();
    assert_eq!(one, same);
    assert_eq!(one.to_toml(), same.to_toml());
    let deep = scenario("random-sgd", &[DEEP]).unwrap();
    assert_eq!(deep.spec().network.hidden.as_slice(), [9, 6]);
    for text in [
        deep.to_toml(),
        Scenario::from_json(&deep.to_json()).unwrap().to_toml(),
    ] {
        assert_eq!(Scenario::from_toml(&text).unwrap(), deep);
    }
    assert_eq!(
        refusal(&["network.hidden=[9, 0]"]),
        "network.hidden[1] is 0; expected 1 to 10000000"
    );
    assert_eq!(
        refusal(&["network.hidden=[]"]),
        "network.hidden is a list of 0 layers; expected 1 to 16 layers"
    );
    let many = format!("network.hidden={:?}", [2; 17]);
    assert_eq!(
        refusal(&[&many]),
        "network.hidden is a list of 17 layers; expected 1 to 16 layers"
    );
}

/// A scenario without them is written as before there were any, so that its checkpoints fit.
#[test]
fn what_is_absent_is_not_written() {
    let text = scenario("random-sgd-update", &[]).unwrap().to_toml();
    for field in ["activity", "dropout", "weight", "batch", "decay"] {
        assert!(!text.contains(field), "{field}: {text}");
    }
}

#[test]
fn refusals_name_field_value_and_range() {
    for (changes, expected) in [
        (
            &["noise.dropout.probability=1"][..],
            "noise.dropout.probability is 1; expected 0 to less than 1",
        ),
        (
            &["noise.activity.after=[0.1, 0.1]"],
            "noise.activity.after is [0.1, 0.1]; expected one number, or one for each of 1 hidden \
             layers",
        ),
        (
            &["noise.activity.before=-1"],
            "noise.activity.before is -1; expected a finite number >= 0",
        ),
        (
            &["noise.dropout.hold=2"],
            "noise.dropout.hold is 2; expected 1, or more with noise.dropout.masks per_batch",
        ),
        (
            &["noise.weight.distribution.gaussian.standard_deviation=1"],
            "noise.weight.distribution is gaussian; expected proportional or log_normal; what is \
             added stands in noise.update",
        ),
        (
            &["decay.rate=-1"],
            "decay.rate is -1; expected a finite number >= 0",
        ),
        (
            &["rule=sed", "decay.rate=0.1"],
            "decay is set; expected absent with rule.sed: it is for sgd, adam and rmsprop",
        ),
        (
            &[
                "rule=sed",
                "noise.weight.distribution=proportional",
                "noise.weight.place=transmission",
            ],
            "noise.weight.place is transmission; expected after_step with sed, whose two losses \
             would differ by it",
        ),
        (&["batch.size=0"], "batch.size is 0; expected at least 1"),
    ] {
        assert_eq!(refusal(changes), expected);
    }
    let large = scenario("random-sgd", &["batch.size=11"]).unwrap();
    assert_eq!(
        Training::of(&large).unwrap_err().to_string(),
        "batch.size is 11; expected 1 to the samples of a pass, or with replacement any number \
         from 1"
    );
    let changes = ["batch.size=100000000", "batch.replacement=true"];
    let huge = scenario("random-sgd", &changes).unwrap();
    assert_eq!(
        Training::of(&huge).unwrap_err().to_string(),
        "batch.size is 100000000; expected at most 21474836, for a layer has up to 100 numbers a \
         sample"
    );
    let of_valley = scenario("valley", &["noise.dropout.probability=0.1"]);
    assert_eq!(
        of_valley.unwrap_err().to_string(),
        "noise.dropout is set; expected absent: the valley has no network"
    );
}

#[test]
fn noise_of_no_size_changes_no_bit() {
    let end = |changes: &[&str]| {
        let scenario = scenario("random-sgd-update", changes).unwrap();
        let mut simulation = scenario.simulation().unwrap();
        simulation.run(&mut ()).unwrap();
        simulation.system().parameters()
    };
    let plain = end(&["network.hidden=9"]);
    for change in [
        "noise.activity.before=0",
        "noise.dropout.probability=[0]",
        "noise.weight.distribution.proportional.standard_deviation=0",
        "decay.rate=0",
    ] {
        assert_eq!(end(&["network.hidden=9", change]), plain, "{change}");
    }
}

/// Every noise at depth, with every rule, paused at any step.
#[test]
fn a_resumed_run_is_the_uninterrupted_one() {
    for (index, noise) in NOISES.iter().enumerate() {
        let rule = ["sgd", "adam", "rmsprop"][index % 3];
        let mut changes = vec![DEEP, "decay.rate=0.001", "noise.label.uniform.width=0.1"];
        if index % 2 == 0 {
            changes.push("decay.kind=decoupled");
        }
        changes.extend(*noise);
        let scenario = scenario(&format!("random-{rule}-update"), &changes).unwrap();
        assert_pauses_change_nothing(&scenario, &[1, 64 + index as u64, 203]);
    }
    for changes in [&["batch.size=3"][..], &["noise.dropout.probability=0.1"]] {
        let changes = [&[DEEP], changes].concat();
        let scenario = scenario("random-sed-update", &changes).unwrap();
        assert_pauses_change_nothing(&scenario, &[50, 51]);
    }
}

/// A random data set and network with inputs around 1, two layers.
fn problem(seed: u64, widths: &[usize]) -> (Dataset, Network) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let shape = Shape::new(4, widths, 3).unwrap();
    let network = Network::initialize(shape, Regime::Rich, &mut rng)
        .with_activation(drift_sim::net::Activation::tanh())
        .unwrap();
    let wave = |factor: f64| {
        move |row: usize, column: usize| (factor * (row as f64 + 1.7 * column as f64)).sin()
    };
    let inputs = DMatrix::from_fn(6, 4, wave(1.3));
    let targets = DMatrix::from_fn(6, 3, wave(0.7));
    (Dataset::new(inputs, targets).unwrap(), network)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// The gradient of a step is the slope of the step's own loss, whatever is drawn: that of the
    /// same draws at other parameters.
    #[test]
    fn a_steps_gradient_is_the_slope_of_its_loss(
        seed in 0..1000_u64,
        depth in 1..4_usize,
        deviation in 0.0..0.4_f64,
        dropout in 0.0..0.6_f64,
        per_batch: bool,
        transmitted in 0..3_u8,
        batch: Option<bool>,
    ) {
        let (data, network) = problem(seed, &[7, 5, 4][..depth]);
        let streams = Streams::new(seed);
        let hidden = HiddenNoiseSettings {
            before: vec![deviation; depth],
            after: vec![deviation; depth],
            dropout: vec![dropout; depth],
            masks: if per_batch { Masks::PerBatch } else { Masks::PerSample },
            hold: 1,
        };
        let weights: AnyNoise = match transmitted {
            0 => AnyNoise::None,
            1 => Proportional::new(0.3).unwrap().into(),
            _ => LogNormal::new(0.3).unwrap().into(),
        };
        let label: AnyNoise = drift_sim::learn::Gaussian::new(0.1).unwrap().into();
        let mut problem =
            NetworkProblem::new(&data, &network, AnyNoise::None, label, &streams).unwrap()
                .with_hidden_noise(hidden, &streams).unwrap()
                .with_weight_noise(weights, WeightPlace::Transmission, true, &streams).unwrap();
        if let Some(replacement) = batch {
            let settings = BatchSettings { size: 4, replacement, ..BatchSettings::default() };
            problem = problem.with_batches(settings, &streams).unwrap();
        }
        let mut parameters = network.parameters().to_vec();
        let mut gradient = vec![0.0; parameters.len()];
        // The second step, which is the rest of a pass where there is one.
        problem.step_loss(&parameters);
        let loss = problem.clone().loss_gradient(&parameters, &mut gradient);
        prop_assert_eq!(loss, problem.clone().step_loss(&parameters));
        let scale = gradient.iter().fold(0.0, |most: f64, slope| most.max(slope.abs()));
        for place in (0..parameters.len()).step_by(3) {
            let kept = parameters[place];
            let mut at = |change: f64| {
                parameters[place] = kept + change;
                problem.clone().step_loss(&parameters)
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            parameters[place] = kept;
            prop_assert!(
                (slope - gradient[place]).abs() <= 1e-7 * (1.0 + scale),
                "{place}: {slope} {}", gradient[place]
            );
        }
    }

    /// Noise after a step leaves biases alone where it is asked to, at every depth.
    #[test]
    fn biases_can_be_spared(seed in 0..1000_u64, depth in 1..4_usize) {
        let hidden = format!("network.hidden={:?}", &[7, 5, 4][..depth]);
        let changes = [
            hidden.as_str(),
            "rule.sgd.learning_rate=1e-300",
            "noise.weight.distribution.log_normal.standard_deviation=0.1",
            "noise.weight.biases=false",
        ];
        let scenario = scenario("random-sgd", &changes).unwrap().with_seed(seed).unwrap();
        let mut training = Training::of(&scenario).unwrap();
        let before = training.network().unwrap();
        training.step();
        let after = training.network().unwrap();
        for layer in 0..depth {
            prop_assert_eq!(before.bias_of(layer), after.bias_of(layer));
            let changed = before.weights_of(layer).zip_map(&after.weights_of(layer), |a, b| a != b);
            prop_assert!(changed.iter().all(|&changed| changed));
        }
        let changed = before.output_weights().zip_map(&after.output_weights(), |a, b| a != b);
        prop_assert!(changed.iter().all(|&changed| changed));
    }
}

/// Masks of a batch are the same for all samples and are kept as long as is asked.
#[test]
fn masks_are_held() {
    let (data, network) = problem(3, &[40, 30]);
    let streams = Streams::new(3);
    let settings = HiddenNoiseSettings {
        dropout: vec![0.5, 0.5],
        masks: Masks::PerBatch,
        hold: 4,
        ..HiddenNoiseSettings::none(2)
    };
    let mut problem =
        NetworkProblem::new(&data, &network, AnyNoise::None, AnyNoise::None, &streams)
            .unwrap()
            .with_hidden_noise(settings, &streams)
            .unwrap();
    let losses: Vec<f64> = (0..12)
        .map(|_| problem.step_loss(network.parameters()))
        .collect();
    for four in losses.chunks(4) {
        assert!(four.iter().all(|loss| *loss == four[0]), "{losses:?}");
    }
    assert!(losses[0] != losses[4] && losses[4] != losses[8]);
}

#[test]
fn measures_of_each_layer() {
    let changes = [DEEP, "spectrum.samples=3", "spectrum.kind=exact"];
    let scenario = scenario("corridor-sgd-update", &changes).unwrap();
    let scenario = {
        let mut small = scenario.into_unchecked();
        small.set("task.corridor.samples=40").unwrap();
        Scenario::try_from(small).unwrap()
    };
    let mut simulation = Registry::new()
        .training(&scenario)
        .map(|training| drift_sim::Simulation::new(training, scenario.plan().clone()).unwrap())
        .unwrap();
    simulation.run(&mut ()).unwrap();
    let training = simulation.system();
    let sample = simulation.trace().last().unwrap();
    let of = |name: &str| sample.get(name).unwrap();
    let (first, second) = (
        training.sampled_hidden_of(0).unwrap(),
        training.sampled_hidden_of(1).unwrap(),
    );
    assert_eq!((first.ncols(), second.ncols()), (9, 6));
    let active = |hidden: &DMatrix<f64>| {
        hidden.iter().filter(|&&h| h > 0.0).count() as f64 / hidden.len() as f64
    };
    assert_eq!(of("active_fraction_layer1"), active(&first));
    assert_eq!(of("active_fraction_layer2"), active(&second));
    assert!((of("activity_layer2") - second.mean()).abs() < 1e-12);
    let all = (9.0 * of("active_fraction_layer1") + 6.0 * of("active_fraction_layer2")) / 15.0;
    assert!((of("active_fraction") - all).abs() < 1e-12);
    assert_eq!(
        of("place_units"),
        of("place_units_layer1") + of("place_units_layer2")
    );
    let network = training.network().unwrap();
    let (inputs, targets) = (training.dataset().inputs(), training.dataset().targets());
    let hessian = HessianOperator::at(&network, inputs.as_view(), targets.as_view()).unwrap();
    let difference = (of("hessian_trace") - hessian.trace()).abs();
    assert!(difference < 1e-10 * hessian.trace());
    assert_eq!(
        training.problem().eigenvalues().len(),
        network.shape().parameters()
    );
    // One hidden layer has the columns it always had.
    let one = drift_sim::presets::preset("random-sgd").unwrap();
    let columns = Training::of(&one).unwrap().columns();
    assert!(columns.iter().all(|column| !column.name.contains("layer")));
}

#[test]
fn a_run_ends_where_a_layer_is_silent() {
    let given = scenario("random-sgd", &[DEEP, "task=given"]).unwrap();
    let data = Registry::new()
        .dataset(&scenario("random-sgd", &[]).unwrap())
        .unwrap();
    let shape = Shape::new(data.inputs().ncols(), [9, 6], data.targets().ncols()).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut network = Network::initialize(shape, Regime::Rich, &mut rng);
    let biases = shape.first_parameter(1) + 9 * 6;
    network.parameters_mut()[biases..][..6].fill(-100.0);
    let training = Training::with_network(&given, data, network).unwrap();
    let mut simulation = drift_sim::Simulation::new(training, given.plan().clone()).unwrap();
    let outcome = simulation.run(&mut ()).unwrap();
    assert_eq!(outcome.kind(), "all_units_inactive");
    assert_eq!(
        outcome.to_string(),
        "no unit of layer 2 is active on any sample at step 0"
    );
}
