//! The hidden units of a run as moments.

use drift_data::TrackDirection;
use drift_engine::SeriesRecord;
use drift_metrics::activity::SparseActivity;
use drift_metrics::decoding::Space;
use drift_metrics::{BinEdges, signed_position};
use drift_net::{Network, Shape};
use nalgebra::DMatrix;

use super::passes::Samples;
use super::{Directions, Evidence, Moment, Population, Unit, When};
use crate::check::same_size;
use crate::{Error, RunRecord};

/// The hidden units of a run at some of its snapshots, in one of its environments.
///
/// The snapshots are numbered from 0, as they were taken. All units are found at every snapshot.
/// Positions are binned between their extremes into half as many bins as the run's `measures.bins`,
/// which are those of both directions of motion. A sample counts as a second, and all are one lap.
#[derive(Debug, Clone)]
pub struct SimulatedCode<'a> {
    record: &'a RunRecord,
    snapshots: SeriesRecord,
    directions: Directions,
    shape: Shape,
    inputs: DMatrix<f64>,
    position: Vec<f64>,
    edges: BinEdges,
    place: Vec<Option<usize>>,
    running: Vec<TrackDirection>,
}

impl<'a> SimulatedCode<'a> {
    /// The code of `record` in the environment of that number, 0 where there is only one, at up to
    /// `count` snapshots from step `from` on, as evenly spread as they were taken: memory holds no
    /// others.
    ///
    /// The start (step 0, no code yet) and snapshots that are not finite are never chosen. Without
    /// any left there are none.
    ///
    /// # Errors
    /// [`Error::NoCode`] for a run without data set or positions, or whose agent never moves in
    /// that environment; [`Error::ShapeMismatch`] where the snapshots are of another network;
    /// [`Error::Engine`] where they cannot be read.
    pub fn new(
        record: &'a RunRecord,
        environment: usize,
        directions: Directions,
        from: u64,
        count: usize,
    ) -> Result<Self, Error> {
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
        let inputs = dataset.inputs().ncols();
        let shape = Shape::new(inputs, spec.network.hidden, dataset.targets().ncols())?;
        let snapshots = spread_snapshots(record, from, count)?;
        if !snapshots.steps.is_empty() {
            let (found, expected) = (snapshots.values.ncols(), shape.parameters());
            same_size("parameters of a snapshot", found, expected)?;
        }
        let running = signed_position(&here)?
            .into_iter()
            .map(|signed| match signed < 0.0 {
                true => TrackDirection::Left,
                false => TrackDirection::Right,
            });
        let edges = BinEdges::spanning(&here, spec.measures.bins.div_ceil(2))?;
        let place: Vec<Option<usize>> = edges.assign(&here).iter().collect();
        Ok(Self {
            directions,
            shape,
            running: running.collect(),
            inputs: dataset.inputs().select_rows(&rows),
            place,
            position: here,
            edges,
            record,
            snapshots,
        })
    }

    /// The run as a population.
    #[must_use]
    pub fn population(&self) -> Population {
        let scenario = &self.record.scenario;
        let units = self.shape.hidden();
        Population {
            subject: format!("{} (seed {})", scenario.name(), scenario.seed()),
            environment: None,
            format: "run".to_owned(),
            simulated: true,
            units: Some(units),
            registered: Some(units),
        }
    }

    /// Bins of the position in one direction of motion.
    #[must_use]
    pub fn edges(&self) -> &BinEdges {
        &self.edges
    }

    /// Position of each sample (samples), in track units.
    #[must_use]
    pub fn position(&self) -> &[f64] {
        &self.position
    }

    /// Direction in which each sample was passed (samples).
    #[must_use]
    pub fn running(&self) -> &[TrackDirection] {
        &self.running
    }

    /// Step of training of each snapshot.
    #[must_use]
    pub fn steps(&self) -> &[u64] {
        &self.snapshots.steps
    }

    /// The units at every snapshot, as sessions numbered from 1.
    pub fn moments(&self) -> impl Iterator<Item = Result<Moment, Error>> {
        (0..self.steps().len()).map(|snapshot| self.moment(snapshot))
    }

    /// The [rates](drift_net::Activation::rate) of all units at one snapshot (samples × units).
    ///
    /// # Errors
    /// [`Error::Net`] for parameters that are not finite.
    ///
    /// # Panics
    /// Where there is no such snapshot.
    pub fn rates(&self, snapshot: usize) -> Result<DMatrix<f64>, Error> {
        let row = self.snapshots.values.row(snapshot);
        let activation = self.record.scenario.spec().network.activation;
        let network = Network::from_parameters(self.shape, row.iter().copied().collect())?
            .with_activation(activation)?;
        let (hidden, _) = network.forward(self.inputs.as_view())?;
        Ok(hidden.map(|activity| activation.rate(activity)))
    }

