//! Turnover: which cells join the code, leave it, and stay.

use super::RegisteredSession;
use crate::Error;
use crate::error::same_length;

/// Cells by their activity in an earlier and a later session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Turnover {
    /// Silent before, active after.
    pub gained: Vec<usize>,
    /// Active before, silent after.
    pub lost: Vec<usize>,
    /// Active in both.
    pub kept: Vec<usize>,
    /// Active in neither.
    pub silent: Vec<usize>,
}

impl Turnover {
    /// kept/(kept + lost): the share of the earlier code that survives; NaN without one.
    #[must_use]
    pub fn survival(&self) -> f64 {
        self.kept.len() as f64 / (self.kept.len() + self.lost.len()) as f64
    }

    /// gained/(kept + gained): the share of the later code that is new; NaN without one.
    #[must_use]
    pub fn recruitment(&self) -> f64 {
        self.gained.len() as f64 / (self.kept.len() + self.gained.len()) as f64
    }

    /// (gained + lost)/(gained + lost + 2 kept): 0 when the same cells are active, 1 when none is
    /// active in both; NaN when all are silent.
    #[must_use]
    pub fn turnover_ratio(&self) -> f64 {
        let changed = (self.gained.len() + self.lost.len()) as f64;
        changed / (changed + 2.0 * self.kept.len() as f64)
    }
}

/// Turnover from activity flags of the same cells, in the same order.
///
/// # Errors
/// Lists of different length.
///
/// ```
/// use drift_metrics::sessions::turnover;
/// let change = turnover(&[true, true, false, false], &[true, false, true, false])?;
/// assert_eq!((change.kept, change.lost, change.gained), (vec![0], vec![1], vec![2]));
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn turnover(before: &[bool], after: &[bool]) -> Result<Turnover, Error> {
    same_length("after", after.len(), before.len(), "before")?;
    Ok(sort(
        (0..before.len()).map(|cell| (cell, before[cell], after[cell])),
    ))
}

/// Turnover between two sessions of a registered recording, among the cells found in both: a cell
/// that was not found is not a cell lost.
///
/// # Errors
/// The sessions differ in registered cells.
pub fn session_turnover(
    before: &RegisteredSession,
    after: &RegisteredSession,
) -> Result<Turnover, Error> {
    after.check_cells(before)?;
    Ok(sort(
        (0..before.found().len())
            .filter(|&cell| before.found()[cell] && after.found()[cell])
            .map(|cell| (cell, before.active()[cell], after.active()[cell])),
    ))
}

fn sort(cells: impl Iterator<Item = (usize, bool, bool)>) -> Turnover {
    let mut turnover = Turnover::default();
    for (cell, before, after) in cells {
        match (before, after) {
            (false, true) => turnover.gained.push(cell),
            (true, false) => turnover.lost.push(cell),
            (true, true) => turnover.kept.push(cell),
            (false, false) => turnover.silent.push(cell),
        }
    }
    turnover
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;
    use proptest::prelude::*;

    #[test]
    fn a_cell_not_found_is_not_lost() {
        let maps = DMatrix::zeros(2, 3);
        let before = RegisteredSession::complete(maps.as_view(), &[true, true, false]).unwrap();
        let after =
            RegisteredSession::new(maps.as_view(), &[None, Some(0), Some(2)], &[false; 3]).unwrap();
        let change = session_turnover(&before, &after).unwrap();
        assert_eq!((change.lost, change.silent), (vec![1], vec![2]));
        let short = RegisteredSession::complete(maps.columns(0, 2).as_view(), &[true; 2]).unwrap();
        assert!(session_turnover(&before, &short).is_err());
    }

    #[test]
    fn shares_of_nothing_are_unknown() {
        let nothing = turnover(&[false], &[false]).unwrap();
        assert!(nothing.survival().is_nan() && nothing.recruitment().is_nan());
        assert!(nothing.turnover_ratio().is_nan());
        assert!(turnover(&[true], &[]).is_err());
    }

    proptest! {
        #[test]
        fn every_cell_is_counted_once_and_time_reverses(
            cells in proptest::collection::vec((any::<bool>(), any::<bool>()), 1..40)
        ) {
            let (before, after): (Vec<bool>, Vec<bool>) = cells.into_iter().unzip();
            let forward = turnover(&before, &after).unwrap();
            let backward = turnover(&after, &before).unwrap();
            prop_assert_eq!(&forward.gained, &backward.lost);
            prop_assert_eq!(&forward.kept, &backward.kept);
            let counted = forward.gained.len() + forward.lost.len() + forward.kept.len()
                + forward.silent.len();
            prop_assert_eq!(counted, before.len());
            let same = turnover(&before, &before).unwrap();
            prop_assert!(same.kept.is_empty() || same.turnover_ratio() == 0.0);
        }
    }
}
