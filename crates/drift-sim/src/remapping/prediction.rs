use std::collections::BTreeMap;

use drift_metrics::statistics::{Mean, sign_test, spearman};

use super::Row;
use crate::Error;

/// A measure of remapping, or of the flatness that is thought to make it rarer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Measure {
    /// Mean rate-map correlation across the change: 1 without remapping, expected to rise.
    Correlation,
    /// Share of kept units whose field moved: expected to fall.
    FractionMoved,
    /// Share of units that moved, fell silent or became active: expected to fall.
    FractionRemapped,
    /// Trace of the Hessian, expected to fall: the flatness that label noise seeks.
    HessianTrace,
    /// Share of the Hessian's eigenvalues above the tolerance, expected to fall: the flatness
    /// that update noise seeks. Only where the spectrum was computed.
    NonzeroFraction,
    /// Share of units active in the known environment, which goes with the share of eigenvalues:
    /// expected to fall.
    FractionActiveUnits,
}

impl Measure {
    /// All of them: those of remapping, then those of flatness.
    pub const ALL: [Measure; 6] = [
        Measure::Correlation,
        Measure::FractionMoved,
        Measure::FractionRemapped,
        Measure::HessianTrace,
        Measure::NonzeroFraction,
        Measure::FractionActiveUnits,
    ];

    /// The name of its column in `remapping.csv`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Measure::Correlation => "correlation",
            Measure::FractionMoved => "fraction_moved",
            Measure::FractionRemapped => "fraction_remapped",
            Measure::HessianTrace => "hessian_trace",
            Measure::NonzeroFraction => "nonzero_fraction",
            Measure::FractionActiveUnits => "fraction_active_units",
        }
    }

    /// Its value in a row; NaN where it was not measured.
    #[must_use]
    pub fn of(self, row: &Row) -> f64 {
        match self {
            Measure::Correlation => row.correlation,
            Measure::FractionMoved => row.fraction_moved,
            Measure::FractionRemapped => row.fraction_remapped,
            Measure::HessianTrace => row.hessian_trace,
            Measure::NonzeroFraction => row.nonzero_fraction.unwrap_or(f64::NAN),
            Measure::FractionActiveUnits => row.fraction_active_units,
        }
    }

    /// Whether it says how flat the ground is, and has nothing to do with a change.
    #[must_use]
    fn is_flatness(self) -> bool {
        !matches!(
            self,
            Measure::Correlation | Measure::FractionMoved | Measure::FractionRemapped
        )
    }

    /// Sign of the trend over training that is predicted: +1 rises, −1 falls.
    fn predicted_sign(self) -> f64 {
        match self {
            Measure::Correlation => 1.0,
            _ => -1.0,
        }
    }
}

/// What a measure is ranked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Against {
    /// Training time. It enters by rank, so its logarithm gives the same ρ.
    Time,
    /// A measure of flatness at the same times.
    Flatness(Measure),
}

impl Against {
    /// As tables write it: `step`, or the name of the measure.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Against::Time => "step",
            Against::Flatness(measure) => measure.name(),
        }
    }

    fn of(self, row: &Row) -> f64 {
        match self {
            Against::Time => row.step as f64,
            Against::Flatness(measure) => measure.of(row),
        }
    }

    /// Training is expected to go to flatter ground: to smaller measures of it.
    fn sign(self) -> f64 {
        match self {
            Against::Time => 1.0,
            Against::Flatness(_) => -1.0,
        }
    }
}

/// The trend of a measure, over seeds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Prediction {
    /// The change; `None` for a measure of flatness, which none has a part in.
    pub change: Option<String>,
    /// The measure.
    pub measure: Measure,
    /// What it is ranked against.
    pub against: Against,
    /// Each seed with Spearman's ρ over the sampling points from convergence on. Seeds with fewer
    /// than three finite values, or a measure that never changes, are left out.
    pub trends: Vec<(u64, f64)>,
    /// Mean of ρ over seeds; NaN without a seed.
    pub mean: f64,
    /// Its standard error; NaN with fewer than two seeds.
    pub standard_error: f64,
    /// Mean over those seeds of the measure at the first sampling point from convergence on.
    pub first: f64,
    /// The same at the last one.
    pub last: f64,
    /// Seeds whose ρ has the predicted sign.
    pub agreeing: usize,
    /// Seeds whose ρ has the other sign. A ρ of exactly 0 is neither.
    pub opposing: usize,
    /// Two-sided p of the sign test over them.
    pub p: f64,
}

