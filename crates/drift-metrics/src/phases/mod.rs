//! The three phases of a run (Table 1 of Ratzon et al., 2023), found from its curves.
//!
//! | phase | loss | statistics of the code (sparsity, information) | rate maps |
//! |---|---|---|---|
//! | convergence | falls | change | change |
//! | directed drift | settled | change in one direction | change |
//! | null drift | settled | settled | still change |
//!
//! # Method
//!
//! *End of convergence*, from log₁₀ loss after a running median of five. The level L(t) it settles
//! at may itself drift, as it does under label noise: a fast and a slow exponential are fitted
//! together (least squares; timescales from a grid, at least a factor of ten apart), and if the
//! fast one makes more than half of the whole fall, L(t) is the slow one; otherwise L is the median
//! over the last half of the record (in time); [`PhaseOptions`] can ask for more. σ is the noise of that half from successive
//! differences, F the fall from the first sample to L. A record with F ≤ max(4σ, 0.05) had
//! converged before its first sample. One that, without a fast part, still falls between its last
//! two quarters by more than max(0.1 F, 3σ) has not converged. Otherwise the border is where the
//! curve first comes within m = max(0.05 F, 2σ) of L; its interval reaches from where it first
//! comes within 2m to where it first comes within m/2, and always holds the two samples around the
//! border.
//!
//! *End of directed drift*, from the share of active units (or any other statistic) after the
//! first border: a decay to a plateau is fitted ([`fit_decay`]); the border is where 95% of the
//! change is done, its interval comes from that of τ. Without a significant decay (F test, p <
//! 0.001; and at least 2% of the level) there is no directed drift and both borders coincide. If
//! rate-map correlations are given, the dissimilarity of neighbouring times, (1 − r)/Δt, must have
//! settled as well: it is treated the same way (if its directed part costs more than 0.01 of
//! correlation), and the later of the two borders counts, since
//! drift is undirected only when every statistic has settled. A border beyond the record is
//! reported as not reached.
//!
//! *Null drift*: the rate (1 − r)/Δt of neighbouring times after the second border, with its
//! standard error, and the correlation left at the end of the record. A code that stands still
//! keeps r = 1.

mod convergence;

use nalgebra::DMatrix;

use self::convergence::end_of_convergence;
use crate::Error;
use crate::error::{increasing, not_negative, same_length, within};
use crate::statistics::Mean;
use crate::timescale::{DecayFit, DecayOptions, Interval, fit_decay};

/// Share of a change that counts as all of it.
const SETTLED: f64 = 0.95;
const SIGNIFICANCE: f64 = 1e-3;
/// What times must be.
const LATER: &str = "finite and above the one before it";
/// Directed changes of the maps that cost less correlation than this in all are not called drift.
const LEAST_DISSIMILARITY: f64 = 0.01;
/// Directed changes below this share of the level are not called drift.
const LEAST_CHANGE: f64 = 0.02;

/// The curves of one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curves<'a> {
    /// Training time of the samples (samples; steps, increasing).
    pub time: &'a [f64],
    /// log₁₀ of the loss, normalised or not (samples). Values that are not finite are skipped.
    pub log10_loss: &'a [f64],
    /// A statistic of the code that settles when drift is no more directed: the active fraction or
    /// the fraction of active units (samples).
    pub sparsity: &'a [f64],
    /// Rate-map correlations, if there are any.
    pub correlation: Option<CorrelationCurve<'a>>,
}

/// Rate-map correlations of a run, at times of their own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CorrelationCurve<'a> {
    /// Training time of the rate maps (times; increasing).
    pub time: &'a [f64],
    /// Correlation of all pairs (times × times), as from
    /// [`rate_map_correlation`](crate::similarity::rate_map_correlation).
    pub correlation: &'a DMatrix<f64>,
}

/// Where one phase passes into the next.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Border {
    /// The phase was over before the first sample.
    BeforeStart {
        /// Time of the first sample.
        first: f64,
    },
    /// The phase ended within the record.
    At {
        /// The best estimate.
        time: f64,
        /// Where it may lie.
        interval: Interval,
    },
    /// The phase outlasts the record.
    NotReached {
        /// Time of the last sample.
        last: f64,
    },
}

