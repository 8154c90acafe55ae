//! What a loader did that a reader should know.

use std::fmt;
use std::ops::Range;

/// Something unusual in the files, and how it was handled.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// Spike times were stored in ticks of 1/10000 s and turned into seconds.
    TicksToSeconds {
        /// The cell.
        cell: String,
    },
    /// Spikes before the first or behind the last sample of the trajectory: kept, but at no position.
    SpikesOutsideTrajectory {
        /// The cell.
        cell: String,
        /// How many.
        spikes: usize,
    },
    /// The session's cells fired no spike at all.
    Silent,
    /// The file's own count of spikes disagrees with the spikes; the spikes are believed.
    SpikeCount {
        /// The cell.
        cell: String,
        /// The count that the file states.
        stated: usize,
        /// The spikes.
        found: usize,
    },
    /// Samples without a position (NaN, or both coordinates exactly 0): kept as NaN, never interpolated over.
    MissingPositions {
        /// How many.
        samples: usize,
    },
    /// The trajectory has no samples for a while.
    Gap {
        /// Last time before, s.
        from: f64,
        /// First time after, s.
        to: f64,
    },
    /// There is no trajectory for this session.
    NoTrajectory,
    /// Units that belong to no registered cell are left out.
    Unregistered {
        /// How many.
        units: usize,
    },
    /// Behaviour and imaging of a trial differ in length; the surplus at the end was cut.
    Cut {
        /// The trial.
        trial: usize,
        /// Frames of behaviour.
        behaviour: usize,
        /// Frames of imaging.
        imaging: usize,
    },
    /// The frame log has other than one row for each trial, or lengths that disagree, and was taken literally.
    LiteralFrameLog {
        /// Rows of the log.
        rows: usize,
    },
    /// The frame log was repaired: these rows (0-based) were taken for a trial.
    RepairedFrameLog {
        /// The trial.
        trial: usize,
        /// Its rows.
        rows: Range<usize>,
    },
    /// A trial that the published analysis uses has no behaviour, or no row in the frame log.
    MissingTrial {
        /// The trial.
        trial: usize,
    },
    /// A session, or one direction of it, that holds no data.
    EmptySession {
        /// Its name.
        label: String,
    },
    /// The frame rate is not in the files.
    AssumedRate {
        /// The rate taken, Hz.
        rate_hz: f64,
    },
    /// Positions were taken at the times of the imaging frames.
    ResampledPosition {
        /// Frames that no sample of the position covers.
        missing: usize,
    },
    /// The steps of the clock differ; every sample counts with its own duration.
    UnevenClock {
        /// Shortest duration of a sample, s.
        shortest: f64,
        /// Longest duration of a sample, s.
        longest: f64,
    },
    /// Frames in which a cell has no value (NaN) are left out for all cells.
    LostFrames {
        /// How many.
        frames: usize,
        /// How many of the cells lack a value in one of them.
        cells: usize,
    },
    /// Cells without any value (NaN throughout) are left out.
    CellsWithoutValues {
        /// Their labels.
        cells: Vec<String>,
    },
    /// A session or file that could not be read is left out.
    LeftOut {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// Something that the files do not say was taken so.
    Assumed {
        /// What the files do not say: "the unit of the position".
        what: String,
        /// What was taken: "m".
        taken: String,
    },
    /// Something in the files was changed or chosen in reading them, as this sentence says.
    Read(String),
    /// Traces became events, one where a trace rises above its threshold.
    TracesAsEvents {
        /// Threshold above the median in robust standard deviations.
        threshold: f64,
    },
    /// Traces count as amplitudes where they are above their median.
    TracesAsAmplitudes,
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::TicksToSeconds { cell } => {
                format!("{cell}: spike times were ticks of 1/10000 s, turned into seconds")
            }
            Self::SpikesOutsideTrajectory { cell, spikes } => {
                format!("{cell}: {spikes} spikes before or after the trajectory have no position")
            }
            Self::Silent => "no cell fired".to_owned(),
            Self::SpikeCount {
                cell,
                stated,
                found,
            } => format!(
                "{cell}: the file states {stated} spikes and holds {found}; the spikes are believed"
            ),
            Self::MissingPositions { samples } => {
                format!("{samples} samples without position are left missing, not interpolated")
            }
            Self::Gap { from, to } => format!("no position between {from} s and {to} s"),
            Self::NoTrajectory => "no trajectory".to_owned(),
            Self::Unregistered { units } => {
                format!("{units} units belong to no registered cell and are left out")
            }
            Self::Cut {
                trial,
                behaviour,
                imaging,
            } => format!(
                "trial {trial}: {behaviour} frames of behaviour, {imaging} of imaging: cut at the end, \
                 which is right only if the surplus is there"
            ),
            Self::LiteralFrameLog { rows } => {
                format!(
                    "the frame log ({rows} rows) was read literally though the lengths disagree"
                )
            }
            Self::RepairedFrameLog { trial, rows } => {
                let (first, last) = (rows.start + 1, rows.end);
                format!("the frame log was repaired: rows {first} to {last} are trial {trial}")
            }
            Self::MissingTrial { trial } => format!("trial {trial} is missing"),
            Self::EmptySession { label } => format!("{label} holds no data"),
            Self::AssumedRate { rate_hz } => {
                format!("the frame rate is not in the files; {rate_hz} Hz was taken")
            }
            Self::ResampledPosition { missing } => {
                format!("positions were taken at the imaging frames; {missing} frames have none")
            }
            Self::UnevenClock { shortest, longest } => format!(
                "the clock is uneven: samples last {shortest:.4} s to {longest:.4} s, and each counts \
                 with its own duration"
            ),
            Self::LostFrames { frames, cells } => format!(
                "{frames} frames in which {cells} cells have no value are left out for all cells"
            ),
            Self::CellsWithoutValues { cells } => {
                let (count, names) = (cells.len(), cells.join(", "));
                format!("{count} cells without any value are left out: {names}")
            }
            Self::LeftOut { name, reason } => format!("{name} is left out: {reason}"),
            Self::Assumed { what, taken } => {
                format!("the files do not say {what}; {taken} was taken")
            }
            Self::Read(sentence) => sentence.clone(),
            Self::TracesAsEvents { threshold } => format!(
                "traces were turned into events: one where a trace rises above its median by \
                 {threshold} robust standard deviations"
            ),
            Self::TracesAsAmplitudes => {
                "traces were used as amplitudes: their height above the median, 0 below it"
                    .to_owned()
            }
        };
        out.write_str(&text)
    }
}
