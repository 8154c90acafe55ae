use std::ops::Range;

use crate::kernels::update::{Descend, Perturb, Scale};
use crate::noise::in_range;
use crate::{Error, LearningRule, Loss, NoiseSource, SimdLevel, UpdateNoise};

/// Constants of [`Sed`], not yet checked.
///
/// | name | published code | meaning | range |
/// |---|---|---|---|
/// | `learning_rate` | 0.9 to 1 | η | finite, > 0 |
/// | `perturbation` | 0.1 | standard deviation of a perturbation, times √rows | finite, > 0 |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct SedSettings {
    /// Learning rate η.
    pub learning_rate: f64,
    /// Standard deviation of a perturbation, times the square root of its tensor's rows.
    pub perturbation: f64,
}

impl Default for SedSettings {
    fn default() -> Self {
        Self::published(0.95)
    }
}

impl SedSettings {
    /// The published code's perturbation of 0.1 at the learning rate given.
    #[must_use]
    pub fn published(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            perturbation: 0.1,
        }
    }

    /// The same constants, all in their ranges.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn check(self) -> Result<Self, Error> {
        for (field, value) in [
            ("learning_rate", self.learning_rate),
            ("perturbation", self.perturbation),
        ] {
            let holds = value > 0.0 && value.is_finite();
            in_range(field, value, holds, "a finite number > 0")?;
        }
        Ok(self)
    }
}

/// Parameters that [`Sed`] perturbs at one scale: a weight matrix or a bias vector.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TensorGroup {
    /// Positions of the group's parameters in the flat vector.
    pub range: Range<usize>,
    /// Rows of the tensor, its first dimension: h for the input weights and the bias, d_out for
    /// the output weights.
    pub rows: usize,
}

/// Stochastic error descent: learning from two losses, without a gradient.
///
/// Every parameter is perturbed by P ~ N(0, 0.1²)/√rows at once, ΔL = L(θ + P) − L(θ), and
/// θ ← θ − η P ΔL. L(θ + P) is on clean data ([`Loss::same_step_loss`]), L(θ) on the step's data
/// ([`Loss::step_loss`]), as in the published code.
///
/// The rule owns the source of its perturbations, apart from that of the update noise. P ΔL
/// takes the place of the gradient: update noise on the gradient is added to it.
///
/// ```
/// use drift_learn::{
///     LearningRule, Loss, Sed, SedSettings, Stream, Streams, TensorGroup, UpdateNoise, Valley,
/// };
///
/// let source = Streams::new(1).noise_source(Stream::Sed)?;
/// let groups = [TensorGroup { range: 0..2, rows: 2 }];
/// let mut rule = Sed::new(SedSettings::published(0.9), &groups, source)?;
/// let mut point = [1.0, 1.0];
/// for _ in 0..5000 {
///     rule.step(&mut Valley, &mut point, &mut UpdateNoise::none());
/// }
/// // Two losses a step and no gradient.
/// assert!(Valley.loss(&point) < 0.01);
/// # Ok::<(), drift_learn::Error>(())
/// ```
///
/// Source: Ratzon et al. 2023, Methods; Cauwenberghs 1992.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Stored", into = "Stored"))]
pub struct Sed {
    settings: SedSettings,
    groups: Vec<TensorGroup>,
    source: NoiseSource,
    /// Empty until the first step in a rule that was read, as is `perturbed`: a number in a file
    /// claims no memory.
    perturbation: Vec<f64>,
    perturbed: Vec<f64>,
    level: SimdLevel,
}

/// Equal when all further steps are equal.
impl PartialEq for Sed {
    fn eq(&self, other: &Self) -> bool {
        self.settings == other.settings
            && self.groups == other.groups
            && self.source == other.source
    }
}

impl Sed {
    /// The rule for the parameters that `groups` tile in order, from 0 to the end.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], [`Error::NoParameters`], [`Error::GroupsNotContiguous`] or
    /// [`Error::GroupShape`]; [`Error::Simd`] where `DRIFT_SIMD` names no instruction set of this
    /// machine.
    pub fn new(
        settings: SedSettings,
        groups: &[TensorGroup],
        source: NoiseSource,
    ) -> Result<Self, Error> {
        let mut rule = Self::without_buffers(settings, groups, source)?;
        rule.make_buffers();
        Ok(rule)
    }

