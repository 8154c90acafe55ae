//! The networks and data that the step benchmarks share, at the sizes of `docs/performance.md`.

use drift_sim::env::Dataset;
use drift_sim::net::{Network, Regime, Samples, Shape, UnitSorter, Widths, Workspace};
use drift_sim::{Registry, presets};
use nalgebra::DMatrix;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardUniform};

/// One size of the tables: uniform data and a freshly drawn network.
pub struct Problem {
    pub name: &'static str,
    pub dataset: Dataset,
    pub network: Network,
}

impl Problem {
    /// S, M and L (Figure 2), L late in drift (a quarter of the units alive, each on its own
    /// stretch of the samples, 5% of all pairs active), and two and three hidden layers.
    pub fn all() -> Vec<Self> {
        vec![
            Self::random("S", 10, (20, 100, 10)),
            Self::random("M", 14, (30, 100, 30)),
            Self::random("L", 150, (18, 500, 17)),
            Self::sparse(),
            Self::random("D2", 10, (20, [100, 100], 10)),
            Self::random("D3", 150, (18, [200, 200, 200], 17)),
        ]
    }

    fn random(
        name: &'static str,
        samples: usize,
        (inputs, hidden, outputs): (usize, impl Into<Widths>, usize),
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let shape = Shape::new(inputs, hidden, outputs).expect("sizes start at 1");
        let network = Network::initialize(shape, Regime::Lazy, &mut rng);
        let mut centred = |_, _| {
            let uniform: f64 = StandardUniform.sample(&mut rng);
            2.0 * uniform - 1.0
        };
        let dataset = Dataset::new(
            DMatrix::from_fn(samples, inputs, &mut centred),
            DMatrix::from_fn(samples, outputs, &mut centred),
        )
        .expect("finite and of equal length");
        Self {
            name,
            dataset,
            network,
        }
    }

    /// Figure 2's data; the biases are set so that every fourth unit is active on a fifth of the
    /// samples and all others on none, and units are stored as a simulation stores them.
    fn sparse() -> Self {
        let scenario = presets::preset("figure2").expect("a preset");
        let dataset = Registry::new().dataset(&scenario);
        let dataset = dataset.expect("a preset builds");
        let (samples, inputs) = dataset.inputs().shape();
        let shape = Shape::new(inputs, 500, dataset.targets().ncols()).expect("sizes of Figure 2");
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut network = Network::initialize(shape, Regime::Lazy, &mut rng);
        let drives = dataset.inputs() * network.input_weights().transpose();
        let biases = shape.hidden() * inputs;
        for unit in 0..shape.hidden() {
            let mut drive: Vec<f64> = drives.column(unit).iter().copied().collect();
            drive.sort_by(f64::total_cmp);
            network.parameters_mut()[biases + unit] = if unit % 4 == 0 {
                -drive[samples * 4 / 5]
            } else {
                -drive[samples - 1] - 1.0
            };
        }
        let batch = Samples::new(dataset.inputs().as_view(), dataset.targets().as_view())
            .expect("finite data");
        let mut workspace = Workspace::new(&network, samples).expect("at least one sample");
        workspace.forward(network.parameters(), &batch);
        assert!((workspace.active_fraction() - 0.05).abs() < 0.005);
        let mut sorter = UnitSorter::new(shape, samples).expect("at least one sample");
        sorter.sort(&workspace);
        sorter.apply(network.parameters_mut());
        Self {
            name: "L_at_5_percent",
            dataset,
            network,
        }
    }
}
