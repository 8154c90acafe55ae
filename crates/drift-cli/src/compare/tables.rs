//! `compare.csv`, a row a time, and `lags.csv`, a row a lag.

use std::path::Path;

use super::Source;
use crate::analyze::tables::{number, optional, write_table};
use crate::error::CliError;

const TIMES: [&str; 26] = [
    "source",
    "kind",
    "time",
    "time_unit",
    "units",
    "found_units",
    "active_units",
    "fraction_active_units",
    "fraction_active_of_found",
    "active_fraction",
    "tested_units",
    "place_units",
    "place_share_of_tested",
    "tuned_units",
    "tuned_share_of_tested",
    "mean_si_bits_per_spike",
    "sem_si_bits_per_spike",
    "si_above_chance_bits_per_spike",
    "map_correlation_with_first",
    "population_vector_correlation_with_first",
    "rate_correlation_with_first",
    "turnover_ratio_with_first",
    "gained",
    "lost",
    "kept",
    "turnover_ratio",
];

const LAGS: [&str; 8] = [
    "source",
    "kind",
    "lag",
    "mean_time_between",
    "time_unit",
    "map_correlation",
    "population_vector_correlation",
    "turnover_ratio",
];

/// Writes both tables into `directory`.
pub fn write(directory: &Path, sources: &[Source]) -> Result<(), CliError> {
    let times = sources.iter().flat_map(time_rows);
    write_table(&directory.join("compare.csv"), &TIMES, times)?;
    let lags = sources.iter().flat_map(lag_rows);
    write_table(&directory.join("lags.csv"), &LAGS, lags)
}

fn heading(source: &Source) -> [String; 2] {
    let kind = if source.simulated {
        "simulated"
    } else {
        "recorded"
    };
    [source.name.clone(), kind.to_owned()]
}

fn time_rows(source: &Source) -> Vec<Vec<String>> {
    let pairs = &source.code.pairs;
    let rows = source.code.times.iter().enumerate().map(|(index, at)| {
        let mut row = heading(source).to_vec();
        row.extend([at.time.to_string(), source.time_unit.to_owned()]);
        row.extend([at.units, at.found, at.active].map(|count| count.to_string()));
        row.extend(
            [
                at.fraction_active_units(),
                at.fraction_active_of_found(),
                at.active_fraction,
            ]
            .map(number),
        );
        row.extend([at.tested, at.place_units].map(|count| count.to_string()));
        row.extend([
            number(at.place_share()),
            optional(at.tuned),
            number(at.tuned_share()),
            number(at.mean_information),
            number(at.information_error),
            at.information_above_chance.map_or(String::new(), number),
        ]);
        let matrices = [
            &pairs.rate_map_correlation,
            &pairs.pv_correlation,
            &pairs.ensemble_rate_correlation,
            &source.code.turnover,
        ];
        row.extend(matrices.map(|matrix| number(matrix[(0, index)])));
        let change = index
            .checked_sub(1)
            .and_then(|before| source.code.changes.get(before));
        row.extend([
            optional(change.map(|change| change.gained.len())),
            optional(change.map(|change| change.lost.len())),
            optional(change.map(|change| change.kept.len())),
            change.map_or(String::new(), |change| number(change.turnover_ratio())),
        ]);
        row
    });
    rows.collect()
}

fn lag_rows(source: &Source) -> Vec<Vec<String>> {
    let rows = source.code.by_lag().into_iter().map(|lag| {
        let mut row = heading(source).to_vec();
        row.extend([
            lag.moments.to_string(),
            number(lag.time),
            source.time_unit.to_owned(),
            number(lag.rate_map_correlation),
            number(lag.pv_correlation),
            number(lag.turnover_ratio),
        ]);
        row
    });
    rows.collect()
}
