//! The same cells over the sessions of a longitudinal recording.

use nalgebra::{DMatrix, DMatrixView};

mod halves;
mod laps;
mod turnover;

pub use halves::{MatchedHalves, matched_halves, matched_halves_interval};
pub use laps::BinnedSession;
pub use turnover::{Turnover, session_turnover, turnover};

use crate::Error;
use crate::activity::count;
use crate::error::same_length;
use crate::similarity::{
    ensemble_rate_correlation, population_vector_correlation, tuning_curve_correlation, where_known,
};
use crate::statistics::{Mean, by_lag};

/// One session in the frame of the registration: row r of the registration is cell r here, in
/// every session, found or not.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredSession {
    /// (bins × registered cells); NaN where a cell was not found or a bin not visited.
    rate_maps: DMatrix<f64>,
    found: Vec<bool>,
    active: Vec<bool>,
}

impl RegisteredSession {
    /// Brings one session's cells into the order of the registration.
    ///
    /// `rate_maps` (bins × recorded cells) and `active` (recorded cells) are in the order of the
    /// session's file; `column_of` (registered cells) says which recorded cell (from 0) each
    /// registered cell is, `None` if it was not found. Recorded cells that no row names are left
    /// out. `active` is the caller's criterion, such as at least five events while running.
    ///
    /// # Errors
    /// `active` does not fit the maps; a column out of range, or named twice.
    pub fn new(
        rate_maps: DMatrixView<'_, f64>,
        column_of: &[Option<usize>],
        active: &[bool],
    ) -> Result<Self, Error> {
        let (flags, cells) = (active.len(), rate_maps.ncols());
        same_length("active", flags, cells, "the cells of the rate maps")?;
        let mut named = vec![false; rate_maps.ncols()];
        for (index, column) in column_of.iter().enumerate() {
            let Some(column) = *column else { continue };
            let expected = match named.get(column) {
                None => "less than the number of recorded cells",
                Some(true) => "a recorded cell that no earlier row names",
                Some(false) => {
                    named[column] = true;
                    continue;
                }
            };
            return Err(Error::entry("column_of", index, column as f64, expected));
        }
        Ok(Self {
            rate_maps: DMatrix::from_fn(rate_maps.nrows(), column_of.len(), |bin, cell| {
                column_of[cell].map_or(f64::NAN, |column| rate_maps[(bin, column)])
            }),
            found: column_of.iter().map(Option::is_some).collect(),
            active: column_of
                .iter()
                .map(|column| column.is_some_and(|c| active[c]))
                .collect(),
        })
    }

    /// A session in which every cell is found, such as a simulation's.
    ///
    /// # Errors
    /// `active` does not fit the maps.
    pub fn complete(rate_maps: DMatrixView<'_, f64>, active: &[bool]) -> Result<Self, Error> {
        let column_of: Vec<Option<usize>> = (0..rate_maps.ncols()).map(Some).collect();
        Self::new(rate_maps, &column_of, active)
    }

    pub(crate) fn check_cells(&self, first: &Self) -> Result<(), Error> {
        let (field, like) = ("registered cells of a session", "the first session");
        same_length(field, self.found.len(), first.found.len(), like)
    }

    /// Rate maps (bins × registered cells), NaN for cells not found.
    #[must_use]
    pub fn rate_maps(&self) -> &DMatrix<f64> {
        &self.rate_maps
    }

    /// Which registered cells were found in this session.
    #[must_use]
    pub fn found(&self) -> &[bool] {
        &self.found
    }

    /// Which registered cells were found and active.
    #[must_use]
    pub fn active(&self) -> &[bool] {
        &self.active
    }

    /// Active cells as a share of all registered cells; NaN without cells.
    #[must_use]
    pub fn fraction_active(&self) -> f64 {
        count(&self.active) as f64 / self.active.len() as f64
    }

    /// Active cells as a share of the cells found; NaN if none was.
    #[must_use]
    pub fn fraction_active_of_found(&self) -> f64 {
        count(&self.active) as f64 / count(&self.found) as f64
    }
}

/// Similarity of every pair of sessions (sessions × sessions, symmetric).
///
/// Entry (i, i) compares a session with itself.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionPairs {
    /// Cells found and active in both sessions: those the correlations are over.
    pub cells: DMatrix<usize>,
    /// [`population_vector_correlation`], mean over bins.
    pub pv_correlation: DMatrix<f64>,
    /// Bins behind it.
    pub pv_bins: DMatrix<usize>,
    /// [`tuning_curve_correlation`], mean over cells.
    pub rate_map_correlation: DMatrix<f64>,
    /// Cells behind it: those whose map is constant in neither session.
    pub rate_map_cells: DMatrix<usize>,
    /// [`ensemble_rate_correlation`] of the mean rates, each bin visited in both counting once.
    pub ensemble_rate_correlation: DMatrix<f64>,
    /// Among the cells found in both: active in both as a share of active in at least one. NaN if
    /// none is active.
    pub overlap: DMatrix<f64>,
}

