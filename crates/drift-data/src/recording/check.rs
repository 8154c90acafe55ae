use super::{Activity, Session};
use crate::Error;

impl Session {
    /// Checks that the parts of a session made by hand fit each other: one entry a sample in every
    /// list of the trajectory, times that rise, as many samples in trajectory and frames, one cell a column of the
    /// activity, rate maps with as many bins as their grid, trials within the samples. Sessions
    /// from the loaders of this crate do.
    ///
    /// [`filtered`](Self::filtered), [`activity_matrix`](Self::activity_matrix) and what is built
    /// on them check first.
    ///
    /// # Errors
    /// [`Error::Unequal`], naming the part; [`Error::Parameter`] for times that do not rise.
    pub fn check(&self) -> Result<(), Error> {
        if let Some(trajectory) = &self.trajectory {
            trajectory.check(&self.label)?;
        }
        let equal =
            |part, found, reference, expected| equal(&self.label, part, found, reference, expected);
        let cells = self.cells.len();
        match &self.activity {
            Activity::Spikes(trains) => {
                equal("cells", cells, "activity (trains)", trains.len())?;
            }
            Activity::Frames(frames) => {
                equal("cells", cells, "activity (columns)", frames.cells())?;
                if let Some(trajectory) = &self.trajectory {
                    let (found, expected) = (frames.frames(), trajectory.len());
                    equal("activity (frames)", found, "trajectory.time", expected)?;
                }
            }
            Activity::RateMaps(maps) => {
                let bins = maps.grid.iter().product();
                for (_, layer) in &maps.layers {
                    equal("cells", cells, "activity (columns)", layer.ncols())?;
                    equal("activity (bins)", layer.nrows(), "grid", bins)?;
                }
            }
        }
        let samples = self.samples();
        for trial in &self.trials {
            let end = trial.samples.end.max(trial.samples.start);
            if end > samples {
                equal(
                    "trials (last sample)",
                    end,
                    "the session (samples)",
                    samples,
                )?;
            }
        }
        Ok(())
    }
}

/// Refuses a part of a session that has another number of entries than what it must agree with.
pub(super) fn equal(
    label: &str,
    part: &'static str,
    found: usize,
    reference: &'static str,
    expected: usize,
) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Unequal {
        session: label.to_owned(),
        part,
        found,
        reference,
        expected,
    })
}
