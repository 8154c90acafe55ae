//! How much of the information is the bias of a short recording?

use drift_sim::metrics::information::bias as m;
use pyo3::prelude::*;

use super::Seconds;
use super::activity::SparseActivity;
use super::binning::States;
use super::extrapolation::fit;
use super::information::response_classes;
use super::shuffle::shuffle;
use crate::convert::{Give as _, Given, Seed, Vector, record, run};
use crate::error::Raised;

record! {
    /// Uncorrected spatial information of every cell.
    NaiveInformation(m::NaiveInformation) {
        /// (cells) Mean rate, Hz.
        rates: ["cell"],
        /// (cells) Bits per spike; NaN for a silent cell.
        bits_per_spike: ["cell"],
        /// (cells) Bits per second.
        bits_per_second: ["cell"],
    }
}

record! {
    /// Naive and shuffled information at each sample size.
    InformationCurves(m::InformationCurves) {
        /// (sizes, cells) Naive.
        naive: ["size", "cell"],
        /// (sizes, cells) Of shuffles.
        shuffled: ["size", "cell"],
    }
}

record! {
    /// The three measures of information against sample size.
    SubsampledInformation(m::SubsampledInformation) {
        /// (sizes) Sample sizes, in samples.
        sizes: ["size"],
        /// (InformationCurves) Bits per spike.
        bits_per_spike: [],
        /// (InformationCurves) Bits per second.
        bits_per_second: [],
        /// (InformationCurves) Mutual information, bits per sample.
        mutual: [],
    }
}

record! {
    /// One measure of information over the analysed cells.
    InformationEstimate(m::InformationEstimate) {
        /// (InformationCurves) Against sample size.
        curves: [],
        /// (list of CorrectedInformation) Of each analysed cell.
        cells: [],
        /// (CorrectedInformation) Of the mean curve.
        average: [],
    }
}

#[pymethods]
impl InformationEstimate {
    /// (cells) Naive information of each analysed cell.
    #[getter]
    fn naive<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.naive().give(py)
    }

    /// (cells) Scaled shuffle reduction of each analysed cell.
    #[getter]
    fn ssr<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.ssr().give(py)
    }

    /// (cells) Bounded asymptotic extrapolation of each analysed cell.
    #[getter]
    fn bae<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.bae().give(py)
    }

    /// Means over cells by weights.
    ///
    /// Parameters
    /// ----------
    /// weights : array (cells)
    ///
    /// Returns
    /// -------
    /// WeightedInformation
    fn weighted(&self, weights: Vector<'_>) -> Result<WeightedInformation, Raised> {
        Ok(WeightedInformation(self.0.weighted(&weights)?))
    }
}

record! {
    /// Weighted means over cells.
    WeightedInformation(m::WeightedInformation) {
        /// (float) Uncorrected.
        naive: [],
        /// (float) Scaled shuffle reduction.
        ssr: [],
        /// (float) Bounded asymptotic extrapolation.
        bae: [],
        /// (float) Disagreement of the two.
        disagreement: [],
    }
}

record! {
    /// What `estimate` finds. Cells count from 0.
    InformationReport(m::InformationReport) {
        /// (int) Cells recorded.
        recorded_cells: [],
        /// (n) Cells active often enough.
        active_cells: ["active"],
        /// (n) p of each active cell.
        p_values: ["active"],
        /// (m) Cells that are significant too: those analysed.
        significant_cells: ["cell"],
        /// (m) Their mean rates, Hz.
        rates: ["cell"],
        /// (sizes) Sample sizes, in samples.
        sizes: ["size"],
        /// (InformationEstimate) Bits per spike.
        bits_per_spike: [],
        /// (WeightedInformation) Its mean weighted by rates.
        bits_per_spike_weighted: [],
        /// (InformationEstimate) Bits per second.
        bits_per_second: [],
        /// (InformationEstimate) Mutual information, bits per sample.
        mutual_information: [],
    }
}

#[pymethods]
impl InformationReport {
    /// (float) Share of the recorded cells that are active often enough.
    #[getter]
    fn fraction_active(&self) -> f64 {
        self.0.fraction_active()
    }

    /// (float) Share of the recorded cells that are active and significant.
    #[getter]
    fn fraction_significant(&self) -> f64 {
        self.0.fraction_significant()
    }

