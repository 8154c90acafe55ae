"""Microseconds a step of similarity matching, and a record of the loss, in NumPy, written from
the equations at `SimilarityMatching` in drift-learn.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE python similarity_matching_peer.py ring
    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE python similarity_matching_peer.py place

A step draws an input, settles, and learns with noise on W and M, in f64 on one thread: what
`cargo bench -p drift-benches --bench similarity_matching` measures. It is timed from step 1000 on.
Prints JSON, with the mean number of iterations so that like is compared with like.
"""

import argparse
import json
import os
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

DT, MOST, TOLERANCE = 0.05, 10_000, 1e-4


def ring_inputs():
    angles = 2 * np.pi * np.arange(1000) / 1000
    return np.stack([np.cos(angles), np.sin(angles)], axis=1), 4


def grid_inputs():
    track = np.arange(1, 201)[:, None] / 200 * np.array([1.0, np.tan(np.pi / 6)])
    cells = []
    for module in range(5):
        spacing = 0.2 * 1.42**module
        for rotation in range(6):
            angles = 2 * np.pi * np.arange(1, 4) / 3 + rotation * np.pi / 18
            axes = np.stack([np.cos(angles), np.sin(angles)])
            for a in range(3):
                for b in range(3):
                    shifted = track - np.array([a, b]) / 3 * spacing
                    waves = np.cos(4 * np.pi / (np.sqrt(3) * spacing) * (shifted @ axes))
                    cells.append(2 / 3 * (waves.mean(axis=1) + 0.5))
    return np.stack(cells, axis=1), 1


EXPERIMENTS = {
    "ring": dict(
        inputs=ring_inputs, units=100, scale=0.1, rate=0.02, noise=0.001, lasso=0.0, ridge=0.01,
        alpha=0.0, floor=1e-12, stall=1e-10, start=0.1,
    ),
    "place": dict(
        inputs=grid_inputs, units=200, scale=0.5, rate=0.02, noise=0.005, lasso=0.02, ridge=0.05,
        alpha=35.0, floor=1e-10, stall=1e-8, start=0.0,
    ),
}


class Network:
    def __init__(self, units, scale, rate, noise, lasso, ridge, alpha, floor, stall, start, inputs):
        self.inputs, self.every = inputs()
        self.rng = np.random.Generator(np.random.SFC64(1))
        self.w = scale * self.rng.standard_normal((units, self.inputs.shape[1]))
        self.m = np.eye(units)
        self.b = np.zeros(units)
        self.rate, self.noise, self.start = rate, noise, start
        self.lasso, self.ridge, self.alpha = lasso, ridge, alpha
        self.floor, self.stall = floor, stall
        self.iterations = 0

    def settle(self, x, y):
        diagonal = self.m.diagonal().copy()
        off = self.m - np.diag(diagonal)
        drive = self.w @ x - np.sqrt(self.alpha) * self.b
        gain = 1 / (self.ridge + diagonal)
        u = y * (self.ridge + diagonal.mean())
        size = np.sqrt(y @ y)
        errors = []
        for _ in range(MOST):
            u += DT * (drive - u - off @ y)
            new = np.maximum((u - self.lasso) * gain, 0)
            step = new - y
            errors.append(np.sqrt(step @ step) / ((size + self.floor) * DT))
            y = new
            size = np.sqrt(y @ y)
            stalled = len(errors) >= 5 and abs(errors[-1] - errors[-5]) <= self.stall
            if errors[-1] <= TOLERANCE or stalled:
                break
        self.iterations += len(errors)
        return y

    def step(self):
        x = self.inputs[self.rng.integers(len(self.inputs))]
        y = self.settle(x, self.start * self.rng.random(len(self.b)))
        rate, noise = self.rate, np.sqrt(self.rate) * self.noise
        for weights, other in ((self.w, x), (self.m, y)):
            weights *= 1 - rate
            weights += np.outer(rate * y, other)
            weights += noise * self.rng.standard_normal(weights.shape)
        np.maximum(self.m, 0, out=self.m)
        self.b = (1 - rate) * self.b + rate * np.sqrt(self.alpha) * y

    def record(self):
        x = self.inputs[:: self.every]
        y = np.array([self.settle(sample, np.zeros(len(self.b))) for sample in x])
        return np.mean((x @ x.T - self.alpha - y @ y.T) ** 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", choices=EXPERIMENTS)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--records", type=int, default=2)
    options = parser.parse_args()
    network = Network(**EXPERIMENTS[options.experiment])
    for _ in range(1000):
        network.step()
    network.iterations = 0
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        for _ in range(options.steps // 5):
            network.step()
        times.append((time.perf_counter() - begin) / (options.steps // 5))
    iterations = network.iterations / options.steps
    begin = time.perf_counter()
    losses = [network.record() for _ in range(options.records)]
    record = (time.perf_counter() - begin) / options.records
    print(
        json.dumps(
            {
                "experiment": options.experiment,
                "numpy": np.__version__,
                "microseconds_a_step": 1e6 * float(np.median(times)),
                "iterations_a_step": iterations,
                "milliseconds_a_record": 1e3 * record,
                "loss": float(losses[-1]),
            }
        )
    )


if __name__ == "__main__":
    main()
