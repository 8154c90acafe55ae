//! Gradient rules, in the conventions of PyTorch's optimizers.

/// What the gradient rules have alike.
macro_rules! gradient_rule {
    ($rule:ident, $settings:ident) => {
        impl $rule {
            /// The same rule on another instruction set: same bits, another speed.
            ///
            /// # Errors
            /// [`Error::Simd`] where this machine lacks it.
            pub fn with_level(self, level: crate::SimdLevel) -> Result<Self, Error> {
                Ok(Self {
                    scratch: self.scratch.with_level(level)?,
                    ..self
                })
            }

            /// Number of parameters the rule was built for.
            #[must_use]
            pub fn dimension(&self) -> usize {
                self.scratch.dimension
            }

            /// The constants.
            #[must_use]
            pub fn settings(&self) -> $settings {
                self.settings
            }
        }

        impl From<$rule> for crate::AnyRule {
            fn from(rule: $rule) -> Self {
                crate::AnyRule::$rule(rule)
            }
        }
    };
}

mod adam;
mod rmsprop;
mod sgd;

pub use adam::{Adam, AdamSettings};
pub use rmsprop::{EpsilonPlace, RmsProp, RmsPropSettings};
pub use sgd::{Sgd, SgdSettings};

use crate::Error;
use crate::check::{in_range, positive};

fn check_decay(field: &'static str, value: f64) -> Result<(), Error> {
    in_range(field, value, (0.0..1.0).contains(&value), "0 <= value < 1")
}

fn check_epsilon(value: f64) -> Result<(), Error> {
    // 0 would make 0/0 of every entry whose gradient has always been 0, as a dead unit's has.
    positive("epsilon", value)
}
