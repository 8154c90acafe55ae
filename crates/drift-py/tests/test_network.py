"""The network and its Hessian against NumPy."""

import drift
import numpy as np
import pytest


@pytest.fixture
def problem(rng):
    return rng.normal(size=(12, 3)), rng.normal(size=(12, 2))


def by_hand(network, inputs, function=lambda z: np.maximum(z, 0)):
    layers = []
    for weights, bias in zip(network.weights, network.biases):
        inputs = function(inputs @ weights.T + bias)
        layers.append(inputs)
    return np.hstack(layers), inputs @ network.output_weights.T


def test_weights_come_out_as_they_went_in(rng):
    m, b, n = rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=(2, 5))
    network = drift.Network(m, b, n)
    assert network.shape == (3, 5, 2)
    assert np.array_equal(network.input_weights, m)
    assert np.array_equal(network.bias, b)
    assert np.array_equal(network.output_weights, n)
    again = network.with_parameters(network.parameters)
    assert np.array_equal(again.input_weights, m)
    assert np.array_equal(network.weights[0], m) and np.array_equal(network.biases[0], b)
    assert network.to_xarray().sizes == {"unit": 5, "input": 3, "output": 2}


def test_weights_of_several_layers_come_out_as_they_went_in(rng):
    weights = [rng.normal(size=(5, 3)), rng.normal(size=(4, 5)), rng.normal(size=(4, 4))]
    biases = [rng.normal(size=5), rng.normal(size=4), rng.normal(size=4)]
    n = rng.normal(size=(2, 4))
    network = drift.Network(weights, biases, n, activation="tanh")
    assert network.shape == (3, [5, 4, 4], 2)
    assert drift.Network.initialize(*network.shape).shape == network.shape
    for found, given in zip(network.weights, weights):
        assert np.array_equal(found, given)
    for found, given in zip(network.biases, biases):
        assert np.array_equal(found, given)
    assert np.array_equal(network.input_weights, weights[0])
    assert np.array_equal(network.bias, biases[0])
    assert np.array_equal(network.output_weights, n)
    assert network.activation == "tanh" and "weights=<3 items>" in repr(network)
    assert set(network.to_dict()) >= {"weights", "biases"}
    assert network.to_xarray().sizes == {"unit": 5, "input": 3, "output": 2, "last_unit": 4}
    again = network.with_parameters(network.parameters)
    assert np.array_equal(again.weights[2], weights[2]) and again.activation == "tanh"
    first = np.concatenate([weights[0].T.ravel(), biases[0]])
    assert np.array_equal(network.parameters[: len(first)], first)
    # Lists of one layer, of equal layers, and of plain numbers.
    one = drift.Network([weights[0]], [biases[0]], rng.normal(size=(2, 5)))
    assert one.shape == (3, 5, 2)
    square = drift.Network([np.eye(2), np.eye(2)], [[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0]])
    assert square.shape == (2, [2, 2], 1)
    plain = drift.Network([[1.0, 2.0], [3.0, 4.0]], [0.0, 1.0], [[1.0, 0.0]])
    assert plain.shape == (2, 2, 1)


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        ("relu", lambda z: np.maximum(z, 0)),
        ({"leaky_relu": {"slope": 0.1}}, lambda z: np.where(z > 0, z, 0.1 * z)),
        ("softplus", lambda z: np.logaddexp(z, 0)),
        ("tanh", np.tanh),
    ],
)
@pytest.mark.parametrize("units", [6, [6, 5, 4]])
def test_forward_and_loss(problem, activation, function, units):
    inputs, targets = problem
    network = drift.Network.initialize(3, units, 2, seed=3, regime="rich", activation=activation)
    hidden, outputs = by_hand(network, inputs, function)
    found = network.forward(inputs)
    np.testing.assert_allclose(found[0], hidden, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found[1], outputs, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(network.hidden(inputs), hidden, rtol=1e-10, atol=1e-12)
    layers = range(len(network.weights))
    by_layer = np.hstack([network.hidden(inputs, layer=layer) for layer in layers])
    assert np.array_equal(by_layer, network.hidden(inputs))
    loss = np.mean((outputs - targets) ** 2)
    assert network.loss(inputs, targets) == pytest.approx(loss, rel=1e-12)
    normalised = loss / np.var(targets, ddof=1)
    assert network.normalised_loss(inputs, targets) == pytest.approx(normalised, rel=1e-12)


@pytest.mark.parametrize("units", [6, [6, 5]])
def test_gradient_is_the_slope_of_the_loss(problem, units):
    inputs, targets = problem
    network = drift.Network.initialize(3, units, 2, seed=3, activation="tanh")
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


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "softplus", "tanh"])
@pytest.mark.parametrize("units", [6, [6, 5]])
def test_hessian(problem, rng, units, activation):
    inputs, targets = problem
    network = drift.Network.initialize(3, units, 2, seed=3, regime="rich", activation=activation)
    hessian = network.hessian(inputs, targets)
    dense = hessian.dense()
    assert hessian.size == len(network.parameters) == len(dense)
    np.testing.assert_allclose(dense, dense.T, atol=1e-13)
    # The slope of the gradient; a ReLU has kinks, which a small step seldom meets.
    at = network.parameters
    for index in range(0, len(at), 7):
        sides = []
        for step in (1e-6, -1e-6):
            moved = at.copy()
            moved[index] += step
            sides.append(network.with_parameters(moved).gradient(inputs, targets))
        np.testing.assert_allclose(dense[index], (sides[0] - sides[1]) / 2e-6, atol=1e-7)
    assert hessian.trace() == pytest.approx(np.trace(dense), rel=1e-12)
    expected = np.linalg.eigvalsh(dense)
    np.testing.assert_allclose(hessian.eigenvalues(), expected, atol=1e-11)
    assert hessian.eigenvalues(gauss_newton=True).min() > -1e-12
    vector = rng.normal(size=hessian.size)
    np.testing.assert_allclose(hessian.product(vector), dense @ vector, atol=1e-12)
    values, vectors = hessian.largest(2)
    np.testing.assert_allclose(values, expected[::-1][:2], rtol=1e-8)
    np.testing.assert_allclose(dense @ vectors, vectors * values, atol=1e-6)
    values, _ = hessian.largest(which="magnitude")
    assert abs(values[0]) == pytest.approx(np.abs(expected).max(), rel=1e-8)


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
    with pytest.raises(ValueError, match="layer is 1, expected less than 1"):
        network.hidden(inputs, layer=1)
    with pytest.raises(ValueError, match="2 hidden layers, bias 1"):
        drift.Network([np.ones((4, 3)), np.ones((4, 4))], np.ones(4), np.ones((2, 4)))
    with pytest.raises(ValueError, match="columns of a layer's weights has 5; expected 4"):
        drift.Network([np.ones((4, 3)), np.ones((2, 5))], [np.ones(4), np.ones(2)], np.ones((1, 2)))
    with pytest.raises(ValueError, match="two axes"):
        drift.Network(np.ones(3), np.ones(4), np.ones((2, 4)))
    with pytest.raises(ValueError):
        drift.Network.initialize(3, [4, 0], 2)
    with pytest.raises(ValueError, match="expected at most"):
        drift.Network.initialize(3, [2] * 17, 2)
