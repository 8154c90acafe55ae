mod state;
mod steps;
mod subject;

use drift_env::Dataset;
use drift_learn::{AnyRule, Stream, Streams, UpdateNoise, Valley};
use drift_net::{Network, Shape, UnitSorter};

use crate::scenario::{Scenario, TaskSpec};
use crate::{Error, Mapping, NetworkProblem, Outcome, Trace, assemble};
use subject::Subject;

/// A scenario being run, in memory.
///
/// It steps, measures itself at the scenario's sampling points, pauses, and can be saved and
/// resumed bit for bit. [`Run`](crate::Run) adds the directory that survives a kill.
///
/// ```
/// use drift_sim::{Simulation, presets};
///
/// let mut unchecked = presets::preset("random-sgd-update")?.into_unchecked();
/// unchecked.set("steps=2000")?;
/// let mut simulation = Simulation::new(&unchecked.try_into()?)?;
/// simulation.run_until(1000, &mut ())?; // a pause
/// let outcome = simulation.run(&mut ())?;
/// assert_eq!(outcome.to_string(), "completed 2000 steps");
/// assert_eq!(simulation.trace().samples().len(), 101);
/// # Ok::<(), drift_sim::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Simulation {
    scenario: Scenario,
    dataset: Option<Dataset>,
    subject: Subject,
    mapping: Option<Mapping>,
    rule: AnyRule,
    update_noise: UpdateNoise,
    /// Stored in the order of `sorter`, so that silent units cost little.
    parameters: Vec<f64>,
    sorter: Option<UnitSorter>,
    step: u64,
    points: Vec<u64>,
    has_spectrum: Vec<bool>,
    next_point: usize,
    trace: Trace,
    eigenvalues: Vec<f64>,
    /// What the normalised loss is divided by; 1 in the valley.
    target_variance: f64,
    outcome: Option<Outcome>,
}

impl Simulation {
    /// Builds the data set, the network, the rule and the noises of a scenario.
    ///
    /// # Errors
    /// What the task, the network or a file refuses.
    pub fn new(scenario: &Scenario) -> Result<Self, Error> {
        match scenario.spec().task {
            TaskSpec::Valley(start) => Self::build(
                scenario,
                None,
                Subject::Valley(Valley),
                vec![start.x, start.y],
            ),
            _ => Self::with_dataset(scenario, assemble::dataset(scenario)?),
        }
    }

    /// As [`new`](Self::new) on a data set of the caller's instead of the scenario's task.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for targets without variance or a scenario of the valley, and what
    /// the network or a file refuses.
    pub fn with_dataset(scenario: &Scenario, dataset: Dataset) -> Result<Self, Error> {
        let spec = scenario.spec();
        let shape = Shape::new(
            dataset.inputs().ncols(),
            spec.network.hidden,
            dataset.targets().ncols(),
        )?;
        check_size(shape, dataset.samples())?;
        let network = match &spec.network.initial {
            Some(path) => assemble::initial_network(path, shape)?,
            None => Network::initialize(
                shape,
                spec.network.regime,
                &mut Streams::new(scenario.seed()).named(Stream::Init),
            ),
        };
        let network = network.with_activation(spec.network.activation)?;
        Self::with_network(scenario, dataset, network)
    }

    /// As [`with_dataset`](Self::with_dataset), from a network of the caller's.
    ///
    /// # Errors
    /// As [`with_dataset`](Self::with_dataset); [`Error::ShapeMismatch`] where data and network
    /// do not fit, [`Error::OutOfRange`] where the network has another activation function than
    /// the scenario.
    pub fn with_network(
        scenario: &Scenario,
        dataset: Dataset,
        network: Network,
    ) -> Result<Self, Error> {
        let spec = scenario.spec();
        if matches!(spec.task, TaskSpec::Valley(_)) {
            return Err(Error::range("task", "valley", "a task with a data set"));
        }
        if network.activation() != spec.network.activation {
            return Err(Error::range(
                "activation of the network",
                format!("{:?}", network.activation()),
                format!("the scenario's {:?}", spec.network.activation),
            ));
        }
        check_size(network.shape(), dataset.samples())?;
        let problem = NetworkProblem::new(
            &dataset,
            &network,
            assemble::noise(spec.noise.input)?,
            assemble::noise(spec.noise.label)?,
            &Streams::new(scenario.seed()),
        )?;
        let subject = Subject::Network(Box::new(problem));
        Self::build(scenario, Some(dataset), subject, network.into_parameters())
    }

