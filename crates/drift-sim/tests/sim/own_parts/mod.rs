//! Parts of one's own do all that ours do: they are named in TOML, run in a directory, interrupted,
//! resumed to the same bytes, read back and swept; and what is wrong with them is said.

#[path = "../../../examples/own_parts/measure.rs"]
mod measure;
#[path = "../../../examples/own_parts/noise.rs"]
mod noise;
mod refused;
mod resumed;
#[path = "../../../examples/own_parts/rule.rs"]
mod rule;
mod swept;
#[path = "../../../examples/own_parts/system.rs"]
mod system;
#[path = "../../../examples/own_parts/task.rs"]
mod task;

use drift_sim::engine::{Column, Error, Measure, Moment, state};
use drift_sim::learn::{LearningRule, Loss, LossGradient, NoiseSource, Stream, UpdateNoise};
use drift_sim::{Registry, Training};

/// The parts of the examples, and some that use what those leave alone.
fn registry() -> Registry {
    examples()
        .unwrap()
        .with_rule("node_perturbation", |Empty {}, parameters, streams| {
            Ok(Perturbation {
                steps: 0.0,
                trial: vec![0.0; parameters],
                deviates: vec![0.0; parameters],
                source: streams.noise_source(Stream::Sed)?,
            })
        })
        .unwrap()
        .with_rule("misshapen", |Empty {}, _, _| Ok(Misshapen([0.0; 3])))
        .unwrap()
        .with_rule("careless", |Empty {}, parameters, _| {
            Ok(Careless(vec![0.0; parameters]))
        })
        .unwrap()
        .with_measure("change", |Empty {}| Ok(Change { first: None }))
        .unwrap()
}

fn examples() -> Result<Registry, drift_sim::Error> {
    Registry::new()
        .with_rule("momentum", rule::Momentum::new)?
        .with_noise("multiplicative", noise::Multiplicative::new)?
        .with_task("open_field", |task: task::OpenField| Ok(task))?
        .with_measure("participation", |measure: measure::Participation| {
            Ok(measure)
        })?
        .with_system("ring", system::Ring::new)
}

#[derive(serde::Deserialize)]
struct Empty {}

/// A rule whose memory is no vector of parameters.
#[derive(Debug, Clone)]
struct Misshapen([f64; 3]);

impl<P: Loss + ?Sized> LearningRule<P> for Misshapen {
    fn step(&mut self, problem: &mut P, parameters: &mut [f64], _: &mut UpdateNoise) -> f64 {
        problem.step_loss(parameters)
    }

    fn visit_memory(&mut self, visit: &mut dyn FnMut(&mut [f64])) {
        visit(&mut self.0);
    }
}

/// Keeps a random change of the parameters where it lowers the loss, and makes smaller ones with
/// time: a rule with a source and a number of its own.
#[derive(Debug, Clone)]
struct Perturbation {
    steps: f64,
    trial: Vec<f64>,
    deviates: Vec<f64>,
    source: NoiseSource,
}

impl<P: Loss + ?Sized> LearningRule<P> for Perturbation {
    fn step(&mut self, problem: &mut P, parameters: &mut [f64], noise: &mut UpdateNoise) -> f64 {
        self.steps += 1.0;
        self.source.fill_normal(&mut self.deviates);
        for (i, deviate) in self.deviates.iter().enumerate() {
            self.trial[i] = parameters[i] + 0.1 * deviate / self.steps.sqrt();
        }
        let loss = problem.step_loss(parameters);
        if problem.step_loss(&self.trial) < loss {
            parameters.copy_from_slice(&self.trial);
        }
        noise.perturb_parameters(parameters);
        loss
    }

    fn visit_numbers(&mut self, visit: &mut dyn FnMut(&mut f64)) {
        visit(&mut self.steps);
    }

    fn visit_sources(&mut self, visit: &mut dyn FnMut(&mut NoiseSource)) {
        visit(&mut self.source);
    }
}

/// Forgets noise on the parameters.
#[derive(Debug, Clone)]
struct Careless(Vec<f64>);

impl<P: LossGradient + ?Sized> LearningRule<P> for Careless {
    fn step(&mut self, problem: &mut P, parameters: &mut [f64], noise: &mut UpdateNoise) -> f64 {
        let loss = problem.loss_gradient(parameters, &mut self.0);
        noise.perturb_gradient(&mut self.0);
        for (value, slope) in parameters.iter_mut().zip(&self.0) {
            *value -= 0.1 * slope;
        }
        loss
    }
}

/// How far hidden activity is from that at the first sample: a measure that remembers.
struct Change {
    first: Option<Vec<f64>>,
}

impl Measure<Training> for Change {
    fn columns(&self) -> Vec<Column> {
        vec![
            Column::new("change", "", "distance of hidden activity from the first"),
            Column::new("samples_seen", "", "1 at every sample").whole(),
        ]
    }

    fn take(&mut self, moment: &Moment<'_, Training>) -> Result<Vec<Option<f64>>, Error> {
        let Some(hidden) = moment.system.sampled_hidden() else {
            return Ok(vec![None, None]);
        };
        let first = self.first.get_or_insert_with(|| hidden.as_slice().to_vec());
        let squares = first
            .iter()
            .zip(hidden.iter())
            .map(|(a, b)| (a - b).powi(2));
        Ok(vec![Some(squares.sum::<f64>().sqrt()), Some(1.0)])
    }

    fn state(&self) -> Vec<u8> {
        state::save(&self.first)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.first = state::load(bytes)?;
        Ok(())
    }
}

#[test]
fn a_step_of_own_rule_and_noises_allocates_nothing() {
    let scenario = registry()
        .scenario(
            "task.open_field = { samples = 60, landmarks = 8 }
            network.hidden = 20
            steps = 10_000
            rule.momentum = { learning_rate = 0.02, momentum = 0.9, weight_decay = 1e-5 }
            noise.update = { place = 'parameters', distribution.multiplicative.scale = 0.001 }
            noise.label.multiplicative.scale = 0.01
            noise.input.multiplicative.scale = 0.01",
        )
        .unwrap();
    let mut simulation = registry().simulation(&scenario).unwrap();
    simulation.step();
    // Past the first sort of the stored units.
    let counted = allocation_counter::measure(|| {
        for _ in 0..4200 {
            simulation.step();
        }
    });
    assert_eq!(counted.count_total, 0);
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![0u8; 10])));
    assert_eq!(counted.count_total, 1, "the counter counts");
}
