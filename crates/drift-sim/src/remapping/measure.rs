use drift_engine::{Column, Measure, Moment};
use drift_env::{Change, CorridorDraws, CorridorTask, Dataset, ScaledBy};
use drift_learn::{Stream, Streams};
use drift_net::{Network, Samples, Workspace};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use super::{Criteria, Remapping, Row};
use crate::check::{in_range, within};
use crate::scenario::{MeasuresSpec, TaskSpec};
use crate::{Error, RunRecord, Scenario, Training};

/// What a change of its corridor does to a network's code, measured at every sampling point: the
/// field `measures.remapping` of a scenario on a corridor.
///
/// | field | default | meaning | range |
/// |---|---|---|---|
/// | `changes` | – | what is done to the corridor, each alone | 1 to 1000 |
/// | `environment` | 0 | the corridor that is changed | below `num_envs` |
/// | `shift_bins` | 10 | a field moved if its peak is farther away than this | below `measures.bins` |
/// | `scaled_by` | known | the range of the network's inputs after a change | [`ScaledBy`] |
/// | `from` | 0 | the prediction is tested from this step on: convergence | ≤ `steps` |
///
/// Of `spectrum`, `kind` and `tolerance` say how much of the Hessian is computed beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemappingSpec {
    /// The changes.
    pub changes: Vec<Change>,
    /// The environment that is changed.
    #[serde(default)]
    pub environment: usize,
    /// Largest shift of a peak that is no move, in bins.
    #[serde(default = "ten")]
    pub shift_bins: usize,
    /// Which walk sets the range of inputs after a change.
    #[serde(default)]
    pub scaled_by: ScaledBy,
    /// First step at which the network counts as converged.
    #[serde(default)]
    pub from: u64,
}

fn ten() -> usize {
    10
}

impl RemappingSpec {
    /// The corridor task of a scenario, on which every change can be made.
    pub(crate) fn check(
        &self,
        task: &TaskSpec,
        measures: &MeasuresSpec,
        steps: u64,
    ) -> Result<CorridorTask, Error> {
        let path = |field: &str| format!("measures.remapping.{field}");
        let TaskSpec::Corridor(parameters) = task else {
            return Err(Error::range(
                "task",
                task.kind(),
                "corridor, for measures.remapping: only a corridor has walls to change",
            ));
        };
        let task = CorridorTask::try_from(*parameters)?;
        within(path("changes"), self.changes.len(), 1..=1000)?;
        for (index, change) in self.changes.iter().enumerate() {
            change.check()?;
            change.arena(task.arena())?;
            change.motion(task.motion())?;
            // Rows name their change, so two of one name could not be told apart.
            let alone = !self.changes[..index].contains(change);
            in_range(path("changes"), change, alone, "each change once")?;
        }
        let below = |field: &str, value: usize, limit: usize, of: &str| {
            let expected = format!("below {of} ({limit})");
            in_range(path(field), value, value < limit, expected)
        };
        below("environment", self.environment, task.num_envs(), "num_envs")?;
        below(
            "shift_bins",
            self.shift_bins,
            measures.bins,
            "measures.bins",
        )?;
        let expected = format!("at most steps ({steps})");
        in_range(path("from"), self.from, self.from <= steps, expected)?;
        Ok(task)
    }
}

/// The numbers of one change, in the order of their columns.
const OF_A_CHANGE: [&str; 9] = [
    "correlation",
    "fraction_moved",
    "fraction_remapped",
    "place_units",
    "active_before",
    "active_after",
    "moved",
    "gained",
    "lost",
];
/// How far the prediction carries over, without learning.
const CHANGED_LOSS: &str = "changed_log10_normalised_loss";
/// The Hessian of the loss in the known environment.
const OF_THE_HESSIAN: [&str; 3] = [
    "hessian_trace",
    "log_pseudo_determinant",
    "nonzero_fraction",
];

fn name(change: usize, of: &str) -> String {
    format!("remapping[{change}].{of}")
}

fn hessian_name(of: &str) -> String {
    format!("remapping.{of}")
}

/// Measures every change at every sampling point.
///
/// The network never learns in a changed environment. The changed walks have the very draws of
/// the training walk; the other texture is the one that the texture stream gives next. All random
/// numbers follow from the seed.
#[derive(Debug)]
pub(crate) struct RemappingMeasure {
    known: Samples,
    changed: Vec<Samples>,
    environment: usize,
    criteria: Criteria,
}

impl RemappingMeasure {
    pub(crate) fn new(scenario: &Scenario, spec: &RemappingSpec) -> Result<Self, Error> {
        let fields = scenario.spec();
        let task = spec.check(&fields.task, &fields.measures, fields.steps)?;
        let streams = Streams::new(scenario.seed());
        let mut texture = streams.named(Stream::Texture);
        let mut trajectory = streams.named(Stream::Trajectory);
        let draws = CorridorDraws::sample_with(&task, &mut texture, &mut trajectory);
        let other = task.texture_draws(&mut texture);
        let changed = spec.changes.iter().map(|&change| {
            let environment = spec.environment;
            let data = task.changed_dataset(&draws, environment, change, &other, spec.scaled_by)?;
            samples(&data)
        });
        Ok(Self {
            changed: changed.collect::<Result<_, Error>>()?,
            known: samples(&task.dataset_from_draws(&draws)?)?,
            environment: spec.environment,
            criteria: Criteria::new(&fields.measures, spec.shift_bins),
        })
    }
}

