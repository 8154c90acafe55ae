//! Observed simulations: laws of the observation, what is read back, and what measures say of a
//! code that stands still.

#[path = "../../examples/stationary_code/conditions.rs"]
mod conditions;

use conditions::{conditions, said};
use drift_sim::code::{Criteria, Evidence, Moment, Pass, RecordedCode, Selection, measure_code};
use drift_sim::data::{Activity, folder};
use drift_sim::observe::{Calcium, Observation, PlaceCode, Signal, TrackCode};
use drift_sim::{Error, Registry, RunRecord, presets};

fn trains(seen: &drift_sim::observe::Observed, session: usize) -> Vec<Vec<f64>> {
    match &seen.recording.sessions[session].activity {
        Activity::Spikes(trains) => trains.clone(),
        other => panic!("spikes, not {other:?}"),
    }
}

fn short() -> Observation {
    Observation {
        minutes: 3.0,
        ..Observation::default()
    }
}

#[test]
fn fewer_cells_are_some_of_the_many() {
    let code = PlaceCode {
        cells: 30,
        ..PlaceCode::default()
    }
    .draw(2, 3)
    .unwrap();
    let all = short().of(&code).unwrap();
    let some = Observation {
        cells: Some(7),
        ..short()
    }
    .of(&code)
    .unwrap();
    for session in 0..2 {
        let (whole, part) = (trains(&all, session), trains(&some, session));
        let place = |seen: &drift_sim::observe::Observed| {
            seen.recording.sessions[session]
                .trajectory
                .clone()
                .unwrap()
                .position
        };
        assert_eq!(place(&all), place(&some));
        let label = &some.recording.sessions[session].label;
        for cell in some.truth.iter().filter(|cell| cell.session == *label) {
            // All 30 are seen in order, so that a unit is its own cell there.
            let here: usize = cell.cell.parse().unwrap();
            assert_eq!(part[here], whole[cell.unit]);
        }
    }
    // A longer study has the same first days; another seed has others.
    let longer = PlaceCode {
        cells: 30,
        ..PlaceCode::default()
    }
    .draw(3, 3)
    .unwrap();
    assert_eq!(trains(&short().of(&longer).unwrap(), 1), trains(&all, 1));
    let other = Observation { seed: 1, ..short() }.of(&code).unwrap();
    assert_ne!(trains(&other, 0), trains(&all, 0));
}

#[test]
fn events_are_as_many_as_the_rates_say() {
    // No field: every unit fires alike everywhere, at the stated rate.
    let code = PlaceCode {
        place_share: 0.0,
        ..PlaceCode::default()
    }
    .draw(2, 0)
    .unwrap();
    let how = Observation {
        rate_hz: 2.0,
        gain_spread: 0.0,
        minutes: 5.0,
        ..Observation::default()
    };
    let seen = how.of(&code).unwrap();
    let spikes: usize = trains(&seen, 0).iter().map(Vec::len).sum();
    let expected = 150.0 * 2.0 * 300.0;
    assert!(
        (spikes as f64 - expected).abs() < 4.0 * f64::sqrt(expected),
        "{spikes}"
    );
    // The median of the peaks is the stated rate, whatever the code's unit.
    let twice = Observation {
        rate_hz: 4.0,
        ..how
    }
    .of(&code)
    .unwrap();
    let more: usize = trains(&twice, 0).iter().map(Vec::len).sum();
    assert!((more as f64 / spikes as f64 - 2.0).abs() < 0.05, "{more}");
}

#[test]
fn identities_go_wrong_by_the_stated_share_and_only_rotate() {
    let code = PlaceCode {
        cells: 400,
        place_share: 0.0,
        ..PlaceCode::default()
    }
    .draw(3, 0)
    .unwrap();
    for errors_chain in [true, false] {
        let how = Observation {
            misregistered: 0.1,
            errors_chain,
            minutes: 0.1,
            rate_hz: 0.1,
            ..Observation::default()
        };
        let seen = how.of(&code).unwrap();
        let wrong = |session: &str| {
            let cells = seen.truth.iter().filter(|cell| cell.session == session);
            let mut rows: Vec<usize> = cells.clone().map(|cell| cell.registered_cell).collect();
            rows.sort_unstable();
            assert_eq!(
                rows,
                (0..400).collect::<Vec<_>>(),
                "every cell has one identity"
            );
            cells
                .filter(|cell| cell.unit != cell.registered_cell)
                .count() as f64
                / 400.0
        };
        assert_eq!(wrong("day 1"), 0.0);
        let (second, third) = (wrong("day 2"), wrong("day 3"));
        assert!((second - 0.1).abs() < 0.06, "{second}");
        let expected = if errors_chain { 0.19 } else { 0.1 };
        assert!((third - expected).abs() < 0.07, "{third}");
    }
}

