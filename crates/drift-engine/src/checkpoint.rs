use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::files::{beside, if_there, replace_keeping_previous};
use crate::frames::Kind;
use crate::{Checkpoint, Error, state};

/// How often a run in a directory is saved: what a kill can cost. Whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointEvery {
    /// At least every so many seconds (default 30, > 0, at most 3.2·10⁹); absent: not by time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Every so many steps (≥ 1); absent: not by steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
}

/// A century; the clock's own type ends somewhere beyond.
const MOST_SECONDS: f64 = 3.2e9;

impl Default for CheckpointEvery {
    fn default() -> Self {
        Self {
            seconds: Some(30.0),
            steps: None,
        }
    }
}

impl CheckpointEvery {
    /// Refuses intervals that are none.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn check(&self) -> Result<(), Error> {
        if let Some(seconds) = self.seconds {
            let field = "checkpoint.seconds";
            let holds = seconds > 0.0 && seconds.is_finite();
            Error::unless(holds, field, seconds, "a finite number > 0")?;
            let expected = format!("at most {MOST_SECONDS}");
            Error::unless(seconds <= MOST_SECONDS, field, seconds, expected)?;
        }
        Error::unless(self.steps != Some(0), "checkpoint.steps", 0, "at least 1")
    }
}

const KIND: Kind = Kind {
    magic: *b"driftchk",
    version: 2,
};

impl Checkpoint {
    /// The bytes of the file, framed with a version and a checksum.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        KIND.seal(&state::save(self))
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// In words: not a checkpoint, of another version, truncated, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        state::load(KIND.open(bytes)?).map_err(|error| error.to_string())
    }

    /// Saves under `path`: written beside it, brought to the disk, renamed; what was there before
    /// stays as `<name>.previous`.
    ///
    /// # Errors
    /// [`Error::Io`]; the newest or the one before is then still complete.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        replace_keeping_previous(path, &self.to_bytes())
    }

    /// Those at `path` that can be read: the newest, then the one before; and what is wrong with
    /// those that cannot.
    pub(crate) fn load_all(path: &Path) -> (Vec<Self>, Vec<Error>) {
        let (mut whole, mut damaged) = (Vec::new(), Vec::new());
        for candidate in [path.to_owned(), beside(path, ".previous")] {
            match if_there(std::fs::read(&candidate), "read", &candidate) {
                Ok(None) => {}
                Err(error) => damaged.push(error),
                Ok(Some(bytes)) => match Self::from_bytes(&bytes) {
                    Ok(checkpoint) => whole.push(checkpoint),
                    // Damage of the one before matters only where it is needed.
                    Err(_) if !whole.is_empty() => {}
                    Err(reason) => damaged.push(Error::corrupt(candidate, reason)),
                },
            }
        }
        (whole, damaged)
    }
}

/// Says when the next checkpoint is due.
#[derive(Debug)]
pub(crate) struct CheckpointClock {
    since: Instant,
    interval: Option<Duration>,
    /// Steps between two looks at the clock, each of which costs as much as a shortest step:
    /// more where steps are short, fewer where they are long.
    stride: u64,
    last_look: Instant,
    /// The step that the next checkpoint is due at, at the latest.
    due_at: u64,
    /// The step that the next look at the clock is due at.
    look_at: u64,
}

impl CheckpointClock {
    /// Starts at a checkpoint, after `steps_done`. By steps, checkpoints are at multiples of the
    /// number asked for; by time, at the first look at the clock after it.
    pub(crate) fn new(every: CheckpointEvery, steps_done: u64) -> Self {
        let due_at = every.steps.map_or(u64::MAX, |every| {
            (steps_done / every + 1).saturating_mul(every)
        });
        let now = Instant::now();
        Self {
            since: now,
            interval: every.seconds.map(Duration::from_secs_f64),
            stride: 1,
            last_look: now,
            due_at,
            look_at: due_at.min(steps_done + 1),
        }
    }

    /// Asked after every step, in the innermost loop: most answers cost one comparison.
    #[inline]
    pub(crate) fn is_due(&mut self, step: u64) -> bool {
        step >= self.look_at && self.look(step)
    }

    fn look(&mut self, step: u64) -> bool {
        let now = Instant::now();
        let since_look = now.duration_since(self.last_look);
        if since_look < Duration::from_millis(1) {
            self.stride = (self.stride * 2).min(1 << 16);
        } else if since_look > Duration::from_millis(20) {
            self.stride = (self.stride / 2).max(1);
        }
        self.last_look = now;
        self.look_at = self.due_at.min(step + self.stride);
        let by_time = self
            .interval
            .is_some_and(|interval| now.duration_since(self.since) >= interval);
        by_time || step >= self.due_at
    }
}
