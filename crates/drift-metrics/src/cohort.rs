//! Means over animals, session by session, as in Figure 3 of Ratzon et al. (2023).

use std::collections::BTreeMap;

use crate::Error;
use crate::statistics::Mean;

/// One quantity of one animal over its sessions.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Series {
    /// Name of the animal (or run), for messages and tables.
    pub animal: String,
    /// (session number or day, value), in order of time; NaN where a session has no value.
    pub values: Vec<(u32, f64)>,
}

impl Series {
    /// The series divided by its first value.
    ///
    /// # Errors
    /// A series without sessions, whose sessions do not increase, or whose first value is NaN,
    /// infinite or 0: later sessions are not put in its place in silence.
    ///
    /// ```
    /// use drift_metrics::cohort::Series;
    /// let series = Series { animal: "M4".into(), values: vec![(1, 0.5), (3, 0.4)] };
    /// assert_eq!(series.normalised_to_first()?.values, [(1, 1.0), (3, 0.8)]);
    /// # Ok::<(), drift_metrics::Error>(())
    /// ```
    pub fn normalised_to_first(&self) -> Result<Self, Error> {
        self.check()?;
        let Some(&(_, first)) = self.values.first() else {
            return Err(Error::TooFew {
                field: "sessions of a series",
                actual: 0,
                needed: 1,
            });
        };
        if !(first.is_finite() && first != 0.0) {
            return Err(Error::Entry {
                field: "values of a series",
                index: 0,
                value: first,
                expected: "finite and not 0, to normalise to it",
            });
        }
        Ok(Self {
            animal: self.animal.clone(),
            values: self
                .values
                .iter()
                .map(|&(session, value)| (session, value / first))
                .collect(),
        })
    }

    fn check(&self) -> Result<(), Error> {
        match self
            .values
            .windows(2)
            .position(|pair| pair[1].0 <= pair[0].0)
        {
            None => Ok(()),
            Some(index) => Err(Error::Entry {
                field: "sessions of a series",
                index: index + 1,
                value: f64::from(self.values[index + 1].0),
                expected: "later than the session before it",
            }),
        }
    }
}

/// One session of a [`cohort`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CohortRow {
    /// Session number or day.
    pub session: u32,
    /// Animals with a value in this session.
    pub animals: usize,
    /// Mean over them; NaN without any.
    pub mean: f64,
    /// Standard error of the mean, std (n − 1)/√n; NaN for fewer than two animals.
    pub sem: f64,
}

/// Mean ± standard error over animals for every session that at least one of them has.
///
/// Sessions are matched by number, not by position: an animal that missed a day is missing on that
/// day. Normalise each series first ([`Series::normalised_to_first`]) for tables as Figure 3.
///
/// # Errors
/// A series whose sessions do not increase, or an infinite value.
///
/// ```
/// use drift_metrics::cohort::{Series, cohort};
/// let animals = [
///     Series { animal: "M1".into(), values: vec![(1, 1.0), (2, 0.6)] },
///     Series { animal: "M2".into(), values: vec![(1, 1.0), (2, 0.8), (5, 0.5)] },
/// ];
/// let table = cohort(&animals)?;
/// assert!((table[1].mean - 0.7).abs() < 1e-15 && (table[1].sem - 0.1).abs() < 1e-15);
/// assert_eq!((table[2].session, table[2].animals), (5, 1));
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn cohort(animals: &[Series]) -> Result<Vec<CohortRow>, Error> {
    let mut by_session: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for series in animals {
        series.check()?;
        for (index, &(session, value)) in series.values.iter().enumerate() {
            if value.is_infinite() {
                return Err(Error::Entry {
                    field: "values of a series",
                    index,
                    value,
                    expected: "finite, or NaN where there is none",
                });
            }
            let values = by_session.entry(session).or_default();
            if !value.is_nan() {
                values.push(value);
            }
        }
    }
    Ok(by_session
        .into_iter()
        .map(|(session, values)| {
            let over = Mean::of(values);
            CohortRow {
                session,
                animals: over.count,
                mean: over.mean,
                sem: over.standard_error,
            }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;
    use proptest::prelude::*;

    fn series(values: &[(u32, f64)]) -> Series {
        Series {
            animal: "A".into(),
            values: values.to_vec(),
        }
    }

    #[test]
    fn missing_values_are_missing() {
        let table = cohort(&[
            series(&[(1, 2.0), (4, f64::NAN)]),
            series(&[(1, 4.0), (4, 3.0)]),
            series(&[(7, f64::NAN)]),
        ])
        .unwrap();
        assert_eq!(table.len(), 3);
        assert_eq!((table[0].animals, table[0].mean), (2, 3.0));
        assert_abs_diff_eq!(table[0].sem, 1.0, epsilon = 1e-15);
        assert_eq!((table[1].animals, table[1].mean), (1, 3.0));
        assert!(table[1].sem.is_nan());
        assert_eq!(table[2].animals, 0);
        assert!(table[2].mean.is_nan());
        assert!(cohort(&[]).unwrap().is_empty());
    }

    #[test]
    fn refuses_what_cannot_be_normalised() {
        for first in [0.0, f64::NAN, f64::INFINITY] {
            assert!(
                series(&[(1, first), (2, 1.0)])
                    .normalised_to_first()
                    .is_err()
            );
        }
        assert!(series(&[]).normalised_to_first().is_err());
        assert!(series(&[(2, 1.0), (2, 1.0)]).normalised_to_first().is_err());
        assert!(cohort(&[series(&[(2, 1.0), (1, 1.0)])]).is_err());
        assert!(cohort(&[series(&[(1, f64::INFINITY)])]).is_err());
    }

    proptest! {
        #[test]
        fn normalised_animals_agree_in_the_first_session(
            values in proptest::collection::vec((0.1f64..9.0, 0.0f64..9.0), 2..6)
        ) {
            let animals: Vec<Series> = values
                .iter()
                .map(|&(first, second)| series(&[(1, first), (2, second)]).normalised_to_first())
                .collect::<Result<_, _>>()
                .unwrap();
            let table = cohort(&animals).unwrap();
            prop_assert_eq!((table[0].mean, table[0].sem), (1.0, 0.0));
            let ratios: Vec<f64> = values.iter().map(|(first, second)| second / first).collect();
            let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
            prop_assert!((table[1].mean - mean).abs() < 1e-12);
        }
    }
}
