//! Corrections that subtract the information of shuffled trains.

use super::extrapolation::check_curve;
use crate::Error;
use crate::statistics::Line;

/// Result of scaled shuffle reduction.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ScaledShuffleReduction {
    /// The estimate: the corrected information at the full sample size, V_end.
    pub information: f64,
    /// V_j at every sample size (sizes); the first is undefined (NaN).
    pub by_size: Vec<f64>,
    /// 1 − std(V₂, …, V_end)/V_end · t₂/t_end, the standard deviation with n − 1 over
    /// the defined ones. At most 1 for a
    /// positive estimate; can be negative where the information is small, and lies above 1 when
    /// the estimate is negative.
    pub stability: f64,
}

/// Scaled shuffle reduction (SSR): V_j = I_j − S_j (I₁ − I_j)/(S₁ − S_j), with I the naive and S
/// the shuffled information at each sample size.
///
/// Shuffling leaves the bias but not in its right size; both biases are taken to fall with the
/// sample size in the same way, so their ratio is that of the falls. Exact when both biases are
/// proportional to one function of t. Where S_j is 0 there is no bias to remove and V_j = I_j;
/// where S₁ = S_j ≠ 0, or a value is NaN, V_j is NaN.
///
/// Source: Sheintuch, Rubin and Ziv 2022, <https://doi.org/10.1371/journal.pcbi.1009832>.
///
/// # Errors
/// Lists of different length; fewer than three sizes, or sizes that are not positive and strictly
/// increasing; infinite information.
///
/// ```
/// use drift_metrics::information::bias::scaled_shuffle_reduction;
///
/// let sizes = [100.0, 200.0, 300.0, 400.0];
/// let naive = sizes.map(|t| 1.2 + 60.0 / t);
/// let shuffled = sizes.map(|t| 80.0 / t);
/// let corrected = scaled_shuffle_reduction(&sizes, &naive, &shuffled)?;
/// assert!((corrected.information - 1.2).abs() < 1e-12);
/// assert!((corrected.stability - 1.0).abs() < 1e-12);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn scaled_shuffle_reduction(
    sizes: &[f64],
    naive: &[f64],
    shuffled: &[f64],
) -> Result<ScaledShuffleReduction, Error> {
    check_curve(sizes, naive)?;
    check_curve(sizes, shuffled)?;
    let mut by_size = vec![f64::NAN];
    by_size.extend(naive.iter().zip(shuffled).skip(1).map(|(&i, &s)| {
        if s == 0.0 {
            return i;
        }
        let value = i - s * (naive[0] - i) / (shuffled[0] - s);
        if value.is_finite() { value } else { f64::NAN }
    }));
    let end = by_size.len() - 1;
    let known: Vec<f64> = by_size[1..]
        .iter()
        .copied()
        .filter(|v| !v.is_nan())
        .collect();
    let spread = Line::through(known.iter().map(|&v| (1.0, v, 0.0))).spread;
    let sd = (spread / (known.len() as f64 - 1.0)).sqrt();
    let information = by_size[end];
    // No spread is stable even where the information itself is 0.
    let relative = if sd == 0.0 && !information.is_nan() {
        0.0
    } else {
        sd / information
    };
    Ok(ScaledShuffleReduction {
        information,
        stability: 1.0 - relative * sizes[1] / sizes[end],
        by_size,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn proportional_biases_are_removed(
            truth in 0.0f64..4.0, naive_bias in 0.0f64..9.0, ratio in 0.1f64..3.0, power in 0.3f64..2.0,
        ) {
            let sizes: Vec<f64> = (1..=10).map(|k| 50.0 * f64::from(k)).collect();
            let bias = |t: f64| naive_bias * (50.0 / t).powf(power);
            let naive: Vec<f64> = sizes.iter().map(|&t| truth + bias(t)).collect();
            let shuffled: Vec<f64> =
                sizes.iter().map(|&t| (bias(t) + 1e-3 * (50.0 / t).powf(power)) * ratio).collect();
            let corrected = scaled_shuffle_reduction(&sizes, &naive, &shuffled).unwrap();
            for value in &corrected.by_size[1..] {
                prop_assert!((value - truth).abs() < 1e-9, "{value} {truth}");
            }
        }
    }

    #[test]
    fn nothing_to_correct_and_nothing_known() {
        let sizes = [1.0, 2.0, 3.0];
        let zero = scaled_shuffle_reduction(&sizes, &[0.0; 3], &[0.0; 3]).unwrap();
        assert_eq!((zero.information, zero.stability), (0.0, 1.0));
        let flat = scaled_shuffle_reduction(&sizes, &[0.5; 3], &[0.2; 3]).unwrap();
        assert!(flat.information.is_nan() && flat.stability.is_nan());
        let gap = scaled_shuffle_reduction(
            &[1.0, 2.0, 3.0, 4.0],
            &[2.0, 1.5, 1.4, 1.2],
            &[1.0, 0.5, 1.0, 0.2],
        )
        .unwrap();
        assert!(gap.by_size[2].is_nan() && gap.stability.is_finite());
        let unknown = [f64::NAN, 1.0, 1.0];
        assert!(
            scaled_shuffle_reduction(&sizes, &unknown, &unknown)
                .unwrap()
                .information
                .is_nan()
        );
    }

    #[test]
    fn stability_is_the_spread_of_the_corrected_values() {
        let sizes = [1.0, 2.0, 3.0, 4.0];
        let corrected =
            scaled_shuffle_reduction(&sizes, &[2.0, 1.5, 1.3, 1.2], &[1.0, 0.5, 0.4, 0.25])
                .unwrap();
        let v = [1.5 - 0.5, 1.3 - 0.4 * 0.7 / 0.6, 1.2 - 0.25 * 0.8 / 0.75];
        let mean = v.iter().sum::<f64>() / 3.0;
        let sd = (v.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
        assert!((corrected.stability - (1.0 - sd / v[2] * 2.0 / 4.0)).abs() < 1e-12);
    }

    #[test]
    fn refuses_lists_that_do_not_match() {
        assert!(scaled_shuffle_reduction(&[1.0, 2.0, 3.0], &[1.0; 3], &[1.0; 2]).is_err());
        assert!(scaled_shuffle_reduction(&[1.0, 2.0], &[1.0; 2], &[1.0; 2]).is_err());
    }
}
