//! Measures of drift (decoders, similarity, geometry, increments) against stored values.

use std::cell::Cell;
use std::f64::consts::TAU;
use std::fs;
use std::path::Path;

use drift_sim::metrics::cohort::{Series, cohort};
use drift_sim::metrics::decoding::{
    self, ErrorMatrixSettings, PoissonDecoder, PoissonSettings, Prior, RidgeDecoder, Space,
    Targets, Windows,
};
use drift_sim::metrics::geometry::{Drift, LapCloud};
use drift_sim::metrics::increments;
use drift_sim::metrics::nalgebra::DMatrix;
use drift_sim::metrics::rate_map::Track;
use drift_sim::metrics::sessions::{BinnedSession, matched_halves};
use drift_sim::metrics::similarity::{
    self, CodeMeasure, SharedCode, code_similarity, compare_dissimilarities, procrustes,
};
use serde_json::Value;

use crate::metrics::read;

/// The README of the reference values: relative to the largest entry of the array.
const TOLERANCE: f64 = 1e-10;

/// Checks every file of the format; returns its name and how many values were compared.
pub fn check_all(directory: &Path) -> Vec<(String, usize)> {
    let entries =
        fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with("drift_measures") && name.ends_with(".json"))
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let stored: Value = read(&directory.join(&name));
            let reference = Reference::new(&name, &stored);
            reference.check();
            let values = reference.compared.get();
            (name, values)
        })
        .collect()
}

struct Reference<'a> {
    name: &'a str,
    stored: &'a Value,
    sessions: Vec<BinnedSession>,
    maps: Vec<DMatrix<f64>>,
    halves: Vec<[DMatrix<f64>; 2]>,
    seconds: f64,
    n_bins: usize,
    compared: Cell<usize>,
}

/// All numbers of a value in order; `null` is NaN.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(entries) => entries.iter().flat_map(numbers).collect(),
        Value::Null => vec![f64::NAN],
        Value::Bool(flag) => vec![f64::from(u8::from(*flag))],
        other => vec![
            other
                .as_f64()
                .unwrap_or_else(|| panic!("no number: {other}")),
        ],
    }
}

fn indices(value: &Value) -> Vec<usize> {
    numbers(value)
        .into_iter()
        .map(|number| number as usize)
        .collect()
}

/// Row by row, as the file stores matrices.
fn rows(matrix: &DMatrix<f64>) -> Vec<f64> {
    matrix
        .row_iter()
        .flat_map(|row| row.iter().copied().collect::<Vec<_>>())
        .collect()
}

