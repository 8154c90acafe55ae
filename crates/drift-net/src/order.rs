use std::cmp::Reverse;

use crate::error::{check_not_zero, check_size};
use crate::kernels::LANES;
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
    /// The order in which a network of this shape, with one hidden layer, comes: unit 0 first.
    #[must_use]
    pub fn natural(shape: Shape) -> Self {
        Self {
            units: (0..shape.hidden()).collect(),
        }
    }

    /// The order that stores unit `units[k]` at place k (units, each once).
    ///
    /// # Errors
    /// [`Error::NotAPermutation`] where a unit is missing or named twice,
    /// [`Error::ZeroDimension`] without units.
    pub fn from_units(units: Vec<usize>) -> Result<Self, Error> {
        check_not_zero([("units", units.len())])?;
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

    /// Moves the entries of a vector that has one entry a parameter, or any number of rows with
    /// one entry a unit, from natural order into this one.
    ///
    /// # Panics
    /// Where the length of `values` is not a multiple of the number of units.
    pub fn store(&self, values: &mut [f64]) {
        self.store_with(values, &mut vec![0.0; self.units.len()]);
    }

    /// [`UnitOrder::store`] through a caller's buffer of one row.
    fn store_with(&self, values: &mut [f64], old: &mut [f64]) {
        for row in self.rows(values) {
            old.copy_from_slice(row);
            for (value, &unit) in row.iter_mut().zip(&self.units) {
                *value = old[unit];
            }
        }
    }

    /// The inverse of [`UnitOrder::store`].
    ///
    /// # Panics
    /// Where the length of `values` is not a multiple of the number of units.
    pub fn restore(&self, values: &mut [f64]) {
        let mut old = vec![0.0; self.units.len()];
        for row in self.rows(values) {
            old.copy_from_slice(row);
            for (&value, &unit) in old.iter().zip(&self.units) {
                row[unit] = value;
            }
        }
    }

    fn rows<'a>(&self, values: &'a mut [f64]) -> impl Iterator<Item = &'a mut [f64]> {
        let units = self.units.len();
        assert!(
            units > 0 && values.len().is_multiple_of(units),
            "{} values are no rows of {units} units",
            values.len()
        );
        values.chunks_exact_mut(units)
    }
}

/// Finds and applies orders that bring units active on the same samples together, without
/// allocating once it is built.
///
/// ```
/// use drift_net::{Network, Regime, Samples, Shape, UnitSorter, Workspace};
/// use drift_net::nalgebra::DMatrix;
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let shape = Shape::new(1, 32, 1)?;
/// let network = Network::initialize(shape, Regime::Rich, &mut ChaCha8Rng::seed_from_u64(2));
/// let ramp = DMatrix::from_fn(9, 1, |sample, _| sample as f64 / 4.0 - 1.0);
/// let samples = Samples::new(ramp.as_view(), ramp.as_view())?;
/// let mut workspace = Workspace::new(&network, 9)?;
/// let mut sorter = UnitSorter::new(shape, 9)?;
///
/// let mut stored = network.parameters().to_vec();
/// let loss = workspace.loss(&stored, &samples);
/// sorter.sort(&workspace);
/// sorter.apply(&mut stored);
/// assert!((workspace.loss(&stored, &samples) - loss).abs() < 1e-12);
/// sorter.order().restore(&mut stored);
/// assert_eq!(stored, network.parameters());
/// # Ok::<(), drift_net::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct UnitSorter {
    /// Of all sorts so far: the unit stored at each place.
    order: UnitOrder,
    /// Of the last sort, relative to the storage it found.
    last: UnitOrder,
    /// For each stored unit, a bit a sample.
    patterns: Vec<u64>,
    active_samples: Vec<u32>,
    left: Vec<usize>,
    block: Vec<u64>,
    row: Vec<f64>,
    units: Vec<usize>,
}

