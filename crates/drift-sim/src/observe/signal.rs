//! What a recording shows of a cell's rate: spikes, or events in a fluorescence.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::check::{not_negative, positive};

/// What is recorded of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Signal {
    /// Poisson spikes, with their times.
    #[default]
    Spikes,
    /// Events found in the fluorescence that the spikes make, frame by frame.
    Calcium(Calcium),
}

/// A calcium indicator, and how events are found in it.
///
/// With n_k spikes in frame k and Δ its length: f_k = g f_{k−1} + n_k, g = exp(−Δ/τ), seen as
/// F_k = f_k + σ z_k. An event stands where F_k − g F_{k−1} > θ σ √(1 + g²), with F_{−1} = 0: where
/// the rise exceeds θ of its own deviations under noise alone.
///
/// | field | default | meaning | range |
/// |---|---|---|---|
/// | `decay_s` | 1 | τ, seconds | > 0 |
/// | `noise` | 0.15 | σ, as a share of the jump that a spike makes | ≥ 0 |
/// | `threshold` | 3.5 | θ | ≥ 0 |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Calcium {
    /// Time constant of the decay, s.
    pub decay_s: f64,
    /// Standard deviation of the noise a frame, as a share of a spike's jump.
    pub noise: f64,
    /// Rise that makes an event, in standard deviations.
    pub threshold: f64,
}

impl Default for Calcium {
    fn default() -> Self {
        Self {
            decay_s: 1.0,
            noise: 0.15,
            threshold: 3.5,
        }
    }
}

impl Signal {
    /// Refuses numbers that make no sense.
    pub(super) fn check(&self) -> Result<(), Error> {
        let Self::Calcium(calcium) = self else {
            return Ok(());
        };
        positive("signal.calcium.decay_s", calcium.decay_s)?;
        not_negative("signal.calcium.noise", calcium.noise)?;
        not_negative("signal.calcium.threshold", calcium.threshold)
    }
}

/// Times (s, rising) of a Poisson process of a rate (Hz) that is constant within each frame and at
/// most `highest`, by thinning.
pub(super) fn spikes<R: Rng + ?Sized>(
    frames: usize,
    frame_hz: f64,
    highest: f64,
    rate: impl Fn(usize) -> f64,
    rng: &mut R,
) -> Vec<f64> {
    let mut times = Vec::new();
    if !(highest > 0.0) {
        return times;
    }
    let mut time = 0.0;
    loop {
        let gap: f64 = Exp1.sample(rng);
        time += gap / highest;
        let frame = (time * frame_hz) as usize;
        if frame >= frames {
            return times;
        }
        if rng.random::<f64>() * highest < rate(frame) {
            times.push(time);
        }
    }
}

/// Frames with an event in the fluorescence of a spike train, ascending.
pub(super) fn events<R: Rng + ?Sized>(
    train: &[f64],
    frames: usize,
    frame_hz: f64,
    calcium: &Calcium,
    rng: &mut R,
) -> Vec<usize> {
    let kept = (-1.0 / (frame_hz * calcium.decay_s)).exp();
    let threshold = calcium.threshold * calcium.noise * (1.0 + kept * kept).sqrt();
    let mut next = train
        .iter()
        .map(|time| (time * frame_hz) as usize)
        .peekable();
    let (mut level, mut before) = (0.0, 0.0);
    let mut found = Vec::new();
    for frame in 0..frames {
        level *= kept;
        while next.next_if(|&spike| spike <= frame).is_some() {
            level += 1.0;
        }
        let drawn: f64 = StandardNormal.sample(rng);
        let seen = level + calcium.noise * drawn;
        if seen - kept * before > threshold {
            found.push(frame);
        }
        before = seen;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn counts_are_as_many_as_the_rate_says() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        // 3 Hz in even frames, 1 Hz in odd ones, for 5000 seconds.
        let rate = |frame: usize| if frame.is_multiple_of(2) { 3.0 } else { 1.0 };
        let train = spikes(50_000, 10.0, 4.0, rate, &mut rng);
        let even = train
            .iter()
            .filter(|time| ((*time * 10.0) as usize).is_multiple_of(2))
            .count() as f64;
        let odd = train.len() as f64 - even;
        // Poisson: within four standard deviations.
        assert!((even - 7500.0).abs() < 4.0 * 7500f64.sqrt(), "{even}");
        assert!((odd - 2500.0).abs() < 4.0 * 2500f64.sqrt(), "{odd}");
        assert!(train.is_sorted() && train.iter().all(|time| *time < 5000.0));
    }

    #[test]
    fn without_noise_an_event_is_a_frame_with_spikes() {
        let calcium = Calcium {
            noise: 0.0,
            ..Calcium::default()
        };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        // Rounding leaves 1e-17 of f_k − g f_{k−1} where there is no spike.
        let found = events(&[0.05, 1.02, 1.03, 4.9], 50, 10.0, &calcium, &mut rng);
        let with_spikes: Vec<usize> = found
            .into_iter()
            .filter(|frame| [0, 10, 49].contains(frame))
            .collect();
        assert_eq!(with_spikes, [0, 10, 49]);
    }

    #[test]
    fn noise_alone_gives_events_as_often_as_its_threshold_says() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let calcium = Calcium {
            threshold: 2.0,
            ..Calcium::default()
        };
        let found = events(&[], 200_000, 20.0, &calcium, &mut rng).len() as f64;
        // The normal tail beyond 2: 0.02275. Neighbouring frames are not independent.
        assert!((found / 200_000.0 - 0.02275).abs() < 0.0015, "{found}");
    }
}
