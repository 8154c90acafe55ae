//! Where does a unit respond, and where are its fields?

use drift_sim::metrics::{self, rate_map as m};
use pyo3::prelude::*;

use super::binning::{BinEdges, BinnedPositions, Edges, dense};
use super::{Activity, Seconds};
use crate::convert::{Give as _, Given, Matrix, Vector, choice, fields, handed, record, run};
use crate::error::Raised;

choice!(track: m::Track { "linear" => m::Track::Linear, "circular" => m::Track::Circular });
choice!(unvisited: m::Unvisited {
    "missing" => m::Unvisited::Missing,
    "zero" => m::Unvisited::Zero,
});

/// The filter that arguments ask for.
fn filter(sigma_bins: f64, ends: &str) -> Result<m::Smoothing, Raised> {
    Ok(match ends {
        "open" => m::Smoothing::Normalised {
            sigma_bins,
            ends: m::Ends::Open,
        },
        "circular" => m::Smoothing::Normalised {
            sigma_bins,
            ends: m::Ends::Circular,
        },
        "reflecting" => m::Smoothing::Reflecting { sigma_bins },
        _ => {
            return Err(Raised::value(format!(
                "ends is {ends:?}, expected one of open, circular, reflecting"
            )));
        }
    })
}

/// Rate maps of all units over the same bins, with the time spent in each.
///
/// Parameters
/// ----------
/// edges : BinEdges
/// occupancy : array (bins)
///     Time in each bin, in samples or seconds.
/// rates : array (bins, units)
///     NaN in bins without time.
#[pyclass(frozen, module = "drift.metrics")]
#[derive(Debug, Clone)]
pub struct RateMap(pub m::RateMap);

handed!(RateMap(m::RateMap));

fields!(RateMap {
    rates: ["bin", "unit"],
    occupancy: ["bin"],
    mean_rate: ["unit"],
    edges: ["edge"],
});

#[pymethods]
impl RateMap {
    #[new]
    fn new(edges: Edges, occupancy: Vector<'_>, rates: Matrix<'_>) -> Result<Self, Raised> {
        let rates = rates.view().into_owned();
        Ok(Self(m::RateMap::new(edges.0, occupancy.to_vec(), rates)?))
    }

    /// (bins, units) Activity in each bin.
    #[getter]
    fn rates<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.rates.clone().give(py)
    }

    /// (bins) Time spent in each bin.
    #[getter]
    fn occupancy<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.occupancy.clone().give(py)
    }

    /// (units) Mean activity over all samples that count.
    #[getter]
    fn mean_rate<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.mean_rate.clone().give(py)
    }

    /// (bins + 1) Edges of the bins, along x in a plane.
    #[getter]
    fn edges<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.edges.as_slice().to_vec().give(py)
    }

    /// (bins_y + 1) Edges along y in a plane; else None.
    #[getter]
    fn edges_y<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0
            .edges_y
            .as_ref()
            .map(|edges| edges.as_slice().to_vec())
            .give(py)
    }

    /// (BinEdges) Bins along the track, or along x in a plane.
    #[getter]
    fn bin_edges(&self) -> BinEdges {
        BinEdges(self.0.edges.clone())
    }

    /// (int) Number of units.
    #[getter]
    fn units(&self) -> usize {
        self.0.units()
    }

    /// (int) Number of bins.
    #[getter]
    fn bins(&self) -> usize {
        self.0.bins()
    }

    /// (bins) Share of the time spent in each bin.
    #[getter]
    fn occupancy_probability<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.occupancy_probability().give(py)
    }

    /// The map with another value in bins that were never visited.
    ///
    /// Parameters
    /// ----------
    /// unvisited : str
    ///     "missing" (NaN) or "zero".
    ///
    /// Returns
    /// -------
    /// RateMap
    fn with_unvisited(&self, unvisited: &str) -> Result<Self, Raised> {
        Ok(Self(
            self.0.clone().with_unvisited(self::unvisited(unvisited)?),
        ))
    }

    /// Counts a frame as events per second.
    ///
    /// Parameters
    /// ----------
    /// frame_duration : float
    ///     Seconds.
    ///
    /// Returns
    /// -------
    /// RateMap
    fn per_second(&self, frame_duration: f64) -> Result<Self, Raised> {
        Ok(Self(self.0.clone().per_second(frame_duration)?))
    }

    /// The map of every unit smoothed.
    ///
    /// Parameters
    /// ----------
    /// sigma_bins : float
    ///     Standard deviation of the Gaussian kernel in bins.
    /// ends : str, optional
    ///     "open" (default): weights of present bins only; "circular": the track is a ring;
    ///     "reflecting": the mirror image beyond the ends and 0 in missing bins, as SciPy does.
    ///
    /// Returns
    /// -------
    /// RateMap
    #[pyo3(signature = (sigma_bins, *, ends="open"))]
    fn smoothed(&self, py: Python<'_>, sigma_bins: f64, ends: &str) -> Result<Self, Raised> {
        let filter = filter(sigma_bins, ends)?;
        Ok(Self(py.detach(|| self.0.smoothed(&filter))?))
    }
}

