//! A code as tables: a row a session (`sessions.csv`), a unit (`cells.csv`) and a lag (`lags.csv`).

use drift_metrics::decoding::ErrorMatrix;
use drift_metrics::statistics::Mean;
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize, Serializer};

use super::measure::word;
use super::{AtLag, CodeAt, CodeOverTime, CorrectedPairs, Pairs};

/// Days are whole in most recordings, and are then written without a point.
fn whole_if_it_is<S: Serializer>(day: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match day {
        Some(day) if day.fract() == 0.0 => serializer.serialize_some(&(*day as i64)),
        day => day.serialize(serializer),
    }
}

/// One session or snapshot. The fields are the columns of `sessions.csv`; an empty one does not
/// exist or was not measured.
///
/// Shares name what they are of: `tested` units have enough samples, `found` ones are those of the
/// session, `registered` ones all that are known over all sessions.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[allow(
    missing_docs,
    reason = "the names are the columns' and say what stands in them"
)]
pub struct SessionRow {
    pub kind: String,
    pub format: String,
    pub subject: String,
    pub environment: Option<String>,
    pub session: String,
    pub session_number: usize,
    #[serde(serialize_with = "whole_if_it_is")]
    pub day: Option<f64>,
    pub exposure: Option<u32>,
    pub minutes: Option<f64>,
    pub step: Option<u64>,
    pub registered_cells: Option<usize>,
    pub found_cells: usize,
    pub active_cells: usize,
    pub active_share_of_found: Option<f64>,
    pub active_share_of_registered: Option<f64>,
    pub active_fraction: Option<f64>,
    pub tested_cells: Option<usize>,
    pub place_cells: Option<usize>,
    pub place_share_of_tested: Option<f64>,
    pub place_share_of_found: Option<f64>,
    pub place_share_of_registered: Option<f64>,
    pub above_threshold_cells: Option<usize>,
    pub mean_rate_hz: Option<f64>,
    pub si_values: usize,
    pub mean_si_bits_per_spike: Option<f64>,
    pub sem_si_bits_per_spike: Option<f64>,
    pub si_above_chance_bits_per_spike: Option<f64>,
    pub corrected_values: usize,
    pub naive_of_corrected_bits_per_spike: Option<f64>,
    pub mean_ssr_bits_per_spike: Option<f64>,
    pub sem_ssr_bits_per_spike: Option<f64>,
    pub mean_bae_bits_per_spike: Option<f64>,
    pub sem_bae_bits_per_spike: Option<f64>,
    pub map_correlation_with_first: Option<f64>,
    pub population_vector_correlation_with_first: Option<f64>,
    pub rate_correlation_with_first: Option<f64>,
    pub turnover_ratio_with_first: Option<f64>,
    pub map_correlation_with_last: Option<f64>,
    pub corrected_map_correlation_with_first: Option<f64>,
    pub corrected_map_correlation_low: Option<f64>,
    pub corrected_map_correlation_high: Option<f64>,
    pub corrected_map_correlation_with_last: Option<f64>,
    pub corrected_vector_correlation_with_first: Option<f64>,
    pub corrected_cka_with_first: Option<f64>,
    pub decoding_error_bins: Option<f64>,
    pub decoding_error_from_first_bins: Option<f64>,
    pub decoding_chance_bins: Option<f64>,
    pub gained: Option<usize>,
    pub lost: Option<usize>,
    pub kept: Option<usize>,
    pub authors_found_cells: Option<f64>,
    pub authors_place_cells: Option<f64>,
    pub authors_mean_si_bits_per_spike: Option<f64>,
    /// Sessions and files of this recording that could not be read, each with the reason.
    pub left_out: Option<String>,
}

/// One unit in one session and direction: the columns of `cells.csv`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "the names are the columns' and say what stands in them"
)]
pub struct UnitRow<'a> {
    pub subject: &'a str,
    pub environment: Option<&'a str>,
    pub session: &'a str,
    #[serde(serialize_with = "whole_if_it_is")]
    pub day: Option<f64>,
    pub direction: &'static str,
    pub cell: &'a str,
    pub registered_cell: Option<usize>,
    pub region: Option<&'a str>,
    pub active_frames: Option<usize>,
    pub rate_hz: Option<f64>,
    pub peak_bin: Option<usize>,
    pub si_bits_per_spike: Option<f64>,
    pub si_bits_per_s: Option<f64>,
    pub p_value: Option<f64>,
    pub place_cell: Option<u8>,
    pub ssr_bits_per_spike: Option<f64>,
    pub bae_bits_per_spike: Option<f64>,
    pub ssr_bits_per_s: Option<f64>,
    pub bae_bits_per_s: Option<f64>,
    pub ssr_stability: Option<f64>,
    pub bae_r_squared: Option<f64>,
}

