use nalgebra::DMatrix;

use crate::kernels::{self, Buffers, LANES, Lanes, Layer};
use crate::{Activation, Error, HiddenNoise, Network, Samples, Shape, SimdLevel};

/// Everything a pass through the network writes, allocated once.
///
/// It is built for the shape and the activation function of a network and a number of samples.
/// The passes take any parameter vector of that shape and allocate nothing, which is what a
/// training loop wants. [`Network`] has allocating twins of each.
///
/// The ReLU is the fastest by far, the more so the sparser: a unit of any other function has a
/// gradient on every sample.
///
/// ```
/// use drift_net::{Network, Regime, Samples, Shape, Workspace};
/// use drift_net::nalgebra::DMatrix;
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let shape = Shape::new(2, 16, 1)?;
/// let mut network = Network::initialize(shape, Regime::Rich, &mut ChaCha8Rng::seed_from_u64(1));
/// let inputs = DMatrix::from_row_slice(4, 2, &[0., 0., 0., 1., 1., 0., 1., 1.]);
/// let targets = DMatrix::from_row_slice(4, 1, &[0., 1., 1., 0.]);
/// let samples = Samples::new(inputs.as_view(), targets.as_view())?;
/// let mut workspace = Workspace::new(&network, samples.len())?;
/// let mut gradient = vec![0.0; shape.parameters()];
/// let before = workspace.loss(network.parameters(), &samples);
/// for _ in 0..500 {
///     workspace.loss_gradient(network.parameters(), &samples, &mut gradient);
///     for (parameter, slope) in network.parameters_mut().iter_mut().zip(&gradient) {
///         *parameter -= 0.1 * slope;
///     }
/// }
/// assert!(workspace.loss(network.parameters(), &samples) < 0.01 * before);
/// # Ok::<(), drift_net::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Workspace {
    level: SimdLevel,
    buffers: Buffers,
}

impl Workspace {
    /// Buffers for passes of `samples` samples through `network`, or through any other of its
    /// shape and activation function, on the instruction set of [`SimdLevel::selected`].
    ///
    /// # Errors
    /// [`Error::ZeroDimension`] for no samples; [`Error::OutOfRange`] for more than fit the address
    /// space; [`Error::Simd`] where `DRIFT_SIMD` names an instruction set this machine lacks.
    pub fn new(network: &Network, samples: usize) -> Result<Self, Error> {
        network.shape().check_samples(samples)?;
        Ok(Self {
            level: SimdLevel::selected()?,
            buffers: Buffers::new(network.shape(), network.activation(), samples),
        })
    }

    /// The same buffers on another instruction set.
    ///
    /// # Errors
    /// [`Error::Simd`] where this machine lacks `level`.
    pub fn with_simd_level(mut self, level: SimdLevel) -> Result<Self, Error> {
        self.level = level.checked()?;
        Ok(self)
    }

    /// The activation function.
    #[must_use]
    pub fn activation(&self) -> Activation {
        self.buffers.activation()
    }

