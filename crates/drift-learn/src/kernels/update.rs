//! Updates of every parameter by a rule.
//!
//! Each entry is computed by itself, with fused multiply-add where written, so the bits do not
//! depend on how many entries an instruction takes.

use drift_simd::{Kernel, Level};

/// θ ← θ − rate · gradient
pub(crate) struct Descend<'a> {
    pub(crate) parameters: &'a mut [f64],
    pub(crate) gradient: &'a [f64],
    pub(crate) rate: f64,
}

impl Kernel for Descend<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, _: L) {
        let rate = -self.rate;
        for (parameter, &gradient) in self.parameters.iter_mut().zip(self.gradient) {
            *parameter = rate.mul_add(gradient, *parameter);
        }
    }
}

/// Subnormal numbers, which moments of a dead unit decay to and stay at, are slow on some
/// machines and contribute nothing.
#[inline(always)]
fn flush(value: f64) -> f64 {
    if value.abs() < f64::MIN_POSITIVE {
        0.0
    } else {
        value
    }
}

/// Adam's update of moments and parameters.
pub(crate) struct AdamUpdate<'a> {
    pub(crate) parameters: &'a mut [f64],
    pub(crate) gradient: &'a [f64],
    pub(crate) mean: &'a mut [f64],
    pub(crate) square: &'a mut [f64],
    /// 1 − β₁
    pub(crate) mean_weight: f64,
    /// β₂
    pub(crate) square_decay: f64,
    /// η/(1 − β₁ᵗ)
    pub(crate) rate: f64,
    /// 1/√(1 − β₂ᵗ)
    pub(crate) root_scale: f64,
    pub(crate) epsilon: f64,
}

impl Kernel for AdamUpdate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, _: L) {
        let square_weight = 1.0 - self.square_decay;
        let moments = self.mean.iter_mut().zip(self.square.iter_mut());
        let entries = self.parameters.iter_mut().zip(self.gradient);
        for ((parameter, &gradient), (mean, square)) in entries.zip(moments) {
            let m = flush((gradient - *mean).mul_add(self.mean_weight, *mean));
            let v =
                flush((square_weight * gradient).mul_add(gradient, self.square_decay * *square));
            *mean = m;
            *square = v;
            let denominator = v.sqrt().mul_add(self.root_scale, self.epsilon);
            *parameter -= self.rate * m / denominator;
        }
    }
}

/// RMSprop's update of the mean square and the parameters.
pub(crate) struct RmsPropUpdate<'a> {
    pub(crate) parameters: &'a mut [f64],
    pub(crate) gradient: &'a [f64],
    pub(crate) square: &'a mut [f64],
    pub(crate) decay: f64,
    pub(crate) rate: f64,
    /// Added to the mean square, inside the root.
    pub(crate) inside: f64,
    /// Added to the root.
    pub(crate) outside: f64,
}

impl Kernel for RmsPropUpdate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, _: L) {
        let weight = 1.0 - self.decay;
        let entries = self.parameters.iter_mut().zip(self.gradient);
        for ((parameter, &gradient), square) in entries.zip(self.square.iter_mut()) {
            let v = flush((weight * gradient).mul_add(gradient, self.decay * *square));
            *square = v;
            *parameter -= self.rate * gradient / ((v + self.inside).sqrt() + self.outside);
        }
    }
}

/// perturbation ← scale · perturbation; perturbed ← θ + perturbation
pub(crate) struct Perturb<'a> {
    pub(crate) parameters: &'a [f64],
    pub(crate) perturbation: &'a mut [f64],
    pub(crate) perturbed: &'a mut [f64],
    pub(crate) scale: f64,
}

impl Kernel for Perturb<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, _: L) {
        let targets = self.perturbed.iter_mut().zip(self.perturbation.iter_mut());
        for ((perturbed, perturbation), &parameter) in targets.zip(self.parameters) {
            *perturbation *= self.scale;
            *perturbed = parameter + *perturbation;
        }
    }
}

/// values ← factor · values
pub(crate) struct Scale<'a> {
    pub(crate) values: &'a mut [f64],
    pub(crate) factor: f64,
}

impl Kernel for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, _: L) {
        for value in self.values.iter_mut() {
            *value *= self.factor;
        }
    }
}
