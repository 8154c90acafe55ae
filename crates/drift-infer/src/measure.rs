/// What made a network drift: the classes of the classifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DriftRule {
    /// Gradient descent with Gaussian noise in the update.
    UpdateNoise,
    /// Gradient descent with noisy labels.
    LabelNoise,
    /// Gradient descent with noise on hidden activity.
    ActivityNoise,
    /// Gradient descent with dropout of hidden units.
    Dropout,
    /// Gradient descent without any noise: it converges, and then stands still.
    NoiseFree,
    /// Adam, with or without noise in the update or on labels.
    Adam,
    /// RMSprop, with or without noise in the update or on labels.
    RmsProp,
    /// Stochastic error descent: no gradient, its perturbations are its noise.
    Sed,
}

impl DriftRule {
    /// All classes, in the order of every probability vector.
    pub const ALL: [Self; 8] = [
        Self::UpdateNoise,
        Self::LabelNoise,
        Self::ActivityNoise,
        Self::Dropout,
        Self::NoiseFree,
        Self::Adam,
        Self::RmsProp,
        Self::Sed,
    ];

    /// The name in tables and model files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UpdateNoise => "update_noise",
            Self::LabelNoise => "label_noise",
            Self::ActivityNoise => "activity_noise",
            Self::Dropout => "dropout",
            Self::NoiseFree => "noise_free",
            Self::Adam => "adam",
            Self::RmsProp => "rmsprop",
            Self::Sed => "sed",
        }
    }
}

/// A quantity recorded over time that the classifier can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Measure {
    /// log₁₀ of loss / variance of the targets.
    Loss,
    /// Share of (unit, sample) pairs that are active, 0 to 1.
    ActiveFraction,
    /// Share of units active on at least one sample, 0 to 1.
    FractionActiveUnits,
    /// Trace of the Hessian.
    HessianTrace,
    /// Sum of the logarithms of the Hessian's eigenvalues above the tolerance.
    LogPseudoDeterminant,
    /// Mean over units of the correlation of a unit's responses (its rate map) with those at the
    /// record's last time, −1 to 1. Of recordings by matched halves, without the noise of
    /// estimation, and then also somewhat beyond.
    RateMapCorrelation,
    /// Mean spatial information of the place units (bits), > 0.
    SpatialInformation,
}

impl Measure {
    /// All measures, in the order of features and of the bits of a [`MeasureSet`].
    pub const ALL: [Self; 7] = [
        Self::Loss,
        Self::ActiveFraction,
        Self::FractionActiveUnits,
        Self::HessianTrace,
        Self::LogPseudoDeterminant,
        Self::RateMapCorrelation,
        Self::SpatialInformation,
    ];

    /// The measure's own column in a CSV file, as the trace of a run names it.
    #[must_use]
    pub fn column(self) -> &'static str {
        self.columns()[0]
    }

    /// All columns that the measure is read from, the first that has enough values: its own, then
    /// those of the `sessions.csv` that the program's analysis of recordings writes.
    #[must_use]
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Loss => &["log10_normalised_loss"],
            Self::ActiveFraction => &["active_fraction"],
            Self::FractionActiveUnits => &[
                "fraction_active_units",
                "active_share_of_registered",
                "active_share_of_found",
            ],
            Self::HessianTrace => &["hessian_trace"],
            Self::LogPseudoDeterminant => &["log_pseudo_determinant"],
            // By matched halves: a naive one is low because sessions are short.
            Self::RateMapCorrelation => &[
                "rate_map_correlation",
                "corrected_map_correlation_with_last",
            ],
            Self::SpatialInformation => &[
                "mean_spatial_information",
                "mean_ssr_bits_per_spike",
                "mean_si_bits_per_spike",
            ],
        }
    }

    /// Least and largest value that can be.
    pub(crate) fn range(self) -> (f64, f64) {
        match self {
            // A quotient of two estimates may lie beyond -1 and 1.
            Self::Loss
            | Self::LogPseudoDeterminant
            | Self::HessianTrace
            | Self::RateMapCorrelation => (f64::NEG_INFINITY, f64::INFINITY),
            Self::ActiveFraction | Self::FractionActiveUnits => (0.0, 1.0),
            Self::SpatialInformation => (0.0, f64::INFINITY),
        }
    }
}

/// A set of measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct MeasureSet(u8);

impl MeasureSet {
    /// Every measure.
    #[must_use]
    pub fn all() -> Self {
        Measure::ALL.into_iter().collect()
    }

    /// Number of measures.
    #[must_use]
    pub fn len(self) -> usize {
        self.iter().count()
    }

    /// Whether `measure` is in the set.
    #[must_use]
    pub fn contains(self, measure: Measure) -> bool {
        self.0 & 1 << measure as u8 != 0
    }

    /// The set and `measure`.
    #[must_use]
    pub fn with(self, measure: Measure) -> Self {
        Self(self.0 | 1 << measure as u8)
    }

    /// The set without `measure`.
    #[must_use]
    pub fn without(self, measure: Measure) -> Self {
        Self(self.0 & !(1 << measure as u8))
    }

    /// Those in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The measures, in the order of [`Measure::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Measure> {
        Measure::ALL
            .into_iter()
            .filter(move |&measure| self.contains(measure))
    }
}

impl FromIterator<Measure> for MeasureSet {
    fn from_iter<I: IntoIterator<Item = Measure>>(measures: I) -> Self {
        measures.into_iter().fold(Self::default(), Self::with)
    }
}
