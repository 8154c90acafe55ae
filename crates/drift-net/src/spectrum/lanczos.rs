use nalgebra::{DMatrix, DVector};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use super::dense;
use crate::error::{check_above_0, check_finite, check_not_zero};
use crate::scaling::to_unit_scale;
use crate::{Error, Hessian, HessianOperator};

/// Which end of the spectrum to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Wanted {
    /// The largest eigenvalues, with their sign.
    #[default]
    Largest,
    /// The largest absolute values. Negative eigenvalues occur away from a minimum.
    LargestMagnitude,
}

impl Wanted {
    fn rank(self, value: f64) -> f64 {
        match self {
            Wanted::Largest => value,
            Wanted::LargestMagnitude => value.abs(),
        }
    }
}

/// An eigenvalue with its unit eigenvector.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Eigenpair {
    /// λ.
    pub value: f64,
    /// Unit vector v with H v = λ v.
    pub vector: Vec<f64>,
}

/// Lanczos iteration with full reorthogonalisation: the outermost eigenvalues of a symmetric
/// operator that is known by its product with a vector.
///
/// Every new direction is made orthogonal to all earlier ones, and again where that took so much
/// away that rounding shows. So no eigenvalue appears twice by rounding. One run sees each
/// eigenvalue once, whatever its multiplicity. So the eigenvectors found are taken out of the
/// operator, and the run is repeated from a fresh start until nothing larger is left: repeated
/// eigenvalues are found as often as they occur.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `max_steps` | 300 | products with the operator in one run | ≥ 1 |
/// | `tolerance` | 1e-10 | ‖Hv − λv‖ allowed, relative to the largest \|λ\| | > 0 |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lanczos {
    max_steps: usize,
    tolerance: f64,
}

impl Default for Lanczos {
    fn default() -> Self {
        Self {
            max_steps: 300,
            tolerance: 1e-10,
        }
    }
}

/// A Krylov space: orthonormal columns and the operator's tridiagonal form on them.
#[derive(Debug)]
pub(super) struct Krylov {
    basis: Vec<DVector<f64>>,
    pub(super) diagonal: Vec<f64>,
    off_diagonal: Vec<f64>,
    /// Length of the part of the last product outside the space: 0 where it is invariant.
    remainder: f64,
}

impl Krylov {
    /// Eigenvalues, ascending, and eigenvectors of the tridiagonal form.
    pub(super) fn ritz(&self) -> Result<(Vec<f64>, DMatrix<f64>), Error> {
        let size = self.diagonal.len();
        let mut matrix = DMatrix::zeros(size, size);
        for (index, &value) in self.diagonal.iter().enumerate() {
            matrix[(index, index)] = value;
        }
        for (index, &value) in self.off_diagonal.iter().take(size - 1).enumerate() {
            matrix[(index + 1, index)] = value;
        }
        dense::symmetric_eigen(&matrix)
    }

    /// Largest absolute entry so far, a stand-in for the operator's norm.
    fn norm(&self) -> f64 {
        self.diagonal
            .iter()
            .chain(&self.off_diagonal)
            .fold(0.0, |largest: f64, value| largest.max(value.abs()))
    }

    pub(super) fn start(start: DVector<f64>) -> Self {
        Self {
            basis: vec![start],
            diagonal: Vec::new(),
            off_diagonal: Vec::new(),
            remainder: f64::INFINITY,
        }
    }

    /// One more product. False where the space cannot grow: it is invariant.
    pub(super) fn extend(
        &mut self,
        operator: &mut dyn FnMut(&[f64], &mut [f64]),
        locked: &[Eigenpair],
    ) -> Result<bool, Error> {
        let current = &self.basis[self.basis.len() - 1];
        let mut next = DVector::zeros(current.len());
        operator(current.as_slice(), next.as_mut_slice());
        check_finite("product with the operator", next.as_slice())?;
        let diagonal = current.dot(&next);
        let before = length(&next);
        // In exact arithmetic nothing else overlaps: for what rounding adds, one pass is enough ...
        next.axpy(-diagonal, current, 1.0);
        if let (Some(&last), [.., previous, _]) = (self.off_diagonal.last(), &self.basis[..]) {
            next.axpy(-last, previous, 1.0);
        }
        self.diagonal.push(diagonal);
        self.remainder = length(&next);
        for _ in 0..2 {
            let before = self.remainder;
            orthogonalise(&mut next, &self.basis, locked);
            self.remainder = length(&next);
            // ... unless it shortens the vector; two always are (Parlett 1998, section 6.9).
            if self.remainder >= 0.7 * before {
                break;
            }
        }
        let floor = f64::EPSILON * (self.basis.len() as f64).sqrt() * self.norm().max(before);
        if self.remainder <= 4.0 * floor || self.basis.len() + locked.len() >= next.len() {
            self.remainder = 0.0;
            return Ok(false);
        }
        self.off_diagonal.push(self.remainder);
        next /= self.remainder;
        self.basis.push(next);
        Ok(true)
    }
}

