"""Similarity, sessions and decoders against NumPy and SciPy."""

import numpy as np
import pytest
import scipy.spatial
import scipy.spatial.distance
import scipy.stats
from drift import metrics
from drift.metrics import decoding, sessions, similarity


@pytest.fixture
def two(rng):
    first = rng.uniform(size=(20, 8))
    return first, first + 0.3 * rng.normal(size=(20, 8))


def test_correlations(two):
    first, second = two
    expected = scipy.stats.pearsonr(first[:, 0], second[:, 0])[0]
    assert metrics.pearson(first[:, 0], second[:, 0]) == pytest.approx(expected)
    by_bin = similarity.population_vector_correlation(first, second)
    pearson = scipy.stats.pearsonr
    parts = [pearson(a, b)[0] for a, b in zip(first, second)]
    np.testing.assert_allclose(by_bin.parts, parts)
    assert by_bin.mean == pytest.approx(np.mean(parts)) and by_bin.count == 20
    by_cell = similarity.tuning_curve_correlation(first, second)
    np.testing.assert_allclose(by_cell.parts, [pearson(a, b)[0] for a, b in zip(first.T, second.T)])
    rates = first.mean(axis=0), second.mean(axis=0)
    assert similarity.ensemble_rate_correlation(*rates) == pytest.approx(pearson(*rates)[0])
    bins = np.arange(20)[:, None]
    centres = [(bins * np.abs(m)).sum(axis=0) / np.abs(m).sum(axis=0) for m in two]
    moved = similarity.centroid_shift(np.abs(first), np.abs(second))
    np.testing.assert_allclose(np.abs(moved), np.abs(centres[1] - centres[0]), atol=1e-12)


def test_rate_map_correlation(two):
    edges = np.arange(21.0)
    maps = [metrics.RateMap(edges, np.ones(20), rates) for rates in two]
    included = [np.ones(8, bool), np.arange(8) < 6]
    found = metrics.rate_map_correlation(maps, included)
    expected = np.mean([scipy.stats.pearsonr(a, b)[0] for a, b in zip(two[0].T[:6], two[1].T)])
    assert found.correlation[0, 1] == pytest.approx(expected)
    assert np.array_equal(found.shared_units, [[8, 6], [6, 6]])
    np.testing.assert_allclose(found.by_lag(), [1.0, expected])
    other = metrics.RateMap(edges + 1, np.ones(20), two[0])
    with pytest.raises(ValueError, match="other bins"):
        metrics.rate_map_correlation([maps[0], other], included)


def test_dissimilarity(two):
    first, second = two
    expected = scipy.spatial.distance.squareform(scipy.spatial.distance.pdist(first, "correlation"))
    found = similarity.dissimilarity(first)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    upper = np.triu_indices(20, 1)
    pair = found[upper], similarity.dissimilarity(second)[upper]
    for by_rank, test in ((False, scipy.stats.pearsonr), (True, scipy.stats.spearmanr)):
        r = similarity.compare_dissimilarities(
            found, similarity.dissimilarity(second), by_rank=by_rank
        )
        assert r == pytest.approx(test(*pair)[0])
        name = "rsa_spearman" if by_rank else "rsa_pearson"
        assert similarity.code_similarity([first, second], measure=name)[0, 1] == pytest.approx(r)


def test_shapes(two):
    first, second = two
    found = similarity.procrustes(first, second)
    disparity = scipy.spatial.procrustes(first, second)[2]
    assert found.disparity == pytest.approx(disparity)
    centred = [m - m.mean(axis=0) for m in two]
    x, y = (m / np.linalg.norm(m) for m in centred)
    assert found.nuclear_norm == pytest.approx(np.linalg.norm(x.T @ y, "nuc"))
    assert found.angle == pytest.approx(np.arccos(np.linalg.norm(x.T @ y, "nuc")))
    cka = np.linalg.norm(x.T @ y) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))
    matrix = similarity.code_similarity([first, second, first], measure="cka")
    assert matrix[0, 1] == pytest.approx(cka) and matrix[0, 2] == pytest.approx(1.0)
    for measure, function in (
        ("rate_map", similarity.tuning_curve_correlation),
        ("population_vector", similarity.population_vector_correlation),
    ):
        found = similarity.code_similarity([first, second], measure=measure)[0, 1]
        assert found == pytest.approx(function(first, second).mean)
    assert similarity.code_similarity([first, second], measure="procrustes")[0, 1] > 0
    assert similarity.code_similarity([first, second], measure="cka_debiased")[0, 1] < 1
    with pytest.raises(ValueError, match="procrustes"):
        similarity.code_similarity([first, second], measure="distance")
    holed = first.copy()
    holed[3], holed[:, 2] = np.nan, np.nan
    shared = similarity.shared_code([holed, second])
    assert np.array_equal(shared.bins, np.delete(np.arange(20), 3))
    assert np.array_equal(shared.cells, np.delete(np.arange(8), 2))
    assert np.array_equal(shared.maps[1], np.delete(np.delete(second, 3, 0), 2, 1))
    assert similarity.spearman_brown(0.5) == pytest.approx(2 / 3)