impl Prediction {
    /// +1 where the seeds agree with the prediction at p < 0.05, −1 where they show the opposite
    /// at p < 0.05, 0 otherwise.
    #[must_use]
    pub fn verdict(&self) -> i8 {
        if !(self.p < 0.05) {
            0
        } else if self.agreeing > self.opposing {
            1
        } else {
            -1
        }
    }
}

/// Tests over seeds whether, from step `from` on, the ground gets flatter (every measure of
/// flatness against time) and remapping to the same change rarer (for every change, in the order
/// of the rows: every measure of remapping against time and against every flatness).
///
/// What was not measured is left out.
///
/// # Errors
/// [`OutOfRange`](drift_engine::Error::OutOfRange) without a row at or after `from`.
pub fn test_prediction(rows: &[Row], from: u64) -> Result<Vec<Prediction>, Error> {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.step >= from).collect();
    let mut changes: Vec<&str> = Vec::new();
    for row in &rows {
        if !changes.contains(&row.change.as_str()) {
            changes.push(&row.change);
        }
    }
    let Some(any) = changes.first() else {
        return Err(Error::range(
            "from",
            from,
            "a step with rows at or after it",
        ));
    };
    let (flatness, remapping): (Vec<Measure>, Vec<Measure>) = Measure::ALL
        .into_iter()
        .filter(|measure| rows.iter().any(|row| measure.of(row).is_finite()))
        .partition(|measure| measure.is_flatness());
    let of_change = |change: &str| -> BTreeMap<u64, Vec<&Row>> {
        let mut by_seed: BTreeMap<u64, Vec<&Row>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.change == change) {
            by_seed.entry(row.seed).or_default().push(row);
        }
        by_seed
    };
    let mut found = Vec::new();
    // Rows of all changes repeat the flatness of their network.
    let by_seed = of_change(any);
    for &measure in &flatness {
        found.push(trend(None, measure, Against::Time, &by_seed)?);
    }
    let against: Vec<Against> = std::iter::once(Against::Time)
        .chain(flatness.iter().copied().map(Against::Flatness))
        .collect();
    for change in changes {
        let by_seed = of_change(change);
        for &measure in &remapping {
            for &against in &against {
                found.push(trend(Some(change), measure, against, &by_seed)?);
            }
        }
    }
    Ok(found)
}

fn trend(
    change: Option<&str>,
    measure: Measure,
    against: Against,
    by_seed: &BTreeMap<u64, Vec<&Row>>,
) -> Result<Prediction, Error> {
    let mut trends = Vec::new();
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for (&seed, rows) in by_seed {
        let (ranked, values): (Vec<f64>, Vec<f64>) = rows
            .iter()
            .map(|row| (against.of(row), measure.of(row)))
            .filter(|(place, value)| place.is_finite() && value.is_finite())
            .unzip();
        if values.len() < 3 {
            continue;
        }
        let rho = spearman(&ranked, &values)?;
        if rho.is_finite() {
            trends.push((seed, rho));
            first.push(values[0]);
            last.push(values[values.len() - 1]);
        }
    }
    let values: Vec<f64> = trends.iter().map(|&(_, rho)| rho).collect();
    let sign = measure.predicted_sign() * against.sign();
    let agreeing = values.iter().filter(|&&rho| rho * sign > 0.0).count();
    let opposing = values.iter().filter(|&&rho| rho * sign < 0.0).count();
    let over = Mean::of(values);
    Ok(Prediction {
        change: change.map(str::to_owned),
        measure,
        against,
        mean: over.mean,
        standard_error: over.standard_error,
        first: Mean::of(first).mean,
        last: Mean::of(last).mean,
        p: sign_test(agreeing, opposing),
        trends,
        agreeing,
        opposing,
    })
}