    fn without_buffers(
        settings: SedSettings,
        groups: &[TensorGroup],
        source: NoiseSource,
    ) -> Result<Self, Error> {
        let settings = settings.check()?;
        let mut dimension = 0;
        for (index, group) in groups.iter().enumerate() {
            if group.range.start != dimension {
                return Err(Error::GroupsNotContiguous {
                    index,
                    found: group.range.start,
                    expected: dimension,
                });
            }
            let length = group.range.len();
            if length == 0 || group.rows == 0 || !length.is_multiple_of(group.rows) {
                return Err(Error::GroupShape {
                    index,
                    length,
                    rows: group.rows,
                });
            }
            dimension = group.range.end;
        }
        if dimension == 0 {
            return Err(Error::NoParameters);
        }
        Ok(Self {
            settings,
            groups: groups.to_vec(),
            source,
            perturbation: Vec::new(),
            perturbed: Vec::new(),
            level: SimdLevel::selected()?,
        })
    }

    /// Number of parameters the rule was built for.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.groups.last().map_or(0, |group| group.range.end)
    }

    fn make_buffers(&mut self) {
        self.perturbation = vec![0.0; self.dimension()];
        self.perturbed = vec![0.0; self.dimension()];
    }

    /// Before anything is written: the parameters must be those the rule was built for.
    fn check_parameters(&mut self, parameters: &[f64]) {
        assert_eq!(
            parameters.len(),
            self.dimension(),
            "parameters given and parameters the rule was built for"
        );
        if self.perturbation.is_empty() {
            self.make_buffers();
        }
    }

    /// The same rule on another instruction set, its source included: same bits, another speed.
    ///
    /// # Errors
    /// [`Error::Simd`] where this machine lacks it.
    pub fn with_level(self, level: SimdLevel) -> Result<Self, Error> {
        Ok(Self {
            level: level.checked()?,
            source: self.source.with_level(level)?,
            ..self
        })
    }

    /// The constants.
    #[must_use]
    pub fn settings(&self) -> SedSettings {
        self.settings
    }

    /// The tensor groups.
    #[must_use]
    pub fn groups(&self) -> &[TensorGroup] {
        &self.groups
    }

    /// A step whose perturbation is made of the caller's standard normal deviates, one for every
    /// parameter in the order of the flat vector, instead of the source's. For comparison with
    /// other implementations.
    ///
    /// # Panics
    /// Where the length of `standard_normals` or `parameters`, or the problem's dimension,
    /// differs from the dimension the rule was built for.
    pub fn step_with_normals<P: Loss + ?Sized>(
        &mut self,
        problem: &mut P,
        parameters: &mut [f64],
        update_noise: &mut UpdateNoise,
        standard_normals: &[f64],
    ) -> f64 {
        self.check_parameters(parameters);
        assert_eq!(
            standard_normals.len(),
            self.perturbation.len(),
            "standard normals given and parameters the rule was built for"
        );
        self.perturbation.copy_from_slice(standard_normals);
        self.descend(problem, parameters, update_noise)
    }

    /// The step, once `perturbation` holds standard normals.
    fn descend<P: Loss + ?Sized>(
        &mut self,
        problem: &mut P,
        parameters: &mut [f64],
        update_noise: &mut UpdateNoise,
    ) -> f64 {
        assert_eq!(
            problem.dimension(),
            self.perturbation.len(),
            "dimension of the problem and parameters the rule was built for"
        );
        for group in &self.groups {
            let range = group.range.clone();
            self.level.run(Perturb {
                parameters: &parameters[range.clone()],
                perturbation: &mut self.perturbation[range.clone()],
                perturbed: &mut self.perturbed[range],
                scale: self.settings.perturbation / (group.rows as f64).sqrt(),
            });
        }
        let loss = problem.step_loss(parameters);
        let difference = problem.same_step_loss(&self.perturbed) - loss;
        self.level.run(Scale {
            values: &mut self.perturbation,
            factor: difference,
        });
        update_noise.perturb_gradient(&mut self.perturbation);
        self.level.run(Descend {
            parameters,
            gradient: &self.perturbation,
            rate: self.settings.learning_rate,
        });
        update_noise.perturb_parameters(parameters);
        loss
    }
}

impl<P: Loss + ?Sized> LearningRule<P> for Sed {
    fn step(
        &mut self,
        problem: &mut P,
        parameters: &mut [f64],
        update_noise: &mut UpdateNoise,
    ) -> f64 {
        self.check_parameters(parameters);
        self.source.fill_normal(&mut self.perturbation);
        self.descend(problem, parameters, update_noise)
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    settings: SedSettings,
    groups: Vec<TensorGroup>,
    source: NoiseSource,
}

#[cfg(feature = "serde")]
impl From<Sed> for Stored {
    fn from(rule: Sed) -> Self {
        Self {
            settings: rule.settings,
            groups: rule.groups,
            source: rule.source,
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Stored> for Sed {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self, Error> {
        Self::without_buffers(stored.settings, &stored.groups, stored.source)
    }
}
