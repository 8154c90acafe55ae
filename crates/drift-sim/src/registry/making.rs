//! From a scenario to what runs.

use std::path::Path;

use drift_engine::{Measured, Run, Simulation, System};
use drift_env::Dataset;
use drift_learn::{AnyNoise, Gaussian, LogNormal, Proportional, Stream, Streams, Uniform};
use drift_net::{Network, Shape, Widths};

use super::{Registry, find};
use crate::check::in_range;
use crate::coding_network::CodingNetwork;
use crate::remapping::RemappingMeasure;
use crate::scenario::{NoisePlaces, NoiseSpec, OwnPart, TaskSpec, ValleyStart};
use crate::similarity::{LinearSystem, SimilaritySystem};
use crate::valley::ValleyProblem;
use crate::{
    Error, HiddenNoiseSettings, NetworkProblem, Problem, Scenario, Training, TrainingRule, dataset,
    parts,
};

impl Registry {
    /// The simulation of a scenario, before its first step.
    ///
    /// # Errors
    /// What a part or a file refuses; [`OutOfRange`](drift_engine::Error::OutOfRange) for a part that is not in the
    /// registry.
    pub fn simulation(&self, scenario: &Scenario) -> Result<Simulation<Box<dyn System>>, Error> {
        Ok(Simulation::new(
            self.system(scenario)?,
            scenario.plan().clone(),
        )?)
    }

    /// The system of a scenario, before its first step.
    ///
    /// # Errors
    /// As [`simulation`](Self::simulation).
    pub fn system(&self, scenario: &Scenario) -> Result<Box<dyn System>, Error> {
        self.system_with(scenario, None, |network| network)
    }

    /// Starts a run of a scenario in a directory.
    ///
    /// # Errors
    /// As [`simulation`](Self::simulation) and [`Run::create`].
    pub fn create_run(
        &self,
        directory: impl AsRef<Path>,
        scenario: &Scenario,
    ) -> Result<Run<Box<dyn System>>, Error> {
        // Build first: an invalid scenario must not leave a directory.
        let simulation = self.simulation(scenario)?;
        Ok(Run::create(directory, &scenario.to_toml(), simulation)?)
    }

    /// Goes on with a run, or reopens one that has ended.
    ///
    /// # Errors
    /// As [`simulation`](Self::simulation) and [`Run::open`].
    pub fn open_run(&self, directory: impl AsRef<Path>) -> Result<Run<Box<dyn System>>, Error> {
        let path = directory.as_ref();
        let run = Run::open(path, |text| {
            let scenario = self.scenario(text)?;
            let system = self.system_with(&scenario, Some(path), |network| network)?;
            Simulation::new(system, scenario.plan().clone())
        })?;
        Ok(run)
    }

    /// As [`system`](Self::system), of which a summary tells the phases as well.
    pub(crate) fn swept_system(&self, scenario: &Scenario) -> Result<Box<dyn System>, Error> {
        self.system_with(scenario, None, CodingNetwork::keeping_maps)
    }

    /// As [`system`](Self::system), from the data of a run's directory where it has any, and with its
    /// network, where it has one, prepared otherwise.
    fn system_with(
        &self,
        scenario: &Scenario,
        directory: Option<&Path>,
        prepare: impl FnOnce(CodingNetwork) -> CodingNetwork,
    ) -> Result<Box<dyn System>, Error> {
        let spec = scenario.spec();
        let streams = Streams::new(scenario.seed());
        Ok(match &spec.task {
            TaskSpec::Valley(start) => Box::new(self.valley(scenario, *start)?),
            TaskSpec::SimilarityMatching(settings) => {
                Box::new(SimilaritySystem::new(settings, &spec.sampling, &streams)?)
            }
            TaskSpec::PrincipalSubspace(settings) => {
                Box::new(LinearSystem::new(settings, &spec.sampling, &streams)?)
            }
            TaskSpec::OwnSystem(own) => find(&self.systems, own, "task", streams)?,
            _ => {
                let training = self.training_in(scenario, directory)?;
                let mut measured = Measured::new(training.map_problem(prepare));
                if let Some(remapping) = &spec.measures.remapping {
                    let measure = RemappingMeasure::new(scenario, remapping)?;
                    measured = measured.with(Box::new(measure));
                }
                for (name, settings) in &spec.measures.own {
                    let part = OwnPart {
                        name: name.clone(),
                        settings: settings.as_table().cloned().unwrap_or_default(),
                    };
                    measured = measured.with(find(&self.measures, &part, "measures.own", ())?);
                }
                Box::new(measured)
            }
        })
    }