/// Similarity at one lag: the columns of `lags.csv`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "the names are the columns' and say what stands in them"
)]
pub struct LagRow<'a> {
    pub kind: &'static str,
    pub subject: &'a str,
    pub environment: Option<&'a str>,
    pub lag: usize,
    pub mean_time_between: Option<f64>,
    pub time_unit: &'static str,
    pub map_correlation: Option<f64>,
    pub corrected_map_correlation: Option<f64>,
    pub decoding_error_bins: Option<f64>,
    pub population_vector_correlation: Option<f64>,
    pub turnover_ratio: Option<f64>,
}

fn known(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn share(part: Option<usize>, whole: Option<usize>) -> Option<f64> {
    known(part? as f64 / whole? as f64)
}

impl CodeOverTime {
    fn kind(&self) -> &'static str {
        if self.population.simulated {
            "simulated"
        } else {
            "recorded"
        }
    }

    /// A row a time.
    #[must_use]
    pub fn rows(&self) -> Vec<SessionRow> {
        self.times
            .iter()
            .enumerate()
            .map(|(index, at)| self.row(index, at))
            .collect()
    }

    fn row(&self, index: usize, at: &CodeAt) -> SessionRow {
        let last = self.times.len() - 1;
        let between = |matrix: fn(&Pairs) -> &DMatrix<f64>, other: usize| {
            known(matrix(self.pairs.as_ref()?)[(other, index)])
        };
        let corrected = |value: &dyn Fn(&CorrectedPairs) -> f64| {
            known(value(self.pairs.as_ref()?.corrected.as_ref()?))
        };
        let decoding = |value: &dyn Fn(&ErrorMatrix) -> f64| {
            known(value(self.pairs.as_ref()?.decoding.as_ref()?))
        };
        let change = self
            .pairs
            .as_ref()
            .zip(index.checked_sub(1))
            .and_then(|(pairs, before)| pairs.changes[before].as_ref());
        let (found, active) = (Some(at.units.len()), Some(at.active_units()));
        let (tested, place) = (at.tested_units(), at.place_units());
        let registered = self.population.registered;
        let information = at.information();
        let [naive, ssr, bae]: [Mean; 3] = [
            at.corrected(|bits| bits.naive),
            at.corrected(|bits| bits.ssr),
            at.corrected(|bits| bits.bae),
        ];
        SessionRow {
            kind: self.kind().to_owned(),
            format: self.population.format.clone(),
            subject: self.population.subject.clone(),
            environment: self.population.environment.clone(),
            session: at.label.clone(),
            session_number: at.when.session,
            day: at.when.day,
            exposure: at.when.exposure,
            minutes: at.when.minutes,
            step: at.when.step,
            registered_cells: registered,
            found_cells: at.units.len(),
            active_cells: at.active_units(),
            active_share_of_found: share(active, found),
            active_share_of_registered: share(active, registered),
            active_fraction: known(at.active_fraction),
            tested_cells: tested,
            place_cells: place,
            place_share_of_tested: share(place, tested),
            place_share_of_found: share(place, found),
            place_share_of_registered: share(place, registered),
            above_threshold_cells: tested.map(|_| at.above_threshold),
            mean_rate_hz: known(at.mean_rate().mean),
            si_values: information.count,
            mean_si_bits_per_spike: known(information.mean),
            sem_si_bits_per_spike: known(information.standard_error),
            si_above_chance_bits_per_spike: known(at.information_above_chance().mean),
            corrected_values: ssr.count,
            naive_of_corrected_bits_per_spike: known(naive.mean),
            mean_ssr_bits_per_spike: known(ssr.mean),
            sem_ssr_bits_per_spike: known(ssr.standard_error),
            mean_bae_bits_per_spike: known(bae.mean),
            sem_bae_bits_per_spike: known(bae.standard_error),
            map_correlation_with_first: between(|p| &p.correlations.rate_map_correlation, 0),
            population_vector_correlation_with_first: between(
                |p| &p.correlations.pv_correlation,
                0,
            ),
            rate_correlation_with_first: between(|p| &p.correlations.ensemble_rate_correlation, 0),
            turnover_ratio_with_first: between(|p| &p.turnover, 0),
            map_correlation_with_last: between(|p| &p.correlations.rate_map_correlation, last),
            corrected_map_correlation_with_first: corrected(&|pairs| pairs.rate_map[(0, index)]),
            corrected_map_correlation_low: corrected(&|p| p.interval_with_first[(index, 0)]),
            corrected_map_correlation_high: corrected(&|p| p.interval_with_first[(index, 1)]),
            corrected_map_correlation_with_last: corrected(&|pairs| pairs.rate_map[(last, index)]),
            corrected_vector_correlation_with_first: corrected(&|pairs| {
                pairs.population_vector[(0, index)]
            }),
            corrected_cka_with_first: corrected(&|pairs| pairs.cka[(0, index)]),
            decoding_error_bins: decoding(&|all| all.mean[(index, index)]),
            decoding_error_from_first_bins: decoding(&|all| all.mean[(0, index)]),
            decoding_chance_bins: decoding(&|all| all.chance[(0, index)]),
            gained: change.map(|change| change.gained.len()),
            lost: change.map(|change| change.lost.len()),
            kept: change.map(|change| change.kept.len()),
            authors_found_cells: at.authors.and_then(|authors| known(authors.found_cells)),
            authors_place_cells: at.authors.and_then(|authors| known(authors.place_cells)),
            authors_mean_si_bits_per_spike: at.authors.and_then(|a| known(a.information)),
            left_out: None,
        }
    }

    /// A row a time, unit and direction.
    pub fn unit_rows(&self) -> impl Iterator<Item = UnitRow<'_>> {
        self.times.iter().flat_map(move |at| {
            at.measures.iter().map(move |measures| {
                let unit = &at.units[measures.unit];
                let (spike, second) = measures.corrected.as_ref().map(|(a, b)| (a, b)).unzip();
                let registered = unit
                    .identity
                    .filter(|_| self.population.registered.is_some());
                UnitRow {
                    subject: &self.population.subject,
                    environment: self.population.environment.as_deref(),
                    session: &at.label,
                    day: at.when.day,
                    direction: word(measures.direction),
                    cell: &unit.label,
                    registered_cell: registered,
                    region: unit.region.as_deref(),
                    active_frames: measures.active_samples,
                    rate_hz: known(measures.rate),
                    peak_bin: measures.peak_bin,
                    si_bits_per_spike: known(measures.bits_per_spike),
                    si_bits_per_s: known(measures.bits_per_second),
                    p_value: measures.p_value,
                    place_cell: at
                        .place
                        .as_ref()
                        .map(|place| u8::from(place[measures.unit])),
                    ssr_bits_per_spike: spike.and_then(|bits| known(bits.ssr)),
                    bae_bits_per_spike: spike.and_then(|bits| known(bits.bae)),
                    ssr_bits_per_s: second.and_then(|bits| known(bits.ssr)),
                    bae_bits_per_s: second.and_then(|bits| known(bits.bae)),
                    ssr_stability: spike.and_then(|bits| known(bits.ssr_stability)),
                    bae_r_squared: spike.and_then(|bits| known(bits.bae_r_squared)),
                }
            })
        })
    }

    /// A row a lag.
    pub fn lag_rows(&self) -> impl Iterator<Item = LagRow<'_>> {
        self.by_lag().into_iter().map(|lag: AtLag| LagRow {
            kind: self.kind(),
            subject: &self.population.subject,
            environment: self.population.environment.as_deref(),
            lag: lag.moments,
            mean_time_between: known(lag.time),
            time_unit: self.time_unit(),
            map_correlation: known(lag.rate_map_correlation),
            corrected_map_correlation: known(lag.corrected_rate_map_correlation),
            decoding_error_bins: known(lag.decoding_error),
            population_vector_correlation: known(lag.pv_correlation),
            turnover_ratio: known(lag.turnover_ratio),
        })
    }
}