impl Border {
    /// Time at which the next phase has begun, `None` if it never does.
    #[must_use]
    pub fn time(&self) -> Option<f64> {
        match *self {
            Self::BeforeStart { first } => Some(first),
            Self::At { time, .. } => Some(time),
            Self::NotReached { .. } => None,
        }
    }

    fn later(self, other: Self) -> Self {
        let rank = |border: &Self| border.time().unwrap_or(f64::INFINITY);
        if rank(&other) > rank(&self) {
            other
        } else {
            self
        }
    }
}

/// How fast rate maps change while nothing else does.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct NullDrift {
    /// Mean of (1 − r)/Δt over neighbouring times, per unit of time.
    pub rate: f64,
    /// Its standard error; NaN from a single pair.
    pub standard_error: f64,
    /// Pairs in the mean.
    pub pairs: usize,
    /// Correlation between the first and the last rate maps of the phase.
    pub retained: f64,
}

/// The phases of one run.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Phases {
    /// End of convergence, beginning of directed drift.
    pub convergence_end: Border,
    /// End of directed drift, beginning of null drift; equal to `convergence_end` where nothing
    /// drifts in one direction.
    pub directed_drift_end: Border,
    /// The decay of the sparsity after convergence; `None` without a significant one.
    pub directed_change: Option<DecayFit>,
    /// The decay of the speed of rate maps after convergence; `None` without a significant one.
    pub speed_change: Option<DecayFit>,
    /// `None` where the phase is not reached or no two rate maps fall into it.
    pub null_drift: Option<NullDrift>,
}

/// What the end of convergence takes for granted about the loss.
///
/// | name | default | range |
/// |---|---|---|
/// | `least_fall` | 0.05 | finite, ≥ 0 |
/// | `level_timescale` | 0 | finite, ≥ 0 |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PhaseOptions {
    /// Falls of log₁₀ loss up to this are no convergence; 0.05 are 12% of the loss. A loss that
    /// has little to fall, and little noise, needs less.
    pub least_fall: f64,
    /// Least timescale, as a share of the record, of a level that still moves when the fast fall
    /// is over. A loss that falls by decades on no single timescale has a slow part too, which is
    /// over long before the record is, and no level to settle at.
    pub level_timescale: f64,
}

impl Default for PhaseOptions {
    fn default() -> Self {
        Self {
            least_fall: 0.05,
            level_timescale: 0.0,
        }
    }
}

/// Finds the borders of the three phases; see the [module](self) for the method.
///
/// ```
/// use drift_metrics::phases::{Curves, find_phases};
/// let time: Vec<f64> = (0..500).map(|k| f64::from(k) * 1000.0).collect();
/// let log10_loss: Vec<f64> = time.iter().map(|t| -2.0 + 2.0 * (-t / 4e3).exp()).collect();
/// let sparsity: Vec<f64> = time.iter().map(|t| 0.1 + 0.4 * (-t / 5e4).exp()).collect();
/// let curves = Curves { time: &time, log10_loss: &log10_loss, sparsity: &sparsity, correlation: None };
/// let phases = find_phases(&curves)?;
/// assert!((phases.convergence_end.time().unwrap() / 1.2e4 - 1.0).abs() < 0.1); // 3 × 4e3
/// let end = phases.directed_drift_end.time().unwrap();
/// assert!((1.5e5..1.7e5).contains(&end)); // three timescales of 5e4 later
/// # Ok::<(), drift_metrics::Error>(())
/// ```
///
/// # Errors
/// Curves of different lengths, times that do not increase, fewer than ten samples with a finite
/// loss, a correlation matrix that does not fit its times.
pub fn find_phases(curves: &Curves<'_>) -> Result<Phases, Error> {
    find_phases_with(curves, &PhaseOptions::default())
}

