//! Information content of sparse activity without the bias of a short recording.
//!
//! Naive information, computed from observed frequencies, is too high when a cell is active in few
//! frames: chance alone makes some bins look preferred. Two corrections watch how the estimate
//! falls as more of the recording is used:
//!
//! * scaled shuffle reduction (SSR, [`scaled_shuffle_reduction`]) subtracts the information of
//!   shuffled trains, scaled so that both biases fall alike;
//! * bounded asymptotic extrapolation (BAE, [`bounded_extrapolation`]) fits a + b/(1 + c t) and
//!   reads off a.
//!
//! [`estimate`] runs the whole published procedure: cells active often enough, the significant
//! ones among them, subsampling, both corrections, and their averages. Its parts are public.
//!
//! Source: Sheintuch, Rubin and Ziv, "Bias-free estimation of information content in temporally
//! sparse neuronal activity", PLoS Computational Biology 2022,
//! <https://doi.org/10.1371/journal.pcbi.1009832>, and its published code. Two choices differ from
//! the code and are described where they are made: response classes of mutual information are
//! fixed for the whole record ([`ResponseClasses::published`]), and the BAE fit is the global
//! minimum, guarded against curves that do not fall ([`BoundedFit`]).
//!
//! ```
//! use drift_metrics::information::bias::{Settings, estimate};
//! use nalgebra::DMatrix;
//! use rand::SeedableRng;
//!
//! // 40 laps over ten bins at 20 Hz; the cell fires in bin 3 on most laps, and elsewhere a little.
//! let states: Vec<usize> = (0..400).map(|t| t % 10).collect();
//! let activity = DMatrix::from_fn(400, 1, |t, _| {
//!     if (t % 10 == 3 && t % 4 != 1) || t % 37 == 0 { 1.0 } else { 0.0 }
//! });
//! let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
//! let settings = Settings { repetitions: 20, significance: None, ..Settings::default() };
//! let report = estimate(activity.as_view(), &states, 0.05, &settings, &mut rng)?;
//! let bits = &report.bits_per_spike.cells[0];
//! assert!(bits.ssr < bits.naive && bits.bae < bits.naive);
//! # Ok::<(), drift_metrics::Error>(())
//! ```

mod extrapolation;
mod reduction;
mod report;
mod subsampling;

use nalgebra::DMatrixView;
use rand::Rng;

pub use extrapolation::{
    BoundedExtrapolation, BoundedFit, UnboundedExtrapolation, bounded_extrapolation,
    unbounded_extrapolation,
};
pub use reduction::{ScaledShuffleReduction, scaled_shuffle_reduction};
pub use report::{
    CorrectedInformation, InformationEstimate, InformationReport, WeightedInformation,
};
pub use subsampling::{InformationCurves, SubsampledInformation, subsampled_information};

use crate::Error;
use crate::activity::SparseActivity;
use crate::binning::{Durations, States};
use crate::error::within;
use crate::information::ResponseClasses;
use crate::information::plug_in::{CountLogarithms, Occupancy};
use crate::shuffle::{PlaceCellSettings, Shuffle, place_cell_test};

/// Settings of [`estimate`]; the defaults are the published ones.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `active_frames` | 10 | frames a cell must be active in to be analysed | ≥ 1 |
/// | `minimum_rate` | 0 | Hz; the rate must lie above | ≥ 0 |
/// | `significance` | 0.05 | cells with p below this are kept; `None` keeps all active cells and draws no shuffles | (0, 1] |
/// | `shuffle` | [`Shuffle::Cyclic`] | shuffle of the significance test | |
/// | `shuffles` | 1000 | number of shuffles of the test | ≥ 1 |
/// | `fractions` | 0.1, 0.2, …, 1 | sample sizes as fractions of the record | at least 3, increasing to 1 |
/// | `repetitions` | 500 | subsets of size fT: ⌈repetitions/f⌉ | ≥ 1 |
/// | `bounded_fit` | [`BoundedFit::Guarded`] | how BAE fits curves that hardly fall | |
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, rename_all = "kebab-case"))]
pub struct Settings {
    /// Frames a cell must be active in.
    pub active_frames: usize,
    /// Rate in Hz that a cell must exceed.
    pub minimum_rate: f64,
    /// Cells with a p-value below this are kept; `None` keeps every active cell.
    pub significance: Option<f64>,
    /// Shuffle of the significance test.
    pub shuffle: Shuffle,
    /// Number of shuffles of the significance test.
    pub shuffles: usize,
    /// Sample sizes as fractions of the number of frames, increasing to 1.
    pub fractions: Vec<f64>,
    /// Subsets at the full size; smaller sizes get in proportion more.
    pub repetitions: usize,
    /// How bounded extrapolation fits curves that hardly fall.
    pub bounded_fit: BoundedFit,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            active_frames: 10,
            minimum_rate: 0.0,
            significance: Some(0.05),
            shuffle: Shuffle::Cyclic,
            shuffles: 1000,
            fractions: (1..=10).map(|tenth| f64::from(tenth) / 10.0).collect(),
            repetitions: 500,
            bounded_fit: BoundedFit::Guarded,
        }
    }
}

/// Uncorrected spatial information of every cell.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct NaiveInformation {
    /// Mean rate in Hz (events, or units of activity, per second) (cells).
    pub rates: Vec<f64>,
    /// Σ p_s (r_s/r̄) log₂(r_s/r̄) (cells); NaN for a silent cell.
    pub bits_per_spike: Vec<f64>,
    /// r̄ times that (cells); 0 for a silent cell.
    pub bits_per_second: Vec<f64>,
}

