//! Rescaling of a whole array to a fixed range, as the published tasks do last.

use crate::Error;
use crate::error::{all_finite, length};

/// Added to the minimum and to the shifted maximum by the published procedure.
const MARGIN: f64 = 1e-5;

/// The range that an array is rescaled to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Normalisation {
    /// About [−1, 1): x ← x − (min + 10⁻⁵); x ← x / (max x + 10⁻⁵); x ← 2(x − ½). The published
    /// code's present version. With range r = max − min the values lie in [−1 − 2·10⁻⁵/r, 1).
    #[default]
    Symmetric,
    /// About [0, 1): the same without the last step, as the older version that made the published
    /// data of Figure 2 and, as their initial activity shows, the published SGD and Adam runs of
    /// 10⁷ steps (Figure 4B among them). The values lie in [−10⁻⁵/r, 1).
    UnitInterval,
}

impl Normalisation {
    /// The rescaling that takes the range of `values` (any number, in any order) to this one.
    ///
    /// # Errors
    /// [`Error::Length`] for no values, [`Error::NotFinite`] for a value that is not finite, and
    /// [`Error::Constant`] when the values do not differ by more than rounding (10⁻¹² of the
    /// largest): the published procedure would then divide by nothing but its own rounding error.
    pub fn fit(self, values: &[f64]) -> Result<Rescaling, Error> {
        self.fit_field("values", values)
    }

    pub(crate) fn fit_field(self, field: &'static str, values: &[f64]) -> Result<Rescaling, Error> {
        if values.is_empty() {
            length(field, 0, 1)?;
        }
        all_finite(field, values)?;
        let minimum = values.iter().copied().fold(f64::INFINITY, f64::min);
        let maximum = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let range = maximum - minimum;
        if range <= 1e-12 * minimum.abs().max(maximum.abs()) {
            return Err(Error::Constant {
                field,
                value: maximum,
            });
        }
        if !range.is_finite() {
            return Err(Error::OutOfRange {
                field,
                value: maximum,
                expected: "values whose range is finite",
            });
        }
        let shift = minimum + MARGIN;
        Ok(Rescaling {
            shift,
            scale: (maximum - shift) + MARGIN,
            normalisation: self,
        })
    }

    /// Rescales `values` in place, by their own minimum and maximum; applied twice the result moves by
    /// about 10⁻⁵, the margin.
    ///
    /// ```
    /// use drift_env::Normalisation;
    ///
    /// let mut values = [2.0, 3.0, 4.0];
    /// Normalisation::Symmetric.apply(&mut values)?;
    /// assert!((values[0] + 1.0).abs() < 2e-5 && values[2] < 1.0);
    /// # Ok::<(), drift_env::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Normalisation::fit`]; `values` are then unchanged.
    pub fn apply(self, values: &mut [f64]) -> Result<Rescaling, Error> {
        self.apply_field("values", values)
    }

    pub(crate) fn apply_field(
        self,
        field: &'static str,
        values: &mut [f64],
    ) -> Result<Rescaling, Error> {
        let rescaling = self.fit_field(field, values)?;
        rescaling.apply(values);
        Ok(rescaling)
    }

    /// The middle of the range, where a column without a range of its own is put.
    #[must_use]
    pub fn middle(self) -> f64 {
        match self {
            Normalisation::Symmetric => 0.0,
            Normalisation::UnitInterval => 0.5,
        }
    }
}

/// A fitted rescaling, to be used on further values of the same kind (say, the views of an agent
/// that walks on after its data set was made).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rescaling {
    shift: f64,
    scale: f64,
    normalisation: Normalisation,
}

impl Rescaling {
    /// The rescaled `value`: (value − shift)/scale, then 2(· − ½) if symmetric.
    #[must_use]
    pub fn of(&self, value: f64) -> f64 {
        let unit = self.unit(value);
        match self.normalisation {
            Normalisation::Symmetric => 2.0 * (unit - 0.5),
            Normalisation::UnitInterval => unit,
        }
    }

    /// Rescales each of `values` in place.
    pub fn apply(&self, values: &mut [f64]) {
        values.iter_mut().for_each(|value| *value = self.of(*value));
    }

    /// (value − shift)/scale: what the published code leaves in the array it was given.
    #[must_use]
    pub fn unit(&self, value: f64) -> f64 {
        (value - self.shift) / self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn a_unit_range_by_hand() {
        let mut values = [1.0, 1.5, 2.0];
        Normalisation::Symmetric.apply(&mut values).unwrap();
        // 1.5 - 1.00001 = 0.49999; the shifted maximum 0.99999 + 0.00001 = 1.
        assert_relative_eq!(values[0], -1.00002, epsilon = 1e-14);
        assert_relative_eq!(values[1], -0.00002, epsilon = 1e-14);
        assert_relative_eq!(values[2], 0.99998, epsilon = 1e-14);
        let mut unit = [1.0, 1.5, 2.0];
        Normalisation::UnitInterval.apply(&mut unit).unwrap();
        assert_relative_eq!(unit[1], 0.49999, epsilon = 1e-14);
    }

    #[test]
    fn constants_and_bad_values_are_refused_and_left_alone() {
        let mut constant = [0.3, 0.3 + 5e-17, 0.1 + 0.2];
        let before = constant;
        assert!(matches!(
            Normalisation::Symmetric.apply(&mut constant),
            Err(Error::Constant { .. })
        ));
        assert_eq!(constant, before);
        assert!(Normalisation::Symmetric.apply(&mut []).is_err());
        assert!(
            Normalisation::Symmetric
                .apply(&mut [0.0, f64::NAN])
                .is_err()
        );
        assert!(
            Normalisation::Symmetric
                .apply(&mut [f64::MIN, f64::MAX])
                .is_err()
        );
        assert!(Normalisation::Symmetric.apply(&mut [0.0, 0.0]).is_err());
    }
}
