#!/usr/bin/env python3
"""What a call from Python costs beside the same call in Rust.

Needs the package installed as a wheel in release (`pip install ./crates/drift-py`), cargo, and the
program `drift` built in release for the last line. Rounds of Rust and Python follow each other; the
times are medians over rounds of the best of 15 calls, for 20 000 samples of 500 units, and of whole
runs of Figure 2's network.

    python benches/peers/python_overhead.py --rounds 5
"""

import argparse
import pathlib
import statistics
import subprocess
import tempfile
import time

import drift
import numpy as np
from drift import metrics

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUST = ["cargo", "bench", "--quiet", "-p", "drift-benches", "--bench", "python_overhead"]


def calls():
    sample, unit = np.arange(20_000)[:, None], np.arange(500)[None, :]
    mixed = (sample * 7919 + unit * 104_729) % 1009
    activity = np.asfortranarray(np.where(mixed < 300, mixed, 0).astype(float))
    position = 50.0 - 50.0 * np.cos(0.01 * np.arange(20_000))
    edges = metrics.BinEdges.equal(0.0, 100.0, 25)
    positions = edges.assign(position)
    sparse = metrics.SparseActivity(activity)
    rates = metrics.rate_map(edges, position, activity)
    return {
        "active_fraction": lambda: metrics.active_fraction(activity),
        "rate_map": lambda: metrics.rate_map(edges, position, activity),
        "sparse rate_map_of": lambda: metrics.rate_map_of(positions, sparse),
        "SparseActivity.from_dense": lambda: metrics.SparseActivity(activity),
        "spatial_information": lambda: metrics.spatial_information(rates),
    }


def best(call, repeats=15):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def rust(command):
    out = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    lines = [line.rsplit(" ", 1) for line in out.splitlines() if line]
    return {name: float(seconds) for name, seconds in lines}


def run_in_rust(steps):
    with tempfile.TemporaryDirectory() as directory:
        command = [ROOT / "target/release/drift", "run", "figure2", "--steps", str(steps), "--no-report"]
        start = time.perf_counter()
        subprocess.run([*command, "--out", f"{directory}/run"], check=True, capture_output=True)
        return time.perf_counter() - start


def run_in_python(steps):
    with tempfile.TemporaryDirectory() as directory:
        start = time.perf_counter()
        drift.run("figure2", steps=steps, out=f"{directory}/run", progress=False)
        return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=50_000)
    parser.add_argument("--binary", help="the bench, where it is built already")
    arguments = parser.parse_args()
    bench = [arguments.binary] if arguments.binary else RUST
    python = calls()
    rounds = []
    for _ in range(arguments.rounds):
        in_rust = {**rust(bench), "a run of figure2": run_in_rust(arguments.steps)}
        in_python = {name: best(call) for name, call in python.items()}
        in_python["a run of figure2"] = run_in_python(arguments.steps)
        rounds.append((in_rust, in_python))
    print(f"{'call':28}{'Rust':>12}{'Python':>12}{'ratio':>8}")
    for name in rounds[0][1]:
        first, second = (statistics.median(one[side][name] for one in rounds) for side in (0, 1))
        print(f"{name:28}{first * 1e3:10.3f}ms{second * 1e3:10.3f}ms{second / first:8.3f}")


if __name__ == "__main__":
    main()
