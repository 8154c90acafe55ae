/// A loss to be minimised: all that [`Sed`](crate::Sed) asks of a problem.
///
/// A problem may hold data, noise and workspace, hence `&mut self`; the parameters stay with the
/// caller.
///
/// Yours to implement, for any problem; methods added later will have defaults.
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
}

impl<P: LossGradient + ?Sized> LossGradient for &mut P {
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        (**self).loss_gradient(parameters, gradient)
    }
}
