use std::borrow::Cow;
use std::path::Path;
use std::sync::OnceLock;

use drift_engine::sweep::Summary;
use drift_engine::{Column, End, Error, Fingerprint, Sample, Series, Trace, state};
use drift_env::Dataset;
use drift_learn::{Loss, LossGradient, NoiseSource};
use drift_net::{Network, UnitOrder, UnitSorter};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use crate::problem::InnerState;
use crate::scenario::{MeasuresSpec, SpectrumKind, SpectrumSpec};
use crate::sharpness::{self, Sharpness};
use crate::spectrum::{self, Spectra, SpectrumSample};
use crate::training::Problem;
use crate::{Mapping, NetworkProblem, Training, dataset, layers, sweep};

/// A network that learns a data set, with what is measured of its code: activity, spatial
/// information, the Hessian's spectrum.
///
/// Units are stored in an order of their activity, so that silent ones cost little; every read
/// undoes the order.
#[derive(Debug, Clone)]
pub struct CodingNetwork {
    problem: NetworkProblem,
    dataset: Dataset,
    mapping: Option<Mapping>,
    /// Absent where units are stored as they are numbered: in several layers, and where a step has
    /// no activity of all samples to sort by.
    sorter: Option<UnitSorter>,
    spectra: Spectra,
    sharpness: Sharpness,
    /// What the run started from where it was read from a file.
    initial: Option<Vec<f64>>,
    /// What observers and measures ask for, computed once a sample.
    now: Now,
    maps: sweep::MapRecorder,
}

/// The network at the last sample.
#[derive(Debug, Clone, Default)]
struct Now {
    stored: Vec<f64>,
    network: OnceLock<Option<Network>>,
    hidden: OnceLock<Option<DMatrix<f64>>>,
}

/// Steps between two sorts of the stored units by their activity: often enough to follow drift,
/// seldom enough to cost nothing. A multiple in the run's own steps, so that neither sampling
/// points nor pauses move a bit.
const SORT_EVERY: u64 = 4096;

impl CodingNetwork {
    /// The kind of the end of a run in which no unit of some layer is active on any sample.
    pub(crate) const DEAD: &'static str = "all_units_inactive";

    /// A problem on its data set, measured at the sampling points `points`.
    ///
    /// # Errors
    /// What drift-metrics or drift-net refuses.
    pub fn new(
        problem: NetworkProblem,
        dataset: Dataset,
        measures: MeasuresSpec,
        spectrum: SpectrumSpec,
        points: &[u64],
    ) -> Result<Self, crate::Error> {
        let activation = problem.activation();
        let mapping = Mapping::new(&dataset, measures.clone())?;
        Ok(Self {
            sorter: problem
                .can_sort()
                .then(|| UnitSorter::new(problem.shape(), problem.samples().len()))
                .transpose()?,
            mapping: mapping.map(|mapping| mapping.with_activation(activation)),
            sharpness: Sharpness::new(problem.dimension(), spectrum.places_of_largest(points))?,
            spectra: Spectra::new(spectrum, points),
            problem,
            dataset,
            initial: None,
            now: Now::default(),
            maps: sweep::MapRecorder::new(points, &measures),
        })
    }

    /// The same, which keeps the rate maps that a summary's phases need.
    #[must_use]
    pub(crate) fn keeping_maps(mut self) -> Self {
        self.maps.keep();
        self
    }

    /// The same, whose run's directory holds the parameters it started from.
    #[must_use]
    pub(crate) fn with_initial(mut self, parameters: &[f64]) -> Self {
        self.initial = Some(parameters.to_vec());
        self
    }

    /// Eigenvalues of the Hessian, ascending, at the last sampling point that had a spectrum;
    /// empty before the first and where only the trace is asked for.
    #[must_use]
    pub fn eigenvalues(&self) -> &[f64] {
        &self.spectra.eigenvalues
    }

    fn asks_for_network(&self, step: u64) -> bool {
        self.sharpness.is_at(step) || self.spectra.is_at(step) || self.maps.wants(step)
    }

    /// The network of stored parameters; `None` where one is not finite.
    fn network_of(&self, stored: &[f64]) -> Option<Network> {
        let mut parameters = stored.to_vec();
        self.in_own_order(&mut parameters);
        Network::from_parameters(self.problem.shape(), parameters)
            .and_then(|network| network.with_activation(self.problem.activation()))
            .ok()
    }
}

impl Training<CodingNetwork> {
    /// The network as it is now; `None` where a parameter is not finite.
    #[must_use]
    pub fn network(&self) -> Option<Network> {
        self.problem().network_of(self.stored())
    }

    /// The network at the sample just taken; `None` before the first, and where a parameter is not
    /// finite. Computed once a sample.
    #[must_use]
    pub fn sampled_network(&self) -> Option<&Network> {
        let now = &self.problem().now;
        let network = || (!now.stored.is_empty()).then(|| self.problem().network_of(&now.stored));
        now.network.get_or_init(|| network().flatten()).as_ref()
    }

