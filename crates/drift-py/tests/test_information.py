"""Information, its bias, and shuffles against NumPy and SciPy."""

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from drift import metrics
from drift.metrics import bias, information, shuffle


def bits_per_spike(p, rates):
    p = p / p.sum()
    mean = np.sum(p * rates)
    ratio = rates[rates > 0] / mean
    return np.sum(p[rates > 0] * ratio * np.log2(ratio))


def mutual(responses, states):
    joint = np.zeros((responses.max() + 1, states.max() + 1))
    np.add.at(joint, (responses, states), 1 / len(states))
    entropy = lambda p: scipy.stats.entropy(p.ravel(), base=2)
    return entropy(joint.sum(axis=0)) + entropy(joint.sum(axis=1)) - entropy(joint)


def test_information_of_a_map(rng):
    occupancy, rates = rng.uniform(1, 5, 20), rng.uniform(0, 3, 20)
    expected = bits_per_spike(occupancy, rates)
    p = occupancy / occupancy.sum()
    assert information.information(occupancy, rates) == pytest.approx(expected, rel=1e-12)
    rate = expected * np.sum(p * rates)
    assert information.information_rate(occupancy, rates) == pytest.approx(rate, rel=1e-12)
    shifted = bits_per_spike(occupancy, rates + 0.1)
    assert information.offset_information(occupancy, rates, 0.1) == pytest.approx(shifted)
    both = np.stack([rates, np.zeros(20)], axis=1)
    maps = metrics.RateMap(np.arange(21.0), occupancy, both)
    found = metrics.spatial_information(maps)
    assert found[0] == pytest.approx(expected) and np.isnan(found[1])
    assert metrics.spatial_information_rate(maps)[0] == pytest.approx(rate)
    assert information.mean_information(found) == found[0]


def test_mutual_information(rng):
    states = rng.integers(0, 5, 400)
    counts = rng.poisson(1 + states[:, None] * np.array([0.0, 0.8]))
    sparse = metrics.SparseActivity(counts.astype(float))
    found = information.mutual_information(sparse, metrics.States(states), classes="counts")
    expected = [mutual(unit, states) for unit in counts.T]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    published = information.mutual_information(sparse, metrics.States(states))
    np.testing.assert_allclose(published, expected, atol=1e-12)
    two = information.mutual_information(sparse, metrics.States(states), classes=[1.0, 4.0])
    assert (two <= found + 1e-12).all()
    alone = information.mutual_information_of_labels(counts[:, 1], states)
    assert alone == pytest.approx(expected[1])
    with pytest.raises(ValueError, match="published, counts, rounded"):
        information.mutual_information(sparse, metrics.States(states), classes="all")