    /// The training of the valley's scenario.
    fn valley(
        &self,
        scenario: &Scenario,
        start: ValleyStart,
    ) -> Result<Training<ValleyProblem>, Error> {
        let spec = scenario.spec();
        let streams = Streams::new(scenario.seed());
        let rule = parts::rule(&spec.rule, spec.decay, 2, None, &streams, self)?;
        let problem = ValleyProblem::new(spec.spectrum, scenario.sampling_points());
        let training = Training::new(problem, rule, vec![start.x, start.y])?;
        self.with_update(training, scenario, &streams)
    }

    fn with_update<P: Problem>(
        &self,
        training: Training<P>,
        scenario: &Scenario,
        streams: &Streams,
    ) -> Result<Training<P>, Error> {
        let spec = scenario.spec();
        let update = &spec.noise.update;
        let noise = self.noise(&update.distribution, "noise.update.distribution")?;
        Ok(training
            .with_update_noise(noise, update.place, streams)?
            .with_stop(spec.stop)
            .with_settings(&scenario.to_toml()))
    }

    /// The training of a network on the scenario's task, without further measures.
    ///
    /// # Errors
    /// As [`simulation`](Self::simulation); [`OutOfRange`](drift_engine::Error::OutOfRange) for a system without a data set.
    pub fn training(&self, scenario: &Scenario) -> Result<Training, Error> {
        self.training_in(scenario, None)
    }

    fn training_in(
        &self,
        scenario: &Scenario,
        directory: Option<&Path>,
    ) -> Result<Training, Error> {
        let kept = match directory {
            Some(directory) => dataset::read_kept(directory)?,
            None => None,
        };
        let data = match kept {
            Some(data) => data,
            None => self.dataset(scenario)?,
        };
        self.train(scenario, data, None, directory)
    }

    /// The data set of a scenario. Tasks without an agent draw from the texture stream.
    ///
    /// # Errors
    /// What the task or its file refuses.
    pub fn dataset(&self, scenario: &Scenario) -> Result<Dataset, Error> {
        let streams = Streams::new(scenario.seed());
        let task = match &scenario.spec().task {
            TaskSpec::File(file) => {
                file.check_content()?;
                return dataset::read(file.path());
            }
            TaskSpec::Own(own) => find(&self.tasks, own, "task", ())?,
            spec => parts::task(spec)?.ok_or_else(|| {
                Error::range(
                    "task",
                    spec.kind(),
                    "a task that makes a data set of its own",
                )
            })?,
        };
        let mut texture = streams.named(Stream::Texture);
        let mut trajectory = streams.named(Stream::Trajectory);
        Ok(task.dataset_with(&mut texture, &mut trajectory)?)
    }

    /// The training of a network on a data set, from a network or from the scenario's start.
    pub(crate) fn train(
        &self,
        scenario: &Scenario,
        data: Dataset,
        network: Option<Network>,
        directory: Option<&Path>,
    ) -> Result<Training, Error> {
        let spec = scenario.spec();
        let streams = Streams::new(scenario.seed());
        let (inputs, outputs) = (data.inputs().ncols(), data.targets().ncols());
        let shape = Shape::new(inputs, spec.network.hidden, outputs)?;
        check_size(shape, spec.network.hidden, data.samples())?;
        let mut from_file = false;
        let network = match (network, &spec.network.initial) {
            (Some(network), _) => {
                parts::check_shape(network.shape(), shape, &"the network given")?;
                let (found, expected) = (network.activation(), spec.network.activation);
                in_range(
                    "activation of the network",
                    format!("{found:?}"),
                    found == expected,
                    format!("the scenario's {expected:?}"),
                )?;
                network
            }
            (None, Some(file)) => {
                from_file = true;
                // The file that a run started from may have changed or be gone.
                let kept = directory.map(|directory| directory.join(dataset::INITIAL));
                match kept.filter(|path| path.exists()) {
                    Some(path) => parts::initial_network(&path, shape)?,
                    None => {
                        file.check_content()?;
                        parts::initial_network(file.path(), shape)?
                    }
                }
            }
            (None, None) => {
                let mut rng = streams.named(Stream::Init);
                Network::initialize(shape, spec.network.regime, &mut rng)
            }
        }
        .with_activation(spec.network.activation)?;
        let NoisePlaces {
            activity,
            dropout,
            weight,
            ..
        } = &spec.noise;
        let layers = shape.layers();
        let hidden = HiddenNoiseSettings {
            before: activity.before.each(layers),
            after: activity.after.each(layers),
            dropout: dropout.probability.each(layers),
            masks: dropout.masks,
            hold: dropout.hold,
        };
        let mut problem = NetworkProblem::new(
            &data,
            &network,
            self.noise(&spec.noise.input, "noise.input")?,
            self.noise(&spec.noise.label, "noise.label")?,
            &streams,
        )?
        .with_hidden_noise(hidden, &streams)?
        .with_weight_noise(
            self.noise(&weight.distribution, "noise.weight.distribution")?,
            weight.place,
            weight.biases,
            &streams,
        )?;
        if let Some(batch) = &spec.batch {
            problem = problem.with_batches(batch.clone(), &streams)?;
        }
        let points = scenario.sampling_points();
        let measures = spec.measures.clone();
        let mut problem = CodingNetwork::new(problem, data, measures, spec.spectrum, points)?;
        if from_file {
            problem = problem.with_initial(network.parameters());
        }
        let dimension = shape.parameters();
        let rule = parts::rule(
            &spec.rule,
            spec.decay,
            dimension,
            Some(shape),
            &streams,
            self,
        )?;
        let training = Training::new(problem, rule, network.into_parameters())?;
        self.with_update(training, scenario, &streams)
    }