    /// Hidden activity on the clean data at the sample just taken (samples × units), as
    /// [`sampled_network`](Self::sampled_network). Computed once a sample.
    #[must_use]
    pub fn sampled_hidden(&self) -> Option<&DMatrix<f64>> {
        let problem = self.problem();
        let hidden = || {
            let inputs = problem.dataset.inputs().as_view();
            Some(self.sampled_network()?.forward(inputs).ok()?.0)
        };
        problem.now.hidden.get_or_init(hidden).as_ref()
    }

    /// Hidden activity on the clean data, as it is now (samples × units); `None` where a parameter
    /// is not finite.
    #[must_use]
    pub fn hidden(&self) -> Option<DMatrix<f64>> {
        let inputs = self.problem().dataset.inputs().as_view();
        Some(self.network()?.forward(inputs).ok()?.0)
    }

    /// Hidden activity of one layer on the clean data at the sample just taken (samples × units of
    /// the layer), from 0 at the inputs up; as [`sampled_hidden`](Self::sampled_hidden).
    ///
    /// # Panics
    /// Where there is no such layer.
    #[must_use]
    pub fn sampled_hidden_of(&self, layer: usize) -> Option<DMatrix<f64>> {
        let units = layers::units(self.problem().problem.shape(), layer);
        let hidden = self.sampled_hidden()?;
        Some(hidden.columns_range(units).into_owned())
    }

    /// The data set.
    #[must_use]
    pub fn dataset(&self) -> &Dataset {
        &self.problem().dataset
    }

    /// How activity becomes rate maps; `None` for tasks without positions.
    #[must_use]
    pub fn mapping(&self) -> Option<&Mapping> {
        self.problem().mapping.as_ref()
    }

    /// The Hessian's spectrum at this moment, as the scenario asks for it: its measures, and the
    /// eigenvalues, ascending (none where only the trace was asked for). Nothing is recorded.
    ///
    /// # Errors
    /// What drift-net refuses, among them parameters that are not finite.
    pub fn spectrum(&self) -> Result<(SpectrumSample, Vec<f64>), crate::Error> {
        let problem = self.problem();
        let network = Network::from_parameters(problem.problem.shape(), self.parameters())?
            .with_activation(problem.problem.activation())?;
        spectrum::of_network(&network, &problem.dataset, &problem.spectra.spec)
    }
}

impl Loss for CodingNetwork {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        self.problem.loss(parameters)
    }

    fn step_loss(&mut self, parameters: &[f64]) -> f64 {
        self.problem.step_loss(parameters)
    }

    fn same_step_loss(&mut self, parameters: &[f64]) -> f64 {
        self.problem.same_step_loss(parameters)
    }
}

impl LossGradient for CodingNetwork {
    fn loss_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        self.problem.loss_gradient(parameters, gradient)
    }
}

#[derive(Serialize, Deserialize)]
struct State {
    order: UnitOrder,
    sources: [NoiseSource; 2],
    maps: Vec<u8>,
    sharpness: Vec<f64>,
}

impl Problem for CodingNetwork {
    fn loss_scale(&self) -> f64 {
        self.problem.samples().target_variance()
    }

    fn columns(&self) -> Vec<Column> {
        let active = "share of (unit, sample) pairs that are active";
        let units = "share of units active on at least one sample";
        let information = "mean spatial information of the place units";
        let place = "units with more spatial information than the threshold";
        let place = Column::new("place_units", "", place).whole();
        let mut columns = vec![
            Column::new("active_fraction", "", active),
            Column::new("fraction_active_units", "", units),
            Column::new("mean_spatial_information", "bits", information).not_portable(),
            place.not_portable(),
        ];
        columns.extend(self.spectra.columns());
        columns.extend(layers::columns(self.problem.shape()));
        columns
    }

    fn measure(
        &mut self,
        parameters: &[f64],
        step: u64,
        sample: &mut Sample,
    ) -> Result<Option<End>, Error> {
        let is_finite = sample.get("loss").is_some_and(f64::is_finite);
        let workspace = self.problem.forward(parameters);
        sample.set("active_fraction", workspace.active_fraction());
        sample.set("fraction_active_units", workspace.fraction_active_units());
        let dead = layers::first_dead(workspace);
        let several = workspace.shape().layers() > 1;
        let hidden = (several || self.mapping.is_some()).then(|| workspace.hidden());
        if let Some(mapping) = &self.mapping
            && let Some(hidden) = &hidden
            && is_finite
        {
            let (mean, count) = mapping.information(hidden)?;
            sample.set("mean_spatial_information", mean);
            sample.set("place_units", count as f64);
        }
        if several && let Some(hidden) = &hidden {
            let mapping = self.mapping.as_ref().filter(|_| is_finite);
            layers::measure(workspace, hidden, mapping, sample)?;
        }
        self.now = Now {
            stored: parameters.to_vec(),
            ..Now::default()
        };
        if is_finite
            && self.asks_for_network(step)
            && let Some(network) = self.network_of(parameters)
        {
            if self.sharpness.is_at(step) {
                let largest = self.sharpness.measure(&network, &self.dataset)?;
                sample.set(sharpness::LARGEST, largest);
            }
            if self.spectra.is_at(step) {
                let spec = &self.spectra.spec;
                let (spectrum, eigenvalues) = spectrum::of_network(&network, &self.dataset, spec)?;
                spectrum.write(sample);
                if spec.kind == SpectrumKind::Exact {
                    sample.set(sharpness::LARGEST, spectrum.max);
                }
                self.spectra.eigenvalues = eigenvalues;
            }
            if self.maps.wants(step) {
                self.maps
                    .add(step, &network, &self.dataset, self.mapping.as_ref())?;
            }
        }
        Ok(dead.map(|layer| {
            let of = match several {
                true => format!(" of layer {}", layer + 1),
                false => String::new(),
            };
            End::new(
                Self::DEAD,
                format!("no unit{of} is active on any sample at step {step}"),
            )
        }))
    }

