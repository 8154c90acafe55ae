"""Activity, bins and rate maps against NumPy and SciPy."""

import numpy as np
import pytest
import scipy.ndimage
from drift import metrics
from drift.metrics import activity, binning, maps, paper


def by_hand(edges, position, counts):
    """Mean activity in each bin (bins, units), and samples in each."""
    occupancy = np.histogram(position, edges)[0].astype(float)
    sums = [np.histogram(position, edges, weights=unit)[0] for unit in counts.T]
    with np.errstate(invalid="ignore"):
        return np.stack(sums, axis=1) / occupancy[:, None], occupancy


def test_activity(rng):
    hidden = np.maximum(rng.normal(size=(50, 7)), 0) * (np.arange(7) < 5)
    assert metrics.active_fraction(hidden) == np.mean(hidden > 0)
    assert np.array_equal(metrics.active_units(hidden), (hidden > 0).any(axis=0))
    assert metrics.fraction_active_units(hidden) == np.mean((hidden > 0).any(axis=0))


def test_sparse_activity(rng):
    dense = rng.poisson(0.3, size=(40, 4)).astype(float)
    sparse = activity.SparseActivity(dense)
    assert (sparse.frames, sparse.cells) == (40, 4)
    assert np.array_equal(sparse.active_frames(), np.count_nonzero(dense, axis=0))
    assert np.array_equal(sparse.totals(), dense.sum(axis=0))
    assert np.array_equal(sparse.train(2), dense[:, 2])
    assert np.array_equal(sparse.select([3, 0]).train(0), dense[:, 3])
    enough = np.flatnonzero(np.count_nonzero(dense, axis=0) >= 10)
    assert np.array_equal(sparse.cells_active_in(10), enough)
    assert sparse.is_integer and sparse.range == (1.0, dense.max())
    entries = [[(int(f), dense[f, c]) for f in np.flatnonzero(dense[:, c])] for c in range(4)]
    again = activity.SparseActivity.from_entries(40, entries)
    assert all(np.array_equal(again.train(c), dense[:, c]) for c in range(4))
    with pytest.raises(ValueError, match="cell is 4"):
        sparse.train(4)
    with pytest.raises(ValueError):
        activity.SparseActivity(-dense)


def test_bin_edges(rng):
    values = rng.uniform(-1, 6, size=100)
    edges = metrics.BinEdges.equal(0.0, 5.0, 10)
    assert len(edges) == edges.bins == 10
    np.testing.assert_allclose(edges.edges, np.linspace(0, 5, 11))
    np.testing.assert_allclose(edges.centres, np.arange(10) * 0.5 + 0.25)
    np.testing.assert_allclose(edges.widths, 0.5)
    expected = np.digitize(values, edges.edges) - 1
    expected[(values < 0) | (values > 5)] = -1
    assert np.array_equal(edges.index(values), expected)
    assert np.array_equal(edges.counts(values), np.histogram(values, edges.edges)[0])
    spanning = metrics.BinEdges.spanning(values, 4)
    np.testing.assert_allclose(spanning.edges, np.linspace(values.min(), values.max(), 5))
    with pytest.raises(ValueError, match="above the edge before it"):
        metrics.BinEdges([0.0, 2.0, 1.0])


