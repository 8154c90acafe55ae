//! The valley x² y²: predicted and measured drift along its floor.

use std::fmt;

use drift_sim::Error;
use drift_sim::learn::{Gaussian, Stream, Streams, UpdateNoise, UpdatePlace, Valley};
use drift_sim::net::nalgebra::DMatrix;
use drift_sim::net::{StepLimit, stationary_covariance};
use rayon::prelude::*;

use super::ensemble::{Noise, Recorded, Window};

/// An ensemble that starts at (x, 0).
#[derive(Debug, Clone, Copy)]
pub struct ValleyEnsemble {
    pub learning_rate: f64,
    /// Standard deviation s of the update noise.
    pub noise: f64,
    pub x: f64,
    pub runs: u64,
    pub seed: u64,
}

/// Drift per step along the floor.
#[derive(Debug, Clone, Copy)]
pub struct ValleyDrift {
    /// η λ, λ = 2x².
    pub step_times_curvature: f64,
    /// −η² s² / (2x).
    pub predicted: f64,
    /// The same from the covariance of the finite step.
    pub predicted_finite: f64,
    /// Mean displacement, its standard error.
    pub displacement: (f64, f64),
    /// Mean of −η ∂L/∂x, its standard error.
    pub by_gradient: (f64, f64),
    /// Variance of the displacement over η² s² times the number of steps, its standard error.
    pub variance_ratio: (f64, f64),
}

impl fmt::Display for ValleyDrift {
    /// Cells of a table; drifts are times 10⁷.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mean, error) = self.displacement;
        let (of_gradient, its_error) = self.by_gradient;
        let (ratio, ratio_error) = self.variance_ratio;
        write!(
            formatter,
            "{:.3} | {:.2} | {:.2} | {:.2} ± {:.2} | {:+.2} | {:.2} ± {:.2} | \
             {ratio:.4} ± {ratio_error:.4}",
            self.step_times_curvature,
            self.predicted * 1e7,
            self.predicted_finite * 1e7,
            mean * 1e7,
            error * 1e7,
            (mean - self.predicted) / error,
            of_gradient * 1e7,
            its_error * 1e7,
        )
    }
}

impl ValleyEnsemble {
    pub fn measure(&self) -> Result<ValleyDrift, Error> {
        let (x, rate, noise) = (self.x, self.learning_rate, self.noise);
        let curvature = 2.0 * x * x;
        let relaxation = 1.0 / (rate * curvature);
        let window = Window {
            learning_rate: rate,
            burn_in: (5.0 * relaxation).ceil() as u64,
            steps: (10.0 * relaxation).ceil() as u64,
        };
        let gaussian = Gaussian::new(noise)?;
        let moved: Vec<[f64; 2]> = (0..self.runs)
            .into_par_iter()
            .map(|run| {
                let streams = Streams::new(self.seed.wrapping_add(run));
                let source = streams
                    .noise_source(Stream::UpdateNoise)
                    .expect("an instruction set");
                let update_noise = UpdateNoise::new(gaussian, UpdatePlace::Gradient, source);
                let mut valley = Recorded::new(Valley, Noise::None);
                let motion = window.run(&mut valley, update_noise, &[x, 0.0])?;
                Ok([motion.displacement()[0], motion.by_gradient[0]])
            })
            .collect::<Result<_, Error>>()?;

        let steps = window.steps as f64;
        let displacement = mean_and_variance(moved.iter().map(|run| run[0]));
        let by_gradient = mean_and_variance(moved.iter().map(|run| run[1]));
        let runs = self.runs as f64;
        let per_step =
            |(mean, variance): (f64, f64)| (mean / steps, (variance / runs).sqrt() / steps);
        let ratio = displacement.1 / (rate * rate * noise * noise * steps);
        let predicted = |limit: StepLimit| -> Result<f64, Error> {
            let covariance = stationary_covariance(
                &[curvature],
                DMatrix::from_element(1, 1, noise * noise).as_view(),
                rate,
                limit,
            )?;
            // −(η/2) C dλ/dx
            Ok(-0.5 * rate * covariance[0] * 4.0 * x)
        };
        Ok(ValleyDrift {
            step_times_curvature: rate * curvature,
            predicted: predicted(StepLimit::Small)?,
            predicted_finite: predicted(StepLimit::Finite)?,
            displacement: per_step(displacement),
            by_gradient: per_step(by_gradient),
            variance_ratio: (ratio, ratio * (2.0 / (runs - 1.0)).sqrt()),
        })
    }
}

fn mean_and_variance(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    let squares: f64 = values.map(|value| (value - mean).powi(2)).sum();
    (mean, squares / (count - 1.0))
}