record! {
    /// One place field. Bins count from 0.
    PlaceField(m::PlaceField) {
        /// (int) First bin.
        start: [],
        /// (int) Number of bins; on a ring the field may pass the last bin.
        width: [],
        /// (int) Bin of the highest rate.
        peak_bin: [],
        /// (float) Highest rate.
        peak_rate: [],
        /// (float) Mean rate over the field.
        mean_rate: [],
        /// (float) Centre of mass, in bins.
        centroid: [],
    }
}

/// Mean activity in each bin.
///
/// Parameters
/// ----------
/// edges : BinEdges
/// position : array (samples)
/// activity : array (samples, units) or TsGroup
///
/// Returns
/// -------
/// RateMap
#[pyfunction]
pub fn rate_map<'py>(
    py: Python<'py>,
    edges: Edges,
    position: &Bound<'py, PyAny>,
    activity: &Bound<'py, PyAny>,
) -> Given<'py> {
    let activity = dense(activity, position)?;
    let position: Vector<'_> = position.extract()?;
    let (position, activity): (&[f64], _) = (&position, activity.view());
    run(py, || metrics::rate_map(&edges.0, position, activity))
}

/// Mean activity in each bin, of positions that are binned already.
///
/// Parameters
/// ----------
/// positions : BinnedPositions
/// activity : array (samples, units) or SparseActivity
///
/// Returns
/// -------
/// RateMap
#[pyfunction]
pub fn rate_map_of<'py>(
    py: Python<'py>,
    positions: &BinnedPositions,
    activity: Activity<'_>,
) -> Given<'py> {
    let activity = activity.view();
    run(py, || m::rate_map_of(&positions.0, activity))
}

/// Activity per second in each bin.
///
/// Parameters
/// ----------
/// positions : BinnedPositions
/// activity : array (samples, units) or SparseActivity
///     Events of each sample.
/// durations : float or array (samples)
///     Seconds of each sample.
///
/// Returns
/// -------
/// RateMap
#[pyfunction]
pub fn rate_map_per_second<'py>(
    py: Python<'py>,
    positions: &BinnedPositions,
    activity: Activity<'_>,
    durations: Seconds<'_>,
) -> Given<'py> {
    let (activity, durations) = (activity.view(), durations.view());
    run(py, || {
        m::rate_map_per_second(&positions.0, activity, durations)
    })
}

