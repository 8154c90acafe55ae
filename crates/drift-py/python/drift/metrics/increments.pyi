"""How far does tuning move, in rate and in field?"""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .maps import RateMap

@final
class CorrectedTails:
    """Variance and kurtosis of true steps."""

    @property
    def excess_kurtosis(self) -> float:
        """(float) Excess kurtosis."""
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
    def variance(self) -> float:
        """(float) Variance."""

@final
class DriftVelocity:
    """Motion of a set of rate maps."""

    @property
    def diffusion(self) -> float:
        """(float) Diffusion D."""
    def directed_share(self, lag: float) -> float:
        """Share of the squared displacement over a time that is directed.

        Parameters
        ----------
        lag : float

        Returns
        -------
        float
        """
    @property
    def lags(self) -> NDArray[Any]:
        """(lags) Time between."""
    @property
    def log10_diffusion(self) -> float:
        """(float) log₁₀ D; -inf without diffusion."""
    @property
    def log10_velocity(self) -> float:
        """(float) log₁₀ v; -inf without directed motion."""
    @property
    def mean_squared_displacement(self) -> NDArray[Any]:
        """(lags) Mean squared displacement."""
    @property
    def pairs(self) -> NDArray[Any]:
        """(lags) Pairs behind it."""
    @property
    def speed(self) -> NDArray[Any]:
        """(times − 1) Speed between neighbouring times."""
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
    def velocity(self) -> float:
        """(float) Directed velocity v."""

@final
class RateAndField:
    """The squared change of each cell's map, in two parts that add up to it."""

    @property
    def cells(self) -> NDArray[Any]:
        """(cells) Those that have one."""
    @property
    def field(self) -> NDArray[Any]:
        """(cells) Of the field."""
    @property
    def field_share(self) -> float:
        """(float) Share of the field over all cells."""
    @property
    def rate(self) -> NDArray[Any]:
        """(cells) Of the rate."""
    @property
    def relative_rate_change(self) -> NDArray[Any]:
        """(cells) |r' − r|/(r' + r)."""
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
    def total(self) -> NDArray[Any]:
        """(cells) The whole."""

@final
class RateAndFieldByHalves:
    """Rate and field parts without the noise of estimation."""

    @property
    def bins(self) -> int:
        """(int) Bins."""
    @property
    def cells(self) -> int:
        """(int) Cells."""
    @property
    def field(self) -> float:
        """(float) Of the field."""
    @property
    def field_share(self) -> float:
        """(float) Share of the field."""
    @property
    def kept_cells(self) -> int:
        """(int) Cells whose parts are kept."""
    @property
    def mean_rate_squared_change(self) -> float:
        """(float) Mean squared change of the mean rate."""
    @property
    def power(self) -> float:
        """(float) Power of the maps."""
    @property
    def rate(self) -> float:
        """(float) Of the rate."""
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
    def total(self) -> float:
        """(float) The whole."""

@final
class SquaredDisplacement:
    """Squared displacement of peaks by the number of sessions between, bins²."""

    @property
    def lag(self) -> int:
        """(int) Sessions between."""
    @property
    def naive(self) -> float:
        """(float) Mean square of the displacements of the halves, noise and all."""
    @property
    def noise_subtracted(self) -> float:
        """(float) Less the noise of estimation."""
    @property
    def pairs(self) -> int:
        """(int) Pairs behind it."""
    @property
    def split(self) -> float:
        """(float) ½[(a' − a)(b' − b) + (a' − b)(b' − a)] of the halves a and b, without that noise."""
    @property
    def split_once(self) -> float:
        """(float) (a' − a)(b' − b) alone."""
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
class Tails:
    """How heavy the tails of a sample are."""

    @property
    def count(self) -> int:
        """(int) Values."""
    @property
    def excess_kurtosis(self) -> float:
        """(float) Excess kurtosis."""
    @property
    def gaussian_share(self) -> float:
        """(float) That share of a Gaussian, 0.0027."""
    @property
    def share_beyond(self) -> float:
        """(float) Share further than three robust standard deviations from the median."""
    @property
    def standard_error(self) -> float:
        """(float) Its standard error for a Gaussian."""
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

def corrected_tails(steps: ArrayLike, half_differences_before: ArrayLike, half_differences_after: ArrayLike) -> CorrectedTails:
    """Takes the noise of estimation from the tails of steps between two sessions.

    Parameters
    ----------
    steps : array (n)
    half_differences_before, half_differences_after : array (n)

    Returns
    -------
    CorrectedTails
    """

def drift_velocity(maps: Sequence[RateMap], times: ArrayLike) -> DriftVelocity:
    """Separates the motion of rate maps into velocity and diffusion.

    Parameters
    ----------
    maps : list of RateMap
    times : array (maps)

    Returns
    -------
    DriftVelocity
    """

def exponent(lags: ArrayLike, values: ArrayLike, limit: float) -> float:
    """Exponent of growth: the slope of log values against log lags below a limit.

    Parameters
    ----------
    lags, values : array (lags)
    limit : float

    Returns
    -------
    float
    """

def peak_positions(map: ArrayLike) -> NDArray[np.float64]:
    """Position of each cell's peak, i + ½ for bin i; NaN for a silent cell.

    Parameters
    ----------
    map : array (bins, cells)

    Returns
    -------
    array (cells)
    """

def rate_and_field(before: ArrayLike, after: ArrayLike) -> RateAndField:
    """Splits the change between two maps into rate and field.

    Parameters
    ----------
    before, after : array (bins, cells)

    Returns
    -------
    RateAndField
    """

def rate_and_field_by_halves(before: tuple[Any, ...], after: tuple[Any, ...]) -> RateAndFieldByHalves:
    """Splits the change between two sessions from the maps of their halves.

    Parameters
    ----------
    before, after : tuple
        Two arrays (bins, cells) each.

    Returns
    -------
    RateAndFieldByHalves
    """

def relative_rate_change(before: float, after: float) -> float:
    """|r' − r|/(r' + r), between 0 and 1; NaN for a cell silent twice.

    Parameters
    ----------
    before, after : float

    Returns
    -------
    float
    """

def saturation(n_bins: int, *, track: str = ...) -> float:
    """The squared displacement that an unrelated peak would have, bins².

    Parameters
    ----------
    n_bins : int
    track : str, optional
        "linear" (default) or "circular".

    Returns
    -------
    float
    """

def squared_displacement(even: ArrayLike, odd: ArrayLike, n_bins: int, *, track: str = ...) -> list[SquaredDisplacement]:
    """Mean squared displacement of peaks at every lag, from the peaks of the sessions' halves.

    Parameters
    ----------
    even, odd : array (sessions, cells)
        Peak positions, NaN where there is none.
    n_bins : int
    track : str, optional
        "linear" (default) or "circular".

    Returns
    -------
    list of SquaredDisplacement
    """

def tails(values: ArrayLike) -> Tails:
    """Measures the tails of values, NaN left out.

    Parameters
    ----------
    values : array (n)

    Returns
    -------
    Tails
    """
