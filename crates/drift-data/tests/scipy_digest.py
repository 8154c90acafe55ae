"""Digests of MAT files as SciPy reads them, one JSON object a line: the expectation of tests/scipy.rs.

Usage: scipy_digest.py (--scipy-data | FILE...)

With --scipy-data the files are those of SciPy's own tests. Every array becomes its class, dimensions, sum and the
CRC-32 of its values as little-endian f64 in column-major order.
"""

import argparse
import json
import os
import re
import sys
import warnings
import zlib

import numpy as np
import scipy.io
import scipy.io.matlab as matlab

CLASSES = {"float64": "double", "float32": "single"}


def crc(values):
    return zlib.crc32(np.ascontiguousarray(values, dtype="<f8").tobytes())


def numbers(array, raw):
    flat = array.ravel(order="F")
    if np.iscomplexobj(raw):
        # With mat_dtype SciPy drops the imaginary part.
        flat = raw.ravel(order="F").astype("<c16")
    real = flat.real.astype("<f8")
    out = {
        "kind": "logical" if array.dtype == bool else CLASSES.get(array.dtype.name, array.dtype.name),
        "dims": list(array.shape),
        "sum": float(real[np.isfinite(real)].sum()),
        "crc": crc(real),
    }
    if np.iscomplexobj(flat):
        out["imaginary_crc"] = crc(flat.imag.astype("<f8"))
    return out


def sparse(matrix):
    matrix = matrix.tocsc()
    out = {
        "kind": "sparse",
        "logical": matrix.dtype == bool,
        "dims": list(matrix.shape),
        "starts": crc(matrix.indptr),
        "rows": crc(matrix.indices[: matrix.indptr[-1]]),
        "crc": crc(matrix.data.real),
    }
    if np.iscomplexobj(matrix.data):
        out["imaginary_crc"] = crc(matrix.data.imag)
    return out


def digest(value, raw):
    if isinstance(value, matlab.MatlabFunction):
        return {"kind": "function"}
    if isinstance(value, matlab.MatlabOpaque):
        return {"kind": "opaque", "class": value[0]["s2"].decode()}
    if hasattr(value, "tocsc"):
        return sparse(value)
    if isinstance(value, np.ndarray) and value.dtype.names:
        fields = [re.sub(r"^_\d+_", "", name) for name in value.dtype.names]
        out = {"kind": "struct", "dims": list(value.shape), "fields": fields}
        if isinstance(value, matlab.MatlabObject):
            out["class"] = value.classname
        flat = value.ravel(order="F")
        raw_flat = raw.ravel(order="F")
        out["values"] = [
            [digest(one[name], plain[name]) for one, plain in zip(flat, raw_flat)] for name in value.dtype.names
        ]
        return out
    if isinstance(value, np.ndarray) and value.dtype == object:
        flat = value.ravel(order="F")
        if flat.size and all(one is None for one in flat):
            return {"kind": "struct", "dims": list(value.shape), "fields": [], "values": []}
        return {"kind": "cell", "dims": list(value.shape), "items": [digest(*pair) for pair in zip(flat, raw.ravel(order="F"))]}
    if isinstance(value, np.ndarray) and value.dtype.kind == "U":
        text = "".join(value.ravel(order="F"))
        return {"kind": "char", "dims": list(value.shape), "text": text}
    if isinstance(value, np.ndarray):
        return numbers(value, raw)
    return {"kind": str(type(value))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scipy-data", action="store_true")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    files = options.files
    if options.scipy_data:
        folder = os.path.join(os.path.dirname(matlab.__file__), "tests", "data")
        files = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".mat"))
    warnings.simplefilter("ignore")
    for path in files:
        record = {"path": path}
        try:
            record["version"] = matlab.matfile_version(path)[0]
            loaded = scipy.io.loadmat(path, mat_dtype=True, chars_as_strings=False)
            # The shared files hold no complex numbers, and are large: one reading is enough.
            raw = scipy.io.loadmat(path, chars_as_strings=False) if options.scipy_data else loaded
            record["variables"] = {
                name: digest(value, raw[name])
                for name, value in loaded.items()
                if name not in ("__header__", "__version__", "__globals__", "__function_workspace__")
            }
        except Exception as error:  # noqa: BLE001 (whatever SciPy raises is the expectation)
            record["error"] = f"{type(error).__name__}: {error}"
        json.dump(record, sys.stdout)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
