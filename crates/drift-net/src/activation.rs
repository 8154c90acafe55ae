use std::fmt;

use crate::Error;
use crate::error::check;
use crate::kernels::functions;

/// The function f that turns a unit's pre-activation z = x·m + b into its activity h = f(z).
///
/// | | h | h ranges over | dh/dz | active |
/// |---|---|---|---|---|
/// | `Relu` (default) | max(z, 0) | [0, ∞) | 1 where z > 0, else 0 | h > 0 |
/// | `LeakyRelu` | z where z ≥ 0, else slope·z | (−∞, ∞) | 1 where z > 0, else slope | h > 0, so z > 0 |
/// | `Softplus` | ln(1 + eᶻ) | (0, ∞) | 1 − e⁻ʰ | h > `active_above` |
/// | `Tanh` | tanh z | (−1, 1) | 1 − h² | \|h\| > `active_above` |
///
/// Softplus and tanh are never exactly 0, so "active" needs a threshold. The default,
/// [`Activation::ACTIVE_ABOVE`] = 0.1, is a tenth of the scale on which both functions bend; a
/// softplus unit is then inactive below z = −2.25, a tanh unit for |z| < 0.1. It changes what is
/// measured, never what is computed.
///
/// The network of Ratzon et al. 2023 (Methods) is `Relu`; the others ask whether drift towards
/// sparse codes hinges on its hard threshold.
///
/// ```
/// use drift_net::Activation;
///
/// let leaky = Activation::leaky_relu(0.1)?;
/// assert_eq!(leaky.value(-2.0), -0.2);
/// assert!(!leaky.is_active(leaky.value(-2.0)));
/// let tanh = Activation::tanh();
/// assert!((tanh.value(0.5) - 0.5_f64.tanh()).abs() < 1e-15);
/// assert!(tanh.is_active(-0.4) && !tanh.is_active(0.09));
/// assert!(Activation::leaky_relu(1.0).is_err());
/// # Ok::<(), drift_net::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Activation {
    /// max(z, 0).
    #[default]
    Relu,
    /// z above 0, `slope`·z below.
    LeakyRelu {
        /// dh/dz below 0 (default 0.01, 0 ≤ slope < 1).
        #[cfg_attr(feature = "serde", serde(default = "default_slope"))]
        slope: f64,
    },
    /// ln(1 + eᶻ).
    Softplus {
        /// A unit is active where its activity is above this (default 0.1, ≥ 0).
        #[cfg_attr(feature = "serde", serde(default = "default_active_above"))]
        active_above: f64,
    },
    /// tanh z.
    Tanh {
        /// A unit is active where its absolute activity is above this (default 0.1, ≥ 0).
        #[cfg_attr(feature = "serde", serde(default = "default_active_above"))]
        active_above: f64,
    },
}

#[cfg(feature = "serde")]
fn default_slope() -> f64 {
    Activation::SLOPE
}

#[cfg(feature = "serde")]
fn default_active_above() -> f64 {
    Activation::ACTIVE_ABOVE
}

impl Activation {
    /// Default threshold of activity for softplus and tanh.
    pub const ACTIVE_ABOVE: f64 = 0.1;

    /// Default slope of the leaky ReLU.
    pub const SLOPE: f64 = 0.01;

    /// A leaky ReLU.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless 0 ≤ `slope` < 1.
    pub fn leaky_relu(slope: f64) -> Result<Self, Error> {
        Activation::LeakyRelu { slope }.checked()
    }

    /// Softplus with the default threshold of activity.
    #[must_use]
    pub fn softplus() -> Self {
        Activation::Softplus {
            active_above: Self::ACTIVE_ABOVE,
        }
    }

    /// Tanh with the default threshold of activity.
    #[must_use]
    pub fn tanh() -> Self {
        Activation::Tanh {
            active_above: Self::ACTIVE_ABOVE,
        }
    }

    /// The function itself, where its numbers are within their ranges.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a slope outside [0, 1) or a threshold that is negative or not
    /// finite.
    pub fn checked(self) -> Result<Self, Error> {
        match self {
            Activation::Relu => {}
            Activation::LeakyRelu { slope } => {
                let holds = (0.0..1.0).contains(&slope);
                check(holds, "slope", slope, "0 <= slope < 1")?;
            }
            Activation::Softplus { active_above } | Activation::Tanh { active_above } => {
                let holds = active_above >= 0.0 && active_above.is_finite();
                check(holds, "active_above", active_above, "a finite number >= 0")?;
            }
        }
        Ok(self)
    }

    /// The name that serde writes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Activation::Relu => "relu",
            Activation::LeakyRelu { .. } => "leaky_relu",
            Activation::Softplus { .. } => "softplus",
            Activation::Tanh { .. } => "tanh",
        }
    }

    /// Activity h = f(z), with the bits that the kernels compute.
    #[must_use]
    pub fn value(self, preactivation: f64) -> f64 {
        let mut value = [preactivation];
        functions::apply(self, &mut value);
        value[0]
    }

    /// dh/dz, from the activity h. At z = 0 the ReLU's is 0 and the leaky ReLU's its slope.
    #[must_use]
    pub fn derivative(self, activity: f64) -> f64 {
        let mut derivative = [0.0];
        functions::derivatives(self, &[activity], &mut derivative);
        derivative[0]
    }

    /// d²h/dz², from the activity h: −2h(1 − h²) for tanh, e⁻ʰ(1 − e⁻ʰ) for softplus, 0 for the
    /// piecewise linear functions, at their kink too.
    #[must_use]
    pub fn second_derivative(self, activity: f64) -> f64 {
        functions::second_derivative(self, activity)
    }

    /// What a unit of this activity would be seen to do, never negative: h above 0 and 0 below
    /// for the ReLUs, h for softplus, |h| for tanh. Rate maps and their information are of this,
    /// since information per spike is not defined for negative rates.
    #[must_use]
    pub fn rate(self, activity: f64) -> f64 {
        if self.is_two_sided() {
            activity.abs()
        } else if activity < 0.0 {
            0.0
        } else {
            activity
        }
    }

    /// The rate above which a unit is active: 0 for the ReLUs.
    #[must_use]
    pub fn active_above(self) -> f64 {
        match self {
            Activation::Relu | Activation::LeakyRelu { .. } => 0.0,
            Activation::Softplus { active_above } | Activation::Tanh { active_above } => {
                active_above
            }
        }
    }

    /// Whether a unit of this activity is active: its [rate](Self::rate) is above
    /// [`active_above`](Self::active_above). NaN is.
    #[must_use]
    pub fn is_active(self, activity: f64) -> bool {
        !(self.rate(activity) <= self.active_above())
    }

    /// Whether a unit far below threshold is as active as one far above.
    pub(crate) fn is_two_sided(self) -> bool {
        matches!(self, Activation::Tanh { .. })
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
