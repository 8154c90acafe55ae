//! Rate maps of the sessions of a recording.

use drift_sim::data::Identity;
use nalgebra::DMatrix;

use super::Analysed;
use crate::error::CliError;
use crate::figures::Figure;
use crate::figures::maps::{
    MapLabels, MapsAtTime, SHOWN_SMOOTHING, evenly_spread, sorted_by_each_time,
    sorted_by_themselves,
};

/// Maps of up to eight sessions: sorted by each of them where cells are registered across all,
/// else every session by itself.
pub fn maps_figure(analysed: &Analysed, index: usize) -> Result<Figure, CliError> {
    let rows = analysed
        .recording
        .registration
        .as_ref()
        .map(|registration| registration.cells);
    let shown = evenly_spread(analysed.sessions.len(), 8);
    let mut times = Vec::new();
    for session in shown.map(|index| &analysed.sessions[index]) {
        let smoothed = session.map.smoothed(&SHOWN_SMOOTHING)?.rates;
        let chosen = |cell: usize| {
            session.active[cell] && session.place.as_ref().is_none_or(|place| place[cell])
        };
        let (rates, place) = match rows {
            Some(rows) => {
                // A registered cell that was not found in this session has no map.
                let mut rates = DMatrix::from_element(smoothed.nrows(), rows, f64::NAN);
                let mut place = vec![false; rows];
                for (cell, known) in session.session.cells.iter().enumerate() {
                    if let Some(Identity::Registered(row)) = known.identity {
                        rates.set_column(row, &smoothed.column(cell));
                        place[row] = chosen(cell);
                    }
                }
                (rates, place)
            }
            None => {
                let place = (0..session.active.len()).map(chosen).collect();
                (smoothed, place)
            }
        };
        times.push(MapsAtTime {
            title: session.label.clone(),
            rates,
            place,
        });
    }
    let bins = analysed
        .sessions
        .first()
        .map_or(1, |session| session.map.bins());
    let two = bins == 2 * analysed.bins.count();
    let units = if analysed
        .sessions
        .iter()
        .any(|session| session.place.is_some())
    {
        "place cells"
    } else {
        "active cells"
    };
    let stem = format!("rate_maps_{}", index + 1);
    let mut labels = MapLabels {
        stem: &stem,
        title: "Rate maps of each session",
        explanation: "One row a cell, divided by its own peak and ordered by where it peaks in \
            that session. The files do not say which cell of one session is which of another, so \
            that every session is ordered by itself and nothing can be said of drift.",
        position: if two {
            "place bin (running right, then left)"
        } else {
            "place bin"
        },
        extent: (0.0, bins as f64),
        units,
    };
    if rows.is_some() {
        labels.title = "Rate maps sorted by each session (as Figure 2D)";
        labels.explanation = "Each row of panels takes the cells of one session, ordered by where \
            they peak in that session, and shows the same cells in all sessions (columns), every \
            cell divided by its own peak. Grey: a cell that was not found in that session.";
        return Ok(sorted_by_each_time(&times, labels)?);
    }
    Ok(sorted_by_themselves(&times, labels)?)
}
