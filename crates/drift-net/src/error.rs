use drift_simd::SimdUnavailable;
use thiserror::Error as ThisError;

use crate::Activation;

/// Everything `drift-net` refuses.
#[derive(Debug, Clone, PartialEq, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// A dimension of the network or of a data set is zero.
    #[error("{field} is 0; expected at least 1")]
    ZeroDimension {
        /// Which dimension.
        field: &'static str,
    },
    /// The number of parameters does not fit the address space.
    #[error(
        "a network of {inputs} inputs, {hidden:?} hidden units and {outputs} outputs has too many parameters"
    )]
    TooLarge {
        /// Input channels.
        inputs: usize,
        /// Hidden units of each layer.
        hidden: Vec<usize>,
        /// Output channels.
        outputs: usize,
    },
    /// A network has more hidden layers than a shape holds.
    #[error("{layers} hidden layers; expected at most {expected}")]
    TooDeep {
        /// The number asked for.
        layers: usize,
        /// The most there can be.
        expected: usize,
    },
    /// A computation is for one hidden layer only.
    #[error("the network has {layers} hidden layers; {computation} is for one only")]
    OneHiddenLayer {
        /// What was asked for.
        computation: &'static str,
        /// Hidden layers of the network.
        layers: usize,
    },
    /// Two shapes that must agree do not.
    #[error("{field} has {found}; expected {expected}")]
    ShapeMismatch {
        /// What was measured, with its unit ("columns of inputs").
        field: &'static str,
        /// The size found.
        found: usize,
        /// The size that the network or the other matrix asks for.
        expected: usize,
    },
    /// A value is NaN or infinite.
    #[error("{field}[{index}] is {value}; expected a finite number")]
    NotFinite {
        /// Which array.
        field: &'static str,
        /// Position in the array, in storage order.
        index: usize,
        /// The offending value.
        value: f64,
    },
    /// A scalar argument is outside its range.
    #[error("{field} is {value}; expected {expected}")]
    OutOfRange {
        /// Which argument.
        field: &'static str,
        /// The offending value.
        value: f64,
        /// The range, in words.
        expected: &'static str,
    },
    /// A computation is exact for the ReLU only.
    #[error(
        "activation is {activation}; {computation} is for relu only, use HessianOperator for others"
    )]
    ReluOnly {
        /// What was asked for.
        computation: &'static str,
        /// The activation function of the network.
        activation: Activation,
    },
    /// The eigen-solver did not converge.
    #[error("the eigen-solver did not converge on a matrix of size {size}")]
    EigenSolver {
        /// Rows of the matrix.
        size: usize,
    },
    /// An iterative method did not reach its tolerance.
    #[error(
        "Lanczos iteration did not reach its tolerance in {steps} steps; allow more steps or a larger tolerance"
    )]
    NotConverged {
        /// Products with the operator that were made.
        steps: usize,
    },
    /// A theory of the zero-loss manifold was asked about a point that is not on it.
    #[error(
        "residuals change eigenvalues by up to {bound}; expected at most the tolerance {tolerance} at a zero-loss point"
    )]
    NotZeroLoss {
        /// Upper bound on the change of any eigenvalue by the residuals.
        bound: f64,
        /// The tolerance below which eigenvalues count as zero.
        tolerance: f64,
    },
    /// A list of units is not an order of all of them.
    #[error("units[{place}] is {unit}; expected each of 0..{units} exactly once")]
    NotAPermutation {
        /// Where in the list.
        place: usize,
        /// The offending entry.
        unit: usize,
        /// Number of units.
        units: usize,
    },
    /// This machine cannot run the requested instruction set, or `DRIFT_SIMD` names none.
    #[error(transparent)]
    Simd(#[from] SimdUnavailable),
}

/// Refuses a number unless its condition holds.
pub(crate) fn check(
    holds: bool,
    field: &'static str,
    value: f64,
    expected: &'static str,
) -> Result<(), Error> {
    match holds {
        true => Ok(()),
        false => Err(Error::OutOfRange {
            field,
            value,
            expected,
        }),
    }
}

#[cfg(feature = "spectrum")]
pub(crate) fn check_above_0(field: &'static str, value: f64) -> Result<(), Error> {
    let holds = value > 0.0 && value.is_finite();
    check(holds, field, value, "a finite number above 0")
}

#[cfg(feature = "spectrum")]
pub(crate) fn check_at_least_0(field: &'static str, value: f64) -> Result<(), Error> {
    let holds = value >= 0.0 && value.is_finite();
    check(holds, field, value, "a finite number, at least 0")
}

/// Refuses a size that is not the one expected.
pub(crate) fn check_size(field: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    match found == expected {
        true => Ok(()),
        false => Err(Error::ShapeMismatch {
            field,
            found,
            expected,
        }),
    }
}

/// Refuses a size of 0, naming the first.
pub(crate) fn check_not_zero<const N: usize>(
    sizes: [(&'static str, usize); N],
) -> Result<(), Error> {
    match sizes.into_iter().find(|&(_, size)| size == 0) {
        None => Ok(()),
        Some((field, _)) => Err(Error::ZeroDimension { field }),
    }
}

/// Refuses NaN and infinities, naming the first.
pub(crate) fn check_finite(field: &'static str, values: &[f64]) -> Result<(), Error> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(Error::NotFinite {
            field,
            index,
            value: values[index],
        }),
    }
}
