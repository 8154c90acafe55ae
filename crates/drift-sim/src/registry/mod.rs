mod making;

pub(crate) use making::MOST_ENTRIES;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use drift_engine::{Measure, System};
use drift_env::Task;
use drift_learn::{AnyNoise, OwnNoise, OwnRule, Streams};
use serde::de::DeserializeOwned;
use toml::Table;

use crate::check::in_range;
use crate::error::nearest;
use crate::scenario::{OwnNames, OwnPart, Place, UncheckedScenario};
use crate::{Error, Scenario, Training};

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

/// Adds a part under a name that is not `taken` by another kind of part in the same place.
fn add<T, A>(
    parts: &mut BTreeMap<String, Make<T, A>>,
    name: &str,
    taken: bool,
    make: Make<T, A>,
) -> Result<(), Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    in_range(
        "name of a part",
        format!("{name:?}"),
        !name.is_empty() && name.chars().all(plain) && !OURS.contains(&name),
        "letters, digits, `_`, `-`, and no name of ours",
    )?;
    let free = !taken && parts.insert(name.to_owned(), make).is_none();
    in_range("name of a part", name, free, "a name of its own")
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
        let make: Make<Box<dyn Task>> =
            Arc::new(move |settings, ()| Ok(Box::new(make(read(settings)?)?) as _));
        add(&mut self.tasks, name, self.systems.contains_key(name), make)?;
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
        add(&mut self.rules, name, false, make)?;
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
        add(&mut self.noises, name, false, make)?;
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
        add(&mut self.measures, name, false, make)?;
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
        let make: Make<Box<dyn System>, Streams> =
            Arc::new(move |settings, streams| Ok(Box::new(make(read(settings)?, &streams)?) as _));
        add(&mut self.systems, name, self.tasks.contains_key(name), make)?;
        Ok(self)
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
}

fn names_of<T>(parts: &BTreeMap<String, T>) -> Vec<&str> {
    parts.keys().map(String::as_str).collect()
}

/// Makes a part of its settings.
fn find<T, A>(
    parts: &BTreeMap<String, Make<T, A>>,
    own: &OwnPart,
    place: &'static str,
    argument: A,
) -> Result<T, Error> {
    let Some(make) = parts.get(&own.name) else {
        let names = names_of(parts);
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
        match place {
            Place::Task => names_of(&self.tasks),
            Place::System => names_of(&self.systems),
            Place::Rule => names_of(&self.rules),
            Place::Noise => names_of(&self.noises),
        }
    }
}
