use std::ops::Range;

use crate::check::positive;
use crate::kernels::update::{Descend, Perturb, Scale};
use crate::rule::Scratch;
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
        positive("learning_rate", self.learning_rate)?;
        positive("perturbation", self.perturbation)?;
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
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Stored"))]
pub struct Sed {
    settings: SedSettings,
    groups: Vec<TensorGroup>,
    source: NoiseSource,
    /// The perturbation and the perturbed parameters.
    #[cfg_attr(feature = "serde", serde(skip))]
    scratch: Scratch<2>,
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
        let settings = settings.check()?;
        let dimension = tiled(groups)?;
        Ok(Self {
            settings,
            groups: groups.to_vec(),
            source,
            scratch: Scratch::new(dimension)?,
        })
    }

    /// Number of parameters the rule was built for.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.scratch.dimension
    }

    /// The same rule on another instruction set, its source included: same bits, another speed.
    ///
    /// # Errors
    /// [`Error::Simd`] where this machine lacks it.
    pub fn with_level(self, level: SimdLevel) -> Result<Self, Error> {
        Ok(Self {
            scratch: self.scratch.with_level(level)?,
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
        self.scratch.begin(problem, parameters);
        assert_eq!(
            standard_normals.len(),
            self.dimension(),
            "standard normals given and parameters the rule was built for"
        );
        self.scratch.buffers[0].copy_from_slice(standard_normals);
        self.descend(problem, parameters, update_noise)
    }

    /// The step, once the perturbation holds standard normals.
    fn descend<P: Loss + ?Sized>(
        &mut self,
        problem: &mut P,
        parameters: &mut [f64],
        update_noise: &mut UpdateNoise,
    ) -> f64 {
        let level = self.scratch.level;
        let [perturbation, perturbed] = &mut self.scratch.buffers;
        for group in &self.groups {
            let range = group.range.clone();
            level.run(Perturb {
                parameters: &parameters[range.clone()],
                perturbation: &mut perturbation[range.clone()],
                perturbed: &mut perturbed[range],
                scale: self.settings.perturbation / (group.rows as f64).sqrt(),
            });
        }
        let loss = problem.step_loss(parameters);
        let difference = problem.same_step_loss(perturbed) - loss;
        level.run(Scale {
            values: perturbation,
            factor: difference,
        });
        update_noise.perturb_gradient(perturbation);
        level.run(Descend {
            parameters,
            gradient: perturbation,
            rate: self.settings.learning_rate,
        });
        update_noise.perturb_parameters(parameters);
        loss
    }
}

/// Number of parameters that the groups tile in order.
fn tiled(groups: &[TensorGroup]) -> Result<usize, Error> {
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
    Ok(dimension)
}

impl<P: Loss + ?Sized> LearningRule<P> for Sed {
    fn step(
        &mut self,
        problem: &mut P,
        parameters: &mut [f64],
        update_noise: &mut UpdateNoise,
    ) -> f64 {
        self.scratch.begin(problem, parameters);
        self.source.fill_normal(&mut self.scratch.buffers[0]);
        self.descend(problem, parameters, update_noise)
    }

    fn visit_sources(&mut self, visit: &mut dyn FnMut(&mut NoiseSource)) {
        visit(&mut self.source);
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Stored {
    settings: SedSettings,
    groups: Vec<TensorGroup>,
    source: NoiseSource,
}

#[cfg(feature = "serde")]
impl TryFrom<Stored> for Sed {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self, Error> {
        let settings = stored.settings.check()?;
        let dimension = tiled(&stored.groups)?;
        Ok(Self {
            settings,
            groups: stored.groups,
            source: stored.source,
            scratch: Scratch::unallocated(dimension)?,
        })
    }
}
