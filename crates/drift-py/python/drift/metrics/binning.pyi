"""Which bin or state is this sample in, and which way does the animal move?"""

from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

@final
class BinEdges:
    """Edges of neighbouring bins: bin i holds edges[i] ≤ x < edges[i + 1], the last bin its upper edge
    as well.

    Parameters
    ----------
    edges : array (bins + 1)
        Finite and strictly increasing.
    """

    def __new__(cls, edges: ArrayLike) -> BinEdges: ...
    def __len__(self) -> int: ...
    def assign(self, values: ArrayLike) -> BinnedPositions:
        """Bins a trajectory, once for all units.

        Parameters
        ----------
        values : array (samples)

        Returns
        -------
        BinnedPositions
        """
    @property
    def bins(self) -> int:
        """(int) Number of bins."""
    @property
    def centres(self) -> NDArray[Any]:
        """(bins) The middle of each bin."""
    def counts(self, values: ArrayLike) -> NDArray[np.int64]:
        """How many values fall in each bin.

        Parameters
        ----------
        values : array (samples)

        Returns
        -------
        array (bins) of int
        """
    @property
    def edges(self) -> NDArray[Any]:
        """(bins + 1) All edges."""
    @staticmethod
    def equal(low: float, high: float, bins: int) -> BinEdges:
        """Equal bins from `low` to `high`.

        Parameters
        ----------
        low, high : float
        bins : int

        Returns
        -------
        BinEdges
        """
    def index(self, values: ArrayLike) -> NDArray[np.int64]:
        """The bin of each value.

        Parameters
        ----------
        values : array (samples)

        Returns
        -------
        array (samples) of int
            -1 outside the edges and for NaN.
        """
    @staticmethod
    def spanning(values: ArrayLike, bins: int) -> BinEdges:
        """Equal bins between the extremes of the finite values.

        Parameters
        ----------
        values : array (samples)
        bins : int

        Returns
        -------
        BinEdges
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
    def widths(self) -> NDArray[Any]:
        """(bins) The width of each bin."""

@final
class BinnedPositions:
    """The bin of every sample of a trajectory, computed once and used for all units.
    `BinEdges.assign` makes it on a track.
    """

    def __len__(self) -> int: ...
    @property
    def bins(self) -> NDArray[Any]:
        """(samples) The bin of each sample, -1 where it has none."""
    @property
    def edges(self) -> BinEdges:
        """(BinEdges) The edges along the track, or along x in a plane."""
    @property
    def edges_y(self) -> BinEdges | None:
        """(BinEdges or None) The edges along y in a plane."""
    @staticmethod
    def in_plane(edges_x: BinEdges | ArrayLike, edges_y: BinEdges | ArrayLike, x: ArrayLike, y: ArrayLike) -> BinnedPositions:
        """Positions in a plane: bin = bin_x · bins_y + bin_y.

        Parameters
        ----------
        edges_x, edges_y : BinEdges
        x, y : array (samples)

        Returns
        -------
        BinnedPositions
        """
    @property
    def left_out(self) -> int:
        """(int) Samples with a bin that were left out by `restricted_to`."""
    @property
    def missing(self) -> int:
        """(int) Samples whose position is NaN."""
    @property
    def n_bins(self) -> int:
        """(int) Number of bins in all."""
    @property
    def occupancy(self) -> NDArray[Any]:
        """(bins) Samples spent in each bin."""
    @property
    def outside(self) -> int:
        """(int) Samples whose position is a number outside the edges."""
    def restricted_to(self, keep: ArrayLike) -> BinnedPositions:
        """Some of the samples only.

        Parameters
        ----------
        keep : array (samples) of bool

        Returns
        -------
        BinnedPositions
        """
    def seconds(self, durations: float | ArrayLike) -> NDArray[np.float64]:
        """Seconds spent in each bin.

        Parameters
        ----------
        durations : float or array (samples)
            Seconds of each sample.

        Returns
        -------
        array (bins)
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

@final
class States:
    """One state for each sample, as consecutive indices.

    Parameters
    ----------
    labels : array (samples) of int
        Any whole numbers from 0 on.
    """

    def __new__(cls, labels: ArrayLike) -> States: ...
    def __len__(self) -> int: ...
    @property
    def index(self) -> NDArray[Any]:
        """(samples) The index of each sample's state."""
    @property
    def labels(self) -> NDArray[Any]:
        """(states) The distinct labels, increasing."""
    @property
    def occupancy(self) -> NDArray[Any]:
        """(states) Samples spent in each state."""
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

def directed_rate_maps(edges: BinEdges | ArrayLike, position: ArrayLike, activity: ArrayLike | Any, *, least_speed: float = ...) -> tuple[Any, ...]:
    """Rate maps of the two directions of motion apart.

    Parameters
    ----------
    edges : BinEdges
    position : array (samples)
    activity : array (samples, units) or TsGroup
    least_speed : float, optional
        Samples below it, in position units a sample, belong to neither. Default: 0.

    Returns
    -------
    tuple
        The `RateMap` of increasing and that of decreasing position.
    """

def signed_position(position: ArrayLike) -> NDArray[np.float64]:
    """Position on a track on which each direction of motion is a place of its own.

    Parameters
    ----------
    position : array (samples)

    Returns
    -------
    array (samples)
    """

def velocity(position: ArrayLike) -> NDArray[np.float64]:
    """Change of position from sample to sample.

    Parameters
    ----------
    position : array (samples)

    Returns
    -------
    array (samples)
    """
