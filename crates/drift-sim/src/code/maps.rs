//! Rate maps that the files hold, and the occupancy behind them.

use drift_data::{Position, RateMaps, Session};
use drift_metrics::BinEdges;
use nalgebra::DMatrix;

use super::PassMaps;
use crate::Error;
use crate::check::same_size;

/// Maps that the files themselves hold: the mean over halves, one set a direction; and what was
/// assumed.
pub(super) fn pass_maps(
    session: &Session,
    maps: &RateMaps,
) -> Result<(Vec<PassMaps>, Vec<String>), Error> {
    let mut directions = Vec::new();
    for (layer, rates) in &maps.layers {
        let bins = maps.grid.iter().copied().fold(1, usize::saturating_mul);
        same_size("bins of a rate map", rates.nrows(), bins)?;
        same_size("cells of a rate map", rates.ncols(), maps.cells())?;
        if !directions.contains(&layer.direction) {
            directions.push(layer.direction);
        }
    }
    // A path says how long the animal was where, but not which way it went.
    let path = match directions[..] {
        [None] => time_in_bins(session, maps)?,
        _ => None,
    };
    let mut notes = Vec::new();
    let all = directions.into_iter().map(|direction| {
        let of_direction: Vec<&DMatrix<f64>> = maps
            .layers
            .iter()
            .filter(|(layer, _)| layer.direction == direction)
            .map(|(_, rates)| rates)
            .collect();
        let (bins, cells) = of_direction.first().map_or((0, 0), |layer| layer.shape());
        let rates = DMatrix::from_fn(bins, cells, |bin, cell| {
            let seen = of_direction.iter().map(|layer| layer[(bin, cell)]);
            let seen: Vec<f64> = seen.filter(|rate| !rate.is_nan()).collect();
            seen.iter().sum::<f64>() / seen.len() as f64
        });
        let known = |bin: usize| rates.row(bin).iter().any(|rate| !rate.is_nan());
        let occupancy: Vec<f64> = (0..bins)
            .map(|bin| match (&path, known(bin)) {
                (_, false) => 0.0,
                (Some(seconds), true) => seconds[bin],
                (None, true) => 1.0,
            })
            .collect();
        if let Some(seconds) = &path {
            let lost: f64 = (0..bins)
                .filter(|bin| !known(*bin))
                .map(|bin| seconds[bin])
                .sum();
            if lost > 0.0 {
                notes.push(format!("{lost:.1} s were spent in bins without a rate"));
            }
            let unvisited = (0..bins)
                .filter(|bin| known(*bin) && seconds[*bin] == 0.0)
                .count();
            if unvisited > 0 {
                notes.push(format!("{unvisited} bins with a rate were never visited"));
            }
        }
        PassMaps {
            direction,
            occupancy,
            rates,
        }
    });
    let all = all.collect();
    if path.is_none() {
        notes.push("no occupancy: every bin with a rate has the same weight".to_owned());
    }
    Ok((all, notes))
}

/// Seconds that the trajectory spends in each bin of the maps' grid, whose first bin starts at 0.
fn time_in_bins(session: &Session, maps: &RateMaps) -> Result<Option<Vec<f64>>, Error> {
    let Some(trajectory) = &session.trajectory else {
        return Ok(None);
    };
    let along = |bins: usize| BinEdges::equal(0.0, bins as f64 * maps.bin_cm, bins);
    let mut seconds = vec![0.0; maps.grid.iter().product()];
    let mut spend = |(bin, sample): (usize, usize)| seconds[bin] += trajectory.durations[sample];
    match (&trajectory.position, &maps.grid[..]) {
        (Some(Position::Line(x)), [bins]) => {
            let bins = along(*bins)?.assign(x);
            let placed = bins.iter().enumerate();
            placed
                .filter_map(|(sample, bin)| Some((bin?, sample)))
                .for_each(&mut spend);
        }
        (Some(Position::Plane { x, y }), [wide, high]) => {
            let (columns, rows) = (along(*wide)?.assign(x), along(*high)?.assign(y));
            let both = columns
                .iter()
                .zip(rows.iter())
                .enumerate()
                .filter_map(|(sample, (x, y))| Some((x? + y? * wide, sample)));
            both.for_each(&mut spend);
        }
        _ => return Ok(None),
    }
    Ok(Some(seconds))
}
