use drift_metrics::rate_map::{peak_bins, place_units};
use drift_metrics::sessions::turnover;
use drift_metrics::{Ends, RateMap, Smoothing, Unvisited, information, pearson};
use nalgebra::DMatrix;

use crate::check::{in_range, same_size};
use crate::scenario::MeasuresSpec;
use crate::{Error, Mapping};

/// What counts as a place unit and as a field that moved.
///
/// | name | meaning | range |
/// |---|---|---|
/// | `place_threshold` | spatial information above which a unit is a place unit, bits | ≥ 0 |
/// | `smoothing` | std of the maps' Gaussian filter, in bins | ≥ 0 |
/// | `shift_bins` | a field moved where its peak is more than this many bins away | ≥ 0 |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Criteria {
    /// Least spatial information of a place unit, exclusive, in bits per unit of activity.
    pub place_threshold: f64,
    /// Standard deviation of the smoothing before correlations and peaks, in bins. Bins that were
    /// not visited have no weight.
    pub smoothing: f64,
    /// Largest shift of the peak that still counts as the same place, in bins.
    pub shift_bins: usize,
}

impl Criteria {
    /// The criteria of a scenario's measures.
    #[must_use]
    pub fn new(measures: &MeasuresSpec, shift_bins: usize) -> Self {
        Self {
            place_threshold: measures.place_threshold,
            smoothing: measures.smoothing,
            shift_bins,
        }
    }
}

/// What a change of the environment did to the code. Ratios of nothing are NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Remapping {
    /// Mean over the units that are place units before and after of Pearson's r between their
    /// smoothed rate maps, over the visited bins.
    pub correlation: f64,
    /// Units in that mean.
    pub place_units: usize,
    /// Units active before: on at least one sample.
    pub active_before: usize,
    /// Units active after.
    pub active_after: usize,
    /// Units active before and after.
    pub kept: usize,
    /// Of the kept, those whose peak moved by more than `shift_bins`.
    pub moved: usize,
    /// Units silent before and active after.
    pub gained: usize,
    /// Units active before and silent after.
    pub lost: usize,
}

impl Remapping {
    /// Compares hidden activity (samples × units) `before` and `after` a change, row by row at
    /// the same places, in the bins that `mapping` has for its `environment`.
    ///
    /// A unit's peak is the bin of its highest smoothed rate, on the axis on which both
    /// directions of motion stand side by side.
    ///
    /// ```
    /// use drift_sim::remapping::{Criteria, Remapping};
    /// use drift_sim::{Training, presets, scenario::MeasuresSpec};
    ///
    /// let mut unchecked = presets::preset("figure2")?.into_unchecked();
    /// unchecked.set("network.hidden=20")?;
    /// let training = Training::of(&unchecked.try_into()?)?;
    /// let hidden = training.hidden().unwrap();
    /// let mapping = training.mapping().unwrap();
    /// let criteria = Criteria::new(&MeasuresSpec::default(), 10);
    /// let none = Remapping::between(&hidden, &hidden, mapping, 0, &criteria)?;
    /// assert!((none.correlation - 1.0).abs() < 1e-12);
    /// assert_eq!((none.fraction_moved(), none.gained, none.lost), (0.0, 0, 0));
    /// # Ok::<(), drift_sim::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for another number of units, or of samples than the mapping's;
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) for an environment that is not there; [`Error::Metrics`] for activity
    /// that is not finite.
    pub fn between(
        before: &DMatrix<f64>,
        after: &DMatrix<f64>,
        mapping: &Mapping,
        environment: usize,
        criteria: &Criteria,
    ) -> Result<Self, Error> {
        let field = "number of units after the change";
        same_size(field, after.ncols(), before.ncols())?;
        let mapped = mapping.environments();
        let expected = format!("below {mapped}, the environments with maps");
        in_range("environment", environment, environment < mapped, expected)?;
        let before = Code::of(before, mapping, environment, criteria)?;
        let after = Code::of(after, mapping, environment, criteria)?;
        let change = turnover(&before.active(), &after.active())?;
        let mut correlations = Vec::new();
        for unit in (0..before.place.len()).filter(|&unit| before.place[unit] && after.place[unit])
        {
            let r = pearson(before.smoothed.unit(unit), after.smoothed.unit(unit))?;
            if r.is_finite() {
                correlations.push(r);
            }
        }
        let moved = |&&unit: &&usize| match (before.peaks[unit], after.peaks[unit]) {
            (Some(here), Some(there)) => here.abs_diff(there) > criteria.shift_bins,
            _ => false,
        };
        Ok(Self {
            correlation: correlations.iter().sum::<f64>() / correlations.len() as f64,
            place_units: correlations.len(),
            active_before: change.kept.len() + change.lost.len(),
            active_after: change.kept.len() + change.gained.len(),
            kept: change.kept.len(),
            moved: change.kept.iter().filter(moved).count(),
            gained: change.gained.len(),
            lost: change.lost.len(),
        })
    }

    /// moved/kept: of the units active before and after, the share whose field moved.
    #[must_use]
    pub fn fraction_moved(&self) -> f64 {
        self.moved as f64 / self.kept as f64
    }

    /// (moved + gained + lost)/(kept + gained + lost): of the units active before or after, the
    /// share that does something else after the change.
    #[must_use]
    pub fn fraction_remapped(&self) -> f64 {
        let turnover = self.gained + self.lost;
        (self.moved + turnover) as f64 / (self.kept + turnover) as f64
    }
}

/// The rate maps of one environment.
struct Code {
    smoothed: RateMap,
    peaks: Vec<Option<usize>>,
    place: Vec<bool>,
}

impl Code {
    fn of(
        hidden: &DMatrix<f64>,
        mapping: &Mapping,
        environment: usize,
        criteria: &Criteria,
    ) -> Result<Self, Error> {
        let map = mapping
            .rate_map(hidden, environment)?
            .with_unvisited(Unvisited::Missing);
        let bits = information::spatial_information(&map)?;
        let smoothed = map.smoothed(&Smoothing::Normalised {
            sigma_bins: criteria.smoothing,
            ends: Ends::Open,
        })?;
        Ok(Self {
            peaks: peak_bins(&smoothed),
            place: place_units(&bits, criteria.place_threshold),
            smoothed,
        })
    }

    /// Units with a positive rate somewhere; the filter's weights are positive, so it makes none
    /// silent and none active.
    fn active(&self) -> Vec<bool> {
        self.peaks.iter().map(Option::is_some).collect()
    }
}