/// Spatial information from the frames of a recording: rates r_s are the activity over the time in
/// each state, r̄ over all frames, p_s the share of time.
///
/// `durations` are the seconds of each frame, or of all alike.
///
/// # Errors
/// `states` has another number of frames than `activity`; durations that do not fit or are not
/// positive.
pub fn naive_information<'a>(
    activity: &SparseActivity,
    states: &States,
    durations: impl Into<Durations<'a>>,
) -> Result<NaiveInformation, Error> {
    states.check_frames(activity.frames())?;
    let durations = durations.into();
    durations.check(activity.frames())?;
    let occupancy = Occupancy::of(states, &CountLogarithms::up_to(activity.frames()));
    let seconds = durations.total(activity.frames());
    let uneven = match durations {
        Durations::Constant(_) => None,
        Durations::Each(each) => Some(states.seconds(each)),
    };
    let mut by_state = vec![0.0; states.count()];
    let mut naive = NaiveInformation {
        rates: Vec::new(),
        bits_per_spike: Vec::new(),
        bits_per_second: Vec::new(),
    };
    for cell in 0..activity.cells() {
        let (total, even) = occupancy.information(&mut by_state, activity.of(cell), states.index());
        let bits = match &uneven {
            None => even,
            Some(time) => {
                let rates: Vec<f64> = by_state.iter().zip(time).map(|(n, s)| n / s).collect();
                super::information(time, &rates)?
            }
        };
        let rate = total / seconds;
        naive.rates.push(rate);
        naive.bits_per_spike.push(bits);
        naive
            .bits_per_second
            .push(if total > 0.0 { rate * bits } else { 0.0 });
    }
    Ok(naive)
}

/// The published procedure from activity to corrected information.
///
/// `activity` (frames × cells) holds counts or amplitudes per frame, `states` the state of each
/// frame (any labels), `frame_duration` is in seconds. Cells are analysed if active in at least
/// `active_frames` frames, faster than `minimum_rate`, and significantly tuned. With no such cell
/// the report has empty lists and NaN averages.
///
/// Runs in parallel with the feature `rayon`; results do not depend on the number of threads.
/// Eight 64-bit words are drawn from `rng` (four without a significance test), none if no cell is
/// left to need them.
///
/// # Errors
/// An entry of `activity` that is NaN, infinite or negative; no cells; lists of different length;
/// settings outside their ranges; fewer frames than the smallest subset needs.
pub fn estimate<R: Rng + ?Sized>(
    activity: DMatrixView<'_, f64>,
    states: &[usize],
    frame_duration: f64,
    settings: &Settings,
    rng: &mut R,
) -> Result<InformationReport, Error> {
    let activity = SparseActivity::from_dense(activity)?;
    let states = States::new(states)?;
    estimate_sparse(&activity, &states, frame_duration, settings, rng)
}

/// [`estimate`] for a record that is sparse already.
///
/// # Errors
/// As [`estimate`].
pub fn estimate_sparse<R: Rng + ?Sized>(
    activity: &SparseActivity,
    states: &States,
    frame_duration: f64,
    settings: &Settings,
    rng: &mut R,
) -> Result<InformationReport, Error> {
    states.check_frames(activity.frames())?;
    Durations::Constant(frame_duration).check(activity.frames())?;
    let (rate, frames) = (settings.minimum_rate, settings.active_frames);
    within(rate >= 0.0, "minimum_rate", rate, "at least 0 Hz")?;
    within(frames != 0, "active_frames", 0.0, "at least 1")?;
    let test_settings = PlaceCellSettings {
        shuffle: settings.shuffle,
        shuffles: settings.shuffles,
        significance: settings.significance.unwrap_or(1.0),
    };
    test_settings.check()?;
    subsampling::check_schedule(&settings.fractions, settings.repetitions, activity.frames())?;

    let seconds = activity.frames() as f64 * frame_duration;
    let active_cells: Vec<usize> = activity
        .cells_active_in(settings.active_frames)
        .into_iter()
        .filter(|&cell| activity.total(cell) / seconds > settings.minimum_rate)
        .collect();
    let mut p_values = Vec::new();
    let mut analysed = active_cells.clone();
    if settings.significance.is_some() && !active_cells.is_empty() {
        let active = activity.select(&active_cells)?;
        let test = place_cell_test(&active, states, &test_settings, rng)?;
        analysed = test
            .significant_cells()
            .iter()
            .map(|&k| active_cells[k])
            .collect();
        p_values = test.p_values;
    }
    let (rates, curves) = if analysed.is_empty() {
        let sizes = settings
            .fractions
            .iter()
            .map(|f| f * activity.frames() as f64)
            .collect();
        (Vec::new(), SubsampledInformation::of_nothing(sizes))
    } else {
        let kept = activity.select(&analysed)?;
        let classes = ResponseClasses::published(&kept);
        let (fractions, repetitions) = (&settings.fractions, settings.repetitions);
        (
            (0..kept.cells())
                .map(|cell| kept.total(cell) / seconds)
                .collect(),
            subsampled_information(
                &kept,
                states,
                &classes,
                frame_duration,
                fractions,
                repetitions,
                rng,
            )?,
        )
    };
    let sizes = curves.sizes;
    let corrected = |curves| InformationEstimate::assemble(&sizes, curves, settings.bounded_fit);
    let bits_per_spike = corrected(curves.bits_per_spike)?;
    Ok(InformationReport {
        recorded_cells: activity.cells(),
        active_cells,
        p_values,
        significant_cells: analysed,
        bits_per_spike_weighted: bits_per_spike.weighted(&rates)?,
        rates,
        bits_per_spike,
        bits_per_second: corrected(curves.bits_per_second)?,
        mutual_information: corrected(curves.mutual)?,
        sizes,
    })
}

#[cfg(test)]
mod tests;