impl UnitSorter {
    /// A sorter for networks of `shape` on `samples` samples, in natural order.
    ///
    /// # Errors
    /// [`Error::ZeroDimension`] for no samples, [`Error::OutOfRange`] for more than fit the address
    /// space, [`Error::OneHiddenLayer`] for a deeper network, whose units stand in the rows of one
    /// layer and the columns of the next.
    pub fn new(shape: Shape, samples: usize) -> Result<Self, Error> {
        shape.check_one_hidden_layer("sorting units")?;
        shape.check_samples(samples)?;
        let (hidden, words) = (shape.hidden(), samples.div_ceil(64));
        Ok(Self {
            order: UnitOrder::natural(shape),
            last: UnitOrder::natural(shape),
            patterns: vec![0; hidden * words],
            active_samples: vec![0; hidden],
            left: Vec::with_capacity(hidden),
            block: vec![0; words],
            row: vec![0.0; hidden],
            units: vec![0; hidden],
        })
    }

    /// The order of the storage after all sorts so far.
    #[must_use]
    pub fn order(&self) -> &UnitOrder {
        &self.order
    }

    /// Goes to an order found before, as when a run is resumed.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where it has another number of units.
    pub fn set_order(&mut self, order: UnitOrder) -> Result<(), Error> {
        check_size("units of the order", order.units.len(), self.row.len())?;
        self.order = order;
        Ok(())
    }

    /// Sorts the stored units by the activity of the workspace's last pass: blocks of 8 are
    /// filled one after the other, each from the most active unit left and then with those units
    /// that add the fewest samples to the block's; units without activity come last. Equal units
    /// keep their order. [`UnitSorter::apply`] then moves whatever is stored.
    ///
    /// # Panics
    /// Where the workspace has other sizes than the sorter.
    pub fn sort(&mut self, workspace: &Workspace) {
        let (hidden, samples) = (self.row.len(), workspace.samples());
        let words = self.block.len();
        assert_eq!(workspace.shape().hidden(), hidden, "units of the workspace");
        assert_eq!(samples.div_ceil(64), words, "samples of the workspace");
        self.patterns.fill(0);
        self.left.clear();
        for unit in 0..hidden {
            let pattern = &mut self.patterns[unit * words..][..words];
            for sample in 0..samples {
                pattern[sample / 64] |=
                    u64::from(workspace.is_active(unit, sample)) << (sample % 64);
            }
            self.active_samples[unit] = pattern.iter().map(|word| word.count_ones()).sum();
            if self.active_samples[unit] > 0 {
                self.left.push(unit);
            }
        }
        self.left
            .sort_unstable_by_key(|&unit| (Reverse(self.active_samples[unit]), unit));
        let mut placed = 0;
        while !self.left.is_empty() {
            self.block.fill(0);
            for _ in 0..LANES.min(self.left.len()) {
                let added = |&unit: &usize| -> u32 {
                    let pattern = &self.patterns[unit * words..][..words];
                    let new = self.block.iter().zip(pattern);
                    new.map(|(have, new)| (new & !have).count_ones()).sum()
                };
                // An empty block takes the most active unit, a begun one the first of those that
                // add the least: of equals the most active, since `left` is sorted.
                let best = if self.block.iter().all(|&word| word == 0) {
                    0
                } else {
                    (0..self.left.len())
                        .min_by_key(|&at| added(&self.left[at]))
                        .unwrap_or(0)
                };
                let unit = self.left.remove(best);
                let pattern = &self.patterns[unit * words..][..words];
                for (have, new) in self.block.iter_mut().zip(pattern) {
                    *have |= new;
                }
                self.last.units[placed] = unit;
                placed += 1;
            }
        }
        for unit in 0..hidden {
            if self.active_samples[unit] == 0 {
                self.last.units[placed] = unit;
                placed += 1;
            }
        }
        for (unit, &place) in self.units.iter_mut().zip(&self.last.units) {
            *unit = self.order.units[place];
        }
        self.order.units.copy_from_slice(&self.units);
    }

    /// Moves a vector with one entry a parameter from the storage that the last
    /// [`UnitSorter::sort`] found into the one it decided on.
    ///
    /// # Panics
    /// Where the length of `values` is not a multiple of the number of units.
    pub fn apply(&mut self, values: &mut [f64]) {
        self.last.store_with(values, &mut self.row);
    }
}
