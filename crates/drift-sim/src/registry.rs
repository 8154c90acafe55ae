use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use drift_engine::{Measure, Measured, Run, Simulation, System};
use drift_env::{Dataset, Task};
use drift_learn::{
    AnyNoise, Gaussian, LogNormal, OwnNoise, OwnRule, Proportional, Stream, Streams, Uniform,
};
use drift_net::{Network, Shape, Widths};
use serde::de::DeserializeOwned;
use toml::Table;

use crate::coding_network::CodingNetwork;
use crate::error::nearest;
use crate::remapping::RemappingMeasure;
use crate::scenario::{
    NoisePlaces, NoiseSpec, OwnNames, OwnPart, Place, TaskSpec, UncheckedScenario,
};
use crate::similarity::{LinearSystem, SimilaritySystem};
use crate::valley::ValleyProblem;
use crate::{
    Error, HiddenNoiseSettings, NetworkProblem, Scenario, Training, TrainingRule, dataset, parts,
};

/// What a constructor of a part of one's own may say.
pub type OwnError = Box<dyn std::error::Error + Send + Sync>;

type Make<T, A = ()> = Arc<dyn Fn(Table, A) -> Result<T, OwnError> + Send + Sync>;
/// Of its settings, the number of parameters and the random streams of the seed.
type MakeRule = Make<Box<dyn OwnRule>, (usize, Streams)>;

/// Names of tasks, learning rules, noises, measures and systems, with what makes them.
///
/// Ours are always there. A program adds its own under names of its own, and scenarios, sweeps,
/// the program `drift` and everything they record take them as they take ours.
///
/// ```
/// use drift_sim::learn::{Noise, NoiseSource};
/// use drift_sim::Registry;
///
/// /// Adds `scale` to every value: noise that is none.
/// #[derive(Debug)]
/// struct Bias { scale: f64 }
///
/// impl Noise for Bias {
///     fn add_to(&self, values: &mut [f64], _source: &mut NoiseSource) {
///         values.iter_mut().for_each(|value| *value += self.scale);
///     }
///     fn variance(&self) -> f64 { 0.0 }
/// }
///
/// #[derive(serde::Deserialize)]
/// struct BiasSettings { scale: f64 }
///
/// let registry = Registry::new()
///     .with_noise("bias", |settings: BiasSettings| Ok(Bias { scale: settings.scale }))?;
/// let scenario = registry.scenario("
///     task = 'random'
///     steps = 100
///     noise.update.distribution = { bias = { scale = 0.001 } }
/// ")?;
/// println!("{}", registry.simulation(&scenario)?.run(&mut ())?);
/// # Ok::<(), drift_sim::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    tasks: BTreeMap<String, Make<Box<dyn Task>>>,
    rules: BTreeMap<String, MakeRule>,
    noises: BTreeMap<String, Make<AnyNoise>>,
    measures: BTreeMap<String, Make<Box<dyn Measure<Training>>>>,
    systems: BTreeMap<String, Make<Box<dyn System>, Streams>>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Registry")
            .field("tasks", &self.tasks.keys())
            .field("rules", &self.rules.keys())
            .field("noises", &self.noises.keys())
            .field("measures", &self.measures.keys())
            .field("systems", &self.systems.keys())
            .finish()
    }
}

/// Names that scenarios have for parts of ours.
const OURS: [&str; 23] = [
    "random",
    "smoothed",
    "random_autoencoder",
    "smoothed_autoencoder",
    "predictive",
    "corridor",
    "file",
    "given",
    "valley",
    "similarity_matching",
    "principal_subspace",
    "own",
    "own_system",
    "sgd",
    "adam",
    "rmsprop",
    "sed",
    "none",
    "gaussian",
    "uniform",
    "proportional",
    "log_normal",
    "distribution",
];

fn add<T, A>(
    parts: &mut BTreeMap<String, Make<T, A>>,
    name: &str,
    make: Make<T, A>,
) -> Result<(), Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if name.is_empty() || !name.chars().all(plain) || OURS.contains(&name) {
        return Err(Error::range(
            "name of a part",
            format!("{name:?}"),
            "letters, digits, `_`, `-`, and no name of ours",
        ));
    }
    if parts.insert(name.to_owned(), make).is_some() {
        return Err(Error::range("name of a part", name, "a name of its own"));
    }
    Ok(())
}

