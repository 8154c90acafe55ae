"""Does a decoder age?"""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .sessions import BinnedSession

@final
class CrossValidation:
    """Result of `cross_validated_ridge`."""

    @property
    def alpha(self) -> float:
        """(float) The best."""
    @property
    def squared_error(self) -> NDArray[Any]:
        """(alphas) Squared error of each penalty."""
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
class Decoded:
    """Decoded bins of windows."""

    @property
    def actual(self) -> NDArray[Any]:
        """(windows) True bin."""
    @property
    def decoded(self) -> NDArray[Any]:
        """(windows) Most likely bin."""
    def errors(self, n_bins: int, *, space: str | int | None = ...) -> NDArray[np.float64]:
        """Distance of each decoded bin from the true one, in bins.

        Parameters
        ----------
        n_bins : int
        space : str or int, optional
            As `bin_distance`.

        Returns
        -------
        array (windows)
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
class ErrorByLag:
    """Mean error against the number of sessions between training and test."""

    @property
    def backward(self) -> NDArray[Any]:
        """(lags) Decoders of later sessions."""
    @property
    def forward(self) -> NDArray[Any]:
        """(lags) Decoders of earlier sessions."""
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
class ErrorMatrix:
    """Decoding errors of every pair of sessions (training × tested), in bins."""

    def by_lag(self) -> ErrorByLag:
        """Mean error by the number of sessions between.

        Returns
        -------
        ErrorByLag
        """
    @property
    def cells(self) -> NDArray[Any]:
        """(sessions, sessions) Cells found in both."""
    @property
    def chance(self) -> NDArray[Any]:
        """(sessions, sessions) By chance."""
    @property
    def mean(self) -> NDArray[Any]:
        """(sessions, sessions) Mean distance of the decoded from the true bin."""
    @property
    def median(self) -> NDArray[Any]:
        """(sessions, sessions) Its median."""
    @property
    def refit(self) -> NDArray[Any]:
        """(sessions) Mean error in each session of its own decoder."""
    @property
    def relative_gap(self) -> NDArray[Any]:
        """(sessions) (stale − refit)/(chance − refit)."""
    @property
    def stale(self) -> NDArray[Any]:
        """(sessions) Mean error in each session of the decoder of the first."""
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
    def windows(self) -> NDArray[Any]:
        """(sessions, sessions) Windows decoded."""

@final
class IdentityTest:
    """A decoder against itself with permuted identities of the cells."""

    @property
    def observed(self) -> float:
        """(float) Mean error, bins."""
    @property
    def p_value(self) -> float:
        """(float) Chance of an error as small."""
    @property
    def permuted(self) -> NDArray[Any]:
        """(permutations) With permuted identities."""
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
class PoissonDecoder:
    """Position from counts, by Bayes' rule with Poisson spikes.

    Parameters
    ----------
    rate_map : array (bins, cells)
        Hz; NaN in bins not visited and for cells not found.
    seconds : array (bins)
        Time spent in each bin.
    floor : float, optional
        Least rate, Hz. Default: 0.01.
    prior : str, optional
        "uniform" (default) or "occupancy".
    """

    def __new__(cls, rate_map: ArrayLike, seconds: ArrayLike, *, floor: float = ..., prior: str = ...) -> PoissonDecoder: ...
    def decode(self, windows: Windows, found: ArrayLike) -> Decoded:
        """The most likely bin of every window.

        Parameters
        ----------
        windows : Windows
        found : array (cells) of bool
            Cells found in the windows' session; those found in both are used.

        Returns
        -------
        Decoded
        """
    def log_posterior(self, counts: ArrayLike, seconds: float) -> NDArray[np.float64]:
        """Normalised log posterior over bins, -inf where training did not go.

        Parameters
        ----------
        counts : array (cells)
        seconds : float

        Returns
        -------
        array (bins)
        """
    def log_posteriors(self, windows: Windows) -> NDArray[np.float64]:
        """Normalised log posterior of all windows.

        Parameters
        ----------
        windows : Windows

        Returns
        -------
        array (windows, bins)
        """
    @staticmethod
    def of(session: BinnedSession, *, floor: float = ..., prior: str = ...) -> PoissonDecoder:
        """Of all laps of a session.

        Parameters
        ----------
        session : BinnedSession
        floor : float, optional
        prior : str, optional

        Returns
        -------
        PoissonDecoder
        """
    def with_identities(self, order: ArrayLike) -> PoissonDecoder:
        """The decoder with permuted identities: cell c responds as cell order[c] did.

        Parameters
        ----------
        order : array (cells) of int

        Returns
        -------
        PoissonDecoder
        """

@final
class RidgeDecoder:
    """A linear decoder with a penalty on its weights. `fit` makes it."""

    def decode(self, activity: ArrayLike) -> NDArray[np.float64]:
        """Decoded places.

        Parameters
        ----------
        activity : array (samples, cells)

        Returns
        -------
        array (samples, coordinates)
        """
    @staticmethod
    def fit(activity: ArrayLike, targets: Targets, alpha: float) -> RidgeDecoder:
        """Fits activity to places.

        Parameters
        ----------
        activity : array (samples, cells)
        targets : Targets
        alpha : float
            Penalty, per sample.

        Returns
        -------
        RidgeDecoder
        """
    @property
    def intercept(self) -> NDArray[Any]:
        """(outputs) Intercept."""
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
    def weights(self) -> NDArray[Any]:
        """(cells, outputs) Weights."""

@final
class Targets:
    """The place to be decoded in every sample: on a line (x), in a plane (x, y) or on a ring (radians).

    Parameters
    ----------
    x : array (samples)
    y : array (samples), optional
    ring : bool, optional
        Whether x are angles. Default: False.
    """

    def __new__(cls, x: ArrayLike, y: ArrayLike | None = ..., *, ring: bool = ...) -> Targets: ...
    def __len__(self) -> int: ...
    def errors(self, decoded: ArrayLike) -> NDArray[np.float64]:
        """Distance of each decoded place from the true one.

        Parameters
        ----------
        decoded : array (samples, coordinates)

        Returns
        -------
        array (samples)
        """

@final
class Windows:
    """Counts of a session in windows.

    Parameters
    ----------
    session : BinnedSession
    window : float, optional
        Seconds. Default: 1.
    """

    def __new__(cls, session: BinnedSession, window: float = ...) -> Windows: ...
    def __len__(self) -> int: ...
    @property
    def bins(self) -> NDArray[Any]:
        """(windows) Bin of each window's middle sample, -1 where it has none."""
    @property
    def laps(self) -> NDArray[Any]:
        """(windows) Lap of each window."""
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

