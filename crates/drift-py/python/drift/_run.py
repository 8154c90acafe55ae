"""Runs of scenarios, in directories."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from . import _drift
from ._files import Directory
from ._progress import watched
from ._tables import frame

__all__ = ["Interrupted", "Run", "read", "resume", "run"]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a run: everything until then is kept in `directory`, and `drift.resume` goes on
    from there. `run` is what there is so far."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.directory = run.directory
        super().__init__(f"stopped; go on with drift.resume({str(run.directory)!r})")


class Run:
    """What a run has recorded. `run`, `resume` and `read` make it.

    Attributes
    ----------
    directory : pathlib.Path
        Its files. A run without `out` has a temporary directory, which goes with this object.
    notes : list of str
        What one should know of how the run was opened or went.
    """

    def __init__(
        self,
        directory: Directory,
        parts: _drift.Parts | None = None,
        notes: list[str] | None = None,
    ) -> None:
        self.directory = Path(directory.name)
        self.notes = list(notes or [])
        self._directory = directory
        self._parts = parts
        self._record = _drift.Record(directory.name, parts)

    @property
    def trace(self) -> Any:
        """(DataFrame or dict) The samples: a row a sampling point, NaN where nothing was measured.
        A dictionary of arrays where pandas is not installed."""
        return frame(self._record.trace())

    @property
    def scenario(self) -> str:
        """(str) The whole scenario as TOML, which `drift.run` takes."""
        return self._record.scenario()

    @property
    def outcome(self) -> str | None:
        """(str or None) How the run ended; None where it has not."""
        outcome = self._record.outcome()
        return outcome and outcome[1]

    @property
    def dataset(self) -> dict[str, np.ndarray] | None:
        """(dict or None) What the network learns: inputs (samples, inputs), targets (samples,
        outputs), and where the task has them position, across, heading, environment (samples)."""
        return self._record.dataset()

    @property
    def snapshots(self) -> tuple[np.ndarray, np.ndarray]:
        """(tuple) Steps (n), and parameters at each (n, parameters), in the order of
        `Network.parameters`."""
        return self._record.series("snapshots")

    @property
    def spectra(self) -> tuple[np.ndarray, np.ndarray]:
        """(tuple) Steps (m), and eigenvalues of the Hessian, ascending (m, parameters)."""
        return self._record.series("spectra")

    def series(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Any series of vectors that the run has recorded.

        Parameters
        ----------
        name : str

        Returns
        -------
        tuple
            Steps (n), and the vectors (n, entries).
        """
        return self._record.series(name)

    def network(self, step: int | None = None) -> _drift.Network:
        """The network at a sampling point.

        Parameters
        ----------
        step : int, optional
            Default: the last.

        Returns
        -------
        Network
        """
        return self._record.network(step)

    def hidden(self, step: int | None = None) -> np.ndarray:
        """Hidden activity on the clean data at a sampling point.

        Parameters
        ----------
        step : int, optional
            Default: the last.

        Returns
        -------
        array (samples, units)
        """
        return self._record.hidden(step)

    def rate_maps(self, step: int | None = None, *, environment: int = 0) -> Any:
        """Rate maps of the hidden units at a sampling point, unsmoothed, in the paper's way:
        position signed by direction of motion, 0 in unvisited bins.

        Parameters
        ----------
        step : int, optional
            Default: the last.
        environment : int, optional
            Where a task has several. Default: 0.

        Returns
        -------
        drift.metrics.RateMap
        """
        return self._record.rate_maps(step, environment)

    def report(self) -> Path:
        """Writes report.html and the figures into the run's directory.

        Returns
        -------
        pathlib.Path
            The page.
        """
        return Path(self._record.report())

    def __repr__(self) -> str:
        name = re.search(r'^name = "(.*)"', self.scenario, re.MULTILINE)
        return f"<drift.Run {name[1] if name else ''}: {self.outcome or 'not finished'}, in {self.directory}>"


def _steps(scenario: str) -> int:
    found = re.search(r"^steps = (\d+)", scenario, re.MULTILINE)
    return int(found[1]) if found else 0


def _spent(parts: _drift.Parts | None, before: tuple[int, float]) -> list[str]:
    if parts is None:
        return []
    calls, seconds = (now - then for now, then in zip(parts.spent, before))
    if not calls:
        return []
    each = 1e6 * seconds / calls
    return [f"parts in Python took {seconds:.3g} s in {calls} calls, {each:.3g} µs each"]


def _finish(
    directory: Directory,
    parts: _drift.Parts | None,
    total: int,
    progress: bool,
    work: Any,
) -> Run:
    before = parts.spent if parts is not None else (0, 0.0)
    try:
        _, notes = watched(total, "step", progress, work)
    except KeyboardInterrupt as interrupt:
        raise Interrupted(Run(directory, parts)) from interrupt
    return Run(directory, parts, notes + _spent(parts, before))


def run(
    scenario: str,
    *,
    steps: int | None = None,
    seed: int | None = None,
    out: str | os.PathLike[str] | None = None,
    parts: _drift.Parts | None = None,
    progress: bool = True,
    **fields: Any,
) -> Run:
    """Runs a scenario and records it. Ctrl-C stops it cleanly: see `Interrupted`.

    Parameters
    ----------
    scenario : str
        A preset (`drift.presets`), a file ending in .toml or .json, or TOML text.
    steps : int, optional
        Updates to make. Default: the scenario's.
    seed : int, optional
        That all random numbers follow from. Default: the scenario's.
    out : path, optional
        Directory to write into, which may not hold another run. Default: a temporary one.
    parts : Parts, optional
        Parts written in Python that the scenario names.
    progress : bool, optional
        Whether a bar is shown, on a terminal or in a notebook. Default: True.
    **fields
        Fields of the scenario: `network__hidden=50` is `network.hidden`, and
        `noise__update__distribution={"gaussian": {"standard_deviation": 0.02}}` is a table of it.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        For a field that is unknown or outside its range, with the library's message.
    OSError
        Where a file cannot be read or written.

    Examples
    --------
    >>> import drift
    >>> run = drift.run("figure2", steps=200, seed=1, network__hidden=20, progress=False)
    >>> run.rate_maps().rates.shape
    (100, 20)
    """
    text = _drift.scenario_text(os.fspath(scenario), steps, seed, fields, parts)
    directory = Directory(out)

    def work(show: Any) -> Any:
        return _drift.run_in(text, directory.name, parts=parts, progress=show)

    return _finish(directory, parts, _steps(text), progress, work)


def resume(
    directory: str | os.PathLike[str],
    *,
    parts: _drift.Parts | None = None,
    progress: bool = True,
) -> Run:
    """Goes on with a run that was stopped or killed, from its last checkpoint to the same bits; of
    a run that has ended it only reads the record.

    Parameters
    ----------
    directory : path
    parts : Parts, optional
        Parts written in Python that the scenario names.
    progress : bool, optional
        Default: True.

    Returns
    -------
    Run
    """
    kept = Directory(directory)
    text = _drift.Record(kept.name, parts).scenario()

    def work(show: Any) -> Any:
        return _drift.resume_in(kept.name, parts=parts, progress=show)

    return _finish(kept, parts, _steps(text), progress, work)


def read(directory: str | os.PathLike[str], *, parts: _drift.Parts | None = None) -> Run:
    """What a run's directory holds, whether or not a process works in it.

    Parameters
    ----------
    directory : path
    parts : Parts, optional

    Returns
    -------
    Run
    """
    return Run(Directory(directory), parts)
