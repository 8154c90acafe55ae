"""Recordings of a laboratory, made by docs/python/example_mouse.py, to Figure 3."""

import subprocess
import sys
from pathlib import Path

import drift
import numpy as np
import pytest
from drift import metrics

SCRIPT = Path(__file__).resolve().parents[3] / "docs" / "python" / "example_mouse.py"
CONVERT = {
    "sessions": {"day1": 0, "day3": 2},
    "activity": {"rate_hz": 20},
    "positions": {
        "rate_hz": 20,
        "cm_per_px": 0.2,
        "origin_px": 20,
        "bodypart": "back",
        "axes": "x",
    },
    "registration": {"counts": "all"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    if not SCRIPT.exists():
        pytest.skip("docs/python/example_mouse.py is not beside the package")
    directory = tmp_path_factory.mktemp("mouse")
    subprocess.run([sys.executable, str(SCRIPT), "mouse1"], cwd=directory, check=True)
    said = drift.convert(directory / "mouse1", directory / "recording", **CONVERT)
    assert "registered cells" in said
    return directory / "recording"


def test_load(folder):
    (recording,) = drift.load("recording", folder)
    assert len(recording) == 2
    first, second = recording.sessions
    assert [first.day, second.day] == [0.0, 2.0]
    activity = first.activity()
    assert activity.shape == (first.samples, len(first.cells))
    assert first.position.shape == (first.samples, 1)
    assert len(first.time) == len(first.durations) == first.samples
    sparse = first.sparse_activity()
    assert (sparse.frames, sparse.cells) == activity.shape
    rates = np.count_nonzero(activity, axis=0) / first.durations.sum()
    assert np.corrcoef(first.mean_rates, rates)[0, 1] > 0.9
    columns = recording.registration()
    both = (columns[0] >= 0) & (columns[1] >= 0)
    assert len(both) == 40 and both.sum() == 28
    assert columns[0].max() == len(first.cells) - 1
    assert first.spike_times() is None
    maps = metrics.rate_map(np.linspace(0, 100, 26), first.position[:, 0], activity)
    assert maps.units == len(first.cells)
    assert "Session(" in repr(first) and "Recording(" in repr(recording)


def test_analyze_and_compare(folder, small, tmp_path):
    found = drift.analyze("recording", folder, shuffles=50, subsamplings=0)
    assert len(found.sessions) == 2
    assert set(found.sessions["session"]) == {"day1", "day3"}
    assert found.cells is not None and found.cohort is not None
    assert found.report().exists()
    directory = found.directory
    del found
    assert not directory.exists()
    out = tmp_path / "compared"
    compared = drift.compare(small, "recording", folder, out=out, shuffles=20, snapshots=2)
    assert set(compared.sessions["kind"]) == {"simulated", "recorded"}
    assert (out / "report.html").exists()


def test_inspect_and_refusals(folder, tmp_path):
    assert "recording.toml" in drift.inspect(folder)
    with pytest.raises(ValueError, match="invalid value"):
        drift.load("csv", folder)
    with pytest.raises(ValueError, match="unexpected argument"):
        drift.analyze("recording", folder, shufles=3)
    with pytest.raises(OSError, match="nothing"):
        drift.load("recording", tmp_path / "nothing")
    with pytest.raises(ValueError, match="scale"):
        drift.load("recording", folder, scale=-1.0)
