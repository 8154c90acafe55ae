//! One session: frames, events, information and place cells, by direction and in both.

use drift_sim::data::{Activity, FrameActivity, Session, TrackDirection};
use drift_sim::learn::Streams;
use drift_sim::metrics::information::{information, offset_information};
use drift_sim::metrics::nalgebra::DMatrix;
use serde_json::Value;

use crate::side::{FRAME, Side, running};
use crate::tally::Tally;

const SIDES: [(&str, TrackDirection); 2] = [
    ("right", TrackDirection::Right),
    ("left", TrackDirection::Left),
];

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        (sorted[middle - 1] + sorted[middle]) / 2.0
    }
}

fn frames(session: &Session) -> &FrameActivity {
    match &session.activity {
        Activity::Frames(frames) => frames,
        other => panic!("{other:?}"),
    }
}

/// Shares of place cells: against all shifts to one cell, against 1000 within what chance allows.
fn place(
    tally: &mut Tally,
    name: &str,
    cells: usize,
    all_shifts: usize,
    thousand: usize,
    expected: &Value,
) {
    let cell = 1.0 / cells as f64;
    let number = |key: &str| expected[key].as_f64().unwrap();
    let share = |count: usize| count as f64 * cell;
    tally.within(
        name,
        share(all_shifts),
        number("fraction_all_shifts"),
        cell * (1.0 + 1e-9),
    );
    let distance = (4.0 * number("monte_carlo_sd")).max(2.0 * cell);
    tally.within(
        name,
        share(thousand),
        number("expected_fraction_1000"),
        distance,
    );
}

/// Compares a session; returns its maps (right, then left) and its active cells.
pub fn session(
    tally: &mut Tally,
    session: &Session,
    rows: usize,
    expected: &Value,
) -> (DMatrix<f64>, Vec<bool>) {
    let name = &session.label;
    let digits = session.date.unwrap().to_string().replace('-', "");
    assert_eq!(Some(digits.as_str()), expected["date"].as_str(), "{name}");
    let of_trials = |value: fn(&drift_sim::data::Trial) -> usize| -> Vec<usize> {
        session.trials.iter().map(value).collect()
    };
    tally.all_exact(name, &of_trials(|trial| trial.number), &expected["trials"]);
    tally.all_exact(
        name,
        &of_trials(|trial| trial.behaviour_frames),
        &expected["behaviour_frames_after_drop"],
    );
    tally.all_exact(
        name,
        &of_trials(|trial| trial.imaging_frames),
        &expected["calcium_frames"],
    );
    tally.all_exact(
        name,
        &of_trials(|trial| trial.samples.len()),
        &expected["frames_used"],
    );
    for (trial, range) in session
        .trials
        .iter()
        .zip(expected["position_range"].as_array().unwrap())
    {
        tally.all_close(name, &trial.position_range, range);
    }
    tally.exact(name, session.recorded_units, &expected["columns"]);
    tally.exact(name, session.cells.len(), &expected["cells_found"]);

    let all = frames(session);
    let events: Vec<usize> = (0..all.cells()).map(|cell| all.events(cell)).collect();
    tally.exact(name, events.iter().sum(), &expected["events_all_frames"]);
    tally.exact(
        name,
        events.iter().filter(|count| **count > 0).count(),
        &expected["active_any_frame"],
    );

    let running = SIDES.map(|(_, direction)| running(session, direction));
    for ((side, _), running) in SIDES.iter().zip(&running) {
        tally.exact(name, running.samples(), &expected["running_frames"][side]);
    }
    let while_running: Vec<usize> = (0..all.cells())
        .map(|cell| {
            running
                .iter()
                .map(|running| frames(running).events(cell))
                .sum()
        })
        .collect();
    let at_least = |least: usize| {
        while_running
            .iter()
            .filter(|count| **count >= least)
            .count()
    };
    tally.exact(
        name,
        while_running.iter().sum(),
        &expected["events_running"],
    );
    tally.exact(name, at_least(1), &expected["active_ge1"]);
    tally.exact(name, at_least(5), &expected["active_ge5"]);
    let found = session.cells.len() as f64;
    tally.close(
        name,
        at_least(1) as f64 / rows as f64,
        &expected["fraction_active_ge1"],
    );
    tally.close(
        name,
        at_least(5) as f64 / rows as f64,
        &expected["fraction_active_ge5"],
    );
    tally.close(
        name,
        at_least(5) as f64 / found,
        &expected["fraction_of_found_ge5"],
    );

    let seed = 20_150_701 + session.number as u64;
    let sides = running.map(|running| Side::of(&running, Streams::new(seed)));
    for ((key, _), side) in SIDES.iter().zip(&sides) {
        let name = format!("{name} {key}");
        let expected = &expected[key];
        let (bits, rates) = side.informations();
        tally.exact(&name, side.events.frames(), &expected["frames_in_bins"]);
        tally.all_close(&name, &side.map.occupancy, &expected["occupancy_s"]);
        let total: f64 = (0..side.events.cells())
            .map(|cell| side.events.total(cell))
            .sum();
        tally.exact(&name, total as usize, &expected["events_in_bins"]);
        tally.exact(&name, side.eligible.len(), &expected["cells_ge5"]);
        tally.close(&name, mean(&bits), &expected["mean_si_bits_per_event"]);
        tally.close(&name, mean(&rates), &expected["mean_si_bits_per_second"]);
        tally.close(&name, median(&bits), &expected["median_si_bits_per_event"]);
        let test = &side.all_shifts;
        let corrected: Vec<f64> = bits
            .iter()
            .zip(&test.shuffled_mean)
            .map(|(si, chance)| si - chance)
            .collect();
        tally.close(
            &name,
            mean(&corrected),
            &expected["mean_si_minus_all_shifts"],
        );
        let (exact, drawn) = (test.significant_cells().len(), side.thousand.len());
        place(
            tally,
            &name,
            side.eligible.len(),
            exact,
            drawn,
            &expected["place"],
        );
    }
    both(tally, name, &sides, &expected["both"]);
    examples(
        tally,
        session,
        &sides,
        &while_running,
        &expected["examples"],
    );

    let maps = DMatrix::from_fn(40, session.cells.len(), |bin, cell| {
        sides[bin / 20].map.rates[(bin % 20, cell)]
    });
    (
        maps,
        while_running.iter().map(|count| *count >= 5).collect(),
    )
}

