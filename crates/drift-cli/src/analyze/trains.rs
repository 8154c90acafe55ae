//! The frames of a session that count, with the place bin of each.

use std::collections::BTreeMap;

use drift_sim::data::{
    Activity, Error as DataError, Filter, MapLayer, Position, Recording, Session, TrackDirection,
};
use drift_sim::metrics::activity::SparseActivity;
use drift_sim::metrics::binning::States;
use drift_sim::metrics::{BinEdges, BinnedPositions};
use nalgebra::DMatrix;

use super::load::Selection;
use crate::error::CliError;

/// Directions of running that a session tells apart.
pub const BOTH: Option<TrackDirection> = None;

/// The frames of one session in one direction.
#[derive(Debug, Clone)]
pub struct Trains {
    /// Direction of running, none where it is not told apart.
    pub direction: Option<TrackDirection>,
    /// Counts, events or amplitudes (frames × cells).
    pub activity: SparseActivity,
    /// Place bin of each frame.
    pub states: States,
    /// Seconds a frame.
    pub frame_duration: f64,
    /// Frames in which each cell is active while the animal runs, in all bins (cells).
    pub active_frames: Vec<usize>,
}

/// Maps of one direction: either from trains, or as the files have them.
#[derive(Debug, Clone)]
pub struct DirectionMaps {
    /// Direction of running.
    pub direction: Option<TrackDirection>,
    /// Seconds in each bin (bins); 1 in every visited bin where only maps were published.
    pub occupancy: Vec<f64>,
    /// Rates (bins × cells), Hz; NaN where unvisited.
    pub rates: DMatrix<f64>,
}

/// Bins of a whole recording: the same in all its sessions.
#[derive(Debug, Clone)]
pub enum Bins {
    /// Bins that the files give, as sorted labels.
    Labels(Vec<usize>),
    /// Bins along a line.
    Line(BinEdges),
    /// Squares of the plane.
    Plane(BinEdges, BinEdges),
    /// The files have maps only; so many bins.
    Maps(usize),
}

impl Bins {
    /// Bins over the extremes of all sessions of `recording`.
    pub fn of(recording: &Recording, selection: &Selection) -> Result<Self, CliError> {
        let mut labels: BTreeMap<usize, ()> = BTreeMap::new();
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        for session in &recording.sessions {
            if let Activity::RateMaps(maps) = &session.activity {
                let bins = maps.layers.first().map_or(0, |(_, rates)| rates.nrows());
                return Ok(Self::Maps(bins));
            }
            let Some(trajectory) = &session.trajectory else {
                continue;
            };
            if let Some(bins) = &trajectory.bins {
                let kept = |bin: &&u32| {
                    **bin > 0
                        && selection
                            .bins
                            .as_ref()
                            .is_none_or(|range| range.contains(*bin))
                };
                labels.extend(bins.bin.iter().filter(kept).map(|bin| (*bin as usize, ())));
                continue;
            }
            match &trajectory.position {
                Some(Position::Line(x)) => xs.extend(x),
                Some(Position::Plane { x, y }) => {
                    xs.extend(x);
                    ys.extend(y);
                }
                None => {}
            }
        }
        if !labels.is_empty() {
            return Ok(Self::Labels(labels.into_keys().collect()));
        }
        let edges = |values: &[f64]| -> Result<BinEdges, CliError> {
            let finite = values.iter().copied().filter(|value| value.is_finite());
            let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| {
                (a.min(v), b.max(v))
            });
            let count = ((high - low) / selection.bin_cm).ceil().max(1.0);
            Ok(BinEdges::equal(
                low,
                low + count * selection.bin_cm,
                count as usize,
            )?)
        };
        Ok(if ys.is_empty() {
            Self::Line(edges(&xs)?)
        } else {
            Self::Plane(edges(&xs)?, edges(&ys)?)
        })
    }

    /// Number of bins of one direction.
    pub fn count(&self) -> usize {
        match self {
            Self::Labels(labels) => labels.len(),
            Self::Line(edges) => edges.bins(),
            Self::Plane(x, y) => x.bins() * y.bins(),
            Self::Maps(bins) => *bins,
        }
    }

    /// Index of each sample's bin; none where it is in none.
    fn assign(&self, session: &Session) -> Result<Vec<Option<usize>>, CliError> {
        let unplaced = vec![None; session.samples()];
        let Some(trajectory) = &session.trajectory else {
            return Ok(unplaced);
        };
        Ok(match (self, &trajectory.bins, &trajectory.position) {
            (Self::Labels(labels), Some(bins), _) => bins
                .bin
                .iter()
                .map(|bin| labels.binary_search(&(*bin as usize)).ok())
                .collect(),
            (Self::Line(edges), _, Some(Position::Line(x))) => edges.assign(x).iter().collect(),
            (Self::Plane(wide, high), _, Some(Position::Plane { x, y })) => {
                BinnedPositions::in_plane(wide, high, x, y)?
                    .iter()
                    .collect()
            }
            _ => unplaced,
        })
    }
}

