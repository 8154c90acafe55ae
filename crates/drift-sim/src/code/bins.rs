//! Place bins of a recording.

use std::collections::BTreeSet;

use drift_data::{Activity, Position, Recording, Session};
use drift_metrics::decoding::Space;
use drift_metrics::{BinEdges, BinnedPositions};

use super::Selection;
use crate::Error;
use crate::check::in_range;

/// A slip in the width of a bin shall be an error, not an exhausted memory.
const MOST_BINS: f64 = 1e6;

/// Bins of a whole recording: the same in all its sessions.
#[derive(Debug, Clone)]
pub(super) enum Bins {
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
    /// Bins over the extremes of all sessions.
    pub(super) fn of(recording: &Recording, selection: &Selection) -> Result<Self, Error> {
        let mut labels: BTreeSet<usize> = BTreeSet::new();
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        for session in &recording.sessions {
            if let Activity::RateMaps(maps) = &session.activity {
                return Ok(Self::Maps(
                    maps.layers.first().map_or(0, |(_, rates)| rates.nrows()),
                ));
            }
            let Some(trajectory) = &session.trajectory else {
                continue;
            };
            if let Some(bins) = &trajectory.bins {
                let last = bins.count;
                let (first, end) = selection
                    .bins
                    .as_ref()
                    .map_or((1, last), |range| (*range.start(), *range.end()));
                let known = first >= 1 && first <= end && end <= last;
                let value = format!("{first} to {end}");
                in_range("bins", value, known, format!("within 1 to {last}"))?;
                let kept = bins.bin.iter().filter(|bin| (first..=end).contains(*bin));
                labels.extend(kept.map(|bin| *bin as usize));
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
            return Ok(Self::Labels(labels.into_iter().collect()));
        }
        let wide_enough = |bins: f64| {
            let expected = format!("wide enough for at most {MOST_BINS} bins");
            in_range("bin_cm", selection.bin_cm, bins <= MOST_BINS, expected)
        };
        let edges = |values: &[f64]| -> Result<BinEdges, Error> {
            let finite = values.iter().copied().filter(|value| value.is_finite());
            let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| {
                (a.min(v), b.max(v))
            });
            let count = ((high - low) / selection.bin_cm).ceil().max(1.0);
            wide_enough(count)?;
            Ok(BinEdges::equal(
                low,
                low + count * selection.bin_cm,
                count as usize,
            )?)
        };
        let bins = match ys.is_empty() {
            true => Self::Line(edges(&xs)?),
            false => Self::Plane(edges(&xs)?, edges(&ys)?),
        };
        wide_enough(bins.count() as f64)?;
        Ok(bins)
    }

    /// Number of bins of one direction.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Labels(labels) => labels.len(),
            Self::Line(edges) => edges.bins(),
            Self::Plane(x, y) => x.bins() * y.bins(),
            Self::Maps(bins) => *bins,
        }
    }

    /// How far bins lie apart.
    pub(super) fn space(&self) -> Space {
        match self {
            Self::Plane(_, y) => Space::Plane { bins_y: y.bins() },
            _ => Space::Line,
        }
    }

    /// Bin of each sample; none where it is in none.
    pub(super) fn assign(&self, session: &Session) -> Result<Vec<Option<usize>>, Error> {
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
