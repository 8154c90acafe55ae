use drift_engine::Column;
use drift_env::Dataset;
use drift_net::{HessianOperator, Lanczos, LargestEigenvalue, Network};

use crate::Error;
use crate::check::same_size;

/// The column of the largest eigenvalue.
pub(crate) const LARGEST: &str = "hessian_max";
/// The column of its product with the learning rate.
pub(crate) const LARGEST_TIMES_RATE: &str = "eta_hessian_max";

/// Products with the Hessian before the search is given up.
const MOST_PRODUCTS: usize = 300;
/// ‖Hv − λv‖ allowed, relative to the largest |λ|. The eigenvalue's own error is of the order of
/// its square.
const TOLERANCE: f64 = 1e-5;

/// The largest eigenvalue of the Hessian of the clean loss, followed from sample to sample by
/// Lanczos iteration from the last eigenvector. Nothing is random; the last eigenvector, in the
/// problem's own order of parameters, is the whole state.
#[derive(Debug, Clone)]
pub(crate) struct Sharpness {
    /// The steps at which it is measured.
    at: Vec<u64>,
    followed: LargestEigenvalue,
}

impl Sharpness {
    pub(crate) fn new(parameters: usize, at: Vec<u64>) -> Result<Self, Error> {
        let lanczos = Lanczos::new(MOST_PRODUCTS, TOLERANCE)?;
        let followed = LargestEigenvalue::new(parameters, lanczos)?;
        Ok(Self { at, followed })
    }

    pub(crate) fn column() -> Column {
        let meaning = "largest eigenvalue of the Hessian of the clean loss";
        Column::new(LARGEST, "", meaning).not_portable()
    }

    pub(crate) fn times_rate_column() -> Column {
        let meaning = "learning rate times that eigenvalue; gradient descent is stable below 2";
        Column::new(LARGEST_TIMES_RATE, "", meaning).not_portable()
    }

    /// Whether step `step` asks for it.
    pub(crate) fn is_at(&self, step: u64) -> bool {
        self.at.binary_search(&step).is_ok()
    }

    /// The eigenvalue; absent where the products overflow or the search does not end, as may be on
    /// the way to divergence.
    pub(crate) fn measure(
        &mut self,
        network: &Network,
        dataset: &Dataset,
    ) -> Result<Option<f64>, Error> {
        use drift_net::Error::{NotConverged, NotFinite};
        let (inputs, targets) = (dataset.inputs().as_view(), dataset.targets().as_view());
        let found = HessianOperator::at(network, inputs, targets)
            .and_then(|hessian| self.followed.update_hessian(&hessian));
        match found {
            Ok(found) => Ok(Some(found.value)),
            Err(NotConverged { .. } | NotFinite { .. }) => Ok(None),
            Err(other) => Err(other.into()),
        }
    }

    pub(crate) fn state(&self) -> &[f64] {
        self.followed.state()
    }

    /// The same with another state.
    pub(crate) fn restored(&self, state: Vec<f64>) -> Result<Self, Error> {
        let (found, expected) = (state.len(), self.followed.state().len());
        same_size("eigenvector of the state", found, expected)?;
        let lanczos = Lanczos::new(MOST_PRODUCTS, TOLERANCE)?;
        Ok(Self {
            at: self.at.clone(),
            followed: LargestEigenvalue::resume(state, lanczos)?,
        })
    }
}