    /// Samples, inputs and outputs of a task; `None` where its data are not made by one.
    pub(crate) fn sizes(&self, spec: &TaskSpec) -> Result<Option<[usize; 3]>, Error> {
        let TaskSpec::Own(own) = spec else {
            return Ok(parts::sizes(spec)?);
        };
        Ok(Some(parts::sizes_of(&*find(&self.tasks, own, "task", ())?)))
    }

    /// A distribution of noise, for a place in the scenario.
    fn noise(&self, spec: &NoiseSpec, place: &'static str) -> Result<AnyNoise, Error> {
        Ok(match spec {
            NoiseSpec::None => AnyNoise::None,
            NoiseSpec::Gaussian(noise) => Gaussian::new(noise.standard_deviation)?.into(),
            NoiseSpec::Uniform(noise) => Uniform::new(noise.width)?.into(),
            NoiseSpec::Proportional(noise) => Proportional::new(noise.standard_deviation)?.into(),
            NoiseSpec::LogNormal(noise) => LogNormal::new(noise.standard_deviation)?.into(),
            NoiseSpec::Own(own) => find(&self.noises, own, place, ())?,
        })
    }

    pub(crate) fn rule(
        &self,
        own: &OwnPart,
        dimension: usize,
        streams: &Streams,
    ) -> Result<TrainingRule, Error> {
        find(&self.rules, own, "rule", (dimension, *streams)).map(TrainingRule::boxed)
    }
}

/// 16 GiB of f64: a slip in a size must be an error, not an aborted process.
pub(crate) const MOST_ENTRIES: usize = 1 << 31;

fn check_size(shape: Shape, hidden: Widths, samples: usize) -> Result<(), Error> {
    let entries = shape
        .parameters()
        .max(samples.saturating_mul(shape.hidden()));
    let expected =
        format!("at most {MOST_ENTRIES} parameters, and activities over all {samples} samples");
    in_range("network.hidden", hidden, entries <= MOST_ENTRIES, expected)
}

impl Training {
    /// The training of a scenario with parts of ours.
    ///
    /// # Errors
    /// As [`Registry::training`].
    pub fn of(scenario: &Scenario) -> Result<Self, Error> {
        Registry::new().training(scenario)
    }

    /// The training of a scenario whose task is `given`, on a data set of the program's.
    ///
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) for another task and for targets without variance, and what the
    /// network or a file refuses.
    pub fn with_dataset(scenario: &Scenario, dataset: Dataset) -> Result<Self, Error> {
        is_given(scenario)?;
        Registry::new().train(scenario, dataset, None, None)
    }

    /// As [`with_dataset`](Self::with_dataset), from a network of the program's.
    ///
    /// # Errors
    /// As [`with_dataset`](Self::with_dataset); [`Error::ShapeMismatch`] where data, scenario and
    /// network do not fit, [`OutOfRange`](drift_engine::Error::OutOfRange) where the network has another activation
    /// function than the scenario.
    pub fn with_network(
        scenario: &Scenario,
        dataset: Dataset,
        network: Network,
    ) -> Result<Self, Error> {
        is_given(scenario)?;
        Registry::new().train(scenario, dataset, Some(network), None)
    }
}

fn is_given(scenario: &Scenario) -> Result<(), Error> {
    let task = &scenario.spec().task;
    let is_given = matches!(task, TaskSpec::Given {});
    let expected = "given: the data set comes from the program";
    in_range("task", task.kind(), is_given, expected)
}

impl Scenario {
    /// The simulation of a scenario with parts of ours, before its first step.
    ///
    /// # Errors
    /// As [`Registry::training`].
    pub fn simulation(&self) -> Result<Simulation<Training>, Error> {
        Ok(Simulation::new(Training::of(self)?, self.plan().clone())?)
    }
}