/// As [`find_phases`], with other options than the default.
///
/// # Errors
/// As there; an option that is negative or not finite.
pub fn find_phases_with(curves: &Curves<'_>, options: &PhaseOptions) -> Result<Phases, Error> {
    check(curves)?;
    for (field, value) in [
        ("least_fall", options.least_fall),
        ("level_timescale", options.level_timescale),
    ] {
        within(not_negative(value), field, value, "finite and >= 0")?;
    }
    let convergence_end = end_of_convergence(curves.time, curves.log10_loss, options)?;
    let mut phases = Phases {
        convergence_end,
        directed_drift_end: convergence_end,
        directed_change: None,
        speed_change: None,
        null_drift: None,
    };
    let Some(start) = convergence_end.time() else {
        return Ok(phases);
    };
    phases.directed_change = significant_decay(curves.time, curves.sparsity, start);
    let last = curves.time[curves.time.len() - 1];
    if let Some(fit) = &phases.directed_change {
        phases.directed_drift_end = phases.directed_drift_end.later(end_of_decay(fit, last));
    }
    if let Some(maps) = &curves.correlation {
        let (middles, speeds) = speeds(maps);
        phases.speed_change = significant_decay(&middles, &speeds, start)
            .filter(|fit| fit.amplitude * fit.timescale > LEAST_DISSIMILARITY);
        if let Some(fit) = &phases.speed_change {
            phases.directed_drift_end = phases.directed_drift_end.later(end_of_decay(fit, last));
        }
        if let Some(start) = phases.directed_drift_end.time() {
            phases.null_drift = null_drift(maps, start);
        }
    }
    Ok(phases)
}

fn check(curves: &Curves<'_>) -> Result<(), Error> {
    let samples = curves.time.len();
    same_length("log10_loss", curves.log10_loss.len(), samples, "time")?;
    same_length("sparsity", curves.sparsity.len(), samples, "time")?;
    increasing("time", curves.time, LATER)?;
    if let Some(maps) = &curves.correlation {
        increasing("correlation.time", maps.time, LATER)?;
        for actual in [maps.correlation.nrows(), maps.correlation.ncols()] {
            same_length("correlation", actual, maps.time.len(), "correlation.time")?;
        }
    }
    Ok(())
}

/// The decay of a curve from `start` on, if there is one that is more than noise.
fn significant_decay(time: &[f64], values: &[f64], start: f64) -> Option<DecayFit> {
    let from = time.partition_point(|&t| t < start);
    // Errors here mean too few points or a constant curve: no decay to speak of.
    let fit = fit_decay(&time[from..], &values[from..], &DecayOptions::default()).ok()?;
    let last = *time.last()?;
    let (first_level, last_level) = (fit.value_at(fit.onset), fit.value_at(last));
    let level = first_level.abs().max(last_level.abs());
    let changes = (first_level - last_level).abs() > LEAST_CHANGE * level;
    (fit.p_value < SIGNIFICANCE && changes).then_some(fit)
}

fn end_of_decay(fit: &DecayFit, last: f64) -> Border {
    let factor = -(1.0 - SETTLED).ln();
    let time = fit.onset + factor * fit.timescale;
    if time > last {
        return Border::NotReached { last };
    }
    let interval = Interval {
        lower: fit.onset + factor * fit.timescale_interval.lower,
        upper: fit.onset + factor * fit.timescale_interval.upper,
    };
    Border::At { time, interval }
}

/// (1 − r)/Δt of neighbouring rate maps, at the middle of the two times.
fn speeds(maps: &CorrelationCurve<'_>) -> (Vec<f64>, Vec<f64>) {
    (1..maps.time.len())
        .map(|k| {
            let (early, late) = (maps.time[k - 1], maps.time[k]);
            (
                0.5 * (early + late),
                (1.0 - maps.correlation[(k - 1, k)]) / (late - early),
            )
        })
        .unzip()
}

fn null_drift(maps: &CorrelationCurve<'_>, start: f64) -> Option<NullDrift> {
    let from = maps.time.partition_point(|&t| t < start);
    let last = maps.time.len().checked_sub(1)?;
    let speeds = Mean::of(speeds(maps).1.into_iter().skip(from));
    (speeds.count > 0).then(|| NullDrift {
        rate: speeds.mean,
        standard_error: speeds.standard_error,
        pairs: speeds.count,
        retained: maps.correlation[(from, last)],
    })
}
