//! A small network on the manifold of zero loss: predicted and measured drift.

use std::fmt;

use drift_sim::env::Dataset;
use drift_sim::learn::{AnyNoise, Gaussian, Stream, Streams, Uniform, UpdateNoise};
use drift_sim::net::nalgebra::DMatrix;
use drift_sim::net::{
    Agreement, EnsembleDrift, GradientNoise, Hessian, Network, StepLimit, ZeroLossPoint,
    kink_crossings,
};
use drift_sim::{Error, NetworkProblem, System as _, Training, presets};
use rayon::prelude::*;

use super::ensemble::{Motion, Noise, Recorded, Window};
use super::mirror::{MirroredNoise, normal_basis};

/// Eigenvalues up to this count as zero.
pub const TOLERANCE: f64 = 1e-9;

/// Where gradient descent without noise has come to rest.
#[derive(Debug)]
pub struct Rest {
    pub network: Network,
    pub dataset: Dataset,
    pub steps: u64,
    pub seed: u64,
}

impl Rest {
    /// The smallest preactivation by magnitude, over units and samples.
    pub fn nearest_kink(&self) -> f64 {
        let mut preactivation = self.dataset.inputs() * self.network.input_weights().transpose();
        for mut row in preactivation.row_iter_mut() {
            row += self.network.bias().transpose();
        }
        let magnitudes = preactivation.iter().map(|value| value.abs());
        magnitudes.fold(f64::INFINITY, f64::min)
    }
}

impl fmt::Display for Rest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seed, steps, kink) = (self.seed, self.steps, self.nearest_kink());
        write!(
            formatter,
            "seed {seed}, at rest after {steps} steps, nearest kink {kink:.0e}"
        )
    }
}

/// Trains the network n 5, d_in 6, h 20, d_out 3 without noise until its residuals are rounding.
pub fn rest(seed: u64) -> Result<Rest, Error> {
    let mut unchecked = presets::preset("random-sgd")?.into_unchecked();
    unchecked.seed = seed;
    for setting in [
        "task.random.samples=5",
        "task.random.input_dimension=6",
        "task.random.output_dimension=3",
        "network.hidden=20",
        "network.regime=\"rich\"",
    ] {
        unchecked.set(setting)?;
    }
    let mut training = Training::of(&unchecked.try_into()?)?;
    while training.step() > 1e-29 && training.steps_done() < 1_000_000 {}
    Ok(Rest {
        network: training.network().expect("descent stays finite"),
        dataset: training.dataset().clone(),
        steps: training.steps_done(),
        seed,
    })
}

/// Which noise drives the ensemble.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Normal, with this standard deviation on every entry of the gradient.
    Update(f64),
    /// Uniform, with this width on every target.
    Label(f64),
}

impl Kind {
    fn covariance(self, targets: usize) -> GradientNoise {
        match self {
            Kind::Update(deviation) => GradientNoise::Update {
                variance: deviation * deviation,
            },
            Kind::Label(width) => GradientNoise::label(width * width / 12.0, targets),
        }
    }
}

/// An ensemble of pairs of runs from one point.
#[derive(Debug, Clone, Copy)]
pub struct NetworkEnsemble {
    pub kind: Kind,
    /// η λ_max.
    pub step_times_curvature: f64,
    pub pairs: u64,
    pub seed: u64,
}

/// What it gave.
#[derive(Debug, Clone)]
pub struct NetworkDrift {
    pub window: Window,
    pub stable: bool,
    /// Length of the predicted drift per step.
    pub predicted_length: f64,
    /// Displacement along the manifold of single runs.
    pub displacement: Agreement,
    /// −η Σ ∇L along the manifold of single runs.
    pub by_gradient: Agreement,
    /// The same, in the mean of a pair.
    pub pairs: Agreement,
    /// Mean (unit, sample) kinks between a run's two ends, and the share of runs with any.
    pub kinks: (f64, f64),
}

impl fmt::Display for NetworkDrift {
    /// Rows of a table, and what is to be known of them.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (from, agreement) in [
            ("displacement", &self.displacement),
            ("gradient alone", &self.by_gradient),
            ("gradient alone, pairs", &self.pairs),
        ] {
            writeln!(
                formatter,
                "| {from} | {:.4} ± {:.4} | {:.3} ± {:.3} | {:.3} |",
                agreement.cosine,
                agreement.cosine_standard_error,
                agreement.slope,
                agreement.slope_standard_error,
                agreement.sampling_share,
            )?;
        }
        write!(
            formatter,
            "eta {:.4}: {}; {} + {} steps; predicted length {:.2e} a step; {:.3} kinks a run, \
             in {:.3} of runs",
            self.window.learning_rate,
            if self.stable {
                "stable"
            } else {
                "UNSTABLE, eta lambda_max >= 2"
            },
            self.window.burn_in,
            self.window.steps,
            self.predicted_length,
            self.kinks.0,
            self.kinks.1,
        )
    }
}

