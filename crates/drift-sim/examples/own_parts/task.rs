use std::f64::consts::PI;

use drift_sim::env::rand::{Rng, RngExt as _};
use drift_sim::env::{Dataset, Error, Task};
use drift_sim::nalgebra::DMatrix;

/// A walk in a square of side 1. Landmarks at random places are seen the better the nearer.
#[derive(Debug, serde::Deserialize)]
pub struct OpenField {
    samples: usize,
    landmarks: usize,
}

impl Task for OpenField {
    fn samples(&self) -> usize {
        self.samples
    }

    fn input_dimension(&self) -> usize {
        self.landmarks
    }

    fn output_dimension(&self) -> usize {
        self.landmarks
    }

    fn dataset(&self, rng: &mut dyn Rng) -> Result<Dataset, Error> {
        let landmarks: Vec<[f64; 2]> = (0..self.landmarks).map(|_| rng.random()).collect();
        let (mut walk, mut heading) = (vec![[0.5, 0.5]], 0.0_f64);
        while walk.len() <= self.samples {
            let [x, y] = walk[walk.len() - 1];
            heading += rng.random_range(-0.5..0.5);
            let next = [x + 0.1 * heading.cos(), y + 0.1 * heading.sin()];
            if next.iter().all(|along| (0.0..=1.0).contains(along)) {
                walk.push(next);
            } else {
                heading += PI;
            }
        }
        let view = |[x, y]: [f64; 2], [a, b]: [f64; 2]| {
            (-10.0 * ((x - a).powi(2) + (y - b).powi(2))).exp()
        };
        let views = |from: usize| {
            DMatrix::from_fn(self.samples, self.landmarks, |i, k| {
                view(walk[from + i], landmarks[k])
            })
        };
        let places = walk[..self.samples].iter().map(|&[x, y]| (x, y)).unzip();
        Dataset::new(views(0), views(1))?.with_places(places.0, places.1)
    }
}
