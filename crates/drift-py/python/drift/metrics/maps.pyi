"""Where does a unit respond, and where are its fields?"""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .activity import SparseActivity
from .binning import BinEdges, BinnedPositions

@final
class PlaceField:
    """One place field. Bins count from 0."""

    @property
    def centroid(self) -> float:
        """(float) Centre of mass, in bins."""
    @property
    def mean_rate(self) -> float:
        """(float) Mean rate over the field."""
    @property
    def peak_bin(self) -> int:
        """(int) Bin of the highest rate."""
    @property
    def peak_rate(self) -> float:
        """(float) Highest rate."""
    @property
    def start(self) -> int:
        """(int) First bin."""
    def to_dict(self) -> dict[str, Any]:
        """All attributes by name.

        Returns
        -------
        dict
        """
    def to_xarray(self) -> Any:
        """All attributes that are numbers or arrays, with named axes. Needs xarray.

        Returns
        -------
        xarray.Dataset
        """
    @property
    def width(self) -> int:
        """(int) Number of bins; on a ring the field may pass the last bin."""

@final
class RateMap:
    """Rate maps of all units over the same bins, with the time spent in each.

    Parameters
    ----------
    edges : BinEdges
    occupancy : array (bins)
        Time in each bin, in samples or seconds.
    rates : array (bins, units)
        NaN in bins without time.
    """

    def __new__(cls, edges: BinEdges | ArrayLike, occupancy: ArrayLike, rates: ArrayLike) -> RateMap: ...
    @property
    def bin_edges(self) -> BinEdges:
        """(BinEdges) Bins along the track, or along x in a plane."""
    @property
    def bins(self) -> int:
        """(int) Number of bins."""
    @property
    def edges(self) -> NDArray[Any]:
        """(bins + 1) Edges of the bins, along x in a plane."""
    @property
    def edges_y(self) -> NDArray[Any] | None:
        """(bins_y + 1) Edges along y in a plane; else None."""
    @property
    def mean_rate(self) -> NDArray[Any]:
        """(units) Mean activity over all samples that count."""
    @property
    def occupancy(self) -> NDArray[Any]:
        """(bins) Time spent in each bin."""
    @property
    def occupancy_probability(self) -> NDArray[Any]:
        """(bins) Share of the time spent in each bin."""
    def per_second(self, frame_duration: float) -> RateMap:
        """Counts a frame as events per second.

        Parameters
        ----------
        frame_duration : float
            Seconds.

        Returns
        -------
        RateMap
        """
    @property
    def rates(self) -> NDArray[Any]:
        """(bins, units) Activity in each bin."""
    def smoothed(self, sigma_bins: float, *, ends: str = ...) -> RateMap:
        """The map of every unit smoothed.

        Parameters
        ----------
        sigma_bins : float
            Standard deviation of the Gaussian kernel in bins.
        ends : str, optional
            "open" (default): weights of present bins only; "circular": the track is a ring;
            "reflecting": the mirror image beyond the ends and 0 in missing bins, as SciPy does.

        Returns
        -------
        RateMap
        """
    def to_dict(self) -> dict[str, Any]:
        """All attributes by name.

        Returns
        -------
        dict
        """
    def to_xarray(self) -> Any:
        """All attributes that are numbers or arrays, with named axes. Needs xarray.

        Returns
        -------
        xarray.Dataset
        """
    @property
    def units(self) -> int:
        """(int) Number of units."""
    def with_unvisited(self, unvisited: str) -> RateMap:
        """The map with another value in bins that were never visited.

        Parameters
        ----------
        unvisited : str
            "missing" (NaN) or "zero".

        Returns
        -------
        RateMap
        """

def centroid(rates: ArrayLike, *, track: str = ...) -> float:
    """Centre of mass of a map in bins, the middle of bin i at i.

    Parameters
    ----------
    rates : array (bins)
    track : str, optional
        "linear" (default) or "circular".

    Returns
    -------
    float
    """

def event_rate_map(edges: BinEdges | ArrayLike, position: ArrayLike, frame_duration: float, event_positions: Sequence[ArrayLike]) -> RateMap:
    """Events per second in each bin, from the positions at which each unit's events happened.

    Parameters
    ----------
    edges : BinEdges
    position : array (samples)
    frame_duration : float
        Seconds of a sample.
    event_positions : list of array (events)
        One a unit.

    Returns
    -------
    RateMap
    """

def order_by_peak(rate_map: RateMap) -> NDArray[np.int64]:
    """All units in the order of their peaks along the track.

    Parameters
    ----------
    rate_map : RateMap

    Returns
    -------
    array (units) of int
    """

def peak_bins(rate_map: RateMap) -> NDArray[np.int64]:
    """The bin of each unit's highest rate, the first of equals.

    Parameters
    ----------
    rate_map : RateMap

    Returns
    -------
    array (units) of int
        -1 for a unit without a peak.
    """

def place_fields(rates: ArrayLike, *, threshold: float, minimum_width: int = ..., minimum_peak: float = ..., track: str = ...) -> list[PlaceField]:
    """The place fields of one map, in order of their first bin.

    Parameters
    ----------
    rates : array (bins)
    threshold : float
        Fraction of the map's peak that every bin of a field reaches.
    minimum_width : int, optional
        Least number of bins. Default: 1.
    minimum_peak : float, optional
        Least peak of a field. Default: 0.
    track : str, optional
        "linear" (default) or "circular".

    Returns
    -------
    list of PlaceField
    """

def place_units(spatial_information: ArrayLike, threshold: float) -> NDArray[np.bool_]:
    """Which units have spatial information above a threshold.

    Parameters
    ----------
    spatial_information : array (units)
    threshold : float
        In bits.

    Returns
    -------
    array (units) of bool
    """

def rate_map(edges: BinEdges | ArrayLike, position: ArrayLike, activity: ArrayLike | Any) -> RateMap:
    """Mean activity in each bin.

    Parameters
    ----------
    edges : BinEdges
    position : array (samples)
    activity : array (samples, units) or TsGroup

    Returns
    -------
    RateMap
    """

def rate_map_of(positions: BinnedPositions, activity: ArrayLike | SparseActivity) -> RateMap:
    """Mean activity in each bin, of positions that are binned already.

    Parameters
    ----------
    positions : BinnedPositions
    activity : array (samples, units) or SparseActivity

    Returns
    -------
    RateMap
    """

def rate_map_per_second(positions: BinnedPositions, activity: ArrayLike | SparseActivity, durations: float | ArrayLike) -> RateMap:
    """Activity per second in each bin.

    Parameters
    ----------
    positions : BinnedPositions
    activity : array (samples, units) or SparseActivity
        Events of each sample.
    durations : float or array (samples)
        Seconds of each sample.

    Returns
    -------
    RateMap
    """

def smooth(values: ArrayLike, sigma_bins: float, *, ends: str = ...) -> NDArray[np.float64]:
    """Smooths one map.

    Parameters
    ----------
    values : array (bins)
        NaN marks missing bins.
    sigma_bins : float
    ends : str, optional
        As `RateMap.smoothed`.

    Returns
    -------
    array (bins)
    """
