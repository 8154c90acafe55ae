/// A loss to be minimised: all that [`Sed`](crate::Sed) asks of a problem.
///
/// A problem may hold data, noise and workspace, hence `&mut self`; the parameters stay with the
/// caller.
///
/// Yours to implement, for any problem; methods added later will have defaults.
///
/// ```
/// use drift_learn::{Adam, AdamSettings, LearningRule, Loss, LossGradient, UpdateNoise};
///
/// /// L = Σ (θ − 3)².
/// struct Bowl;
///
/// impl Loss for Bowl {
///     fn dimension(&self) -> usize {
///         2
///     }
///     fn loss(&mut self, parameters: &[f64]) -> f64 {
///         parameters.iter().map(|value| (value - 3.0).powi(2)).sum()
///     }
/// }
///
/// impl LossGradient for Bowl {
///     fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
///         for (slope, value) in gradient.iter_mut().zip(parameters) {
///             *slope = 2.0 * (value - 3.0);
///         }
///         self.loss(parameters)
///     }
/// }
///
/// let settings = AdamSettings { learning_rate: 0.01, ..AdamSettings::pytorch() };
/// let mut rule = Adam::new(settings, Bowl.dimension())?;
/// let mut point = [0.0, 5.0];
/// for _ in 0..3000 {
///     rule.step(&mut Bowl, &mut point, &mut UpdateNoise::none());
/// }
/// assert!(Bowl.loss(&point) < 1e-10);
/// # Ok::<(), drift_learn::Error>(())
/// ```
pub trait Loss {
    /// Number of parameters.
    #[must_use]
    fn dimension(&self) -> usize;

    /// Loss on the clean data.
    ///
    /// # Panics
    /// May panic where `parameters` is not [`dimension`](Loss::dimension) long.
    fn loss(&mut self, parameters: &[f64]) -> f64;

    /// Loss on the data of the step being made, which may carry fresh input or label noise.
    /// The same as [`loss`](Loss::loss) unless a problem has such noise.
    ///
    /// # Panics
    /// As [`loss`](Loss::loss).
    fn step_loss(&mut self, parameters: &[f64]) -> f64 {
        self.loss(parameters)
    }

    /// Loss at other parameters within the step of the last [`step_loss`](Loss::step_loss): on the
    /// same samples with the same masks and noise on hidden activity, without noise on inputs and
    /// labels. The same as [`loss`](Loss::loss) unless a problem has such draws.
    ///
    /// # Panics
    /// As [`loss`](Loss::loss).
    fn same_step_loss(&mut self, parameters: &[f64]) -> f64 {
        self.loss(parameters)
    }
}

/// A loss with an analytic gradient: what [`Sgd`](crate::Sgd), [`Adam`](crate::Adam) and
/// [`RmsProp`](crate::RmsProp) ask of a problem.
///
/// Yours to implement, as [`Loss`] is.
pub trait LossGradient: Loss {
    /// Writes the gradient ∂L/∂θ on this step's data and returns the loss on the same data.
    ///
    /// # Panics
    /// May panic where `parameters` or `gradient` is not [`dimension`](Loss::dimension) long.
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64;
}

impl<P: Loss + ?Sized> Loss for &mut P {
    fn dimension(&self) -> usize {
        (**self).dimension()
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        (**self).loss(parameters)
    }

    fn step_loss(&mut self, parameters: &[f64]) -> f64 {
        (**self).step_loss(parameters)
    }

    fn same_step_loss(&mut self, parameters: &[f64]) -> f64 {
        (**self).same_step_loss(parameters)
    }
}

impl<P: LossGradient + ?Sized> LossGradient for &mut P {
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        (**self).loss_gradient(parameters, gradient)
    }
}