@pytest.fixture
def recorded(track):
    states = metrics.States((track["position"] // 10).astype(int))
    return metrics.SparseActivity(track["counts"]), states, track


def test_naive_information(recorded):
    sparse, states, track = recorded
    found = bias.naive_information(sparse, states, track["seconds"])
    counts = track["counts"]
    np.testing.assert_allclose(found.rates, counts.mean(axis=0) / track["seconds"])
    for unit in range(5):
        rates = np.bincount(states.index, weights=counts[:, unit]) / states.occupancy
        expected = bits_per_spike(states.occupancy, rates)
        assert found.bits_per_spike[unit] == pytest.approx(expected, rel=1e-10)
        assert found.bits_per_second[unit] == pytest.approx(expected * found.rates[unit])
    each = bias.naive_information(sparse, states, np.full(sparse.frames, track["seconds"]))
    np.testing.assert_allclose(each.bits_per_spike, found.bits_per_spike)


def test_extrapolations():
    t = np.linspace(10, 100, 10)
    curve = 0.8 + 2.0 / (1 + 0.05 * t)
    found = bias.bounded_extrapolation(t, curve)
    assert found.information == pytest.approx(0.8, abs=1e-5)
    assert found.at(50.0) == pytest.approx(0.8 + 2.0 / 3.5, abs=1e-6)
    assert (found.b, found.c) == (pytest.approx(2.0, rel=1e-3), pytest.approx(0.05, rel=1e-3))
    least = bias.bounded_extrapolation(t, curve, fit="least_squares")
    (a, *_), _ = scipy.optimize.curve_fit(
        lambda t, a, b, c: a + b / (1 + c * t), t, curve, p0=[1, 1, 0.1]
    )
    assert least.information == pytest.approx(a, abs=1e-5)
    series = 0.8 + 3.0 / t + 5.0 / t**2
    unbounded = bias.unbounded_extrapolation(t, series)
    expected = np.linalg.lstsq(np.stack([t**0, 1 / t, 1 / t**2], axis=1), series, rcond=None)[0]
    np.testing.assert_allclose(
        [unbounded.information, unbounded.linear, unbounded.quadratic], expected, rtol=1e-8
    )
    assert unbounded.r_squared == pytest.approx(1.0)
    with pytest.raises(ValueError, match="fit"):
        bias.bounded_extrapolation(t, curve, fit="free")


def test_shuffle_reduction():
    t = np.linspace(10, 100, 10)
    naive, shuffled = 0.8 + 6.0 / t, 0.1 + 6.0 / t
    found = bias.scaled_shuffle_reduction(t, naive, shuffled)
    first = naive[0] - naive[1:]
    by_size = naive[1:] - shuffled[1:] * first / (shuffled[0] - shuffled[1:])
    tail = found.by_size[-len(by_size) :]
    np.testing.assert_allclose(tail, by_size, rtol=1e-10)
    corrected = bias.corrected_information(t, naive, shuffled)
    assert corrected.naive == naive[-1]
    assert corrected.ssr == pytest.approx(found.information)
    assert corrected.bae == pytest.approx(bias.bounded_extrapolation(t, naive).information)


def test_subsamples_and_the_whole_procedure(recorded):
    sparse, states, _ = recorded
    few = sparse.select(np.arange(6))
    curves = bias.subsampled_information(few, states, 0.05, repetitions=8, seed=2)
    assert curves.bits_per_spike.naive.shape == (10, 6)
    naive = bias.naive_information(few, states, 0.05).bits_per_spike
    np.testing.assert_allclose(curves.bits_per_spike.naive[-1], naive, rtol=1e-10)
    fractions = curves.sizes / few.frames
    np.testing.assert_allclose(fractions, np.arange(1, 11) / 10, rtol=1e-3)
    report = bias.estimate(
        few, states, 0.05, shuffle="permutation", shuffles=100, repetitions=8, seed=2
    )
    assert report.recorded_cells == 6 and report.fraction_active == 1.0
    assert report.fraction_significant == report.fraction_significant_of_active
    assert len(report.significant_cells) == len(report.bits_per_spike.cells)
    estimate = report.bits_per_spike
    assert (estimate.ssr < estimate.naive).all() and (estimate.bae < estimate.naive).all()
    weighted = estimate.weighted(report.rates)
    assert weighted.naive == pytest.approx(np.average(estimate.naive, weights=report.rates))
    assert report.to_xarray()["rates"].dims == ("cell",)


def test_shuffles(rng, recorded):
    train = rng.poisson(0.3, 200).astype(float)
    assert np.array_equal(shuffle.cyclic_shift(train, 7), np.roll(train, 7))
    for kind in ("cyclic", "permutation", "inter_spike_intervals"):
        shuffled = shuffle.shuffle_train(train, shuffle=kind, seed=1)
        assert np.array_equal(np.sort(shuffled), np.sort(train))
        assert np.array_equal(shuffled, shuffle.shuffle_train(train, shuffle=kind, seed=1))
    sparse, _, _ = recorded
    moved = shuffle.shuffle_activity(sparse, seed=4)
    assert np.array_equal(moved.totals(), sparse.totals())
    found = shuffle.shuffle_test(train, lambda train: train[:20].sum(), shuffles=50, seed=3)
    assert found.observed == train[:20].sum() and found.shuffled.shape == (50,)
    as_large = np.sum(found.shuffled >= found.observed)
    assert found.p_value in (pytest.approx((1 + as_large) / 51), pytest.approx(as_large / 50))
    with pytest.raises(ZeroDivisionError):
        shuffle.shuffle_test(train, lambda train: 1 / 0, shuffles=3)


def test_place_cells(recorded):
    sparse, states, _ = recorded
    # The passes are alike, so that a shift by whole passes changes nothing.
    found = shuffle.place_cell_test(
        sparse, states, shuffle="permutation", shuffles=200, seed=np.random.default_rng(1)
    )
    naive = bias.naive_information(sparse, states, 0.05)
    np.testing.assert_allclose(found.bits_per_spike, naive.bits_per_spike, rtol=1e-10)
    assert found.significant.mean() > 0.9 and found.shuffles == 200
    assert np.array_equal(found.significant_cells, np.flatnonzero(found.significant))
    assert (found.shuffled_mean < found.bits_per_spike)[found.significant].all()
    exact = shuffle.cyclic_shift_test(sparse.select([0, 15]), states)
    train = sparse.train(15)
    shifted = []
    for shift in range(1, 200):
        rates = np.bincount(states.index, np.roll(train, shift)) / states.occupancy
        shifted.append(bits_per_spike(states.occupancy, rates))
    assert exact.shuffles == sparse.frames - 1
    assert exact.shuffled_mean[1] < exact.bits_per_spike[1]
    assert exact.shuffled_mean[1] == pytest.approx(np.mean(shifted), rel=0.2)
