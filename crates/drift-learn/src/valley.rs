use crate::{Loss, LossGradient};

/// The two-dimensional valley of Figure 5A: L(x, y) = x² y².
///
/// Both axes are minima; along the x axis the curvature across the valley is 2x², so it flattens
/// towards the origin. Noise in the updates drives a point on the axis there: a small picture
/// of the drift after convergence.
///
/// With update noise of standard deviation s and learning rate η ≪ 1/x², a point on the x axis
/// moves by −η² s²/(2x) a step on average, with variance η² s².
///
/// ```
/// use drift_learn::{LearningRule, Loss, Sgd, SgdSettings, UpdateNoise, Valley};
///
/// let mut rule = Sgd::new(SgdSettings { learning_rate: 0.05 }, 2)?;
/// let mut noise = UpdateNoise::none();
/// let mut point = [1.0, 0.4];
/// for _ in 0..2000 {
///     rule.step(&mut Valley, &mut point, &mut noise);
/// }
/// assert!(Valley.loss(&point) < 1e-20);
/// # Ok::<(), drift_learn::Error>(())
/// ```
///
/// Source: Ratzon et al. 2023, Figure 5A, <https://doi.org/10.7554/eLife.90069>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Valley;

impl Valley {
    /// The Hessian at (x, y), `[[2y², 4xy], [4xy, 2x²]]`.
    #[must_use]
    pub fn hessian(point: [f64; 2]) -> [[f64; 2]; 2] {
        let [x, y] = point;
        [[2.0 * y * y, 4.0 * x * y], [4.0 * x * y, 2.0 * x * x]]
    }
}

impl Loss for Valley {
    fn dimension(&self) -> usize {
        2
    }

    /// # Panics
    /// Where `parameters` is not two long.
    fn loss(&mut self, parameters: &[f64]) -> f64 {
        let [x, y] = pair(parameters);
        x * x * y * y
    }
}

impl LossGradient for Valley {
    /// # Panics
    /// Where `parameters` or `gradient` is not two long.
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        let [x, y] = pair(parameters);
        gradient.copy_from_slice(&[2.0 * x * y * y, 2.0 * x * x * y]);
        x * x * y * y
    }
}

fn pair(parameters: &[f64]) -> [f64; 2] {
    let [x, y] = *parameters else {
        panic!("the valley has 2 parameters, not {}", parameters.len());
    };
    [x, y]
}
