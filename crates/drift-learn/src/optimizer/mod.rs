//! Gradient rules, in the conventions of PyTorch's optimizers.

mod adam;
mod rmsprop;
mod sgd;

pub use adam::{Adam, AdamSettings};
pub use rmsprop::{EpsilonPlace, RmsProp, RmsPropSettings};
pub use sgd::{Sgd, SgdSettings};

use crate::noise::in_range;
use crate::{Error, LossGradient};

/// A buffer for the gradient of `dimension` parameters.
fn buffer(dimension: usize) -> Result<Vec<f64>, Error> {
    if dimension == 0 {
        return Err(Error::NoParameters);
    }
    Ok(vec![0.0; dimension])
}

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

/// The gradient on this step's data, with the lengths checked.
fn gradient_of<P: LossGradient + ?Sized>(
    problem: &mut P,
    parameters: &[f64],
    gradient: &mut [f64],
) -> f64 {
    assert_eq!(
        parameters.len(),
        gradient.len(),
        "parameters given and parameters the rule was built for"
    );
    assert_eq!(
        problem.dimension(),
        gradient.len(),
        "dimension of the problem and parameters the rule was built for"
    );
    problem.loss_gradient(parameters, gradient)
}

/// Checks a stored array: `found` entries where the state has `expected`, all of them valid.
#[cfg(feature = "serde")]
fn check_state(
    field: &'static str,
    values: &[f64],
    expected_length: usize,
    expected: &'static str,
    valid: impl Fn(f64) -> bool,
) -> Result<(), Error> {
    if values.len() != expected_length {
        return Err(Error::LengthMismatch {
            field,
            found: values.len(),
            expected: expected_length,
        });
    }
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
