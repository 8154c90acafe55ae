"""How much of the information is the bias of a short recording?"""

from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .activity import SparseActivity
from .binning import States

@final
class BoundedExtrapolation:
    """The curve a + b/(1 + c t) of bounded asymptotic extrapolation."""

    def at(self, t: float) -> float:
        """The fitted information at a sample size.

        Parameters
        ----------
        t : float

        Returns
        -------
        float
        """
    @property
    def b(self) -> float:
        """(float) b, the bias at size 0; infinite where the bias is ∝ 1/t."""
    @property
    def bias_at_first(self) -> float:
        """(float) The bias at the first size."""
    @property
    def c(self) -> float:
        """(float) c, per unit of size; infinite where the bias is ∝ 1/t."""
    @property
    def first(self) -> float:
        """(float) The first size."""
    @property
    def information(self) -> float:
        """(float) a, the information of an endless recording."""
    @property
    def r_squared(self) -> float:
        """(float) R² of the fit."""
    @property
    def shape(self) -> float:
        """(float) The curve's shape."""
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
class CorrectedInformation:
    """One information, naive and corrected in every way."""

    @property
    def bae(self) -> float:
        """(float) Bounded asymptotic extrapolation."""
    @property
    def bae_r_squared(self) -> float:
        """(float) R² of its fit."""
    @property
    def disagreement(self) -> float:
        """(float) Disagreement of the two."""
    @property
    def naive(self) -> float:
        """(float) Uncorrected."""
    @property
    def shuffle_reduction(self) -> float:
        """(float) Plain shuffle reduction."""
    @property
    def ssr(self) -> float:
        """(float) Scaled shuffle reduction."""
    @property
    def ssr_stability(self) -> float:
        """(float) Its stability over sizes."""
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
    def unbounded(self) -> float:
        """(float) Unbounded extrapolation."""

@final
class InformationCurves:
    """Naive and shuffled information at each sample size."""

    @property
    def naive(self) -> NDArray[Any]:
        """(sizes, cells) Naive."""
    @property
    def shuffled(self) -> NDArray[Any]:
        """(sizes, cells) Of shuffles."""
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
class InformationEstimate:
    """One measure of information over the analysed cells."""

    @property
    def average(self) -> CorrectedInformation:
        """(CorrectedInformation) Of the mean curve."""
    @property
    def bae(self) -> NDArray[Any]:
        """(cells) Bounded asymptotic extrapolation of each analysed cell."""
    @property
    def cells(self) -> list[CorrectedInformation]:
        """(list of CorrectedInformation) Of each analysed cell."""
    @property
    def curves(self) -> InformationCurves:
        """(InformationCurves) Against sample size."""
    @property
    def naive(self) -> NDArray[Any]:
        """(cells) Naive information of each analysed cell."""
    @property
    def ssr(self) -> NDArray[Any]:
        """(cells) Scaled shuffle reduction of each analysed cell."""
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
    def weighted(self, weights: ArrayLike) -> WeightedInformation:
        """Means over cells by weights.

        Parameters
        ----------
        weights : array (cells)

        Returns
        -------
        WeightedInformation
        """

@final
class InformationReport:
    """What `estimate` finds. Cells count from 0."""

    @property
    def active_cells(self) -> NDArray[Any]:
        """(n) Cells active often enough."""
    @property
    def bits_per_second(self) -> InformationEstimate:
        """(InformationEstimate) Bits per second."""
    @property
    def bits_per_spike(self) -> InformationEstimate:
        """(InformationEstimate) Bits per spike."""
    @property
    def bits_per_spike_weighted(self) -> WeightedInformation:
        """(WeightedInformation) Its mean weighted by rates."""
    @property
    def fraction_active(self) -> float:
        """(float) Share of the recorded cells that are active often enough."""
    @property
    def fraction_significant(self) -> float:
        """(float) Share of the recorded cells that are active and significant."""
    @property
    def fraction_significant_of_active(self) -> float:
        """(float) Share of the active cells that are significant."""
    @property
    def mutual_information(self) -> InformationEstimate:
        """(InformationEstimate) Mutual information, bits per sample."""
    @property
    def p_values(self) -> NDArray[Any]:
        """(n) p of each active cell."""
    @property
    def rates(self) -> NDArray[Any]:
        """(m) Their mean rates, Hz."""
    @property
    def recorded_cells(self) -> int:
        """(int) Cells recorded."""
    @property
    def significant_cells(self) -> NDArray[Any]:
        """(m) Cells that are significant too: those analysed."""
    @property
    def sizes(self) -> NDArray[Any]:
        """(sizes) Sample sizes, in samples."""
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
class NaiveInformation:
    """Uncorrected spatial information of every cell."""

    @property
    def bits_per_second(self) -> NDArray[Any]:
        """(cells) Bits per second."""
    @property
    def bits_per_spike(self) -> NDArray[Any]:
        """(cells) Bits per spike; NaN for a silent cell."""
    @property
    def rates(self) -> NDArray[Any]:
        """(cells) Mean rate, Hz."""
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
class ScaledShuffleReduction:
    """Result of scaled shuffle reduction."""

    @property
    def by_size(self) -> NDArray[Any]:
        """(sizes) The same at each size."""
    @property
    def information(self) -> float:
        """(float) The corrected information."""
    @property
    def stability(self) -> float:
        """(float) How alike they are."""
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
class SubsampledInformation:
    """The three measures of information against sample size."""

    @property
    def bits_per_second(self) -> InformationCurves:
        """(InformationCurves) Bits per second."""
    @property
    def bits_per_spike(self) -> InformationCurves:
        """(InformationCurves) Bits per spike."""
    @property
    def mutual(self) -> InformationCurves:
        """(InformationCurves) Mutual information, bits per sample."""
    @property
    def sizes(self) -> NDArray[Any]:
        """(sizes) Sample sizes, in samples."""
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
class UnboundedExtrapolation:
    """The curve a + b/t + c/t²."""

    @property
    def information(self) -> float:
        """(float) a."""
    @property
    def linear(self) -> float:
        """(float) b."""
    @property
    def quadratic(self) -> float:
        """(float) c."""
    @property
    def r_squared(self) -> float:
        """(float) R² of the fit."""
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
class WeightedInformation:
    """Weighted means over cells."""

    @property
    def bae(self) -> float:
        """(float) Bounded asymptotic extrapolation."""
    @property
    def disagreement(self) -> float:
        """(float) Disagreement of the two."""
    @property
    def naive(self) -> float:
        """(float) Uncorrected."""
    @property
    def ssr(self) -> float:
        """(float) Scaled shuffle reduction."""
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

