use nalgebra::{DVector, DVectorView};

use super::Wanted;
use super::lanczos::Lanczos;
use crate::error::{check, check_finite, check_not_zero, check_size};
use crate::{Error, HessianOperator};

/// Weight of the fixed vector in every start.
const PROBE: f64 = 0.1;

/// The largest eigenvalue of a symmetric operator that changes little from call to call, as the
/// Hessian does along training.
///
/// Each call runs [`Lanczos`] from the eigenvector of the call before, which takes a fraction of
/// the products that a fresh start takes. The object is that vector and nothing else. Nothing is
/// random: a fixed vector with entries fract(i φ) − ½, φ = (√5 − 1)/2, of a tenth of the
/// eigenvector's length, is added to every start. Without it an eigenvalue that has overtaken the
/// followed one could stay unseen. With it, one that is larger by more than
/// 10 · tolerance · √size of the largest |λ| is found in the same call, smaller leads some calls
/// later: 0.13% for 18 000 parameters at a tolerance of 1e-6.
///
/// ```
/// use drift_net::{Lanczos, LargestEigenvalue};
///
/// let mut largest = LargestEigenvalue::new(50, Lanczos::new(100, 1e-8)?)?;
/// for time in 0..3 {
///     let diagonal = |index: usize| 1.0 / (1.0 + index as f64) + 0.01 * time as f64;
///     let found = largest.update(|vector, result| {
///         for (index, (result, value)) in result.iter_mut().zip(vector).enumerate() {
///             *result = diagonal(index) * value;
///         }
///     })?;
///     assert!((found.value - diagonal(0)).abs() < 1e-8);
/// }
/// // Saved and restored, it goes on to the same bits.
/// let restored = LargestEigenvalue::resume(largest.state().to_vec(), Lanczos::new(100, 1e-8)?)?;
/// assert_eq!(restored, largest);
/// # Ok::<(), drift_net::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LargestEigenvalue {
    lanczos: Lanczos,
    /// The last eigenvector, all 0 before the first call.
    vector: Vec<f64>,
}

/// A largest eigenvalue and what it took to find it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FoundEigenvalue {
    /// λ.
    pub value: f64,
    /// ‖Hv − λv‖ of its unit vector v: some eigenvalue is that close to λ.
    pub residual: f64,
    /// Products with the operator that were made.
    pub products: usize,
}

impl LargestEigenvalue {
    /// Nothing followed yet, for an operator on vectors of length `size`. A tolerance of 1e-6 in
    /// `lanczos` gives the eigenvalue to many more digits, as its error is of the order of the
    /// residual's square over the distance to the next eigenvalue.
    ///
    /// # Errors
    /// [`Error::ZeroDimension`] for a `size` of 0.
    pub fn new(size: usize, lanczos: Lanczos) -> Result<Self, Error> {
        Self::resume(vec![0.0; size], lanczos)
    }

    /// From a [`state`](Self::state) saved before.
    ///
    /// # Errors
    /// [`Error::ZeroDimension`] for an empty state, [`Error::NotFinite`] where an entry is NaN or
    /// infinite, [`Error::OutOfRange`] for a vector that is neither of length 1 nor 0.
    pub fn resume(state: Vec<f64>, lanczos: Lanczos) -> Result<Self, Error> {
        check_not_zero([("state", state.len())])?;
        check_finite("state", &state)?;
        let length = DVectorView::from_slice(&state, state.len()).norm();
        let holds = length == 0.0 || (length - 1.0).abs() <= 1e-6;
        check(
            holds,
            "length of state",
            length,
            "1, or 0 before the first call",
        )?;
        Ok(Self {
            lanczos,
            vector: state,
        })
    }

    /// All that the next call depends on beside the operator: the last unit eigenvector (size),
    /// all 0 before the first call.
    #[must_use]
    pub fn state(&self) -> &[f64] {
        &self.vector
    }

    /// The largest eigenvalue, with its sign, of an operator; `operator(v, result)` writes its
    /// product with v. After an error the state is the one before.
    ///
    /// # Errors
    /// [`Error::NotConverged`] where the steps do not suffice, [`Error::NotFinite`] where a
    /// product has an entry that is NaN or infinite.
    pub fn update(
        &mut self,
        mut operator: impl FnMut(&[f64], &mut [f64]),
    ) -> Result<FoundEigenvalue, Error> {
        let start = self.start();
        let found = self
            .lanczos
            .run(start, &mut operator, &[], 1, Wanted::Largest, 2)?;
        let [pair] = <[_; 1]>::try_from(found.pairs).map_err(|_| Error::NotConverged {
            steps: found.products,
        })?;
        self.vector = pair.vector;
        Ok(FoundEigenvalue {
            value: pair.value,
            residual: found.residual,
            products: found.products,
        })
    }

    /// [`update`](Self::update) for the Hessian of a network's loss.
    ///
    /// # Errors
    /// As [`update`](Self::update), and [`Error::ShapeMismatch`] for another number of parameters.
    pub fn update_hessian(&mut self, hessian: &HessianOperator) -> Result<FoundEigenvalue, Error> {
        let (found, expected) = (hessian.size(), self.vector.len());
        check_size("parameters of the Hessian", found, expected)?;
        self.update(|vector, result| hessian.apply(vector, result))
    }

    /// The last eigenvector, if any, and a tenth of the fixed vector.
    fn start(&self) -> DVector<f64> {
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        let mut start = DVector::from_fn(self.vector.len(), |index, _| {
            ((index + 1) as f64 * GOLDEN).fract() - 0.5
        });
        start.normalize_mut();
        let last = DVectorView::from_slice(&self.vector, self.vector.len());
        start.axpy(1.0, &last, PROBE);
        start.normalize_mut();
        start
    }
}
