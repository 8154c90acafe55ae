"""Geometry, increments, cohorts, spectra, timescales, phases and statistics against NumPy and SciPy."""

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from drift import metrics
from drift.metrics import cohort, geometry, increments, phases, spectrum, statistics, timescale


def session(rng, means, laps=12):
    """One bin, one frame a lap; cells respond around their means."""
    counts = np.maximum(means + 0.2 * rng.normal(size=(laps, len(means))), 0)
    bins, numbers = np.zeros(laps, int), np.arange(laps)
    return metrics.BinnedSession(counts, bins, 1, numbers, 1.0), counts


def test_the_cloud_of_laps_and_its_drift(rng):
    means = np.array([3.0, 5.0, 4.0, 6.0])
    before, first = session(rng, means)
    after, second = session(rng, means + [1.0, 0.0, 0.0, 0.0])
    cells = np.arange(4)
    cloud = geometry.LapCloud.of(before, 0, cells)
    later = geometry.LapCloud.of(after, 0, cells)
    np.testing.assert_allclose(cloud.mean, first.mean(axis=0))
    covariance = np.cov(first.T)
    np.testing.assert_allclose(cloud.covariance, covariance)
    values, vectors = np.linalg.eigh(covariance)
    np.testing.assert_allclose(cloud.variances[:4], values[::-1])
    assert cloud.laps == 12 and cloud.components.shape[0] == 4
    assert cloud.total_variance == pytest.approx(np.trace(covariance))
    dimension = values.sum() ** 2 / (values**2).sum()
    assert cloud.dimension == pytest.approx(dimension)
    n = cloud.variational_dimension
    assert n == int(np.ceil(dimension))
    space = vectors[:, ::-1][:, :n]
    assert cloud.variance_in_variation == pytest.approx(values[::-1][:n].sum() / values.sum())
    w = rng.normal(size=4)
    share = w @ covariance @ w / (np.trace(covariance) * w @ w)
    assert cloud.variance_along(w) == pytest.approx(share)
    assert cloud.overlap(cloud) == pytest.approx(1.0)
    drift = geometry.Drift.between(cloud, later)
    d = second.mean(axis=0) - first.mean(axis=0)
    np.testing.assert_allclose(drift.vector, d)
    assert drift.squared == pytest.approx(d @ d)
    halves = (
        [s[1::2].mean(axis=0) for s in (first, second)],
        [s[::2].mean(axis=0) for s in (first, second)],
    )
    split = (halves[0][1] - halves[0][0]) @ (halves[1][1] - halves[1][0])
    assert drift.squared_split == pytest.approx(split)
    assert drift.in_variation == pytest.approx(np.linalg.norm(space.T @ d) ** 2 / (d @ d))
    assert drift.share_in(np.eye(4)) == pytest.approx(1.0)
    assert drift.split_in(np.eye(4)) == pytest.approx(split)
    cosine = d @ w / np.linalg.norm(d) / np.linalg.norm(w)
    assert drift.cosine_with(w) == pytest.approx(cosine)
    assert geometry.cosine(d, w) == pytest.approx(cosine)
    first_component = cloud.components[:, 0]
    angle = np.degrees(np.arccos(abs(first_component @ d) / np.linalg.norm(d)))
    assert drift.angles_with(cloud, 1)[0] == pytest.approx(angle)
    back = geometry.Drift.between(later, cloud)
    noise = np.trace(later.covariance) / 12
    assert drift.inner_with_next(back, later) == pytest.approx(-d @ d + noise)
    pooled = geometry.pool([drift, drift])
    assert pooled.bins == 2 and pooled.squared == pytest.approx(2 * split)
    with pytest.raises(ValueError, match="b has 3"):
        geometry.cosine(d, w[:3])


def test_displacement_of_peaks(rng):
    maps = rng.uniform(size=(10, 5))
    np.testing.assert_allclose(increments.peak_positions(maps), maps.argmax(axis=0) + 0.5)
    assert increments.saturation(12) == pytest.approx(144 / 6)
    assert increments.saturation(12, track="circular") == pytest.approx(144 / 12)
    peaks = np.cumsum(rng.normal(size=(6, 200)), axis=0) + 50
    even, odd = (
        peaks + 0.1 * rng.normal(size=peaks.shape),
        peaks + 0.1 * rng.normal(size=peaks.shape),
    )
    found = increments.squared_displacement(even, odd, 100)
    for one in found:
        lag = one.lag
        product = (even[lag:] - even[:-lag]) * (odd[lag:] - odd[:-lag])
        across = (even[lag:] - odd[:-lag]) * (odd[lag:] - even[:-lag])
        assert one.split_once == pytest.approx(product.mean(), rel=1e-9)
        assert one.split == pytest.approx((product + across).mean() / 2, rel=1e-9)
        assert one.pairs == product.size
    lags = np.array([1.0, 2.0, 4.0])
    assert increments.exponent(lags, 3 * lags**1.5, 1e9) == pytest.approx(1.5)


