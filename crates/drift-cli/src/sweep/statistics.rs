//! Quantiles, and whether two samples come from one distribution.

/// Quantile `share` of the finite `values`, linear between neighbours; NaN without one.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let sorted = sorted(values);
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = share * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut finite: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| value.is_finite())
        .collect();
    finite.sort_by(f64::total_cmp);
    finite
}

/// Two-sample Kolmogorov–Smirnov test: the largest distance D between the two empirical
/// distribution functions, and the asymptotic probability of a larger one,
/// 2 Σₖ (−1)ᵏ⁻¹ exp(−2k²λ²) with λ = (√n + 0.12 + 0.11/√n) D and n = n₁n₂/(n₁ + n₂) (Stephens
/// 1970). None unless both have values.
pub fn kolmogorov_smirnov(a: &[f64], b: &[f64]) -> Option<(f64, f64)> {
    let (a, b) = (sorted(a), sorted(b));
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let share = |values: &[f64], x: f64| {
        values.partition_point(|value| *value <= x) as f64 / values.len() as f64
    };
    let distance = a
        .iter()
        .chain(&b)
        .map(|x| (share(&a, *x) - share(&b, *x)).abs())
        .fold(0.0, f64::max);
    let size = (a.len() * b.len()) as f64 / (a.len() + b.len()) as f64;
    let root = size.sqrt();
    let lambda = (root + 0.12 + 0.11 / root) * distance;
    // The series does not converge near 0, where the probability is 1.
    if lambda < 0.2 {
        return Some((distance, 1.0));
    }
    let term = |k: i32| {
        let sign = if k % 2 == 1 { 1.0 } else { -1.0 };
        sign * (-2.0 * f64::from(k * k) * lambda * lambda).exp()
    };
    let probability = 2.0 * (1..=100).map(term).sum::<f64>();
    Some((distance, probability.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_linear_between_neighbours() {
        let values = [4.0, 1.0, f64::NAN, 2.0, 3.0, f64::NEG_INFINITY];
        assert_eq!(quantile(&values, 0.5), 2.5);
        assert_eq!(quantile(&values, 0.0), 1.0);
        assert_eq!(quantile(&values, 1.0), 4.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn two_samples_are_compared() {
        let low: Vec<f64> = (0..50).map(f64::from).collect();
        let same = kolmogorov_smirnov(&low, &low).expect("values");
        assert_eq!(same, (0.0, 1.0));
        let high: Vec<f64> = low.iter().map(|value| value + 25.0).collect();
        let (distance, probability) = kolmogorov_smirnov(&low, &high).expect("values");
        assert!((distance - 0.5).abs() < 1e-12);
        // λ = (5 + 0.12 + 0.022)·0.5 = 2.571, 2 exp(−2λ²) = 3.6e-6.
        assert!((probability / 3.62e-6 - 1.0).abs() < 0.02, "{probability}");
        assert_eq!(kolmogorov_smirnov(&[], &low), None);
    }
}