    /// The units at one snapshot, with their rates as activity.
    fn moment(&self, snapshot: usize) -> Result<Moment, Error> {
        let number = snapshot + 1;
        let rates = self.rates(snapshot)?;
        let running: Vec<Option<TrackDirection>> = self.running.iter().copied().map(Some).collect();
        let samples = Samples {
            activity: &SparseActivity::from_dense(rates.as_view())?,
            place: &self.place,
            laps: &vec![0; self.place.len()],
            running: Some(&running),
            bins: self.edges.bins(),
            seconds: 1.0,
            durations: None,
        };
        let step = self.snapshots.steps[snapshot];
        Ok(Moment {
            label: format!("step {step}"),
            when: When {
                session: number,
                exposure: Some(number as u32),
                step: Some(step),
                ..When::default()
            },
            units: (0..rates.ncols()).map(Unit::numbered).collect(),
            evidence: Evidence::Passes(samples.passes(0..rates.nrows(), self.directions)?),
            slots: 1 + usize::from(self.directions == Directions::Apart),
            space: Space::Line,
            authors: None,
            notes: Vec::new(),
        })
    }
}

/// Up to `count` finite snapshots of a run from step `from` on, as evenly spread as they were taken.
fn spread_snapshots(record: &RunRecord, from: u64, count: usize) -> Result<SeriesRecord, Error> {
    // What a run ends with may not be finite, which is known once it is read.
    let mut left_out: Vec<u64> = Vec::new();
    loop {
        let found = record.chosen("snapshots", |steps| {
            spread(steps, count, |step| {
                step >= from.max(1) && !left_out.contains(&step)
            })
        })?;
        let rows = found.steps.iter().zip(found.values.row_iter());
        let strange = rows.filter(|(_, row)| !row.iter().all(|value| value.is_finite()));
        let before = left_out.len();
        left_out.extend(strange.map(|(step, _)| *step));
        if left_out.len() == before {
            return Ok(found);
        }
    }
}

/// Places of up to `count` usable steps (ascending), as evenly spread over the steps as there are
/// such.
fn spread(steps: &[u64], count: usize, usable: impl Fn(u64) -> bool) -> Vec<usize> {
    let places: Vec<usize> = (0..steps.len())
        .filter(|&place| usable(steps[place]))
        .collect();
    let at = |index: usize| steps[places[index]] as f64;
    let Some(last) = places.len().checked_sub(1) else {
        return Vec::new();
    };
    let span = at(last) - at(0);
    let parts = count.saturating_sub(1).max(1) as f64;
    let mut chosen: Vec<usize> = (0..count)
        .map(|part| {
            let wanted = at(0) + span * part as f64 / parts;
            let after = places.partition_point(|&place| (steps[place] as f64) < wanted);
            let after = after.min(last);
            let before = after.saturating_sub(1);
            // Of two that are as near the earlier one.
            if wanted - at(before) <= (at(after) - wanted).abs() {
                places[before]
            } else {
                places[after]
            }
        })
        .collect();
    chosen.dedup();
    chosen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::spread;

    proptest! {
        /// The nearest usable step to each evenly spaced one, the earlier of two, each once.
        #[test]
        fn snapshots_are_the_nearest_to_evenly_spaced_steps(
            steps in prop::collection::btree_set(0_u64..300, 0..40),
            out in prop::collection::btree_set(0_u64..300, 0..40),
            count in 0_usize..20,
        ) {
            let steps: Vec<u64> = steps.into_iter().collect();
            let usable: Vec<u64> = steps.iter().copied().filter(|step| !out.contains(step)).collect();
            let mut expected = Vec::new();
            if let (Some(&first), Some(&last)) = (usable.first(), usable.last()) {
                for part in 0..count {
                    let parts = count.saturating_sub(1).max(1) as f64;
                    let wanted = first as f64 + (last - first) as f64 * part as f64 / parts;
                    let distance = |step: &&u64| (**step as f64 - wanted).abs();
                    let nearest = usable.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
                    expected.extend(nearest.copied());
                }
                expected.dedup();
            }
            let chosen = spread(&steps, count, |step| !out.contains(&step));
            let chosen: Vec<u64> = chosen.into_iter().map(|place| steps[place]).collect();
            prop_assert_eq!(chosen, expected);
        }
    }
}
