use crate::{Error, Shape, Workspace};

/// An order in which to store hidden units, so that units active on the same samples are
/// neighbours.
///
/// The loss does not depend on the order of the hidden units, but the time of a step does: the
/// backward pass leaves out blocks of 8 stored units on the samples where none of them is
/// active. A training loop may therefore store its units in any order, and reorder them as
/// activity sparsifies, as long as it undoes the order wherever somebody reads parameters. That
/// is all this type does; whatever else has an entry a parameter (the moments of an optimizer)
/// must move along.
///
/// ```
/// use drift_net::UnitOrder;
///
/// let order = UnitOrder::from_units(vec![2, 0, 1])?;
/// // Two parameters a unit: unit 2 is stored first.
/// let mut parameters = vec![10.0, 11.0, 12.0, 20.0, 21.0, 22.0];
/// order.store(&mut parameters);
/// assert_eq!(parameters, [12.0, 10.0, 11.0, 22.0, 20.0, 21.0]);
/// order.restore(&mut parameters);
/// assert_eq!(parameters, [10.0, 11.0, 12.0, 20.0, 21.0, 22.0]);
/// # Ok::<(), drift_net::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Vec<usize>", into = "Vec<usize>"))]
pub struct UnitOrder {
    /// The unit stored at each place.
    units: Vec<usize>,
}

impl TryFrom<Vec<usize>> for UnitOrder {
    type Error = Error;

    fn try_from(units: Vec<usize>) -> Result<Self, Error> {
        Self::from_units(units)
    }
}

impl From<UnitOrder> for Vec<usize> {
    fn from(order: UnitOrder) -> Self {
        order.units
    }
}

impl UnitOrder {
    /// The order in which a network of this shape comes: unit 0 first.
    #[must_use]
    pub fn natural(shape: Shape) -> Self {
        Self {
            units: (0..shape.hidden()).collect(),
        }
    }

    /// The order that stores unit `units[k]` at place k.
    ///
    /// # Errors
    /// [`Error::NotAPermutation`] where a unit is missing or named twice.
    pub fn from_units(units: Vec<usize>) -> Result<Self, Error> {
        let mut seen = vec![false; units.len()];
        for (place, &unit) in units.iter().enumerate() {
            match seen.get_mut(unit) {
                Some(seen) if !*seen => *seen = true,
                _ => {
                    return Err(Error::NotAPermutation {
                        place,
                        unit,
                        units: units.len(),
                    });
                }
            }
        }
        Ok(Self { units })
    }

    /// The unit stored at each place.
    #[must_use]
    pub fn units(&self) -> &[usize] {
        &self.units
    }

    /// An order of the *stored* units for the activity of the workspace's last pass: blocks of 8
    /// are filled one after the other, each from the most active unit left and then with those
    /// units that add the fewest samples to the block's; units without activity come last, in
    /// the order they have.
    ///
    /// The result is relative to the present storage: reorder parameters with
    /// [`UnitOrder::store`], then follow it with [`UnitOrder::then`].
    #[must_use]
    pub fn by_shared_activity(workspace: &Workspace) -> Self {
        let samples = workspace.samples();
        let words = samples.div_ceil(64);
        let hidden = workspace.shape().hidden();
        let mut patterns = vec![0u64; hidden * words];
        for (unit, pattern) in patterns.chunks_exact_mut(words).enumerate() {
            for sample in 0..samples {
                pattern[sample / 64] |=
                    u64::from(workspace.is_active(unit, sample)) << (sample % 64);
            }
        }
        let pattern = |unit: usize| &patterns[unit * words..][..words];
        let activity =
            |unit: &usize| -> u32 { pattern(*unit).iter().map(|word| word.count_ones()).sum() };
        let (mut left, silent): (Vec<usize>, Vec<usize>) =
            (0..hidden).partition(|unit| activity(unit) > 0);
        // A stable sort: equal activity keeps the present order.
        left.sort_by_key(|unit| std::cmp::Reverse(activity(unit)));
        let mut units = Vec::with_capacity(hidden);
        while !left.is_empty() {
            let seed = left.remove(0);
            let mut block = pattern(seed).to_vec();
            units.push(seed);
            for _ in 1..crate::kernels::LANES.min(left.len() + 1) {
                let added = |unit: usize| -> u32 {
                    block
                        .iter()
                        .zip(pattern(unit))
                        .map(|(have, new)| (new & !have).count_ones())
                        .sum()
                };
                // The first of the fewest: the most active, since `left` is sorted.
                let Some(best) = (0..left.len()).min_by_key(|&at| added(left[at])) else {
                    break;
                };
                let unit = left.remove(best);
                for (have, new) in block.iter_mut().zip(pattern(unit)) {
                    *have |= new;
                }
                units.push(unit);
            }
        }
        units.extend(silent);
        Self { units }
    }

    /// This order followed by one that is relative to it.
    ///
    /// # Panics
    /// Where the numbers of units differ.
    #[must_use]
    pub fn then(&self, next: &UnitOrder) -> Self {
        assert_eq!(self.units.len(), next.units.len(), "units of two orders");
        Self {
            units: next.units.iter().map(|&place| self.units[place]).collect(),
        }
    }

    /// Moves the entries of a vector that has one entry a parameter, or any number of rows with
    /// one entry a unit, from natural order into this one.
    ///
    /// # Panics
    /// Where the length of `values` is not a multiple of the number of units.
    pub fn store(&self, values: &mut [f64]) {
        self.for_rows(values, |row, old| {
            for (value, &unit) in row.iter_mut().zip(&self.units) {
                *value = old[unit];
            }
        });
    }

    /// The inverse of [`UnitOrder::store`].
    ///
    /// # Panics
    /// Where the length of `values` is not a multiple of the number of units.
    pub fn restore(&self, values: &mut [f64]) {
        self.for_rows(values, |row, old| {
            for (value, &unit) in old.iter().zip(&self.units) {
                row[unit] = *value;
            }
        });
    }

    fn for_rows(&self, values: &mut [f64], mut change: impl FnMut(&mut [f64], &[f64])) {
        let units = self.units.len();
        assert!(
            units > 0 && values.len().is_multiple_of(units),
            "{} values are no rows of {units} units",
            values.len()
        );
        let mut old = vec![0.0; units];
        for row in values.chunks_exact_mut(units) {
            old.copy_from_slice(row);
            change(row, &old);
        }
    }
}
