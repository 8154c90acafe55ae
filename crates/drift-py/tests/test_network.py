"""The network and its Hessian against NumPy."""

import drift
import numpy as np
import pytest


@pytest.fixture
def problem(rng):
    return rng.normal(size=(12, 3)), rng.normal(size=(12, 2))


def by_hand(network, inputs, function=lambda z: np.maximum(z, 0)):
    hidden = function(inputs @ network.input_weights.T + network.bias)
    return hidden, hidden @ network.output_weights.T


def test_weights_come_out_as_they_went_in(rng):
    m, b, n = rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=(2, 5))
    network = drift.Network(m, b, n)
    assert network.shape == (3, 5, 2)
    assert np.array_equal(network.input_weights, m)
    assert np.array_equal(network.bias, b)
    assert np.array_equal(network.output_weights, n)
    again = network.with_parameters(network.parameters)
    assert np.array_equal(again.input_weights, m)


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        ("relu", lambda z: np.maximum(z, 0)),
        ({"leaky_relu": {"slope": 0.1}}, lambda z: np.where(z > 0, z, 0.1 * z)),
        ("softplus", lambda z: np.logaddexp(z, 0)),
        ("tanh", np.tanh),
    ],
)
def test_forward_and_loss(problem, activation, function):
    inputs, targets = problem
    network = drift.Network.initialize(3, 6, 2, seed=3, regime="rich", activation=activation)
    hidden, outputs = by_hand(network, inputs, function)
    found = network.forward(inputs)
    np.testing.assert_allclose(found[0], hidden, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found[1], outputs, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(network.hidden(inputs), hidden, rtol=1e-10, atol=1e-12)
    loss = np.mean((outputs - targets) ** 2)
    assert network.loss(inputs, targets) == pytest.approx(loss, rel=1e-12)
    normalised = loss / np.var(targets, ddof=1)
    assert network.normalised_loss(inputs, targets) == pytest.approx(normalised, rel=1e-12)


def test_gradient_is_the_slope_of_the_loss(problem):
    inputs, targets = problem
    network = drift.Network.initialize(3, 6, 2, seed=3, activation="tanh")
    at = network.parameters
    loss, gradient = network.loss_gradient(inputs, targets)
    assert loss == network.loss(inputs, targets)
    assert np.array_equal(gradient, network.gradient(inputs, targets))
    for index in range(0, len(at), 5):
        sides = []
        for step in (1e-6, -1e-6):
            moved = at.copy()
            moved[index] += step
            sides.append(network.with_parameters(moved).loss(inputs, targets))
        assert gradient[index] == pytest.approx((sides[0] - sides[1]) / 2e-6, abs=1e-8)


def test_hessian(problem, rng):
    inputs, targets = problem
    network = drift.Network.initialize(3, 6, 2, seed=3, regime="rich")
    hessian = network.hessian(inputs, targets)
    dense = hessian.dense()
    assert hessian.size == len(network.parameters) == len(dense)
    np.testing.assert_allclose(dense, dense.T, atol=1e-14)
    assert hessian.trace() == pytest.approx(np.trace(dense), rel=1e-12)
    expected = np.linalg.eigvalsh(dense)
    np.testing.assert_allclose(hessian.eigenvalues(), expected, atol=1e-11)
    assert hessian.eigenvalues(gauss_newton=True).min() > -1e-12
    vector = rng.normal(size=hessian.size)
    np.testing.assert_allclose(hessian.product(vector), dense @ vector, atol=1e-12)
    values, vectors = hessian.largest(2)
    np.testing.assert_allclose(values, expected[::-1][:2], rtol=1e-8)
    np.testing.assert_allclose(dense @ vectors, vectors * values, atol=1e-6)


def test_hessian_of_another_function_has_no_spectrum(problem):
    inputs, targets = problem
    network = drift.Network.initialize(3, 6, 2, activation="softplus")
    hessian = network.hessian(inputs, targets)
    columns = [hessian.product(unit) for unit in np.eye(hessian.size)]
    assert hessian.trace() == pytest.approx(np.trace(columns), rel=1e-10)
    values, _ = hessian.largest(which="magnitude")
    expected = np.linalg.eigvalsh(np.array(columns))
    assert abs(values[0]) == pytest.approx(np.abs(expected).max(), rel=1e-8)
    with pytest.raises(ValueError, match="relu only"):
        hessian.eigenvalues()


def test_what_is_refused(problem):
    inputs, targets = problem
    with pytest.raises(ValueError, match="bias entries"):
        drift.Network(np.ones((4, 3)), np.ones(5), np.ones((2, 4)))
    network = drift.Network.initialize(3, 6, 2)
    with pytest.raises(ValueError, match="two axes"):
        network.forward(inputs[0])
    with pytest.raises(ValueError):
        network.forward(inputs[:, :2])
    with pytest.raises(ValueError, match="regime"):
        drift.Network.initialize(3, 6, 2, regime="laz")
    with pytest.raises(ValueError, match="vector"):
        network.hessian(inputs, targets).product(np.ones(3))
