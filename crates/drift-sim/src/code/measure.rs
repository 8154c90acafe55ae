//! What is measured of the units at one time.

use std::borrow::Cow;

use drift_data::TrackDirection;
use drift_metrics::binning::Durations;
use drift_metrics::information::bias::{Settings, estimate_sparse, naive_information};
use drift_metrics::information::information;
use drift_metrics::sessions::RegisteredSession;
use drift_metrics::shuffle::{PlaceCellSettings, place_cell_test};
use drift_metrics::statistics::Mean;
use drift_metrics::{BinEdges, RateMap};
use nalgebra::DMatrix;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::at::count;
use super::moment::slot;
use super::repeats::{FEWEST_LAPS, LAPS_LEFT_OUT, decoders};
use super::{CodeAt, Criteria, Evidence, Moment, Pass, PassMaps, Population, UnitMeasures};
use crate::Error;

/// The generator of one purpose: the seed and `names` are all it depends on.
pub(crate) fn draws(seed: u64, names: &[&str]) -> ChaCha8Rng {
    // Each block of eight bytes is put on top of a state that a cipher has mixed; the length that
    // ends a name tells apart names that are cut at other places.
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for name in names {
        let length = (name.len() as u64).to_le_bytes();
        for block in name.as_bytes().chunks(8).chain([&length[..]]) {
            let mut bytes = [0; 8];
            bytes[..block.len()].copy_from_slice(block);
            rng = ChaCha8Rng::seed_from_u64(rng.next_u64() ^ u64::from_le_bytes(bytes));
        }
    }
    rng
}

/// The word for a direction, in tables and in the names of streams.
pub(super) fn word(direction: Option<TrackDirection>) -> &'static str {
    match direction {
        Some(TrackDirection::Right) => "right",
        Some(TrackDirection::Left) => "left",
        None => "both",
    }
}

/// Measures one moment.
pub(super) fn measure(
    population: &Population,
    moment: Moment,
    criteria: &Criteria,
    seed: u64,
) -> Result<CodeAt, Error> {
    moment.check()?;
    let units = moment.units.len();
    let mut at = CodeAt {
        active: match &moment.evidence {
            Evidence::Passes(passes) => active(passes, units, criteria),
            Evidence::Maps(maps) => active_in_maps(maps, units, criteria),
        },
        tested: None,
        place: None,
        measures: Vec::new(),
        active_fraction: f64::NAN,
        above_threshold: 0,
        map: stacked(&moment)?,
        authors: moment.authors,
        space: moment.decoding_space(),
        registered: None,
        halves: None,
        decoders: None,
        notes: moment.notes.clone(),
        when: moment.when,
        label: moment.label.clone(),
        units: moment.units.clone(),
    };
    match &moment.evidence {
        Evidence::Maps(maps) => {
            for maps in maps {
                at.measures.extend(of_maps(maps, &at.active)?);
            }
        }
        Evidence::Passes(passes) => {
            let samples: usize = passes.iter().map(|pass| pass.samples * units).sum();
            let active = passes.iter().flat_map(|pass| &pass.active_samples);
            at.active_fraction = active.sum::<usize>() as f64 / samples as f64;
            for pass in passes {
                let name = population.name();
                let stream = |purpose: &str| {
                    draws(seed, &[&name, &moment.label, word(pass.direction), purpose])
                };
                let (measured, note) = of_pass(pass, &at.active, criteria, stream)?;
                at.notes.extend(note);
                at.measures.extend(measured);
            }
            let any = |holds: &dyn Fn(&UnitMeasures) -> bool| {
                let mut flags = vec![false; units];
                at.measures.iter().for_each(|m| flags[m.unit] |= holds(m));
                flags
            };
            at.tested = Some(any(&|m| m.tested));
            at.place = (criteria.shuffles > 0)
                .then(|| any(&|m| m.p_value.is_some_and(|p| p < criteria.significance)));
            at.above_threshold = count(&any(&|m| {
                m.tested && m.bits_per_spike > criteria.place_threshold
            }));
        }
    }
    if let Some(known) = population.units {
        let column_of = moment.column_of(known);
        let session = RegisteredSession::new(at.map.rates.as_view(), &column_of, &at.active)?;
        at.registered = Some(session);
        match moment.binned(known)? {
            Some(session) if session.n_laps() >= FEWEST_LAPS => {
                at.halves = Some(session.half_maps());
                at.decoders = Some(decoders(&session, LAPS_LEFT_OUT)?);
            }
            // Without noise of estimation there is nothing to correct, and no lap to be left out.
            Some(session) if population.simulated => at.decoders = Some(decoders(&session, 0)?),
            _ => {}
        }
    }
    Ok(at)
}