def test_rate_and_field(rng):
    before = rng.uniform(1, 2, size=(10, 4))
    after = before * np.array([1.0, 2.0, 0.5, 1.0])
    after[:, 3] = after[::-1, 3]
    found = increments.rate_and_field(before, after)
    total = ((after - before) ** 2).sum(axis=0)
    np.testing.assert_allclose(found.total, total)
    norms = np.linalg.norm(before, axis=0), np.linalg.norm(after, axis=0)
    np.testing.assert_allclose(found.rate, (norms[1] - norms[0]) ** 2, atol=1e-12)
    np.testing.assert_allclose(found.rate + found.field, found.total)
    np.testing.assert_allclose(found.field[:3], 0, atol=1e-12)
    np.testing.assert_allclose(found.rate[[0, 3]], 0, atol=1e-12)
    rates = before.mean(axis=0), after.mean(axis=0)
    expected = np.abs(rates[1] - rates[0]) / (rates[1] + rates[0])
    np.testing.assert_allclose(found.relative_rate_change, expected)
    assert increments.relative_rate_change(1.0, 3.0) == 0.5
    halves = increments.rate_and_field_by_halves((before, before), (after, after))
    assert halves.rate + halves.field == pytest.approx(halves.total)
    assert halves.field_share == pytest.approx(found.field_share)


def test_tails_and_velocity(rng):
    values = rng.standard_t(5, size=2000)
    found = increments.tails(values)
    robust = scipy.stats.median_abs_deviation(values, scale="normal")
    beyond = np.mean(np.abs(values - np.median(values)) > 3 * robust)
    assert found.share_beyond == pytest.approx(beyond, abs=1e-3)
    assert found.gaussian_share == pytest.approx(2 * scipy.stats.norm.sf(3), rel=1e-3)
    assert found.excess_kurtosis == pytest.approx(scipy.stats.kurtosis(values), rel=1e-9)
    halves = 0.5 * rng.normal(size=(2, 2000))
    corrected = increments.corrected_tails(values, *halves)
    assert 0 < corrected.variance < values.var()
    edges = np.arange(11.0)
    times = np.arange(8.0)
    moving = [metrics.RateMap(edges, np.ones(10), np.full((10, 3), 2.0 * t)) for t in times]
    found = increments.drift_velocity(moving, times)
    # Displacement grows as the square of the lag: all of it is directed.
    np.testing.assert_allclose(
        found.mean_squared_displacement / found.lags**2,
        found.mean_squared_displacement[0] / found.lags[0] ** 2,
    )
    assert found.directed_share(3.0) == pytest.approx(1.0, abs=1e-6)
    assert found.log10_velocity == pytest.approx(np.log10(found.velocity))
    assert found.log10_diffusion < -5


def test_cohorts(rng):
    days = np.arange(4.0)
    animals = {f"m{i}": (days, 1 + 0.5 * days + 0.01 * rng.normal(size=4)) for i in range(6)}
    rows = cohort.cohort(animals)
    values = np.array([values for _, values in animals.values()])
    np.testing.assert_allclose([row.mean for row in rows], values.mean(axis=0))
    np.testing.assert_allclose([row.sem for row in rows], scipy.stats.sem(values))
    trend = cohort.trend(animals, seed=1)
    slopes = [np.polyfit(days, v, 1)[0] for _, v in animals.values()]
    np.testing.assert_allclose(trend.slopes, slopes)
    assert trend.p_value == pytest.approx(2 / 2**6)
    assert cohort.trend({"m": animals["m0"]}).p_value is None
    first = cohort.normalised_to_first(animals)
    np.testing.assert_allclose(first["m1"][1], animals["m1"][1] / animals["m1"][1][0])
    with pytest.raises(ValueError, match="m0 has 2 values"):
        cohort.cohort({"m0": ([1.0], [1.0, 2.0])})


def test_spectra(rng):
    values = np.concatenate([rng.uniform(0.1, 5, 20), [0.0] * 5, [-0.3]])
    positive = values[values > 1e-10]
    found = spectrum.log_sum(values)
    assert found.value == pytest.approx(np.log(positive).sum())
    assert (found.kept, found.dropped_zero, found.dropped_negative) == (20, 5, 1)
    assert spectrum.log_sum(values, relative=0.5).kept == np.sum(values > 0.5 * values.max())
    assert spectrum.fraction_nonzero(values) == pytest.approx(21 / 26)
    assert spectrum.published_fraction_positive(values) == pytest.approx(20 / 26)
    p = positive / positive.sum()
    ranks = [np.exp(scipy.stats.entropy(p)), positive.sum() ** 2 / (positive**2).sum()]
    assert np.isclose(spectrum.effective_rank(values), ranks, rtol=1e-9).any()
    summary = spectrum.summarise(values)
    assert (summary.count, summary.maximum) == (26, values.max())
    assert summary.sum == pytest.approx(values.sum())
    compared = spectrum.compare(values, 2 * values)
    assert compared.sum_ratio == pytest.approx(2.0) and compared.nonzero_change == 0
    assert compared.to_dict()["before"]["count"] == 26
    histogram = spectrum.log10_histogram([values, 2 * values], 5)
    logs = np.log10(positive)
    expected = np.histogram(logs, histogram.edges)[0]
    assert np.array_equal(histogram.counts[0], expected)
    assert list(histogram.not_positive) == [6, 6]


