use drift_metrics::{BinEdges, signed_position};
use drift_net::{Network, Shape};
use nalgebra::DMatrix;

use super::Moment;
use crate::{Error, RunRecord};

/// The hidden units of a run at its snapshots, in one of its environments.
///
/// All units are found at every snapshot. Positions are signed by the direction of motion and
/// binned as the run's `measures.bins` say, between the extremes.
#[derive(Debug, Clone)]
pub struct SimulatedCode<'a> {
    record: &'a RunRecord,
    shape: Shape,
    inputs: DMatrix<f64>,
    position: Vec<f64>,
    edges: BinEdges,
}

impl<'a> SimulatedCode<'a> {
    /// The code of `record` in the environment of that number, 0 where there is only one.
    ///
    /// # Errors
    /// [`Error::NoCode`] for a run without data set or positions, or whose agent never moves in
    /// that environment; [`Error::ShapeMismatch`] where the snapshots are of another network.
    pub fn new(record: &'a RunRecord, environment: usize) -> Result<Self, Error> {
        let lacks = |missing, expected| Error::NoCode {
            source_name: format!("run {}", record.scenario.name()),
            missing,
            expected,
        };
        let dataset = record
            .dataset
            .as_ref()
            .ok_or_else(|| lacks("data set", "a network's run"))?;
        let all = dataset
            .position()
            .ok_or_else(|| lacks("positions", "a task in an environment, such as figure2"))?;
        let rows: Vec<usize> = (0..dataset.samples())
            .filter(|&row| dataset.environment()[row] == environment)
            .collect();
        let here: Vec<f64> = rows.iter().map(|&row| all[row]).collect();
        if here.windows(2).all(|pair| pair[0] == pair[1]) {
            return Err(lacks("motion in this environment", "an agent that moves"));
        }
        let spec = record.scenario.spec();
        let shape = Shape::new(
            dataset.inputs().ncols(),
            spec.network.hidden,
            dataset.targets().ncols(),
        )?;
        if record.snapshots.ncols() != shape.parameters() {
            return Err(Error::ShapeMismatch {
                field: "parameters of a snapshot".into(),
                found: record.snapshots.ncols(),
                expected: shape.parameters(),
            });
        }
        let position = signed_position(&here)?;
        Ok(Self {
            record,
            shape,
            inputs: dataset.inputs().select_rows(&rows),
            edges: BinEdges::spanning(&position, spec.measures.bins)?,
            position,
        })
    }

    /// Bins of the signed position.
    #[must_use]
    pub fn edges(&self) -> &BinEdges {
        &self.edges
    }

    /// The units at one snapshot, with their [rates](drift_net::Activation::rate) as activity.
    ///
    /// # Errors
    /// [`Error::Net`] for parameters that are not finite.
    ///
    /// # Panics
    /// Where there is no such snapshot.
    pub fn moment(&self, snapshot: usize) -> Result<Moment, Error> {
        let row = self.record.snapshots.row(snapshot);
        let activation = self.record.scenario.spec().network.activation;
        let network = Network::from_parameters(self.shape, row.iter().copied().collect())?
            .with_activation(activation)?;
        let (hidden, _) = network.forward(self.inputs.as_view())?;
        let step = self.record.snapshot_steps[snapshot];
        Ok(Moment {
            label: format!("step {step}"),
            time: step as f64,
            column_of: (0..hidden.ncols()).map(Some).collect(),
            activity: hidden.map(|activity| activation.rate(activity)),
            position: self.position.clone(),
        })
    }
}

/// Up to `count` snapshots of a run from step `from` on, as evenly spread as they were taken.
///
/// The start (step 0, no code yet) and snapshots that are not finite are never chosen. Without
/// any left the list is empty.
#[must_use]
pub fn spread_snapshots(record: &RunRecord, from: u64, count: usize) -> Vec<usize> {
    let steps = &record.snapshot_steps;
    let usable: Vec<usize> = (0..steps.len())
        .filter(|&index| steps[index] >= from.max(1))
        .filter(|&index| {
            record
                .snapshots
                .row(index)
                .iter()
                .all(|value| value.is_finite())
        })
        .collect();
    let (Some(&first), Some(&last)) = (usable.first(), usable.last()) else {
        return Vec::new();
    };
    let span = (steps[last] - steps[first]) as f64;
    let parts = count.saturating_sub(1).max(1) as f64;
    let mut chosen: Vec<usize> = (0..count)
        .filter_map(|part| {
            let wanted = steps[first] as f64 + span * part as f64 / parts;
            let distance = |index: &usize| (steps[*index] as f64 - wanted).abs();
            usable
                .iter()
                .copied()
                .min_by(|a, b| distance(a).total_cmp(&distance(b)))
        })
        .collect();
    chosen.dedup();
    chosen
}