    /// (float) Share of the active cells that are significant.
    #[getter]
    fn fraction_significant_of_active(&self) -> f64 {
        self.0.fraction_significant_of_active()
    }
}

/// Spatial information from the samples of a recording, uncorrected.
///
/// Parameters
/// ----------
/// activity : SparseActivity
/// states : States
/// durations : float or array (samples)
///     Seconds of each sample.
///
/// Returns
/// -------
/// NaiveInformation
#[pyfunction]
pub fn naive_information<'py>(
    py: Python<'py>,
    activity: &SparseActivity,
    states: &States,
    durations: Seconds<'_>,
) -> Given<'py> {
    let durations = durations.view();
    run(py, || {
        m::naive_information(&activity.0, &states.0, durations)
    })
}

/// Information of random subsets of the samples, naive and shuffled.
///
/// Parameters
/// ----------
/// activity : SparseActivity
/// states : States
/// frame_duration : float
///     Seconds of a sample.
/// fractions : array (sizes), optional
///     Shares of the samples. Default: 0.1, 0.2, …, 1.
/// repetitions : int, optional
///     Subsets of each size. Default: 500.
/// classes : str or array (classes), optional
///     As `mutual_information`.
/// seed : int or numpy.random.Generator, optional
///
/// Returns
/// -------
/// SubsampledInformation
#[pyfunction]
#[pyo3(signature = (
    activity, states, frame_duration, *, fractions=None, repetitions=500, classes=None, seed=None
))]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub fn subsampled_information<'py>(
    py: Python<'py>,
    activity: &SparseActivity,
    states: &States,
    frame_duration: f64,
    fractions: Option<Vector<'_>>,
    repetitions: usize,
    classes: Option<&Bound<'py, PyAny>>,
    seed: Option<Seed>,
) -> Given<'py> {
    let classes = response_classes(classes, activity)?;
    let fractions = fractions.map_or(m::Settings::default().fractions, |f| f.to_vec());
    let mut rng = seed.unwrap_or(Seed(0)).rng();
    run(py, || {
        m::subsampled_information(
            &activity.0,
            &states.0,
            &classes,
            frame_duration,
            &fractions,
            repetitions,
            &mut rng,
        )
    })
}

/// The published procedure from activity to corrected information (Sheintuch, Rubin and Ziv 2022).
///
/// Parameters
/// ----------
/// activity : SparseActivity
/// states : States
/// frame_duration : float
///     Seconds of a sample.
/// active_frames : int, optional
///     Samples in which a cell must be active. Default: 10.
/// minimum_rate : float, optional
///     Least mean rate, Hz. Default: 0.
/// significance : float or None, optional
///     Largest p of a cell that is analysed; None: all. Default: 0.05.
/// shuffle : str, optional
///     "cyclic" (default), "permutation" or "inter_spike_intervals".
/// shuffles : int, optional
///     Default: 1000.
/// fractions : array (sizes), optional
///     Default: 0.1, 0.2, …, 1.
/// repetitions : int, optional
///     Subsets of each size. Default: 500.
/// fit : str, optional
///     "guarded" (default) or "least_squares".
/// seed : int or numpy.random.Generator, optional
///
/// Returns
/// -------
/// InformationReport
#[pyfunction]
#[pyo3(signature = (
    activity, states, frame_duration, *, active_frames=10, minimum_rate=0.0,
    significance=Some(0.05), shuffle="cyclic", shuffles=1000, fractions=None, repetitions=500,
    fit="guarded", seed=None
))]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub fn estimate<'py>(
    py: Python<'py>,
    activity: &SparseActivity,
    states: &States,
    frame_duration: f64,
    active_frames: usize,
    minimum_rate: f64,
    significance: Option<f64>,
    shuffle: &str,
    shuffles: usize,
    fractions: Option<Vector<'_>>,
    repetitions: usize,
    fit: &str,
    seed: Option<Seed>,
) -> Given<'py> {
    let base = m::Settings::default();
    let settings = m::Settings {
        active_frames,
        minimum_rate,
        significance,
        shuffle: self::shuffle(shuffle)?,
        shuffles,
        fractions: fractions.map_or(base.fractions, |fractions| fractions.to_vec()),
        repetitions,
        bounded_fit: self::fit(fit)?,
    };
    let mut rng = seed.unwrap_or(Seed(0)).rng();
    run(py, || {
        m::estimate_sparse(&activity.0, &states.0, frame_duration, &settings, &mut rng)
    })
}
