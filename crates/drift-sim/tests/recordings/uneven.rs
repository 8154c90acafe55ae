//! A session on an uneven clock, with values worked out by hand.

use drift_sim::code::{Criteria, RecordedCode, Selection, measure_code};
use drift_sim::data::{Cell, Place, Position, Recording, Session, Trajectory};

/// Samples of 1, 1, 2, 4 and 1 s (the last lasts as long as the median step, of four the second): 2 s
/// at 0 cm, 7 s at 10 cm. One spike at each place.
fn recording() -> Recording {
    let position = Position::Line(vec![0.0, 0.0, 10.0, 10.0, 10.0]);
    let time = vec![0.0, 1.0, 2.0, 4.0, 8.0];
    let place = Place {
        trajectory: Trajectory::new(time, Some(position), Some(10.0)).unwrap(),
        notes: Vec::new(),
    };
    let cell = Cell {
        label: "A".to_owned(),
        region: None,
        identity: None,
    };
    let session = Session::of_spikes("day 1", vec![cell], vec![vec![0.5, 5.0]], Some(place));
    Recording {
        format: "made",
        subject: Some("M1".to_owned()),
        sessions: vec![session.unwrap()],
        registration: None,
        notes: Vec::new(),
    }
}

#[test]
fn occupancy_rates_and_information_go_by_the_durations_of_single_samples() {
    let (recording, selection) = (recording(), Selection::default());
    let code = RecordedCode::new(&recording, &selection).unwrap();
    let criteria = Criteria {
        active_samples: 2,
        shuffles: 0,
        subsamplings: 0,
        ..Criteria::default()
    };
    let moments = code.moments(0).unwrap().into_iter().map(Ok);
    let measured = measure_code(code.population(), moments, &criteria, 0).unwrap();
    let [at] = &measured.times[..] else {
        panic!("one session")
    };
    let near = |found: f64, right: f64| assert!((found - right).abs() < 1e-12, "{found}, {right}");
    // Bins of 4 cm from 0 on: 0 to 4, 4 to 8, 8 to 12.
    assert_eq!(at.map.occupancy, [2.0, 0.0, 7.0]);
    near(at.map.rates[(0, 0)], 1.0 / 2.0);
    near(at.map.rates[(2, 0)], 1.0 / 7.0);
    let cell = &at.measures[0];
    near(cell.rate, 2.0 / 9.0);
    // Half of the spikes in 2 of 9 s, half in the rest; by samples it would be 0.0294.
    let bits = 0.5 * (0.5_f64 / (2.0 / 9.0)).log2() + 0.5 * (0.5_f64 / (7.0 / 9.0)).log2();
    near(cell.bits_per_spike, bits);
    near(cell.bits_per_second, bits * 2.0 / 9.0);
    assert!(at.active[0]);
    // 2 spikes in 9 s are 0.2222 Hz.
    for (minimum_rate, active) in [(0.22, true), (0.23, false)] {
        let criteria = Criteria {
            minimum_rate,
            ..criteria
        };
        let moments = code.moments(0).unwrap().into_iter().map(Ok);
        let measured = measure_code(code.population(), moments, &criteria, 0).unwrap();
        assert_eq!(measured.times[0].active, [active]);
    }
}
