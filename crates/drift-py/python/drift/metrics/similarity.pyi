"""Do two times share a code?"""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .maps import RateMap

@final
class Procrustes:
    """Distances between the shapes of two codes."""

    @property
    def angle(self) -> float:
        """(float) Angle, radians."""
    @property
    def disparity(self) -> float:
        """(float) SciPy's disparity."""
    @property
    def nuclear_norm(self) -> float:
        """(float) Nuclear norm of the product of the two, 1 for equal shapes."""
    @property
    def squared(self) -> float:
        """(float) Squared distance."""
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
class RateMapCorrelation:
    """Similarity of the code at all pairs of times."""

    def by_lag(self) -> NDArray[np.float64]:
        """Mean correlation of all pairs of times so far apart.

        Returns
        -------
        array (lags)
        """
    @property
    def correlation(self) -> NDArray[Any]:
        """(times, times) Mean over shared units of Pearson's r between their maps."""
    @property
    def shared_units(self) -> NDArray[Any]:
        """(times, times) Units that the mean is over."""
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
class SessionCorrelation:
    """Correlation of two sessions, in parts and on average."""

    @property
    def count(self) -> int:
        """(int) Parts that the mean is over."""
    @property
    def mean(self) -> float:
        """(float) Their mean."""
    @property
    def parts(self) -> NDArray[Any]:
        """(bins or cells) Of each part, NaN where there is none."""
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
class SharedCode:
    """Maps on the cells found in all of them and the bins visited in all of them."""

    @property
    def bins(self) -> NDArray[Any]:
        """(n) The bins."""
    @property
    def cells(self) -> NDArray[Any]:
        """(m) The cells."""
    @property
    def maps(self) -> list[NDArray[Any]]:
        """(list of (n, m)) The maps."""
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

def centroid_shift(first: ArrayLike, second: ArrayLike, *, track: str = ...) -> NDArray[np.float64]:
    """How far the centre of mass of each cell moved, in bins.

    Parameters
    ----------
    first, second : array (bins, cells)
    track : str, optional
        "linear" (default) or "circular".

    Returns
    -------
    array (cells)
    """

def code_similarity(maps: Sequence[ArrayLike], *, measure: str = ...) -> NDArray[np.float64]:
    """A measure between every pair of maps.

    Parameters
    ----------
    maps : list of array (bins, cells)
    measure : str, optional
        "rate_map" (default), "population_vector", "rsa_pearson", "rsa_spearman", "cka",
        "cka_debiased" or "procrustes" (a distance).

    Returns
    -------
    array (maps, maps)
    """

def compare_dissimilarities(first: ArrayLike, second: ArrayLike, *, by_rank: bool = ...) -> float:
    """Pearson's or Spearman's r of the dissimilarities of two codes.

    Parameters
    ----------
    first, second : array (bins, bins)
        From `dissimilarity`.
    by_rank : bool, optional
        Spearman's. Default: False.

    Returns
    -------
    float
    """

def dissimilarity(map: ArrayLike) -> NDArray[np.float64]:
    """1 − Pearson's r over cells of the population vectors of all pairs of bins.

    Parameters
    ----------
    map : array (bins, cells)

    Returns
    -------
    array (bins, bins)
    """

def ensemble_rate_correlation(first: ArrayLike, second: ArrayLike) -> float:
    """Pearson's r over cells of their mean rates.

    Parameters
    ----------
    first, second : array (cells)

    Returns
    -------
    float
    """

def pearson(a: ArrayLike, b: ArrayLike) -> float:
    """Pearson's correlation over the entries present (not NaN) in both.

    Parameters
    ----------
    a, b : array (samples)

    Returns
    -------
    float
        NaN where one is constant.
    """

def population_vector_correlation(first: ArrayLike, second: ArrayLike) -> SessionCorrelation:
    """Pearson's r over cells in each bin.

    Parameters
    ----------
    first, second : array (bins, cells)
        NaN where a bin was not visited or a cell not found.

    Returns
    -------
    SessionCorrelation
    """

def procrustes(first: ArrayLike, second: ArrayLike) -> Procrustes:
    """Distances between the shapes of two maps.

    Parameters
    ----------
    first, second : array (bins, cells)

    Returns
    -------
    Procrustes
    """

def rate_map_correlation(maps: Sequence[RateMap], included: Sequence[ArrayLike]) -> RateMapCorrelation:
    """Correlation of rate maps at all pairs of times (Figure 2E).

    Parameters
    ----------
    maps : list of RateMap
        One a time.
    included : list of array (units) of bool
        Which units count at each time.

    Returns
    -------
    RateMapCorrelation
    """

def shared_code(maps: Sequence[ArrayLike]) -> SharedCode:
    """Maps on the cells and bins that all have.

    Parameters
    ----------
    maps : list of array (bins, cells)

    Returns
    -------
    SharedCode
    """

def spearman_brown(r: float) -> float:
    """Reliability of a full session from that of its halves, 2r/(1 + r).

    Parameters
    ----------
    r : float

    Returns
    -------
    float
    """

def tuning_curve_correlation(first: ArrayLike, second: ArrayLike) -> SessionCorrelation:
    """Pearson's r over bins of each cell.

    Parameters
    ----------
    first, second : array (bins, cells)

    Returns
    -------
    SessionCorrelation
    """
