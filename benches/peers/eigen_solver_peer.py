"""All eigenvalues of a random symmetric matrix by LAPACK, values only, beside drift's solver.

    python eigen_solver_peer.py 6000

`dsyevd` reduces to tridiagonal form in one stage. `dsyevd_2stage` goes through a band, as drift
does; SciPy has no wrapper of it, so it is called by its name in the OpenBLAS that SciPy brings.
Prints seconds on the clock and of processor time for each. OPENBLAS_NUM_THREADS sets threads.
"""

import ctypes
import glob
import os
import sys
import time

import numpy
import scipy.linalg


def two_stage():
    """The routine with 64-bit or 32-bit integers, or None where the library lacks it."""
    folder = os.path.join(os.path.dirname(scipy.__file__), "..", "scipy.libs")
    for path in glob.glob(os.path.join(folder, "libscipy_openblas*")):
        library = ctypes.CDLL(path)
        for name, integer in [
            ("scipy_dsyevd_2stage_", ctypes.c_int32),
            ("dsyevd_2stage_", ctypes.c_int32),
            ("scipy_dsyevd_2stage_64_", ctypes.c_int64),
        ]:
            if hasattr(library, name):
                return getattr(library, name), integer
    return None


def by_two_stages(matrix, routine, integer):
    size = len(matrix)
    values = numpy.empty(size)
    info = integer(0)

    def call(work, length, integers, count):
        routine(
            ctypes.c_char_p(b"N"), ctypes.c_char_p(b"L"), ctypes.byref(integer(size)),
            matrix.ctypes.data_as(ctypes.c_void_p), ctypes.byref(integer(size)),
            values.ctypes.data_as(ctypes.c_void_p), work.ctypes.data_as(ctypes.c_void_p),
            ctypes.byref(integer(length)), integers.ctypes.data_as(ctypes.c_void_p),
            ctypes.byref(integer(count)), ctypes.byref(info),
            ctypes.c_size_t(1), ctypes.c_size_t(1),
        )

    work, integers = numpy.empty(1), numpy.empty(1, dtype=integer)
    call(work, -1, integers, -1)
    length, count = int(work[0]), int(integers[0])
    call(numpy.empty(length), length, numpy.empty(count, dtype=integer), count)
    assert info.value == 0, info.value
    return values


def timed(name, function):
    clock, processor = time.perf_counter(), time.process_time()
    values = function()
    print(
        f"{name}: {time.perf_counter() - clock:.2f} s, "
        f"{time.process_time() - processor:.2f} s of processors",
        flush=True,
    )
    return values


def main():
    size = int(sys.argv[1])
    half = numpy.random.default_rng(7).standard_normal((size, size))
    matrix = numpy.asfortranarray(half + half.T)
    found = two_stage()
    values = []
    if found is None:
        print("this OpenBLAS has no dsyevd_2stage")
    else:
        values.append(timed("dsyevd_2stage", lambda: by_two_stages(matrix.copy("F"), *found)))
    one_stage = lambda: scipy.linalg.eigh(matrix, eigvals_only=True, driver="evd", check_finite=False)
    values.append(timed("dsyevd", one_stage))
    assert numpy.allclose(values[0], values[-1], rtol=0, atol=1e-9 * abs(values[-1]).max())


main()
