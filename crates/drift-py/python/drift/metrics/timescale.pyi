"""How fast does a curve settle?"""

from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

@final
class DecayFit:
    """y = plateau + amplitude · exp(−max(0, x − onset)/timescale)."""

    @property
    def amplitude(self) -> float:
        """(float) How far it was from there."""
    @property
    def dropped(self) -> int:
        """(int) Points left out."""
    @property
    def log10_rate(self) -> float:
        """(float) log₁₀(1/τ)."""
    @property
    def noise(self) -> float:
        """(float) Standard deviation of the residuals."""
    @property
    def onset(self) -> float:
        """(float) Where it starts."""
    @property
    def onset_interval(self) -> tuple[Any, ...]:
        """(tuple) Its confidence interval."""
    @property
    def p_value(self) -> float:
        """(float) p against no decay."""
    @property
    def plateau(self) -> float:
        """(float) Where it settles."""
    @property
    def points(self) -> int:
        """(int) Points."""
    @property
    def residual_autocorrelation(self) -> float:
        """(float) Their autocorrelation."""
    def settled_at(self, share: float) -> float:
        """The x at which a share of the change is done.

        Parameters
        ----------
        share : float

        Returns
        -------
        float
        """
    @property
    def timescale(self) -> float:
        """(float) τ."""
    @property
    def timescale_interval(self) -> tuple[Any, ...]:
        """(tuple) Its confidence interval."""
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
    def value_at(self, x: ArrayLike) -> NDArray[np.float64]:
        """The fitted curve.

        Parameters
        ----------
        x : array (n)

        Returns
        -------
        array (n)
        """

@final
class PublishedRate:
    """The straight line of the published procedure."""

    @property
    def intercept(self) -> float:
        """(float) Intercept."""
    @property
    def kept(self) -> int:
        """(int) Points kept."""
    @property
    def log10_rate(self) -> float:
        """(float) log₁₀|b|, the published `log_tau`."""
    @property
    def rate(self) -> float:
        """(float) b."""
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

def fit_decay(x: ArrayLike, y: ArrayLike, *, confidence: float = ..., robust: bool = ...) -> DecayFit:
    """Fits a decay to a plateau, from the first x on.

    Parameters
    ----------
    x, y : array (n)
    confidence : float, optional
        Of the intervals. Default: 0.95.
    robust : bool, optional
        Whether outliers count less. Default: True.

    Returns
    -------
    DecayFit
    """

def fit_delayed_decay(x: ArrayLike, y: ArrayLike, *, confidence: float = ..., robust: bool = ...) -> DecayFit:
    """Fits a plateau followed by a transition to another one.

    Parameters
    ----------
    x, y : array (n)
    confidence : float, optional
        Of the intervals. Default: 0.95.
    robust : bool, optional
        Whether outliers count less. Default: True.

    Returns
    -------
    DecayFit
    """

def published_log_tau(x: ArrayLike, y: ArrayLike) -> float:
    """The column `log_tau` of the published tables; 0 where the fit failed.

    Parameters
    ----------
    x, y : array (n)

    Returns
    -------
    float
    """

def published_rate(x: ArrayLike, y: ArrayLike) -> PublishedRate:
    """Slope of a decay by the published procedure of Ratzon et al. (2023).

    Parameters
    ----------
    x, y : array (n)

    Returns
    -------
    PublishedRate
    """
