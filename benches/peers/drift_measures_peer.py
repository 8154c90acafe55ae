#!/usr/bin/env python3
"""Times the measures of drift in NumPy and scikit-learn, beside `cargo bench --bench drift_measures`.

Needs numpy and scikit-learn. Prints one JSON object with the median milliseconds of each, on as many
threads as the libraries take. Each measure is written the way a careful user of NumPy writes it: one
matrix product a fold for the Poisson decoder, `sklearn.linear_model.Ridge` for every fold and
penalty, one function of two maps for the similarities.
"""

import argparse
import json
import statistics
import time

import numpy as np
from sklearn.linear_model import Ridge

SESSIONS, LAPS, FRAMES, CELLS, BINS, SECONDS = 6, 10, 6000, 300, 100, 0.05


def sessions(rng):
    a_lap = FRAMES // LAPS
    t = np.arange(FRAMES)
    bins = t % a_lap * BINS // a_lap
    laps = t // a_lap
    counts = []
    for session in range(SESSIONS):
        centre = np.arange(CELLS) * BINS // CELLS + session
        rate = 0.3 * np.exp(-(((bins[:, None] - centre) / 6.0) ** 2)) + 0.002
        counts.append((rng.random((FRAMES, CELLS)) < rate).astype(float))
    return bins, laps, counts


def rate_map(counts, bins):
    time_in = np.bincount(bins, minlength=BINS) * SECONDS
    sums = np.zeros((BINS, CELLS))
    np.add.at(sums, bins, counts)
    return sums / time_in[:, None]


def poisson_error_matrix(counts, bins, laps):
    folds = laps // 2
    error = np.zeros((SESSIONS, SESSIONS))
    for i in range(SESSIONS):
        away = [np.empty(FRAMES) for _ in range(SESSIONS)]
        for fold in range(LAPS // 2):
            kept = folds != fold
            rates = np.maximum(rate_map(counts[i][kept], bins[kept]), 0.01)
            logs, total = np.log(rates).T, rates.sum(1) * SECONDS
            for j in range(SESSIONS):
                score = counts[j][~kept] @ logs - total
                away[j][~kept] = np.abs(score.argmax(1) - bins[~kept])
        for j in range(SESSIONS):
            error[i, j] = away[j].mean()
    return error


def ridge(counts, bins, laps):
    folds, errors = laps // 2, []
    x = bins.astype(float)
    for alpha in [1e-3, 1e-2, 0.1, 1.0, 10.0]:
        squares = 0.0
        for fold in range(LAPS // 2):
            kept = folds != fold
            model = Ridge(alpha=alpha * kept.sum()).fit(counts[kept], x[kept])
            squares += ((model.predict(counts[~kept]) - x[~kept]) ** 2).sum()
        errors.append(squares / FRAMES)
    return errors


def cka(x, y):
    x, y = x - x.mean(0), y - y.mean(0)
    k, l = x @ x.T, y @ y.T
    return (k * l).sum() / np.sqrt((k * k).sum() * (l * l).sum())


def unbiased(k, l):
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    pairs = k.sum() * l.sum() / ((n - 1) * (n - 2))
    return ((k * l).sum() + pairs - 2 / (n - 2) * (k.sum(0) @ l.sum(0))) / (n * (n - 3))


def cka_debiased(x, y):
    k, l = x @ x.T, y @ y.T
    return unbiased(k, l) / np.sqrt(unbiased(k, k) * unbiased(l, l))


def ranks(values):
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def rsa(x, y):
    upper = np.triu_indices(len(x), 1)
    a, b = (ranks((1 - np.corrcoef(m))[upper]) for m in (x, y))
    return np.corrcoef(a, b)[0, 1]


def procrustes(x, y):
    x, y = x - x.mean(0), y - y.mean(0)
    x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)
    return 2 - 2 * np.linalg.svd(x.T @ y, compute_uv=False).sum()


def all_pairs(measure, maps):
    return [measure(maps[i], maps[j]) for i in range(len(maps)) for j in range(i, len(maps))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    bins, laps, counts = sessions(np.random.default_rng(1))
    maps = [
        rate_map(c[laps % 2 == half], bins[laps % 2 == half]) for c in counts for half in range(2)
    ]
    ways = {
        "poisson error matrix": lambda: poisson_error_matrix(counts, bins, laps),
        "ridge, 5 folds x 5 alphas": lambda: ridge(counts[0], bins, laps),
        "cka, 12 half maps": lambda: all_pairs(cka, maps),
        "debiased cka, 12 half maps": lambda: all_pairs(cka_debiased, maps),
        "rsa, 12 half maps": lambda: all_pairs(rsa, maps),
        "procrustes, 12 half maps": lambda: all_pairs(procrustes, maps),
    }
    milliseconds = {}
    for name, way in ways.items():
        way()
        taken = []
        for _ in range(repeats):
            start = time.perf_counter()
            way()
            taken.append(1e3 * (time.perf_counter() - start))
        milliseconds[name] = round(statistics.median(taken), 3)
    print(json.dumps(milliseconds, indent=1))


if __name__ == "__main__":
    main()