    /// The sizes of the network.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.buffers.shape()
    }

    /// The number of samples of a pass.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.buffers.samples()
    }

    /// The instruction set in use.
    #[must_use]
    pub fn simd_level(&self) -> SimdLevel {
        self.level
    }

    /// Computes hidden activity and outputs, to be read by [`Workspace::hidden`],
    /// [`Workspace::outputs`] and the fractions.
    ///
    /// # Panics
    /// Where `parameters` or `samples` do not have this workspace's sizes.
    pub fn forward(&mut self, parameters: &[f64], samples: &Samples) {
        kernels::forward(self.level, parameters, samples, &mut self.buffers, None);
    }

    /// [`forward`](Self::forward) with noise on hidden activity.
    ///
    /// # Panics
    /// Where `parameters`, `samples` or `noise` do not have this workspace's sizes.
    pub fn noisy_forward(&mut self, parameters: &[f64], samples: &Samples, noise: &HiddenNoise) {
        let buffers = &mut self.buffers;
        kernels::forward(self.level, parameters, samples, buffers, Some(noise));
    }

    /// Forward pass and loss: the mean over all n·d_out entries of (output − target)².
    ///
    /// # Panics
    /// Where `parameters` or `samples` do not have this workspace's sizes.
    #[must_use]
    pub fn loss(&mut self, parameters: &[f64], samples: &Samples) -> f64 {
        kernels::loss(self.level, parameters, samples, &mut self.buffers, None)
    }

    /// [`loss`](Self::loss) with noise on hidden activity.
    ///
    /// # Panics
    /// Where `parameters`, `samples` or `noise` do not have this workspace's sizes.
    #[must_use]
    pub fn noisy_loss(
        &mut self,
        parameters: &[f64],
        samples: &Samples,
        noise: &HiddenNoise,
    ) -> f64 {
        let buffers = &mut self.buffers;
        kernels::loss(self.level, parameters, samples, buffers, Some(noise))
    }

    /// Forward pass, loss and gradient of the loss, which is written to `gradient` in the order
    /// of the parameters. The derivative of the ReLU at 0 is 0; [`Activation`] has the others.
    ///
    /// # Panics
    /// Where `parameters`, `samples` or `gradient` do not have this workspace's sizes.
    pub fn loss_gradient(
        &mut self,
        parameters: &[f64],
        samples: &Samples,
        gradient: &mut [f64],
    ) -> f64 {
        let buffers = &mut self.buffers;
        kernels::loss_gradient(self.level, parameters, samples, buffers, None, gradient)
    }

    /// [`loss_gradient`](Self::loss_gradient) with noise on hidden activity: the gradient of the
    /// loss of this very pass. Nothing is allocated but at the first noisy pass.
    ///
    /// # Panics
    /// Where `parameters`, `samples`, `noise` or `gradient` do not have this workspace's sizes.
    pub fn noisy_loss_gradient(
        &mut self,
        parameters: &[f64],
        samples: &Samples,
        noise: &HiddenNoise,
        gradient: &mut [f64],
    ) -> f64 {
        let (buffers, noise) = (&mut self.buffers, Some(noise));
        kernels::loss_gradient(self.level, parameters, samples, buffers, noise, gradient)
    }

    /// Hidden activity f(z) of the last pass, (samples × units), layers side by side from the
    /// inputs up.
    #[must_use]
    pub fn hidden(&self) -> DMatrix<f64> {
        self.unblocked(|layer| &layer.hidden)
    }

    /// What the units sent on in the last pass, (samples × units), layers side by side: the hidden
    /// activity where there was no noise.
    #[must_use]
    pub fn sent(&self) -> DMatrix<f64> {
        self.unblocked(Layer::activity_sent)
    }

    /// Blocks of units (blocks × samples) of each layer as columns, (samples × units).
    fn unblocked(&self, of: impl Fn(&Layer) -> &[Lanes]) -> DMatrix<f64> {
        let samples = self.samples();
        let mut values = Vec::with_capacity(samples * self.shape().hidden());
        for layer in &self.buffers.layers {
            let blocks = of(layer);
            for unit in 0..layer.units {
                let block = &blocks[unit / LANES * samples..][..samples];
                values.extend(block.iter().map(|lanes| lanes.0[unit % LANES]));
            }
        }
        DMatrix::from_vec(samples, self.shape().hidden(), values)
    }

    /// Outputs of the last pass, (samples × outputs).
    #[must_use]
    pub fn outputs(&self) -> DMatrix<f64> {
        DMatrix::from_row_slice(self.samples(), self.shape().outputs(), self.output_rows())
    }

    /// Outputs of the last pass, (samples × outputs) with a sample's channels side by side.
    #[must_use]
    pub fn output_rows(&self) -> &[f64] {
        &self.buffers.last().outputs
    }

    /// Whether `unit` was active on `sample` in the last pass, as [`Activation::is_active`] says.
    /// Units are counted through all layers from the inputs up.
    ///
    /// # Panics
    /// Where either is out of range.
    #[must_use]
    pub fn is_active(&self, unit: usize, sample: usize) -> bool {
        let samples = self.samples();
        assert!(sample < samples, "sample {sample} of {samples}");
        let mut first = 0;
        for layer in &self.buffers.layers {
            if unit < first + layer.units {
                let unit = unit - first;
                return layer.active[unit / LANES * samples + sample] >> (unit % LANES) & 1 == 1;
            }
            first += layer.units;
        }
        panic!("unit {unit} of {first}");
    }

    /// Share of (unit, sample) pairs of the last pass that were active: with hidden activity above
    /// 0 for the ReLU, and as [`Activation::is_active`] says for others.
    #[must_use]
    pub fn active_fraction(&self) -> f64 {
        let active: u32 = self.buffers.layers.iter().map(active_pairs).sum();
        f64::from(active) / (self.shape().hidden() * self.samples()) as f64
    }

    /// [`active_fraction`](Self::active_fraction) of the units of hidden layer `layer`.
    ///
    /// # Panics
    /// Where there is no such layer.
    #[must_use]
    pub fn active_fraction_of(&self, layer: usize) -> f64 {
        let layer = &self.buffers.layers[layer];
        f64::from(active_pairs(layer)) / (layer.units * self.samples()) as f64
    }

    /// Share of units of the last pass that were active on at least one sample.
    #[must_use]
    pub fn fraction_active_units(&self) -> f64 {
        let samples = self.samples();
        let layers = self.buffers.layers.iter();
        let active: u32 = layers.map(|layer| active_units(layer, samples)).sum();
        f64::from(active) / self.shape().hidden() as f64
    }

    /// [`fraction_active_units`](Self::fraction_active_units) of hidden layer `layer`.
    ///
    /// # Panics
    /// Where there is no such layer.
    #[must_use]
    pub fn fraction_active_units_of(&self, layer: usize) -> f64 {
        let layer = &self.buffers.layers[layer];
        f64::from(active_units(layer, self.samples())) / layer.units as f64
    }
}

/// Flags that are set, of all blocks.
fn active_pairs(layer: &Layer) -> u32 {
    layer.active.iter().map(|flags| flags.count_ones()).sum()
}

/// Units of which a flag is set on some sample.
fn active_units(layer: &Layer, samples: usize) -> u32 {
    layer
        .active
        .chunks_exact(samples)
        .map(|block| block.iter().fold(0, |any, &flags| any | flags).count_ones())
        .sum()
}