impl SessionPairs {
    /// Mean of a measure over all pairs of sessions `lag` apart (lag 0, 1, …), NaN pairs left out:
    /// how similarity falls with the number of sessions between. `measure` (sessions × sessions)
    /// is one of the fields.
    #[must_use]
    pub fn by_lag(measure: &DMatrix<f64>) -> Vec<f64> {
        by_lag(measure)
    }
}

/// Compares every pair of sessions over the cells active in both.
///
/// Source of the definitions: Sheintuch et al., Current Biology 2020 (whose script compares trials
/// of smoothed maps; here sessions as they are given).
///
/// # Errors
/// Sessions that differ in bins or in registered cells.
///
/// ```
/// use drift_metrics::sessions::{RegisteredSession, compare_sessions};
/// use nalgebra::DMatrix;
///
/// // Two cells on three bins; in the second session they are stored in the other order.
/// let monday = DMatrix::from_column_slice(3, 2, &[4.0, 1.0, 0.0, 0.0, 1.0, 2.0]);
/// let friday = DMatrix::from_column_slice(3, 2, &[0.0, 1.0, 2.0, 4.0, 1.0, 0.0]);
/// let active = [true, true];
/// let pairs = compare_sessions(&[
///     RegisteredSession::new(monday.as_view(), &[Some(0), Some(1)], &active)?,
///     RegisteredSession::new(friday.as_view(), &[Some(1), Some(0)], &active)?,
/// ])?;
/// assert!((pairs.rate_map_correlation[(0, 1)] - 1.0).abs() < 1e-12);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn compare_sessions(sessions: &[RegisteredSession]) -> Result<SessionPairs, Error> {
    check_sessions(sessions)?;
    let n = sessions.len();
    let unknown = || DMatrix::from_element(n, n, f64::NAN);
    let mut pairs = SessionPairs {
        cells: DMatrix::zeros(n, n),
        pv_correlation: unknown(),
        pv_bins: DMatrix::zeros(n, n),
        rate_map_correlation: unknown(),
        rate_map_cells: DMatrix::zeros(n, n),
        ensemble_rate_correlation: unknown(),
        overlap: unknown(),
    };
    for i in 0..n {
        for j in i..n {
            let (first, second) = (&sessions[i], &sessions[j]);
            let both: Vec<usize> = (0..first.active.len())
                .filter(|&cell| first.active[cell] && second.active[cell])
                .collect();
            let either = (0..first.active.len())
                .filter(|&cell| first.found[cell] && second.found[cell])
                .filter(|&cell| first.active[cell] || second.active[cell])
                .count();
            let maps = [first, second].map(|session| session.rate_maps.select_columns(&both));
            let by_bin = population_vector_correlation(maps[0].as_view(), maps[1].as_view())?;
            let by_cell = tuning_curve_correlation(maps[0].as_view(), maps[1].as_view())?;
            let ensemble = ensemble_rate_correlation(
                &mean_over_shared_bins(&maps[0], &maps[1]),
                &mean_over_shared_bins(&maps[1], &maps[0]),
            )?;
            for entry in [(i, j), (j, i)] {
                pairs.cells[entry] = both.len();
                pairs.pv_correlation[entry] = by_bin.mean;
                pairs.pv_bins[entry] = by_bin.count;
                pairs.rate_map_correlation[entry] = by_cell.mean;
                pairs.rate_map_cells[entry] = by_cell.count;
                pairs.ensemble_rate_correlation[entry] = ensemble;
                pairs.overlap[entry] = both.len() as f64 / either as f64;
            }
        }
    }
    Ok(pairs)
}

fn mean_over_shared_bins(maps: &DMatrix<f64>, other: &DMatrix<f64>) -> Vec<f64> {
    maps.zip_map(other, where_known)
        .column_iter()
        .map(|map| Mean::of(map.iter().copied()).mean)
        .collect()
}

