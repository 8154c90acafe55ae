"""Sweeps: many runs, one table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from . import _drift
from ._progress import watched
from ._tables import read_csv

__all__ = ["Sweep", "sweep", "sweeps"]


class Sweep:
    """What a sweep has recorded.

    Attributes
    ----------
    directory : pathlib.Path
    finished, total : int
        Runs of this shard that are finished, of all.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        finished: int,
        total: int,
        parts: _drift.Parts | None = None,
    ) -> None:
        self.directory = Path(directory)
        self.finished, self.total = finished, total
        self._parts = parts

    @property
    def table(self) -> Any:
        """(DataFrame or dict) A row a run: what it drew, how it ended, its measures."""
        return read_csv(self.directory / "table.csv")

    def report(self) -> Path:
        """Writes the report of what the runs show.

        Returns
        -------
        pathlib.Path
        """
        _drift.command(["sweep", "report", str(self.directory)], self._parts)
        return self.directory / "report.html"

    def __repr__(self) -> str:
        return f"<drift.Sweep: {self.finished} of {self.total} runs, in {self.directory}>"


def sweep(
    sweep: str,
    *,
    out: str | os.PathLike[str],
    jobs: int | None = None,
    shard: str | None = None,
    many: bool = False,
    parts: _drift.Parts | None = None,
    progress: bool = True,
) -> Sweep:
    """Runs a sweep, or does what is missing of it. Ctrl-C stops it; every finished run is kept, and
    the same call goes on.

    Parameters
    ----------
    sweep : str
        A preset (`drift.sweeps`), a TOML file, or TOML text.
    out : path
        Directory of the sweep.
    jobs : int, optional
        Runs at the same time. Default: one a core.
    shard : str, optional
        "I/N": only every N-th run from the I-th on. Default: all.
    many : bool, optional
        Whether very many runs are meant. Default: False.
    parts : Parts, optional
        Parts written in Python that its scenarios name.
    progress : bool, optional
        Default: True.

    Returns
    -------
    Sweep
    """
    directory = os.fspath(out)

    def work(show: Any) -> Any:
        return _drift.sweep_in(os.fspath(sweep), directory, jobs, shard, many, parts, show)

    finished, total = watched(0, "run", progress, work)
    return Sweep(directory, finished, total, parts)


def sweeps() -> dict[str, str]:
    """Sweeps known by name, each with what it is.

    Returns
    -------
    dict
    """
    return dict(_drift.sweeps_by_name())