fn matrix(value: &Value) -> DMatrix<f64> {
    let outer = value.as_array().expect("rows");
    let columns = numbers(&outer[0]).len();
    DMatrix::from_row_slice(outer.len(), columns, &numbers(value))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 {
        values[half]
    } else {
        0.5 * (values[half - 1] + values[half])
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Laps 2k and 2k + 1 are a fold.
fn without(session: &BinnedSession, fold: usize) -> BinnedSession {
    let bins: Vec<Option<usize>> = session
        .bins()
        .iter()
        .zip(session.laps())
        .map(|(bin, lap)| bin.filter(|_| lap / 2 != fold))
        .collect();
    with_bins(session, &bins)
}

fn only(session: &BinnedSession, fold: usize) -> BinnedSession {
    let bins: Vec<Option<usize>> = session
        .bins()
        .iter()
        .zip(session.laps())
        .map(|(bin, lap)| bin.filter(|_| lap / 2 == fold))
        .collect();
    with_bins(session, &bins)
}

fn with_bins(session: &BinnedSession, bins: &[Option<usize>]) -> BinnedSession {
    BinnedSession::new(
        session.activity().to_dense().as_view(),
        bins,
        session.n_bins(),
        session.laps(),
        session.seconds().into(),
        session.found(),
    )
    .expect("as the session was")
}

impl<'a> Reference<'a> {
    fn new(name: &'a str, stored: &'a Value) -> Self {
        let n_bins = indices(&stored["bins"])[0];
        let seconds = numbers(&stored["frame_seconds"])[0];
        let present = stored["present"].as_array().expect("present");
        let sessions: Vec<BinnedSession> = stored["sessions"]
            .as_array()
            .expect("sessions")
            .iter()
            .zip(present)
            .map(|(session, present)| {
                let bins: Vec<Option<usize>> =
                    indices(&session["bins"]).into_iter().map(Some).collect();
                let found: Vec<bool> = numbers(present).iter().map(|flag| *flag == 1.0).collect();
                BinnedSession::new(
                    matrix(&session["counts"]).as_view(),
                    &bins,
                    n_bins,
                    &indices(&session["lap"]),
                    seconds.into(),
                    &found,
                )
                .expect("a session")
            })
            .collect();
        Self {
            name,
            stored,
            maps: sessions.iter().map(BinnedSession::rate_map).collect(),
            halves: sessions.iter().map(BinnedSession::half_maps).collect(),
            sessions,
            seconds,
            n_bins,
            compared: Cell::new(0),
        }
    }

    fn compare(&self, what: &str, actual: &[f64], expected: &Value) {
        let expected = numbers(expected);
        assert_eq!(
            actual.len(),
            expected.len(),
            "{}: {what}: number of values",
            self.name
        );
        let largest = expected
            .iter()
            .filter(|e| !e.is_nan())
            .fold(0.0_f64, |l, e| l.max(e.abs()));
        for (index, (a, e)) in actual.iter().zip(&expected).enumerate() {
            let same = (a.is_nan() && e.is_nan()) || (a - e).abs() <= TOLERANCE * largest || a == e;
            assert!(same, "{}: {what}[{index}]: {a}, stored {e}", self.name);
        }
        self.compared.set(self.compared.get() + expected.len());
    }

    fn compare_exactly(&self, what: &str, actual: &[usize], expected: &Value) {
        let expected = indices(expected);
        assert_eq!(
            actual.len(),
            expected.len(),
            "{}: {what}: number of values",
            self.name
        );
        for (index, (a, e)) in actual.iter().zip(&expected).enumerate() {
            assert_eq!(a, e, "{}: {what}[{index}]", self.name);
        }
        self.compared.set(self.compared.get() + expected.len());
    }

    fn settings(&self) -> PoissonSettings {
        PoissonSettings {
            floor: numbers(&self.stored["poisson_floor_hz"])[0],
            prior: Prior::Uniform,
            window: self.seconds,
        }
    }

    fn alpha(&self) -> f64 {
        numbers(&self.stored["ridge_alpha"])[0]
    }

    fn check(&self) {
        let maps: Vec<f64> = self.maps.iter().flat_map(rows).collect();
        // The stored maps of a missing cell hold what was simulated; found cells are compared.
        let stored = numbers(&self.stored["rate_maps"]);
        let cells = self.sessions[0].cells();
        let masked: Vec<Value> = stored
            .iter()
            .enumerate()
            .map(|(index, rate)| {
                let session = index / (self.n_bins * cells);
                let found = self.sessions[session].found()[index % cells];
                if found && !rate.is_nan() {
                    (*rate).into()
                } else {
                    Value::Null
                }
            })
            .collect();
        self.compare("rate_maps", &maps, &Value::Array(masked));
        self.poisson();
        self.error_matrix();
        self.windows();
        self.ridge();
        self.similarity();
        self.halves();
        self.rate_field();
        self.geometry();
        self.increments();
        self.cohort();
        self.edge_cases();
    }

    fn poisson(&self) {
        let settings = self.settings();
        let windows: Vec<Windows> = self
            .sessions
            .iter()
            .map(|session| Windows::of(session, settings.window).expect("windows"))
            .collect();
        for train in 0..self.sessions.len() {
            for (test, there) in windows.iter().enumerate() {
                let decoded = if train == test {
                    // In order of the frames: folds follow each other.
                    let folds = self.sessions[train].n_laps() / 2;
                    (0..folds)
                        .flat_map(|fold| {
                            let session = &self.sessions[train];
                            let decoder = PoissonDecoder::of(&without(session, fold), &settings);
                            let left = Windows::of(&only(session, fold), settings.window);
                            let decoder = decoder.expect("a decoder");
                            decoder
                                .decode(&left.expect("windows"), session.found())
                                .expect("decoded")
                                .decoded
                        })
                        .collect()
                } else {
                    let decoder =
                        PoissonDecoder::of(&self.sessions[train], &settings).expect("a decoder");
                    let found = self.sessions[test].found();
                    decoder.decode(there, found).expect("decoded").decoded
                };
                let actual: Vec<usize> = self.sessions[test]
                    .bins()
                    .iter()
                    .flatten()
                    .copied()
                    .collect();
                let key = format!("{train}->{test}");
                self.compare_exactly(&key, &decoded, &self.stored["poisson_decoded"][&key]);
                for (space, name) in [
                    (Space::Ring, "error_ring_bins"),
                    (Space::Line, "error_line_bins"),
                ] {
                    let errors = decoded
                        .iter()
                        .zip(&actual)
                        .map(|(a, b)| space.distance(*a, *b, self.n_bins))
                        .collect();
                    self.compare(name, &[median(errors)], &self.stored[name][train][test]);
                }
            }
        }
    }

    fn error_matrix(&self) {
        let stored = &self.stored["error_matrix"];
        let of = |space| {
            let settings = ErrorMatrixSettings {
                decoder: self.settings(),
                space,
                laps_left_out: 2,
            };
            decoding::error_matrix(&self.sessions, &settings).expect("an error matrix")
        };
        let (ring, line) = (of(Space::Ring), of(Space::Line));
        self.compare("median_ring", &rows(&ring.median), &stored["median_ring"]);
        self.compare("mean_ring", &rows(&ring.mean), &stored["mean_ring"]);
        self.compare("mean_line", &rows(&line.mean), &stored["mean_line"]);
        self.compare(
            "chance_mean_ring",
            &rows(&ring.chance),
            &stored["chance_mean_ring"],
        );
        self.compare(
            "chance_mean_line",
            &rows(&line.chance),
            &stored["chance_mean_line"],
        );
        let lags = ring.by_lag();
        self.compare("forward", &lags.forward, &stored["by_lag"]["forward"]);
        self.compare("backward", &lags.backward, &stored["by_lag"]["backward"]);
        let both: Vec<f64> = lags
            .forward
            .iter()
            .zip(&lags.backward)
            .map(|(a, b)| (a + b) / 2.0)
            .collect();
        self.compare("both", &both, &stored["by_lag"]["both"]);
        let (stale, refit) = (ring.stale(), ring.refit());
        self.compare("stale", &stale, &stored["stale"]);
        self.compare("refit", &refit, &stored["refit"]);
        let gap: Vec<f64> = stale.iter().zip(&refit).map(|(s, r)| s - r).collect();
        self.compare("gap", &gap, &stored["gap"]);
        self.compare(
            "relative_gap",
            &ring.relative_gap(),
            &stored["relative_gap"],
        );

        // Session 1 from session 0 without its own fold, against the true bins rolled forward.
        let settings = self.settings();
        let (train, test) = (&self.sessions[0], &self.sessions[1]);
        let decoded: Vec<usize> = (0..test.n_laps() / 2)
            .flat_map(|fold| {
                let decoder =
                    PoissonDecoder::of(&without(train, fold), &settings).expect("a decoder");
                let left = Windows::of(&only(test, fold), settings.window).expect("windows");
                decoder
                    .decode(&left, test.found())
                    .expect("decoded")
                    .decoded
            })
            .collect();
        let mut actual: Vec<usize> = test.bins().iter().flatten().copied().collect();
        let chance = decoding::mean_pairing_error(&decoded, &actual, self.n_bins, Space::Ring);
        let error = |actual: &[usize]| {
            let pairs = decoded.iter().zip(actual);
            pairs
                .map(|(a, b)| Space::Ring.distance(*a, *b, self.n_bins))
                .sum::<f64>()
                / actual.len() as f64
        };
        let all_shifts: Vec<f64> = (0..actual.len())
            .map(|_| {
                actual.rotate_right(1);
                error(&actual)
            })
            .collect();
        let shifts = indices(&stored["shifts_0_to_1"]["shifts"]);
        let shifted: Vec<f64> = shifts.iter().map(|shift| all_shifts[shift - 1]).collect();
        let observed = all_shifts[actual.len() - 1];
        let reached = shifted.iter().filter(|&&error| error <= observed).count();
        let p = (1 + reached) as f64 / (1 + shifts.len()) as f64;
        let exact = mean(&all_shifts);
        self.compare("mean_ring", &shifted, &stored["shifts_0_to_1"]["mean_ring"]);
        self.compare("p", &[p], &stored["shifts_0_to_1"]["p"]);
        self.compare("chance", &[chance.expect("chance")], &exact.into());

        let order = indices(&stored["identity_shuffle_0_to_1"]["order"]);
        let permuted = PoissonDecoder::of(&self.sessions[0], &settings)
            .and_then(|decoder| decoder.with_identities(&order))
            .expect("a decoder");
        let windows = Windows::of(&self.sessions[1], settings.window).expect("windows");
        let decoded = permuted
            .decode(&windows, self.sessions[1].found())
            .expect("decoded");
        let errors = decoded.errors(self.n_bins, Space::Ring);
        self.compare(
            "identity",
            &[mean(&errors)],
            &stored["identity_shuffle_0_to_1"]["mean_ring"],
        );
    }

    fn windows(&self) {
        for (name, prior) in [("uniform", Prior::Uniform), ("occupancy", Prior::Occupancy)] {
            let stored = &self.stored["poisson_windows"][name];
            let settings = PoissonSettings {
                prior,
                window: 3.0 * self.seconds,
                ..self.settings()
            };
            let decoder = PoissonDecoder::of(&self.sessions[1], &settings).expect("a decoder");
            let windows = Windows::of(&self.sessions[0], settings.window).expect("windows");
            let decoded = decoder
                .decode(&windows, self.sessions[0].found())
                .expect("decoded");
            self.compare_exactly(name, &decoded.decoded, &stored["decoded"]);
            let errors = decoded.errors(self.n_bins, Space::Ring);
            self.compare(
                "mean_error_ring",
                &[mean(&errors)],
                &stored["mean_error_ring"],
            );
            let posterior = decoder.log_posteriors(&windows).expect("posteriors");
            let first: Vec<f64> = rows(&posterior.rows(0, 4).clone_owned())
                .into_iter()
                .map(|p| if p == f64::NEG_INFINITY { f64::NAN } else { p })
                .collect();
            self.compare("log_posterior", &first, &stored["log_posterior_first_4"]);
            let gap = posterior.row_iter().fold(f64::INFINITY, |smallest, row| {
                let mut sorted: Vec<f64> = row.iter().copied().collect();
                sorted.sort_by(|a, b| b.total_cmp(a));
                smallest.min(sorted[0] - sorted[1])
            });
            // A difference of logarithms of the size of 100.
            let stored_gap = numbers(&stored["smallest_gap"])[0];
            assert!(
                (gap - stored_gap).abs() < 1e-10,
                "{name}: gap {gap}, stored {stored_gap}"
            );
            self.compared.set(self.compared.get() + 1);
        }
    }

    fn ridge(&self) {
        let alpha = self.alpha();
        let bins = |s: usize| -> Vec<usize> {
            self.sessions[s].bins().iter().flatten().copied().collect()
        };
        let (train, test) = (
            self.sessions[0].activity().to_dense(),
            self.sessions[1].activity().to_dense(),
        );
        let angles = |s: usize| {
            let angle = |bin: &usize| TAU * (*bin as f64 + 0.5) / self.n_bins as f64;
            Targets::ring(&bins(s).iter().map(angle).collect::<Vec<_>>()).expect("targets")
        };
        let (ring_train, ring_test) = (angles(0), angles(1));
        let decoder = RidgeDecoder::fit(train.as_view(), &ring_train, alpha).expect("a decoder");
        let decoded = decoder.decode(test.as_view()).expect("decoded");
        let errors = ring_test.errors(&decoded).expect("errors");
        let stored = &self.stored["ridge_0_to_1"];
        self.compare("weights", &rows(decoder.weights()), &stored["weights"]);
        self.compare("angle", decoded.as_slice(), &stored["angle"]);
        self.compare("median_error", &[median(errors)], &stored["median_error"]);

        let line = |s: usize| {
            let x: Vec<f64> = bins(s).iter().map(|bin| *bin as f64 + 0.5).collect();
            Targets::line(&x).expect("targets")
        };
        let plane = |s: usize| {
            let x: Vec<f64> = bins(s).iter().map(|bin| (bin % 5) as f64 + 0.5).collect();
            let y: Vec<f64> = bins(s).iter().map(|bin| (bin / 5) as f64 + 0.5).collect();
            Targets::plane(&x, &y).expect("targets")
        };
        let folds = decoding::lap_folds(self.sessions[0].laps(), 2).expect("folds");
        let cases = [("line", line(0), line(1)), ("plane", plane(0), plane(1))];
        for (name, own, other) in cases {
            let stored = &self.stored["ridge"][name];
            let alphas = numbers(&stored["alphas"]);
            let chosen = decoding::cross_validated_ridge(train.as_view(), &own, &folds, &alphas)
                .expect("a choice");
            let expected = &stored["cross_validated_squared_error"];
            self.compare("cross validation", &chosen.squared_error, expected);
            self.compare("alpha", &[chosen.alpha], &stored["alpha"]);
            let decoder =
                RidgeDecoder::fit(train.as_view(), &own, chosen.alpha).expect("a decoder");
            self.compare("weights", &rows(decoder.weights()), &stored["weights"]);
            self.compare(
                "intercept",
                decoder.intercept().as_slice(),
                &stored["intercept"],
            );
            let decoded = decoder.decode(test.as_view()).expect("decoded");
            let first = rows(&decoded.rows(0, 30).clone_owned());
            self.compare("decoded", &first, &stored["decoded_first_30"]);
            let errors = other.errors(&decoded).expect("errors");
            self.compare("mean_error", &[mean(&errors)], &stored["mean_error"]);
            self.compare("median_error", &[median(errors)], &stored["median_error"]);
        }
    }

    fn pairs() -> [(usize, usize); 3] {
        [(0, 1), (0, 2), (1, 2)]
    }

    fn similarity(&self) {
        let views: Vec<_> = self.maps.iter().map(|map| map.as_view()).collect();
        let measures = [
            ("rsa_pearson", CodeMeasure::RsaPearson),
            ("rsa_spearman", CodeMeasure::RsaSpearman),
            ("cka", CodeMeasure::Cka),
            ("cka_debiased", CodeMeasure::CkaDebiased),
            ("procrustes_squared", CodeMeasure::Procrustes),
        ];
        for (i, j) in Self::pairs() {
            let key = format!("{i},{j}");
            let stored = &self.stored["similarity"][&key];
            let shared = SharedCode::of(&[views[i], views[j]]).expect("shared");
            self.compare_exactly("bins", &[shared.bins.len()], &stored["bins"]);
            self.compare_exactly("cells", &[shared.cells.len()], &stored["cells"]);
            for (name, measure) in measures {
                let value = measure.between(views[i], views[j]).expect("a value");
                self.compare(&format!("{key} {name}"), &[value], &stored[name]);
                let all = code_similarity(&views, measure).expect("a matrix");
                self.compare(name, &[all[(i, j)], all[(j, i)]], &vec![value; 2].into());
            }
            let shape = procrustes(views[i], views[j]).expect("a shape");
            let stored = &self.stored["shapes"][&key];
            self.compare(
                "nuclear_norm",
                &[shape.nuclear_norm],
                &stored["nuclear_norm"],
            );
            self.compare("disparity", &[shape.disparity], &stored["disparity"]);
            self.compare("angle", &[shape.angle], &stored["angle"]);
        }
        let shared = SharedCode::of(&[views[0], views[1]]).expect("shared");
        let distance = similarity::dissimilarity(shared.maps[0].as_view());
        self.compare("rdm_0", &rows(&distance), &self.stored["rdm_0"]);
        let other = similarity::dissimilarity(shared.maps[1].as_view());
        for (name, by_rank) in [("rsa_pearson", false), ("rsa_spearman", true)] {
            let r = compare_dissimilarities(&distance, &other, by_rank).expect("r");
            self.compare(name, &[r], &self.stored["similarity"]["0,1"][name]);
        }
        let stored = &self.stored["similarity"]["chance_0,1"];
        let permuted = shared.maps[1].select_rows(&indices(&stored["permutation"]));
        for (name, measure) in [
            ("cka", CodeMeasure::Cka),
            ("cka_debiased", CodeMeasure::CkaDebiased),
        ] {
            let value = measure.between(shared.maps[0].as_view(), permuted.as_view());
            self.compare(name, &[value.expect("a value")], &stored[name]);
        }
    }

    fn halves(&self) {
        let views = |s: usize| self.halves[s].each_ref().map(|map| map.as_view());
        let measures = [
            ("rate_map", CodeMeasure::RateMap),
            ("population_vector", CodeMeasure::PopulationVector),
            ("rsa_pearson", CodeMeasure::RsaPearson),
            ("rsa_spearman", CodeMeasure::RsaSpearman),
            ("cka", CodeMeasure::Cka),
            ("cka_debiased", CodeMeasure::CkaDebiased),
            ("procrustes_squared", CodeMeasure::Procrustes),
        ];
        for (i, j) in Self::pairs() {
            let key = format!("{i},{j}");
            let all = &self.stored["halves"][&key];
            for (name, measure) in measures {
                let result = matched_halves(views(i), views(j), measure).expect("halves");
                let stored = &all[name];
                let (still, corrected) = match measure.is_distance() {
                    true => ("floor", "excess"),
                    false => ("ceiling", "ratio"),
                };
                let what = |part: &str| format!("{key} {name} {part}");
                self.compare(&what("across"), &[result.across], &stored["across"]);
                self.compare(
                    &what("first"),
                    &[result.within_first],
                    &stored["within_first"],
                );
                self.compare(
                    &what("second"),
                    &[result.within_second],
                    &stored["within_second"],
                );
                self.compare(&what(still), &[result.still], &stored[still]);
                self.compare(&what(corrected), &[result.corrected], &stored[corrected]);
                if !measure.is_distance() {
                    let full = similarity::spearman_brown(result.within_first);
                    self.compare(&what("full"), &[full], &stored["spearman_brown_first"]);
                }
                if measure == CodeMeasure::RateMap {
                    let counts = [result.bins, result.cells, result.parts];
                    for (count, name) in counts.iter().zip(["bins", "cells", "tuned_cells"]) {
                        self.compare_exactly(name, &[*count], &all[name]);
                    }
                }
            }
        }
    }

    fn rate_field(&self) {
        let views = |s: usize| self.halves[s].each_ref().map(|map| map.as_view());
        for (i, j) in Self::pairs() {
            let key = format!("{i},{j}");
            let stored = &self.stored["rate_field"][&key];
            let parts = increments::rate_and_field(self.maps[i].as_view(), self.maps[j].as_view())
                .expect("parts");
            self.compare("total", &parts.total, &stored["total"]);
            // Rate and field parts are differences of numbers of the size of the power.
            self.compare("rate", &parts.rate, &stored["rate"]);
            self.compare("field", &parts.field, &stored["field"]);
            self.compare(
                "relative",
                &parts.relative_rate_change,
                &stored["relative_rate_change"],
            );
            self.compare("field_share", &[parts.field_share], &stored["field_share"]);
            let split = increments::rate_and_field_by_halves(views(i), views(j)).expect("parts");
            self.compare("total_split", &[split.total], &stored["total_split"]);
            self.compare("power_split", &[split.power], &stored["power_split"]);
            self.compare_exactly("kept_cells", &[split.kept_cells], &stored["kept_cells"]);
            self.compare("rate_split_kept", &[split.rate], &stored["rate_split_kept"]);
            self.compare(
                "field_split_kept",
                &[split.field],
                &stored["field_split_kept"],
            );
            let squared = split.mean_rate_squared_change;
            self.compare(
                "mean_rate",
                &[squared],
                &stored["mean_rate_squared_change_split"],
            );
        }
    }

    fn geometry(&self) {
        let cells: Vec<usize> = (0..self.sessions[0].cells())
            .filter(|&cell| self.sessions.iter().all(|session| session.found()[cell]))
            .collect();
        let columns = self.sessions[0]
            .activity()
            .to_dense()
            .select_columns(&cells);
        let angle = |bin: &usize| TAU * (*bin as f64 + 0.5) / self.n_bins as f64;
        let angles: Vec<f64> = self.sessions[0]
            .bins()
            .iter()
            .flatten()
            .map(angle)
            .collect();
        let targets = Targets::ring(&angles).expect("targets");
        let readout =
            RidgeDecoder::fit(columns.as_view(), &targets, self.alpha()).expect("a decoder");
        for index in 0..self.stored["geometry"].as_array().map_or(0, Vec::len) {
            let stored = &self.stored["geometry"][index];
            let bin = indices(&stored["bin"])[0];
            let cloud = |session: &BinnedSession, bin: usize| {
                LapCloud::of(session, bin, &cells).expect("a cloud")
            };
            let clouds: Vec<LapCloud> = self
                .sessions
                .iter()
                .map(|session| cloud(session, bin))
                .collect();
            let drift =
                |i: usize, j: usize| Drift::between(&clouds[i], &clouds[j]).expect("a drift");
            for (i, j) in Self::pairs() {
                let drift = drift(i, j);
                for (name, value) in [
                    ("squared", drift.squared),
                    ("squared_unbiased", drift.squared_unbiased),
                    ("relative", drift.relative),
                ] {
                    let name = format!("{name}_{i}{j}");
                    self.compare(&name, &[value], &stored[&name]);
                }
            }
            let (first, second) = (drift(0, 1), drift(1, 2));
            let ahead = cloud(&self.sessions[0], (bin + 2) % self.n_bins);
            let coding = &ahead.mean - &clouds[0].mean;
            for (name, value) in [
                ("participation_ratio_0", clouds[0].dimension()),
                ("gain_along_drift", first.gain),
                ("share_in_top_3", {
                    let top = clouds[0].components.columns(0, 3).tr_mul(&first.vector);
                    top.norm_squared() / first.squared
                }),
                (
                    "cosine_successive",
                    first.cosine_with(&second.vector).expect("a cosine"),
                ),
                (
                    "inner_successive_unbiased",
                    first
                        .inner_with_next(&second, &clouds[1])
                        .expect("a product"),
                ),
                (
                    "cosine_with_coding_direction",
                    first.cosine_with(&coding).expect("a cosine"),
                ),
            ] {
                self.compare(name, &[value], &stored[name]);
            }
            let stored = &self.stored["geometry_more"][index];
            let weights = readout.weights();
            let after = |k: usize| {
                let direction = clouds[0].components.column(k).clone_owned();
                clouds[1].variance_along(&direction).expect("a share")
            };
            let cells = cells.len() as f64;
            let space = clouds[0].variational_dimension();
            self.compare_exactly("dimensions", &[space], &stored["variational_dimension"]);
            for (name, values) in [
                ("dimension", vec![clouds[0].dimension()]),
                ("relative_magnitude", vec![first.relative_magnitude]),
                ("angle_of_means", vec![first.angle_of_means]),
                ("drift_in_variation", vec![first.in_variation]),
                ("chance_isotropic", vec![space as f64 / cells]),
                (
                    "expected_from_estimation_noise",
                    vec![clouds[0].variance_in_variation()],
                ),
                ("gain", vec![first.gain]),
                (
                    "gain_from_estimation_noise",
                    vec![cells / clouds[0].dimension()],
                ),
                ("split_squared", vec![first.squared_split]),
                ("split_projected", vec![first.projected_split]),
                ("split_gain_numerator", vec![first.gain_split]),
                (
                    "overlap",
                    vec![clouds[0].overlap(&clouds[1]).expect("an overlap")],
                ),
                (
                    "angle_with_first_two",
                    first.angles_with(&clouds[0], 2).expect("angles"),
                ),
                ("variance_after_along_first_two", vec![after(0), after(1)]),
                (
                    "readout_share",
                    vec![first.share_in(weights).expect("a share")],
                ),
                ("readout_chance", vec![weights.ncols() as f64 / cells]),
                (
                    "readout_split",
                    vec![first.split_in(weights).expect("a product")],
                ),
            ] {
                self.compare(&format!("bin {bin} {name}"), &values, &stored[name]);
            }
        }
    }

    fn increments(&self) {
        let peaks = |half: usize| {
            let of =
                |halves: &[DMatrix<f64>; 2]| increments::peak_positions(halves[half].as_view());
            let rows: Vec<f64> = self.halves.iter().flat_map(of).collect();
            DMatrix::from_row_slice(self.sessions.len(), self.sessions[0].cells(), &rows)
        };
        let (even, odd) = (peaks(0), peaks(1));
        self.compare("peaks even", &rows(&even), &self.stored["peaks"]["even"]);
        self.compare("peaks odd", &rows(&odd), &self.stored["peaks"]["odd"]);
        for (name, track) in [("ring", Track::Circular), ("line", Track::Linear)] {
            let moved = increments::squared_displacement(&even, &odd, self.n_bins, track)
                .expect("displacements");
            for at in moved {
                let key = format!("{name},{}", at.lag);
                let stored = &self.stored["increments_more"][&key];
                self.compare(&key, &[at.naive], &stored["naive"]);
                self.compare(&key, &[at.split], &stored["split_half_symmetric"]);
                self.compare(&key, &[at.noise_subtracted], &stored["noise_subtracted"]);
                self.compare_exactly(&key, &[at.pairs], &stored["n"]);
                let saturation = increments::saturation(self.n_bins, track);
                self.compare(&key, &[saturation], &stored["saturation"]);
                if name == "ring" {
                    let stored = &self.stored["increments"][at.lag.to_string()];
                    self.compare("split_half", &[at.split_once], &stored["split_half"]);
                    self.compare_exactly("n", &[at.pairs], &stored["split_half_n"]);
                }
            }
        }
        let stored = &self.stored["increments"]["exponent"];
        let slope = increments::exponent(
            &numbers(&stored["lags"]),
            &numbers(&stored["values"]),
            f64::INFINITY,
        );
        self.compare("exponent", &[slope.expect("a slope")], &stored["exponent"]);

        let stored = &self.stored["tails"];
        let tails = increments::tails(&numbers(&stored["values"])).expect("tails");
        self.compare(
            "kurtosis",
            &[tails.excess_kurtosis],
            &stored["excess_kurtosis"],
        );
        self.compare(
            "share",
            &[tails.share_beyond],
            &stored["share_beyond_3_robust_sd"],
        );
        let stored = &self.stored["tails_more"];
        let values = numbers(&stored["increments"]);
        let tails = increments::tails(&values).expect("tails");
        self.compare(
            "kurtosis",
            &[tails.excess_kurtosis],
            &stored["excess_kurtosis"],
        );
        self.compare(
            "error",
            &[tails.standard_error],
            &stored["standard_error_gaussian"],
        );
        self.compare(
            "gaussian",
            &[tails.gaussian_share],
            &stored["gaussian_share"],
        );
        let corrected = increments::corrected_tails(
            &values,
            &numbers(&stored["half_differences_first"]),
            &numbers(&stored["half_differences_second"]),
        )
        .expect("tails");
        self.compare("variance", &[corrected.variance], &stored["variance"]);
        let kurtosis = &stored["excess_kurtosis_corrected"];
        self.compare("corrected", &[corrected.excess_kurtosis], kurtosis);
    }

    fn cohort(&self) {
        let stored = &self.stored["cohort_more"];
        let animals: Vec<Series> = stored["table"]
            .as_array()
            .expect("animals")
            .iter()
            .map(|row| Series {
                animal: "mouse".into(),
                values: (1..).map(f64::from).zip(numbers(row)).collect(),
            })
            .collect();
        let table = cohort(&animals).expect("a table");
        let column = |of: fn(&drift_sim::metrics::cohort::CohortRow) -> f64| -> Vec<f64> {
            table.iter().map(of).collect()
        };
        self.compare(
            "animals",
            &column(|row| row.animals as f64),
            &stored["animals"],
        );
        self.compare("mean", &column(|row| row.mean), &stored["mean"]);
        self.compare("sem", &column(|row| row.sem), &stored["sem"]);
    }

    fn edge_cases(&self) {
        let stored = &self.stored["edge_cases"];
        for pair in stored["spearman_brown"].as_array().expect("pairs") {
            let value = similarity::spearman_brown(numbers(&pair[0])[0]);
            self.compare("spearman_brown", &[value], &pair[1]);
        }
        let three = DMatrix::from_row_slice(3, 2, &[1.0, 0.0, 2.0, 1.0, 0.0, 4.0]);
        let cka = CodeMeasure::CkaDebiased.between(three.as_view(), three.as_view());
        self.compare(
            "three bins",
            &[cka.expect("a value")],
            &stored["cka_debiased_three_bins"],
        );
        let constant = increments::tails(&[2.0; 9]).expect("tails");
        self.compare(
            "share",
            &[constant.share_beyond],
            &stored["share_beyond_of_constant"],
        );
        let cloud = LapCloud::of(&self.sessions[0], 2, &[0, 1, 2]).expect("a cloud");
        let still = Drift::between(&cloud, &cloud).expect("a drift");
        let angle = still.angles_with(&cloud, 1).expect("an angle");
        self.compare("angle", &angle, &stored["angle_with_zero_drift"]);
        let same = increments::rate_and_field(three.as_view(), three.as_view()).expect("parts");
        self.compare(
            "field_share",
            &[same.field_share],
            &stored["field_share_of_no_change"],
        );
        let alone = [Series {
            animal: "one".into(),
            values: vec![(1.0, 2.0)],
        }];
        let sem = cohort(&alone).expect("a table")[0].sem;
        self.compare("sem", &[sem], &stored["sem_of_one_animal"]);
    }
}
