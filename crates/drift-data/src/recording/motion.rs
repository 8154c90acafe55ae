//! What follows from positions: speed, running direction, and the way along a track in the plane.

use super::{Note, Position, Session, TrackDirection, Trajectory};
use crate::Error;

/// Time over which speed is measured, s: half of it to either side of a sample.
const WINDOW_S: f64 = 0.5;

/// How a track lies in the plane.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Track {
    /// Along the direction in which the positions of the session vary most: their first principal
    /// axis, pointing to larger x. For a straight track that lies askew.
    Straight,
    /// Along a path through these points, cm, in their order: for a track with corners.
    Path(Vec<[f64; 2]>),
}

/// Lowest and highest finite value; infinities the wrong way round if there is none.
pub(crate) fn range<'v>(values: impl IntoIterator<Item = &'v f64>) -> (f64, f64) {
    let finite = values.into_iter().filter(|value| value.is_finite());
    finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(*value), high.max(*value))
    })
}

impl Session {
    /// The session with a speed where the files give none, from its positions.
    ///
    /// The velocity of a sample is the way between the first and the last sample within 0.25 s of it,
    /// divided by the time between them; where both are the sample itself, its neighbours are taken.
    /// It is missing (NaN) where one of the two has no position, or a gap lies between them.
    ///
    /// # Errors
    /// [`Error::NotRecorded`] for a session that has neither a speed nor positions; [`Error::Unequal`] and
    /// [`Error::Parameter`] from [`check`](Self::check).
    pub fn with_speed(&self) -> Result<Self, Error> {
        let mut session = self.clone();
        let trajectory = session.placed()?;
        if trajectory.speed.is_none() {
            let velocity = velocity(trajectory);
            let velocity = velocity.ok_or_else(|| self.not_recorded("a speed or a position"))?;
            let speed = velocity.into_iter().map(|[x, y]| x.hypot(y));
            trajectory.speed = Some(speed.collect());
            session.notes.push(Note::Read(format!(
                "the speed is from the positions, over {WINDOW_S} s"
            )));
        }
        Ok(session)
    }

    /// The session with a running direction where the files give none: to the right where the
    /// velocity, as in [`with_speed`](Self::with_speed), is above 0, to the left where it is below.
    ///
    /// # Errors
    /// [`Error::NotRecorded`] for a session without positions on a line, see
    /// [`linearised`](Self::linearised); [`Error::Unequal`] and [`Error::Parameter`] from
    /// [`check`](Self::check).
    pub fn with_running(&self) -> Result<Self, Error> {
        let mut session = self.clone();
        let trajectory = session.placed()?;
        if trajectory.running.is_some() {
            return Ok(session);
        }
        let line = matches!(trajectory.position, Some(Position::Line(_)));
        let Some(velocity) = velocity(trajectory).filter(|_| line) else {
            return Err(self.not_recorded("a position along a track (--linearise makes one)"));
        };
        let running = velocity
            .into_iter()
            .map(|[velocity, _]| TrackDirection::of(velocity));
        trajectory.running = Some(running.collect());
        session.notes.push(Note::Read(format!(
            "the running direction is from the positions, over {WINDOW_S} s"
        )));
        Ok(session)
    }

    /// The trajectory of a session that has one, checked.
    fn placed(&mut self) -> Result<&mut Trajectory, Error> {
        self.check()?;
        let missing = self.not_recorded("a trajectory");
        self.trajectory.as_mut().ok_or(missing)
    }

    /// The session with its positions in the plane as positions along a track, cm from its start;
    /// one that is on a line already is returned as it is.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a path of fewer than two different points or points that are not
    /// finite; [`Error::NotRecorded`] for a session without positions.
    pub fn linearised(&self, track: &Track) -> Result<Self, Error> {
        let mut session = self.clone();
        let (x, y) = match session.trajectory.as_ref().map(|found| &found.position) {
            Some(Some(Position::Plane { x, y })) => (x, y),
            Some(Some(Position::Line(_))) => return Ok(session),
            _ => return Err(self.not_recorded("a position")),
        };
        let (along, note) = match track {
            Track::Straight => straight(x, y),
            Track::Path(points) => path(x, y, points)?,
        };
        if let Some(trajectory) = &mut session.trajectory {
            trajectory.position = Some(Position::Line(along));
        }
        session.notes.push(Note::Read(note));
        Ok(session)
    }
}

/// Velocity of every sample, cm/s, where there are positions.
fn velocity(trajectory: &Trajectory) -> Option<Vec<[f64; 2]>> {
    let time = &trajectory.time;
    let axes = trajectory.position.as_ref()?.axes();
    let last = time.len().saturating_sub(1);
    // The first sample of the piece without gaps that each sample is in, and the last one.
    let mut first_of = vec![0; time.len()];
    let mut last_of = vec![last; time.len()];
    let joined = |sample: usize| {
        let step = time[sample + 1] - time[sample];
        step <= trajectory.durations[sample] + 0.5 * trajectory.sample_interval
    };
    for sample in 1..time.len() {
        first_of[sample] = if joined(sample - 1) {
            first_of[sample - 1]
        } else {
            sample
        };
    }
    for sample in (0..last).rev() {
        last_of[sample] = if joined(sample) {
            last_of[sample + 1]
        } else {
            sample
        };
    }
    let velocity = |sample: usize| {
        let half = 0.5 * WINDOW_S * (1.0 + 1e-9);
        let mut from = time.partition_point(|other| *other < time[sample] - half);
        // The sample itself is one of those that are not later.
        let mut to = time.partition_point(|other| *other <= time[sample] + half) - 1;
        if from == to {
            (from, to) = (sample.saturating_sub(1), (sample + 1).min(last));
        }
        (from, to) = (from.max(first_of[sample]), to.min(last_of[sample]));
        let lasted = time[to] - time[from];
        let mut velocity = [0.0; 2];
        for (component, axis) in velocity.iter_mut().zip(&axes) {
            *component = (axis[to] - axis[from]) / lasted;
        }
        velocity
    };
    Some((0..time.len()).map(velocity).collect())
}

