"""How many units respond?"""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

@final
class SparseActivity:
    """Activity of many cells over time, of which only what is not 0 is kept.

    Parameters
    ----------
    activity : array (samples, units) or TsGroup
        Not negative.
    like : Tsd, optional
        At whose times the spikes of a pynapple TsGroup are counted.
    """

    def __new__(cls, activity: ArrayLike | Any, like: Any = ...) -> SparseActivity: ...
    def active_frames(self) -> NDArray[np.int64]:
        """Frames in which each cell was active.

        Returns
        -------
        array (cells) of int
        """
    @property
    def cells(self) -> int:
        """(int) Number of cells."""
    def cells_active_in(self, frames: int) -> NDArray[np.int64]:
        """The cells active in at least so many frames.

        Parameters
        ----------
        frames : int

        Returns
        -------
        array (n) of int
        """
    @property
    def frames(self) -> int:
        """(int) Number of frames."""
    @staticmethod
    def from_entries(frames: int, cells: Sequence[Sequence[tuple[Any, ...]]]) -> SparseActivity:
        """Of a list of (frame, value) for each cell.

        Parameters
        ----------
        frames : int
            Number of frames.
        cells : list of list of tuple
            Frames strictly increasing.

        Returns
        -------
        SparseActivity
        """
    @property
    def is_integer(self) -> bool:
        """(bool) Whether every value is a whole number."""
    @property
    def range(self) -> tuple[Any, ...] | None:
        """(tuple or None) Smallest and largest value that is not 0; None where all cells are silent."""
    def select(self, cells: ArrayLike) -> SparseActivity:
        """Some of the cells, in the order given.

        Parameters
        ----------
        cells : array (n) of int

        Returns
        -------
        SparseActivity
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
    def totals(self) -> NDArray[np.float64]:
        """Sum of each cell's activity.

        Returns
        -------
        array (cells)
        """
    def train(self, cell: int) -> NDArray[np.float64]:
        """The train of one cell.

        Parameters
        ----------
        cell : int

        Returns
        -------
        array (frames)
        """

def active_fraction(hidden: ArrayLike) -> float:
    """Share of (unit, sample) pairs with activity above 0.

    Parameters
    ----------
    hidden : array (samples, units)

    Returns
    -------
    float
    """

def active_units(hidden: ArrayLike) -> NDArray[np.bool_]:
    """Which units have activity above 0 on at least one sample.

    Parameters
    ----------
    hidden : array (samples, units)

    Returns
    -------
    array (units) of bool
    """

def fraction_active_units(hidden: ArrayLike) -> float:
    """Share of units with activity above 0 on at least one sample.

    Parameters
    ----------
    hidden : array (samples, units)

    Returns
    -------
    float
    """
