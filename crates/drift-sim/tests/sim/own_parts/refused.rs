//! What is wrong with a part of one's own is said, with the part's name.

use drift_sim::Scenario;
use drift_sim::engine::{Plan, Sampling, Simulation};
use drift_sim::learn::{Gaussian, Streams, UpdatePlace, Valley};
use drift_sim::{Registry, Training, TrainingRule};

use super::{Careless, registry};

/// What reading a scenario, or building it, says.
fn message(text: &str) -> String {
    let registry = registry();
    let built = registry
        .scenario(text)
        .and_then(|scenario| registry.simulation(&scenario).map(drop));
    built.expect_err(text).to_string()
}

#[test]
fn unknown_names_are_refused_with_the_names_of_the_registry() {
    for (text, field, nearest) in [
        ("task = 'open_feild'", "task.open_feild", "open_field"),
        ("task.rings.noise = 0.1", "task.rings", "ring"),
        (
            "task = 'random'\nrule = 'momentun'",
            "rule.momentun",
            "momentum",
        ),
        (
            "task = 'random'\nnoise.update.distribution.multiplicatve.scale = 1",
            "noise.update.distribution.multiplicatve",
            "multiplicative",
        ),
        (
            "task = 'random'\nnoise.label.multiplicatve.scale = 1",
            "noise.label.multiplicatve",
            "multiplicative",
        ),
        (
            "task = 'random'\nmeasures.own.participatio = {}",
            "measures.own.participatio",
            "participation",
        ),
    ] {
        let message = message(text);
        let start = format!("unknown field {field} (did you mean {nearest}?); allowed here: ");
        assert!(message.starts_with(&start), "{message}");
        assert!(message[start.len()..].contains(nearest), "{message}");
    }
    // Ours are still among the names, and nearest where they are.
    let message = message("task = 'random'\nrule = 'sdg'");
    assert!(
        message.contains("did you mean sgd?") && message.contains("momentum"),
        "{message}"
    );
    // A program without the part knows ours alone.
    let ours = Scenario::from_toml("task = 'open_field'")
        .unwrap_err()
        .to_string();
    assert!(
        ours.contains("corridor") && !ours.contains("ring"),
        "{ours}"
    );
}

#[test]
fn wrong_settings_name_the_part() {
    let momentum = "task = 'random'\nrule.momentum = { momentum = 0.9, weight_decay = 0";
    for (text, expected) in [
        (
            format!("{momentum} }}"),
            "rule.momentum: missing field `learning_rate`",
        ),
        (
            format!("{momentum}, learning_rate = -1 }}"),
            "rule.momentum: learning_rate is -1; expected > 0",
        ),
        (
            format!("{momentum}, learning_rate = 'fast' }}"),
            "rule.momentum: invalid type: string \"fast\", expected f64",
        ),
        (
            format!("{momentum}, learning_rate = 0.1, nesterov = true }}"),
            "rule.momentum: unknown setting `nesterov`",
        ),
        (
            "task = 'random'\nnoise.update.distribution.multiplicative.scale = nan".to_owned(),
            "noise.update.distribution.multiplicative: scale is NaN; expected a finite number >= 0",
        ),
        (
            "task = 'random'\nnoise.input.multiplicative.scale = -1".to_owned(),
            "noise.input.multiplicative: scale is -1; expected a finite number >= 0",
        ),
        (
            "task.open_field.samples = 20".to_owned(),
            "task.open_field: missing field `landmarks`",
        ),
        (
            "task.ring = { oscillators = 5, coupling = 1 }".to_owned(),
            "task.ring: missing field `noise`",
        ),
        (
            "task = 'random'\nmeasures.own.participation = { bins = 3 }".to_owned(),
            "measures.own.participation: unknown setting `bins`",
        ),
        (
            "task = 'random'\nmeasures.own.participation = true".to_owned(),
            "measures.own.participation is true; expected a table of its settings; {} for none",
        ),
    ] {
        assert_eq!(message(&text), expected);
    }
}

#[test]
fn memory_that_is_no_vector_of_parameters_is_refused() {
    assert_eq!(
        message("task = 'random'\nnetwork.hidden = 7\nrule = 'misshapen'"),
        "entries of a vector in the rule's memory has 3; expected 217"
    );
}

#[test]
fn what_would_do_nothing_is_refused() {
    assert_eq!(
        message("task.ring = { oscillators = 5, coupling = 1, noise = 0 }\nnetwork.hidden = 5"),
        "network is set; expected absent: ring trains no network",
    );
    assert_eq!(
        message("task = 'valley'\nmeasures.own.participation = {}"),
        "measures.own.participation is set; expected absent: the valley has no network",
    );
}

#[test]
fn a_rule_that_forgets_noise_is_refused_where_it_would_matter() {
    let text = "task = 'random'\nsteps = 10\nrule = 'careless'
        noise.update = { place = 'gradient', distribution.gaussian.standard_deviation = 0.1 }";
    let scenario = registry().scenario(text).unwrap();
    registry()
        .simulation(&scenario)
        .unwrap()
        .run(&mut ())
        .unwrap();
    let forgotten = message(&text.replace("'gradient'", "'parameters'"));
    assert!(
        forgotten.starts_with("noise.update.place is parameters; expected a place at which")
            && forgotten.contains("perturb_parameters"),
        "{forgotten}"
    );
    // In a training of a loss of one's own as well.
    let training = || {
        let rule = TrainingRule::own(Careless(vec![0.0; 2]));
        Training::new(Bowl(Valley), rule, vec![1.0, 0.4]).unwrap()
    };
    let noise = Gaussian::new(0.1).unwrap();
    let streams = Streams::new(1);
    let refused = training().with_update_noise(noise, UpdatePlace::Parameters, &streams);
    assert!(refused.is_err());
    let taken = training().with_update_noise(noise, UpdatePlace::Gradient, &streams);
    let plan = Plan::new(10, Sampling::linear(2)).unwrap();
    let mut simulation = Simulation::new(taken.unwrap(), plan).unwrap();
    assert_eq!(simulation.run(&mut ()).unwrap().kind(), "completed");
}

/// A problem of one's own, with every default.
struct Bowl(Valley);

impl drift_sim::learn::Loss for Bowl {
    fn dimension(&self) -> usize {
        2
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        self.0.loss(parameters)
    }
}

impl drift_sim::learn::LossGradient for Bowl {
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        self.0.loss_gradient(parameters, gradient)
    }
}

impl drift_sim::Problem for Bowl {}

#[test]
fn names_are_ones_own() {
    let taken = |registry: Registry, name: &str| {
        let added = registry.with_task(name, |task: super::task::OpenField| Ok(task));
        added.map(drop).unwrap_err().to_string()
    };
    for name in ["corridor", "", "two words", "a.b"] {
        let refused = taken(Registry::new(), name);
        assert!(refused.starts_with("name of a part is"), "{refused}");
    }
    // Tasks and systems are named at the same place.
    for name in ["open_field", "ring"] {
        assert!(taken(registry(), name).contains("a name of its own"));
    }
}
