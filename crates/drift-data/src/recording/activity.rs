//! What cells did: spikes, frames, or rate maps made by somebody else.

use nalgebra::{DMatrix, DMatrixView};

use super::TrackDirection;
use crate::Error;
use crate::error::positive;

/// What the cells of a session did.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Activity {
    /// Spike times of each cell, s, rising; an empty train is a silent cell.
    Spikes(Vec<Vec<f64>>),
    /// A value for each frame and cell, one frame for each sample of the trajectory.
    Frames(FrameActivity),
    /// Rate maps, where the files hold nothing else.
    RateMaps(RateMaps),
}

/// What the values of frames are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameKind {
    /// Numbers of spikes: integers.
    Counts,
    /// Events: their number or size at an event, 0 elsewhere.
    Events,
    /// Deconvolved activity or estimated spikes: at least 0, in a unit of its own, not integers.
    Amplitudes,
    /// Rates, Hz, at least 0.
    Rates,
    /// Fluorescence, ΔF/F or another trace, of any sign. It has no rate and gives no information
    /// until [`Session::traces_as`](super::Session::traces_as) says what of it is activity.
    Trace,
}

impl FrameKind {
    /// What a value must be, if `value` is not.
    pub(super) fn refuses(self, value: f64) -> Option<&'static str> {
        match self {
            _ if !value.is_finite() => Some("a finite number"),
            Self::Trace => None,
            _ if !(value >= 0.0) => Some("at least 0; is it a trace?"),
            Self::Counts if value.fract() != 0.0 => Some("whole numbers from 0 on"),
            _ => None,
        }
    }
}

/// Activity in frames (frames × cells), of which only what is not zero is kept: recordings are mostly silence.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameActivity {
    rate_hz: f64,
    kind: FrameKind,
    /// File and series, for messages; empty where nobody said.
    source: String,
    frames: usize,
    /// Entries of cell i are `starts[i]..starts[i + 1]`.
    starts: Vec<usize>,
    frame: Vec<u32>,
    value: Vec<f64>,
}

impl FrameActivity {
    /// The activity in `values` (frames × cells) at `rate_hz` frames a second: the way to make a
    /// [`Session`](super::Session) from arrays of one's own.
    ///
    /// ```
    /// use drift_data::{FrameActivity, FrameKind, nalgebra::DMatrix};
    ///
    /// let counts = DMatrix::from_row_slice(3, 2, &[0.0, 1.0, 2.0, 0.0, 0.0, 0.0]);
    /// let activity = FrameActivity::from_dense(counts.as_view(), 20.0, FrameKind::Counts)?;
    /// assert_eq!((activity.frames(), activity.cells()), (3, 2));
    /// assert_eq!(activity.entries(0).collect::<Vec<_>>(), [(1, 2.0)]);
    /// assert_eq!(activity.to_dense(), counts);
    /// let half = DMatrix::from_element(1, 1, 0.5);
    /// assert!(FrameActivity::from_dense(half.as_view(), 20.0, FrameKind::Counts).is_err());
    /// # Ok::<(), drift_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for a rate that is not a number above 0, a value that is not finite or,
    /// but in a trace, below 0, a count that is not a whole number, and for more than 2³² − 1
    /// frames.
    pub fn from_dense(
        values: DMatrixView<'_, f64>,
        rate_hz: f64,
        kind: FrameKind,
    ) -> Result<Self, Error> {
        positive("rate_hz", rate_hz)?;
        if u32::try_from(values.nrows()).is_err() {
            let frames = values.nrows() as f64;
            return Err(Error::parameter("frames", frames, "fewer than 2^32"));
        }
        for &value in values.iter() {
            if let Some(expected) = kind.refuses(value) {
                return Err(Error::parameter("activity", value, expected));
            }
        }
        let mut activity = Self::new(rate_hz, kind, values.nrows());
        for cell in values.column_iter() {
            activity.push_cell(cell.iter().copied().enumerate());
        }
        Ok(activity)
    }

    /// No cell yet, `frames` frames at `rate_hz`.
    pub(crate) fn new(rate_hz: f64, kind: FrameKind, frames: usize) -> Self {
        Self {
            rate_hz,
            kind,
            source: String::new(),
            frames,
            starts: vec![0],
            frame: Vec::new(),
            value: Vec::new(),
        }
    }

    /// Adds a cell: its (frame, value) entries in rising order of frames; zeros are dropped.
    pub(crate) fn push_cell(&mut self, entries: impl IntoIterator<Item = (usize, f64)>) {
        for (frame, value) in entries {
            if value != 0.0 {
                self.frame.push(frame as u32);
                self.value.push(value);
            }
        }
        self.starts.push(self.frame.len());
    }

    /// Frames per second; the mean of a clock that is not even.
    #[must_use]
    pub fn rate_hz(&self) -> f64 {
        self.rate_hz
    }

    /// What the values are.
    #[must_use]
    pub fn kind(&self) -> FrameKind {
        self.kind
    }

