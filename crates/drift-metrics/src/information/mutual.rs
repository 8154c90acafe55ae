//! Plug-in mutual information between a cell's activity and the encoded state.
//!
//! I(R; S) = H(R) − H(R|S) in bits per time bin, with every probability replaced by the observed
//! frequency. In a short recording this overestimates the information:
//! [`bias`](crate::information::bias) corrects it.
//!
//! Source of the response classes: Sheintuch, Rubin and Ziv, PLoS Computational Biology 2022,
//! <https://doi.org/10.1371/journal.pcbi.1009832>, and its published code.

use std::collections::BTreeMap;

use super::plug_in::{ClassifiedActivity, CountLogarithms, Histograms, Occupancy};
use crate::Error;
use crate::activity::SparseActivity;
use crate::binning::States;
use crate::error::{at_least, same_length};

/// Log-spaced classes of the published code for activity that is far from counts.
const LOG_CLASSES: usize = 10;

/// How activity is cut into the response classes that mutual information counts.
///
/// Silence is always a class of its own.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ResponseClasses {
    /// Whole numbers are taken as they are.
    Counts,
    /// Each value is rounded to the nearest whole number (halves away from 0), so values below
    /// 0.5 join the silent frames.
    Rounded,
    /// Positive values go to the nearest of these centres (increasing).
    Centres(Vec<f64>),
}

impl ResponseClasses {
    /// The published rule, over all cells together: counts as they are if every value is whole;
    /// else rounding if the largest value lies strictly between 5 and 20; else ten classes between
    /// edges spaced evenly in the logarithm from the smallest positive value to the largest, each
    /// centre the mean of its two edges.
    ///
    /// One cell with amplitudes changes the classes of all, and leaving out the most active cell
    /// may do so too; the published results are those of the cells handed over together. The
    /// published code applies the rule again to every subsample; here it is applied to the whole
    /// record once, so that the classes do not change with the subsample.
    ///
    /// ```
    /// use drift_metrics::activity::SparseActivity;
    /// use drift_metrics::information::ResponseClasses;
    /// use nalgebra::DMatrix;
    ///
    /// let classes = |largest: f64| -> Result<ResponseClasses, drift_metrics::Error> {
    ///     let activity = SparseActivity::from_dense(
    ///         DMatrix::from_column_slice(3, 1, &[0.0, 1.5, largest]).as_view(),
    ///     )?;
    ///     Ok(ResponseClasses::published(&activity))
    /// };
    /// assert_eq!(classes(5.5)?, ResponseClasses::Rounded);
    /// assert!(matches!(classes(20.0)?, ResponseClasses::Centres(centres) if centres.len() == 10));
    /// # Ok::<(), drift_metrics::Error>(())
    /// ```
    #[must_use]
    pub fn published(activity: &SparseActivity) -> Self {
        let Some((smallest, largest)) = activity.range() else {
            return Self::Counts;
        };
        if activity.is_integer() {
            Self::Counts
        } else if largest > 5.0 && largest < 20.0 {
            Self::Rounded
        } else {
            Self::log_spaced(smallest, largest, LOG_CLASSES)
        }
    }

    fn log_spaced(smallest: f64, largest: f64, classes: usize) -> Self {
        let (low, high) = (smallest.log10(), largest.log10());
        let edge = |k: usize| 10f64.powf(low + (high - low) * k as f64 / classes as f64);
        let mut centres: Vec<f64> = (0..classes)
            .map(|k| (edge(k) + edge(k + 1)) / 2.0)
            .collect();
        centres.dedup();
        Self::Centres(centres)
    }

    /// Whole-number level of a positive value; 0 is silence.
    fn level(&self, value: f64) -> u64 {
        match self {
            // Counts of more than 2^53 differ from each other but not from what f64 can hold.
            Self::Counts => value.to_bits(),
            Self::Rounded => value.round() as u64,
            Self::Centres(centres) => {
                let mut nearest = 0;
                for (k, centre) in centres.iter().enumerate() {
                    if (value - centre).abs() < (value - centres[nearest]).abs() {
                        nearest = k;
                    }
                }
                nearest as u64 + 1
            }
        }
    }