fn active(passes: &[Pass], units: usize, criteria: &Criteria) -> Vec<bool> {
    let seconds: f64 = passes
        .iter()
        .map(|pass| pass.activity.frames() as f64 * pass.sample_seconds)
        .sum();
    (0..units)
        .map(|unit| {
            let samples: usize = passes.iter().map(|pass| pass.active_samples[unit]).sum();
            let total: f64 = passes.iter().map(|pass| pass.activity.total(unit)).sum();
            // A unit that is active only where it has no place has no rate there.
            let rate = criteria.minimum_rate == 0.0 || total / seconds > criteria.minimum_rate;
            samples >= criteria.active_samples && rate
        })
        .collect()
}

fn active_in_maps(maps: &[PassMaps], units: usize, criteria: &Criteria) -> Vec<bool> {
    let rate = |unit: usize| Mean::of(maps.iter().map(|maps| mean_rate(maps, unit).0)).mean;
    (0..units)
        .map(|unit| rate(unit) > criteria.minimum_rate)
        .collect()
}

/// Mean rate of a unit over the time spent, with the occupancy and rates behind it.
fn mean_rate(maps: &PassMaps, unit: usize) -> (f64, Vec<f64>, Vec<f64>) {
    let seen = maps.occupancy.iter().zip(maps.rates.column(unit));
    let (occupancy, rates): (Vec<f64>, Vec<f64>) = seen
        .map(|(time, rate)| {
            if rate.is_nan() {
                (0.0, 0.0)
            } else {
                (*time, *rate)
            }
        })
        .unzip();
    let total: f64 = occupancy
        .iter()
        .zip(&rates)
        .map(|(time, rate)| time * rate)
        .sum();
    (total / occupancy.iter().sum::<f64>(), occupancy, rates)
}

fn of_maps(maps: &PassMaps, active: &[bool]) -> Result<Vec<UnitMeasures>, Error> {
    (0..active.len())
        .map(|unit| {
            let (rate, occupancy, rates) = mean_rate(maps, unit);
            let bits = information(&occupancy, &rates)?;
            Ok(UnitMeasures {
                unit,
                direction: maps.direction,
                active_samples: None,
                rate,
                peak_bin: peak_bin(&rates),
                bits_per_spike: bits,
                bits_per_second: if rate > 0.0 { bits * rate } else { 0.0 },
                tested: active[unit],
                p_value: None,
                shuffled: None,
                corrected: None,
            })
        })
        .collect()
}

