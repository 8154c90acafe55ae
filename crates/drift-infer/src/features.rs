use crate::{Measure, MeasureSet, Record};

/// Features of one measure, in order. With g the measure's curve, transformed as below, and f the
/// time as a fraction of the record's duration:
///
/// | feature | value |
/// |---|---|
/// | `level` | g(1); of the rate-map correlation, which is 1 there, g(0.75) |
/// | `early` | g(0.25) − g(0) |
/// | `middle` | g(0.5) − g(0.25) |
/// | `late` | g(1) − g(0.5); of the rate-map correlation g(0.75) − g(0.5) |
/// | `roughness` | log₁₀(10⁻⁴ + rms second difference of g over the last three quarters / √6), which is g's fluctuation from sample to sample; unknown below 8 values there |
///
/// Between samples g is linear, before the first and after the last it is constant.
pub const FEATURES: [&str; 5] = ["level", "early", "middle", "late", "roughness"];

/// Values of the last three quarters that the roughness needs.
const ROUGHNESS_SAMPLES: usize = 8;

/// Keeps logarithms of shares and of bits finite.
const FLOOR: f64 = 1e-3;

/// g: the scale on which a measure's changes are compared.
fn transformed(measure: Measure, value: f64) -> f64 {
    match measure {
        Measure::Loss => value,
        Measure::ActiveFraction | Measure::FractionActiveUnits | Measure::SpatialInformation => {
            (value + FLOOR).log10()
        }
        Measure::HessianTrace => value.max(FLOOR).log10(),
        // Linear around 0, logarithmic over the orders of magnitude that sizes span.
        Measure::LogPseudoDeterminant => (value / 10.0).asinh(),
        // An estimate may be above 1.
        Measure::RateMapCorrelation => ((1.0 - value).max(0.0) + FLOOR).log10(),
    }
}

/// The features of the measures in `set` (5 a measure), NaN where unknown. They depend on times
/// only as fractions of the record's duration.
#[must_use]
pub fn features(record: &Record, set: MeasureSet) -> Vec<f64> {
    let times = record.times();
    let (start, end) = (times[0], times[times.len() - 1]);
    let mut values = Vec::new();
    for measure in set.iter() {
        let curve: Vec<(f64, f64)> = record
            .curve(measure)
            .into_iter()
            .map(|(time, value)| {
                let fraction = (time - start) / (end - start);
                (fraction, transformed(measure, value))
            })
            .collect();
        if curve.is_empty() {
            values.extend([f64::NAN; FEATURES.len()]);
            continue;
        }
        let at = |fraction: f64| interpolated(&curve, fraction);
        let end = match measure {
            Measure::RateMapCorrelation => at(0.75),
            _ => at(1.0),
        };
        values.extend([
            end,
            at(0.25) - at(0.0),
            at(0.5) - at(0.25),
            end - at(0.5),
            roughness(&curve),
        ]);
    }
    values
}

fn interpolated(curve: &[(f64, f64)], fraction: f64) -> f64 {
    let after = curve.partition_point(|&(time, _)| time < fraction);
    match (
        after.checked_sub(1).map(|index| curve[index]),
        curve.get(after),
    ) {
        (Some((from, a)), Some(&(to, b))) => a + (b - a) * (fraction - from) / (to - from),
        (Some((_, only)), None) | (None, Some(&(_, only))) => only,
        (None, None) => f64::NAN,
    }
}

fn roughness(curve: &[(f64, f64)]) -> f64 {
    let settled: Vec<f64> = curve
        .iter()
        .filter(|(fraction, _)| *fraction >= 0.25)
        .map(|&(_, value)| value)
        .collect();
    if settled.len() < ROUGHNESS_SAMPLES {
        return f64::NAN;
    }
    let squares: f64 = settled
        .windows(3)
        .map(|three| (three[0] - 2.0 * three[1] + three[2]).powi(2))
        .sum();
    let fluctuation = (squares / (settled.len() - 2) as f64 / 6.0).sqrt();
    (1e-4 + fluctuation).log10()
}
