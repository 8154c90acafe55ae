"""Is this convergence, directed drift or null drift?"""

from typing import Any, final

from numpy.typing import ArrayLike

from .timescale import DecayFit

@final
class Border:
    """Where one phase passes into the next."""

    @property
    def interval(self) -> tuple[Any, ...] | None:
        """(tuple or None) Where it may lie, where it lies within the record."""
    @property
    def kind(self) -> str:
        """(str) "before_start", "at" or "not_reached"."""
    @property
    def time(self) -> float | None:
        """(float or None) When the next phase has begun; None if it never does."""
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
class NullDrift:
    """How fast rate maps change while nothing else does."""

    @property
    def pairs(self) -> int:
        """(int) Pairs behind it."""
    @property
    def rate(self) -> float:
        """(float) Mean of (1 − r)/Δt."""
    @property
    def retained(self) -> float:
        """(float) Correlation that is retained."""
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

@final
class Phases:
    """The phases of one run."""

    @property
    def convergence_end(self) -> Border:
        """(Border) The end of convergence."""
    @property
    def directed_change(self) -> DecayFit | None:
        """(DecayFit or None) The directed change of the sparsity."""
    @property
    def directed_drift_end(self) -> Border:
        """(Border) The end of directed drift."""
    @property
    def null_drift(self) -> NullDrift | None:
        """(NullDrift or None) What goes on after it."""
    @property
    def speed_change(self) -> DecayFit | None:
        """(DecayFit or None) The change of the maps' speed."""
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

def find_phases(time: ArrayLike, log10_loss: ArrayLike, sparsity: ArrayLike, correlation: ArrayLike | None = ..., *, correlation_time: ArrayLike | None = ..., least_fall: float = ..., level_timescale: float = ...) -> Phases:
    """The borders of the three phases of a run.

    Parameters
    ----------
    time : array (samples)
        Training time.
    log10_loss : array (samples)
    sparsity : array (samples)
        Active fraction, or fraction of active units.
    correlation : array (times, times), optional
        Rate-map correlation.
    correlation_time : array (times), optional
        Its times. Default: those of the samples.
    least_fall : float, optional
        Least fall of the log loss that counts as convergence. Default: 0.05.
    level_timescale : float, optional
        Timescale of what the loss keeps doing at its level. Default: 0.

    Returns
    -------
    Phases
    """
