"""Is the code of registered cells the same on two days? Who joins it, who leaves?"""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

@final
class BinnedSession:
    """The samples of one session: activity, bin and lap of each.

    Parameters
    ----------
    counts : array (samples, cells)
        Events or amplitudes, with the registered cells in their order.
    bins : array (samples) of int
        Bin of each sample, -1 where it has none.
    n_bins : int
    laps : array (samples) of int
        Lap of each sample, by any numbers.
    durations : float or array (samples)
        Seconds of each sample.
    found : array (cells) of bool, optional
        Default: all.
    """

    def __new__(cls, counts: ArrayLike, bins: ArrayLike, n_bins: int, laps: ArrayLike, durations: float | ArrayLike, found: ArrayLike | None = ...) -> BinnedSession: ...
    @property
    def bins(self) -> NDArray[Any]:
        """(samples) Bin of each sample, -1 where it has none."""
    @property
    def counts(self) -> NDArray[Any]:
        """(samples, cells) Activity."""
    @property
    def found(self) -> NDArray[Any]:
        """(cells) Which cells were found."""
    def half_maps(self) -> tuple[Any, ...]:
        """Rate maps of the even laps and of the odd laps, from 0.

        Returns
        -------
        tuple
            Two arrays (bins, cells).
        """
    @property
    def laps(self) -> NDArray[Any]:
        """(samples) Lap of each sample, numbered from 0."""
    @property
    def n_bins(self) -> int:
        """(int) Number of bins."""
    @property
    def n_laps(self) -> int:
        """(int) Number of laps."""
    def rate_map(self) -> NDArray[np.float64]:
        """Rate map in Hz, NaN for bins not visited and cells not found.

        Returns
        -------
        array (bins, cells)
        """
    @property
    def seconds(self) -> NDArray[Any]:
        """(samples) Seconds of each sample."""
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

@final
class MatchedHalves:
    """A measure between two sessions, corrected for the noise of estimation."""

    @property
    def across(self) -> float:
        """(float) Between halves of the two sessions."""
    @property
    def bins(self) -> int:
        """(int) Bins behind it."""
    @property
    def cells(self) -> int:
        """(int) Cells behind it."""
    @property
    def corrected(self) -> float:
        """(float) Corrected."""
    @property
    def parts(self) -> int:
        """(int) Parts of the mean."""
    @property
    def still(self) -> float:
        """(float) What a code that stands still would give."""
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
    def within_first(self) -> float:
        """(float) Between the halves of the first."""
    @property
    def within_second(self) -> float:
        """(float) Between the halves of the second."""

@final
class RegisteredSession:
    """One session in the frame of the registration: row r of the registration is cell r here.

    Parameters
    ----------
    rate_maps : array (bins, recorded cells)
    active : array (recorded cells) of bool
    column_of : array (registered cells) of int, optional
        Column of each registered cell, -1 where it was not found. Default: all are, in their order.
    """

    def __new__(cls, rate_maps: ArrayLike, active: ArrayLike, column_of: ArrayLike | None = ...) -> RegisteredSession: ...
    @property
    def active(self) -> NDArray[Any]:
        """(cells) Which cells were found and active."""
    @property
    def found(self) -> NDArray[Any]:
        """(cells) Which cells were found."""
    @property
    def fraction_active(self) -> float:
        """(float) Active cells as a share of all registered ones."""
    @property
    def fraction_active_of_found(self) -> float:
        """(float) Active cells as a share of those found."""
    @property
    def rate_maps(self) -> NDArray[Any]:
        """(bins, cells) Rate maps, NaN for cells not found."""
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

@final
class SessionPairs:
    """Similarity of every pair of sessions."""

    @property
    def cells(self) -> NDArray[Any]:
        """(sessions, sessions) Cells found and active in both."""
    @property
    def ensemble_rate_correlation(self) -> NDArray[Any]:
        """(sessions, sessions) Correlation of mean rates."""
    @property
    def overlap(self) -> NDArray[Any]:
        """(sessions, sessions) Active in both as a share of active in at least one."""
    @property
    def pv_bins(self) -> NDArray[Any]:
        """(sessions, sessions) Bins behind it."""
    @property
    def pv_correlation(self) -> NDArray[Any]:
        """(sessions, sessions) Population-vector correlation, mean over bins."""
    @property
    def rate_map_cells(self) -> NDArray[Any]:
        """(sessions, sessions) Cells behind it."""
    @property
    def rate_map_correlation(self) -> NDArray[Any]:
        """(sessions, sessions) Rate-map correlation, mean over cells."""
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

@final
class Turnover:
    """Cells by their activity in an earlier and a later session."""

    @property
    def gained(self) -> NDArray[Any]:
        """(n) Active later only."""
    @property
    def kept(self) -> NDArray[Any]:
        """(n) Active in both."""
    @property
    def lost(self) -> NDArray[Any]:
        """(n) Active earlier only."""
    @property
    def recruitment(self) -> float:
        """(float) gained/(kept + gained)."""
    @property
    def silent(self) -> NDArray[Any]:
        """(n) Active in neither."""
    @property
    def survival(self) -> float:
        """(float) kept/(kept + lost)."""
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
    def turnover_ratio(self) -> float:
        """(float) (gained + lost)/(gained + lost + 2 kept): 0 when the same cells are active."""

def compare_sessions(sessions: Sequence[RegisteredSession]) -> SessionPairs:
    """Every pair of sessions over the cells active in both.

    Parameters
    ----------
    sessions : list of RegisteredSession

    Returns
    -------
    SessionPairs
    """

def matched_halves(first: tuple[Any, ...], second: tuple[Any, ...], *, measure: str = ...) -> MatchedHalves:
    """Two sessions by the maps of their halves, corrected for the noise of estimation.

    Parameters
    ----------
    first, second : tuple
        Two arrays (bins, cells) each, as `BinnedSession.half_maps` gives them.
    measure : str, optional
        As `code_similarity`.

    Returns
    -------
    MatchedHalves
    """

def matched_halves_interval(first: tuple[Any, ...], second: tuple[Any, ...], *, measure: str = ..., resamples: int = ..., share: float = ..., seed: int | np.random.Generator | None = ...) -> tuple[Any, ...]:
    """The interval of the corrected measure, by bootstraps over cells.

    Parameters
    ----------
    first, second : tuple
        Two arrays (bins, cells) each.
    measure : str, optional
        As `code_similarity`.
    resamples : int, optional
        Default: 1000.
    share : float, optional
        Of the bootstraps that it holds. Default: 0.95.
    seed : int or numpy.random.Generator, optional

    Returns
    -------
    tuple
        Lower and upper end.
    """

def session_turnover(before: RegisteredSession, after: RegisteredSession) -> Turnover:
    """Turnover between two sessions, among the cells found in both.

    Parameters
    ----------
    before, after : RegisteredSession

    Returns
    -------
    Turnover
    """

def turnover(before: ArrayLike, after: ArrayLike) -> Turnover:
    """Turnover from activity of the same cells, in the same order.

    Parameters
    ----------
    before, after : array (cells) of bool

    Returns
    -------
    Turnover
    """