def test_decays(rng):
    x = np.linspace(0, 10, 200)
    y = 1.0 + 2.0 * np.exp(-x / 1.5) + 0.01 * rng.normal(size=200)
    found = timescale.fit_decay(x, y, robust=False)
    curve = lambda x, c, a, tau: c + a * np.exp(-x / tau)
    (c, a, tau), _ = scipy.optimize.curve_fit(curve, x, y, p0=[1, 1, 1])
    assert found.timescale == pytest.approx(tau, rel=1e-3)
    assert found.plateau == pytest.approx(c, abs=1e-3)
    low, high = found.timescale_interval
    assert low < tau < high
    np.testing.assert_allclose(found.value_at(x), curve(x, c, a, tau), atol=1e-3)
    assert found.log10_rate == pytest.approx(-np.log10(found.timescale))
    assert found.settled_at(1 - np.exp(-2)) == pytest.approx(found.onset + 2 * found.timescale)
    late = np.where(x < 3, 2.0, 1.0 + np.exp(-(x - 3) / 1.0)) + 0.005 * rng.normal(size=200)
    delayed = timescale.fit_delayed_decay(x, late)
    assert delayed.onset == pytest.approx(3.0, abs=0.2)
    clean = 1.0 + 2.0 * np.exp(-x / 1.5)
    published = timescale.published_rate(x, clean)
    assert published.log10_rate == pytest.approx(np.log10(abs(published.rate)))
    assert timescale.published_log_tau(x, clean) == published.log10_rate
    with pytest.raises(ValueError):
        timescale.fit_decay(x[:2], y[:2])


def test_phases():
    time = np.arange(500) * 1000.0
    loss = -2.0 + 2.0 * np.exp(-time / 4e3)
    sparsity = 0.1 + 0.4 * np.exp(-time / 5e4)
    found = phases.find_phases(time, loss, sparsity)
    assert found.convergence_end.kind == "at"
    assert found.convergence_end.time == pytest.approx(1.2e4, rel=0.1)
    low, high = found.convergence_end.interval
    assert low <= found.convergence_end.time <= high
    assert 1.5e5 < found.directed_drift_end.time < 1.7e5
    assert found.directed_change.timescale == pytest.approx(5e4, rel=0.05)
    at = time[::50]
    correlation = np.exp(-np.abs(at[:, None] - at) / 1e6)
    with_maps = phases.find_phases(time, loss, sparsity, correlation, correlation_time=at)
    assert with_maps.null_drift.rate == pytest.approx((1 - np.exp(-0.05)) / 5e4, rel=0.01)


def test_statistics(rng):
    a, b = rng.normal(size=60), rng.normal(size=80) + 0.3
    holed = np.append(a, np.nan)
    mean = statistics.mean(holed)
    assert (mean.count, mean.mean) == (60, pytest.approx(a.mean()))
    assert mean.standard_error == pytest.approx(scipy.stats.sem(a))
    assert statistics.quantile(holed, 0.3) == pytest.approx(np.quantile(a, 0.3))
    test = scipy.stats.ks_2samp(a, b, method="asymp")
    found = statistics.kolmogorov_smirnov(a, b)
    assert found.distance == pytest.approx(test.statistic)
    assert found.p_value == pytest.approx(test.pvalue, rel=0.25)
    line = statistics.fit_line(a, 2 * a + 1 + 0.1 * b[:60])
    expected = scipy.stats.linregress(a, 2 * a + 1 + 0.1 * b[:60])
    assert (line.slope, line.intercept) == (
        pytest.approx(expected.slope),
        pytest.approx(expected.intercept),
    )
    assert line.slope_error == pytest.approx(expected.stderr)
    assert statistics.spearman(a, b[:60]) == pytest.approx(scipy.stats.spearmanr(a, b[:60])[0])
    assert statistics.sign_test(9, 1) == pytest.approx(scipy.stats.binomtest(9, 10).pvalue)
    matrix = rng.uniform(size=(5, 5))
    expected = [np.diagonal(matrix, lag).mean() for lag in range(5)]
    np.testing.assert_allclose(statistics.by_lag(matrix), expected)
    with pytest.raises(ValueError, match="columns"):
        statistics.by_lag(matrix[:, :3])
