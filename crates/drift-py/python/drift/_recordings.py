"""Recordings: load, analyze, compare, infer."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from . import _drift
from ._files import Directory
from ._run import Run
from ._tables import read_csv

__all__ = ["Analysis", "Inferred", "analyze", "compare", "convert", "infer", "inspect", "load"]


def _options(options: Mapping[str, Any]) -> list[str]:
    """Keyword arguments as the program's options: `active_frames=5` is `--active-frames 5`, True a
    flag, a list the option several times."""
    arguments: list[str] = []
    for name, value in options.items():
        option = "--" + name.rstrip("_").replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            arguments.append(option)
            continue
        for one in value if isinstance(value, (list, tuple)) else [value]:
            text = os.fspath(one) if isinstance(one, os.PathLike) else one
            arguments.append(f"{option}={text}")
    return arguments


def load(format: str, path: str | os.PathLike[str], **options: Any) -> list[_drift.Recording]:
    """Reads recordings, one an animal and environment.

    Parameters
    ----------
    format : str
        "hc6", "place-cells", "multiple-maps", "cell-assemblies", "rate-maps", "nwb" or "recording"
        (a folder with a recording.toml).
    path : path
        File or folder.
    **options
        As `drift analyze` has them, with `_` for `-`: series, position, plane, cells, epochs, scale,
        missing, frame_rate, traces, linearise, running, edges, frame_log, strict, layout.

    Returns
    -------
    list of Recording
    """
    return _drift.load_recordings([format, os.fspath(path), *_options(options)])


def inspect(path: str | os.PathLike[str], **options: Any) -> str:
    """What is in a file or folder, what would be read of it as what, and what is missing.

    Parameters
    ----------
    path : path
    **options
        As `load`.

    Returns
    -------
    str
    """
    return _drift.command(["data", "inspect", os.fspath(path), *_options(options)])


def convert(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    format: str | None = None,
    sessions: Mapping[str, float | str] | None = None,
    positions: Mapping[str, Any] | None = None,
    activity: Mapping[str, Any] | None = None,
    registration: Mapping[str, Any] | None = None,
    **options: Any,
) -> str:
    """Writes any recording as a neutral folder: recording.toml, CSV and NPZ.

    Parameters
    ----------
    path : path
        The recording: a folder whose files tell what they are, or what `format` says.
    out : path
        Directory to write.
    format : str, optional
        As `load`. Default: found out.
    sessions : dict, optional
        Day or date of each session, in the order of time.
    positions, activity, registration : dict, optional
        Keys as recording.toml has them, such as {"cm_per_px": 0.2}: what no file says.
    **options
        subject, take, and those of `load`.

    Returns
    -------
    str
        What was read and how.
    """

    def pairs(given: Mapping[str, Any] | None) -> list[str]:
        return [f"{key}={value}" for key, value in (given or {}).items()]

    named = {
        "format": format,
        "session": pairs(sessions),
        "positions": pairs(positions),
        "activity": pairs(activity),
        "registration": pairs(registration),
    }
    command = ["data", "convert", os.fspath(path), os.fspath(out)]
    return _drift.command([*command, *_options({**named, **options})])


class Analysis:
    """The tables of `drift.analyze` and `drift.compare`.

    Attributes
    ----------
    directory : pathlib.Path
        Tables, figures and report.html. Without `out` it is a temporary one, which goes with this
        object.
    summary : str
    """

    def __init__(self, directory: Directory, summary: str) -> None:
        self.directory = Path(directory.name)
        self.summary = summary
        self._directory = directory

    def _table(self, *names: str) -> Any:
        for name in names:
            if (self.directory / name).exists():
                return read_csv(self.directory / name)
        return None

    @property
    def sessions(self) -> Any:
        """(DataFrame or dict) A row a session, or a snapshot of the run that is compared."""
        return self._table("sessions.csv", "compare.csv")

    @property
    def cells(self) -> Any:
        """(DataFrame or dict) A row a session, cell and direction; None of a comparison."""
        return self._table("cells.csv")

    @property
    def lags(self) -> Any:
        """(DataFrame or dict) Similarity of the code by the time between; None without cells that
        are known in several sessions."""
        return self._table("lags.csv")

    @property
    def cohort(self) -> Any:
        """(DataFrame or dict) The animals together, a row a quantity and time (Figure 3)."""
        return self._table("cohort.csv")

    def report(self) -> Path:
        """The report, which was written with the tables.

        Returns
        -------
        pathlib.Path
        """
        return self.directory / "report.html"

    def __repr__(self) -> str:
        return f"<drift.Analysis in {self.directory}>\n{self.summary}"


def _analysis(
    command: list[str],
    out: str | os.PathLike[str] | None,
    parts: _drift.Parts | None = None,
) -> Analysis:
    directory = Directory(out)
    return Analysis(directory, _drift.command([*command, "--out", directory.name], parts))


def analyze(
    format: str,
    path: str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    shuffles: int = 1000,
    subsamplings: int = 100,
    seed: int = 0,
    **options: Any,
) -> Analysis:
    """Place cells, information and drift of recordings.

    Parameters
    ----------
    format : str
        As `load`.
    path : path
    out : path, optional
        Directory to write into. Default: a temporary one.
    shuffles : int, optional
        For the significance of a place cell; 0 leaves it out. Default: 1000.
    subsamplings : int, optional
        Behind the bias correction of the information; 0 leaves it out. Default: 100.
    seed : int, optional
        Of the shuffles. Default: 0.
    **options
        As `drift analyze` has them: laboratory, active_frames, min_rate, speed, directions,
        block_minutes, region, bin_cm, axis, share_of, with_, and those of `load`.

    Returns
    -------
    Analysis
    """
    given = {"shuffles": shuffles, "subsamplings": subsamplings, "seed": seed, **options}
    return _analysis(["analyze", format, os.fspath(path), *_options(given)], out)


def compare(
    run: Run | str | os.PathLike[str],
    format: str,
    path: str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    shuffles: int = 1000,
    seed: int = 0,
    **options: Any,
) -> Analysis:
    """A run's units and the cells of a recording through the same measures.

    Parameters
    ----------
    run : Run or path
        A run whose task has positions, such as figure2.
    format : str
        As `load`.
    path : path
    out : path, optional
        Directory to write into. Default: a temporary one.
    shuffles : int, optional
        Default: 1000.
    seed : int, optional
        Of the shuffles. Default: 0.
    **options
        As `drift compare` has them: snapshots, from_, and those of `analyze`.

    Returns
    -------
    Analysis
    """
    directory, parts = (run.directory, run._parts) if isinstance(run, Run) else (run, None)
    given = {"shuffles": shuffles, "seed": seed, **options}
    command = ["compare", os.fspath(directory), format, os.fspath(path), *_options(given)]
    return _analysis(command, out, parts)


class Inferred(dict[str, float]):
    """Probability of each rule that may have made a drift, if it is one of them.

    Attributes
    ----------
    measures : list of str
        What the classification used.
    typicality : float
        Share of runs of these rules that lie as far from what was learned from, or farther.
    outside : list of str
        The measures that are less typical than 0.05 by themselves.
    """

    def __init__(
        self,
        probabilities: Iterable[tuple[str, float]],
        measures: list[str],
        typicality: float,
        outside: list[str],
    ) -> None:
        super().__init__(probabilities)
        self.measures = measures
        self.typicality = typicality
        self.outside = outside

    @property
    def rule(self) -> str | None:
        """(str or None) The most probable rule; None where the typicality is below 0.05."""
        return self.most_probable if self.typicality >= 0.05 else None

    @property
    def most_probable(self) -> str:
        """(str) The most probable rule."""
        return max(self, key=lambda rule: self[rule])


def infer(curves: Any, *, measures: list[str] | None = None) -> Inferred:
    """Which rule made a drift: one of eight, by its probability, or none of these.

    Parameters
    ----------
    curves : Run, DataFrame or dict
        A run, whose snapshots add the rate-map correlation; or a column `step`, `time` or `day` and
        columns of measures as a trace names them.
    measures : list of str, optional
        Use only these. Default: all that are there.

    Returns
    -------
    Inferred
    """
    if isinstance(curves, Run):
        given: Any = curves._record
    else:
        given = {name: curves[name] for name in curves}
        given = {name: values for name, values in given.items() if _numeric(values)}
    return Inferred(*_drift.classify(given, measures))


def _numeric(values: Any) -> bool:
    return np.asarray(values).dtype.kind in "iufb"