    pub(crate) fn classify(&self, activity: &SparseActivity) -> ClassifiedActivity {
        ClassifiedActivity::new(activity, |value| self.level(value))
    }
}

/// Mutual information of every cell and the state (cells), in bits per time bin.
///
/// I = (1/T) [Σ n_rs log₂ n_rs − Σ n_r log₂ n_r − Σ n_s log₂ n_s + T log₂ T] over response classes
/// r and states s. Never negative; 0 for a silent cell, for constant activity, and with one state.
///
/// # Errors
/// `states` has another number of frames than `activity`.
///
/// ```
/// use drift_metrics::activity::SparseActivity;
/// use drift_metrics::information::{ResponseClasses, mutual_information};
/// use drift_metrics::binning::States;
/// use nalgebra::DMatrix;
///
/// // The first cell tells the two states apart; the second is silent.
/// let dense = DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 0.0, 0.0]);
/// let activity = SparseActivity::from_dense(dense.as_view())?;
/// let states = States::new(&[0, 1])?;
/// let classes = ResponseClasses::published(&activity);
/// assert_eq!(mutual_information(&activity, &states, &classes)?, [1.0, 0.0]);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn mutual_information(
    activity: &SparseActivity,
    states: &States,
    classes: &ResponseClasses,
) -> Result<Vec<f64>, Error> {
    states.check_frames(activity.frames())?;
    let logarithms = CountLogarithms::up_to(activity.frames());
    let occupancy = Occupancy::of(states, &logarithms);
    let classified = classes.classify(activity);
    let mut histograms = Histograms::new(states.count(), &classified);
    let mut of_cell = |cell| {
        histograms
            .information(
                classified.cell(cell),
                states.index(),
                &occupancy,
                &logarithms,
            )
            .mutual
    };
    Ok((0..activity.cells()).map(&mut of_cell).collect())
}