fn of_pass(
    pass: &Pass,
    active: &[bool],
    criteria: &Criteria,
    stream: impl Fn(&str) -> ChaCha8Rng,
) -> Result<(Vec<UnitMeasures>, Option<String>), Error> {
    let durations = match pass.states.durations() {
        Some(each) => Durations::Each(each),
        None => Durations::Constant(pass.sample_seconds),
    };
    let naive = naive_information(&pass.activity, &pass.states, durations)?;
    let rates = maps_of(pass).rates;
    let enough = pass.activity.cells_active_in(criteria.active_samples);
    let tested: Vec<usize> = enough.into_iter().filter(|&unit| active[unit]).collect();
    let mut measures: Vec<UnitMeasures> = (0..active.len())
        .map(|unit| UnitMeasures {
            unit,
            direction: pass.direction,
            active_samples: Some(pass.activity.active_frames(unit)),
            rate: naive.rates[unit],
            peak_bin: peak_bin(rates.column(unit).as_slice()),
            bits_per_spike: naive.bits_per_spike[unit],
            bits_per_second: naive.bits_per_second[unit],
            tested: tested.binary_search(&unit).is_ok(),
            p_value: None,
            shuffled: None,
            corrected: None,
        })
        .collect();
    let mut tuned = tested.clone();
    if criteria.shuffles > 0 && !tested.is_empty() {
        let settings = PlaceCellSettings {
            shuffles: criteria.shuffles,
            significance: criteria.significance,
            ..PlaceCellSettings::default()
        };
        let kept = pass.activity.select(&tested)?;
        let test = place_cell_test(&kept, &pass.states, &settings, &mut stream("shuffles"))?;
        for (position, &unit) in tested.iter().enumerate() {
            measures[unit].p_value = Some(test.p_values[position]);
            measures[unit].shuffled = Some(test.shuffled_mean[position]);
        }
        tuned = test
            .significant_cells()
            .into_iter()
            .map(|position| tested[position])
            .collect();
    }
    if criteria.subsamplings == 0 || tuned.is_empty() {
        return Ok((measures, None));
    }
    let settings = Settings {
        active_frames: criteria.active_samples,
        // The units were tested above.
        significance: None,
        repetitions: criteria.subsamplings,
        ..Settings::default()
    };
    let kept = pass.activity.select(&tuned)?;
    let mut rng = stream("subsamples");
    match estimate_sparse(
        &kept,
        &pass.states,
        pass.sample_seconds,
        &settings,
        &mut rng,
    ) {
        Ok(report) => {
            for (position, &kept) in report.significant_cells.iter().enumerate() {
                let spike = report.bits_per_spike.cells[position];
                let second = report.bits_per_second.cells[position];
                measures[tuned[kept]].corrected = Some((spike, second));
            }
            Ok((measures, None))
        }
        // A direction with a handful of samples: its naive values stand, and the reader knows.
        Err(error) => Ok((measures, Some(format!("no correction: {error}")))),
    }
}

/// The unsmoothed maps of a pass.
fn maps_of(pass: &Pass) -> PassMaps {
    let (states, units) = (&pass.states, pass.activity.cells());
    let mut occupancy = vec![0.0; pass.bins];
    for (label, seconds) in states.labels().iter().zip(states.time(pass.sample_seconds)) {
        occupancy[*label] = seconds;
    }
    let mut rates = DMatrix::zeros(pass.bins, units);
    for (unit, mut column) in rates.column_iter_mut().enumerate() {
        for (sample, value) in pass.activity.entries(unit) {
            column[states.labels()[usize::from(states.index()[sample])]] += value;
        }
        for (rate, time) in column.iter_mut().zip(&occupancy) {
            *rate = if *time > 0.0 { *rate / time } else { f64::NAN };
        }
    }
    PassMaps {
        direction: pass.direction,
        occupancy,
        rates,
    }
}

/// Bin of the largest rate, from 1; none without a positive one.
fn peak_bin(rates: &[f64]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (bin, rate) in rates.iter().enumerate() {
        if *rate > best.map_or(0.0, |(_, highest)| highest) {
            best = Some((bin, *rate));
        }
    }
    best.map(|(bin, _)| bin + 1)
}

/// Maps of all directions below each other, on bins numbered from 0; a direction without a sample
/// is one of unvisited bins.
fn stacked(moment: &Moment) -> Result<RateMap, Error> {
    let parts: Cow<'_, [PassMaps]> = match &moment.evidence {
        Evidence::Passes(passes) => passes.iter().map(maps_of).collect(),
        Evidence::Maps(maps) => Cow::Borrowed(maps),
    };
    let bins = parts.iter().map(|part| part.occupancy.len());
    let bins = bins.max().unwrap_or(0);
    let total = bins * moment.slots;
    let mut occupancy = vec![0.0; total];
    let mut rates = DMatrix::from_element(total, moment.units.len(), f64::NAN);
    for part in parts.iter() {
        let (first, length) = (slot(part.direction) * bins, part.occupancy.len());
        occupancy[first..first + length].copy_from_slice(&part.occupancy);
        rates.rows_mut(first, length).copy_from(&part.rates);
    }
    // A bin without the rate of some units counts as unvisited in the maps of all.
    for (bin, time) in occupancy.iter_mut().enumerate() {
        if rates.row(bin).iter().any(|rate| rate.is_nan()) {
            *time = 0.0;
        }
    }
    Ok(RateMap::new(
        BinEdges::equal(0.0, total as f64, total)?,
        occupancy,
        rates,
    )?)
}
