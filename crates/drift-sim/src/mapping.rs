use std::borrow::Cow;

use drift_env::Dataset;
use drift_metrics::{
    BinEdges, BinnedPositions, Direction, RateMap, Unvisited, information, rate_map,
    signed_position,
};
use drift_net::Activation;
use nalgebra::DMatrix;

use crate::Error;
use crate::check::same_size;
use crate::scenario::MeasuresSpec;

/// How hidden activity becomes rate maps: one set of bins an environment, in the paper's way
/// (position signed by direction of motion, equal bins between the extremes, unvisited bins 0).
/// Maps are of [`Activation::rate`], which is the hidden activity itself for ReLU and softplus.
#[derive(Debug, Clone)]
pub struct Mapping {
    environments: Vec<Environment>,
    samples: usize,
    measures: MeasuresSpec,
    activation: Activation,
    in_plane: bool,
}

#[derive(Debug, Clone)]
struct Environment {
    rows: Vec<usize>,
    positions: BinnedPositions,
}

impl Mapping {
    /// The bins for a data set; `None` where it has no positions, or an agent that never moves.
    ///
    /// # Errors
    /// [`Error::Metrics`] for bins that cannot be made.
    pub fn new(dataset: &Dataset, measures: MeasuresSpec) -> Result<Option<Self>, Error> {
        let Some(position) = dataset.position() else {
            return Ok(None);
        };
        let mut numbers = dataset.environment().to_vec();
        numbers.sort_unstable();
        numbers.dedup();
        let mut environments = Vec::new();
        for number in numbers {
            let rows: Vec<usize> = (0..dataset.samples())
                .filter(|&row| dataset.environment()[row] == number)
                .collect();
            let here: Vec<f64> = rows.iter().map(|&row| position[row]).collect();
            if here.iter().all(|&position| position == here[0]) {
                continue;
            }
            let positions = match dataset.across() {
                Some(across) => {
                    let across: Vec<f64> = rows.iter().map(|&row| across[row]).collect();
                    let edges = |along: &[f64]| BinEdges::spanning(along, measures.plane_bins);
                    BinnedPositions::in_plane(&edges(&here)?, &edges(&across)?, &here, &across)?
                }
                None => {
                    let signed = signed_position(&here)?;
                    BinEdges::spanning(&signed, measures.bins)?.assign(&signed)
                }
            };
            environments.push(Environment { rows, positions });
        }
        Ok((!environments.is_empty()).then_some(Self {
            environments,
            samples: dataset.samples(),
            in_plane: dataset.across().is_some(),
            measures,
            activation: Activation::Relu,
        }))
    }

    /// Bins along each side of a plane; `None` on a line. Bin `b` of a map is then bin
    /// `b / plane` along x and `b % plane` along y.
    #[must_use]
    pub fn plane(&self) -> Option<usize> {
        self.in_plane.then_some(self.measures.plane_bins)
    }

    /// The same bins for networks with another activation function than the ReLU.
    #[must_use]
    pub fn with_activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// How many environments have maps.
    #[must_use]
    pub fn environments(&self) -> usize {
        self.environments.len()
    }

    /// Unsmoothed rate maps (bins × units) of one environment, of `hidden` (samples × units).
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where `hidden` has another number of samples than the data set,
    /// [`Error::Metrics`] where it is not finite.
    ///
    /// # Panics
    /// Where there is no such environment.
    pub fn rate_map(&self, hidden: &DMatrix<f64>, environment: usize) -> Result<RateMap, Error> {
        same_size("samples of hidden activity", hidden.nrows(), self.samples)?;
        let Environment { rows, positions } = &self.environments[environment];
        let rates = match self.activation {
            Activation::Relu => Cow::Borrowed(hidden),
            other => Cow::Owned(hidden.map(|activity| other.rate(activity))),
        };
        let hidden = rates.as_ref();
        let map = if rows.len() == hidden.nrows() {
            rate_map::rate_map_of(positions, hidden.as_view())?
        } else {
            rate_map::rate_map_of(positions, hidden.select_rows(rows).as_view())?
        };
        let map = map.with_unvisited(Unvisited::Zero);
        Ok(if self.in_plane {
            map
        } else {
            map.with_direction(Direction::Signed)
        })
    }

    /// Mean spatial information over all place units, and how many units are place units in at
    /// least one environment.
    pub(crate) fn information(&self, hidden: &DMatrix<f64>) -> Result<(Option<f64>, usize), Error> {
        let mut of_place_units = Vec::new();
        let mut is_place = vec![false; hidden.ncols()];
        for environment in 0..self.environments.len() {
            let map = self.rate_map(hidden, environment)?;
            let bits = information::spatial_information(&map)?;
            let place = rate_map::place_units(&bits, self.measures.place_threshold);
            for (unit, _) in place.iter().enumerate().filter(|(_, place)| **place) {
                of_place_units.push(bits[unit]);
                is_place[unit] = true;
            }
        }
        let mean = information::mean_information(&of_place_units);
        Ok((
            (!of_place_units.is_empty()).then_some(mean),
            is_place.into_iter().filter(|&place| place).count(),
        ))
    }
}
