"""Times drift's training step beside its peers, interleaved, and prints a Markdown table.

    python -m venv peers && peers/bin/pip install -r benches/peers/requirements.txt
    peers/bin/python benches/peers/compare.py --rounds 5

Each round measures everything once, in turn, so that a slow minute of the machine hits all; the
table shows the median over rounds and the ratio to drift's. A peer that is not installed is left
out with a note.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def build():
    """Builds drift's timing program and returns its path."""
    command = ["cargo", "bench", "-q", "-p", "drift-benches", "--bench", "step_time", "--no-run"]
    done = subprocess.run(
        [*command, "--message-format=json"], cwd=HERE, capture_output=True, text=True, check=True
    )
    artifacts = [json.loads(line) for line in done.stdout.splitlines()]
    return [a["executable"] for a in artifacts if a.get("executable")][-1]


def measure(command):
    # Some images force old OpenBLAS kernels; a peer is timed as it ships.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        return None, done.stderr.strip().splitlines()[-1:] or ["failed"]
    return json.loads(done.stdout.splitlines()[-1]), None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    sizes = ["S", "M", "L", "D2", "D3"]
    ours = build()
    peer = [sys.executable, str(HERE / "step_peer.py")]
    seconds = ["--seconds", str(options.seconds)]
    commands = {}
    for size in sizes:
        for noise in (True, False):
            flag = [] if noise else ["--without-noise"]
            commands["drift", size, noise] = [ours, size, *seconds, *flag]
            for name in ("numpy", "jax", "torch", "torch2"):
                commands[name, size, noise] = [*peer, name, size, *seconds, *flag]
    commands["drift at 5% activity", "L", True] = [ours, "L_at_5_percent", *seconds]
    times, versions, missing = {}, {}, {}
    for _ in range(options.rounds):
        for key, command in commands.items():
            if key[0] in missing:
                continue
            result, error = measure(command)
            if result is None:
                missing[key[0]] = error[0]
                continue
            times.setdefault(key, []).append(result["microseconds"])
            versions[key[0]] = result["version"]
    print("| µs a step | " + " | ".join(f"{s} | {s} without noise" for s in sizes) + " |")
    print("|---" * (2 * len(sizes) + 1) + "|")
    for name in ("drift", "drift at 5% activity", "numpy", "jax", "torch", "torch2"):
        if name in missing:
            print(f"\n{name} was not measured: {missing[name]}")
            continue
        cells = []
        for size in sizes:
            for noise in (True, False):
                values = times.get((name, size, noise))
                if not values:
                    cells.append("–")
                    continue
                median = statistics.median(values)
                reference = statistics.median(times["drift", size, noise])
                ratio = "" if name.startswith("drift") else f" ({median / reference:.1f}×)"
                cells.append(f"{median:.3g}{ratio}")
        print(f"| {name} {versions[name]} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
