"""Simulate, measure and explain representational drift.

>>> import drift
>>> run = drift.run("figure2", steps=200, network__hidden=20, progress=False)
>>> float(run.trace["loss"].iloc[-1]) < float(run.trace["loss"].iloc[0])
True

| | |
|---|---|
| `run`, `resume`, `read`, `presets` | scenarios, in directories |
| `sweep`, `sweeps` | many runs, one table |
| `Simulation` | a run in memory, step by step |
| `Network`, `Hessian` | the network, its gradient and curvature |
| `Parts` | rules, noises, measures and systems of one's own |
| `load`, `inspect`, `convert`, `analyze`, `compare`, `infer` | recordings |
| `metrics` | measures on NumPy arrays and pynapple objects |

Rows are samples, columns are units. An array of float64 in Fortran order is read without a copy; a
C-ordered array of units × samples is one after `.T`. Anything else is converted once.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from . import metrics
from ._drift import Hessian, Moment, Network, Parts, Recording, Session, Simulation
from ._drift import presets_by_name as _presets
from ._drift import scenario_text as _scenario
from ._labelled import counts
from ._recordings import Analysis, Inferred, analyze, compare, convert, infer, inspect, load
from ._run import Interrupted, Run, read, resume, run
from ._sweep import Sweep, sweep, sweeps

__all__ = [
    "Analysis",
    "Hessian",
    "Inferred",
    "Interrupted",
    "Moment",
    "Network",
    "Parts",
    "Recording",
    "Run",
    "Session",
    "Simulation",
    "Sweep",
    "analyze",
    "compare",
    "convert",
    "counts",
    "infer",
    "inspect",
    "load",
    "metrics",
    "preset",
    "presets",
    "read",
    "resume",
    "run",
    "sweep",
    "sweeps",
]

try:
    __version__ = version("drift")
except PackageNotFoundError:  # imported from a source tree
    __version__ = "unknown"


def presets() -> dict[str, str]:
    """Scenarios that `run` takes by name, each with what it is.

    Returns
    -------
    dict
    """
    return dict(_presets())


def preset(name: str) -> str:
    """A preset's whole scenario as TOML.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
    """
    return _scenario(name)