def bounded_extrapolation(sizes: ArrayLike, information: ArrayLike, *, fit: str = ...) -> BoundedExtrapolation:
    """Bounded asymptotic extrapolation (BAE): the fit of a + b/(1 + c t), a, b, c ≥ 0.

    Parameters
    ----------
    sizes : array (sizes)
    information : array (sizes)
    fit : str, optional
        "guarded" (default) or "least_squares".

    Returns
    -------
    BoundedExtrapolation
    """

def corrected_information(sizes: ArrayLike, naive: ArrayLike, shuffled: ArrayLike, *, fit: str = ...) -> CorrectedInformation:
    """All corrections of one curve of information against sample size.

    Parameters
    ----------
    sizes : array (sizes)
    naive : array (sizes)
    shuffled : array (sizes)
    fit : str, optional
        "guarded" (default) or "least_squares".

    Returns
    -------
    CorrectedInformation
    """

def estimate(activity: SparseActivity, states: States, frame_duration: float, *, active_frames: int = ..., minimum_rate: float = ..., significance: float | None = ..., shuffle: str = ..., shuffles: int = ..., fractions: ArrayLike | None = ..., repetitions: int = ..., fit: str = ..., seed: int | np.random.Generator | None = ...) -> InformationReport:
    """The published procedure from activity to corrected information (Sheintuch, Rubin and Ziv 2022).

    Parameters
    ----------
    activity : SparseActivity
    states : States
    frame_duration : float
        Seconds of a sample.
    active_frames : int, optional
        Samples in which a cell must be active. Default: 10.
    minimum_rate : float, optional
        Least mean rate, Hz. Default: 0.
    significance : float or None, optional
        Largest p of a cell that is analysed; None: all. Default: 0.05.
    shuffle : str, optional
        "cyclic" (default), "permutation" or "inter_spike_intervals".
    shuffles : int, optional
        Default: 1000.
    fractions : array (sizes), optional
        Default: 0.1, 0.2, …, 1.
    repetitions : int, optional
        Subsets of each size. Default: 500.
    fit : str, optional
        "guarded" (default) or "least_squares".
    seed : int or numpy.random.Generator, optional

    Returns
    -------
    InformationReport
    """

def naive_information(activity: SparseActivity, states: States, durations: float | ArrayLike) -> NaiveInformation:
    """Spatial information from the samples of a recording, uncorrected.

    Parameters
    ----------
    activity : SparseActivity
    states : States
    durations : float or array (samples)
        Seconds of each sample.

    Returns
    -------
    NaiveInformation
    """

def scaled_shuffle_reduction(sizes: ArrayLike, naive: ArrayLike, shuffled: ArrayLike) -> ScaledShuffleReduction:
    """Scaled shuffle reduction (SSR).

    Parameters
    ----------
    sizes : array (sizes)
    naive : array (sizes)
    shuffled : array (sizes)

    Returns
    -------
    ScaledShuffleReduction
    """

def subsampled_information(activity: SparseActivity, states: States, frame_duration: float, *, fractions: ArrayLike | None = ..., repetitions: int = ..., classes: str | ArrayLike | None = ..., seed: int | np.random.Generator | None = ...) -> SubsampledInformation:
    """Information of random subsets of the samples, naive and shuffled.

    Parameters
    ----------
    activity : SparseActivity
    states : States
    frame_duration : float
        Seconds of a sample.
    fractions : array (sizes), optional
        Shares of the samples. Default: 0.1, 0.2, …, 1.
    repetitions : int, optional
        Subsets of each size. Default: 500.
    classes : str or array (classes), optional
        As `mutual_information`.
    seed : int or numpy.random.Generator, optional

    Returns
    -------
    SubsampledInformation
    """

def unbounded_extrapolation(sizes: ArrayLike, information: ArrayLike) -> UnboundedExtrapolation:
    """Unbounded asymptotic extrapolation: the fit of a + b/t + c/t².

    Parameters
    ----------
    sizes : array (sizes)
    information : array (sizes)

    Returns
    -------
    UnboundedExtrapolation
    """
