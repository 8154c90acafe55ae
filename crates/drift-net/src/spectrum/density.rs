use rand::Rng;

use super::lanczos::{Krylov, random_start};
use crate::error::{check_above_0, check_not_zero};
use crate::{Error, Hessian};

/// Distribution of eigenvalues, exact or estimated: point masses whose weights sum to 1.
///
/// Stochastic Lanczos quadrature: each random unit vector v gives a Gauss quadrature of the
/// spectral measure Σ (v·v_i)² δ(λ − λ_i), nodes the eigenvalues of the tridiagonal form and
/// weights the squared first components of its eigenvectors; the average over vectors tends to
/// the density with mass 1/p at every eigenvalue. Golub & Meurant 2010; Ghorbani, Krishnan &
/// Xiao 2019, arXiv:1901.10159.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralDensity {
    nodes: Vec<f64>,
    weights: Vec<f64>,
}

impl SpectralDensity {
    /// Estimates the density of a symmetric operator on vectors of length `size` from `probes`
    /// random vectors with `steps` products each. `operator(v, result)` writes its product.
    ///
    /// # Errors
    /// [`Error::ZeroDimension`] for a `size`, `probes` or `steps` of 0, [`Error::NotFinite`] where
    /// a product has an entry that is NaN or infinite, [`Error::EigenSolver`].
    pub fn of_operator<R: Rng + ?Sized>(
        size: usize,
        mut operator: impl FnMut(&[f64], &mut [f64]),
        probes: usize,
        steps: usize,
        rng: &mut R,
    ) -> Result<Self, Error> {
        check_not_zero([("size", size), ("probes", probes), ("steps", steps)])?;
        let mut points = Vec::new();
        for _ in 0..probes {
            let mut krylov = Krylov::start(random_start(size, &[], rng));
            for _ in 0..steps {
                if !krylov.extend(&mut operator, &[])? {
                    break;
                }
            }
            let (values, vectors) = krylov.ritz()?;
            for (index, value) in values.into_iter().enumerate() {
                points.push((value, vectors[(0, index)].powi(2) / probes as f64));
            }
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = points.iter().map(|point| point.1).sum();
        Ok(Self {
            nodes: points.iter().map(|point| point.0).collect(),
            weights: points.iter().map(|point| point.1 / total).collect(),
        })
    }

    /// A mass of 1/p at each of p eigenvalues, ascending.
    pub(super) fn of_eigenvalues(eigenvalues: &[f64]) -> Self {
        let weight = 1.0 / eigenvalues.len() as f64;
        Self {
            nodes: eigenvalues.to_vec(),
            weights: vec![weight; eigenvalues.len()],
        }
    }

    /// Places of the point masses (nodes), ascending.
    #[must_use]
    pub fn nodes(&self) -> &[f64] {
        &self.nodes
    }

    /// Masses (nodes), in the order of [`nodes`](Self::nodes): none negative, sum 1.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Estimated mean of `function` over all eigenvalues, so that p times it estimates a
    /// trace of the function: λ ↦ λ the trace itself, λ ↦ λ² the squared Frobenius norm.
    #[must_use]
    pub fn mean(&self, function: impl Fn(f64) -> f64) -> f64 {
        self.nodes
            .iter()
            .zip(&self.weights)
            .map(|(&node, weight)| weight * function(node))
            .sum()
    }

    /// The density at each of `at`, every mass spread to a Gaussian of standard deviation
    /// `width`: for plots. Its integral over the line is 1.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] where `width` is not above 0.
    pub fn smoothed(&self, at: &[f64], width: f64) -> Result<Vec<f64>, Error> {
        check_above_0("width", width)?;
        let height = 1.0 / (width * std::f64::consts::TAU.sqrt());
        Ok(at
            .iter()
            .map(|&place| {
                height * self.mean(|node| (-0.5 * ((place - node) / width).powi(2)).exp())
            })
            .collect())
    }
}

impl Hessian {
    /// Distribution of all p eigenvalues from `probes` random vectors and `steps`
    /// Hessian-vector products each; see [`SpectralDensity`]. The error falls as
    /// 1/√(probes · p).
    ///
    /// # Errors
    /// [`Error::ZeroDimension`] for `probes` or `steps` of 0, [`Error::NotFinite`] where a product
    /// overflows, [`Error::EigenSolver`].
    pub fn density<R: Rng + ?Sized>(
        &self,
        probes: usize,
        steps: usize,
        rng: &mut R,
    ) -> Result<SpectralDensity, Error> {
        let product = |vector: &[f64], result: &mut [f64]| self.apply(vector, result);
        SpectralDensity::of_operator(self.size(), product, probes, steps, rng)
    }
}
