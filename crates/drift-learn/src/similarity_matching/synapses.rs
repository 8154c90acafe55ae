use super::columns::Columns;
use super::kernels::{Drive, Settle};
use super::settings::SimilarityMatchingSettings;
use crate::SimdLevel;

/// How the activities came to rest on an input.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Settled {
    /// Euler steps done.
    pub iterations: u32,
    /// Relative change a unit of time in the last one.
    pub error: f64,
}

/// W, M and b.
#[derive(Debug, Clone)]
pub(super) struct Synapses {
    /// W, a column a channel.
    pub(super) feedforward: Columns,
    /// M with a zero diagonal: the product needs no special case. The diagonal lives apart.
    pub(super) lateral: Columns,
    pub(super) diagonal: Vec<f64>,
    pub(super) bias: Columns,
}

impl Synapses {
    pub(super) fn settle(
        &self,
        settings: &SimilarityMatchingSettings,
        level: SimdLevel,
        input: &[f64],
        workspace: &mut Workspace,
    ) -> Settled {
        level.run(Drive {
            feedforward: self.feedforward.blocks(),
            bias: self.bias.blocks(),
            bias_weight: settings.similarity_offset.sqrt(),
            input,
            negative_input: &mut workspace.negative_input,
            list: &mut workspace.list,
            drive: workspace.drive.blocks_mut(),
        });
        let (iterations, error) = level.run(Settle {
            settling: &settings.settling,
            lasso: settings.lasso,
            lateral: self.lateral.blocks(),
            gain: workspace.gain.blocks(),
            drive: workspace.drive.blocks(),
            potential: workspace.potential.blocks_mut(),
            activity: workspace.activity.blocks_mut(),
            current: workspace.current.blocks_mut(),
            switches: workspace.switches.blocks_mut(),
            list: &mut workspace.list,
        });
        Settled { iterations, error }
    }

    /// Puts the diagonal of M where the rest of it is.
    pub(super) fn put_diagonal(&mut self) {
        for (unit, &value) in self.diagonal.iter().enumerate() {
            self.lateral.column_mut(unit)[unit] = value;
        }
    }

    /// Takes the diagonal of M out again.
    pub(super) fn take_diagonal(&mut self) {
        for (unit, value) in self.diagonal.iter_mut().enumerate() {
            *value = std::mem::take(&mut self.lateral.column_mut(unit)[unit]);
        }
    }
}

/// What the dynamics of one input need.
#[derive(Debug, Clone)]
pub(super) struct Workspace {
    gain: Columns,
    drive: Columns,
    pub(super) potential: Columns,
    pub(super) activity: Columns,
    current: Columns,
    switches: Columns,
    negative_input: Vec<f64>,
    list: Vec<u32>,
}

impl Workspace {
    pub(super) fn new(units: usize, channels: usize) -> Self {
        let vector = Columns::zeros(units, 1);
        Self {
            gain: vector.clone(),
            drive: vector.clone(),
            potential: vector.clone(),
            activity: vector.clone(),
            current: vector.clone(),
            switches: vector,
            negative_input: vec![0.0; channels],
            list: Vec::with_capacity(channels.max(units + 16)),
        }
    }

    pub(super) fn silence(&mut self) {
        self.activity.padded_mut().fill(0.0);
        self.potential.padded_mut().fill(0.0);
    }

    /// 1/(λ₂ + diag M); the padding keeps its 0.
    pub(super) fn set_gain(&mut self, settings: &SimilarityMatchingSettings, diagonal: &[f64]) {
        for (gain, &value) in self.gain.column_mut(0).iter_mut().zip(diagonal) {
            *gain = (settings.ridge + value).recip();
        }
    }
}
