//! Noise inside the hidden layers, drawn by the caller.

use super::{LANES, Lanes, Layer, ZERO, tiles};
use crate::{Error, Network, Shape};

/// Noise on the activity of every hidden layer for one pass, which the caller draws.
///
/// A layer sends on gain ∘ (f(z + before) + after) instead of f(z). Each of the three is absent
/// until it is asked for. So activity noise, on the pre-activation or on the activity, fills
/// `before` or `after`; dropout with probability p fills `gain` with 0 and 1/(1 − p), row by row or
/// the same for all samples. The gradient is that of the loss of this very pass, with f′ at the
/// noisy z. A unit counts as active by f(z + before).
///
/// ```
/// use drift_net::{HiddenNoise, Network, Regime, Samples, Shape, Workspace, nalgebra::DMatrix};
/// use rand_chacha::{ChaCha8Rng, rand_core::{Rng, SeedableRng}};
///
/// let mut rng = ChaCha8Rng::seed_from_u64(1);
/// let network = Network::initialize(Shape::new(3, [20, 20], 2)?, Regime::Rich, &mut rng);
/// let inputs = DMatrix::from_fn(4, 3, |i, a| (i + 2 * a) as f64 / 5.0 - 0.5);
/// let targets = DMatrix::from_fn(4, 2, |i, k| (i * k) as f64);
/// let samples = Samples::new(inputs.as_view(), targets.as_view())?;
/// let mut workspace = Workspace::new(&network, samples.len())?;
/// let mut gradient = vec![0.0; network.parameters().len()];
///
/// // Half of the second layer's units are left out, for each sample others.
/// let mut noise = HiddenNoise::new(&network, samples.len())?;
/// for _ in 0..10 {
///     for gain in noise.layer_mut(1).gain_mut() {
///         *gain = if rng.next_u32() % 2 == 0 { 0.0 } else { 2.0 };
///     }
///     workspace.noisy_loss_gradient(network.parameters(), &samples, &noise, &mut gradient);
/// }
/// # Ok::<(), drift_net::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct HiddenNoise {
    shape: Shape,
    samples: usize,
    layers: Vec<LayerNoise>,
}

/// Noise on the activity of one hidden layer for one pass; see [`HiddenNoise`].
#[derive(Debug, Clone, PartialEq)]
pub struct LayerNoise {
    /// samples · units.
    length: usize,
    before: Vec<f64>,
    after: Vec<f64>,
    gain: Vec<f64>,
}

impl HiddenNoise {
    /// No noise in any layer, for passes of `samples` samples through networks of this shape.
    ///
    /// # Errors
    /// [`Error::ZeroDimension`] for no samples.
    pub fn new(network: &Network, samples: usize) -> Result<Self, Error> {
        if samples == 0 {
            return Err(Error::ZeroDimension { field: "samples" });
        }
        let shape = network.shape();
        let layer = |&units: &usize| LayerNoise {
            length: samples * units,
            before: Vec::new(),
            after: Vec::new(),
            gain: Vec::new(),
        };
        Ok(Self {
            shape,
            samples,
            layers: shape.widths().iter().map(layer).collect(),
        })
    }

    /// The noise of hidden layer `layer`, from 0 at the inputs up.
    ///
    /// # Panics
    /// Where there is no such layer.
    pub fn layer_mut(&mut self, layer: usize) -> &mut LayerNoise {
        &mut self.layers[layer]
    }

    pub(super) fn is_noisy(&self, layer: usize) -> bool {
        self.layer(layer).is_some()
    }

    /// The noise of a layer, if it has any.
    #[inline(always)]
    pub(super) fn layer(&self, layer: usize) -> Option<&LayerNoise> {
        let noise = &self.layers[layer];
        let some = !(noise.before.is_empty() && noise.after.is_empty() && noise.gain.is_empty());
        some.then_some(noise)
    }

    pub(super) fn assert_fits(&self, shape: Shape, samples: usize) {
        assert_eq!(self.shape, shape, "shape of the noise");
        assert_eq!(self.samples, samples, "samples of the noise");
    }
}

impl LayerNoise {
    /// What is added to the pre-activation, (samples × units) row by row; 0 where it was never
    /// asked for.
    pub fn before_mut(&mut self) -> &mut [f64] {
        self.before.resize(self.length, 0.0);
        &mut self.before
    }

    /// What is added to the activity, (samples × units) row by row; 0 where it was never asked for.
    pub fn after_mut(&mut self) -> &mut [f64] {
        self.after.resize(self.length, 0.0);
        &mut self.after
    }

    /// What multiplies the activity, (samples × units) row by row; 1 where it was never asked for.
    pub fn gain_mut(&mut self) -> &mut [f64] {
        self.gain.resize(self.length, 1.0);
        &mut self.gain
    }
}

/// Entries of a block on one sample: of (samples × units), row by row.
#[inline(always)]
fn entries(values: &[f64], units: usize, block: usize, sample: usize) -> &[f64] {
    let count = LANES.min(units - LANES * block);
    &values[sample * units + LANES * block..][..count]
}

impl LayerNoise {
    /// Adds what comes before the function to the pre-activations of a block on one sample.
    #[inline(always)]
    pub(super) fn add_before(&self, units: usize, block: usize, sample: usize, to: &mut Lanes) {
        if !self.before.is_empty() {
            let noise = entries(&self.before, units, block, sample);
            for (value, noise) in to.0.iter_mut().zip(noise) {
                *value += noise;
            }
        }
    }

    /// What is sent on for a block's activity on one sample.
    #[inline(always)]
    pub(super) fn send(&self, units: usize, block: usize, sample: usize, activity: Lanes) -> Lanes {
        let mut sent = activity;
        if !self.after.is_empty() {
            let noise = entries(&self.after, units, block, sample);
            for (value, noise) in sent.0.iter_mut().zip(noise) {
                *value += noise;
            }
        }
        self.scale(units, block, sample, &mut sent);
        sent
    }

    /// Multiplies a block on one sample with the gain.
    #[inline(always)]
    pub(super) fn scale(&self, units: usize, block: usize, sample: usize, to: &mut Lanes) {
        if !self.gain.is_empty() {
            let gain = entries(&self.gain, units, block, sample);
            for (value, gain) in to.0.iter_mut().zip(gain) {
                *value *= gain;
            }
        }
    }
}

impl Layer {
    /// Says whether the next pass is noisy; makes room at the first that is.
    pub(super) fn expect_noise(&mut self, noisy: bool) {
        self.noisy = noisy;
        if noisy {
            self.sent.resize(self.hidden.len(), ZERO);
            self.derivatives
                .resize(tiles::MAX_GROUP * self.samples, ZERO);
        }
    }
}
