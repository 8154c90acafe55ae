//! Many animals: means session by session, and trends whose unit is the animal (Figure 3 of
//! Ratzon et al. 2023).

use rand::Rng;

use crate::Error;
use crate::error::{at_least, every, finite_or_nan, increasing};
use crate::statistics::{Mean, fit_line};

/// One quantity of one animal over time.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Series {
    /// Name of the animal (or run), for messages and tables.
    pub animal: String,
    /// (time, value) in order of time: days, sessions, exposures or minutes. NaN where a session
    /// has no value.
    pub values: Vec<(f64, f64)>,
}

impl Series {
    /// The series divided by its first value.
    ///
    /// # Errors
    /// A series without sessions, whose times do not increase, or whose first value is NaN,
    /// infinite or 0: no later session takes its place.
    ///
    /// ```
    /// use drift_metrics::cohort::Series;
    /// let series = Series { animal: "M4".into(), values: vec![(1.0, 0.5), (3.0, 0.4)] };
    /// assert_eq!(series.normalised_to_first()?.values, [(1.0, 1.0), (3.0, 0.8)]);
    /// # Ok::<(), drift_metrics::Error>(())
    /// ```
    pub fn normalised_to_first(&self) -> Result<Self, Error> {
        self.check()?;
        at_least("sessions of a series", self.values.len(), 1)?;
        let first = self.values[0].1;
        if !(first.is_finite() && first != 0.0) {
            let expected = "finite and not 0, to normalise to it";
            return Err(Error::entry("values of a series", 0, first, expected));
        }
        Ok(Self {
            animal: self.animal.clone(),
            values: self
                .values
                .iter()
                .map(|&(time, value)| (time, value / first))
                .collect(),
        })
    }

    /// Least-squares slope of the values against time; `None` with fewer than two values.
    ///
    /// # Errors
    /// Times that do not increase, or an infinite value.
    pub fn slope(&self) -> Result<Option<f64>, Error> {
        self.check()?;
        let (times, values): (Vec<f64>, Vec<f64>) = self
            .values
            .iter()
            .filter(|(_, value)| !value.is_nan())
            .copied()
            .unzip();
        match times.len() {
            0 | 1 => Ok(None),
            // A line through two points leaves no residual to fit an error to.
            2 => Ok(Some((values[1] - values[0]) / (times[1] - times[0]))),
            _ => Ok(Some(fit_line(&times, &values)?.slope)),
        }
    }

    fn check(&self) -> Result<(), Error> {
        let (times, values): (Vec<f64>, Vec<f64>) = self.values.iter().copied().unzip();
        let expected = "finite, later than the session before it";
        increasing("times of a series", &times, expected)?;
        let expected = "finite, or NaN where there is none";
        every("values of a series", &values, finite_or_nan, expected)
    }
}

/// One time of a [`cohort`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CohortRow {
    /// Day, session, exposure or minutes, as in the series.
    pub time: f64,
    /// Animals with a value at this time.
    pub animals: usize,
    /// Mean over them; NaN without any.
    pub mean: f64,
    /// Standard error of the mean, std (n − 1)/√n; NaN for fewer than two animals.
    pub sem: f64,
}

/// Mean ± standard error over animals at every time that at least one of them has.
///
/// Sessions are matched by time, not by position: an animal that missed a day is missing on that
/// day. Normalise each series first ([`Series::normalised_to_first`]) for tables as Figure 3.
///
/// # Errors
/// A series whose times do not increase, or an infinite value.
///
/// ```
/// use drift_metrics::cohort::{Series, cohort};
/// let animals = [
///     Series { animal: "M1".into(), values: vec![(1.0, 1.0), (2.0, 0.6)] },
///     Series { animal: "M2".into(), values: vec![(1.0, 1.0), (2.0, 0.8), (5.0, 0.5)] },
/// ];
/// let table = cohort(&animals)?;
/// assert!((table[1].mean - 0.7).abs() < 1e-15 && (table[1].sem - 0.1).abs() < 1e-15);
/// assert_eq!((table[2].time, table[2].animals), (5.0, 1));
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn cohort(animals: &[Series]) -> Result<Vec<CohortRow>, Error> {
    let mut all: Vec<(f64, f64)> = Vec::new();
    for series in animals {
        series.check()?;
        all.extend(&series.values);
    }
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    Ok(all
        .chunk_by(|one, other| one.0 == other.0)
        .map(|at| {
            let over = Mean::of(at.iter().map(|(_, value)| *value));
            CohortRow {
                time: at[0].0,
                animals: over.count,
                mean: over.mean,
                sem: over.standard_error,
            }
        })
        .collect())
}

/// Fewest animals that can reach p < 0.05: two-sided sign flips give p ≥ 2^(1 − animals).
pub const FEWEST_ANIMALS: usize = 6;

