//! What is measured of every cell and every session.

use drift_sim::data::{Recording, Session, TrackDirection};
use drift_sim::metrics::information::bias::{
    CorrectedInformation, Settings, estimate_sparse, naive_information,
};
use drift_sim::metrics::information::information;
use drift_sim::metrics::shuffle::{PlaceCellSettings, place_cell_test};
use drift_sim::metrics::statistics::Mean;
use drift_sim::metrics::{BinEdges, RateMap};
use rand_chacha::ChaCha8Rng;

use super::load::Selection;
use super::trains::{Bins, DirectionMaps, Trains, published_maps, trains};
use crate::error::CliError;

/// One cell in one session and direction.
#[derive(Debug, Clone, PartialEq)]
pub struct CellMeasures {
    /// Position in the session's cells.
    pub cell: usize,
    /// Direction of running.
    pub direction: Option<TrackDirection>,
    /// Frames with activity in the bins analysed; none where only maps are there.
    pub active_frames: Option<usize>,
    /// Mean rate, Hz.
    pub rate_hz: f64,
    /// Bin of the largest rate, from 1; none for a silent cell.
    pub peak_bin: Option<usize>,
    /// Naive spatial information, bits per spike; NaN for a silent cell.
    pub bits_per_spike: f64,
    /// Naive spatial information, bits per second.
    pub bits_per_second: f64,
    /// Share of shuffles that reach the naive information.
    pub p_value: Option<f64>,
    /// Corrected bits per spike and bits per second, of cells that were analysed.
    pub corrected: Option<(CorrectedInformation, CorrectedInformation)>,
}

/// One session.
#[derive(Debug, Clone)]
pub struct SessionMeasures {
    /// Its name.
    pub label: String,
    /// Day, or the session's number where the files know no day.
    pub day: f64,
    /// Cells analysed, and those that are active (at least the minimum of active frames while
    /// running, both directions together).
    pub active: Vec<bool>,
    /// Whether each cell is significantly tuned in at least one direction; none without a test.
    pub place: Option<Vec<bool>>,
    /// Every cell and direction.
    pub cells: Vec<CellMeasures>,
    /// Maps of all directions below each other (bins · directions × cells).
    pub map: RateMap,
    /// Session restricted to the region, for names and identities.
    pub session: Session,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// How cells are tested and corrected.
#[derive(Debug, Clone, PartialEq)]
pub struct Procedure {
    /// Settings of the published procedure.
    pub settings: Settings,
    /// Whether shuffles are made at all.
    pub test: bool,
    /// Whether information is corrected.
    pub correct: bool,
}

/// Measures one session of a recording.
pub fn measure(
    recording: &Recording,
    index: usize,
    bins: &Bins,
    selection: &Selection,
    procedure: &Procedure,
    rng: &mut ChaCha8Rng,
) -> Result<Option<SessionMeasures>, CliError> {
    let mut session = recording.sessions[index].clone();
    if selection.region.is_some() {
        let filter = drift_sim::data::Filter {
            region: selection.region.clone(),
            ..drift_sim::data::Filter::default()
        };
        session = session.filtered(&filter)?;
    }
    let count = session.cells.len();
    let sets = trains(&recording.sessions[index], bins, selection)?;
    let maps: Vec<DirectionMaps> = if matches!(bins, Bins::Maps(_)) {
        published_maps(&session)
    } else {
        sets.iter().map(|set| set.maps(bins.count())).collect()
    };
    if maps.is_empty() || count == 0 {
        return Ok(None);
    }
    let mut notes = Vec::new();
    let mut cells = Vec::new();
    let mut place = procedure.test.then(|| vec![false; count]);
    for (number, map) in maps.iter().enumerate() {
        let measured = match sets.get(number) {
            Some(set) => of_trains(set, map, procedure, place.as_deref_mut(), &mut notes, rng)?,
            None => of_maps(map)?,
        };
        cells.extend(measured);
    }
    if sets.is_empty() {
        place = None;
    }
    let minimum = procedure.settings.active_frames;
    let active = (0..count)
        .map(|cell| {
            if sets.is_empty() {
                return maps
                    .iter()
                    .any(|map| map.rates.column(cell).iter().any(|rate| *rate > 0.0));
            }
            sets.iter()
                .map(|set| set.active_frames[cell])
                .sum::<usize>()
                >= minimum
        })
        .collect();
    Ok(Some(SessionMeasures {
        label: session.label.clone(),
        day: session.day.unwrap_or(session.number as f64),
        active,
        place,
        cells,
        map: stacked(&maps)?,
        notes,
        session,
    }))
}

/// Maps of all directions below each other, on bins numbered from 0.
fn stacked(maps: &[DirectionMaps]) -> Result<RateMap, CliError> {
    let bins: usize = maps.iter().map(|map| map.rates.nrows()).sum();
    let cells = maps.first().map_or(0, |map| map.rates.ncols());
    let occupancy: Vec<f64> = maps.iter().flat_map(|map| map.occupancy.clone()).collect();
    let rows: Vec<_> = maps
        .iter()
        .flat_map(|map| map.rates.row_iter().map(|row| row.clone_owned()))
        .collect();
    let rates = nalgebra::DMatrix::from_fn(bins, cells, |bin, cell| rows[bin][cell]);
    let edges = BinEdges::equal(0.0, bins as f64, bins)?;
    Ok(RateMap::new(edges, occupancy, rates)?)
}

fn peak_bin(map: &DirectionMaps, cell: usize) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (bin, rate) in map.rates.column(cell).iter().enumerate() {
        if *rate > best.map_or(0.0, |(_, highest)| highest) {
            best = Some((bin, *rate));
        }
    }
    best.map(|(bin, _)| bin + 1)
}

