"""How much does a unit tell about place?"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .activity import SparseActivity
from .binning import States
from .maps import RateMap

def information(occupancy: ArrayLike, rates: ArrayLike) -> float:
    """Information per spike (or per unit of activity) of one unit, in bits: Σ pᵢ (rᵢ/r̄) log₂(rᵢ/r̄).

    Parameters
    ----------
    occupancy : array (bins)
        Time in each bin, in any unit.
    rates : array (bins)

    Returns
    -------
    float
        NaN for a silent unit.
    """

def information_rate(occupancy: ArrayLike, rates: ArrayLike) -> float:
    """Information per unit of time of one unit: Σ pᵢ rᵢ log₂(rᵢ/r̄), in bits per second for rates in Hz.

    Parameters
    ----------
    occupancy : array (bins)
    rates : array (bins)

    Returns
    -------
    float
    """

def mean_information(information: ArrayLike) -> float:
    """Mean of the values that are not NaN: silent units have no say.

    Parameters
    ----------
    information : array (units)

    Returns
    -------
    float
    """

def mutual_information(activity: SparseActivity, states: States, *, classes: str | ArrayLike | None = ...) -> NDArray[np.float64]:
    """Mutual information of every cell and the state, in bits per sample (plug-in estimate, which is
    too high in short recordings).

    Parameters
    ----------
    activity : SparseActivity
    states : States
    classes : str or array (classes), optional
        "published" (default), "counts", "rounded", or centres of classes.

    Returns
    -------
    array (cells)
    """

def mutual_information_of_labels(responses: ArrayLike, states: ArrayLike) -> float:
    """Mutual information of two discrete variables seen together, in bits per sample.

    Parameters
    ----------
    responses : array (samples) of int
    states : array (samples) of int

    Returns
    -------
    float
    """

def offset_information(occupancy: ArrayLike, rates: ArrayLike, offset: float) -> float:
    """`information` with a small offset added to every rate, as some published code does.

    Parameters
    ----------
    occupancy : array (bins)
    rates : array (bins)
    offset : float

    Returns
    -------
    float
    """

def spatial_information(rate_map: RateMap) -> NDArray[np.float64]:
    """Information per spike of every unit of a map, in bits.

    Parameters
    ----------
    rate_map : RateMap

    Returns
    -------
    array (units)
        NaN for silent units.
    """

def spatial_information_rate(rate_map: RateMap) -> NDArray[np.float64]:
    """Information per unit of time of every unit of a map.

    Parameters
    ----------
    rate_map : RateMap

    Returns
    -------
    array (units)
    """
