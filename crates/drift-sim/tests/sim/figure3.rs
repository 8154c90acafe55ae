//! A code over time: Khatib's processing by description, the independence of its shuffles, cohorts
//! against reference values.

use drift_sim::code::{
    Axis, CodeOverTime, CohortCurve, Criteria, Denominator, Directions, Evidence, Laboratory,
    Moment, Pass, Population, Quantity, RecordedCode, Selection, SessionRow, Unit, When,
    measure_code,
};
use drift_sim::data::{
    Activity, Cell, Clock, EpochKind, FrameActivity, FrameKind, Identity, Position, Recording,
    Session, TrackDirection, Trajectory,
};
use drift_sim::metrics::activity::SparseActivity;
use drift_sim::metrics::binning::States;
use drift_sim::metrics::cohort::{Series, cohort, trend};
use drift_sim::metrics::decoding::Space;
use drift_sim::nalgebra::DMatrix;
use drift_sim::rand::SeedableRng as _;
use drift_sim::{Error, engine, learn};
use proptest::prelude::*;

/// A mouse on a line of 8 cm for 60 minutes, a frame a second: 20 s right and 20 s left in turn, the
/// second half of each in the second bin. Cell 0 fires in the second bin on the way right of the
/// first 20 minutes only; cell 1 in every frame.
fn khatib() -> Recording {
    let frames = 3600;
    let way = |frame: usize| (frame / 20) % 2;
    let right = |frame: usize| way(frame) == 0;
    let first_half = |frame: usize| frame % 20 < 10;
    let x = |frame: usize| {
        if first_half(frame) == right(frame) {
            1.0
        } else {
            7.0
        }
    };
    let fires = |frame: usize, cell: usize| match cell {
        0 => right(frame) && x(frame) > 4.0 && frame < 1200,
        _ => true,
    };
    let activity = DMatrix::from_fn(frames, 2, |frame, cell| {
        f64::from(u8::from(fires(frame, cell)))
    });
    let direction = |frame: usize| match right(frame) {
        true => TrackDirection::Right,
        false => TrackDirection::Left,
    };
    Recording {
        format: "made",
        subject: Some("K1".to_owned()),
        sessions: vec![Session {
            label: "day 1".to_owned(),
            number: 1,
            date: None,
            day: None,
            environment: None,
            exposure: None,
            minutes: None,
            epoch: EpochKind::Run,
            trajectory: Some(Trajectory {
                time: (0..frames).map(|frame| frame as f64).collect(),
                clock: Clock::Recording,
                sample_interval: 1.0,
                durations: vec![1.0; frames],
                position: Some(Position::Line((0..frames).map(x).collect())),
                bins: None,
                // The animal stands in the first frame of every minute.
                speed: Some(
                    (0..frames)
                        .map(|frame| if frame % 60 == 0 { 0.0 } else { 9.0 })
                        .collect(),
                ),
                heading: None,
                running: Some((0..frames).map(|frame| Some(direction(frame))).collect()),
            }),
            trials: Vec::new(),
            cells: (0..2)
                .map(|row| Cell {
                    label: format!("cell {row}"),
                    region: None,
                    identity: Some(Identity::Registered(row)),
                })
                .collect(),
            recorded_units: 2,
            activity: Activity::Frames(
                FrameActivity::from_dense(activity.as_view(), 1.0, FrameKind::Events).unwrap(),
            ),
            notes: Vec::new(),
        }],
        registration: None,
        notes: Vec::new(),
    }
}

fn measured(recording: &Recording, selection: &Selection, criteria: &Criteria) -> CodeOverTime {
    let recorded = RecordedCode::new(recording, selection).unwrap();
    let moments = recorded.moments(0).unwrap().into_iter().map(Ok);
    measure_code(recorded.population(), moments, criteria, 0).unwrap()
}

