use drift_data::{Activity, Error as DataError, Filter, Recording, Session, TrackDirection};
use drift_metrics::BinEdges;
use nalgebra::DMatrix;

use super::Moment;
use crate::Error;

/// Which samples of a recording count, and as what.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordedSelection {
    /// Lowest speed, cm/s.
    pub minimum_speed: Option<f64>,
    /// Track bins that maps are made of, 1-based; the others count for activity only.
    pub bins: Option<std::ops::RangeInclusive<u32>>,
    /// Brain region.
    pub region: Option<String>,
    /// Whether every positive frame is one event, whatever its amplitude.
    pub events: bool,
}

impl RecordedSelection {
    /// What the published analysis of Sheintuch et al. (2020) keeps: frames at 1 cm/s or faster,
    /// bins 3 to 22, events without their amplitudes.
    #[must_use]
    pub fn multiple_maps() -> Self {
        Self {
            minimum_speed: Some(1.0),
            bins: Some(3..=22),
            region: None,
            events: true,
        }
    }
}

/// The cells of a recording on a track, registered across its sessions.
///
/// Positions are the centres of the track's bins, counted from the first bin analysed and signed
/// by the direction of running: the way the paper signs an agent's position.
#[derive(Debug, Clone)]
pub struct RecordedCode<'a> {
    recording: &'a Recording,
    selection: &'a RecordedSelection,
    cells: usize,
    first: u32,
    last: u32,
    width: f64,
    edges: BinEdges,
}

impl<'a> RecordedCode<'a> {
    /// The code of a recording.
    ///
    /// # Errors
    /// [`Error::NoCode`] for a recording that does not say which cell of one session is which of
    /// another, or has no bins of a track; [`Error::OutOfRange`] for bins that the track lacks.
    pub fn new(recording: &'a Recording, selection: &'a RecordedSelection) -> Result<Self, Error> {
        let lacks = |missing, expected| Error::NoCode {
            source_name: format!(
                "{} recording of {}",
                recording.format,
                recording.subject.as_deref().unwrap_or("an animal")
            ),
            missing,
            expected,
        };
        let registration = recording.registration.as_ref().ok_or_else(|| {
            lacks(
                "identity of cells across sessions",
                "registered cells, as in multiple_maps",
            )
        })?;
        let bins = recording
            .sessions
            .iter()
            .find_map(|session| session.trajectory.as_ref()?.bins.as_ref())
            .ok_or_else(|| lacks("bins of a track", "a linear track"))?;
        let (first, last) = selection
            .bins
            .as_ref()
            .map_or((1, bins.count), |range| (*range.start(), *range.end()));
        if !(first >= 1 && first <= last && last <= bins.count) {
            return Err(Error::OutOfRange {
                field: "bins".into(),
                value: format!("{first} to {last}"),
                expected: format!("within 1 to {}", bins.count),
            });
        }
        let reach = f64::from(last - first + 1) * bins.width_cm;
        Ok(Self {
            recording,
            selection,
            cells: registration.cells,
            first,
            last,
            width: bins.width_cm,
            edges: BinEdges::equal(-reach, reach, 2 * (last - first + 1) as usize)?,
        })
    }

    /// Bins of the signed position, cm.
    #[must_use]
    pub fn edges(&self) -> &BinEdges {
        &self.edges
    }

    /// The cells in one session; `None` where the animal did not run in it.
    ///
    /// # Errors
    /// [`Error::Data`] for a session without speed, direction or activity over time.
    ///
    /// # Panics
    /// Where there is no such session.
    pub fn moment(&self, session: usize) -> Result<Option<Moment>, Error> {
        let filter = Filter {
            minimum_speed: self.selection.minimum_speed,
            region: self.selection.region.clone(),
            ..Filter::default()
        };
        let session = match self.recording.sessions[session].filtered(&filter) {
            Ok(session) => session,
            Err(DataError::NothingLeft { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let (rows, position) = self.signed(&session)?;
        if position.iter().all(|position| position.is_nan()) {
            return Ok(None);
        }
        let mut column_of = vec![None; self.cells];
        for (column, cell) in session.cells.iter().enumerate() {
            if let Some(drift_data::Identity::Registered(row)) = cell.identity {
                column_of[row] = Some(column);
            }
        }
        let time = session.day.unwrap_or(session.number as f64);
        Ok(Some(Moment {
            label: session.label.clone(),
            time,
            activity: self.activity(&session)?.select_rows(&rows),
            position,
            column_of,
        }))
    }

    fn activity(&self, session: &Session) -> Result<DMatrix<f64>, Error> {
        let mut activity = session.activity_matrix()?;
        if self.selection.events && matches!(session.activity, Activity::Frames(_)) {
            activity.apply(|value| *value = f64::from(u8::from(*value > 0.0)));
        }
        Ok(activity)
    }

    /// The samples in which the animal runs one way or the other, and where.
    fn signed(&self, session: &Session) -> Result<(Vec<usize>, Vec<f64>), Error> {
        let missing = |wanted| DataError::NotRecorded {
            session: session.label.clone(),
            wanted,
        };
        let trajectory = session
            .trajectory
            .as_ref()
            .ok_or_else(|| missing("a trajectory"))?;
        let running = trajectory
            .running
            .as_ref()
            .ok_or_else(|| missing("a running direction"))?;
        let bins = trajectory
            .bins
            .as_ref()
            .ok_or_else(|| missing("the bin of a track"))?;
        Ok(running
            .iter()
            .zip(&bins.bin)
            .enumerate()
            .filter_map(|(row, (direction, bin))| {
                let sign = match (*direction)? {
                    TrackDirection::Right => 1.0,
                    TrackDirection::Left => -1.0,
                };
                if *bin < self.first || *bin > self.last {
                    return Some((row, f64::NAN));
                }
                let centre = (f64::from(bin - self.first) + 0.5) * self.width;
                Some((row, sign * centre))
            })
            .unzip())
    }
}
