"""What do several animals show?"""

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

@final
class CohortRow:
    """One time of a cohort."""

    @property
    def animals(self) -> int:
        """(int) Animals that have it."""
    @property
    def mean(self) -> float:
        """(float) Their mean."""
    @property
    def sem(self) -> float:
        """(float) Its standard error."""
    @property
    def time(self) -> float:
        """(float) The time."""
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
class Trend:
    """Whether a quantity changes with time, with the animal as the unit."""

    @property
    def mean_slope(self) -> float:
        """(float) Their mean."""
    @property
    def p_value(self) -> float | None:
        """(float or None) p by sign flips; None with too few animals."""
    @property
    def sem_slope(self) -> float:
        """(float) Its standard error."""
    @property
    def slopes(self) -> NDArray[Any]:
        """(animals) Slope of each."""
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

def cohort(animals: dict[str, Any]) -> list[CohortRow]:
    """Mean ± standard error over animals at every time that one of them has.

    Parameters
    ----------
    animals : dict
        Of each animal (times, values), two arrays.

    Returns
    -------
    list of CohortRow
    """

def normalised_to_first(animals: dict[str, Any]) -> dict[str, Any]:
    """Every animal's values divided by its first.

    Parameters
    ----------
    animals : dict
        Of each animal (times, values), two arrays.

    Returns
    -------
    dict
    """

def trend(animals: dict[str, Any], *, seed: int | np.random.Generator | None = ...) -> Trend:
    """Tests a trend by flipping the signs of the animals' slopes.

    Parameters
    ----------
    animals : dict
        Of each animal (times, values), two arrays.
    seed : int or numpy.random.Generator, optional

    Returns
    -------
    Trend
    """