/// Positions along their first principal axis.
fn straight(x: &[f64], y: &[f64]) -> (Vec<f64>, String) {
    let pairs = x.iter().zip(y);
    let pairs = pairs.filter(|(x, y)| x.is_finite() && y.is_finite());
    let count = pairs.clone().count() as f64;
    let sum = |[sx, sy]: [f64; 2], (x, y): (&f64, &f64)| [sx + x, sy + y];
    let sums = pairs.clone().fold([0.0; 2], sum);
    let mean = sums.map(|sum| sum / count);
    let [xx, xy, yy] = pairs.fold([0.0; 3], |[xx, xy, yy], (x, y)| {
        let (dx, dy) = (x - mean[0], y - mean[1]);
        [xx + dx * dx, xy + dx * dy, yy + dy * dy]
    });
    // The axis of a symmetric 2 × 2 matrix with the larger eigenvalue, between −π/2 and π/2.
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    let (sin, cos) = angle.sin_cos();
    let on = |(x, y): (&f64, &f64)| (x - mean[0]) * cos + (y - mean[1]) * sin;
    let along: Vec<f64> = x.iter().zip(y).map(on).collect();
    let (low, high) = range(&along);
    let across = (xx + yy - (xx - yy).hypot(2.0 * xy)).max(0.0) / (2.0 * count);
    let note = format!(
        "positions in the plane were taken along a straight track at {:.1}° of {:.1} cm; they lie \
         {:.2} cm (standard deviation) beside it",
        angle.to_degrees(),
        high - low,
        across.sqrt()
    );
    (along.into_iter().map(|value| value - low).collect(), note)
}

/// Positions along a path of straight pieces: each at its nearest point.
fn path(x: &[f64], y: &[f64], points: &[[f64; 2]]) -> Result<(Vec<f64>, String), Error> {
    let expected = "two or more different, finite points";
    let refused = |value| Error::parameter("path of the track", value, expected);
    if let Some(value) = points.iter().flatten().find(|value| !value.is_finite()) {
        return Err(refused(*value));
    }
    let mut pieces = Vec::new();
    let mut start = 0.0;
    for pair in points.windows(2) {
        let ([ax, ay], [bx, by]) = (pair[0], pair[1]);
        let length = (bx - ax).hypot(by - ay);
        if length > 0.0 {
            let along = [(bx - ax) / length, (by - ay) / length];
            pieces.push((start, length, [ax, ay], along));
            start += length;
        }
    }
    if pieces.is_empty() {
        return Err(refused(points.len() as f64));
    }
    let mut farthest: f64 = 0.0;
    let along = x
        .iter()
        .zip(y)
        .map(|(x, y)| {
            if !(x.is_finite() && y.is_finite()) {
                return f64::NAN;
            }
            let mut nearest = (f64::INFINITY, f64::NAN);
            for (start, length, [ax, ay], [ux, uy]) in &pieces {
                let way = ((x - ax) * ux + (y - ay) * uy).clamp(0.0, *length);
                let distance = (x - ax - way * ux).hypot(y - ay - way * uy);
                if distance < nearest.0 {
                    nearest = (distance, start + way);
                }
            }
            farthest = farthest.max(nearest.0);
            nearest.1
        })
        .collect();
    let note = format!(
        "positions in the plane were taken along a path of {start:.1} cm; the farthest lies \
         {farthest:.1} cm beside it"
    );
    Ok((along, note))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_and_direction_follow_from_positions() {
        let time: Vec<f64> = (0..100).map(|k| 0.05 * f64::from(k)).collect();
        let x = time
            .iter()
            .map(|t| if *t < 2.5 { 10.0 * t } else { 50.0 - 10.0 * t })
            .collect();
        let activity = super::super::Activity::Spikes(Vec::new());
        let mut session = Session::new("s", Vec::new(), activity);
        session.trajectory = Some(Trajectory::new(time, Some(Position::Line(x)), None).unwrap());
        let moving = session.with_speed().unwrap().with_running().unwrap();
        assert_eq!(moving.notes.len(), 2);
        let trajectory = moving.trajectory.unwrap();
        let (speed, running) = (trajectory.speed.unwrap(), trajectory.running.unwrap());
        assert!((speed[20] - 10.0).abs() < 1e-9 && (speed[0] - 10.0).abs() < 1e-9);
        assert_eq!(running[20], Some(TrackDirection::Right));
        assert_eq!(running[80], Some(TrackDirection::Left));
    }

    #[test]
    fn a_track_in_the_plane_becomes_a_line() {
        let (x, y): (Vec<f64>, Vec<f64>) = (0..=100)
            .map(|k| (0.6 * f64::from(k), 0.8 * f64::from(k)))
            .unzip();
        let (along, _) = straight(&x, &y);
        assert!((along[100] - 100.0).abs() < 1e-9 && along[0].abs() < 1e-9);
        let corner = [[0.0, 0.0], [0.0, 10.0], [10.0, 10.0]];
        let (along, _) = path(&[0.5, 4.0, f64::NAN], &[5.0, 10.5, 0.0], &corner).unwrap();
        assert_eq!(along[..2], [5.0, 14.0]);
        assert!(along[2].is_nan());
        assert!(path(&[0.0], &[0.0], &[[1.0, 1.0]]).is_err());
    }
}
