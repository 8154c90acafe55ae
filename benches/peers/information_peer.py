#!/usr/bin/env python3
"""Times shuffles and subsamplings in NumPy, beside `cargo bench -p drift-benches --bench information`.

The same work on data of the same kind: spatial information of every cell under cyclic shuffles,
and naive and shuffled spatial and mutual information of random subsets of the frames. Prints one
JSON object; checks that all ways give the same numbers. Ways:

  states   a loop over the states with a boolean mask each, as the published MATLAB code does
  matrix   an indicator matrix (states x frames) times the dense activity, through BLAS
  sparse   numpy.bincount over the nonzero entries only, as drift does

A full subsampling takes minutes here, so `--shuffles` and `--subsets` say how many are timed; the
totals are scaled up linearly. Threads are those of BLAS (set OMP_NUM_THREADS to fix them).
"""

import argparse
import json
import math
import os
import time

import numpy as np

SIZES = np.arange(1, 11) / 10


def recording(cells, frames, states, seed):
    rng = np.random.default_rng(seed)
    labels = (np.cumsum(0.02 * rng.random(frames)) % 1 * states).astype(int)
    field = labels[:, None] == np.arange(cells) % states
    active = rng.random((frames, cells)) < 0.0037 * np.where(field, 10, 0.5)
    return np.where(active, 0.4 + 15 * rng.random((frames, cells)) ** 4, 0.0), labels


def spatial_information(by_state, occupancy):
    """(states x cells) activity and (states) frames to bits per spike."""
    total = by_state.sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = by_state / total
        terms = share * np.log2(share * (occupancy.sum() / occupancy)[:, None])
        terms[by_state == 0] = 0
    return np.where(total > 0, terms.sum(0), np.nan)


def entropy(counts, axis):
    p = counts / counts.sum(axis, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.where(p > 0, p * np.log2(p), 0).sum(axis)


class States:
    def __init__(self, activity, labels, states):
        self.activity, self.labels, self.states = activity, labels, states
        self.responses = np.round(activity).astype(int)
        self.classes = self.responses.max() + 1

    def occupancy(self, labels):
        return np.bincount(labels, minlength=self.states)

    def by_state(self, frames, labels):
        activity = self.activity[frames]
        return np.array([activity[labels == state].sum(0) for state in range(self.states)])

    def joint(self, frames, labels):
        """(classes x states x cells) frames."""
        responses = self.responses[frames]
        counts = np.empty((self.classes, self.states, responses.shape[1]))
        for response in range(self.classes):
            hits = responses == response
            for state in range(self.states):
                counts[response, state] = hits[labels == state].sum(0)
        return counts


class Matrix(States):
    def indicator(self, labels):
        return (labels == np.arange(self.states)[:, None]).astype(float)

    def by_state(self, frames, labels):
        return self.indicator(labels) @ self.activity[frames]

    def joint(self, frames, labels):
        indicator, responses = self.indicator(labels), self.responses[frames]
        return np.array([indicator @ (responses == response) for response in range(self.classes)])


class Sparse(States):
    def __init__(self, activity, labels, states):
        super().__init__(activity, labels, states)
        self.frame, self.cell = np.nonzero(activity)
        self.value = activity[self.frame, self.cell]
        self.response = self.responses[self.frame, self.cell]

    def entries(self, frames, labels):
        place = np.full(len(self.activity), -1)
        place[frames] = labels
        state = place[self.frame]
        kept = state >= 0
        return state[kept], self.cell[kept], kept

    def by_state(self, frames, labels):
        cells = self.activity.shape[1]
        state, cell, kept = self.entries(frames, labels)
        flat = np.bincount(state * cells + cell, self.value[kept], self.states * cells)
        return flat.reshape(self.states, cells)

    def joint(self, frames, labels):
        cells = self.activity.shape[1]
        state, cell, kept = self.entries(frames, labels)
        flat = (self.response[kept] * self.states + state) * cells + cell
        counts = np.bincount(flat, minlength=self.classes * self.states * cells)
        counts = counts.reshape(self.classes, self.states, cells).astype(float)
        counts[0] += self.occupancy(labels)[:, None] - counts.sum(0)
        return counts


def cyclic(way, shift):
    frames = np.arange(len(way.labels))
    labels = np.roll(way.labels, -shift)
    return spatial_information(way.by_state(frames, labels), way.occupancy(labels))


def measures(way, frames, labels):
    occupancy = way.occupancy(labels)
    used = occupancy > 0
    by_state = way.by_state(frames, labels)
    spatial = spatial_information(by_state[used], occupancy[used])
    joint = way.joint(frames, labels)[:, used]
    p = occupancy[used] / occupancy.sum()
    mutual = entropy(joint.sum(1), 0) - p @ entropy(joint, 0)
    rate = by_state.sum(0) / len(frames)
    return spatial, np.nan_to_num(spatial) * rate, mutual


def subset(way, size, rng):
    frames = rng.permutation(len(way.labels))[:size]
    labels = way.labels[frames]
    return measures(way, frames, labels), measures(way, rng.permutation(frames), labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=472)
    parser.add_argument("--frames", type=int, default=3091)
    parser.add_argument("--states", type=int, default=20)
    parser.add_argument("--repetitions", type=int, default=500, help="subsets at the full size")
    parser.add_argument("--shuffles", type=int, default=100, help="shuffles timed, of 1000")
    parser.add_argument("--subsets", type=int, default=2, help="subsets timed at each of ten sizes")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    activity, labels = recording(arguments.cells, arguments.frames, arguments.states, arguments.seed)
    result = {
        "numpy": np.__version__,
        "threads": os.environ.get("OMP_NUM_THREADS", "default"),
        "nonzero": int(np.count_nonzero(activity)),
        "seconds_1000_cyclic_shuffles": {},
        f"seconds_{arguments.repetitions}_subsamplings": {},
    }
    checks = []
    for name, kind in (("states", States), ("matrix", Matrix), ("sparse", Sparse)):
        way = kind(activity, labels, arguments.states)
        shifts = np.random.default_rng(2).integers(arguments.frames, size=arguments.shuffles)
        cyclic(way, 0)
        start = time.perf_counter()
        shuffled = [cyclic(way, shift) for shift in shifts]
        each = (time.perf_counter() - start) / arguments.shuffles
        result["seconds_1000_cyclic_shuffles"][name] = 1000 * each

        rng = np.random.default_rng(3)
        total = 0.0
        drawn = []
        for fraction in SIZES:
            start = time.perf_counter()
            for _ in range(arguments.subsets):
                drawn.append(subset(way, int(fraction * arguments.frames), rng))
            each = (time.perf_counter() - start) / arguments.subsets
            total += each * math.ceil(arguments.repetitions / fraction)
        result[f"seconds_{arguments.repetitions}_subsamplings"][name] = total
        checks.append((np.array(shuffled), np.array(drawn)))
    for shuffled, drawn in checks[1:]:
        np.testing.assert_allclose(shuffled, checks[0][0], atol=1e-10)
        np.testing.assert_allclose(drawn, checks[0][1], atol=1e-10)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
