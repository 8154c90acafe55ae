#!/usr/bin/env python3
"""Times rate maps and spatial information in NumPy and SciPy, beside `cargo bench --bench metrics`.

Needs numpy and scipy; pynapple is timed too where it is installed. Prints one JSON object with the
median milliseconds of each way, one thread (set OMP_NUM_THREADS=1 to be sure), and checks that all
ways agree.

  scipy_per_unit   scipy.stats.binned_statistic once for each unit, as the published code does
  scipy_at_once    scipy.stats.binned_statistic with all units in one call
  bincount         one numpy.digitize, then numpy.bincount with weights for each unit
  matrix           an indicator matrix (bins x frames, sparse) times the activity
  pynapple         pynapple tuning curves (skipped where it is not installed)
"""

import argparse
import json
import statistics
import time

import numpy as np
import scipy
import scipy.sparse
import scipy.stats


def recording(frames, units, seed):
    rng = np.random.default_rng(seed)
    position = 0.5 - 0.5 * np.cos(np.cumsum(0.02 * rng.random(frames)))
    # Units in rows, so that the frames of a unit are contiguous: the fastest layout for most ways.
    activity = np.maximum(rng.random((units, frames)) - 0.7, 0.0)
    return position, activity


def information(occupancy, rates):
    p = occupancy / occupancy.sum()
    mean = rates @ p
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = rates / mean[:, None]
        terms = np.where(ratio > 0, p * ratio * np.log2(ratio), 0.0)
    return terms.sum(axis=1)


def scipy_per_unit(position, activity, edges):
    rates = np.array([scipy.stats.binned_statistic(position, unit, "mean", bins=edges)[0] for unit in activity])
    occupancy = np.histogram(position, edges)[0]
    return information(occupancy, np.nan_to_num(rates))


def scipy_at_once(position, activity, edges):
    rates = scipy.stats.binned_statistic(position, activity, "mean", bins=edges)[0]
    occupancy = np.histogram(position, edges)[0]
    return information(occupancy, np.nan_to_num(rates))


def bincount(position, activity, edges):
    bins = len(edges) - 1
    index = np.clip(np.digitize(position, edges) - 1, 0, bins - 1)
    occupancy = np.bincount(index, minlength=bins)
    sums = np.array([np.bincount(index, weights=unit, minlength=bins) for unit in activity])
    return information(occupancy, sums / np.maximum(occupancy, 1))


def matrix(position, activity, edges):
    bins, frames = len(edges) - 1, len(position)
    index = np.clip(np.digitize(position, edges) - 1, 0, bins - 1)
    occupancy = np.bincount(index, minlength=bins)
    indicator = scipy.sparse.csr_array((np.ones(frames), (index, np.arange(frames))), shape=(bins, frames))
    sums = (indicator @ activity.T).T
    return information(occupancy, sums / np.maximum(occupancy, 1))


def pynapple_way():
    try:
        import pynapple as nap
    except ImportError:
        return None

    def way(position, activity, edges):
        t = np.arange(len(position)) * 0.05
        features = nap.Tsd(t=t, d=position)
        frame = nap.TsdFrame(t=t, d=activity.T)
        curves = nap.compute_tuning_curves(frame, features, bins=[edges])
        occupancy = np.histogram(position, edges)[0]
        return information(occupancy, np.nan_to_num(np.asarray(curves)))

    return way


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--units", type=int, default=500)
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--bins", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    position, activity = recording(arguments.frames, arguments.units, arguments.seed)
    edges = np.linspace(0.0, 1.0, arguments.bins + 1)
    ways = {
        "scipy_per_unit": scipy_per_unit,
        "scipy_at_once": scipy_at_once,
        "bincount": bincount,
        "matrix": matrix,
        "pynapple": pynapple_way(),
    }
    milliseconds = {}
    expected = bincount(position, activity, edges)
    for name, way in ways.items():
        if way is None:
            continue
        np.testing.assert_allclose(way(position, activity, edges), expected, rtol=1e-9)
        times = []
        for _ in range(arguments.repeats):
            start = time.perf_counter()
            way(position, activity, edges)
            times.append(1e3 * (time.perf_counter() - start))
        milliseconds[name] = round(statistics.median(times), 3)
    print(
        json.dumps(
            {
                "units": arguments.units,
                "frames": arguments.frames,
                "bins": arguments.bins,
                "numpy": np.__version__,
                "scipy": scipy.__version__,
                "median_ms": milliseconds,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
