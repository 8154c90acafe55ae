//! Choosing samples, cells and sessions.

use std::fmt;
use std::ops::RangeInclusive;

use super::motion::range;
use super::{Activity, EpochKind, RateMaps, Session, TrackDirection};
use crate::Error;

/// Conditions on samples, cells and sessions; those that are `None` are not applied.
///
/// | field | keeps | default |
/// |---|---|---|
/// | `minimum_speed` | samples at this speed or above, cm/s; those without a speed go | all |
/// | `direction` | samples (or layers of maps) of one running direction | both |
/// | `bins` | samples in these track bins, 1-based | all |
/// | `edges_cm` | samples further than this from the ends of the positions' range, cm | all |
/// | `region` | cells of this region; those without a region go | all |
/// | `minimum_rate` | cells whose mean rate over the samples kept is **above** this, Hz | all |
/// | `epochs` | sessions of these kinds | all |
/// | `environment` | sessions in this environment | all |
/// | `empty_sessions` | what happens to a session without a sample left | refuse |
///
/// ```
/// use drift_data::{EpochKind, Filter, TrackDirection};
/// let filter = Filter {
///     minimum_speed: Some(4.0),
///     region: Some("CA1".to_owned()),
///     epochs: Some(vec![EpochKind::Run]),
///     ..Filter::default()
/// };
/// assert_eq!(filter.to_string(), "speed >= 4 cm/s, region CA1, epochs run");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// Lowest speed, cm/s.
    pub minimum_speed: Option<f64>,
    /// Direction of running.
    pub direction: Option<TrackDirection>,
    /// Track bins, 1-based.
    pub bins: Option<RangeInclusive<u32>>,
    /// Distance that a position must have from the ends of its session's range, in every coordinate, cm.
    /// Samples without a position stay.
    pub edges_cm: Option<f64>,
    /// Brain region, compared without regard to case.
    pub region: Option<String>,
    /// Rate that a cell must exceed, Hz.
    pub minimum_rate: Option<f64>,
    /// Kinds of sessions.
    pub epochs: Option<Vec<EpochKind>>,
    /// Environment.
    pub environment: Option<String>,
    /// What happens to a session without a sample left.
    pub empty_sessions: EmptySessions,
}

/// What happens to a session of which a filter leaves no sample: one without movement, for instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum EmptySessions {
    /// [`Error::NothingLeft`].
    #[default]
    Refuse,
    /// The session is left out.
    LeaveOut,
}

impl fmt::Display for Filter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(speed) = self.minimum_speed {
            parts.push(format!("speed >= {speed} cm/s"));
        }
        if let Some(direction) = self.direction {
            parts.push(format!("direction {direction:?}"));
        }
        if let Some(bins) = &self.bins {
            parts.push(format!("bins {} to {}", bins.start(), bins.end()));
        }
        if let Some(edges) = self.edges_cm {
            parts.push(format!("{edges} cm from the edges"));
        }
        if let Some(region) = &self.region {
            parts.push(format!("region {region}"));
        }
        if let Some(rate) = self.minimum_rate {
            parts.push(format!("rate > {rate} Hz"));
        }
        if let Some(epochs) = &self.epochs {
            let names: Vec<String> = epochs.iter().map(EpochKind::to_string).collect();
            parts.push(format!("epochs {}", names.join("/")));
        }
        if let Some(environment) = &self.environment {
            parts.push(format!("environment {environment}"));
        }
        match parts[..] {
            [] => out.write_str("everything"),
            _ => out.write_str(&parts.join(", ")),
        }
    }
}

impl Filter {
    /// Whether the filter keeps the session as a whole.
    #[must_use]
    pub fn wants(&self, session: &Session) -> bool {
        let epochs = self.epochs.as_ref();
        epochs.is_none_or(|epochs| epochs.contains(&session.epoch))
            && (self.environment.is_none() || self.environment == session.environment)
    }

    fn check(&self) -> Result<(), Error> {
        for (field, value) in [
            ("minimum_speed", self.minimum_speed),
            ("minimum_rate", self.minimum_rate),
            ("edges_cm", self.edges_cm),
        ] {
            if let Some(value) = value
                && !(value >= 0.0 && value.is_finite())
            {
                return Err(Error::parameter(
                    field,
                    value,
                    "a finite number, at least 0",
                ));
            }
        }
        Ok(())
    }

    fn on_samples(&self) -> bool {
        self.minimum_speed.is_some()
            || self.direction.is_some()
            || self.bins.is_some()
            || self.edges_cm.is_some()
    }
}

impl Session {
    /// What a filter leaves of the session. Conditions on whole sessions are not looked at.
    ///
    /// Spikes stay if their sample stays (see [`activity_matrix`](Self::activity_matrix)); the rates that
    /// `minimum_rate` looks at are those of the samples kept. Trials keep their numbers and get their new samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a negative or missing threshold, [`Error::NotRecorded`] if a condition asks for what the
    /// session does not have, [`Error::NothingLeft`] if no sample is left, [`Error::Unequal`] from
    /// [`check`](Self::check).
    pub fn filtered(&self, filter: &Filter) -> Result<Self, Error> {
        filter.check()?;
        self.check()?;
        let cells: Vec<usize> = (0..self.cells.len())
            .filter(|cell| match (&filter.region, &self.cells[*cell].region) {
                (None, _) => true,
                (Some(wanted), Some(region)) => wanted.eq_ignore_ascii_case(region),
                (Some(_), None) => false,
            })
            .collect();
        let mut left = match &self.activity {
            Activity::RateMaps(maps) => self.with_maps(maps, filter, &cells)?,
            _ if filter.on_samples() => {
                self.with_samples(&self.samples_kept(filter)?, &cells, filter)?
            }
            _ => self.with_cells(&cells),
        };
        if let Some(minimum) = filter.minimum_rate {
            let rates = left.mean_rates();
            let without_time = left.trajectory.is_none() && !rates.is_empty();
            if without_time && matches!(left.activity, Activity::Spikes(_)) {
                return Err(self.not_recorded("a duration"));
            }
            let active: Vec<usize> = (0..rates.len())
                .filter(|cell| rates[*cell] > minimum)
                .collect();
            left = left.with_cells(&active);
        }
        Ok(left)
    }

