//! Gradient rules, in the conventions of PyTorch's optimizers.

mod adam;
mod rmsprop;
mod sgd;

pub use adam::{Adam, AdamSettings};
pub use rmsprop::{EpsilonPlace, RmsProp, RmsPropSettings};
pub use sgd::{Sgd, SgdSettings};

use crate::Error;
use crate::noise::in_range;

fn check_rate(value: f64) -> Result<(), Error> {
    in_range(
        "learning_rate",
        value,
        value > 0.0 && value.is_finite(),
        "a finite number > 0",
    )
}

fn check_decay(field: &'static str, value: f64) -> Result<(), Error> {
    in_range(field, value, (0.0..1.0).contains(&value), "0 <= value < 1")
}

fn check_epsilon(value: f64) -> Result<(), Error> {
    // 0 would make 0/0 of every entry whose gradient has always been 0, as a dead unit's has.
    in_range(
        "epsilon",
        value,
        value > 0.0 && value.is_finite(),
        "a finite number > 0",
    )
}

/// Checks the numbers of a stored array.
#[cfg(feature = "serde")]
fn check_state(
    field: &'static str,
    values: &[f64],
    expected: &'static str,
    valid: impl Fn(f64) -> bool,
) -> Result<(), Error> {
    match values.iter().position(|&value| !valid(value)) {
        None => Ok(()),
        Some(index) => Err(Error::InvalidState {
            field,
            index,
            value: values[index],
            expected,
        }),
    }
}
