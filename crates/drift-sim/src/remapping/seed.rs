use std::ops::ControlFlow;

use drift_env::{CorridorDraws, Dataset};
use drift_learn::{Stream, Streams};
use drift_net::{Network, Samples, Workspace};
use nalgebra::DMatrix;

use super::{Criteria, Experiment, Remapping, Row};
use crate::{Error, Mapping, Observer, Outcome, Sample, Simulation, measure};

/// Steps between two looks at the wish to stop.
const LOOK_EVERY: u64 = 256;

/// Runs one seed of an experiment and measures every change at every sampling point; `None` where
/// `stop` became true.
///
/// The network never learns in a changed environment. The changed walks have the very draws of
/// the training walk; the other texture is the one that the texture stream gives next. All random
/// numbers follow from the seed.
///
/// # Errors
/// What the simulation or a measure refuses. A run that diverges or dies gives the rows up to
/// there.
pub fn run_seed(
    experiment: &Experiment,
    seed: u64,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Vec<Row>>, Error> {
    let scenario = experiment.scenario().with_seed(seed)?;
    let streams = Streams::new(seed);
    let mut texture = streams.named(Stream::Texture);
    let mut trajectory = streams.named(Stream::Trajectory);
    let task = experiment.task();
    let draws = CorridorDraws::sample_with(task, &mut texture, &mut trajectory);
    let other = task.texture_draws(&mut texture);
    let known = task.dataset_from_draws(&draws)?;
    let spec = experiment.spec();
    let changed = spec
        .changes
        .iter()
        .map(|&change| {
            let data =
                task.changed_dataset(&draws, spec.environment, change, &other, spec.scaled_by)?;
            Ok((change.to_string(), samples(&data)?))
        })
        .collect::<Result<Vec<_>, Error>>()?;

    let mut simulation = Simulation::with_dataset(&scenario, known.clone())?;
    let mut moments = Moments {
        stop,
        taken: Vec::new(),
    };
    let outcome = simulation.run(&mut moments)?;
    if matches!(outcome, Outcome::Stopped { .. }) {
        return Ok(None);
    }
    let mapping = simulation
        .mapping()
        .ok_or_else(|| Error::range("task", "an agent that never moves", "one that moves"))?;
    let before = samples(&known)?;
    let mut rows = Vec::new();
    for (sample, network) in &moments.taken {
        let now = Now {
            experiment,
            seed,
            sample,
            network,
            outcome,
        };
        now.measure(&known, &before, &changed, mapping, &mut rows)?;
    }
    Ok(Some(rows))
}

/// One network, at one time.
struct Now<'a> {
    experiment: &'a Experiment,
    seed: u64,
    sample: &'a Sample,
    network: &'a Network,
    outcome: Outcome,
}

impl Now<'_> {
    /// Appends a row for each change.
    fn measure(
        &self,
        known: &Dataset,
        before: &Samples,
        changed: &[(String, Samples)],
        mapping: &Mapping,
        rows: &mut Vec<Row>,
    ) -> Result<(), Error> {
        let spec = self.experiment.spec();
        let criteria = Criteria::new(&spec.scenario.measures, spec.shift_bins);
        let mut workspace = Workspace::new(self.network, before.len())?;
        let (hidden, _) = self.pass(&mut workspace, before);
        let (spectrum, _) =
            measure::network_spectrum(self.network, known, &spec.scenario.spectrum)?;
        let variance = before.target_variance();
        for (change, samples) in changed {
            let (after, loss) = self.pass(&mut workspace, samples);
            let found = Remapping::between(&hidden, &after, mapping, spec.environment, &criteria)?;
            rows.push(Row {
                seed: self.seed,
                step: self.sample.step,
                change: change.clone(),
                correlation: found.correlation,
                fraction_moved: found.fraction_moved(),
                fraction_remapped: found.fraction_remapped(),
                place_units: found.place_units,
                active_before: found.active_before,
                active_after: found.active_after,
                moved: found.moved,
                gained: found.gained,
                lost: found.lost,
                log10_normalised_loss: self.sample.log10_normalised_loss,
                changed_log10_normalised_loss: (loss / variance).log10(),
                active_fraction: self.sample.active_fraction.unwrap_or(f64::NAN),
                fraction_active_units: self.sample.fraction_active_units.unwrap_or(f64::NAN),
                hessian_trace: spectrum.trace,
                log_pseudo_determinant: spectrum.log_pseudo_determinant,
                nonzero_fraction: spectrum.nonzero_fraction,
                outcome: self.outcome.kind().to_owned(),
            });
        }
        Ok(())
    }

    /// Hidden activity (samples × units) and loss.
    fn pass(&self, workspace: &mut Workspace, samples: &Samples) -> (DMatrix<f64>, f64) {
        let loss = workspace.loss(self.network.parameters(), samples);
        workspace.forward(self.network.parameters(), samples);
        (workspace.hidden(), loss)
    }
}

fn samples(data: &Dataset) -> Result<Samples, Error> {
    Ok(Samples::new(
        data.inputs().as_view(),
        data.targets().as_view(),
    )?)
}

/// Keeps sample and network of every sampling point.
struct Moments<'a> {
    stop: &'a (dyn Fn() -> bool + Sync),
    taken: Vec<(Sample, Network)>,
}

impl Observer for Moments<'_> {
    #[inline]
    fn step(&mut self, step: u64, _loss: f64) -> ControlFlow<()> {
        if step.is_multiple_of(LOOK_EVERY) && (self.stop)() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn sample(&mut self, sample: &Sample, simulation: &Simulation) -> ControlFlow<()> {
        // A network that is not finite has no code to compare; the run ends there by itself.
        if let Some(network) = simulation.network() {
            self.taken.push((*sample, network));
        }
        ControlFlow::Continue(())
    }
}