/// Norm of a finite vector of any scale.
fn length(vector: &DVector<f64>) -> f64 {
    let norm = vector.norm();
    if (1e-140..1e140).contains(&norm) {
        return norm;
    }
    // Squares overflow or vanish.
    to_unit_scale(vector).map_or(0.0, |scale| (vector * scale).norm() / scale)
}

fn orthogonalise(vector: &mut DVector<f64>, basis: &[DVector<f64>], locked: &[Eigenpair]) {
    for direction in basis {
        let overlap = direction.dot(vector);
        vector.axpy(-overlap, direction, 1.0);
    }
    for pair in locked {
        let direction = nalgebra::DVectorView::from_slice(&pair.vector, pair.vector.len());
        let overlap = direction.dot(vector);
        vector.axpy(-overlap, &direction, 1.0);
    }
}

/// A random unit vector orthogonal to what was found: fewer vectors than `size`.
pub(super) fn random_start<R: Rng + ?Sized>(
    size: usize,
    locked: &[Eigenpair],
    rng: &mut R,
) -> DVector<f64> {
    let mut start = DVector::from_fn(size, |_, _| StandardNormal.sample(rng));
    for _ in 0..2 {
        orthogonalise(&mut start, &[], locked);
        start.normalize_mut();
    }
    start
}

impl Lanczos {
    /// Settings with `max_steps` products a run and a relative residual `tolerance`.
    ///
    /// # Errors
    /// [`Error::ZeroDimension`] for no steps, [`Error::OutOfRange`] where `tolerance` is not
    /// above 0.
    pub fn new(max_steps: usize, tolerance: f64) -> Result<Self, Error> {
        check_not_zero([("max_steps", max_steps)])?;
        check_above_0("tolerance", tolerance)?;
        Ok(Self {
            max_steps,
            tolerance,
        })
    }

    /// The `count` outermost eigenpairs (at most `size`) of a symmetric operator on vectors of
    /// length `size`, outermost first. `operator(v, result)` writes its product with v. The
    /// start vectors are drawn from `rng`; results depend on it only within the tolerance.
    ///
    /// ```
    /// use drift_net::{Lanczos, Wanted};
    /// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
    ///
    /// let diagonal = [1.0, -7.0, 5.0, 5.0, 0.0];
    /// let product = |v: &[f64], result: &mut [f64]| {
    ///     for (r, (v, d)) in result.iter_mut().zip(v.iter().zip(&diagonal)) {
    ///         *r = v * d;
    ///     }
    /// };
    /// let mut rng = ChaCha8Rng::seed_from_u64(3);
    /// let found = Lanczos::default().outermost(5, product, 3, Wanted::LargestMagnitude, &mut rng)?;
    /// for (pair, expected) in found.iter().zip([-7.0, 5.0, 5.0]) {
    ///     assert!((pair.value - expected).abs() < 1e-12);
    /// }
    /// # Ok::<(), drift_net::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NotConverged`] where `max_steps` products do not reach the tolerance,
    /// [`Error::NotFinite`] where a product has an entry that is NaN or infinite,
    /// [`Error::ZeroDimension`] for a `size` or `count` of 0.
    pub fn outermost<R: Rng + ?Sized>(
        &self,
        size: usize,
        mut operator: impl FnMut(&[f64], &mut [f64]),
        count: usize,
        wanted: Wanted,
        rng: &mut R,
    ) -> Result<Vec<Eigenpair>, Error> {
        check_not_zero([("size", size), ("count", count)])?;
        let count = count.min(size);
        let mut locked: Vec<Eigenpair> = Vec::new();
        while locked.len() < size {
            let start = random_start(size, &locked, rng);
            let found = self
                .run(start, &mut operator, &locked, count, wanted, 8)?
                .pairs;
            // The next run is a check: it ends the search once it finds nothing larger than the
            // last wanted one.
            let settled = locked.len() >= count && {
                let last = wanted.rank(locked[count - 1].value);
                found
                    .first()
                    .is_none_or(|pair| wanted.rank(pair.value) <= last)
            };
            if settled {
                break;
            }
            locked.extend(found);
            locked.sort_by(|a, b| wanted.rank(b.value).total_cmp(&wanted.rank(a.value)));
        }
        locked.truncate(count);
        Ok(locked)
    }

