//! Sessions of one recording against each other, where it says which cell is which.

use drift_sim::data::{Error as DataError, Recording};
use drift_sim::metrics::sessions::turnover;
use drift_sim::metrics::similarity::{
    ensemble_rate_correlation, population_vector_correlation, tuning_curve_correlation,
};
use nalgebra::DMatrix;

use super::measure::SessionMeasures;
use crate::error::CliError;

/// How alike the sessions are (sessions × sessions); NaN where cells cannot be identified.
#[derive(Debug, Clone, PartialEq)]
pub struct Similarity {
    /// Mean over cells active in both of Pearson's r between their maps.
    pub maps: DMatrix<f64>,
    /// Mean over bins of Pearson's r between the population vectors of cells active in both.
    pub population: DMatrix<f64>,
    /// Pearson's r over cells active in both between their mean rates.
    pub rates: DMatrix<f64>,
    /// Turnover from each session to the next (sessions − 1), among the cells found in both.
    pub turnover: Vec<Option<Turnover>>,
}

/// Active cells gained, lost and kept from one session to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turnover {
    /// Silent before, active now.
    pub gained: usize,
    /// Active before, silent now.
    pub lost: usize,
    /// Active in both.
    pub kept: usize,
}

/// Compares all pairs of sessions; `None` where no pair shares identities.
pub fn similarity(
    recording: &Recording,
    sessions: &[SessionMeasures],
) -> Result<Option<Similarity>, CliError> {
    let count = sessions.len();
    let unknown = || DMatrix::from_element(count, count, f64::NAN);
    let mut similarity = Similarity {
        maps: unknown(),
        population: unknown(),
        rates: unknown(),
        turnover: vec![None; count.saturating_sub(1)],
    };
    let mut compared = false;
    // The sessions as they were measured: restricted to a region, those without data left out.
    let measured = Recording {
        sessions: sessions
            .iter()
            .map(|measures| measures.session.clone())
            .collect(),
        ..recording.clone()
    };
    for first in 0..count {
        for second in first..count {
            let pairs = match measured.shared_cells(first, second) {
                Ok(pairs) => pairs,
                Err(DataError::NotRecorded { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            compared |= first != second;
            let (a, b) = (&sessions[first], &sessions[second]);
            if second == first + 1 {
                let before: Vec<bool> = pairs.iter().map(|pair| a.active[pair.0]).collect();
                let after: Vec<bool> = pairs.iter().map(|pair| b.active[pair.1]).collect();
                let change = turnover(&before, &after)?;
                similarity.turnover[first] = Some(Turnover {
                    gained: change.gained.len(),
                    lost: change.lost.len(),
                    kept: change.kept.len(),
                });
            }
            // A direction that one of the sessions lacks leaves nothing to compare bin by bin.
            if a.map.bins() != b.map.bins() {
                continue;
            }
            let both = pairs
                .into_iter()
                .filter(|(i, j)| a.active[*i] && b.active[*j]);
            let (columns_a, columns_b): (Vec<usize>, Vec<usize>) = both.unzip();
            let maps = [
                a.map.rates.select_columns(&columns_a),
                b.map.rates.select_columns(&columns_b),
            ];
            let [one, other] = [maps[0].as_view(), maps[1].as_view()];
            let rates = |session: &SessionMeasures, columns: &[usize]| -> Vec<f64> {
                columns
                    .iter()
                    .map(|cell| session.cell_rate(*cell))
                    .collect()
            };
            let values = (
                tuning_curve_correlation(one, other)?.mean,
                population_vector_correlation(one, other)?.mean,
                ensemble_rate_correlation(&rates(a, &columns_a), &rates(b, &columns_b))?,
            );
            for place in [(first, second), (second, first)] {
                similarity.maps[place] = values.0;
                similarity.population[place] = values.1;
                similarity.rates[place] = values.2;
            }
        }
    }
    Ok(compared.then_some(similarity))
}
