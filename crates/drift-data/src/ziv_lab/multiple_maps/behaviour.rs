//! Position and velocity of each trial.

use super::TRIALS;
use crate::Error;
use crate::mat::{MatFile, MatRef};

/// The track of 96 cm that positions from 0 to 1 refer to.
const TRACK_CM: f64 = 96.0;

/// Samples before and after the present one that the smoothed velocity is the mean of: an even window of 8 samples.
const BEFORE: usize = 3;
const AFTER: usize = 4;

/// One trial's behaviour, its first frame dropped.
pub(super) struct TrialBehaviour {
    pub(super) number: usize,
    /// Position in its own unit: share of the track, or cm.
    pub(super) position: Vec<f64>,
    /// Smoothed velocity, cm/s.
    pub(super) velocity: Vec<f64>,
    /// Turns the position into cm.
    pub(super) cm_per_unit: f64,
}

/// The trials used by the published analysis, as far as the file has them.
pub(super) fn read(file: &MatFile) -> Result<Vec<TrialBehaviour>, Error> {
    let trials = file.get("my_mvmt")?;
    let all = trials.cells()?;
    let mut found = Vec::new();
    for number in TRIALS {
        if let Some(trial) = all.get(number - 1).filter(|trial| !trial.is_empty()) {
            found.push(read_trial(trial, number)?);
        }
    }
    if found.is_empty() {
        return Err(trials.wrong_shape("trials 2 to 6 (trial 1 is always unset)"));
    }
    Ok(found)
}

fn read_trial(trial: &MatRef<'_>, number: usize) -> Result<TrialBehaviour, Error> {
    let (position, velocity, cm_per_unit) = match trial.find_field("rough_linearized_location")? {
        Some(location) if trial.find_field("position")?.is_none() => {
            (location, trial.field("velocity_VER2")?, 1.0)
        }
        _ => (trial.field("position")?, trial.field("velocity")?, TRACK_CM),
    };
    let (x, v) = (checked(&position)?, checked(&velocity)?);
    if x.len() != v.len() {
        return Err(Error::FrameCount {
            file: velocity.file().to_owned(),
            variable: velocity.path().to_owned(),
            found: v.len(),
            reference: position.path().to_owned(),
            expected: x.len(),
        });
    }
    Ok(TrialBehaviour {
        number,
        position: x[1..].to_vec(),
        velocity: smoothed(&v)[1..].to_vec(),
        cm_per_unit,
    })
}

/// A vector of at least two finite numbers.
fn checked(value: &MatRef<'_>) -> Result<Vec<f64>, Error> {
    let numbers = value.vector()?;
    if numbers.len() < 2 {
        return Err(value.wrong_shape("at least two frames"));
    }
    value.check(&numbers, f64::is_finite, "a finite number")?;
    Ok(numbers.into_owned())
}

/// Mean of samples t − 3 to t + 4, of those that exist.
fn smoothed(velocity: &[f64]) -> Vec<f64> {
    (0..velocity.len())
        .map(|sample| {
            let end = (sample + AFTER + 1).min(velocity.len());
            let window = &velocity[sample.saturating_sub(BEFORE)..end];
            window.iter().sum::<f64>() / window.len() as f64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::smoothed;

    #[test]
    fn the_window_reaches_four_samples_ahead_and_three_back() {
        let mut impulse = vec![0.0; 20];
        impulse[10] = 8.0;
        let found = smoothed(&impulse);
        let expected: Vec<usize> = (6..=13).collect();
        let reached: Vec<usize> = (0..20).filter(|sample| found[*sample] == 1.0).collect();
        assert_eq!(reached, expected);
        // At the edges the mean is over the samples that exist.
        assert_eq!(smoothed(&[2.0; 6]), [2.0; 6]);
    }
}