def test_registered_sessions(two):
    first, second = two
    active = np.ones(8, bool)
    column_of = np.array([7, 6, 5, 4, 3, 2, 1, -1])
    monday = sessions.RegisteredSession(first, active)
    friday = sessions.RegisteredSession(second[:, ::-1], active, column_of)
    assert np.array_equal(friday.rate_maps[:, :7], second[:, :7])
    assert np.isnan(friday.rate_maps[:, 7]).all() and not friday.found[7]
    assert friday.fraction_active == 7 / 8 and friday.fraction_active_of_found == 1.0
    assert monday.active.all()
    pairs = sessions.compare_sessions([monday, friday])
    assert pairs.cells[0, 1] == 7 and pairs.overlap[0, 1] == 1.0
    expected = similarity.tuning_curve_correlation(first[:, :7], second[:, :7])
    assert pairs.rate_map_correlation[0, 1] == pytest.approx(expected.mean)
    lags = metrics.statistics.by_lag(pairs.pv_correlation)
    assert lags[1] == pytest.approx(pairs.pv_correlation[0, 1])
    assert sessions.session_turnover(monday, friday).survival == 1.0
    changed = sessions.turnover([True, True, False, False], [True, False, True, False])
    assert [list(getattr(changed, k)) for k in ("kept", "lost", "gained", "silent")] == [
        [0],
        [1],
        [2],
        [3],
    ]
    assert (changed.survival, changed.recruitment, changed.turnover_ratio) == (0.5, 0.5, 0.5)
    with pytest.raises(ValueError, match="column_of"):
        sessions.RegisteredSession(first, active, [0, 0])