def bin_distance(a: int, b: int, n_bins: int, *, space: str | int | None = ...) -> float:
    """Distance between two bins, in bins.

    Parameters
    ----------
    a, b : int
    n_bins : int
    space : str or int, optional
        "line" (default), "ring", or the number of bins along y of a plane.

    Returns
    -------
    float
    """

def cross_validated_ridge(activity: ArrayLike, targets: Targets, folds: ArrayLike, alphas: ArrayLike) -> CrossValidation:
    """Chooses the penalty by leaving out one fold after the other.

    Parameters
    ----------
    activity : array (samples, cells)
    targets : Targets
    folds : array (samples) of int
        From `lap_folds`.
    alphas : array (alphas)

    Returns
    -------
    CrossValidation
    """

def error_matrix(sessions: Sequence[BinnedSession], *, window: float = ..., floor: float = ..., prior: str = ..., space: str | int | None = ..., laps_left_out: int = ...) -> ErrorMatrix:
    """A Poisson decoder of every session tested on every session.

    Parameters
    ----------
    sessions : list of BinnedSession
    window : float, optional
        Seconds. Default: 1.
    floor : float, optional
        Least rate, Hz. Default: 0.01.
    prior : str, optional
        "uniform" (default) or "occupancy".
    space : str or int, optional
        As `bin_distance`.
    laps_left_out : int, optional
        Laps of a fold; 0 leaves none out, for codes without noise. Default: 2.

    Returns
    -------
    ErrorMatrix
    """

def identity_test(decoder: PoissonDecoder, windows: Windows, *, space: str | int | None = ..., permutations: int = ..., seed: int | np.random.Generator | None = ...) -> IdentityTest:
    """Whether a decoder does better than chance, by permutations of the cells' identities.

    Parameters
    ----------
    decoder : PoissonDecoder
    windows : Windows
    space : str or int, optional
        As `bin_distance`.
    permutations : int, optional
        Default: 1000.
    seed : int or numpy.random.Generator, optional

    Returns
    -------
    IdentityTest
    """

def lap_folds(laps: ArrayLike, per_fold: int) -> NDArray[np.int64]:
    """The fold of each sample: so many laps that follow each other are one.

    Parameters
    ----------
    laps : array (samples) of int
    per_fold : int

    Returns
    -------
    array (samples) of int
    """

def mean_pairing_error(decoded: ArrayLike, actual: ArrayLike, n_bins: int, *, space: str | int | None = ...) -> float:
    """Mean distance over all pairings of a decoded with a true bin: what decoding by chance would give.

    Parameters
    ----------
    decoded, actual : array (samples) of int
    n_bins : int
    space : str or int, optional
        As `bin_distance`.

    Returns
    -------
    float
    """