/// Most animals whose sign flips are all tried; above that they are drawn.
const EXACT_ANIMALS: usize = 20;

/// Sign flips drawn where there are too many to try.
const DRAWS: usize = 100_000;

/// Whether a quantity changes with time, with the animal as the unit.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Trend {
    /// Slope of each animal with two values or more, in the order given.
    pub slopes: Vec<f64>,
    /// Their mean; NaN without any.
    pub mean_slope: f64,
    /// Its standard error over animals; NaN for fewer than two.
    pub sem_slope: f64,
    /// Two-sided p of the mean slope under flips of the animals' signs; `None` below
    /// [`FEWEST_ANIMALS`] slopes.
    pub p_value: Option<f64>,
}

/// Tests a trend by flipping the signs of the animals' slopes.
///
/// Each animal gives one least-squares slope. Without a trend a slope and its negative are equally
/// likely: p is the share of all 2ⁿ sign patterns whose mean slope is at least as far from 0 as the
/// one found. Above 20 animals 100,000 patterns are drawn and p = (1 + reached)/(1 + drawn). Nothing
/// is drawn from `rng` below that.
///
/// # Errors
/// As [`Series::slope`].
///
/// ```
/// use drift_metrics::cohort::{Series, trend};
/// use rand::SeedableRng;
/// let animals: Vec<Series> = (1..=6)
///     .map(|k| Series {
///         animal: format!("M{k}"),
///         values: vec![(1.0, 1.0), (2.0, 1.0 - 0.1 * f64::from(k))],
///     })
///     .collect();
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
/// let found = trend(&animals, &mut rng)?;
/// assert!((found.mean_slope + 0.35).abs() < 1e-12);
/// assert_eq!(found.p_value, Some(2.0 / 64.0)); // all six fall: only two of 64 patterns do
/// assert_eq!(trend(&animals[..5], &mut rng)?.p_value, None);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn trend<R: Rng + ?Sized>(animals: &[Series], rng: &mut R) -> Result<Trend, Error> {
    let mut slopes = Vec::new();
    for series in animals {
        slopes.extend(series.slope()?);
    }
    let over = Mean::of(slopes.iter().copied());
    let p_value = (slopes.len() >= FEWEST_ANIMALS).then(|| sign_flips(&slopes, rng));
    Ok(Trend {
        mean_slope: over.mean,
        sem_slope: over.standard_error,
        slopes,
        p_value,
    })
}

