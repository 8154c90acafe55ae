use serde::{Deserialize, Serialize};

use crate::Error;

/// What is measured of a run at a step: a row of its `trace.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sample {
    /// Steps done.
    pub step: u64,
    /// [`similarity_matching_loss`](drift_learn::similarity_matching::similarity_matching_loss)
    /// on the recorded inputs; of the linear network
    /// [its expectation](drift_learn::similarity_matching::PrincipalSubspace::similarity_matching_loss).
    pub loss: f64,
    /// Fraction of active units; absent in the linear network, whose units are never silent.
    pub active_fraction: Option<f64>,
    /// [`population_vector_correlation`](drift_learn::similarity_matching::population_vector_correlation)
    /// with the reference; absent before it, or where every population vector is constant. Of the
    /// linear network the cosine of the two response maps, which is the correlation of responses
    /// over units and white inputs.
    pub population_vector_correlation: Option<f64>,
    /// [`subspace_error`](drift_learn::similarity_matching::PrincipalSubspace::subspace_error);
    /// in the linear network only.
    pub subspace_error: Option<f64>,
}

const COLUMNS: [&str; 5] = [
    "step",
    "loss",
    "active_fraction",
    "population_vector_correlation",
    "subspace_error",
];

pub(super) fn csv_header() -> String {
    COLUMNS.join(",") + "\n"
}

/// One line, with its line feed. Numbers are the shortest that read back with the same bits; what
/// is absent is empty.
pub(super) fn csv_row(sample: &Sample) -> String {
    let optional = [
        sample.active_fraction,
        sample.population_vector_correlation,
        sample.subspace_error,
    ]
    .map(|value| value.map_or(String::new(), |value| format!("{value:?}")));
    format!("{},{:?},{}\n", sample.step, sample.loss, optional.join(","))
}

/// Samples as CSV, with a header. Numbers come back with the same bits.
#[must_use]
pub fn samples_to_csv(samples: &[Sample]) -> String {
    samples.iter().fold(csv_header(), |mut text, sample| {
        text.push_str(&csv_row(sample));
        text
    })
}

/// Reads what [`samples_to_csv`] wrote.
///
/// # Errors
/// [`Error::Syntax`] with the line that is no sample.
pub fn read_samples(text: &str) -> Result<Vec<Sample>, Error> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|error| Error::Syntax {
            what: "trace of similarity matching (CSV)",
            message: error.to_string(),
        })
}
