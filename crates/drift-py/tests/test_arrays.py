"""What goes in without a copy, what else is taken, what comes out; memory, threads, time."""

import gc
import resource
import threading
import time
import tracemalloc

import drift
import numpy as np
import pandas
import pytest
from drift import metrics

pynapple = pytest.importorskip("pynapple")
xarray = pytest.importorskip("xarray")


def allocated(call):
    """Bytes that a call makes NumPy allocate."""
    call()
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_fortran_order_is_read_where_it_lies(rng):
    units_first = np.ascontiguousarray(rng.uniform(size=(50, 4000)))
    samples_first = np.ascontiguousarray(units_first.T)
    size = units_first.nbytes
    assert allocated(lambda: metrics.active_fraction(units_first.T)) < size / 100
    assert allocated(lambda: metrics.active_fraction(np.asfortranarray(samples_first))) >= size
    vector = rng.uniform(size=100_000)
    assert allocated(lambda: metrics.statistics.mean(vector)) < vector.nbytes / 100
    assert metrics.active_fraction(units_first.T) == metrics.active_fraction(samples_first)


def test_arrays_that_may_not_be_written_are_read(rng):
    hidden = np.asfortranarray(rng.uniform(size=(20, 3)))
    hidden.flags.writeable = False
    assert metrics.active_fraction(hidden) == 1.0


@pytest.mark.parametrize("kind", [np.float32, np.int64, np.uint8, bool, ">f8"])
def test_other_types_are_converted(kind, rng):
    hidden = (rng.uniform(size=(30, 4)) > 0.5).astype(kind)
    assert metrics.active_fraction(hidden) == np.mean(hidden > 0)
    expected = np.asarray(hidden[:, 0], float).mean()
    assert metrics.statistics.mean(hidden[:, 0]).mean == pytest.approx(expected)


def test_lists_frames_and_slices(rng):
    hidden = rng.normal(size=(30, 6))
    expected = metrics.active_units(hidden[::2, 1:4])
    assert np.array_equal(metrics.active_units(hidden[::2, 1:4].tolist()), expected)
    assert np.array_equal(metrics.active_units(pandas.DataFrame(hidden[::2, 1:4])), expected)
    empty = metrics.active_units(np.empty((0, 3)))
    assert empty.shape == (3,) and not empty.any()
    with pytest.raises(ValueError, match="one axis, got an array with 2 axes"):
        metrics.statistics.mean(hidden)
    with pytest.raises((ValueError, TypeError)):
        metrics.active_units([["a"]])
    with pytest.raises(ValueError, match="booleans"):
        metrics.sessions.turnover([0.5], [True])


def test_results_are_arrays_of_their_own(track):
    found = metrics.rate_map(np.linspace(0, 100, 11), track["position"], track["counts"])
    rates = found.rates
    rates[:] = 0
    assert found.rates.max() > 0
    assert rates.flags.f_contiguous and rates.dtype == np.float64
    assert metrics.maps.peak_bins(found).dtype == np.int64


def test_records_turn_into_dictionaries_and_xarray(track):
    found = metrics.rate_map(np.linspace(0, 100, 11), track["position"], track["counts"])
    assert "rates=<10×30 float64>" in repr(found)
    data = found.to_xarray()
    assert data["rates"].dims == ("bin", "unit") and data["occupancy"].dims == ("bin",)
    assert set(found.to_dict()) == {"rates", "occupancy", "mean_rate", "edges"}
    mean = metrics.statistics.mean([1.0, 3.0])
    assert mean.to_dict() == {"count": 2, "mean": 2.0, "standard_error": 1.0}
    with pytest.raises(AttributeError):
        mean.mean = 3.0


def test_pynapple_is_taken_as_it_is(track):
    position, seconds = track["position"], track["seconds"]
    times = np.arange(len(position)) * seconds
    tsd = pynapple.Tsd(times, position)
    frame = pynapple.TsdFrame(times, track["counts"])
    edges = np.linspace(0, 100, 26)
    expected = metrics.rate_map(edges, position, track["counts"]).rates
    assert np.array_equal(metrics.rate_map(edges, tsd, frame).rates, expected)
    spikes = {
        cell: pynapple.Ts(np.repeat(times, counts.astype(int)) + seconds / 4)
        for cell, counts in enumerate(track["counts"].T)
    }
    group = pynapple.TsGroup(spikes)
    np.testing.assert_allclose(drift.counts(group, tsd), track["counts"])
    np.testing.assert_allclose(metrics.rate_map(edges, tsd, group).rates, expected)
    sparse = metrics.SparseActivity(group, tsd)
    assert np.array_equal(sparse.totals(), track["counts"].sum(axis=0))
    up, _ = metrics.binning.directed_rate_maps(edges, tsd, group)
    assert up.units == 30
    assert metrics.paper.rate_map(tsd, group).units == 30
    with pytest.raises(ValueError, match="must be a Tsd"):
        metrics.rate_map(edges, position, group)
    with pytest.raises(ValueError, match="give a Tsd"):
        metrics.SparseActivity(group)


def test_spikes_in_a_gap_count_nowhere():
    like = pynapple.Tsd(np.array([0.0, 1.0, 2.0, 10.0, 11.0]), np.zeros(5))
    group = pynapple.TsGroup({0: pynapple.Ts(np.array([0.2, 1.1, 1.9, 5.0, 10.0, 11.4]))})
    assert np.array_equal(drift.counts(group, like)[:, 0], [1, 2, 0, 1, 1])


def test_ten_thousand_calls_leave_memory_flat(rng):
    hidden, position = np.asfortranarray(rng.uniform(size=(200, 20))), rng.uniform(size=200)
    edges = metrics.BinEdges.equal(0, 1, 10)
    network = drift.Network.initialize(20, 8, 2)

    def calls(count):
        for _ in range(count):
            found = metrics.rate_map(edges, position, hidden)
            metrics.spatial_information(found)
            found.to_dict()
            network.forward(hidden)
            with pytest.raises(ValueError):
                metrics.pearson(position, position[:-1])

    calls(500)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    calls(10_000)
    gc.collect()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 20_000, f"{grown} KiB more"


def test_calls_from_four_threads(rng):
    hidden, position = np.asfortranarray(rng.uniform(size=(2000, 50))), rng.uniform(size=2000)
    edges = metrics.BinEdges.equal(0, 1, 20)
    expected = metrics.rate_map(edges, position, hidden).rates
    simulation = drift.Simulation("random-sgd-update", steps=10_000)
    wrong = []

    def work():
        for _ in range(50):
            if not np.array_equal(metrics.rate_map(edges, position, hidden).rates, expected):
                wrong.append("rates")
            simulation.step(3)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert simulation.steps_done == 4 * 50 * 3


def test_the_way_through_python_is_short(rng):
    """No timed test of the metrics themselves: what a call adds is compared with a large call."""
    hidden = np.asfortranarray(rng.uniform(size=(20_000, 500)))
    position = rng.uniform(size=20_000)
    edges = metrics.BinEdges.equal(0, 1, 100)

    def best(call, times):
        return min(timed(call) for _ in range(times))

    def timed(call):
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    large = best(lambda: metrics.rate_map(edges, position, hidden), 5)
    tiny = best(lambda: metrics.rate_map(edges, position[:2], hidden[:1, :1].repeat(2, 0)), 200)
    assert tiny < 0.05 * large