#[test]
fn a_recording_of_a_run_comes_back_from_its_folder() {
    let mut scenario = presets::preset("figure2").unwrap().into_unchecked();
    for set in [
        "steps=400",
        "network.hidden=40",
        "sampling.linear.samples=21",
    ] {
        scenario.set(set).unwrap();
    }
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("run");
    let scenario = scenario.try_into().unwrap();
    Registry::new()
        .create_run(&directory, &scenario)
        .unwrap()
        .run(&mut ())
        .unwrap();
    let record = RunRecord::read(&directory).unwrap();
    let code = TrackCode::of_run(&record, None, 4).unwrap();
    assert_eq!((code.days().len(), code.days()[0].rates.ncols()), (4, 40));
    for signal in [Signal::Spikes, Signal::Calcium(Calcium::default())] {
        let how = Observation {
            signal,
            cells: Some(12),
            misregistered: 0.5,
            ..short()
        };
        let seen = how.of(&code).unwrap();
        let out = tempfile::tempdir().unwrap();
        assert!(
            folder::write(&seen.recording, out.path())
                .unwrap()
                .is_empty()
        );
        let read = folder::load(out.path()).unwrap();
        assert_eq!(read.sessions.len(), 4);
        let registered = read.registration.as_ref().unwrap();
        assert_eq!((registered.cells, registered.found_in_all()), (12, 12));
        for (read, seen) in read.sessions.iter().zip(&seen.recording.sessions) {
            assert_eq!(
                read.activity_matrix().unwrap(),
                seen.activity_matrix().unwrap()
            );
            let identities = |cells: &[drift_sim::data::Cell]| {
                cells
                    .iter()
                    .map(|cell| cell.identity.clone())
                    .collect::<Vec<_>>()
            };
            assert_eq!(identities(&read.cells), identities(&seen.cells));
        }
    }
    let refused = Observation {
        cells: Some(41),
        ..short()
    }
    .of(&code)
    .unwrap_err();
    assert!(
        matches!(&refused, Error::Engine(drift_sim::engine::Error::OutOfRange { field, .. }) if field == "cells"),
        "{refused}"
    );
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    let default = Observation::default;
    for (how, name) in [
        (
            Observation {
                rate_hz: 0.0,
                ..default()
            },
            "rate_hz",
        ),
        (
            Observation {
                minutes: f64::NAN,
                ..default()
            },
            "minutes",
        ),
        (
            Observation {
                misregistered: 1.5,
                ..default()
            },
            "misregistered",
        ),
        (
            Observation {
                gain_spread: -1.0,
                ..default()
            },
            "gain_spread",
        ),
        (
            Observation {
                track_cm: 1.0,
                ..default()
            },
            "track_cm",
        ),
        (
            Observation {
                cells: Some(0),
                ..default()
            },
            "cells",
        ),
        (
            Observation {
                signal: Signal::Calcium(Calcium {
                    decay_s: 0.0,
                    ..Calcium::default()
                }),
                ..default()
            },
            "signal.calcium.decay_s",
        ),
    ] {
        let refused = how.check().unwrap_err();
        assert!(
            matches!(&refused, Error::Engine(drift_sim::engine::Error::OutOfRange { field, .. }) if field == name),
            "{refused}"
        );
    }
}

/// A slip in a size is an error, not an endless loop or an exhausted memory.
#[test]
fn sizes_out_of_reach_are_refused_by_name() {
    let many = PlaceCode {
        cells: usize::MAX,
        ..PlaceCode::default()
    };
    let refused = many.draw(1, 0).unwrap_err().to_string();
    assert!(refused.contains("at most 10^8 rates a day"), "{refused}");
    let code = PlaceCode::default().draw(2, 1).unwrap();
    let loud = Observation {
        rate_hz: 1e300,
        ..short()
    };
    let refused = loud.of(&code).unwrap_err().to_string();
    assert!(
        refused.ends_with("no unit has more than 10^8 spikes in a session"),
        "{refused}"
    );
    let seen = short().of(&code).unwrap();
    for (selection, expected) in [
        (
            Selection {
                bin_cm: 1e-13,
                ..Selection::default()
            },
            "bin_cm is 0.0000000000001; expected wide enough for at most 1000000 bins",
        ),
        (
            Selection {
                block_minutes: Some(1e-300),
                ..Selection::default()
            },
            "expected long enough for at most 1000000 blocks in a session",
        ),
    ] {
        let refused = RecordedCode::new(&seen.recording, &selection).unwrap_err();
        assert!(refused.to_string().ends_with(expected), "{refused}");
    }
}

