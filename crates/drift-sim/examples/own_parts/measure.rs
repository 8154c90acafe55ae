use drift_sim::Training;
use drift_sim::engine::{Column, Error, Measure, Moment};

/// Participation ratio (Σ λ)² / Σ λ² of the eigenvalues λ of the covariance of hidden activity.
#[derive(Debug, serde::Deserialize)]
pub struct Participation {}

impl Measure<Training> for Participation {
    fn columns(&self) -> Vec<Column> {
        let meaning = "dimensions that hidden activity fills";
        vec![Column::new("participation_ratio", "", meaning).not_portable()]
    }

    fn take(&mut self, moment: &Moment<'_, Training>) -> Result<Vec<Option<f64>>, Error> {
        // Absent, which is not NaN, where a parameter is not finite.
        let Some(hidden) = moment.system.sampled_hidden() else {
            return Ok(vec![None]);
        };
        let mut centred = hidden.clone();
        for mut unit in centred.column_iter_mut() {
            unit.add_scalar_mut(-unit.mean());
        }
        // The covariance (units × units) has the non-zero eigenvalues of this (samples × samples).
        let gram = &centred * centred.transpose();
        let squares = gram.norm_squared();
        Ok(vec![
            (squares > 0.0).then(|| gram.trace().powi(2) / squares),
        ])
    }
}