fn sign_flips<R: Rng + ?Sized>(slopes: &[f64], rng: &mut R) -> f64 {
    let observed = slopes.iter().sum::<f64>().abs();
    // Patterns with the same sum differ by the rounding of its order only.
    let rounding = 1e-12 * slopes.iter().map(|slope| slope.abs()).sum::<f64>();
    let reaches = |sum: f64| sum.abs() >= observed - rounding;
    if slopes.len() > EXACT_ANIMALS {
        let mut drawn = |slope: &f64| {
            if rng.next_u32() >> 31 == 1 {
                -slope
            } else {
                *slope
            }
        };
        let reached = (0..DRAWS)
            .filter(|_| reaches(slopes.iter().map(&mut drawn).sum()))
            .count();
        return (1 + reached) as f64 / (1 + DRAWS) as f64;
    }
    // A pattern and its negative have sums of one size: the first sign stays.
    let patterns = 1_u32 << (slopes.len() - 1);
    let flipped = |pattern: u32| -> f64 {
        let sign = |(k, slope): (usize, &f64)| {
            if pattern << 1 >> k & 1 == 1 {
                -slope
            } else {
                *slope
            }
        };
        slopes.iter().enumerate().map(sign).sum()
    };
    let reached = (0..patterns)
        .filter(|&pattern| reaches(flipped(pattern)))
        .count();
    reached as f64 / f64::from(patterns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    fn series(values: &[(f64, f64)]) -> Series {
        Series {
            animal: "A".into(),
            values: values.to_vec(),
        }
    }

    fn falling(count: usize) -> Vec<Series> {
        (1..=count)
            .map(|k| series(&[(1.0, 1.0), (3.0, 1.0 - 0.02 * k as f64)]))
            .collect()
    }

    #[test]
    fn missing_values_are_missing() {
        let table = cohort(&[
            series(&[(1.0, 2.0), (4.0, f64::NAN)]),
            series(&[(-1.0, 7.0), (1.0, 4.0), (4.0, 3.0)]),
            series(&[(7.0, f64::NAN)]),
        ])
        .unwrap();
        let times: Vec<f64> = table.iter().map(|row| row.time).collect();
        assert_eq!(times, [-1.0, 1.0, 4.0, 7.0]);
        assert_eq!((table[1].animals, table[1].mean), (2, 3.0));
        assert_abs_diff_eq!(table[1].sem, 1.0, epsilon = 1e-15);
        assert_eq!((table[2].animals, table[2].mean), (1, 3.0));
        assert!(table[2].sem.is_nan());
        assert_eq!(table[3].animals, 0);
        assert!(table[3].mean.is_nan());
        assert!(cohort(&[]).unwrap().is_empty());
    }

    #[test]
    fn refuses_what_cannot_be_normalised() {
        for first in [0.0, f64::NAN, f64::INFINITY] {
            let refused = series(&[(1.0, first), (2.0, 1.0)]).normalised_to_first();
            assert!(matches!(
                refused,
                Err(Error::Entry {
                    field: "values of a series",
                    index: 0,
                    ..
                })
            ));
        }
        let refused = series(&[]).normalised_to_first();
        assert!(matches!(refused, Err(Error::TooFew { .. })));
        for times in [[2.0, 2.0], [2.0, 1.0], [1.0, f64::NAN]] {
            let late = series(&[(times[0], 1.0), (times[1], 1.0)]);
            for refused in [late.normalised_to_first().err(), cohort(&[late]).err()] {
                let expected = matches!(
                    refused,
                    Some(Error::Entry {
                        field: "times of a series",
                        index: 1,
                        ..
                    })
                );
                assert!(expected, "{refused:?}");
            }
        }
        assert!(cohort(&[series(&[(1.0, f64::INFINITY)])]).is_err());
    }

    #[test]
    fn slopes_leave_out_missing_days() {
        assert_eq!(series(&[(1.0, 3.0), (2.0, f64::NAN)]).slope(), Ok(None));
        assert_eq!(
            series(&[(1.0, 3.0), (2.0, f64::NAN), (5.0, 1.0)]).slope(),
            Ok(Some(-0.5))
        );
        let line = series(&[(0.0, 1.0), (1.0, 3.0), (4.0, 9.0)])
            .slope()
            .unwrap()
            .unwrap();
        assert_abs_diff_eq!(line, 2.0, epsilon = 1e-12);
    }

    /// Above 20 animals the flips are drawn; all slopes alike, hardly any pattern reaches.
    #[test]
    fn many_animals_are_tested_by_drawn_flips() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let exact = trend(&falling(20), &mut rng).unwrap().p_value.unwrap();
        assert_eq!(exact, 2.0 / f64::from(1 << 20));
        let drawn = trend(&falling(21), &mut rng).unwrap().p_value.unwrap();
        assert_eq!(drawn, 1.0 / 100_001.0);
        // Half of the slopes rise: p of the drawn and of the exact flips agree where both exist.
        let mixed = |count: usize| -> Vec<Series> {
            let sign = |k: usize| if k.is_multiple_of(2) { 1.0 } else { -0.6 };
            (0..count)
                .map(|k| series(&[(0.0, 0.0), (1.0, sign(k))]))
                .collect()
        };
        let [exact, drawn] =
            [20, 22].map(|count| trend(&mixed(count), &mut rng).unwrap().p_value.unwrap());
        assert!((exact - drawn).abs() < 0.05, "{exact} {drawn}");
    }

    proptest! {
        #[test]
        fn normalised_animals_agree_in_the_first_session(
            values in proptest::collection::vec((0.1f64..9.0, 0.0f64..9.0), 2..6)
        ) {
            let animals: Vec<Series> = values
                .iter()
                .map(|&(first, second)| {
                    series(&[(1.0, first), (2.0, second)]).normalised_to_first()
                })
                .collect::<Result<_, _>>()
                .unwrap();
            let table = cohort(&animals).unwrap();
            prop_assert_eq!((table[0].mean, table[0].sem), (1.0, 0.0));
            let ratios: Vec<f64> = values.iter().map(|(first, second)| second / first).collect();
            let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
            prop_assert!((table[1].mean - mean).abs() < 1e-12);
        }

        #[test]
        fn a_trend_does_not_see_the_order_or_the_sign_of_all_animals(
            slopes in proptest::collection::vec(-3.0f64..3.0, 6..12)
        ) {
            let of = |slopes: &[f64]| {
                let animals: Vec<Series> =
                    slopes.iter().map(|&s| series(&[(0.0, 0.0), (1.0, s)])).collect();
                trend(&animals, &mut ChaCha8Rng::seed_from_u64(0)).unwrap().p_value.unwrap()
            };
            let p = of(&slopes);
            let least = 2f64.powi(1 - slopes.len() as i32);
            prop_assert!((least..=1.0).contains(&p));
            let reversed: Vec<f64> = slopes.iter().rev().copied().collect();
            let negated: Vec<f64> = slopes.iter().map(|slope| -slope).collect();
            prop_assert_eq!(of(&reversed), p);
            prop_assert_eq!(of(&negated), p);
        }
    }
}
