//! Multiplicative noise on the parameters.

use drift_learn::{AnyNoise, Noise, NoiseSource, Stream, Streams};
use drift_net::Shape;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Where multiplicative noise on the parameters acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightPlace {
    /// The parameters themselves change after every step.
    #[default]
    AfterStep,
    /// A step's pass uses changed parameters θ̃, all samples the same, and its gradient is that of
    /// the loss at θ̃ through θ̃; the parameters stay.
    Transmission,
}

/// Noise on parameters with its source.
#[derive(Debug, Clone)]
pub(super) struct WeightNoise {
    noise: AnyNoise,
    pub(super) place: WeightPlace,
    pub(super) source: NoiseSource,
    /// Biases that are left alone, as ranges of the flat vector, and their values at hand.
    spared: Vec<std::ops::Range<usize>>,
    values: Vec<f64>,
    /// θ̃ of this step; empty after the step.
    pub(super) sent: Vec<f64>,
}

impl WeightNoise {
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) for a noise in transmission that is not multiplicative.
    pub(super) fn new(
        noise: AnyNoise,
        place: WeightPlace,
        biases: bool,
        shape: Shape,
        streams: &Streams,
    ) -> Result<Self, Error> {
        let multiplies = matches!(noise, AnyNoise::Proportional(_) | AnyNoise::LogNormal(_));
        let (stream, length) = match place {
            WeightPlace::AfterStep => (Stream::WeightNoise, 0),
            WeightPlace::Transmission if multiplies => {
                (Stream::TransmissionNoise, shape.parameters())
            }
            WeightPlace::Transmission => {
                let expected = "proportional or log_normal in transmission";
                return Err(Error::range("noise on weights", "another", expected));
            }
        };
        let of_layer = |layer: usize| {
            let width = shape.widths()[layer];
            let first = shape.first_parameter(layer) + width * shape.inputs_of(layer);
            first..first + width
        };
        let spared: Vec<_> = match biases {
            true => Vec::new(),
            false => (0..shape.layers()).map(of_layer).collect(),
        };
        Ok(Self {
            noise,
            place,
            source: streams.noise_source(stream)?,
            values: vec![0.0; spared.iter().map(std::ops::Range::len).sum()],
            spared,
            sent: vec![0.0; length],
        })
    }

    /// Changes parameters that are stored in an order of units, which leaves biases in their range.
    pub(super) fn change(&mut self, parameters: &mut [f64]) {
        let mut rest = self.values.as_mut_slice();
        for range in &self.spared {
            let (here, later) = rest.split_at_mut(range.len());
            here.copy_from_slice(&parameters[range.clone()]);
            rest = later;
        }
        self.noise.add_to(parameters, &mut self.source);
        let mut rest = self.values.as_slice();
        for range in &self.spared {
            let (here, later) = rest.split_at(range.len());
            parameters[range.clone()].copy_from_slice(here);
            rest = later;
        }
    }

    /// Draws what this step's pass uses instead of `parameters`.
    pub(super) fn transmit(&mut self, parameters: &[f64]) {
        let mut sent = std::mem::take(&mut self.sent);
        sent.copy_from_slice(parameters);
        self.change(&mut sent);
        self.sent = sent;
    }

    /// From the gradient at θ̃ to that at θ: times ∂θ̃/∂θ = θ̃/θ, and 1 at 0, which does not move.
    pub(super) fn through(&self, parameters: &[f64], gradient: &mut [f64]) {
        let factors = self.sent.iter().zip(parameters);
        for (slope, (sent, value)) in gradient.iter_mut().zip(factors) {
            if *value != 0.0 {
                *slope *= sent / value;
            }
        }
    }
}
