use serde::{Deserialize, Serialize};

use crate::Error;

/// What one change did to one network at one time: a row of `remapping.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Row {
    /// Seed of the run.
    pub seed: u64,
    /// Updates done.
    pub step: u64,
    /// The change, as [`Change`](super::Change) is displayed.
    pub change: String,
    /// Mean rate-map correlation across the change ([`Remapping::correlation`]); NaN without a
    /// unit that is a place unit before and after.
    ///
    /// [`Remapping::correlation`]: super::Remapping::correlation
    pub correlation: f64,
    /// Share of the units active before and after whose field moved; NaN without one.
    pub fraction_moved: f64,
    /// Share of the units active before or after that moved, fell silent or became active.
    pub fraction_remapped: f64,
    /// Units in the mean correlation.
    pub place_units: usize,
    /// Units active before.
    pub active_before: usize,
    /// Units active after.
    pub active_after: usize,
    /// Units active in both whose field moved.
    pub moved: usize,
    /// Units that only the changed environment makes active.
    pub gained: usize,
    /// Units that the change silences.
    pub lost: usize,
    /// log₁₀ of the loss in the known environment over the variance of its targets.
    pub log10_normalised_loss: f64,
    /// log₁₀ of the loss in the changed environment over the same variance: how far the
    /// prediction carries over, without learning.
    pub changed_log10_normalised_loss: f64,
    /// Share of (unit, sample) pairs active in the known environment.
    pub active_fraction: f64,
    /// Share of units active in the known environment.
    pub fraction_active_units: f64,
    /// Trace of the Hessian of the loss in the known environment.
    pub hessian_trace: f64,
    /// Σ log of the Hessian's eigenvalues above the tolerance, where the spectrum was computed.
    pub log_pseudo_determinant: Option<f64>,
    /// Share of eigenvalues above the tolerance, where the spectrum was computed.
    pub nonzero_fraction: Option<f64>,
    /// How the run ended ([`Outcome::kind`](drift_engine::Outcome::kind)).
    pub outcome: String,
}

/// Rows as CSV, with a header. Numbers come back with the same bits.
#[must_use]
pub fn rows_to_csv(rows: &[Row]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer
            .serialize(row)
            .expect("a flat row of numbers and words is CSV in memory");
    }
    let bytes = writer.into_inner().expect("memory takes what is flushed");
    String::from_utf8(bytes).expect("CSV of text is text")
}

/// Reads what [`rows_to_csv`] wrote.
///
/// # Errors
/// [`Syntax`](drift_engine::Error::Syntax) with the line that is no row.
pub fn read_rows(text: &str) -> Result<Vec<Row>, Error> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|error| drift_engine::Error::syntax("remapping table (CSV)", error).into())
}