    fn build(
        scenario: &Scenario,
        dataset: Option<Dataset>,
        subject: Subject,
        parameters: Vec<f64>,
    ) -> Result<Self, Error> {
        let spec = scenario.spec();
        let streams = Streams::new(scenario.seed());
        let (target_variance, shape) = match &subject {
            Subject::Network(problem) => {
                (problem.samples().target_variance(), Some(problem.shape()))
            }
            Subject::Valley(_) => (1.0, None),
        };
        if !(target_variance > 0.0) {
            return Err(Error::range(
                "variance of the targets",
                target_variance,
                "a number > 0: the normalised loss divides by it",
            ));
        }
        let mapping = match &dataset {
            Some(dataset) => Mapping::new(dataset, spec.measures)?
                .map(|mapping| mapping.with_activation(spec.network.activation)),
            None => None,
        };
        let update = spec.noise.update;
        let update_noise = match assemble::noise(update.distribution)? {
            drift_learn::AnyNoise::None => UpdateNoise::none(),
            noise => UpdateNoise::new(
                noise,
                update.place,
                streams.noise_source(Stream::UpdateNoise)?,
            ),
        };
        let sorter = match &subject {
            Subject::Network(problem) => {
                Some(UnitSorter::new(problem.shape(), problem.samples().len())?)
            }
            Subject::Valley(_) => None,
        };
        let points = scenario.sampling_points();
        let has_spectrum = if spec.spectrum.samples > 0 {
            spec.spectrum.selection(&points)
        } else {
            vec![false; points.len()]
        };
        Ok(Self {
            rule: assemble::rule(&spec.rule, parameters.len(), shape, &streams)?,
            trace: Trace::new(spec.spectrum.samples > 0),
            eigenvalues: Vec::new(),
            scenario: scenario.clone(),
            dataset,
            subject,
            mapping,
            update_noise,
            parameters,
            sorter,
            step: 0,
            points,
            has_spectrum,
            next_point: 0,
            target_variance,
            outcome: None,
        })
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The data set; `None` in the valley.
    #[must_use]
    pub fn dataset(&self) -> Option<&Dataset> {
        self.dataset.as_ref()
    }

    /// The sizes of the network; `None` in the valley.
    #[must_use]
    pub fn shape(&self) -> Option<Shape> {
        match &self.subject {
            Subject::Network(problem) => Some(problem.shape()),
            Subject::Valley(_) => None,
        }
    }

    /// The network as it is now; `None` in the valley and where a parameter is not finite.
    #[must_use]
    pub fn network(&self) -> Option<Network> {
        let activation = self.scenario.spec().network.activation;
        Network::from_parameters(self.shape()?, self.parameters())
            .and_then(|network| network.with_activation(activation))
            .ok()
    }

    /// Hidden activity on the clean data (samples × units); `None` in the valley.
    #[must_use]
    pub fn hidden(&mut self) -> Option<nalgebra::DMatrix<f64>> {
        let (Subject::Network(problem), Some(sorter)) = (&mut self.subject, &self.sorter) else {
            return None;
        };
        let stored = problem.forward(&self.parameters).hidden();
        let mut hidden = stored.clone();
        for (place, &unit) in sorter.order().units().iter().enumerate() {
            hidden.set_column(unit, &stored.column(place));
        }
        Some(hidden)
    }

    /// How activity becomes rate maps; `None` for tasks without positions.
    #[must_use]
    pub fn mapping(&self) -> Option<&Mapping> {
        self.mapping.as_ref()
    }

    /// A copy of the flat parameters (p), in [`Network`]'s order; the point (x, y) in the valley.
    #[must_use]
    pub fn parameters(&self) -> Vec<f64> {
        let mut parameters = self.parameters.clone();
        if let Some(sorter) = &self.sorter {
            sorter.order().restore(&mut parameters);
        }
        parameters
    }

    /// Updates done.
    #[must_use]
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// Samples taken so far.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Eigenvalues of the Hessian, ascending, at the last sampling point that had a spectrum;
    /// empty before the first and where only the trace is asked for.
    #[must_use]
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// How the run ended, if it has.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }
}

/// 16 GiB of f64: a slip in a size shall be an error, not an aborted process.
const MOST_ENTRIES: usize = 1 << 31;

fn check_size(shape: Shape, samples: usize) -> Result<(), Error> {
    let entries = shape
        .parameters()
        .max(samples.saturating_mul(shape.hidden()));
    if entries > MOST_ENTRIES {
        return Err(Error::range(
            "network.hidden",
            shape.hidden(),
            format!("at most {MOST_ENTRIES} parameters, and activities over all {samples} samples"),
        ));
    }
    Ok(())
}
