"""Microseconds a training step in NumPy, JAX and PyTorch, written from the equations.

A step is what `cargo bench -p drift-benches --bench train_step` measures: full-batch forward
pass, gradient of the mean squared error, Gaussian noise of standard deviation SIGMA on every
entry of the gradient, and the update of gradient descent, in f64, on one thread.

One call measures one peer once and prints JSON; `compare.py` interleaves the calls.
"""

import argparse
import json
import os
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

SIZES = {"S": (10, 20, 100, 10), "M": (14, 30, 100, 30), "L": (150, 18, 500, 17)}
RATE = 0.1
SIGMA = 0.013894954943731374


def start(size):
    import numpy as np

    n, d_in, h, d_out = SIZES[size]
    rng = np.random.default_rng(7)
    inputs = rng.uniform(-1, 1, (n, d_in))
    targets = rng.uniform(-1, 1, (n, d_out))
    weights = [
        rng.normal(0, (2 / d_in) ** 0.5, (h, d_in)),
        rng.normal(0, (2 / d_in) ** 0.5, h),
        rng.normal(0, 2 / h, (d_out, h)),
    ]
    return inputs, targets, weights


def numpy_steps(size, noise):
    import numpy as np

    inputs, targets, (w, b, v) = start(size)
    scale = 2 / targets.size
    rng = np.random.Generator(np.random.SFC64(7))

    def steps(count):
        nonlocal w, b, v
        for _ in range(count):
            hidden = np.maximum(inputs @ w.T + b, 0)
            error = scale * (hidden @ v.T - targets)
            delta = (error @ v) * (hidden > 0)
            gradients = [delta.T @ inputs, delta.sum(0), error.T @ hidden]
            if noise:
                for gradient in gradients:
                    gradient += SIGMA * rng.standard_normal(gradient.shape)
            w -= RATE * gradients[0]
            b -= RATE * gradients[1]
            v -= RATE * gradients[2]

    return steps, np.__version__


def jax_steps(size, noise):
    """The whole loop in one compiled program, with the fastest generator JAX has."""
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_default_prng_impl", "rbg")
    jax.config.update("jax_platforms", "cpu")
    import jax.numpy as jnp

    inputs, targets, weights = start(size)
    inputs, targets = jnp.asarray(inputs), jnp.asarray(targets)
    state = (tuple(map(jnp.asarray, weights)), jax.random.key(7))

    def loss(weights):
        w, b, v = weights
        hidden = jax.nn.relu(inputs @ w.T + b)
        return jnp.mean((hidden @ v.T - targets) ** 2)

    def step(_, state):
        weights, key = state
        gradients = jax.grad(loss)(weights)
        if noise:
            # Faster than jax.random.normal, than f64 deviates and than one draw a tensor: single
            # precision, Box-Muller, one draw.
            key, draw = jax.random.split(key)
            sizes = [gradient.size for gradient in gradients]
            half = (sum(sizes) + 1) // 2
            uniform = jax.random.uniform(draw, (2, half), dtype=jnp.float32)
            radius = SIGMA * jnp.sqrt(-2 * jnp.log1p(-uniform[0]))
            angle = 2 * jnp.pi * uniform[1]
            normal = jnp.concatenate([radius * jnp.cos(angle), radius * jnp.sin(angle)])
            normal = normal[: sum(sizes)].astype(jnp.float64)
            parts = jnp.split(normal, [sizes[0], sizes[0] + sizes[1]])
            gradients = [g + p.reshape(g.shape) for g, p in zip(gradients, parts)]
        return tuple(w - RATE * g for w, g in zip(weights, gradients)), key

    run = jax.jit(lambda count, state: jax.lax.fori_loop(0, count, step, state))

    def steps(count):
        nonlocal state
        state = jax.block_until_ready(run(count, state))

    return steps, jax.__version__


def torch_steps(size, noise, threads):
    """As the published scripts do it: autograd, noise on each tensor's gradient, optimizer."""
    import torch

    torch.set_num_threads(threads)
    torch.set_default_dtype(torch.float64)
    n, d_in, h, d_out = SIZES[size]
    inputs, targets, weights = start(size)
    inputs, targets = torch.from_numpy(inputs), torch.from_numpy(targets)
    first = torch.nn.Linear(d_in, h)
    last = torch.nn.Linear(h, d_out, bias=False)
    with torch.no_grad():
        for parameter, value in zip([first.weight, first.bias, last.weight], weights):
            parameter.copy_(torch.from_numpy(value))
    parameters = [*first.parameters(), *last.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=RATE)
    criterion = torch.nn.MSELoss()

    def steps(count):
        for _ in range(count):
            optimizer.zero_grad()
            loss = criterion(last(torch.relu(first(inputs))), targets)
            loss.backward()
            if noise:
                for parameter in parameters:
                    parameter.grad += torch.normal(0.0, SIGMA, parameter.grad.shape)
            optimizer.step()

    return steps, torch.__version__


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=["numpy", "jax", "torch", "torch2"])
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("--without-noise", action="store_true")
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    noise = not options.without_noise
    if options.peer == "numpy":
        steps, version = numpy_steps(options.size, noise)
    elif options.peer == "jax":
        steps, version = jax_steps(options.size, noise)
    else:
        steps, version = torch_steps(options.size, noise, 2 if options.peer == "torch2" else 1)
    count = 100
    while True:
        steps(count)
        begin = time.perf_counter()
        steps(count)
        spent = time.perf_counter() - begin
        if spent > options.seconds / 4:
            break
        count = max(2 * count, int(count * options.seconds / max(spent, 1e-6) / 3))
    print(json.dumps({"microseconds": 1e6 * spent / count, "steps": count, "version": version}))


if __name__ == "__main__":
    main()
