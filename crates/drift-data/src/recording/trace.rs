//! What of a trace is activity.

use super::{Activity, FrameActivity, FrameKind, Note, Session};
use crate::Error;

/// What of a trace (ΔF/F, fluorescence) counts as activity.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum TraceUse {
    /// One event wherever the trace rises above its threshold.
    ///
    /// The threshold is median + `threshold` · 1.4826 · median(|trace − median|) over the frames of
    /// a session: the factor makes the median absolute deviation the standard deviation of a normal
    /// distribution, and neither is moved by the transients themselves. An excursion is one event,
    /// at the first of its frames, and its size is the highest value of the excursion above the
    /// median. A trace that starts above its threshold has no rise there, and no event.
    Events {
        /// Robust standard deviations above the median; above 0.
        threshold: f64,
    },
    /// The height of the trace above its median, 0 below it: half of the noise stays in.
    Amplitudes,
}

impl Default for TraceUse {
    /// Events, 4 robust standard deviations above the median.
    fn default() -> Self {
        Self::Events { threshold: 4.0 }
    }
}

impl Session {
    /// The session with its traces turned into activity, and a note that says how; a session
    /// without traces is returned as it is.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a threshold that is not a finite number above 0.
    pub fn traces_as(&self, wanted: TraceUse) -> Result<Self, Error> {
        if let TraceUse::Events { threshold } = wanted
            && !(threshold > 0.0 && threshold.is_finite())
        {
            let expected = "a finite number of robust standard deviations above 0";
            return Err(Error::parameter("threshold", threshold, expected));
        }
        let mut session = self.clone();
        let Activity::Frames(frames) = &self.activity else {
            return Ok(session);
        };
        if frames.kind() != FrameKind::Trace {
            return Ok(session);
        }
        let (kind, note) = match wanted {
            TraceUse::Events { threshold } => {
                (FrameKind::Events, Note::TracesAsEvents { threshold })
            }
            TraceUse::Amplitudes => (FrameKind::Amplitudes, Note::TracesAsAmplitudes),
        };
        let mut activity = FrameActivity::new(frames.rate_hz(), kind, frames.frames());
        activity.set_source(frames.source());
        for cell in 0..frames.cells() {
            let trace = frames.column(cell);
            match wanted {
                TraceUse::Events { threshold } => activity.push_cell(events(&trace, threshold)),
                TraceUse::Amplitudes => {
                    let base = median(&mut trace.clone());
                    let above = trace.iter().map(|value| (value - base).max(0.0));
                    activity.push_cell(above.enumerate());
                }
            }
        }
        session.activity = Activity::Frames(activity);
        session.notes.push(note);
        Ok(session)
    }

    /// Refuses traces, naming the cell and frame of the lowest value that is not 0.
    pub(super) fn refuse_traces(&self) -> Result<(), Error> {
        let Activity::Frames(frames) = &self.activity else {
            return Ok(());
        };
        if frames.kind() != FrameKind::Trace {
            return Ok(());
        }
        let of_cell = |cell| {
            frames
                .entries(cell)
                .map(move |(frame, value)| (cell, frame, value))
        };
        let entries = (0..frames.cells()).flat_map(of_cell);
        let lowest = entries.min_by(|a, b| a.2.total_cmp(&b.2));
        // A trace that is 0 throughout has no entries.
        let (cell, frame, value) = lowest.unwrap_or((0, 0, 0.0));
        let cell = self.cells.get(cell);
        Err(Error::Trace {
            session: match frames.source() {
                "" => self.label.clone(),
                source => format!("{} ({source})", self.label),
            },
            cell: cell.map_or_else(String::new, |cell| cell.label.clone()),
            frame,
            value,
        })
    }
}

/// The lower median of values that are all finite; reorders them. 0 for none.
fn median(values: &mut [f64]) -> f64 {
    let Some(last) = values.len().checked_sub(1) else {
        return 0.0;
    };
    *values.select_nth_unstable_by(last / 2, f64::total_cmp).1
}

/// First frame and height of every excursion above the threshold.
fn events(trace: &[f64], threshold: f64) -> Vec<(usize, f64)> {
    let base = median(&mut trace.to_vec());
    let mut deviations: Vec<f64> = trace.iter().map(|value| (value - base).abs()).collect();
    let limit = base + threshold * 1.4826 * median(&mut deviations);
    let mut events: Vec<(usize, f64)> = Vec::new();
    // Whether the frame before was above the threshold, and whether its excursion has an event.
    let (mut above, mut counted) = (true, false);
    for (frame, &value) in trace.iter().enumerate() {
        if value <= limit {
            above = false;
            continue;
        }
        if !above {
            events.push((frame, value - base));
            counted = true;
        } else if counted && let Some((_, height)) = events.last_mut() {
            *height = height.max(value - base);
        }
        above = true;
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excursion_is_one_event_at_its_first_frame() {
        // Median 0, median absolute deviation 0.1: the threshold at 4 is 0.593.
        let mut trace: Vec<f64> = (0..40).map(|k| 0.1 * f64::from(k % 3 - 1)).collect();
        for (frame, value) in [
            (0, 5.0),
            (1, 9.0),
            (10, 1.0),
            (11, 3.0),
            (12, 2.0),
            (20, 0.59),
        ] {
            trace[frame] = value;
        }
        let found = events(&trace, 4.0);
        assert_eq!(
            found.iter().map(|(frame, _)| *frame).collect::<Vec<_>>(),
            [10]
        );
        assert!((found[0].1 - 3.0).abs() < 1e-12);
        assert_eq!(events(&trace, 3.9).len(), 2);
    }

    #[test]
    fn a_trace_without_noise_has_events_where_it_leaves_its_median() {
        let mut trace = vec![1.0; 30];
        trace[7] = 1.5;
        assert_eq!(events(&trace, 4.0), [(7, 0.5)]);
        assert_eq!(events(&[], 4.0), []);
    }
}
