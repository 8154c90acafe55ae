//! Noise on hidden activity and dropout, drawn step by step.

use drift_learn::{NoiseSource, Stream, Streams};
use drift_net::{HiddenNoise, Shape};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::check::{in_range, same_size};

/// Noise inside the hidden layers: one number a layer, from the inputs up.
#[derive(Debug, Clone, PartialEq)]
pub struct HiddenNoiseSettings {
    /// Standard deviations of normal noise on the pre-activations, ≥ 0.
    pub before: Vec<f64>,
    /// Standard deviations of normal noise on the activity, ≥ 0; what is sent on may be negative.
    pub after: Vec<f64>,
    /// Probabilities p of dropout, 0 ≤ p < 1: a unit sends 0, or its activity over 1 − p.
    pub dropout: Vec<f64>,
    /// Whether samples have masks of their own.
    pub masks: Masks,
    /// Steps that masks of a batch are kept for, ≥ 1.
    pub hold: u64,
}

/// Which samples share a mask of dropout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Masks {
    /// Every sample has its own.
    #[default]
    PerSample,
    /// All samples of a step have one.
    PerBatch,
}

impl HiddenNoiseSettings {
    /// No noise in any of the layers.
    #[must_use]
    pub fn none(layers: usize) -> Self {
        Self {
            before: vec![0.0; layers],
            after: vec![0.0; layers],
            dropout: vec![0.0; layers],
            masks: Masks::PerSample,
            hold: 1,
        }
    }

    /// Whether nothing is drawn.
    #[must_use]
    pub fn is_none(&self) -> bool {
        let mut all = self.before.iter().chain(&self.after).chain(&self.dropout);
        all.all(|&value| value == 0.0)
    }

    fn check(&self, shape: Shape) -> Result<(), Error> {
        let layers = shape.layers();
        for (field, values, below) in [
            ("noise before f", &self.before, f64::INFINITY),
            ("noise after f", &self.after, f64::INFINITY),
            ("dropout", &self.dropout, 1.0),
        ] {
            same_size(format!("layers of {field}"), values.len(), layers)?;
            for &value in values {
                let expected = match below {
                    1.0 => "0 <= p < 1",
                    _ => "a finite number >= 0",
                };
                in_range(field, value, (0.0..below).contains(&value), expected)?;
            }
        }
        let holds = self.hold == 1 || (self.hold > 1 && self.masks == Masks::PerBatch);
        in_range("hold", self.hold, holds, "1, or more with masks per batch")
    }
}

/// What draws the noise of hidden layers.
#[derive(Debug, Clone)]
pub(super) struct HiddenDraws {
    settings: HiddenNoiseSettings,
    before: NoiseSource,
    after: NoiseSource,
    dropout: NoiseSource,
    /// Steps until the masks that are kept are drawn anew.
    left: u64,
    /// Gains of each layer's units, 0 or 1/(1 − p), where all samples share them.
    kept: Vec<Vec<f64>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct HiddenState {
    sources: [NoiseSource; 3],
    left: u64,
    kept: Vec<Vec<f64>>,
}

impl HiddenDraws {
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) and [`Error::ShapeMismatch`].
    pub(super) fn new(
        settings: HiddenNoiseSettings,
        shape: Shape,
        streams: &Streams,
    ) -> Result<Self, Error> {
        settings.check(shape)?;
        let kept = |(&width, &p): (&usize, &f64)| match settings.masks {
            Masks::PerBatch if p > 0.0 => vec![1.0; width],
            _ => Vec::new(),
        };
        let layers = shape.widths().iter().zip(&settings.dropout);
        Ok(Self {
            kept: layers.map(kept).collect(),
            settings,
            before: streams.noise_source(Stream::NoiseBefore)?,
            after: streams.noise_source(Stream::NoiseAfter)?,
            dropout: streams.noise_source(Stream::Dropout)?,
            left: 0,
        })
    }

    /// The noise of one step, layers upwards and row by row.
    pub(super) fn draw(&mut self, noise: &mut HiddenNoise) {
        let fresh = self.left == 0;
        for layer in 0..self.settings.before.len() {
            let to = noise.layer_mut(layer);
            let p = self.settings.dropout[layer];
            let kept = &mut self.kept[layer];
            if p > 0.0 && kept.is_empty() {
                masks(p, to.gain_mut(), &mut self.dropout);
            } else if p > 0.0 {
                if fresh {
                    masks(p, kept, &mut self.dropout);
                }
                for row in to.gain_mut().chunks_exact_mut(kept.len()) {
                    row.copy_from_slice(kept);
                }
            }
            // What is not asked for is not there.
            if self.settings.before[layer] > 0.0 {
                normals(
                    self.settings.before[layer],
                    to.before_mut(),
                    &mut self.before,
                );
            }
            if self.settings.after[layer] > 0.0 {
                normals(self.settings.after[layer], to.after_mut(), &mut self.after);
            }
        }
        self.left = match fresh {
            true => self.settings.hold - 1,
            false => self.left - 1,
        };
    }

    pub(super) fn state(&self) -> HiddenState {
        HiddenState {
            sources: [&self.before, &self.after, &self.dropout].map(NoiseSource::clone),
            left: self.left,
            kept: self.kept.clone(),
        }
    }

    pub(super) fn restore(&mut self, state: HiddenState) -> Result<(), Error> {
        let lengths = |kept: &[Vec<f64>]| -> Vec<usize> { kept.iter().map(Vec::len).collect() };
        let (found, expected) = (lengths(&state.kept), lengths(&self.kept));
        in_range(
            "masks of the state",
            format!("{found:?}"),
            found == expected,
            format!("{expected:?}"),
        )?;
        [self.before, self.after, self.dropout] = state.sources;
        self.left = state.left;
        self.kept = state.kept;
        Ok(())
    }
}

fn normals(deviation: f64, values: &mut [f64], source: &mut NoiseSource) {
    values.fill(0.0);
    source.add_normal(deviation, values);
}

/// Independent gains, 0 with probability `p` and else 1/(1 − p).
fn masks(p: f64, gains: &mut [f64], source: &mut NoiseSource) {
    gains.fill(0.5);
    source.add_uniform(1.0, gains);
    let gain = 1.0 / (1.0 - p);
    for value in gains {
        *value = if *value < p { 0.0 } else { gain };
    }
}