    /// Outermost pairs of the operator restricted to what is orthogonal to `locked`. Looks for
    /// convergence after `interval` products, and again after as many or an eighth more: more often
    /// would cost more than the products.
    pub(super) fn run(
        &self,
        start: DVector<f64>,
        operator: &mut dyn FnMut(&[f64], &mut [f64]),
        locked: &[Eigenpair],
        count: usize,
        wanted: Wanted,
        interval: usize,
    ) -> Result<Found, Error> {
        let known = locked
            .iter()
            .fold(0.0_f64, |largest, pair| largest.max(pair.value.abs()));
        // Once enough are locked, one more value is all the check needs.
        let count = count.saturating_sub(locked.len()).max(1);
        let mut krylov = Krylov::start(start);
        let mut next_look = interval;
        for step in 1..=self.max_steps {
            let grows = krylov.extend(operator, locked)?;
            if grows && step < next_look && step != self.max_steps {
                continue;
            }
            next_look = step + interval.max(step / 8);
            let (values, vectors) = krylov.ritz()?;
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_by(|&a, &b| wanted.rank(values[b]).total_cmp(&wanted.rank(values[a])));
            order.truncate(count);
            let norm = values
                .iter()
                .fold(known, |largest, value| largest.max(value.abs()));
            let last = values.len() - 1;
            let residual = order.iter().fold(0.0_f64, |largest, &index| {
                largest.max(krylov.remainder * vectors[(last, index)].abs())
            });
            let converged = order.len() == count && residual <= self.tolerance * norm;
            if converged || !grows {
                let pairs = order.into_iter().map(|index| Eigenpair {
                    value: values[index],
                    vector: combine(&krylov.basis, &vectors, index),
                });
                return Ok(Found {
                    pairs: pairs.collect(),
                    residual,
                    products: step,
                });
            }
        }
        Err(Error::NotConverged {
            steps: self.max_steps,
        })
    }
}

/// What one run found.
pub(super) struct Found {
    /// Outermost first.
    pub(super) pairs: Vec<Eigenpair>,
    /// The largest ‖Hv − λv‖ of the pairs.
    pub(super) residual: f64,
    /// Products that were made.
    pub(super) products: usize,
}

fn combine(basis: &[DVector<f64>], vectors: &DMatrix<f64>, index: usize) -> Vec<f64> {
    let mut sum = DVector::zeros(basis[0].len());
    for (direction, &weight) in basis.iter().zip(vectors.column(index).iter()) {
        sum.axpy(weight, direction, 1.0);
    }
    sum.normalize_mut();
    sum.data.into()
}

impl Hessian {
    /// The `count` outermost eigenpairs by [`Lanczos`] on Hessian-vector products over all
    /// samples, outermost first: for networks whose exact spectrum would take too long. The full
    /// data enter every product, so the values depend on `rng` only within the tolerance.
    ///
    /// # Errors
    /// [`Error::NotConverged`] where the steps do not suffice, [`Error::NotFinite`] where a
    /// product overflows, [`Error::ZeroDimension`] for a `count` of 0.
    pub fn largest<R: Rng + ?Sized>(
        &self,
        count: usize,
        wanted: Wanted,
        lanczos: &Lanczos,
        rng: &mut R,
    ) -> Result<Vec<Eigenpair>, Error> {
        let product = |vector: &[f64], result: &mut [f64]| self.apply(vector, result);
        lanczos.outermost(self.size(), product, count, wanted, rng)
    }
}

impl HessianOperator {
    /// The `count` outermost eigenpairs, as [`Hessian::largest`].
    ///
    /// # Errors
    /// [`Error::NotConverged`] where the steps do not suffice, [`Error::NotFinite`] where a
    /// product overflows, [`Error::ZeroDimension`] for a `count` of 0.
    pub fn largest<R: Rng + ?Sized>(
        &self,
        count: usize,
        wanted: Wanted,
        lanczos: &Lanczos,
        rng: &mut R,
    ) -> Result<Vec<Eigenpair>, Error> {
        let product = |vector: &[f64], result: &mut [f64]| self.apply(vector, result);
        lanczos.outermost(self.size(), product, count, wanted, rng)
    }
}