#[test]
fn khatibs_session_is_cut_into_blocks_of_experience() {
    let recording = khatib();
    let laboratory = Laboratory::Khatib;
    let selection = laboratory.selection(Selection::default());
    let criteria = laboratory.criteria(Criteria {
        shuffles: 200,
        ..Criteria::default()
    });
    let rows = measured(&recording, &selection, &criteria).rows();
    let times: Vec<_> = rows.iter().map(|row| laboratory.axis().of(row)).collect();
    assert_eq!(times, [Some(20.0), Some(40.0), Some(60.0)]);
    assert_eq!(
        rows.iter()
            .map(|row| row.session_number)
            .collect::<Vec<_>>(),
        [1, 2, 3]
    );
    let cells: Vec<_> = rows
        .iter()
        .map(|row| (row.found_cells, row.active_cells))
        .collect();
    assert_eq!(cells, [(2, 2), (2, 1), (2, 1)]);
    // The way right of a block of 20 minutes: frames at rest (one a minute) begin a way right in
    // the first bin in every other minute, so of 600 frames 590 remain, 300 of them in bin 2.
    let share: f64 = 300.0 / 590.0;
    let right = (1.0 / share).log2();
    // Cell 0 is tested on the way right only; cell 1 both ways, with nothing to tell.
    let mean = rows[0].mean_si_bits_per_spike.unwrap();
    assert!((mean - right / 3.0).abs() < 1e-12, "{mean} {right}");
    assert!(rows[1].mean_si_bits_per_spike.unwrap().abs() < 1e-12);
    // Both ways as one signed position: cell 0 fires in 300 of 1180 frames.
    let signed = Selection {
        directions: Directions::Signed,
        ..selection.clone()
    };
    let row = &measured(&recording, &signed, &criteria).rows()[0];
    let bits = (1180.0_f64 / 300.0).log2();
    assert!((row.mean_si_bits_per_spike.unwrap() - bits / 2.0).abs() < 1e-12);
    // Not told apart: 300 of the 600 or so frames in the second bin.
    let together = Selection {
        directions: Directions::Together,
        ..selection
    };
    let row = &measured(&recording, &together, &criteria).rows()[0];
    assert!(row.mean_si_bits_per_spike.unwrap() < bits / 2.0);
    for bad in [0.0, f64::NAN] {
        let selection = Selection {
            block_minutes: Some(bad),
            ..Selection::default()
        };
        let refused = RecordedCode::new(&recording, &selection);
        assert!(
            matches!(refused, Err(Error::Engine(engine::Error::OutOfRange { ref field, .. })) if field == "block_minutes")
        );
    }
}

/// A session whose cells fire at the given (sample, cell) pairs on a track of four bins.
fn moment(number: usize, spikes: &[(usize, usize)], cells: usize) -> Result<Moment, Error> {
    let samples = 60;
    let entries: Vec<Vec<(usize, f64)>> = (0..cells)
        .map(|cell| {
            let mut own: Vec<usize> = spikes
                .iter()
                .filter(|(_, c)| c % cells == cell)
                .map(|(s, _)| s % samples)
                .collect();
            own.sort_unstable();
            own.dedup();
            own.into_iter().map(|sample| (sample, 1.0)).collect()
        })
        .collect();
    let places: Vec<usize> = (0..samples)
        .map(|sample| (sample * sample / 3) % 4)
        .collect();
    Ok(Moment {
        label: format!("session {number}"),
        when: When {
            session: number,
            ..When::default()
        },
        units: (0..cells).map(Unit::numbered).collect(),
        evidence: Evidence::Passes(vec![Pass {
            direction: None,
            active_samples: entries.iter().map(Vec::len).collect(),
            laps: Vec::new(),
            activity: SparseActivity::from_entries(samples, &entries)?,
            states: States::new(&places)?,
            bins: 4,
            sample_seconds: 0.5,
            samples,
        }]),
        slots: 1,
        space: Space::Line,
        authors: None,
        notes: Vec::new(),
    })
}