def test_binned_positions(rng):
    x, y = rng.uniform(0, 4, 200), rng.uniform(0, 3, 200)
    x[3], x[4] = np.nan, 9.0
    positions = metrics.BinEdges.equal(0, 4, 4).assign(x)
    assert (positions.missing, positions.outside, len(positions)) == (1, 1, 200)
    inside = np.histogram(x[np.isfinite(x)], [0, 1, 2, 3, 4])[0]
    assert np.array_equal(positions.occupancy, inside)
    assert np.array_equal(positions.bins, positions.edges.index(x))
    durations = rng.uniform(0.01, 0.1, 200)
    kept = positions.bins >= 0
    seconds = np.bincount(positions.bins[kept], weights=durations[kept], minlength=4)
    np.testing.assert_allclose(positions.seconds(durations), seconds)
    np.testing.assert_allclose(positions.seconds(0.5), 0.5 * positions.occupancy)
    some = positions.restricted_to(np.arange(200) < 100)
    assert some.left_out == np.sum(kept[100:])
    plane = metrics.BinnedPositions.in_plane([0, 2, 4], [0, 1, 2, 3], x, y)
    assert plane.n_bins == 6 and plane.edges_y.bins == 3
    expected = (x // 2) * 3 + y // 1
    assert np.array_equal(plane.bins[kept], expected[kept])


def test_states_and_motion(rng):
    labels = rng.choice([2, 5, 9], size=60)
    states = metrics.States(labels)
    assert np.array_equal(states.labels, [2, 5, 9]) and len(states) == 3
    assert np.array_equal(states.labels[states.index], labels)
    assert np.array_equal(states.occupancy, np.unique(labels, return_counts=True)[1])
    with pytest.raises(ValueError, match="whole numbers"):
        metrics.States(labels + 0.5)
    position = np.array([0.0, 1.0, 2.0, 1.5, 0.5])
    speed = binning.velocity(position)
    assert np.array_equal(np.sign(speed)[1:-1], [1, np.sign(0.5), -1])
    signed = metrics.signed_position(position)
    assert np.array_equal(np.abs(signed[speed != 0]), position[speed != 0])


def test_rate_maps(track):
    position, counts = track["position"], track["counts"]
    edges = np.linspace(0, 100, 26)
    expected, occupancy = by_hand(edges, position, counts)
    found = metrics.rate_map(edges, position, counts)
    np.testing.assert_allclose(found.rates, expected, rtol=1e-12)
    assert np.array_equal(found.occupancy, occupancy)
    np.testing.assert_allclose(found.mean_rate, counts.mean(axis=0))
    assert (found.units, found.bins) == (30, 25)
    np.testing.assert_allclose(found.occupancy_probability, occupancy / occupancy.sum())
    binned = metrics.BinEdges(edges).assign(position)
    sparse = metrics.SparseActivity(counts)
    for given in (counts, sparse):
        np.testing.assert_allclose(maps.rate_map_of(binned, given).rates, expected, rtol=1e-12)
    per_second = maps.rate_map_per_second(binned, sparse, 0.05)
    np.testing.assert_allclose(per_second.rates, expected / 0.05, rtol=1e-12)
    np.testing.assert_allclose(found.per_second(0.05).rates, expected / 0.05, rtol=1e-12)
    events = [np.repeat(position, unit.astype(int)) for unit in counts.T]
    of_events = maps.event_rate_map(edges, position, 0.05, events)
    np.testing.assert_allclose(of_events.rates, expected / 0.05, rtol=1e-12)
    same = metrics.RateMap(edges, occupancy, expected)
    assert np.array_equal(same.rates, expected)
    with pytest.raises(ValueError, match="position"):
        metrics.rate_map(edges, position[:-1], counts)


def test_unvisited_bins_are_missing_or_zero():
    found = metrics.rate_map([0, 1, 2, 3], [0.5, 2.5], [[1.0], [2.0]])
    assert np.isnan(found.rates[1, 0])
    assert found.with_unvisited("zero").rates[1, 0] == 0.0
    with pytest.raises(ValueError, match="expected one of missing, zero"):
        found.with_unvisited("none")


def test_directions_apart(track):
    there = np.linspace(0.0, 99.0, 100)
    position = np.concatenate([there, there[::-1]])
    counts = np.concatenate([np.ones(100), np.full(100, 3.0)])[:, None]
    up, down = binning.directed_rate_maps(np.linspace(0, 100, 5), position, counts)
    assert np.nanmax(np.abs(up.rates[1:3] - 1)) == 0
    assert np.nanmax(np.abs(down.rates[1:3] - 3)) == 0


def test_smoothing(rng):
    values = rng.uniform(size=40)
    expected = scipy.ndimage.gaussian_filter1d(values, 2.0, mode="reflect", truncate=4.0)
    found = metrics.smooth(values, 2.0, ends="reflecting")
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    ring = scipy.ndimage.gaussian_filter1d(values, 2.0, mode="wrap", truncate=4.0)
    np.testing.assert_allclose(metrics.smooth(values, 2.0, ends="circular"), ring, rtol=1e-12)
    weights = scipy.ndimage.gaussian_filter1d(np.ones(40), 2.0, mode="constant", truncate=4.0)
    open_ends = scipy.ndimage.gaussian_filter1d(values, 2.0, mode="constant", truncate=4.0)
    np.testing.assert_allclose(metrics.smooth(values, 2.0), open_ends / weights, rtol=1e-12)
    both = metrics.RateMap(np.arange(41.0), np.ones(40), np.stack([values, values], axis=1))
    smoothed = both.smoothed(2.0, ends="reflecting")
    np.testing.assert_allclose(smoothed.rates[:, 1], expected, rtol=1e-12)
    np.testing.assert_allclose(
        paper.smoothed(both).rates[:, 0],
        scipy.ndimage.gaussian_filter1d(values, 6.0, mode="reflect", truncate=4.0),
        rtol=1e-12,
    )
    with pytest.raises(ValueError, match="ends"):
        metrics.smooth(values, 2.0, ends="shut")


def test_peaks_and_fields(track):
    found = metrics.rate_map(np.linspace(0, 100, 26), track["position"], track["counts"])
    assert np.array_equal(maps.peak_bins(found), found.rates.argmax(axis=0))
    peaks = found.rates.argmax(axis=0)
    assert (np.diff(peaks[metrics.order_by_peak(found)]) >= 0).all()
    assert np.array_equal(metrics.place_units([0.1, 0.5], 0.2), [False, True])
    bump = np.array([0.0, 1.0, 4.0, 2.0, 0.0, 0.0])
    assert maps.centroid(bump) == pytest.approx(np.sum(np.arange(6) * bump) / bump.sum())
    (field,) = maps.place_fields(bump, threshold=0.25)
    assert (field.start, field.width, field.peak_bin, field.peak_rate) == (1, 3, 2, 4.0)
    assert field.mean_rate == pytest.approx(7 / 3)
    assert field.centroid == pytest.approx((1 + 8 + 6) / 7)
    assert not maps.place_fields(bump, threshold=0.25, minimum_width=4)
    split = np.array([4.0, 0.0, 0.0, 4.0])
    assert len(maps.place_fields(split, threshold=0.5)) == 2
    assert len(maps.place_fields(split, threshold=0.5, track="circular")) == 1


def test_the_choices_of_the_paper(small):
    position, hidden = small.dataset["position"], small.hidden()
    signed = metrics.signed_position(position)
    edges = metrics.BinEdges.spanning(signed, 100)
    expected = metrics.rate_map(edges, signed, hidden).with_unvisited("zero")
    found = paper.rate_map(position, hidden)
    assert np.array_equal(found.rates, expected.rates)
    positions = paper.bin_positions(position)
    assert np.array_equal(paper.rate_map_in(positions, hidden).rates, expected.rates)
    bits = paper.spatial_information(found)
    plain = metrics.spatial_information(found)
    assert np.array_equal(bits, np.nan_to_num(plain))
    place = paper.place_units(bits)
    assert np.array_equal(place, bits > 0.01)
    assert paper.mean_place_unit_information(bits) == pytest.approx(bits[place].mean())
    codes = [small.hidden(int(step)) for step in small.snapshots[0][-3:]]
    similar = paper.rate_map_correlation(position, codes)
    assert similar.correlation.shape == (3, 3)
    assert np.allclose(np.diag(similar.correlation), 1.0)
