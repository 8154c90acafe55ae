//! Sessions of one recording against each other, where it says which cell is which.

use std::collections::HashSet;

use drift_sim::data::{Error as DataError, Identity, Recording};
use drift_sim::metrics::{RateMap, pearson, rate_map_correlation};
use nalgebra::DMatrix;

use super::measure::SessionMeasures;
use crate::error::CliError;

/// How alike the sessions are (sessions × sessions); NaN where cells cannot be identified.
#[derive(Debug, Clone, PartialEq)]
pub struct Similarity {
    /// Mean over cells active in both of Pearson's r between their maps.
    pub maps: DMatrix<f64>,
    /// Mean over bins of Pearson's r between the population vectors of cells active in both.
    pub population: DMatrix<f64>,
    /// Cells active in both.
    pub shared: DMatrix<usize>,
}

/// Compares all pairs of sessions; `None` where no pair shares identities.
pub fn similarity(
    recording: &Recording,
    sessions: &[SessionMeasures],
) -> Result<Option<Similarity>, CliError> {
    let count = sessions.len();
    let unknown = DMatrix::from_element(count, count, f64::NAN);
    let mut similarity = Similarity {
        maps: unknown.clone(),
        population: unknown,
        shared: DMatrix::zeros(count, count),
    };
    let mut compared = false;
    // The sessions as they were measured: restricted to a region, those without data left out.
    let measured = Recording {
        sessions: sessions.iter().map(|measures| measures.session.clone()).collect(),
        ..recording.clone()
    };
    for first in 0..count {
        for second in first..count {
            let pairs = match measured.shared_cells(first, second) {
                Ok(pairs) => pairs,
                Err(DataError::NotRecorded { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            compared |= first != second;
            let (a, b) = (&sessions[first], &sessions[second]);
            let both: Vec<(usize, usize)> =
                pairs.into_iter().filter(|(i, j)| a.active[*i] && b.active[*j]).collect();
            if a.map.bins() != b.map.bins() {
                continue;
            }
            let chosen = [select(&a.map, both.iter().map(|pair| pair.0))?, select(
                &b.map,
                both.iter().map(|pair| pair.1),
            )?];
            let included = vec![vec![true; both.len()]; 2];
            let maps = rate_map_correlation(&chosen, &included)?.correlation[(0, 1)];
            let population = population_vectors(&chosen)?;
            for place in [(first, second), (second, first)] {
                similarity.maps[place] = maps;
                similarity.population[place] = population;
                similarity.shared[place] = both.len();
            }
        }
    }
    Ok(compared.then_some(similarity))
}

/// A map of some of the cells.
fn select(map: &RateMap, cells: impl Iterator<Item = usize>) -> Result<RateMap, CliError> {
    let columns: Vec<usize> = cells.collect();
    let rates = map.rates.select_columns(&columns);
    Ok(RateMap::new(map.edges.clone(), map.occupancy.clone(), rates)?)
}

/// Mean over the bins visited in both sessions of the correlation over cells.
fn population_vectors(maps: &[RateMap; 2]) -> Result<f64, CliError> {
    let mut sum = 0.0;
    let mut bins = 0usize;
    for bin in 0..maps[0].bins() {
        if maps.iter().any(|map| !(map.occupancy[bin] > 0.0)) || maps[0].units() < 2 {
            continue;
        }
        let vectors: Vec<Vec<f64>> =
            maps.iter().map(|map| map.rates.row(bin).iter().copied().collect()).collect();
        let r = pearson(&vectors[0], &vectors[1])?;
        if !r.is_nan() {
            sum += r;
            bins += 1;
        }
    }
    Ok(sum / bins as f64)
}

/// Active cells gained, lost and kept from one session to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turnover {
    /// Active now, not before.
    pub gained: usize,
    /// Active before, not now.
    pub lost: usize,
    /// Active in both.
    pub kept: usize,
}

/// Turnover between two sessions; none where cells cannot be identified.
pub fn turnover(before: &SessionMeasures, now: &SessionMeasures) -> Option<Turnover> {
    let active = |measures: &SessionMeasures| -> Option<HashSet<Identity>> {
        let cells = measures.session.cells.iter().zip(&measures.active);
        cells
            .filter(|(_, active)| **active)
            .map(|(cell, _)| cell.identity.clone())
            .collect()
    };
    let (first, second) = (active(before)?, active(now)?);
    let day = |cells: &HashSet<Identity>| match cells.iter().next() {
        Some(Identity::Cluster { day, .. }) => Some(*day),
        _ => None,
    };
    if day(&first) != day(&second) {
        return None;
    }
    let kept = first.intersection(&second).count();
    Some(Turnover { gained: second.len() - kept, lost: first.len() - kept, kept })
}
