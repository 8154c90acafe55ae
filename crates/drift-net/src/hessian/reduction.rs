use super::Hessian;
use super::basis::Directions;

/// Which smaller matrix stands for the Hessian in an eigenvalue computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Method {
    /// No unit is active: the matrix is zero and nothing is solved.
    Zero,
    /// The Gram matrix c J Jᵀ of the samples on which some unit is active. Leaves the residual
    /// part out.
    Gram,
    /// The matrix on an orthonormal basis of all directions in which it is not exactly zero.
    Subspace,
}

/// What was done to compute a spectrum, so that two spectra can be compared knowingly.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Reduction {
    /// The matrix that was solved.
    pub method: Method,
    /// Side of that matrix; all further eigenvalues are exact zeros.
    pub size: usize,
    /// Side p of the whole Hessian.
    pub parameters: usize,
    /// Units of all layers without activity on any sample, whose rows are exactly zero.
    pub dead_units: usize,
    /// Upper bound on the change of any eigenvalue by leaving out the residual part; 0 where it
    /// was kept, infinite where none is known.
    pub left_out: f64,
}

/// A chosen reduction with what is needed to carry it out.
#[derive(Debug)]
pub(super) enum Plan {
    Zero,
    /// These samples count.
    Gram(Vec<usize>),
    Subspace(Directions),
}

impl Hessian {
    /// How [`spectrum`](Self::spectrum) will reduce the matrix: known in much less time
    /// than the spectrum takes, which grows as the cube of [`Reduction::size`].
    ///
    /// The residual part is left out only where it is exact to rounding: where
    /// [`residual_bound`](Self::residual_bound) is at most √p ε times (a lower bound of) the
    /// largest eigenvalue, less than the rounding of a dense solver of side p.
    #[must_use]
    pub fn reduction(&self) -> Reduction {
        self.plan(self.residual_is_rounding()).1
    }

    /// Whether the residual part cannot be told from rounding.
    pub(super) fn residual_is_rounding(&self) -> bool {
        let rounding = (self.size() as f64).sqrt() * f64::EPSILON * self.scale_of_eigenvalues();
        self.residual_bound() <= rounding
    }

    pub(super) fn plan(&self, gauss_newton: bool) -> (Plan, Reduction) {
        let directions = Directions::new(self, !gauss_newton);
        let (samples, size) = (self.active_samples(), directions.size());
        let rows = samples.len() * self.shape.outputs();
        let dead_units = self.shape.hidden() - directions.units.len();
        let (plan, method, size) = if directions.units.is_empty() {
            (Plan::Zero, Method::Zero, 0)
        } else if gauss_newton && rows <= size {
            (Plan::Gram(samples), Method::Gram, rows)
        } else {
            (Plan::Subspace(directions), Method::Subspace, size)
        };
        let reduction = Reduction {
            method,
            size,
            parameters: self.size(),
            dead_units,
            left_out: if gauss_newton {
                self.residual_bound()
            } else {
                0.0
            },
        };
        (plan, reduction)
    }

    /// Samples on which some unit is active: all others have zero rows in the Jacobian.
    fn active_samples(&self) -> Vec<usize> {
        (0..self.samples())
            .filter(|&sample| self.active.row(sample).iter().any(|&on| on > 0.0))
            .collect()
    }

    /// Rows of the Gram matrix that belong to these samples.
    pub(super) fn gram_rows(&self, samples: &[usize]) -> Vec<usize> {
        (0..self.shape.outputs())
            .flat_map(|output| {
                samples
                    .iter()
                    .map(move |sample| output * self.samples() + sample)
            })
            .collect()
    }

    /// A lower bound on the largest eigenvalue of the Gauss–Newton part: its largest diagonal
    /// entry in the n·d_out Gram form.
    pub(super) fn scale_of_eigenvalues(&self) -> f64 {
        let squared_inputs = self.squared_input_norms();
        let squared_weights = self.output_weights.map(|weight| weight * weight);
        let mut through_inputs = &self.active * squared_weights;
        for (sample, mut row) in through_inputs.row_iter_mut().enumerate() {
            let through_outputs = self.hidden.row(sample).norm_squared();
            row.apply(|value| *value = *value * squared_inputs[sample] + through_outputs);
        }
        self.scale * through_inputs.iter().copied().fold(0.0, f64::max)
    }
}