fn check_sessions(sessions: &[RegisteredSession]) -> Result<(), Error> {
    for (index, session) in sessions.iter().enumerate() {
        if session.rate_maps.nrows() != sessions[0].rate_maps.nrows() {
            return Err(Error::DifferentBins { index });
        }
        session.check_cells(&sessions[0])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    /// Four registered cells over three sessions; cell 3 is missing from the second.
    fn sessions() -> Vec<RegisteredSession> {
        let map = |values: &[f64]| DMatrix::from_column_slice(3, values.len() / 3, values);
        let first = map(&[1., 0., 0., 0., 2., 1., 0., 0., 3., 1., 1., 1.]);
        let second = map(&[0., 0., 5., 2., 0., 0., 0., 1., 3.]);
        let third = map(&[0., 1., 0., 0., 0., 0., 1., 0., 2., 0., 2., 1.]);
        vec![
            RegisteredSession::complete(first.as_view(), &[true, true, true, true]).unwrap(),
            RegisteredSession::new(
                second.as_view(),
                &[Some(1), Some(2), Some(0), None],
                &[true, true, true],
            )
            .unwrap(),
            RegisteredSession::complete(third.as_view(), &[true, false, true, true]).unwrap(),
        ]
    }

    #[test]
    fn pairs_are_over_the_cells_active_in_both() {
        let sessions = sessions();
        assert_eq!(sessions[1].found(), [true, true, true, false]);
        assert_eq!(sessions[1].fraction_active(), 0.75);
        assert_eq!(sessions[1].fraction_active_of_found(), 1.0);
        let pairs = compare_sessions(&sessions).unwrap();
        assert_eq!(pairs.cells[(0, 1)], 3);
        assert_eq!(pairs.cells[(0, 2)], 3);
        assert_eq!(pairs.cells[(2, 1)], 2);
        // Cell 3 has a constant map in the first session.
        assert_eq!(pairs.rate_map_cells[(0, 2)], 2);
        assert_abs_diff_eq!(pairs.overlap[(1, 2)], 2.0 / 3.0, epsilon = 1e-15);
        assert_abs_diff_eq!(pairs.overlap[(0, 2)], 3.0 / 4.0, epsilon = 1e-15);
        for (i, j) in [(0, 1), (0, 2), (1, 2)] {
            assert_eq!(pairs.pv_correlation[(i, j)], pairs.pv_correlation[(j, i)]);
        }
        assert_abs_diff_eq!(pairs.pv_correlation[(1, 1)], 1.0, epsilon = 1e-12);
        // Cells 0 and 2 of sessions 1 and 2: maps (2,0,0) (0,0,5) and (0,1,0) (1,0,2).
        assert_abs_diff_eq!(
            pairs.rate_map_correlation[(1, 2)],
            (-0.5 + 3f64.sqrt() / 2.0) / 2.0,
            epsilon = 1e-12
        );
        assert_abs_diff_eq!(
            pairs.ensemble_rate_correlation[(1, 2)],
            1.0,
            epsilon = 1e-12
        );
        let lags = SessionPairs::by_lag(&pairs.overlap);
        assert_abs_diff_eq!(lags[1], (1.0 + 2.0 / 3.0) / 2.0, epsilon = 1e-15);
    }

    #[test]
    fn no_shared_cells_is_unknown_not_zero() {
        let map = DMatrix::from_element(2, 1, 1.0);
        let active = RegisteredSession::complete(map.as_view(), &[true]).unwrap();
        let silent = RegisteredSession::complete(map.as_view(), &[false]).unwrap();
        let pairs = compare_sessions(&[active, silent.clone(), silent]).unwrap();
        assert_eq!(pairs.overlap[(0, 1)], 0.0);
        assert!(pairs.overlap[(1, 2)].is_nan() && pairs.pv_correlation[(0, 1)].is_nan());
        assert!(compare_sessions(&[]).unwrap().cells.is_empty());
    }

    #[test]
    fn refuses_a_broken_registration() {
        let map = DMatrix::from_element(2, 2, 1.0);
        let active = [true, true];
        let with =
            |columns: &[Option<usize>]| RegisteredSession::new(map.as_view(), columns, &active);
        assert!(with(&[Some(2)]).is_err());
        assert!(with(&[Some(1), None, Some(1)]).is_err());
        assert!(RegisteredSession::new(map.as_view(), &[Some(0)], &[true]).is_err());
        let (two, three) = (
            with(&[Some(0), None]).unwrap(),
            with(&[Some(0), None, None]).unwrap(),
        );
        assert!(compare_sessions(&[two.clone(), three]).is_err());
        let other = DMatrix::from_element(3, 2, 1.0);
        let bins = RegisteredSession::complete(other.as_view(), &active).unwrap();
        assert_eq!(
            compare_sessions(&[two, bins]),
            Err(Error::DifferentBins { index: 1 })
        );
    }
}