    fn samples_kept(&self, filter: &Filter) -> Result<Vec<usize>, Error> {
        let missing = |wanted| move || self.not_recorded(wanted);
        let trajectory = self.trajectory.as_ref();
        let trajectory = trajectory.ok_or_else(missing("a trajectory"))?;
        let mut keep = vec![true; trajectory.len()];
        if let Some(minimum) = filter.minimum_speed {
            let speed = trajectory.speed.as_ref();
            let speed = speed.ok_or_else(missing("a speed"))?;
            for (keep, speed) in keep.iter_mut().zip(speed) {
                *keep &= *speed >= minimum;
            }
        }
        if let Some(direction) = filter.direction {
            let running = trajectory.running.as_ref();
            let running = running.ok_or_else(missing("a running direction"))?;
            for (keep, running) in keep.iter_mut().zip(running) {
                *keep &= *running == Some(direction);
            }
        }
        if let Some(range) = &filter.bins {
            let bins = trajectory.bins.as_ref();
            let bins = bins.ok_or_else(missing("the bin of a track"))?;
            for (keep, bin) in keep.iter_mut().zip(&bins.bin) {
                *keep &= *bin != 0 && range.contains(bin);
            }
        }
        if let Some(edges) = filter.edges_cm {
            let position = trajectory.position.as_ref();
            let position = position.ok_or_else(missing("a position"))?;
            for axis in position.axes() {
                let (low, high) = range(axis);
                for (keep, value) in keep.iter_mut().zip(axis) {
                    *keep &= value.is_nan() || (value - low >= edges && high - value >= edges);
                }
            }
        }
        Ok((0..keep.len()).filter(|sample| keep[*sample]).collect())
    }

    fn with_samples(
        &self,
        samples: &[usize],
        cells: &[usize],
        filter: &Filter,
    ) -> Result<Self, Error> {
        let (Some(trajectory), false) = (&self.trajectory, samples.is_empty()) else {
            return Err(self.nothing_left(filter));
        };
        let activity = match &self.activity {
            Activity::Spikes(trains) => {
                let mut kept = vec![false; trajectory.len()];
                for sample in samples {
                    kept[*sample] = true;
                }
                let stays = |time: &f64| {
                    let sample = trajectory.sample_at(*time);
                    sample.is_some_and(|sample| kept[sample])
                };
                let train = |cell: &usize| trains[*cell].iter().copied().filter(stays).collect();
                Activity::Spikes(cells.iter().map(train).collect())
            }
            Activity::Frames(frames) => Activity::Frames(frames.select(samples, cells)),
            Activity::RateMaps(maps) => Activity::RateMaps(maps.select(None, cells)),
        };
        let trials = self.trials.iter().map(|trial| {
            let new = |old| samples.partition_point(|sample| *sample < old);
            super::Trial {
                samples: new(trial.samples.start)..new(trial.samples.end),
                ..trial.clone()
            }
        });
        Ok(Self {
            trajectory: Some(trajectory.select(samples)),
            trials: trials.collect(),
            ..self.with_activity(activity, cells)
        })
    }

    fn with_cells(&self, cells: &[usize]) -> Self {
        let activity = match &self.activity {
            Activity::Spikes(trains) => {
                Activity::Spikes(cells.iter().map(|cell| trains[*cell].clone()).collect())
            }
            Activity::Frames(frames) => {
                let all: Vec<usize> = (0..frames.frames()).collect();
                Activity::Frames(frames.select(&all, cells))
            }
            Activity::RateMaps(maps) => Activity::RateMaps(maps.select(None, cells)),
        };
        Self {
            trajectory: self.trajectory.clone(),
            trials: self.trials.clone(),
            ..self.with_activity(activity, cells)
        }
    }

    fn with_maps(&self, maps: &RateMaps, filter: &Filter, cells: &[usize]) -> Result<Self, Error> {
        if filter.minimum_speed.is_some() || filter.bins.is_some() || filter.edges_cm.is_some() {
            return Err(self.not_recorded("activity over time"));
        }
        let selected = maps.select(filter.direction, cells);
        if selected.layers.is_empty() {
            return Err(self.nothing_left(filter));
        }
        Ok(Self {
            trajectory: self.trajectory.clone(),
            trials: self.trials.clone(),
            ..self.with_activity(Activity::RateMaps(selected), cells)
        })
    }

    fn nothing_left(&self, filter: &Filter) -> Error {
        Error::NothingLeft {
            session: self.label.clone(),
            filter: filter.to_string(),
        }
    }

    /// The session with only these cells, which did this, and without trajectory and trials.
    fn with_activity(&self, activity: Activity, cells: &[usize]) -> Self {
        Self {
            label: self.label.clone(),
            environment: self.environment.clone(),
            epoch: self.epoch.clone(),
            notes: self.notes.clone(),
            trajectory: None,
            trials: Vec::new(),
            cells: cells.iter().map(|cell| self.cells[*cell].clone()).collect(),
            activity,
            ..*self
        }
    }
}
