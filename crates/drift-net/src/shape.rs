use std::fmt;

use crate::Error;
use crate::error::{check, check_not_zero};

/// Sizes of a network: `inputs` → one or more hidden layers → `outputs`.
///
/// All are at least 1, and there are at most [`Shape::MAX_LAYERS`] hidden layers. With hidden
/// widths h_1 … h_L and h_0 = d_in, the parameter vector has Σ h_l (h_{l−1} + 1) + d_out h_L
/// entries: weights and biases of the hidden units and output weights. The output has no bias
/// (Ratzon et al. 2023, Methods). With one hidden layer that is h (d_in + 1 + d_out).
///
/// ```
/// use drift_net::Shape;
///
/// let shape = Shape::new(18, 500, 17)?;
/// assert_eq!(shape.parameters(), 500 * (18 + 1 + 17));
/// let deep = Shape::new(18, [200, 100], 17)?;
/// assert_eq!(deep.widths(), [200, 100]);
/// assert_eq!(deep.parameters(), 200 * (18 + 1) + 100 * (200 + 1) + 17 * 100);
/// # Ok::<(), drift_net::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "UncheckedShape"))]
pub struct Shape {
    inputs: usize,
    #[cfg_attr(feature = "serde", serde(rename = "hidden"))]
    widths: Widths,
    outputs: usize,
}

/// Widths of the hidden layers, from the inputs up: one number or a list, also where they are
/// stored. They are checked by [`Shape::new`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "StoredWidths", into = "StoredWidths"))]
pub struct Widths {
    layers: usize,
    /// Those of no layer are 0.
    widths: [usize; Shape::MAX_LAYERS],
}

impl From<usize> for Widths {
    fn from(width: usize) -> Self {
        Self::from([width].as_slice())
    }
}

impl<const N: usize> From<[usize; N]> for Widths {
    fn from(widths: [usize; N]) -> Self {
        Self::from(widths.as_slice())
    }
}

impl From<&[usize]> for Widths {
    /// A list that is too long is known to be, and refused by [`Shape::new`].
    fn from(list: &[usize]) -> Self {
        let mut widths = [0; Shape::MAX_LAYERS];
        for (width, &listed) in widths.iter_mut().zip(list) {
            *width = listed;
        }
        Self {
            layers: list.len(),
            widths,
        }
    }
}

impl Widths {
    /// Number of hidden layers.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// The widths, of more layers than [`Shape::MAX_LAYERS`] only the first.
    #[must_use]
    pub fn as_slice(&self) -> &[usize] {
        &self.widths[..self.layers.min(Shape::MAX_LAYERS)]
    }
}

/// Whether there is one layer, of this width.
impl PartialEq<usize> for Widths {
    fn eq(&self, width: &usize) -> bool {
        self.layers == 1 && self.widths[0] == *width
    }
}

impl fmt::Debug for Widths {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_slice(), formatter)
    }
}

/// As it stands in a scenario: `100`, or `[200, 100]`.
impl fmt::Display for Widths {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_slice() {
            [width] => fmt::Display::fmt(width, formatter),
            widths => fmt::Debug::fmt(widths, formatter),
        }
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(rename = "Shape")]
struct UncheckedShape {
    inputs: usize,
    #[serde(rename = "hidden")]
    widths: Widths,
    outputs: usize,
}

#[cfg(feature = "serde")]
impl TryFrom<UncheckedShape> for Shape {
    type Error = Error;

    fn try_from(raw: UncheckedShape) -> Result<Self, Error> {
        Shape::new(raw.inputs, raw.widths, raw.outputs)
    }
}

/// As widths are stored: a single one as a number, as before there were more.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
enum StoredWidths {
    One(usize),
    Many(Vec<usize>),
}

#[cfg(feature = "serde")]
impl From<StoredWidths> for Widths {
    fn from(stored: StoredWidths) -> Self {
        match stored {
            StoredWidths::One(width) => width.into(),
            StoredWidths::Many(widths) => widths.as_slice().into(),
        }
    }
}

#[cfg(feature = "serde")]
impl From<Widths> for StoredWidths {
    fn from(widths: Widths) -> Self {
        match widths.as_slice() {
            [width] => StoredWidths::One(*width),
            widths => StoredWidths::Many(widths.to_vec()),
        }
    }
}