    fn series(&self) -> Vec<Series> {
        let entries = self.spectra.spec.kind.entries();
        self.spectra.series(entries, self.problem.dimension())
    }

    fn vector(&self, _index: usize, step: u64) -> Option<Cow<'_, [f64]>> {
        self.spectra.vector(step)
    }

    fn perturb(&mut self, parameters: &mut [f64]) {
        self.problem.perturb(parameters);
    }

    #[inline]
    fn is_to_arrange(&self, step: u64) -> bool {
        step.is_multiple_of(SORT_EVERY) && self.sorter.is_some()
    }

    /// By the activity of the last step.
    fn decide_order(&mut self) {
        if let Some(sorter) = &mut self.sorter {
            sorter.sort(self.problem.last_pass());
        }
    }

    fn arrange(&mut self, values: &mut [f64]) {
        if let Some(sorter) = &mut self.sorter {
            sorter.apply(values);
        }
    }

    fn in_own_order(&self, parameters: &mut [f64]) {
        if let Some(sorter) = &self.sorter {
            sorter.order().restore(parameters);
        }
    }

    /// As before there was noise inside the network, with that noise's state behind where there is
    /// any.
    fn state(&self) -> Vec<u8> {
        let state = State {
            order: match &self.sorter {
                Some(sorter) => sorter.order().clone(),
                None => UnitOrder::natural(self.problem.shape()),
            },
            sources: self.problem.sources().map(NoiseSource::clone),
            maps: self.maps.state(),
            sharpness: self.sharpness.state().to_vec(),
        };
        match self.problem.inner_state() {
            None => state::save(&state),
            Some(inner) => state::save(&(state, inner)),
        }
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let (state, inner): (State, Option<InnerState>) = match self.problem.inner_state() {
            None => (state::load(bytes)?, None),
            Some(_) => {
                let (state, inner) = state::load(bytes)?;
                (state, Some(inner))
            }
        };
        let maps = self.maps.restored(&state.maps)?;
        let sharpness = self.sharpness.restored(state.sharpness)?;
        match &mut self.sorter {
            Some(sorter) => sorter.set_order(state.order).map_err(crate::Error::from)?,
            None if state.order == UnitOrder::natural(self.problem.shape()) => {}
            None => {
                let refused = crate::Error::range("order of the state", "another", "as numbered");
                return Err(refused.into());
            }
        }
        if let Some(inner) = inner {
            self.problem.restore_inner(inner)?;
        }
        self.problem.restore_sources(state.sources);
        self.maps = maps;
        self.sharpness = sharpness;
        self.now = Now::default();
        Ok(())
    }

    fn fingerprint(&self) -> Fingerprint {
        let data = &self.dataset;
        let environment: Vec<f64> = data.environment().iter().map(|&e| e as f64).collect();
        Fingerprint::new()
            .numbers(data.inputs().as_slice())
            .numbers(data.targets().as_slice())
            .numbers(data.position().unwrap_or_default())
            .numbers(data.across().unwrap_or_default())
            .numbers(&environment)
    }

    fn write_data(&self, directory: &Path) -> Result<(), Error> {
        dataset::write(directory.join(dataset::FILE), &self.dataset)?;
        if let Some(parameters) = &self.initial {
            let path = directory.join(dataset::INITIAL);
            let mut writer = drift_engine::npz::Writer::create(path)?;
            let width = parameters.len();
            writer.add("parameters", &[width], parameters.iter().copied())?;
            writer.finish()?;
        }
        Ok(())
    }

    fn summary(&self, trace: &Trace) -> Result<Summary, Error> {
        let mut summary = sweep::summary(trace, self.maps.correlation()?.as_ref());
        let of_layers = layers::columns(self.problem.shape()).into_iter();
        let names = of_layers.map(|column| column.name);
        summary.numbers.extend(sweep::first_and_final(trace, names));
        Ok(summary)
    }
}