fn of_trains(
    set: &Trains,
    map: &DirectionMaps,
    procedure: &Procedure,
    place: Option<&mut [bool]>,
    notes: &mut Vec<String>,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<CellMeasures>, CliError> {
    let naive = naive_information(&set.activity, &set.states, set.frame_duration)?;
    let mut cells: Vec<CellMeasures> = (0..set.activity.cells())
        .map(|cell| CellMeasures {
            cell,
            direction: set.direction,
            active_frames: Some(set.activity.active_frames(cell)),
            rate_hz: naive.rates[cell],
            peak_bin: peak_bin(map, cell),
            bits_per_spike: naive.bits_per_spike[cell],
            bits_per_second: naive.bits_per_second[cell],
            p_value: None,
            corrected: None,
        })
        .collect();
    if !procedure.correct {
        if procedure.test {
            test_only(set, &procedure.settings, &mut cells, place, rng)?;
        }
        return Ok(cells);
    }
    let report = match estimate_sparse(
        &set.activity,
        &set.states,
        set.frame_duration,
        &procedure.settings,
        rng,
    ) {
        Ok(report) => report,
        Err(error) => {
            // A direction with a handful of frames: its naive values stand, and the reader knows.
            notes.push(format!("no test and no correction: {error}"));
            return Ok(cells);
        }
    };
    for (cell, p_value) in report.active_cells.iter().zip(&report.p_values) {
        cells[*cell].p_value = Some(*p_value);
    }
    for (position, cell) in report.significant_cells.iter().enumerate() {
        cells[*cell].corrected = Some((
            report.bits_per_spike.cells[position],
            report.bits_per_second.cells[position],
        ));
    }
    if let Some(place) = place {
        for cell in &report.significant_cells {
            place[*cell] = true;
        }
    }
    Ok(cells)
}

/// The significance test without the correction that costs most of the time.
fn test_only(
    set: &Trains,
    settings: &Settings,
    cells: &mut [CellMeasures],
    place: Option<&mut [bool]>,
    rng: &mut ChaCha8Rng,
) -> Result<(), CliError> {
    let active = set.activity.cells_active_in(settings.active_frames);
    if active.is_empty() {
        return Ok(());
    }
    let test_settings = PlaceCellSettings {
        shuffle: settings.shuffle,
        shuffles: settings.shuffles,
        significance: settings.significance.unwrap_or(1.0),
    };
    let selected = set.activity.select(&active)?;
    let test = place_cell_test(&selected, &set.states, &test_settings, rng)?;
    for (cell, p_value) in active.iter().zip(&test.p_values) {
        cells[*cell].p_value = Some(*p_value);
    }
    if let Some(place) = place {
        for position in test.significant_cells() {
            place[active[position]] = true;
        }
    }
    Ok(())
}

/// Information of published maps with equal time in every visited bin, which nobody recorded.
fn of_maps(map: &DirectionMaps) -> Result<Vec<CellMeasures>, CliError> {
    (0..map.rates.ncols())
        .map(|cell| {
            let mut occupancy = map.occupancy.clone();
            let mut rates: Vec<f64> = map.rates.column(cell).iter().copied().collect();
            for (time, rate) in occupancy.iter_mut().zip(&mut rates) {
                if rate.is_nan() {
                    (*time, *rate) = (0.0, 0.0);
                }
            }
            let bits = if occupancy.iter().any(|time| *time > 0.0) {
                information(&occupancy, &rates)?
            } else {
                f64::NAN
            };
            let time: f64 = occupancy.iter().sum();
            let total: f64 = occupancy
                .iter()
                .zip(&rates)
                .map(|(time, rate)| time * rate)
                .sum();
            let rate_hz = total / time;
            Ok(CellMeasures {
                cell,
                direction: map.direction,
                active_frames: None,
                rate_hz,
                peak_bin: peak_bin(map, cell),
                bits_per_spike: bits,
                bits_per_second: if rate_hz > 0.0 { bits * rate_hz } else { 0.0 },
                p_value: None,
                corrected: None,
            })
        })
        .collect()
}

impl SessionMeasures {
    /// Number of active cells.
    pub fn active_cells(&self) -> usize {
        self.active.iter().filter(|active| **active).count()
    }

    /// Number of place cells, none without a test.
    pub fn place_cells(&self) -> Option<usize> {
        Some(self.place.as_ref()?.iter().filter(|place| **place).count())
    }

    /// Cells with enough activity to be tested, in at least one direction.
    pub fn eligible_cells(&self) -> usize {
        let mut seen = vec![false; self.active.len()];
        for measures in &self.cells {
            seen[measures.cell] |= measures.p_value.is_some() || measures.corrected.is_some();
        }
        seen.into_iter().filter(|seen| *seen).count()
    }

    /// Naive bits per spike over cells and directions with at least `minimum` active frames.
    pub fn naive(&self, minimum: usize) -> Mean {
        let enough = self
            .cells
            .iter()
            .filter(|cell| cell.active_frames.is_none_or(|n| n >= minimum));
        Mean::of(enough.map(|cell| cell.bits_per_spike))
    }

    /// Corrected bits per spike over the cells and directions that were corrected, with the
    /// naive value of the same ones.
    pub fn corrected(&self, value: fn(&CorrectedInformation) -> f64) -> Mean {
        let corrected = self.cells.iter().filter_map(|cell| cell.corrected.as_ref());
        Mean::of(corrected.map(|(bits, _)| value(bits)))
    }

    /// Mean rate of a cell over the directions, Hz.
    pub fn cell_rate(&self, cell: usize) -> f64 {
        let directions = self.cells.iter().filter(|measures| measures.cell == cell);
        Mean::of(directions.map(|measures| measures.rate_hz)).mean
    }

    /// Mean rate over all cells, Hz.
    pub fn mean_rate(&self) -> Mean {
        Mean::of(self.cells.iter().map(|cell| cell.rate_hz))
    }
}