/// Directions that a session tells apart; both at once where it does not.
fn directions(session: &Session) -> Vec<Option<TrackDirection>> {
    let told = session
        .trajectory
        .as_ref()
        .and_then(|trajectory| trajectory.running.as_ref());
    match told {
        Some(_) => vec![Some(TrackDirection::Right), Some(TrackDirection::Left)],
        None => vec![BOTH],
    }
}

/// The session's frames that `selection` keeps, one set a direction; directions without a
/// placed frame are left out.
pub fn trains(
    session: &Session,
    bins: &Bins,
    selection: &Selection,
) -> Result<Vec<Trains>, CliError> {
    let mut all = Vec::new();
    if matches!(session.activity, Activity::RateMaps(_)) {
        return Ok(all);
    }
    for direction in directions(session) {
        let filter = Filter {
            minimum_speed: selection.minimum_speed,
            direction,
            region: selection.region.clone(),
            ..Filter::default()
        };
        let running = match session.filtered(&filter) {
            Ok(running) => running,
            Err(DataError::NothingLeft { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        if running.cells.is_empty() || running.samples() == 0 {
            continue;
        }
        let activity = if selection.events {
            running.sparse_events()?
        } else {
            running.sparse_activity()?
        };
        let place = bins.assign(&running)?;
        let frame_duration = match (&running.activity, &running.trajectory) {
            (Activity::Frames(frames), _) => 1.0 / frames.rate_hz(),
            (_, Some(trajectory)) => trajectory.sample_interval,
            _ => continue,
        };
        let active_frames = (0..activity.cells())
            .map(|cell| activity.active_frames(cell))
            .collect();
        let Some((activity, states)) = placed(&activity, &place)? else {
            continue;
        };
        all.push(Trains {
            direction,
            activity,
            states,
            frame_duration,
            active_frames,
        });
    }
    Ok(all)
}

/// Only the frames that have a place; none if no frame has.
fn placed(
    activity: &SparseActivity,
    place: &[Option<usize>],
) -> Result<Option<(SparseActivity, States)>, CliError> {
    let labels: Vec<usize> = place.iter().copied().flatten().collect();
    if labels.is_empty() {
        return Ok(None);
    }
    // New number of each frame that stays.
    let mut next = 0;
    let position: Vec<Option<usize>> = place
        .iter()
        .map(|place| {
            place.map(|_| {
                next += 1;
                next - 1
            })
        })
        .collect();
    let cells: Vec<Vec<(usize, f64)>> = (0..activity.cells())
        .map(|cell| {
            let entries = activity.entries(cell);
            entries
                .filter_map(|(frame, value)| Some((position[frame]?, value)))
                .collect()
        })
        .collect();
    let activity = SparseActivity::from_entries(labels.len(), &cells)?;
    Ok(Some((activity, States::new(&labels)?)))
}

impl Trains {
    /// Unsmoothed rate maps over `bins` bins.
    pub fn maps(&self, bins: usize) -> DirectionMaps {
        let mut occupancy = vec![0.0; bins];
        for (label, frames) in self.states.labels().iter().zip(self.states.occupancy()) {
            occupancy[*label] = f64::from(*frames) * self.frame_duration;
        }
        let cells = self.activity.cells();
        let mut rates = DMatrix::zeros(bins, cells);
        for cell in 0..cells {
            for (frame, value) in self.activity.entries(cell) {
                let bin = self.states.labels()[usize::from(self.states.index()[frame])];
                rates[(bin, cell)] += value;
            }
        }
        for bin in 0..bins {
            for cell in 0..cells {
                let rate: &mut f64 = &mut rates[(bin, cell)];
                *rate = if occupancy[bin] > 0.0 {
                    *rate / occupancy[bin]
                } else {
                    f64::NAN
                };
            }
        }
        DirectionMaps {
            direction: self.direction,
            occupancy,
            rates,
        }
    }
}

/// Maps that the files themselves hold: the mean over halves, one set a direction.
pub fn published_maps(session: &Session) -> Vec<DirectionMaps> {
    let Activity::RateMaps(maps) = &session.activity else {
        return Vec::new();
    };
    let mut directions: Vec<Option<TrackDirection>> = Vec::new();
    for (MapLayer { direction, .. }, _) in &maps.layers {
        if !directions.contains(direction) {
            directions.push(*direction);
        }
    }
    let mean = |direction: Option<TrackDirection>| {
        let layers: Vec<&DMatrix<f64>> = maps
            .layers
            .iter()
            .filter(|(layer, _)| layer.direction == direction)
            .map(|(_, rates)| rates)
            .collect();
        let (bins, cells) = layers.first().map_or((0, 0), |layer| layer.shape());
        DMatrix::from_fn(bins, cells, |bin, cell| {
            let seen: Vec<f64> = layers
                .iter()
                .map(|layer| layer[(bin, cell)])
                .filter(|rate| !rate.is_nan())
                .collect();
            seen.iter().sum::<f64>() / seen.len() as f64
        })
    };
    directions
        .into_iter()
        .map(|direction| {
            let rates = mean(direction);
            let visited = |bin: usize| rates.row(bin).iter().any(|rate| !rate.is_nan());
            let occupancy = (0..rates.nrows())
                .map(|bin| f64::from(u8::from(visited(bin))))
                .collect();
            DirectionMaps {
                direction,
                occupancy,
                rates,
            }
        })
        .collect()
}
