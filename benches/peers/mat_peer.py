"""Times SciPy loading the MAT files that benches/mat.rs loads. Prints JSON.

Usage: mat_peer.py [--repeats N] FILE...
"""

import argparse
import json
import platform
import sys
import time

import numpy
import scipy
import scipy.io


def measure(path, repeats):
    scipy.io.loadmat(path)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        scipy.io.loadmat(path)
        seconds.append(time.perf_counter() - start)
    seconds.sort()
    return {"file": path, "median_s": seconds[len(seconds) // 2], "fastest_s": seconds[0], "repeats": repeats}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=10, help="timed loads of each file (default 10)")
    parser.add_argument("files", nargs="+", metavar="FILE")
    options = parser.parse_args()
    report = {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "files": [measure(path, options.repeats) for path in options.files],
    }
    json.dump(report, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