fn both(tally: &mut Tally, name: &str, sides: &[Side; 2], expected: &Value) {
    let (mut bits, mut rates) = sides[0].informations();
    let (more_bits, more_rates) = sides[1].informations();
    bits.extend(more_bits);
    rates.extend(more_rates);
    tally.exact(name, bits.len(), &expected["cell_directions_ge5"]);
    tally.close(name, mean(&bits), &expected["mean_si_bits_per_event"]);
    tally.close(name, mean(&rates), &expected["mean_si_bits_per_second"]);
    let union = |lists: [Vec<usize>; 2]| {
        let mut cells = lists.concat();
        cells.sort_unstable();
        cells.dedup();
        cells.len()
    };
    let either = union([sides[0].eligible.clone(), sides[1].eligible.clone()]);
    tally.exact(name, either, &expected["cells_ge5_either"]);
    let exact = union([
        sides[0].cells(&sides[0].all_shifts.significant_cells()),
        sides[1].cells(&sides[1].all_shifts.significant_cells()),
    ]);
    let drawn = union([
        sides[0].cells(&sides[0].thousand),
        sides[1].cells(&sides[1].thousand),
    ]);
    place(tally, name, either, exact, drawn, &expected["place_either"]);
}

fn examples(
    tally: &mut Tally,
    session: &Session,
    sides: &[Side; 2],
    events: &[usize],
    expected: &Value,
) {
    use drift_sim::data::Identity;
    for example in expected.as_array().into_iter().flatten() {
        let row = example["row"].as_u64().unwrap() as usize;
        let name = format!("{} row {row}", session.label);
        let wanted = Some(Identity::Registered(row));
        let cell = session
            .cells
            .iter()
            .position(|cell| cell.identity == wanted)
            .unwrap();
        tally.exact(&name, events[cell], &example["events_running"]);
        for ((key, _), side) in SIDES.iter().zip(sides) {
            let expected = &example[key];
            let map = side.map.unit(cell);
            tally.all_close(&name, map, &expected["rate_map"]);
            let counts: Vec<f64> = map
                .iter()
                .zip(&side.map.occupancy)
                .map(|(rate, time)| rate * time)
                .collect();
            tally.all_close(&name, &counts, &expected["event_counts"]);
            let bits = information(&side.map.occupancy, map).unwrap();
            tally.close(&name, bits, &expected["si_bits_per_event"]);
            tally.close(
                &name,
                bits * side.map.mean_rate[cell],
                &expected["si_bits_per_second"],
            );
            // The script's offset would give a silent cell 0 bits; the reference leaves it out, as the definition does.
            let per_frame: Vec<f64> = map.iter().map(|rate| rate * FRAME).collect();
            let offset = offset_information(&side.map.occupancy, &per_frame, 1e-10).unwrap();
            let offset = if bits.is_nan() { f64::NAN } else { offset };
            tally.close(&name, offset, &expected["si_authors_1e10"]);
        }
    }
}
