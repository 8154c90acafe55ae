use super::{Activity, Position, Session};
use crate::Error;

impl Session {
    /// Checks that the parts of a session made by hand fit each other: one entry a sample in every
    /// list of the trajectory, as many samples in trajectory and frames, one cell a column of the
    /// activity, rate maps with as many bins as their grid, trials within the samples. Sessions
    /// from the loaders of this crate do.
    ///
    /// [`filtered`](Self::filtered), [`activity_matrix`](Self::activity_matrix) and what is built
    /// on them check first.
    ///
    /// # Errors
    /// [`Error::Unequal`], naming the part.
    pub fn check(&self) -> Result<(), Error> {
        if let Some(trajectory) = &self.trajectory {
            let lists = [
                (
                    "trajectory.bins",
                    trajectory.bins.as_ref().map(|bins| bins.bin.len()),
                ),
                ("trajectory.durations", Some(trajectory.durations.len())),
                ("trajectory.speed", trajectory.speed.as_ref().map(Vec::len)),
                (
                    "trajectory.heading",
                    trajectory.heading.as_ref().map(Vec::len),
                ),
                (
                    "trajectory.running",
                    trajectory.running.as_ref().map(Vec::len),
                ),
            ];
            let position = match &trajectory.position {
                Some(Position::Line(x)) => vec![x.len()],
                Some(Position::Plane { x, y }) => vec![x.len(), y.len()],
                None => Vec::new(),
            };
            let position = position
                .into_iter()
                .map(|length| ("trajectory.position", length));
            let lists = lists
                .into_iter()
                .filter_map(|(part, length)| Some((part, length?)));
            for (part, length) in position.chain(lists) {
                self.equal(part, length, "trajectory.time", trajectory.len())?;
            }
        }
        match &self.activity {
            Activity::Spikes(trains) => {
                self.equal("cells", self.cells.len(), "activity (trains)", trains.len())?;
            }
            Activity::Frames(frames) => {
                let columns = frames.cells();
                self.equal("cells", self.cells.len(), "activity (columns)", columns)?;
                if let Some(trajectory) = &self.trajectory {
                    let samples = trajectory.len();
                    self.equal(
                        "activity (frames)",
                        frames.frames(),
                        "trajectory.time",
                        samples,
                    )?;
                }
            }
            Activity::RateMaps(maps) => {
                let bins = maps.grid.iter().product();
                for (_, layer) in &maps.layers {
                    let columns = layer.ncols();
                    self.equal("cells", self.cells.len(), "activity (columns)", columns)?;
                    self.equal("activity (bins)", layer.nrows(), "grid", bins)?;
                }
            }
        }
        let samples = self.samples();
        for trial in &self.trials {
            let end = trial.samples.end.max(trial.samples.start);
            if end > samples {
                self.equal(
                    "trials (last sample)",
                    end,
                    "the session (samples)",
                    samples,
                )?;
            }
        }
        Ok(())
    }

    pub(super) fn equal(
        &self,
        part: &'static str,
        found: usize,
        reference: &'static str,
        expected: usize,
    ) -> Result<(), Error> {
        if found == expected {
            return Ok(());
        }
        Err(Error::Unequal {
            session: self.label.clone(),
            part,
            found,
            reference,
            expected,
        })
    }
}
