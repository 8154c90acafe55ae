//! `cells.csv` and `sessions.csv`.

use std::path::Path;

use drift_sim::data::{Identity, TrackDirection};
use drift_sim::metrics::statistics::Mean;

use super::Analysed;
use crate::error::CliError;
use crate::report::replace;

const CELLS: [&str; 21] = [
    "subject",
    "environment",
    "session",
    "day",
    "direction",
    "cell",
    "registered_cell",
    "region",
    "active_frames",
    "rate_hz",
    "peak_bin",
    "si_bits_per_spike",
    "si_bits_per_s",
    "p_value",
    "place_cell",
    "ssr_bits_per_spike",
    "bae_bits_per_spike",
    "ssr_bits_per_s",
    "bae_bits_per_s",
    "ssr_stability",
    "bae_r_squared",
];

const SESSIONS: [&str; 26] = [
    "subject",
    "environment",
    "session",
    "day",
    "cells",
    "registered_cells",
    "active_cells",
    "active_share_of_cells",
    "active_share_of_registered",
    "tested_cells",
    "place_cells",
    "place_share_of_tested",
    "mean_rate_hz",
    "mean_si_bits_per_spike",
    "sem_si_bits_per_spike",
    "naive_of_corrected_bits_per_spike",
    "mean_ssr_bits_per_spike",
    "sem_ssr_bits_per_spike",
    "mean_bae_bits_per_spike",
    "sem_bae_bits_per_spike",
    "map_correlation_with_first",
    "population_vector_correlation_with_first",
    "rate_correlation_with_first",
    "gained",
    "lost",
    "kept",
];

/// The word for a direction in tables and figures.
pub fn direction_word(direction: Option<TrackDirection>) -> &'static str {
    match direction {
        Some(TrackDirection::Right) => "right",
        Some(TrackDirection::Left) => "left",
        None => "both",
    }
}

/// A number, or nothing where there is none.
pub fn number(value: f64) -> String {
    if value.is_finite() {
        value.to_string()
    } else {
        String::new()
    }
}

/// A value, or nothing.
pub fn optional<T: ToString>(value: Option<T>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

/// Writes both tables into `directory`.
pub fn write(directory: &Path, all: &[Analysed], minimum: usize) -> Result<(), CliError> {
    let cells = all.iter().flat_map(cell_rows);
    write_table(&directory.join("cells.csv"), &CELLS, cells)?;
    let sessions = all
        .iter()
        .flat_map(|analysed| session_rows(analysed, minimum));
    write_table(&directory.join("sessions.csv"), &SESSIONS, sessions)
}

/// Writes one table.
pub fn write_table(
    path: &Path,
    header: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), CliError> {
    let failed = |source| CliError::Csv {
        path: path.into(),
        source,
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        writer.write_record(row).map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| CliError::write(path, error.into_error()))?;
    replace(path, &bytes)
}

fn heading(analysed: &Analysed, index: usize) -> Vec<String> {
    let session = &analysed.sessions[index];
    vec![
        optional(analysed.recording.subject.as_deref()),
        optional(session.session.environment.as_deref()),
        session.label.clone(),
        session.day.to_string(),
    ]
}

fn cell_rows(analysed: &Analysed) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (index, session) in analysed.sessions.iter().enumerate() {
        for measures in &session.cells {
            let cell = &session.session.cells[measures.cell];
            let registered = match &cell.identity {
                Some(Identity::Registered(row)) => Some(*row),
                _ => None,
            };
            let mut row = heading(analysed, index);
            row.extend([
                direction_word(measures.direction).to_owned(),
                cell.label.clone(),
                optional(registered),
                optional(cell.region.as_deref()),
                optional(measures.active_frames),
                number(measures.rate_hz),
                optional(measures.peak_bin),
                number(measures.bits_per_spike),
                number(measures.bits_per_second),
                optional(measures.p_value),
                optional(
                    session
                        .place
                        .as_ref()
                        .map(|place| u8::from(place[measures.cell])),
                ),
            ]);
            let corrected = measures.corrected.as_ref();
            row.extend(
                [
                    corrected.map(|(spike, _)| spike.ssr),
                    corrected.map(|(spike, _)| spike.bae),
                    corrected.map(|(_, second)| second.ssr),
                    corrected.map(|(_, second)| second.bae),
                    corrected.map(|(spike, _)| spike.ssr_stability),
                    corrected.map(|(spike, _)| spike.bae_r_squared),
                ]
                .map(|value| value.map_or(String::new(), number)),
            );
            rows.push(row);
        }
    }
    rows
}

fn session_rows(analysed: &Analysed, minimum: usize) -> Vec<Vec<String>> {
    let registered = analysed
        .recording
        .registration
        .as_ref()
        .map(|rows| rows.cells);
    let mut rows = Vec::new();
    for (index, session) in analysed.sessions.iter().enumerate() {
        let active = session.active_cells();
        let tested = session.place.as_ref().map(|_| session.eligible_cells());
        let share = |part: usize, whole: usize| number(part as f64 / whole as f64);
        let placed = session.place_cells();
        let mut row = heading(analysed, index);
        row.extend([
            session.active.len().to_string(),
            optional(registered),
            active.to_string(),
            share(active, session.active.len()),
            registered.map_or(String::new(), |cells| share(active, cells)),
            optional(tested),
            optional(placed),
            placed
                .zip(tested)
                .map_or(String::new(), |(place, tested)| share(place, tested)),
            number(session.mean_rate().mean),
        ]);
        let means: [Mean; 4] = [
            session.naive(minimum),
            session.corrected(|bits| bits.naive),
            session.corrected(|bits| bits.ssr),
            session.corrected(|bits| bits.bae),
        ];
        row.extend([means[0].mean, means[0].standard_error, means[1].mean].map(number));
        row.extend(
            [
                means[2].mean,
                means[2].standard_error,
                means[3].mean,
                means[3].standard_error,
            ]
            .map(number),
        );
        let with_first = |matrix: fn(&super::Similarity) -> &nalgebra::DMatrix<f64>| {
            let value = analysed
                .similarity
                .as_ref()
                .map(|all| matrix(all)[(0, index)]);
            value.map_or(String::new(), number)
        };
        row.extend([
            with_first(|all| &all.maps),
            with_first(|all| &all.population),
            with_first(|all| &all.rates),
        ]);
        let changes = analysed.similarity.as_ref().map(|all| &all.turnover);
        let change = changes.filter(|_| index > 0).and_then(|all| all[index - 1]);
        row.extend([
            optional(change.map(|change| change.gained)),
            optional(change.map(|change| change.lost)),
            optional(change.map(|change| change.kept)),
        ]);
        rows.push(row);
    }
    rows
}