@pytest.fixture
def session(track):
    bins = (track["position"] // 4).astype(int)
    return metrics.BinnedSession(track["counts"], bins, 25, track["laps"], track["seconds"])


def test_binned_session(session, track):
    assert (session.n_bins, session.n_laps) == (25, 10)
    assert np.array_equal(session.counts, track["counts"]) and session.found.all()
    time = np.bincount(session.bins, session.seconds)
    sums = [np.bincount(session.bins, unit) for unit in track["counts"].T]
    np.testing.assert_allclose(session.rate_map(), np.stack(sums, axis=1) / time[:, None])
    even, odd = session.half_maps()
    np.testing.assert_allclose((even + odd) / 2, session.rate_map(), atol=1e-12)
    assert np.array_equal(session.laps, track["laps"])
    found = sessions.matched_halves(session.half_maps(), session.half_maps())
    assert found.cells > 20 and found.across <= 1.0
    interval = sessions.matched_halves_interval(
        session.half_maps(), session.half_maps(), resamples=50, seed=1
    )
    assert interval[0] <= found.corrected + 0.1 and interval[0] <= interval[1]


def test_poisson_decoder(session, track):
    decoder = decoding.PoissonDecoder.of(session)
    windows = decoding.Windows(session, 0.25)
    assert len(windows) == len(windows.bins) == len(windows.laps)
    decoded = decoder.decode(windows, session.found)
    errors = decoded.errors(25)
    assert np.array_equal(errors, np.abs(decoded.decoded - decoded.actual))
    assert errors.mean() < 2.0
    posterior = decoder.log_posteriors(windows)
    np.testing.assert_allclose(np.exp(posterior).sum(axis=1), 1.0)
    rates = np.maximum(session.rate_map(), 0.01)
    counts = track["counts"][:5].sum(axis=0)
    expected = counts @ np.log(rates).T - 0.25 * rates.sum(axis=1)
    expected -= scipy.special.logsumexp(expected)
    np.testing.assert_allclose(decoder.log_posterior(counts, 0.25), expected, rtol=1e-9)
    seconds = np.bincount(session.bins, session.seconds)
    same = decoding.PoissonDecoder(session.rate_map(), seconds)
    np.testing.assert_allclose(same.log_posterior(counts, 0.25), expected, rtol=1e-9)
    turned = decoder.with_identities(np.arange(30)[::-1]).decode(windows, session.found)
    assert turned.errors(25).mean() > errors.mean()
    found = decoding.identity_test(decoder, windows, permutations=50, seed=1)
    assert found.observed == pytest.approx(errors.mean()) and found.p_value < 0.05


def test_distances_and_chance():
    assert decoding.bin_distance(1, 18, 20) == 17.0
    assert decoding.bin_distance(1, 18, 20, space="ring") == 3.0
    assert decoding.bin_distance(0, 19, 20, space=5) == 5.0
    decoded, actual = np.array([1, 4, 9]), np.array([0, 7])
    expected = np.abs(decoded[:, None] - actual).mean()
    found = decoding.mean_pairing_error(decoded, actual[[0, 1, 1]], 10)
    expected = np.abs(decoded[:, None] - actual[[0, 1, 1]]).mean()
    assert found == pytest.approx(expected)
    with pytest.raises(ValueError, match="line, ring"):
        decoding.bin_distance(1, 2, 3, space="circle")


def test_a_decoder_across_sessions(session, track, rng):
    moved = np.asfortranarray(track["counts"][:, rng.permutation(30)])
    bins = (track["position"] // 4).astype(int)
    later = metrics.BinnedSession(moved, bins, 25, track["laps"], track["seconds"])
    found = decoding.error_matrix([session, later], window=0.25)
    assert found.mean[0, 0] < 2.5 < found.mean[0, 1]
    assert (found.cells == 30).all() and (found.windows > 0).all()
    assert np.array_equal(found.stale, found.mean[0])
    assert np.array_equal(found.refit, np.diag(found.mean))
    gap = (found.stale - found.refit) / (found.chance[0] - found.refit)
    assert found.relative_gap[1] == pytest.approx(gap[1], abs=0.2)
    lags = found.by_lag()
    assert lags.forward[1] == found.mean[0, 1] and lags.backward[1] == found.mean[1, 0]


def test_ridge(rng):
    activity = rng.poisson(1.0, size=(300, 6)).astype(float)
    x = activity @ rng.normal(size=6) + 0.1 * rng.normal(size=300) + 5.0
    targets = decoding.Targets(x)
    found = decoding.RidgeDecoder.fit(activity, targets, 0.1)
    centred = activity - activity.mean(axis=0)
    penalty = 0.1 * 300 * np.eye(6)
    weights = np.linalg.solve(centred.T @ centred + penalty, centred.T @ (x - x.mean()))
    np.testing.assert_allclose(found.weights[:, 0], weights, rtol=1e-9)
    decoded = found.decode(activity)
    expected = centred @ weights + x.mean()
    np.testing.assert_allclose(decoded[:, 0], expected, rtol=1e-9)
    np.testing.assert_allclose(targets.errors(decoded), np.abs(expected - x), rtol=1e-7)
    assert found.intercept == pytest.approx(x.mean() - activity.mean(axis=0) @ weights)
    folds = decoding.lap_folds(np.repeat(np.arange(6), 50), 2)
    assert np.array_equal(folds, np.repeat(np.arange(3), 100))
    chosen = decoding.cross_validated_ridge(activity, targets, folds, [1e-3, 10.0])
    assert chosen.alpha == 1e-3 and chosen.squared_error[0] < chosen.squared_error[1]
    ring = decoding.Targets(np.mod(x, 2 * np.pi), ring=True)
    assert decoding.RidgeDecoder.fit(activity, ring, 0.1).weights.shape == (6, 2)
    plane = decoding.Targets(x, -x)
    assert len(plane) == 300
    with pytest.raises(ValueError, match="ring is True"):
        decoding.Targets(x, x, ring=True)