/// Settings as their type reads them. A setting that it does not read is refused, also where the
/// type lets it pass: it is a slip.
fn read<T: DeserializeOwned>(settings: Table) -> Result<T, OwnError> {
    let mut unread = Vec::new();
    let read = serde_ignored::deserialize(settings, |path| unread.push(path.to_string()));
    let read = read.map_err(|error: toml::de::Error| error.message().to_owned())?;
    match unread.first() {
        Some(field) => Err(format!("unknown setting `{field}`").into()),
        None => Ok(read),
    }
}

impl Registry {
    /// Ours alone.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with a task, which `make` makes of its settings.
    ///
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) for a name that is taken or cannot stand in a scenario.
    pub fn with_task<T: DeserializeOwned, K: Task + 'static>(
        mut self,
        name: &str,
        make: impl Fn(T) -> Result<K, OwnError> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        self.refuse(name, self.systems.contains_key(name))?;
        let make: Make<Box<dyn Task>> =
            Arc::new(move |settings, ()| Ok(Box::new(make(read(settings)?)?) as _));
        add(&mut self.tasks, name, make)?;
        Ok(self)
    }

    /// The same with a learning rule, which `make` makes of its settings, the number of parameters
    /// and the random streams of the scenario's seed.
    ///
    /// # Errors
    /// As [`with_task`](Self::with_task).
    pub fn with_rule<T: DeserializeOwned, R: OwnRule + 'static>(
        mut self,
        name: &str,
        make: impl Fn(T, usize, &Streams) -> Result<R, OwnError> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let make: MakeRule = Arc::new(move |settings, (parameters, streams)| {
            let rule = make(read(settings)?, parameters, &streams)?;
            Ok(Box::new(rule) as _)
        });
        add(&mut self.rules, name, make)?;
        Ok(self)
    }

    /// The same with a noise.
    ///
    /// # Errors
    /// As [`with_task`](Self::with_task).
    pub fn with_noise<T: DeserializeOwned, N: OwnNoise + 'static>(
        mut self,
        name: &str,
        make: impl Fn(T) -> Result<N, OwnError> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let make: Make<AnyNoise> =
            Arc::new(move |settings, ()| Ok(AnyNoise::own(make(read(settings)?)?)));
        add(&mut self.noises, name, make)?;
        Ok(self)
    }

    /// The same with a measure of trained networks, which a scenario asks for as
    /// `measures.own.NAME`.
    ///
    /// # Errors
    /// As [`with_task`](Self::with_task).
    pub fn with_measure<T: DeserializeOwned, M: Measure<Training> + 'static>(
        mut self,
        name: &str,
        make: impl Fn(T) -> Result<M, OwnError> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let make: Make<Box<dyn Measure<Training>>> =
            Arc::new(move |settings, ()| Ok(Box::new(make(read(settings)?)?) as _));
        add(&mut self.measures, name, make)?;
        Ok(self)
    }

    /// The same with a system that needs no network, which `make` makes of its settings and the
    /// random streams of the scenario's seed. A scenario names it as its `task`.
    ///
    /// # Errors
    /// As [`with_task`](Self::with_task).
    pub fn with_system<T: DeserializeOwned, S: System + 'static>(
        mut self,
        name: &str,
        make: impl Fn(T, &Streams) -> Result<S, OwnError> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        self.refuse(name, self.tasks.contains_key(name))?;
        let make: Make<Box<dyn System>, Streams> =
            Arc::new(move |settings, streams| Ok(Box::new(make(read(settings)?, &streams)?) as _));
        add(&mut self.systems, name, make)?;
        Ok(self)
    }

    fn refuse(&self, name: &str, taken: bool) -> Result<(), Error> {
        if taken {
            return Err(Error::range("name of a part", name, "a name of its own"));
        }
        Ok(())
    }

    /// Reads and checks a scenario in TOML.
    ///
    /// # Errors
    /// [`Syntax`](drift_engine::Error::Syntax), [`Error::UnknownField`] or [`OutOfRange`](drift_engine::Error::OutOfRange).
    pub fn scenario(&self, text: &str) -> Result<Scenario, Error> {
        UncheckedScenario::from_toml_with(text, self)?.try_into()
    }

    /// Reads a scenario file, TOML or JSON by its ending, in any case. Files that it names are
    /// resolved against its folder, and their content is pinned.
    ///
    /// # Errors
    /// As [`scenario`](Self::scenario), and where the file cannot be read.
    pub fn read_scenario(&self, path: impl AsRef<Path>) -> Result<UncheckedScenario, Error> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(drift_engine::Error::io("read", path))?;
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        let mut scenario = if ending == "json" {
            UncheckedScenario::from_json_with(&text, self)?
        } else {
            UncheckedScenario::from_toml_with(text.trim_start_matches('\u{feff}'), self)?
        };
        scenario.pin_files(path.parent().unwrap_or(Path::new("")))?;
        Ok(scenario)
    }

    /// Changes one field, as [`UncheckedScenario::set`] does, to a part of one's own as well.
    ///
    /// # Errors
    /// As [`UncheckedScenario::set`].
    pub fn set(&self, scenario: &mut UncheckedScenario, assignment: &str) -> Result<(), Error> {
        scenario.set_with(assignment, self)
    }

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
        self.system_in(scenario, None)
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
            let system = self.system_in(&scenario, Some(path))?;
            Simulation::new(system, scenario.plan().clone())
        })?;
        Ok(run)
    }

    /// As [`system`](Self::system), of which a summary tells the phases as well.
    pub(crate) fn swept_system(&self, scenario: &Scenario) -> Result<Box<dyn System>, Error> {
        self.system_with(scenario, None, CodingNetwork::keeping_maps)
    }

    /// As [`system`](Self::system), from the data of a run's directory where it has any.
    fn system_in(
        &self,
        scenario: &Scenario,
        directory: Option<&Path>,
    ) -> Result<Box<dyn System>, Error> {
        self.system_with(scenario, directory, |network| network)
    }

    fn system_with(
        &self,
        scenario: &Scenario,
        directory: Option<&Path>,
        prepare: impl FnOnce(CodingNetwork) -> CodingNetwork,
    ) -> Result<Box<dyn System>, Error> {
        let spec = scenario.spec();
        let streams = Streams::new(scenario.seed());
        Ok(match &spec.task {
            TaskSpec::Valley(_) => Box::new(self.valley(scenario)?),
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
    fn valley(&self, scenario: &Scenario) -> Result<Training<ValleyProblem>, Error> {
        let spec = scenario.spec();
        let TaskSpec::Valley(start) = spec.task else {
            return Err(Error::range("task", spec.task.kind(), "valley"));
        };
        let streams = Streams::new(scenario.seed());
        let rule = parts::rule(&spec.rule, spec.decay, 2, None, &streams, self)?;
        let problem = ValleyProblem::new(spec.spectrum, scenario.sampling_points());
        let training = Training::new(problem, rule, vec![start.x, start.y])?;
        self.with_update(training, scenario, &streams)
    }

    fn with_update<P: crate::Problem>(
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
                if network.activation() != spec.network.activation {
                    return Err(Error::range(
                        "activation of the network",
                        format!("{:?}", network.activation()),
                        format!("the scenario's {:?}", spec.network.activation),
                    ));
                }
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

/// Makes a part of its settings.
fn find<T, A>(
    parts: &BTreeMap<String, Make<T, A>>,
    own: &OwnPart,
    place: &'static str,
    argument: A,
) -> Result<T, Error> {
    let Some(make) = parts.get(&own.name) else {
        let names: Vec<&str> = parts.keys().map(String::as_str).collect();
        return Err(Error::UnknownField {
            field: format!("{place}.{}", own.name),
            nearest: nearest(&own.name, names.iter().copied()),
            allowed: if names.is_empty() {
                "nothing of one's own is in this program's registry".to_owned()
            } else {
                names.join(", ")
            },
        });
    };
    make(own.settings.clone(), argument).map_err(|source| Error::Own {
        place,
        name: own.name.clone(),
        source,
    })
}

impl OwnNames for Registry {
    fn names(&self, place: Place) -> Vec<&str> {
        fn of<T>(parts: &BTreeMap<String, T>) -> Vec<&str> {
            parts.keys().map(String::as_str).collect()
        }
        match place {
            Place::Task => of(&self.tasks),
            Place::System => of(&self.systems),
            Place::Rule => of(&self.rules),
            Place::Noise => of(&self.noises),
        }
    }
}

/// 16 GiB of f64: a slip in a size must be an error, not an aborted process.
const MOST_ENTRIES: usize = 1 << 31;

fn check_size(shape: Shape, hidden: Widths, samples: usize) -> Result<(), Error> {
    let entries = shape
        .parameters()
        .max(samples.saturating_mul(shape.hidden()));
    if entries > MOST_ENTRIES {
        return Err(Error::range(
            "network.hidden",
            hidden,
            format!("at most {MOST_ENTRIES} parameters, and activities over all {samples} samples"),
        ));
    }
    Ok(())
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
    if matches!(task, TaskSpec::Given {}) {
        return Ok(());
    }
    Err(Error::range(
        "task",
        task.kind(),
        "given: the data set comes from the program",
    ))
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