impl Shape {
    /// Hidden layers that a network has at most.
    pub const MAX_LAYERS: usize = 16;

    /// A network of `inputs` channels, hidden layers of these widths, and `outputs` channels.
    ///
    /// # Errors
    /// [`Error::ZeroDimension`] where a size is 0 or there is no hidden layer,
    /// [`Error::TooDeep`] for more than [`Shape::MAX_LAYERS`] of them, [`Error::TooLarge`] where the
    /// parameter vector could not be addressed.
    pub fn new(inputs: usize, hidden: impl Into<Widths>, outputs: usize) -> Result<Self, Error> {
        let widths = hidden.into();
        if widths.layers > Self::MAX_LAYERS {
            return Err(Error::TooDeep {
                layers: widths.layers,
                expected: Self::MAX_LAYERS,
            });
        }
        let shape = Self {
            inputs,
            widths,
            outputs,
        };
        let narrowest = shape.widths().iter().copied().min().unwrap_or(0);
        check_not_zero([
            ("inputs", inputs),
            ("hidden", narrowest),
            ("outputs", outputs),
        ])?;
        shape
            .count_parameters()
            .filter(|&length| length <= isize::MAX as usize / size_of::<f64>())
            .ok_or_else(|| Error::TooLarge {
                inputs,
                hidden: shape.widths().to_vec(),
                outputs,
            })?;
        Ok(shape)
    }

    fn count_parameters(&self) -> Option<usize> {
        let mut total: usize = 0;
        let mut below = self.inputs;
        for &width in self.widths() {
            total = total.checked_add(below.checked_add(1)?.checked_mul(width)?)?;
            below = width;
        }
        total.checked_add(below.checked_mul(self.outputs)?)
    }

    /// Input channels, d_in.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Widths h_1 … h_L of the hidden layers, from the inputs up.
    #[must_use]
    pub fn widths(&self) -> &[usize] {
        self.widths.as_slice()
    }

    /// Number of hidden layers, L.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.widths.layers
    }

    /// Hidden units of all layers: h with one.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.widths().iter().sum()
    }

    /// Output channels, d_out.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// What the units of hidden layer `layer` read: d_in for layer 0, h_{l−1} above.
    ///
    /// # Panics
    /// Where there is no such layer.
    #[must_use]
    pub fn inputs_of(&self, layer: usize) -> usize {
        assert!(layer < self.layers(), "layer {layer} of {}", self.layers());
        match layer {
            0 => self.inputs,
            _ => self.widths()[layer - 1],
        }
    }

    /// Where the parameters of hidden layer `layer` begin in the flat vector; for `layer` = L, where
    /// the output weights do.
    ///
    /// # Panics
    /// Where there is no such layer.
    #[must_use]
    pub fn first_parameter(&self, layer: usize) -> usize {
        (0..layer)
            .map(|below| self.widths()[below] * (self.inputs_of(below) + 1))
            .sum()
    }

    /// Parameters that belong to one unit of the last hidden layer: h_{L−1} + 1 + d_out, which is
    /// d_in + 1 + d_out with one hidden layer.
    #[must_use]
    pub fn parameters_per_unit(&self) -> usize {
        self.inputs_of(self.layers() - 1) + 1 + self.outputs
    }

    /// Length of the flat parameter vector, Σ h_l (h_{l−1} + 1) + d_out h_L.
    #[must_use]
    pub fn parameters(&self) -> usize {
        let last = self.layers() - 1;
        self.first_parameter(last) + self.widths()[last] * self.parameters_per_unit()
    }

    /// Refuses no samples, and so many that the arrays of a pass could not be addressed.
    pub(crate) fn check_samples(&self, samples: usize) -> Result<(), Error> {
        check_not_zero([("samples", samples)])?;
        // No array of a pass takes more bytes a sample.
        let most = (self.hidden() + self.outputs).saturating_mul(64);
        check(
            samples <= isize::MAX as usize / most,
            "samples",
            samples as f64,
            "so few that a pass fits the address space",
        )
    }

    /// Refuses more than one hidden layer.
    pub(crate) fn check_one_hidden_layer(&self, computation: &'static str) -> Result<(), Error> {
        match self.layers() {
            1 => Ok(()),
            layers => Err(Error::OneHiddenLayer {
                computation,
                layers,
            }),
        }
    }
}
