"""Is a cell tuned, or is it chance?"""

from collections.abc import Callable
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .activity import SparseActivity
from .binning import States

@final
class PlaceCellTest:
    """Spatial information of every cell against its shuffles."""

    @property
    def bits_per_spike(self) -> NDArray[Any]:
        """(cells) Bits per spike."""
    @property
    def p_values(self) -> NDArray[Any]:
        """(cells) p."""
    @property
    def shuffled_mean(self) -> NDArray[Any]:
        """(cells) Mean of the shuffles."""
    @property
    def shuffled_sd(self) -> NDArray[Any]:
        """(cells) Their standard deviation."""
    @property
    def shuffles(self) -> int:
        """(int) Shuffles made."""
    @property
    def significant(self) -> NDArray[Any]:
        """(cells) Whether p is small enough."""
    @property
    def significant_cells(self) -> NDArray[Any]:
        """(n) The significant cells, from 0."""
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
class ShuffleTest:
    """An observed value against its distribution under a shuffle."""

    @property
    def observed(self) -> float:
        """(float) Of the train itself."""
    @property
    def p_value(self) -> float:
        """(float) Chance of a value as large."""
    @property
    def shuffled(self) -> NDArray[Any]:
        """(shuffles) Of its shuffles."""
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

def cyclic_shift(train: ArrayLike, shift: int) -> NDArray[np.float64]:
    """The train shifted to later samples, wrapping.

    Parameters
    ----------
    train : array (samples)
    shift : int

    Returns
    -------
    array (samples)
    """

def cyclic_shift_test(activity: SparseActivity, states: States, *, significance: float = ...) -> PlaceCellTest:
    """Spatial information of every cell against all cyclic shifts of its train.

    Parameters
    ----------
    activity : SparseActivity
    states : States
    significance : float, optional
        Largest p of a place cell. Default: 0.05.

    Returns
    -------
    PlaceCellTest
    """

def place_cell_test(activity: SparseActivity, states: States, *, shuffle: str = ..., shuffles: int = ..., significance: float = ..., seed: int | np.random.Generator | None = ...) -> PlaceCellTest:
    """Spatial information of every cell against random shuffles of its train.

    Parameters
    ----------
    activity : SparseActivity
    states : States
    shuffle : str, optional
        "cyclic" (default), "permutation" or "inter_spike_intervals".
    shuffles : int, optional
        Default: 1000.
    significance : float, optional
        Largest p of a place cell. Default: 0.05.
    seed : int or numpy.random.Generator, optional

    Returns
    -------
    PlaceCellTest
    """

def shuffle_activity(activity: SparseActivity, *, shuffle: str = ..., seed: int | np.random.Generator | None = ...) -> SparseActivity:
    """A shuffle of a whole record: one shift or permutation for all cells, intervals for each.

    Parameters
    ----------
    activity : SparseActivity
    shuffle : str, optional
        "cyclic" (default), "permutation" or "inter_spike_intervals".
    seed : int or numpy.random.Generator, optional

    Returns
    -------
    SparseActivity
    """

def shuffle_test(train: ArrayLike, statistic: Callable[..., Any], *, shuffle: str = ..., shuffles: int = ..., seed: int | np.random.Generator | None = ...) -> ShuffleTest:
    """Any statistic of a train against its shuffles.

    Parameters
    ----------
    train : array (samples)
    statistic : callable
        From a train (samples) to a number.
    shuffle : str, optional
        "cyclic" (default), "permutation" or "inter_spike_intervals".
    shuffles : int, optional
        Default: 1000.
    seed : int or numpy.random.Generator, optional

    Returns
    -------
    ShuffleTest
    """

def shuffle_train(train: ArrayLike, *, shuffle: str = ..., seed: int | np.random.Generator | None = ...) -> NDArray[np.float64]:
    """A shuffle of one train.

    Parameters
    ----------
    train : array (samples)
    shuffle : str, optional
        "cyclic" (default), "permutation" or "inter_spike_intervals".
    seed : int or numpy.random.Generator, optional

    Returns
    -------
    array (samples)
    """