impl Measure<Training> for RemappingMeasure {
    fn columns(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        for change in 0..self.changed.len() {
            for (place, of) in OF_A_CHANGE.into_iter().enumerate() {
                let column = Column::new(name(change, of), "", "of a change of the corridor");
                let column = if place < 3 { column } else { column.whole() };
                columns.push(column.not_portable());
            }
            let loss = Column::new(name(change, CHANGED_LOSS), "", "in the changed corridor");
            columns.push(loss.not_portable());
        }
        for of in OF_THE_HESSIAN {
            let column = Column::new(hessian_name(of), "", "in the known corridor");
            columns.push(column.not_portable());
        }
        columns
    }

    fn take(
        &mut self,
        moment: &Moment<'_, Training>,
    ) -> Result<Vec<Option<f64>>, drift_engine::Error> {
        let training = moment.system;
        let count = self.columns().len();
        // A network that is not finite has no code to compare; the run ends there by itself.
        let Some(network) = training.sampled_network() else {
            return Ok(vec![None; count]);
        };
        let mapping = training
            .mapping()
            .ok_or_else(|| Error::range("task", "an agent that never moves", "one that moves"))?;
        let mut workspace = Workspace::new(network, self.known.len()).map_err(Error::from)?;
        let (hidden, _) = pass(network, &mut workspace, &self.known);
        let variance = self.known.target_variance();
        let mut values = Vec::with_capacity(count);
        for samples in &self.changed {
            let (after, loss) = pass(network, &mut workspace, samples);
            let found =
                Remapping::between(&hidden, &after, mapping, self.environment, &self.criteria)?;
            let counts = [
                found.place_units,
                found.active_before,
                found.active_after,
                found.moved,
                found.gained,
                found.lost,
            ];
            values.extend([
                found.correlation,
                found.fraction_moved(),
                found.fraction_remapped(),
            ]);
            values.extend(counts.map(|count| count as f64));
            values.push((loss / variance).log10());
        }
        let mut values: Vec<Option<f64>> = values.into_iter().map(Some).collect();
        let (spectrum, _) = training.spectrum()?;
        values.extend([
            Some(spectrum.trace),
            spectrum.log_pseudo_determinant,
            spectrum.nonzero_fraction,
        ]);
        Ok(values)
    }
}

/// Hidden activity (samples × units) and loss.
fn pass(network: &Network, workspace: &mut Workspace, samples: &Samples) -> (DMatrix<f64>, f64) {
    let loss = workspace.loss(network.parameters(), samples);
    workspace.forward(network.parameters(), samples);
    (workspace.hidden(), loss)
}

fn samples(data: &Dataset) -> Result<Samples, Error> {
    Ok(Samples::new(
        data.inputs().as_view(),
        data.targets().as_view(),
    )?)
}

/// The rows of a run whose scenario measures remapping, in the order of step and change; none of
/// another.
#[must_use]
pub fn rows(record: &RunRecord) -> Vec<Row> {
    let Some(spec) = &record.scenario.spec().measures.remapping else {
        return Vec::new();
    };
    let outcome = record.outcome.as_ref().map_or("", |outcome| outcome.kind());
    let mut rows = Vec::new();
    for sample in record.trace.samples() {
        for (index, change) in spec.changes.iter().enumerate() {
            let of = |of: &str| sample.get(&name(index, of));
            // A network that was not finite was not measured.
            let Some(correlation) = of("correlation") else {
                continue;
            };
            let number = |name: &str| of(name).unwrap_or(f64::NAN);
            let count = |name: &str| of(name).unwrap_or(0.0) as usize;
            let own = |name: &str| sample.get(name).unwrap_or(f64::NAN);
            rows.push(Row {
                seed: record.scenario.seed(),
                step: sample.step,
                change: change.to_string(),
                correlation,
                fraction_moved: number("fraction_moved"),
                fraction_remapped: number("fraction_remapped"),
                place_units: count("place_units"),
                active_before: count("active_before"),
                active_after: count("active_after"),
                moved: count("moved"),
                gained: count("gained"),
                lost: count("lost"),
                log10_normalised_loss: own("log10_normalised_loss"),
                changed_log10_normalised_loss: number(CHANGED_LOSS),
                active_fraction: own("active_fraction"),
                fraction_active_units: own("fraction_active_units"),
                hessian_trace: own(&hessian_name("hessian_trace")),
                log_pseudo_determinant: sample.get(&hessian_name("log_pseudo_determinant")),
                nonzero_fraction: sample.get(&hessian_name("nonzero_fraction")),
                outcome: outcome.to_owned(),
            });
        }
    }
    rows
}
