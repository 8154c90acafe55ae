"""Microseconds a training step in NumPy, JAX and PyTorch, written from the equations.

A step is what `cargo bench -p drift-benches --bench train_step` measures: full-batch forward
pass, gradient of the mean squared error, Gaussian noise of standard deviation SIGMA on every
entry of the gradient, and the update of gradient descent, in f64, on one thread.

One call measures one peer once and prints JSON; `compare.py` interleaves the calls.
"""

import argparse
import itertools
import json
import os
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

# Samples, inputs, units of each hidden layer, outputs.
SIZES = {
    "S": (10, 20, [100], 10),
    "M": (14, 30, [100], 30),
    "L": (150, 18, [500], 17),
    "D2": (10, 20, [100, 100], 10),
    "D3": (150, 18, [200, 200, 200], 17),
}
RATE = 0.1
SIGMA = 0.013894954943731374


def start(size):
    """Inputs, targets, and W and b of each hidden layer followed by V."""
    import numpy as np

    n, d_in, widths, d_out = SIZES[size]
    rng = np.random.default_rng(7)
    inputs = rng.uniform(-1, 1, (n, d_in))
    targets = rng.uniform(-1, 1, (n, d_out))
    weights = []
    below = d_in
    for h in widths:
        weights.append(rng.normal(0, (2 / below) ** 0.5, (h, below)))
        weights.append(rng.normal(0, (2 / below) ** 0.5, h))
        below = h
    weights.append(rng.normal(0, 2 / below, (d_out, below)))
    return inputs, targets, weights


def numpy_steps(size, noise):
    import numpy as np

    inputs, targets, weights = start(size)
    scale = 2 / targets.size
    rng = np.random.Generator(np.random.SFC64(7))
    layers = len(weights) // 2

    def steps(count):
        for _ in range(count):
            activity = [inputs]
            for layer in range(layers):
                w, b = weights[2 * layer : 2 * layer + 2]
                activity.append(np.maximum(activity[-1] @ w.T + b, 0))
            error = scale * (activity[-1] @ weights[-1].T - targets)
            gradients = [error.T @ activity[-1]]
            above = weights[-1]
            for layer in reversed(range(layers)):
                error = (error @ above) * (activity[layer + 1] > 0)
                above = weights[2 * layer]
                gradients += [error.sum(0), error.T @ activity[layer]]
            gradients.reverse()
            for weight, gradient in zip(weights, gradients):
                if noise:
                    gradient += SIGMA * rng.standard_normal(gradient.shape)
                weight -= RATE * gradient

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
        hidden = inputs
        for w, b in zip(weights[:-1:2], weights[1::2]):
            hidden = jax.nn.relu(hidden @ w.T + b)
        return jnp.mean((hidden @ weights[-1].T - targets) ** 2)

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
            parts = jnp.split(normal, list(itertools.accumulate(sizes[:-1])))
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
    inputs, targets, weights = start(size)
    inputs, targets = torch.from_numpy(inputs), torch.from_numpy(targets)
    modules = []
    for w in weights[:-1:2]:
        modules += [torch.nn.Linear(w.shape[1], w.shape[0]), torch.nn.ReLU()]
    d_out, h = weights[-1].shape
    model = torch.nn.Sequential(*modules, torch.nn.Linear(h, d_out, bias=False))
    parameters = list(model.parameters())
    with torch.no_grad():
        for parameter, value in zip(parameters, weights):
            parameter.copy_(torch.from_numpy(value))
    optimizer = torch.optim.SGD(parameters, lr=RATE)
    criterion = torch.nn.MSELoss()

    def steps(count):
        for _ in range(count):
            optimizer.zero_grad()
            loss = criterion(model(inputs), targets)
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
