"""Do two lists of results agree?"""

from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

@final
class KolmogorovSmirnov:
    """Result of the two-sample Kolmogorov–Smirnov test."""

    @property
    def distance(self) -> float:
        """(float) Largest distance of the two distribution functions."""
    @property
    def p_value(self) -> float:
        """(float) p."""
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
class LineFit:
    """A straight line with the standard error of its slope."""

    @property
    def intercept(self) -> float:
        """(float) Intercept."""
    @property
    def slope(self) -> float:
        """(float) Slope."""
    @property
    def slope_error(self) -> float:
        """(float) Its standard error."""
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
class Mean:
    """Mean and standard error of the finite values of a sample."""

    @property
    def count(self) -> int:
        """(int) Finite values."""
    @property
    def mean(self) -> float:
        """(float) Their mean."""
    @property
    def standard_error(self) -> float:
        """(float) Its standard error."""
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

def by_lag(measure: ArrayLike) -> NDArray[np.float64]:
    """Means of the upper diagonals: over all pairs of times so far apart, NaN left out.

    Parameters
    ----------
    measure : array (times, times)

    Returns
    -------
    array (lags)
    """

def fit_line(x: ArrayLike, y: ArrayLike) -> LineFit:
    """The line of least squares.

    Parameters
    ----------
    x, y : array (n)

    Returns
    -------
    LineFit
    """

def kolmogorov_smirnov(a: ArrayLike, b: ArrayLike) -> KolmogorovSmirnov:
    """Two-sample Kolmogorov–Smirnov test of the finite values.

    Parameters
    ----------
    a : array (n)
    b : array (m)

    Returns
    -------
    KolmogorovSmirnov
    """

def mean(values: ArrayLike) -> Mean:
    """Mean and standard error of the finite values.

    Parameters
    ----------
    values : array (n)

    Returns
    -------
    Mean
    """

def quantile(values: ArrayLike, share: float) -> float:
    """Quantile of the finite values, linear between neighbours.

    Parameters
    ----------
    values : array (n)
    share : float
        0 to 1.

    Returns
    -------
    float
    """

def sign_test(agreeing: int, opposing: int) -> float:
    """Two-sided p of the sign test.

    Parameters
    ----------
    agreeing, opposing : int

    Returns
    -------
    float
    """

def spearman(a: ArrayLike, b: ArrayLike) -> float:
    """Spearman's rank correlation.

    Parameters
    ----------
    a, b : array (n)

    Returns
    -------
    float
    """