    /// The file and series that the values are from, for messages; empty where nobody said.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn set_source(&mut self, source: &str) {
        source.clone_into(&mut self.source);
    }

    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Number of cells.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.starts.len() - 1
    }

    /// The nonzero values of a cell with their frames.
    ///
    /// # Panics
    /// If there is no such cell.
    pub fn entries(&self, cell: usize) -> impl Iterator<Item = (usize, f64)> {
        let range = self.starts[cell]..self.starts[cell + 1];
        self.frame[range.clone()]
            .iter()
            .map(|frame| *frame as usize)
            .zip(self.value[range].iter().copied())
    }

    /// Number of frames in which a cell's value is above 0.
    ///
    /// # Panics
    /// If there is no such cell.
    #[must_use]
    pub fn events(&self, cell: usize) -> usize {
        self.entries(cell).filter(|(_, value)| *value > 0.0).count()
    }

    /// Whether no value of any cell is above 0.
    pub(crate) fn is_silent(&self) -> bool {
        (0..self.cells()).all(|cell| self.events(cell) == 0)
    }

    /// All values of a cell (frames).
    pub(crate) fn column(&self, cell: usize) -> Vec<f64> {
        let mut column = vec![0.0; self.frames];
        for (frame, value) in self.entries(cell) {
            column[frame] = value;
        }
        column
    }

    /// Everything (frames × cells).
    #[must_use]
    pub fn to_dense(&self) -> DMatrix<f64> {
        let mut dense = DMatrix::zeros(self.frames, self.cells());
        for cell in 0..self.cells() {
            for (frame, value) in self.entries(cell) {
                dense[(frame, cell)] = value;
            }
        }
        dense
    }

    /// The mean rate of every cell, Hz, over frames that last as long as `durations` says; NaN for
    /// traces, which have no rate.
    pub(super) fn mean_rates(&self, durations: &[f64]) -> Vec<f64> {
        let duration: f64 = durations.iter().sum();
        (0..self.cells())
            .map(|cell| match self.kind {
                FrameKind::Counts => {
                    self.entries(cell).map(|(_, value)| value).sum::<f64>() / duration
                }
                FrameKind::Rates => {
                    let lasting = |frame: usize| durations.get(frame).unwrap_or(&f64::NAN);
                    let spikes = self
                        .entries(cell)
                        .map(|(frame, rate)| rate * lasting(frame));
                    spikes.sum::<f64>() / duration
                }
                FrameKind::Events | FrameKind::Amplitudes => self.events(cell) as f64 / duration,
                FrameKind::Trace => f64::NAN,
            })
            .collect()
    }

    /// Only the given frames (rising) and cells.
    pub(crate) fn select(&self, frames: &[usize], cells: &[usize]) -> Self {
        // New position of each frame; frames left out have none.
        let mut position = vec![u32::MAX; self.frames];
        for (new, old) in frames.iter().enumerate() {
            position[*old] = new as u32;
        }
        let mut selected = Self::new(self.rate_hz, self.kind, frames.len());
        selected.set_source(&self.source);
        for cell in cells {
            let kept = self
                .entries(*cell)
                .filter(|(frame, _)| position[*frame] != u32::MAX)
                .map(|(frame, value)| (position[frame] as usize, value));
            selected.push_cell(kept);
        }
        selected
    }
}

/// Which part of a session a set of maps is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapLayer {
    /// Half of the session, from 1; `None` for all of it.
    pub half: Option<usize>,
    /// Direction of running; `None` for both.
    pub direction: Option<TrackDirection>,
}

/// Rate maps of a session's cells, made by those who published them.
#[derive(Debug, Clone, PartialEq)]
pub struct RateMaps {
    /// Number of bins along each axis: one number for a track, two for the plane.
    pub grid: Vec<usize>,
    /// Width of a bin, cm.
    pub bin_cm: f64,
    /// For each layer the maps (bins × cells), Hz; the first axis of the grid varies fastest; NaN where unvisited.
    pub layers: Vec<(MapLayer, DMatrix<f64>)>,
}

impl RateMaps {
    /// Number of cells.
    #[must_use]
    pub fn cells(&self) -> usize {
        let columns = self.layers.iter().map(|(_, maps)| maps.ncols());
        columns.min().unwrap_or(0)
    }

    pub(super) fn mean_rates(&self) -> Vec<f64> {
        let mean = |cell: usize| {
            let (mut sum, mut count) = (0.0_f64, 0_usize);
            for (_, maps) in &self.layers {
                for rate in maps.column(cell).iter().filter(|rate| !rate.is_nan()) {
                    sum += rate;
                    count += 1;
                }
            }
            sum / count as f64
        };
        (0..self.cells()).map(mean).collect()
    }

    pub(super) fn select(&self, direction: Option<TrackDirection>, cells: &[usize]) -> Self {
        let layers = self
            .layers
            .iter()
            .filter(|(layer, _)| direction.is_none() || layer.direction == direction)
            .map(|(layer, maps)| (*layer, maps.select_columns(cells)))
            .collect();
        Self {
            grid: self.grid.clone(),
            bin_cm: self.bin_cm,
            layers,
        }
    }
}
