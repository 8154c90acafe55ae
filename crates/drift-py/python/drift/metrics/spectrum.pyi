"""How curved is the loss?"""

from collections.abc import Sequence
from typing import Any, final

from numpy.typing import ArrayLike, NDArray

@final
class Comparison:
    """Two spectra side by side."""

    @property
    def after(self) -> Summary:
        """(Summary) The second."""
    @property
    def before(self) -> Summary:
        """(Summary) The first."""
    @property
    def log_sum_change_shared(self) -> float:
        """(float) Change of Σ ln λ over the ranks that both have."""
    @property
    def maximum_ratio(self) -> float:
        """(float) Ratio of the largest."""
    @property
    def nonzero_change(self) -> int:
        """(int) Change of the number that are not 0."""
    @property
    def ranked(self) -> list[tuple[Any, ...]]:
        """(list of tuple) Eigenvalues of equal rank."""
    @property
    def sum_ratio(self) -> float:
        """(float) Ratio of the sums."""
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
class Log10Histogram:
    """Counts of log₁₀ λ of several spectra on common bins."""

    @property
    def counts(self) -> list[NDArray[Any]]:
        """(list of (bins)) Counts of each spectrum."""
    @property
    def edges(self) -> NDArray[Any]:
        """(bins + 1) Edges, log₁₀ λ."""
    @property
    def not_positive(self) -> NDArray[Any]:
        """(spectra) Eigenvalues of each that are not positive."""
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
class LogSum:
    """Sum of the logarithms of the positive eigenvalues, and what it leaves out."""

    @property
    def dropped_negative(self) -> int:
        """(int) Left out for they are negative."""
    @property
    def dropped_zero(self) -> int:
        """(int) Left out for they count as 0."""
    @property
    def kept(self) -> int:
        """(int) Eigenvalues in it."""
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
    def value(self) -> float:
        """(float) Σ ln λ."""

@final
class Summary:
    """What a spectrum says at a glance."""

    @property
    def count(self) -> int:
        """(int) Eigenvalues."""
    @property
    def effective_rank(self) -> float:
        """(float) Effective rank."""
    @property
    def fraction_nonzero(self) -> float:
        """(float) Share that is not 0."""
    @property
    def log_sum(self) -> LogSum:
        """(LogSum) Σ ln λ."""
    @property
    def maximum(self) -> float:
        """(float) The largest."""
    @property
    def sum(self) -> float:
        """(float) Their sum."""
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

def compare(before: ArrayLike, after: ArrayLike, *, tolerance: float = ..., relative: float | None = ...) -> Comparison:
    """Compares the spectrum before with the one after.

    Parameters
    ----------
    before, after : array (n)
    tolerance : float, optional
        As `log_sum`.
    relative : float, optional

    Returns
    -------
    Comparison
    """

def effective_rank(eigenvalues: ArrayLike, *, tolerance: float = ..., relative: float | None = ...) -> float:
    """Number of directions that the positive part of the spectrum spreads over.

    Parameters
    ----------
    eigenvalues : array (n)
    tolerance : float, optional
        As `log_sum`.
    relative : float, optional

    Returns
    -------
    float
    """

def fraction_nonzero(eigenvalues: ArrayLike, *, tolerance: float = ..., relative: float | None = ...) -> float:
    """Share of the eigenvalues that are not 0.

    Parameters
    ----------
    eigenvalues : array (n)
    tolerance : float, optional
        As `log_sum`.
    relative : float, optional

    Returns
    -------
    float
    """

def log10_histogram(spectra: Sequence[ArrayLike], bins: int, *, tolerance: float = ..., relative: float | None = ...) -> Log10Histogram:
    """Histograms of log₁₀ λ of several spectra on common bins.

    Parameters
    ----------
    spectra : list of array (n)
    bins : int
    tolerance : float, optional
        As `log_sum`.
    relative : float, optional

    Returns
    -------
    Log10Histogram
    """

def log_sum(eigenvalues: ArrayLike, *, tolerance: float = ..., relative: float | None = ...) -> LogSum:
    """Σ ln λ over the eigenvalues above the tolerance.

    Parameters
    ----------
    eigenvalues : array (n)
    tolerance : float, optional
        Below it in magnitude an eigenvalue counts as 0. Default: 1e-10.
    relative : float, optional
        The same as a share of the largest magnitude, in the place of `tolerance`.

    Returns
    -------
    LogSum
    """

def published_fraction_positive(eigenvalues: ArrayLike) -> float:
    """Share of the eigenvalues above 0, the published count.

    Parameters
    ----------
    eigenvalues : array (n)

    Returns
    -------
    float
    """

def summarise(eigenvalues: ArrayLike, *, tolerance: float = ..., relative: float | None = ...) -> Summary:
    """Summarises a spectrum.

    Parameters
    ----------
    eigenvalues : array (n)
    tolerance : float, optional
        As `log_sum`.
    relative : float, optional

    Returns
    -------
    Summary
    """
