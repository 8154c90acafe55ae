//! What is written as a neutral folder comes back.

use drift_data::{Activity, Recording, Session, folder};

use super::load;
use super::samples::samples;

fn cells(session: &Session) -> Vec<(String, Option<String>)> {
    session
        .cells
        .iter()
        .map(|cell| (cell.label.clone(), cell.region.clone()))
        .collect()
}

fn pairs(recording: &Recording) -> Option<Vec<(usize, usize)>> {
    recording.shared_cells(0, 1).ok()
}

#[test]
fn every_format_survives_the_neutral_folder() {
    for (name, files) in samples() {
        let recording = load(&files).unwrap();
        let out = tempfile::tempdir().unwrap();
        folder::write(&recording, out.path()).unwrap();
        let again = folder::load(out.path()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(again.subject, recording.subject, "{name}");
        for (again, session) in again.sessions.iter().zip(&recording.sessions) {
            let place = format!("{name}, {}", session.label);
            assert_eq!(again.label, session.label, "{place}");
            assert_eq!(
                (again.day, again.exposure),
                (session.day, session.exposure),
                "{place}"
            );
            assert_eq!(again.environment, session.environment, "{place}");
            assert_eq!(cells(again), cells(session), "{place}");
            assert_eq!(
                again.activity_matrix(),
                session.activity_matrix(),
                "{place}"
            );
            let (found, expected) = (
                again.trajectory.as_ref().unwrap(),
                session.trajectory.as_ref().unwrap(),
            );
            assert_eq!(found.time, expected.time, "{place}");
            assert_eq!(found.running, expected.running, "{place}");
            for (found, expected) in found.durations.iter().zip(&expected.durations) {
                assert!(
                    (found - expected).abs() < 1e-9,
                    "{place}: {found} s, not {expected} s"
                );
            }
            assert_eq!(found.missing(), expected.missing(), "{place}");
            if let (Activity::Spikes(found), Activity::Spikes(expected)) =
                (&again.activity, &session.activity)
            {
                assert_eq!(found, expected, "{place}");
            }
        }
        assert_eq!(pairs(&again), pairs(&recording), "{name}");
        // A folder that holds a recording is not written over.
        assert!(folder::write(&recording, out.path()).is_err(), "{name}");
    }
}
