"""What the tests share."""

import signal

import drift
import numpy as np
import pytest

# A job in the background of a shell ignores SIGINT, which the tests of interruption raise.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def small():
    """A short run of Figure 2 with few units, and spectra."""
    fields = {"network__hidden": 20, "spectrum__samples": 3, "spectrum__kind": "exact"}
    return drift.run("figure2", steps=400, seed=1, progress=False, **fields)


@pytest.fixture(scope="session")
def track():
    """Ten passes along a track of 100 cm, with Poisson spikes of 30 cells in place fields."""
    rng = np.random.default_rng(3)
    passes, length = 10, 200
    position = np.tile(np.linspace(0.0, 99.9, length), passes)
    centres = np.linspace(5, 95, 30)
    rates = 8.0 * np.exp(-0.5 * ((position[:, None] - centres) / 8.0) ** 2)
    seconds = 0.05
    counts = rng.poisson(rates * seconds).astype(float)
    return {
        "position": position,
        "counts": np.asfortranarray(counts),
        "seconds": seconds,
        "laps": np.repeat(np.arange(passes), length),
        "centres": centres,
    }