impl NetworkEnsemble {
    pub fn measure(&self, rest: &Rest) -> Result<NetworkDrift, Error> {
        let data = &rest.dataset;
        let shape = rest.network.shape();
        let hessian = Hessian::at(
            &rest.network,
            data.inputs().as_view(),
            data.targets().as_view(),
        )?;
        let point = ZeroLossPoint::at(&hessian, TOLERANCE)?;
        let curvatures = point.normal_eigenvalues();
        let rate = self.step_times_curvature / curvatures[curvatures.len() - 1];
        let relaxation = 1.0 / (rate * curvatures[0]);
        let window = Window {
            learning_rate: rate,
            burn_in: (3.0 * relaxation).ceil() as u64,
            steps: (6.0 * relaxation).ceil() as u64,
        };
        let covariance = self.kind.covariance(data.targets().len());
        let predicted = point.predicted_drift(covariance, rate, StepLimit::Finite)?;
        let normal = normal_basis(&hessian);

        let runs: Vec<[Motion; 2]> = (0..self.pairs)
            .into_par_iter()
            .map(|pair| {
                let one = |second| self.one_run(rest, &window, &normal, pair, second);
                Ok([one(false)?, one(true)?])
            })
            .collect::<Result<_, Error>>()?;

        let agreement = |motion: &dyn Fn(&[Motion; 2]) -> Vec<f64>| -> Result<Agreement, Error> {
            let mut rows = DMatrix::zeros(runs.len(), shape.parameters());
            for (row, pair) in runs.iter().enumerate() {
                let mut motion = motion(pair);
                point.projector().apply(&mut motion);
                rows.row_mut(row).copy_from_slice(&motion);
            }
            let drift = EnsembleDrift::measure(rows.as_view(), window.steps)?;
            Ok(drift.agreement(&predicted.mean)?)
        };
        let mut kinks = (0.0, 0.0);
        for run in runs.iter().flatten() {
            let start = rest.network.parameters();
            let crossed = kink_crossings(shape, start, &run.end, data.inputs().as_view())?.total();
            kinks.0 += crossed as f64;
            kinks.1 += f64::from(crossed > 0);
        }
        let count = 2.0 * self.pairs as f64;
        Ok(NetworkDrift {
            window,
            stable: predicted.is_stable(),
            predicted_length: predicted.mean.iter().map(|v| v * v).sum::<f64>().sqrt(),
            displacement: agreement(&|pair| pair[0].displacement())?,
            by_gradient: agreement(&|pair| pair[0].by_gradient.clone())?,
            pairs: agreement(&|pair| {
                let both = pair[0].by_gradient.iter().zip(&pair[1].by_gradient);
                both.map(|(one, other)| 0.5 * (one + other)).collect()
            })?,
            kinks: (kinks.0 / count, kinks.1 / count),
        })
    }

    /// The second of a pair has reflected update noise, or other labels.
    fn one_run(
        &self,
        rest: &Rest,
        window: &Window,
        normal: &DMatrix<f64>,
        pair: u64,
        second: bool,
    ) -> Result<Motion, Error> {
        let shape = rest.network.shape();
        let problem = |noise: AnyNoise, streams: &Streams| {
            NetworkProblem::new(&rest.dataset, &rest.network, AnyNoise::None, noise, streams)
        };
        let quiet = Streams::new(self.seed);
        let noise = match self.kind {
            Kind::Update(deviation) => {
                Gaussian::new(deviation)?;
                let streams = Streams::new(self.seed.wrapping_add(pair));
                let source = streams
                    .noise_source(Stream::UpdateNoise)
                    .expect("an instruction set");
                let normal = second.then_some(normal);
                let size = shape.parameters();
                Noise::Mirrored(Box::new(MirroredNoise::new(
                    source, deviation, size, normal,
                )))
            }
            Kind::Label(width) => {
                let run = 2 * pair + u64::from(second);
                let streams = Streams::new(self.seed.wrapping_add(run));
                let uniform = AnyNoise::Uniform(Uniform::new(width)?);
                Noise::Labels(Box::new(problem(uniform, &streams)?))
            }
        };
        let mut recorded = Recorded::new(problem(AnyNoise::None, &quiet)?, noise);
        window.run(
            &mut recorded,
            UpdateNoise::none(),
            rest.network.parameters(),
        )
    }
}

/// How far gradient descent without noise moves from its rest in a window.
pub fn distance_without_noise(rest: &Rest, window: &Window) -> Result<f64, Error> {
    let quiet = Streams::new(0);
    let problem = NetworkProblem::new(
        &rest.dataset,
        &rest.network,
        AnyNoise::None,
        AnyNoise::None,
        &quiet,
    )?;
    let mut recorded = Recorded::new(problem, Noise::None);
    let motion = window.run(
        &mut recorded,
        UpdateNoise::none(),
        rest.network.parameters(),
    )?;
    Ok(motion
        .displacement()
        .iter()
        .map(|v| v * v)
        .sum::<f64>()
        .sqrt())
}
