//! Is this convergence, directed drift or null drift?

use drift_sim::metrics::phases as m;
use pyo3::prelude::*;

use crate::convert::{Given, Matrix, Vector, fields, handed, record, run};

/// Where one phase passes into the next.
#[pyclass(frozen, module = "drift.metrics")]
#[derive(Debug, Clone, Copy)]
pub struct Border(m::Border);

handed!(Border(m::Border));

fields!(Border {
    kind: [],
    time: [],
    interval: []
});

#[pymethods]
impl Border {
    /// (str) "before_start", "at" or "not_reached".
    #[getter]
    fn kind(&self) -> &'static str {
        match self.0 {
            m::Border::BeforeStart { .. } => "before_start",
            m::Border::At { .. } => "at",
            m::Border::NotReached { .. } => "not_reached",
        }
    }

    /// (float or None) When the next phase has begun; None if it never does.
    #[getter]
    fn time(&self) -> Option<f64> {
        self.0.time()
    }

    /// (tuple or None) Where it may lie, where it lies within the record.
    #[getter]
    fn interval(&self) -> Option<(f64, f64)> {
        match self.0 {
            m::Border::At { interval, .. } => Some((interval.lower, interval.upper)),
            _ => None,
        }
    }
}

record! {
    /// How fast rate maps change while nothing else does.
    NullDrift(m::NullDrift) {
        /// (float) Mean of (1 − r)/Δt.
        rate: [],
        /// (float) Its standard error.
        standard_error: [],
        /// (int) Pairs behind it.
        pairs: [],
        /// (float) Correlation that is retained.
        retained: [],
    }
}

record! {
    /// The phases of one run.
    Phases(m::Phases) {
        /// (Border) The end of convergence.
        convergence_end: [],
        /// (Border) The end of directed drift.
        directed_drift_end: [],
        /// (DecayFit or None) The directed change of the sparsity.
        directed_change: [],
        /// (DecayFit or None) The change of the maps' speed.
        speed_change: [],
        /// (NullDrift or None) What goes on after it.
        null_drift: [],
    }
}

/// The borders of the three phases of a run.
///
/// Parameters
/// ----------
/// time : array (samples)
///     Training time.
/// log10_loss : array (samples)
/// sparsity : array (samples)
///     Active fraction, or fraction of active units.
/// correlation : array (times, times), optional
///     Rate-map correlation.
/// correlation_time : array (times), optional
///     Its times. Default: those of the samples.
/// least_fall : float, optional
///     Least fall of the log loss that counts as convergence. Default: 0.05.
/// level_timescale : float, optional
///     Timescale of what the loss keeps doing at its level. Default: 0.
///
/// Returns
/// -------
/// Phases
#[pyfunction]
#[pyo3(signature = (
    time, log10_loss, sparsity, correlation=None, *, correlation_time=None, least_fall=0.05,
    level_timescale=0.0
))]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub fn find_phases<'py>(
    py: Python<'py>,
    time: Vector<'_>,
    log10_loss: Vector<'_>,
    sparsity: Vector<'_>,
    correlation: Option<Matrix<'_>>,
    correlation_time: Option<Vector<'_>>,
    least_fall: f64,
    level_timescale: f64,
) -> Given<'py> {
    let correlation = correlation.map(|correlation| correlation.view().into_owned());
    let maps = correlation_time.as_deref().unwrap_or(&time);
    let curves = m::Curves {
        time: &time,
        log10_loss: &log10_loss,
        sparsity: &sparsity,
        correlation: correlation.as_ref().map(|correlation| m::CorrelationCurve {
            time: maps,
            correlation,
        }),
    };
    let options = m::PhaseOptions {
        least_fall,
        level_timescale,
    };
    run(py, || m::find_phases_with(&curves, &options))
}
