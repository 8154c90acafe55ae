//! Update noise in pairs of opposite tangent part.

use drift_sim::learn::NoiseSource;
use drift_sim::net::Hessian;
use drift_sim::net::nalgebra::{DMatrix, DVector};

/// Normal noise ξ of a given size, or its reflection (1 − 2P) ξ with P the projector on the
/// tangent space at the starting point.
///
/// A reflection is orthogonal, so both have the same distribution and either run of a pair is a
/// fair one. In the mean of the two the tangent noise cancels, and with it, at leading order, the
/// product of tangent and normal fluctuations, which has mean zero but outweighs the drift.
#[derive(Debug, Clone)]
pub struct MirroredNoise {
    source: NoiseSource,
    standard_deviation: f64,
    /// Orthonormal basis of the normal space, where reflection is asked for.
    normal: Option<DMatrix<f64>>,
    draw: DVector<f64>,
}

impl MirroredNoise {
    pub fn new(
        source: NoiseSource,
        standard_deviation: f64,
        size: usize,
        normal: Option<&DMatrix<f64>>,
    ) -> Self {
        Self {
            source,
            standard_deviation,
            normal: normal.cloned(),
            draw: DVector::zeros(size),
        }
    }

    pub fn add_to(&mut self, gradient: &mut [f64]) {
        self.source.fill_normal(self.draw.as_mut_slice());
        if let Some(normal) = &self.normal {
            let along = normal.tr_mul(&self.draw);
            // −ξ + 2 Q Qᵀ ξ
            self.draw.gemv(2.0, normal, &along, -1.0);
        }
        for (entry, draw) in gradient.iter_mut().zip(self.draw.iter()) {
            *entry += self.standard_deviation * draw;
        }
    }
}

/// Orthonormal basis of the row space of the Jacobian, (parameters × n·d_out): the normal space
/// where all n·d_out eigenvalues of the Gram matrix are above zero.
pub fn normal_basis(hessian: &Hessian) -> DMatrix<f64> {
    let (samples, outputs) = (hessian.samples(), hessian.shape().outputs());
    let columns: Vec<DVector<f64>> = (0..samples * outputs)
        .map(|index| {
            let mut one = DMatrix::zeros(samples, outputs);
            one[index] = 1.0;
            DVector::from_vec(hessian.jacobian_transpose_times(one.as_view()))
        })
        .collect();
    DMatrix::from_columns(&columns).qr().q()
}