/// Events per second in each bin, from the positions at which each unit's events happened.
///
/// Parameters
/// ----------
/// edges : BinEdges
/// position : array (samples)
/// frame_duration : float
///     Seconds of a sample.
/// event_positions : list of array (events)
///     One a unit.
///
/// Returns
/// -------
/// RateMap
#[pyfunction]
pub fn event_rate_map<'py>(
    py: Python<'py>,
    edges: Edges,
    position: Vector<'_>,
    frame_duration: f64,
    event_positions: Vec<Vector<'_>>,
) -> Given<'py> {
    let position: &[f64] = &position;
    let events: Vec<&[f64]> = event_positions.iter().map(|events| &**events).collect();
    run(py, || {
        metrics::event_rate_map(&edges.0, position, frame_duration, &events)
    })
}

/// Smooths one map.
///
/// Parameters
/// ----------
/// values : array (bins)
///     NaN marks missing bins.
/// sigma_bins : float
/// ends : str, optional
///     As `RateMap.smoothed`.
///
/// Returns
/// -------
/// array (bins)
#[pyfunction]
#[pyo3(signature = (values, sigma_bins, *, ends="open"))]
pub fn smooth<'py>(py: Python<'py>, values: Vector<'_>, sigma_bins: f64, ends: &str) -> Given<'py> {
    let filter = filter(sigma_bins, ends)?;
    let values: &[f64] = &values;
    run(py, || metrics::smooth(values, &filter))
}

/// Which units have spatial information above a threshold.
///
/// Parameters
/// ----------
/// spatial_information : array (units)
/// threshold : float
///     In bits.
///
/// Returns
/// -------
/// array (units) of bool
#[pyfunction]
pub fn place_units<'py>(
    py: Python<'py>,
    spatial_information: Vector<'_>,
    threshold: f64,
) -> Given<'py> {
    m::place_units(&spatial_information, threshold).give(py)
}

/// The bin of each unit's highest rate, the first of equals.
///
/// Parameters
/// ----------
/// rate_map : RateMap
///
/// Returns
/// -------
/// array (units) of int
///     -1 for a unit without a peak.
#[pyfunction]
pub fn peak_bins<'py>(py: Python<'py>, rate_map: &RateMap) -> Given<'py> {
    m::peak_bins(&rate_map.0).give(py)
}

/// All units in the order of their peaks along the track.
///
/// Parameters
/// ----------
/// rate_map : RateMap
///
/// Returns
/// -------
/// array (units) of int
#[pyfunction]
pub fn order_by_peak<'py>(py: Python<'py>, rate_map: &RateMap) -> Given<'py> {
    m::order_by_peak(&rate_map.0).give(py)
}

/// Centre of mass of a map in bins, the middle of bin i at i.
///
/// Parameters
/// ----------
/// rates : array (bins)
/// track : str, optional
///     "linear" (default) or "circular".
///
/// Returns
/// -------
/// float
#[pyfunction]
#[pyo3(signature = (rates, *, track="linear"))]
pub fn centroid(rates: Vector<'_>, track: &str) -> Result<f64, Raised> {
    Ok(m::centroid(&rates, self::track(track)?)?)
}

/// The place fields of one map, in order of their first bin.
///
/// Parameters
/// ----------
/// rates : array (bins)
/// threshold : float
///     Fraction of the map's peak that every bin of a field reaches.
/// minimum_width : int, optional
///     Least number of bins. Default: 1.
/// minimum_peak : float, optional
///     Least peak of a field. Default: 0.
/// track : str, optional
///     "linear" (default) or "circular".
///
/// Returns
/// -------
/// list of PlaceField
#[pyfunction]
#[pyo3(signature = (rates, *, threshold, minimum_width=1, minimum_peak=0.0, track="linear"))]
pub fn place_fields<'py>(
    py: Python<'py>,
    rates: Vector<'_>,
    threshold: f64,
    minimum_width: usize,
    minimum_peak: f64,
    track: &str,
) -> Given<'py> {
    let track = self::track(track)?;
    let criteria = m::FieldCriteria {
        threshold,
        minimum_width,
        minimum_peak,
        track,
    };
    m::place_fields(&rates, &criteria)?.give(py)
}
