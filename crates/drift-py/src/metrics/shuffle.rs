//! Is a cell tuned, or is it chance?

use drift_sim::metrics::shuffle as m;
use numpy::PyArray1;
use pyo3::prelude::*;

use super::activity::SparseActivity;
use super::binning::States;
use crate::convert::{Give as _, Given, Seed, Vector, choice, ok, record, run};
use crate::error::Raised;
use crate::registry::caught;

choice!(shuffle: m::Shuffle {
    "cyclic" => m::Shuffle::Cyclic,
    "permutation" => m::Shuffle::Permutation,
    "inter_spike_intervals" => m::Shuffle::InterSpikeIntervals,
});

record! {
    /// An observed value against its distribution under a shuffle.
    ShuffleTest(m::ShuffleTest) {
        /// (float) Of the train itself.
        observed: [],
        /// (shuffles) Of its shuffles.
        shuffled: ["shuffle"],
        /// (float) Chance of a value as large.
        p_value: [],
    }
}

record! {
    /// Spatial information of every cell against its shuffles.
    PlaceCellTest(m::PlaceCellTest) {
        /// (cells) Bits per spike.
        bits_per_spike: ["cell"],
        /// (cells) p.
        p_values: ["cell"],
        /// (cells) Mean of the shuffles.
        shuffled_mean: ["cell"],
        /// (cells) Their standard deviation.
        shuffled_sd: ["cell"],
        /// (cells) Whether p is small enough.
        significant: ["cell"],
        /// (int) Shuffles made.
        shuffles: [],
    }
}

#[pymethods]
impl PlaceCellTest {
    /// (n) The significant cells, from 0.
    #[getter]
    fn significant_cells<'py>(&self, py: Python<'py>) -> Given<'py> {
        self.0.significant_cells().give(py)
    }
}

/// The train shifted to later samples, wrapping.
///
/// Parameters
/// ----------
/// train : array (samples)
/// shift : int
///
/// Returns
/// -------
/// array (samples)
#[pyfunction]
pub fn cyclic_shift<'py>(py: Python<'py>, train: Vector<'_>, shift: usize) -> Given<'py> {
    m::cyclic_shift(&train, shift).give(py)
}

/// A shuffle of one train.
///
/// Parameters
/// ----------
/// train : array (samples)
/// shuffle : str, optional
///     "cyclic" (default), "permutation" or "inter_spike_intervals".
/// seed : int or numpy.random.Generator, optional
///
/// Returns
/// -------
/// array (samples)
#[pyfunction]
#[pyo3(signature = (train, *, shuffle="cyclic", seed=None))]
pub fn shuffle_train<'py>(
    py: Python<'py>,
    train: Vector<'_>,
    shuffle: &str,
    seed: Option<Seed>,
) -> Given<'py> {
    let shuffle = self::shuffle(shuffle)?;
    let mut rng = seed.unwrap_or(Seed(0)).rng();
    let train: &[f64] = &train;
    ok(py, || m::shuffle_train(train, shuffle, &mut rng))
}

/// A shuffle of a whole record: one shift or permutation for all cells, intervals for each.
///
/// Parameters
/// ----------
/// activity : SparseActivity
/// shuffle : str, optional
///     "cyclic" (default), "permutation" or "inter_spike_intervals".
/// seed : int or numpy.random.Generator, optional
///
/// Returns
/// -------
/// SparseActivity
#[pyfunction]
#[pyo3(signature = (activity, *, shuffle="cyclic", seed=None))]
pub fn shuffle_activity(
    py: Python<'_>,
    activity: &SparseActivity,
    shuffle: &str,
    seed: Option<Seed>,
) -> Result<SparseActivity, Raised> {
    let shuffle = self::shuffle(shuffle)?;
    let mut rng = seed.unwrap_or(Seed(0)).rng();
    Ok(SparseActivity(py.detach(|| {
        m::shuffle_activity(&activity.0, shuffle, &mut rng)
    })))
}

/// Any statistic of a train against its shuffles.
///
/// Parameters
/// ----------
/// train : array (samples)
/// statistic : callable
///     From a train (samples) to a number.
/// shuffle : str, optional
///     "cyclic" (default), "permutation" or "inter_spike_intervals".
/// shuffles : int, optional
///     Default: 1000.
/// seed : int or numpy.random.Generator, optional
///
/// Returns
/// -------
/// ShuffleTest
#[pyfunction]
#[pyo3(signature = (train, statistic, *, shuffle="cyclic", shuffles=1000, seed=None))]
pub fn shuffle_test<'py>(
    py: Python<'py>,
    train: Vector<'_>,
    statistic: &Bound<'py, PyAny>,
    shuffle: &str,
    shuffles: usize,
    seed: Option<Seed>,
) -> Given<'py> {
    let shuffle = self::shuffle(shuffle)?;
    let mut rng = seed.unwrap_or(Seed(0)).rng();
    let train: &[f64] = &train;
    let statistic = statistic.clone().unbind();
    let spent = crate::registry::Spent::default();
    let number = |train: &[f64]| {
        spent.call(|py| {
            let train = PyArray1::from_slice(py, train);
            Ok(statistic.call1(py, (train,))?.extract::<f64>(py)?)
        })
    };
    run(py, || {
        Ok::<_, Raised>(caught(|| {
            m::shuffle_test(train, shuffle, shuffles, number, &mut rng)
        })??)
    })
}

/// Spatial information of every cell against random shuffles of its train.
///
/// Parameters
/// ----------
/// activity : SparseActivity
/// states : States
/// shuffle : str, optional
///     "cyclic" (default), "permutation" or "inter_spike_intervals".
/// shuffles : int, optional
///     Default: 1000.
/// significance : float, optional
///     Largest p of a place cell. Default: 0.05.
/// seed : int or numpy.random.Generator, optional
///
/// Returns
/// -------
/// PlaceCellTest
#[pyfunction]
#[pyo3(signature = (
    activity, states, *, shuffle="cyclic", shuffles=1000, significance=0.05, seed=None
))]
pub fn place_cell_test<'py>(
    py: Python<'py>,
    activity: &SparseActivity,
    states: &States,
    shuffle: &str,
    shuffles: usize,
    significance: f64,
    seed: Option<Seed>,
) -> Given<'py> {
    let shuffle = self::shuffle(shuffle)?;
    let settings = m::PlaceCellSettings {
        shuffle,
        shuffles,
        significance,
    };
    let mut rng = seed.unwrap_or(Seed(0)).rng();
    run(py, || {
        m::place_cell_test(&activity.0, &states.0, &settings, &mut rng)
    })
}

/// Spatial information of every cell against all cyclic shifts of its train.
///
/// Parameters
/// ----------
/// activity : SparseActivity
/// states : States
/// significance : float, optional
///     Largest p of a place cell. Default: 0.05.
///
/// Returns
/// -------
/// PlaceCellTest
#[pyfunction]
#[pyo3(signature = (activity, states, *, significance=0.05))]
pub fn cyclic_shift_test<'py>(
    py: Python<'py>,
    activity: &SparseActivity,
    states: &States,
    significance: f64,
) -> Given<'py> {
    run(py, || {
        m::cyclic_shift_test(&activity.0, &states.0, significance)
    })
}
