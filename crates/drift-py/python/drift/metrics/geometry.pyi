"""In which directions does the code move, beside its variability?"""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .sessions import BinnedSession

@final
class Drift:
    """The drift of one bin from one session to another. `between` makes it."""

    @property
    def angle_of_means(self) -> float:
        """(float) Angle of the two means, degrees."""
    def angles_with(self, cloud: LapCloud, components: int) -> NDArray[np.float64]:
        """Angle with each of the first components of the earlier cloud, degrees.

        Parameters
        ----------
        cloud : LapCloud
        components : int

        Returns
        -------
        array (components)
        """
    @staticmethod
    def between(before: LapCloud, after: LapCloud) -> Drift:
        """From the cloud of a bin in an earlier session to that in a later one.

        Parameters
        ----------
        before, after : LapCloud

        Returns
        -------
        Drift
        """
    def cosine_with(self, direction: ArrayLike) -> float:
        """Cosine of the drift with a direction.

        Parameters
        ----------
        direction : array (cells)

        Returns
        -------
        float
        """
    @property
    def even(self) -> NDArray[Any]:
        """(cells) Of the even laps."""
    @property
    def gain(self) -> float:
        """(float) Share along the mean."""
    @property
    def gain_split(self) -> float:
        """(float) Its part along the mean."""
    @property
    def in_variation(self) -> float:
        """(float) Share in the variational space."""
    def inner_with_next(self, next: Drift, middle: LapCloud) -> float:
        """Inner product with the next drift, from the session in the middle, unbiased.

        Parameters
        ----------
        next : Drift
        middle : LapCloud

        Returns
        -------
        float
        """
    @property
    def odd(self) -> NDArray[Any]:
        """(cells) Of the odd laps."""
    @property
    def projected_split(self) -> float:
        """(float) Its part in the variational space."""
    @property
    def relative(self) -> float:
        """(float) Relative to the variance."""
    @property
    def relative_magnitude(self) -> float:
        """(float) Relative to the mean."""
    def share_in(self, directions: ArrayLike) -> float:
        """Share of the drift in the span of some directions.

        Parameters
        ----------
        directions : array (cells, directions)

        Returns
        -------
        float
        """
    def split_in(self, directions: ArrayLike) -> float:
        """The part of d_a · d_b in the span of some directions.

        Parameters
        ----------
        directions : array (cells, directions)

        Returns
        -------
        float
        """
    @property
    def squared(self) -> float:
        """(float) d · d."""
    @property
    def squared_split(self) -> float:
        """(float) d_a · d_b of the halves."""
    @property
    def squared_unbiased(self) -> float:
        """(float) d · d without the noise of estimation."""
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
    def vector(self) -> NDArray[Any]:
        """(cells) d = μ' − μ."""

@final
class LapCloud:
    """The population vectors of one bin in one session. `of` makes it."""

    @property
    def components(self) -> NDArray[Any]:
        """(cells, n) Principal components."""
    @property
    def covariance(self) -> NDArray[Any]:
        """(cells, cells) Covariance Σ over laps."""
    @property
    def dimension(self) -> float:
        """(float) Participation ratio D = (Σλ)²/Σλ²."""
    @property
    def even(self) -> NDArray[Any]:
        """(cells) Mean of the even laps."""
    @property
    def laps(self) -> int:
        """(int) Laps, R."""
    @property
    def mean(self) -> NDArray[Any]:
        """(cells) Mean μ."""
    @property
    def odd(self) -> NDArray[Any]:
        """(cells) Mean of the odd laps."""
    @staticmethod
    def of(session: BinnedSession, bin: int, cells: ArrayLike) -> LapCloud:
        """Of the samples of a session in one bin.

        Parameters
        ----------
        session : BinnedSession
        bin : int
        cells : array (n) of int

        Returns
        -------
        LapCloud
        """
    def overlap(self, other: LapCloud) -> float:
        """Overlap of the variational spaces of two clouds, 1 where one holds the other.

        Parameters
        ----------
        other : LapCloud

        Returns
        -------
        float
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
    def total_variance(self) -> float:
        """(float) tr Σ."""
    def variance_along(self, direction: ArrayLike) -> float:
        """Share of the variance along a direction.

        Parameters
        ----------
        direction : array (cells)

        Returns
        -------
        float
        """
    @property
    def variance_in_variation(self) -> float:
        """(float) Share of the variance in the variational space."""
    @property
    def variances(self) -> NDArray[Any]:
        """(n) Variances along the components, descending."""
    @property
    def variational_dimension(self) -> int:
        """(int) ⌈D⌉."""

@final
class PooledDrift:
    """Drift of several bins, corrected: sums over bins, then divided."""

    @property
    def bins(self) -> int:
        """(int) Bins."""
    @property
    def gain(self) -> float:
        """(float) Share along the mean."""
    @property
    def in_variation(self) -> float:
        """(float) Share in the variational space."""
    @property
    def squared(self) -> float:
        """(float) Σ d_a · d_b."""
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

def cosine(a: ArrayLike, b: ArrayLike) -> float:
    """Cosine of two vectors; NaN where one is 0.

    Parameters
    ----------
    a, b : array (cells)

    Returns
    -------
    float
    """

def pool(drifts: Sequence[Drift]) -> PooledDrift:
    """Pools the drifts of several bins between the same two sessions.

    Parameters
    ----------
    drifts : list of Drift

    Returns
    -------
    PooledDrift
    """
