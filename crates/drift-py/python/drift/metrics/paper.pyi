"""The choices of Ratzon et al. (2023)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .binning import BinnedPositions
from .maps import RateMap
from .similarity import RateMapCorrelation

def bin_positions(position: ArrayLike) -> BinnedPositions:
    """The trajectory in the paper's bins: signed by direction, 100 equal bins between its extremes.

    Parameters
    ----------
    position : array (samples)

    Returns
    -------
    BinnedPositions
    """

def mean_place_unit_information(spatial_information: ArrayLike) -> float:
    """Mean spatial information of the place units (Figure 2C).

    Parameters
    ----------
    spatial_information : array (units)

    Returns
    -------
    float
        NaN without one.
    """

def place_units(spatial_information: ArrayLike) -> NDArray[np.bool_]:
    """Units with spatial information above 0.01 bits.

    Parameters
    ----------
    spatial_information : array (units)

    Returns
    -------
    array (units) of bool
    """

def rate_map(position: ArrayLike, hidden: ArrayLike | Any) -> RateMap:
    """Rate maps with the paper's bins, 0 in unvisited ones.

    Parameters
    ----------
    position : array (samples)
    hidden : array (samples, units) or TsGroup

    Returns
    -------
    RateMap
    """

def rate_map_correlation(position: ArrayLike, hidden: Sequence[ArrayLike]) -> RateMapCorrelation:
    """The matrix of Figure 2E.

    Parameters
    ----------
    position : array (samples)
    hidden : list of array (samples, units)
        Activity at each time.

    Returns
    -------
    RateMapCorrelation
    """

def rate_map_in(positions: BinnedPositions, hidden: ArrayLike) -> RateMap:
    """`rate_map` of positions that are binned already.

    Parameters
    ----------
    positions : BinnedPositions
    hidden : array (samples, units)

    Returns
    -------
    RateMap
    """

def smoothed(rate_map: RateMap) -> RateMap:
    """A map smoothed as in Figures 2D and 2E.

    Parameters
    ----------
    rate_map : RateMap

    Returns
    -------
    RateMap
    """

def spatial_information(rate_map: RateMap) -> NDArray[np.float64]:
    """Spatial information in bits from the unsmoothed map, 0 for silent units.

    Parameters
    ----------
    rate_map : RateMap

    Returns
    -------
    array (units)
    """
