"""The package as such: tables that repeat the workspace's, stubs, docstrings, names in tests."""

import doctest
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import drift
import pytest
from drift import metrics

HERE = Path(__file__).resolve().parent
CRATE = HERE.parent
ROOT = CRATE.parent.parent
MODULES = [
    "activity",
    "bias",
    "binning",
    "cohort",
    "decoding",
    "geometry",
    "increments",
    "information",
    "maps",
    "paper",
    "phases",
    "sessions",
    "shuffle",
    "similarity",
    "spectrum",
    "statistics",
    "timescale",
]

in_the_repository = pytest.mark.skipif(
    not (ROOT / "Cargo.lock").exists(), reason="the workspace is not around the package"
)


def toml(path):
    tomllib = pytest.importorskip("tomllib")
    return tomllib.loads(path.read_text(encoding="utf-8"))


@in_the_repository
def test_versions_and_lints_are_the_workspaces():
    root, own = toml(ROOT / "Cargo.toml")["workspace"], toml(CRATE / "Cargo.toml")
    assert own["workspace"]["lints"] == root["lints"]
    for key in ("version", "edition", "rust-version", "license"):
        assert own["package"][key] == root["package"][key]
    for name, wanted in own["dependencies"].items():
        if name not in root["dependencies"] or name == "drift-cli":
            continue
        version = lambda w: w if isinstance(w, str) else w["version"]
        assert version(wanted) == version(root["dependencies"][name]), name
    locked = lambda path: {
        (p["name"], p["version"]) for p in toml(path)["package"] if "source" in p
    }
    theirs, ours = locked(ROOT / "Cargo.lock"), locked(CRATE / "Cargo.lock")
    shared = {name for name, _ in theirs}
    assert {one for one in ours if one[0] in shared} <= theirs
    for name in ("nalgebra", "rand", "rand_core", "rand_chacha", "serde"):
        assert len([one for one in ours if one[0] == name]) == 1, name


@in_the_repository
def test_stubs_are_up_to_date():
    script = CRATE / "tools" / "stubs.py"
    subprocess.run([sys.executable, str(script), "--check"], check=True)


def test_stubs_fit_a_program(tmp_path):
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text(
        "import numpy as np\n"
        "import drift\n"
        "from drift import metrics\n"
        "maps: metrics.RateMap = metrics.rate_map(np.arange(3.0), np.ones(4), np.ones((4, 2)))\n"
        "bits: np.ndarray = metrics.spatial_information(maps)\n"
        "loss: float = drift.Network.initialize(2, 3, 1).loss(np.ones((4, 2)), np.ones((4, 1)))\n"
        "run: drift.Run = drift.run('figure2', steps=3, network__hidden=4)\n"
        "metrics.spatial_information(3)\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(program)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    errors = [line for line in said.splitlines() if "error" in line and "Found" not in line]
    assert len(errors) == 1 and ":8: error" in errors[0], said


def public():
    """Every public thing: its name, and what it is."""
    for name in drift.__all__:
        if name != "metrics":
            yield f"drift.{name}", getattr(drift, name)
    for module in MODULES:
        found = importlib.import_module(f"drift.metrics.{module}")
        for name in found.__all__:
            yield f"drift.metrics.{module}.{name}", getattr(found, name)


def members():
    for name, found in public():
        yield name, found
        if inspect.isclass(found):
            for member, value in vars(found).items():
                if not member.startswith("_"):
                    yield f"{name}.{member}", value


@pytest.mark.parametrize(
    "name, found", list(members()), ids=lambda one: one if isinstance(one, str) else ""
)
def test_docstring_and_signature(name, found):
    found = found.__func__ if isinstance(found, staticmethod) else found
    doc = inspect.getdoc(found)
    assert doc, f"{name} has no docstring"
    if not (inspect.isroutine(found) or inspect.isclass(found)):
        return
    try:
        signature = inspect.signature(found)
    except ValueError:
        assert inspect.isclass(found), f"{name} has no signature"
        return
    if inspect.isclass(found):
        return
    told = doc.split("Parameters\n")[1] if "Parameters\n" in doc else ""
    for parameter in signature.parameters:
        if parameter not in ("self", "cls"):
            assert parameter in told, f"{name} does not say what {parameter} is"


def test_every_name_stands_in_a_test():
    text = "\n".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))
    made_by_others = {"Decoded", "ErrorByLag"}
    missing = []
    for name, found in public():
        short = name.rsplit(".", 1)[1]
        made = inspect.isclass(found) and (
            found.__new__ is object.__new__ or short in made_by_others
        )
        if not made and f"{short}(" not in text and f".{short}" not in text:
            # Records are what functions return.
            if not (inspect.isclass(found) and hasattr(found, "_axes")):
                missing.append(name)
    assert not missing


def test_examples_in_docstrings():
    for module in (drift, importlib.import_module("drift._run")):
        assert doctest.testmod(module).failed == 0
    assert drift.__version__ == "0.1.0"
    assert metrics.__doc__ and all(getattr(metrics, module).__doc__ for module in MODULES)