/// Plug-in mutual information of two discrete variables seen together, in bits per sample.
///
/// # Errors
/// No samples, or lists of different length.
///
/// ```
/// use drift_metrics::information::mutual_information_of_labels;
/// assert_eq!(mutual_information_of_labels(&[0, 0, 1, 1], &[5, 5, 2, 2])?, 1.0);
/// assert_eq!(mutual_information_of_labels(&[0, 0, 1, 1], &[5, 2, 5, 2])?, 0.0);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn mutual_information_of_labels(responses: &[usize], states: &[usize]) -> Result<f64, Error> {
    at_least("responses", responses.len(), 1)?;
    same_length("states", states.len(), responses.len(), "responses")?;
    let mut joint: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut of_response: BTreeMap<usize, usize> = BTreeMap::new();
    let mut of_state: BTreeMap<usize, usize> = BTreeMap::new();
    for (&response, &state) in responses.iter().zip(states) {
        *joint.entry((response, state)).or_default() += 1;
        *of_response.entry(response).or_default() += 1;
        *of_state.entry(state).or_default() += 1;
    }
    let samples = responses.len() as f64;
    let information: f64 = joint
        .iter()
        .map(|(&(response, state), &count)| {
            let count = count as f64;
            let independent = of_response[&response] as f64 * of_state[&state] as f64 / samples;
            count / samples * (count / independent).log2()
        })
        .sum();
    Ok(information.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;
    use nalgebra::DMatrix;
    use proptest::prelude::*;

    fn sparse(frames: usize, values: &[f64]) -> SparseActivity {
        SparseActivity::from_dense(
            DMatrix::from_column_slice(frames, values.len() / frames, values).as_view(),
        )
        .unwrap()
    }

    #[test]
    fn classes_follow_the_largest_value() {
        assert_eq!(
            ResponseClasses::published(&sparse(2, &[0.0, 30.0])),
            ResponseClasses::Counts
        );
        assert_eq!(
            ResponseClasses::published(&sparse(2, &[0.0, 0.0])),
            ResponseClasses::Counts
        );
        assert_eq!(
            ResponseClasses::published(&sparse(2, &[0.5, 19.0])),
            ResponseClasses::Rounded
        );
        for largest in [4.5, 5.0, 20.0, 33.3] {
            let classes = ResponseClasses::published(&sparse(2, &[0.25, largest]));
            let ResponseClasses::Centres(centres) = classes else {
                panic!("{largest}: {classes:?}")
            };
            assert_eq!(centres.len(), 10);
            let ratio = (largest / 0.25f64).powf(0.1);
            assert_abs_diff_eq!(centres[0], 0.25 * (1.0 + ratio) / 2.0, epsilon = 1e-12);
            assert_abs_diff_eq!(
                centres[9],
                largest * (1.0 + 1.0 / ratio) / 2.0,
                epsilon = 1e-12
            );
        }
    }

    #[test]
    fn one_positive_amplitude_gives_one_class() {
        let activity = sparse(3, &[0.0, 0.3, 0.3]);
        let classes = ResponseClasses::published(&activity);
        let states = States::new(&[0, 1, 1]).unwrap();
        let bits = mutual_information(&activity, &states, &classes).unwrap();
        assert_abs_diff_eq!(bits[0], 0.918_295_834_054_489_6, epsilon = 1e-12);
    }

    #[test]
    fn rounding_joins_weak_activity_to_silence() {
        let activity = sparse(4, &[0.4, 0.0, 6.4, 5.5]);
        let states = States::new(&[0, 0, 1, 1]).unwrap();
        let bits = mutual_information(&activity, &states, &ResponseClasses::Rounded).unwrap();
        // 0, 0, 6, 6: halves round away from 0.
        assert_abs_diff_eq!(bits[0], 1.0, epsilon = 1e-12);
    }

    #[test]
    fn large_counts_cost_no_memory() {
        let activity = sparse(4, &[0.0, 1e15, 1e15, 3.0]);
        let states = States::new(&[0, 1, 1, 2]).unwrap();
        let bits =
            mutual_information(&activity, &states, &ResponseClasses::published(&activity)).unwrap();
        assert_abs_diff_eq!(bits[0], 1.5, epsilon = 1e-12);
    }

    #[test]
    fn nothing_to_tell_is_zero() {
        let activity = sparse(3, &[2.0, 2.0, 2.0, 0.0, 0.0, 0.0, 1.0, 0.0, 2.0]);
        let one = States::new(&[7, 7, 7]).unwrap();
        let three = States::new(&[1, 2, 3]).unwrap();
        let classes = ResponseClasses::Counts;
        assert_eq!(
            mutual_information(&activity, &one, &classes).unwrap(),
            [0.0, 0.0, 0.0]
        );
        let bits = mutual_information(&activity, &three, &classes).unwrap();
        assert_eq!(bits[..2], [0.0, 0.0]);
        assert_abs_diff_eq!(bits[2], 3f64.log2(), epsilon = 1e-12);
    }

    #[test]
    fn refuses_lists_that_do_not_match() {
        let activity = sparse(3, &[0.0, 1.0, 0.0]);
        let states = States::new(&[0, 1]).unwrap();
        assert!(mutual_information(&activity, &states, &ResponseClasses::Counts).is_err());
        assert!(mutual_information_of_labels(&[], &[]).is_err());
        assert!(mutual_information_of_labels(&[1], &[1, 2]).is_err());
    }

    proptest! {
        #[test]
        fn the_sparse_sum_is_the_plug_in_formula(
            samples in proptest::collection::vec((0usize..5, 0usize..6), 1..80)
        ) {
            let (responses, labels): (Vec<_>, Vec<_>) = samples.into_iter().unzip();
            let values: Vec<f64> = responses.iter().map(|&r| r as f64).collect();
            let activity = sparse(values.len(), &values);
            let states = States::new(&labels).unwrap();
            let fast =
                mutual_information(&activity, &states, &ResponseClasses::Counts).unwrap()[0];
            let plain = mutual_information_of_labels(&responses, &labels).unwrap();
            prop_assert!((fast - plain).abs() < 1e-12, "{fast} {plain}");
            prop_assert!(fast >= 0.0);
            let entropy = mutual_information_of_labels(&labels, &labels).unwrap();
            prop_assert!(fast <= entropy + 1e-12);
        }
    }
}