fn mouse(name: &str) -> Population {
    Population {
        subject: name.to_owned(),
        units: Some(4),
        ..Population::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Session 2 of M1 has the same p-values and corrections alone, among its neighbours in any
    /// order, and whatever other animals were measured before.
    #[test]
    fn shuffles_of_a_session_do_not_depend_on_what_is_measured_beside_it(
        spikes in prop::collection::vec(prop::collection::vec((0..60_usize, 0..4_usize), 40..120), 3),
        seed in any::<u64>(),
    ) {
        let criteria =
            Criteria { shuffles: 40, significance: 1.0, subsamplings: 3, ..Criteria::default() };
        let at = |number: usize| moment(number, &spikes[number - 1], 4);
        let alone = measure_code(mouse("M1"), [at(2)], &criteria, seed).unwrap();
        let among = measure_code(mouse("M1"), [at(3), at(1), at(2)], &criteria, seed).unwrap();
        let same = |one: &CodeOverTime, other: &CodeOverTime| {
            let text = |code: &CodeOverTime| format!("{:?}", code.times.last().unwrap().measures);
            text(one) == text(other)
        };
        prop_assert!(same(&alone, &among));
        // Another animal, session or seed has other draws.
        let other = measure_code(mouse("M2"), [at(2)], &criteria, seed).unwrap();
        let reseeded = measure_code(mouse("M1"), [at(2)], &criteria, seed ^ 1).unwrap();
        if alone.times[0].measures.iter().any(|m| m.corrected.is_some()) {
            prop_assert!(!same(&alone, &other) && !same(&alone, &reseeded));
        }
    }

    /// Whatever is measured, the shares are of what they say and lie between 0 and 1.
    #[test]
    fn shares_are_of_nested_sets(
        spikes in prop::collection::vec((0..60_usize, 0..4_usize), 0..120),
        least in 1..12_usize, rate in 0.0..0.5_f64,
    ) {
        let criteria = Criteria {
            active_samples: least,
            minimum_rate: rate,
            shuffles: 20,
            ..Criteria::default()
        };
        let code = measure_code(mouse("M"), [moment(1, &spikes, 4)], &criteria, 1).unwrap();
        let row = &code.rows()[0];
        let (tested, place) = (row.tested_cells.unwrap(), row.place_cells.unwrap());
        prop_assert!(place <= tested && tested <= row.active_cells);
        prop_assert!(row.active_cells <= row.found_cells);
        let at = &code.times[0];
        for unit in at.measures.iter().filter(|unit| at.active[unit.unit]) {
            prop_assert!(unit.rate > rate && unit.active_samples.unwrap() >= least);
        }
    }
}

#[test]
fn criteria_that_make_no_sense_are_refused() {
    let default = Criteria::default;
    for (criteria, name) in [
        (
            Criteria {
                active_samples: 0,
                ..default()
            },
            "active_samples",
        ),
        (
            Criteria {
                minimum_rate: -1.0,
                ..default()
            },
            "minimum_rate",
        ),
        (
            Criteria {
                significance: f64::NAN,
                ..default()
            },
            "significance",
        ),
        (
            Criteria {
                place_threshold: f64::INFINITY,
                ..default()
            },
            "place_threshold",
        ),
    ] {
        let refused = measure_code(mouse("M"), [], &criteria, 0);
        assert!(
            matches!(refused, Err(Error::Engine(engine::Error::OutOfRange { ref field, .. })) if field == name)
        );
    }
}

/// Six animals fall alike, a seventh is a run of its own kind of format: animals of one name in two
/// formats are two animals.
#[test]
fn a_cohort_takes_the_animal_as_its_unit() {
    let row = |format: &str, subject: String, number: usize, place: usize| SessionRow {
        format: format.to_owned(),
        subject,
        session_number: number,
        found_cells: 10,
        place_cells: Some(place),
        ..SessionRow::default()
    };
    let mut rows = Vec::new();
    for animal in 0..6 {
        for (number, place) in [(1, 8), (2, 8 - animal)] {
            rows.push(row("one", format!("M{animal}"), number, place));
        }
    }
    rows.extend([
        row("other", "M0".into(), 1, 4),
        row("other", "M0".into(), 2, 1),
    ]);
    let quantity = Quantity::PlaceShare(Denominator::Found);
    let mut rng = learn::Streams::new(0).named(learn::Stream::Shuffles);
    let curve = CohortCurve::new(&rows, quantity, Axis::Session, true, &mut rng).unwrap();
    assert_eq!((curve.animals.len(), curve.table[1].animals), (7, 7));
    let mean = (1.0 + 7. / 8. + 6. / 8. + 5. / 8. + 4. / 8. + 3. / 8. + 1. / 4.) / 7.0;
    assert!((curve.table[1].mean - mean).abs() < 1e-12);
    // One slope is 0: patterns that differ in its sign have the same mean.
    assert_eq!(curve.trend.p_value, Some(4.0 / 128.0));
    let none = CohortCurve::new(
        &rows,
        Quantity::PlaceShare(Denominator::Registered),
        Axis::Session,
        true,
        &mut rng,
    );
    assert!(none.unwrap().animals.is_empty());
    let refused = CohortCurve::new(&rows, quantity, Axis::Day, true, &mut rng);
    assert!(matches!(refused, Err(Error::NoCode { missing: "day", .. })));
}

#[test]
fn trends_and_means_are_those_of_the_reference() {
    let Some(directory) = super::shared::reference_directory() else {
        return;
    };
    let text = std::fs::read_to_string(directory.join("drift_measures.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let list = |value: &serde_json::Value| -> Vec<f64> {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_f64().unwrap_or(f64::NAN))
            .collect()
    };
    let close = |found: &[f64], expected: &[f64]| {
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(expected) {
            assert!(
                a.is_nan() && b.is_nan() || (a - b).abs() < 1e-12,
                "{found:?} {expected:?}"
            );
        }
    };
    let of = &json["cohort"];
    let animals: Vec<Series> = of["days"]
        .as_array()
        .unwrap()
        .iter()
        .zip(of["values"].as_array().unwrap())
        .map(|(days, values)| Series {
            animal: "A".to_owned(),
            values: list(days).into_iter().zip(list(values)).collect(),
        })
        .collect();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
    let found = trend(&animals, &mut rng).unwrap();
    close(&found.slopes, &list(&of["slopes"]));
    close(&[found.mean_slope], &[of["mean_slope"].as_f64().unwrap()]);
    close(&[found.sem_slope], &[of["sem_slope"].as_f64().unwrap()]);
    assert_eq!(found.p_value, of["sign_flip_p"].as_f64());

    let more = &json["cohort_more"];
    let animals: Vec<Series> = more["table"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| Series {
            animal: "A".to_owned(),
            values: (1..).map(f64::from).zip(list(row)).collect(),
        })
        .collect();
    let table = cohort(&animals).unwrap();
    close(
        &table
            .iter()
            .map(|row| row.animals as f64)
            .collect::<Vec<_>>(),
        &list(&more["animals"]),
    );
    close(
        &table.iter().map(|row| row.mean).collect::<Vec<_>>(),
        &list(&more["mean"]),
    );
    close(
        &table.iter().map(|row| row.sem).collect::<Vec<_>>(),
        &list(&more["sem"]),
    );
    let least = list(&more["least_p_two_sided"]);
    let needed = more["animals_needed_two_sided"].as_u64().unwrap() as usize;
    assert_eq!(drift_sim::metrics::cohort::FEWEST_ANIMALS, needed);
    for (animals, least) in (1..=least.len()).zip(&least) {
        let alike: Vec<Series> = (0..animals)
            .map(|_| Series {
                animal: "A".to_owned(),
                values: vec![(0.0, 0.0), (1.0, 1.0)],
            })
            .collect();
        let p = trend(&alike, &mut rng).unwrap().p_value;
        assert_eq!(
            p,
            (animals >= needed).then_some(*least),
            "{animals} animals"
        );
    }
}
