//! The Hessian of a network's loss.

use drift_sim::learn::{Stream, Streams};
use drift_sim::net::{self, Activation, HessianOperator, Lanczos, Network, Wanted};
use nalgebra::{DMatrix, DMatrixView};
use pyo3::prelude::*;

use crate::convert::{Given, Seed, Vector, choice, ok, run};

choice!(which: Wanted { "largest" => Wanted::Largest, "magnitude" => Wanted::LargestMagnitude });

/// The Hessian of one hidden layer of the ReLU, whose factors give its spectrum faster, or of any
/// network.
#[derive(Debug, Clone)]
enum Kind {
    Factored(net::Hessian),
    Operator(HessianOperator),
}

/// The exact Hessian of the loss at one point (parameters × parameters), kept as its factors: no
/// matrix of that size is formed unless `dense` asks for it. `Network.hessian` makes it.
#[pyclass(frozen, module = "drift")]
#[derive(Debug, Clone)]
pub struct Hessian(Kind);

/// Evaluates an expression of whichever Hessian it is.
macro_rules! of {
    ($hessian:expr, $one:ident => $do:expr) => {
        match &$hessian.0 {
            Kind::Factored($one) => $do,
            Kind::Operator($one) => $do,
        }
    };
}

impl Hessian {
    /// The Hessian at the network's parameters.
    pub fn at(
        network: &Network,
        inputs: DMatrixView<'_, f64>,
        targets: DMatrixView<'_, f64>,
    ) -> Result<Self, net::Error> {
        let kind = match (network.activation(), network.shape().layers()) {
            (Activation::Relu, 1) => Kind::Factored(net::Hessian::at(network, inputs, targets)?),
            _ => Kind::Operator(HessianOperator::at(network, inputs, targets)?),
        };
        Ok(Self(kind))
    }
}

#[pymethods]
impl Hessian {
    /// (int) Side of the matrix: the number of parameters.
    #[getter]
    fn size(&self) -> usize {
        of!(self, hessian => hessian.size())
    }

    /// The trace, exact.
    ///
    /// Returns
    /// -------
    /// float
    fn trace(&self) -> f64 {
        of!(self, hessian => hessian.trace())
    }

    /// All eigenvalues, ascending, with exact zeros for directions that cannot matter. With several
    /// hidden layers, or another activation function than the ReLU, the time grows as the cube of the
    /// number of parameters of living units, which may be 20 000.
    ///
    /// Parameters
    /// ----------
    /// gauss_newton : bool, optional
    ///     Of the Gauss–Newton part alone, which has no negative eigenvalue. Default: False.
    ///
    /// Returns
    /// -------
    /// array (parameters)
    #[pyo3(signature = (*, gauss_newton=false))]
    fn eigenvalues<'py>(&self, py: Python<'py>, gauss_newton: bool) -> Given<'py> {
        run(py, || {
            let spectrum = of!(self, hessian => if gauss_newton {
                hessian.gauss_newton_spectrum()
            } else {
                hessian.spectrum()
            });
            Ok::<_, net::Error>(spectrum?.into_eigenvalues())
        })
    }

    /// The product with a vector, at about the cost of two gradients.
    ///
    /// Parameters
    /// ----------
    /// vector : array (parameters)
    ///
    /// Returns
    /// -------
    /// array (parameters)
    fn product<'py>(&self, py: Python<'py>, vector: Vector<'_>) -> Given<'py> {
        if vector.len() != self.size() {
            return Err(net::Error::ShapeMismatch {
                field: "entries of vector",
                found: vector.len(),
                expected: self.size(),
            }
            .into());
        }
        let vector: &[f64] = &vector;
        ok(py, || {
            let mut result = vec![0.0; vector.len()];
            of!(self, hessian => hessian.apply(vector, &mut result));
            result
        })
    }

    /// The outermost eigenvalues with their eigenvectors, by Lanczos iteration.
    ///
    /// Parameters
    /// ----------
    /// count : int, optional
    ///     How many. Default: 1.
    /// which : str, optional
    ///     "largest" (default) or "magnitude".
    /// steps : int, optional
    ///     Most products of one iteration. Default: 300.
    /// tolerance : float, optional
    ///     Residual relative to the largest eigenvalue. Default: 1e-10.
    /// seed : int or numpy.random.Generator, optional
    ///     Of the vector that it starts from.
    ///
    /// Returns
    /// -------
    /// tuple
    ///     Eigenvalues (count), and unit eigenvectors in the columns (parameters, count).
    #[pyo3(signature = (count=1, *, which="largest", steps=300, tolerance=1e-10, seed=None))]
    fn largest<'py>(
        &self,
        py: Python<'py>,
        count: usize,
        which: &str,
        steps: usize,
        tolerance: f64,
        seed: Option<Seed>,
    ) -> Given<'py> {
        let wanted = self::which(which)?;
        let mut rng = Streams::new(seed.map_or(0, |seed| seed.0)).named(Stream::Init);
        run(py, || {
            let lanczos = Lanczos::new(steps, tolerance)?;
            let pairs = of!(self, hessian => hessian.largest(count, wanted, &lanczos, &mut rng))?;
            let values: Vec<f64> = pairs.iter().map(|pair| pair.value).collect();
            let vectors: Vec<f64> = pairs.into_iter().flat_map(|pair| pair.vector).collect();
            let vectors = DMatrix::from_vec(self.size(), values.len(), vectors);
            Ok::<_, net::Error>((values, vectors))
        })
    }

    /// The whole matrix.
    ///
    /// Returns
    /// -------
    /// array (parameters, parameters)
    fn dense<'py>(&self, py: Python<'py>) -> Given<'py> {
        ok(py, || of!(self, hessian => hessian.dense()))
    }

    fn __repr__(&self) -> String {
        format!("<drift.Hessian of {0} × {0} entries>", self.size())
    }
}
