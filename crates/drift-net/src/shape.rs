use crate::Error;

/// Sizes of a one-hidden-layer network: `inputs` → `hidden` → `outputs`.
///
/// All three are at least 1. The parameter vector has
/// `hidden · (inputs + 1 + outputs)` entries: input weights, biases of the hidden units and
/// output weights; the output has no bias (Ratzon et al. 2023, Methods).
///
/// ```
/// let shape = drift_net::Shape::new(18, 500, 17)?;
/// assert_eq!(shape.parameters(), 500 * (18 + 1 + 17));
/// # Ok::<(), drift_net::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "UncheckedShape"))]
pub struct Shape {
    inputs: usize,
    hidden: usize,
    outputs: usize,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct UncheckedShape {
    inputs: usize,
    hidden: usize,
    outputs: usize,
}

#[cfg(feature = "serde")]
impl TryFrom<UncheckedShape> for Shape {
    type Error = Error;

    fn try_from(raw: UncheckedShape) -> Result<Self, Error> {
        Shape::new(raw.inputs, raw.hidden, raw.outputs)
    }
}

impl Shape {
    /// A network of `inputs` channels, `hidden` units and `outputs` channels.
    ///
    /// # Errors
    /// [`Error::ZeroDimension`] where a size is 0, [`Error::TooLarge`] where the parameter
    /// vector could not be addressed.
    pub fn new(inputs: usize, hidden: usize, outputs: usize) -> Result<Self, Error> {
        for (field, value) in [("inputs", inputs), ("hidden", hidden), ("outputs", outputs)] {
            if value == 0 {
                return Err(Error::ZeroDimension { field });
            }
        }
        inputs
            .checked_add(outputs)
            .and_then(|rows| rows.checked_add(1))
            .and_then(|rows| rows.checked_mul(hidden))
            .filter(|&length| length <= isize::MAX as usize / size_of::<f64>())
            .ok_or(Error::TooLarge {
                inputs,
                hidden,
                outputs,
            })?;
        Ok(Self {
            inputs,
            hidden,
            outputs,
        })
    }

    /// Input channels, d_in.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Hidden units, h.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// Output channels, d_out.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Parameters that belong to one hidden unit: d_in + 1 + d_out.
    #[must_use]
    pub fn parameters_per_unit(&self) -> usize {
        self.inputs + 1 + self.outputs
    }

    /// Length of the flat parameter vector, h (d_in + 1 + d_out).
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.hidden * self.parameters_per_unit()
    }
}
