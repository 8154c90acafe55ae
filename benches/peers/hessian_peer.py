"""Times peers of `benches/hessian.rs`: a dense Hessian and its eigenvalues.

Hessian of the mean squared error of a one-hidden-layer ReLU network at a random point, by plain
NumPy algebra, and by automatic differentiation where JAX or PyTorch is installed. Eigenvalues by
NumPy, with the symmetric solver and with the general one that the published code uses.

    python hessian_peer.py --sizes S M --solvers eigvalsh eigvals --repeats 3

Prints one JSON object: seconds (median, minimum) by size and step, and the versions. OpenBLAS is
left to find its kernels: OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE are removed from the environment,
which must happen before NumPy is loaded.
"""

import argparse
import json
import os
import statistics
import time

os.environ.pop("OPENBLAS_CORETYPE", None)
os.environ.pop("OPENBLAS_L2_SIZE", None)

SIZES = {"S": (10, 20, 100, 10), "M": (14, 30, 100, 30), "L": (150, 18, 500, 17)}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--sizes", nargs="+", choices=sorted(SIZES), default=["S"])
    parser.add_argument(
        "--solvers", nargs="*", choices=["eigvalsh", "eigvals"], default=["eigvalsh"]
    )
    parser.add_argument(
        "--hessians", nargs="+", choices=["numpy", "jax", "torch"], default=["numpy", "jax", "torch"],
        help="how to form the Hessian; those that are not installed are skipped",
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


ARGUMENTS = arguments()
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(ARGUMENTS.threads)
if ARGUMENTS.threads == 1:
    os.environ["XLA_FLAGS"] = (
        "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    )

import numpy as np  # noqa: E402


def problem(size, seed):
    """Inputs, targets and parameters: input weights, bias and output weights (one row a unit)."""
    n, d_in, h, d_out = size
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, d_in))
    y = rng.uniform(-1, 1, (n, d_out))
    w = rng.normal(0, np.sqrt(2 / d_in), (h, d_in))
    b = rng.normal(0, np.sqrt(2 / d_in), h)
    v = rng.normal(0, 2 / h, (h, d_out))
    return x, y, w, b, v


def numpy_hessian(x, y, w, b, v):
    """Dense Hessian, parameters unit by unit: (d_in + 1 + d_out) of each."""
    n, d_out = y.shape
    h = w.shape[0]
    ones = np.hstack([x, np.ones((n, 1))])
    pre = ones @ np.hstack([w, b[:, None]]).T
    hidden, mask = np.maximum(pre, 0), (pre > 0).astype(float)
    residual = hidden @ v - y
    columns = ones.shape[1]
    jacobian = np.zeros((n, d_out, h, columns + d_out))
    jacobian[..., :columns] = np.einsum("ij,jk,ia->ikja", mask, v, ones)
    for k in range(d_out):
        jacobian[:, k, :, columns + k] = hidden
    flat = jacobian.reshape(n * d_out, -1)
    hessian = (flat.T @ flat).reshape(h, columns + d_out, h, columns + d_out)
    coupling = np.einsum("ij,ia,ik->jak", mask, ones, residual)
    units = np.arange(h)
    hessian[units, :columns, units, columns:] += coupling
    hessian[units, columns:, units, :columns] += coupling.transpose(0, 2, 1)
    side = h * (columns + d_out)
    return 2 / (n * d_out) * hessian.reshape(side, side)


def flatten(w, b, v):
    return np.concatenate([w.ravel(), b, v.ravel()])


def jax_hessian():
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def loss(parameters, x, y, h):
        d_in = x.shape[1]
        w = parameters[: h * d_in].reshape(h, d_in)
        b = parameters[h * d_in : h * (d_in + 1)]
        v = parameters[h * (d_in + 1) :].reshape(h, -1)
        return jnp.mean((jax.nn.relu(x @ w.T + b) @ v - y) ** 2)

    compiled = jax.jit(jax.hessian(loss), static_argnums=3)

    def hessian(x, y, w, b, v):
        return np.asarray(compiled(flatten(w, b, v), x, y, w.shape[0]))

    return hessian, jax.__version__


def torch_hessian():
    import torch

    torch.set_num_threads(ARGUMENTS.threads)

    def hessian(x, y, w, b, v):
        x, y = torch.from_numpy(x), torch.from_numpy(y)
        h, d_in = w.shape

        def loss(parameters):
            w = parameters[: h * d_in].reshape(h, d_in)
            b = parameters[h * d_in : h * (d_in + 1)]
            v = parameters[h * (d_in + 1) :].reshape(h, -1)
            return torch.mean((torch.relu(x @ w.T + b) @ v - y) ** 2)

        point = torch.from_numpy(flatten(w, b, v))
        return torch.autograd.functional.hessian(loss, point).numpy()

    return hessian, torch.__version__


def timed(function, repeats):
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        value = function()
        seconds.append(time.perf_counter() - start)
    return value, {"median": statistics.median(seconds), "minimum": min(seconds)}


def main():
    makers = {
        "numpy": lambda: (numpy_hessian, np.__version__),
        "jax": jax_hessian,
        "torch": torch_hessian,
    }
    result = {"threads": ARGUMENTS.threads, "versions": {}, "skipped": [], "seconds": {}}
    hessians = {}
    for name in ARGUMENTS.hessians:
        try:
            hessians[name], result["versions"][name] = makers[name]()
        except ImportError as error:
            result["skipped"].append(f"{name}: {error}")
    for size in ARGUMENTS.sizes:
        data = problem(SIZES[size], ARGUMENTS.seed)
        seconds = result["seconds"][size] = {}
        for name, hessian in hessians.items():
            hessian(*data)  # compile and warm up
            matrix, seconds[f"{name} hessian"] = timed(lambda: hessian(*data), ARGUMENTS.repeats)
        for solver in ARGUMENTS.solvers:
            solve = getattr(np.linalg, solver)
            repeats = ARGUMENTS.repeats if solver == "eigvalsh" else 1
            _, seconds[f"numpy {solver}"] = timed(lambda: solve(matrix), repeats)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