#[test]
fn a_moment_whose_parts_do_not_fit_is_refused() {
    let code = PlaceCode::default().draw(1, 1).unwrap();
    let seen = short().of(&code).unwrap();
    let selection = Selection::default();
    let recorded = RecordedCode::new(&seen.recording, &selection).unwrap();
    let refused = |change: &dyn Fn(&mut Moment)| {
        let mut moment = recorded.moments(0).unwrap().remove(0);
        change(&mut moment);
        let measured = measure_code(recorded.population(), [Ok(moment)], &Criteria::default(), 0);
        measured.unwrap_err().to_string()
    };
    let passes = |moment: &mut Moment, change: &dyn Fn(&mut Pass)| match &mut moment.evidence {
        Evidence::Passes(passes) => passes.iter_mut().for_each(change),
        Evidence::Maps(_) => panic!("spikes give passes"),
    };
    for (found, expected) in [
        (refused(&|moment| moment.slots = 0), "slots is 0"),
        (refused(&|moment| moment.slots = 1), "slots is 1"),
        (
            refused(&|moment| moment.units.truncate(3)),
            "units of a pass has",
        ),
        (
            refused(&|moment| passes(moment, &|pass| pass.active_samples.truncate(3))),
            "active_samples of a pass has 3",
        ),
        (
            refused(&|moment| passes(moment, &|pass| pass.laps.truncate(3))),
            "laps of a pass has 3",
        ),
        (
            refused(&|moment| passes(moment, &|pass| pass.bins = 3)),
            "bins is 3",
        ),
    ] {
        assert!(found.starts_with(expected), "{found}");
    }
}

/// The table of the book in small. A code that stands still looks as if it drifted to every naive
/// measure through sparse events; matched halves say that it does not; they see the one that does.
#[test]
fn a_code_that_stands_still_is_not_said_to_drift() {
    const REPEATS: u64 = 8;
    let mean = |condition: &conditions::Condition, measure: &str| {
        let found = (0..REPEATS).map(|seed| {
            let all = said(condition, seed, 0).unwrap();
            let one = all.iter().find(|said| said.measure == measure).unwrap();
            (one.naive, one.corrected - one.still)
        });
        let (naive, corrected): (Vec<f64>, Vec<f64>) = found.unzip();
        let of = |values: Vec<f64>| values.iter().sum::<f64>() / REPEATS as f64;
        (of(naive), of(corrected))
    };
    let all = conditions();
    for condition in &all[1..3] {
        let (naive, corrected) = mean(condition, "rate-map r");
        assert!(naive < 0.75, "{}: {naive}", condition.name);
        // One repeat scatters by 0.03 to 0.05, the mean of eight by a third of it.
        assert!(corrected.abs() < 0.05, "{}: {corrected}", condition.name);
    }
    // Wrong identities look like drift; so does drift.
    for (condition, least, most) in [(&all[4], -0.2, -0.02), (&all[5], -0.35, -0.08)] {
        let (_, corrected) = mean(condition, "rate-map r");
        assert!(
            (least..most).contains(&corrected),
            "{}: {corrected}",
            condition.name
        );
    }
    let (still, drifting) = (
        mean(&all[1], "decoder's error on the other day, bins").1,
        mean(&all[5], "decoder's error on the other day, bins").1,
    );
    assert!(still.abs() < 0.15 && drifting > 0.3, "{still} {drifting}");

    // The interval holds what it is of; that of the code that drifts lies below 1.
    let interval = |condition: &conditions::Condition| {
        let all = said(condition, 0, 60).unwrap();
        let map = all.into_iter().next().unwrap();
        let (low, high) = map.interval.unwrap();
        assert!(low < map.corrected && map.corrected < high, "{map:?}");
        high
    };
    assert!(interval(&all[0]) > 1.0);
    assert!(interval(&all[5]) < 1.0);
}
