//! Folders without a manifest: what their files are is told from their content.

use std::path::PathBuf;

use drift_data::Choices;
use drift_data::folder::{self, Discovery, Imaging, Registry, SessionEntry, Tracking};
use drift_data::{Error, mat::Limits};
use tempfile::TempDir;

use super::{lay_out, samples};

fn session(label: &str, day: f64) -> SessionEntry {
    SessionEntry {
        label: label.to_owned(),
        day: Some(day),
        ..SessionEntry::default()
    }
}

fn content(files: &samples::Files, path: &str) -> Vec<u8> {
    files
        .iter()
        .find(|(found, _)| found == path)
        .unwrap()
        .1
        .clone()
}

/// Two days of suite2p, DeepLabCut and CellReg, as laboratories keep them.
fn mouse() -> (TempDir, Discovery) {
    let folder = tempfile::tempdir().unwrap();
    let (suite2p, dlc) = (samples::suite2p(), samples::deeplabcut_table());
    let mut files = samples::Files::new();
    for day in ["day1", "day10"] {
        for array in ["F", "Fneu", "spks", "iscell"] {
            let path = format!("suite2p/plane0/{array}.npy");
            files.push((format!("{day}/{path}"), content(&suite2p, &path)));
        }
        files.push((format!("{day}DLC.csv"), content(&dlc, "DLC.csv")));
    }
    let map = content(&samples::cnmfe(), "cellRegistered.mat");
    files.push(("cellRegistered.mat".to_owned(), map));
    lay_out(folder.path(), &files);
    let mut known = Discovery {
        sessions: vec![session("day1", 0.0), session("day10", 9.0)],
        ..Discovery::default()
    };
    known.activity.rate_hz = Some(20.0);
    known.positions.rate_hz = Some(20.0);
    known.positions.cm_per_px = Some(0.2);
    known.positions.bodypart = Some("back".to_owned());
    known.registration.counts = Some(folder::Counts::All);
    (folder, known)
}

#[test]
fn a_laboratorys_tree_is_found_out() {
    let (folder, known) = mouse();
    let manifest = folder::discover(folder.path(), &known).unwrap();
    assert_eq!(
        manifest.registration.as_ref().unwrap().format,
        Some(Registry::CellReg)
    );
    for (entry, label) in manifest.session.iter().zip(["day1", "day10"]) {
        assert_eq!(entry.activity.format, Some(Imaging::Suite2p));
        assert_eq!(
            entry.activity.file,
            PathBuf::from(format!("{label}/suite2p"))
        );
        let positions = entry.positions.as_ref().unwrap();
        assert_eq!(positions.format, Some(Tracking::DeepLabCut));
        assert_eq!(positions.file, PathBuf::from(format!("{label}DLC.csv")));
    }
    let recording = manifest
        .read(folder.path(), &Choices::default(), &Limits::default())
        .unwrap();
    assert_eq!(recording.shared_cells(0, 1).unwrap(), [(0, 1)]);
    // The manifest's own text gives the same manifest.
    let text = manifest.to_toml().unwrap();
    let again = folder::Manifest::parse(folder.path(), &text).unwrap();
    assert_eq!(again, manifest);
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        // TOML is UTF-8, names of files need not be.
        let mut manifest = manifest;
        let name = std::ffi::OsString::from_vec(b"cells\xff.csv".to_vec());
        manifest.session[0].cells = Some(name.into());
        let error = manifest.to_toml().unwrap_err();
        assert!(error.to_string().contains("UTF-8"), "{error}");
    }
}

#[test]
fn several_candidates_are_named_and_one_is_taken() {
    let (folder, mut known) = mouse();
    let second = folder.path().join("day1DLC_filtered.csv");
    std::fs::copy(folder.path().join("day1DLC.csv"), second).unwrap();
    match folder::discover(folder.path(), &known) {
        Err(Error::Ambiguous {
            what,
            choices,
            option,
            ..
        }) => {
            assert_eq!(
                what,
                "the positions of session `day1` could be any of 2 files"
            );
            assert_eq!(choices, ["day1DLC.csv", "day1DLC_filtered.csv"]);
            assert_eq!(option, "--take FILE");
        }
        other => panic!("{other:?}"),
    }
    known.take = vec!["day1DLC_filtered.csv".into()];
    let manifest = folder::discover(folder.path(), &known).unwrap();
    let positions = manifest.session[0].positions.as_ref().unwrap();
    assert_eq!(positions.file, PathBuf::from("day1DLC_filtered.csv"));
}

#[test]
fn what_is_missing_or_of_no_use_is_named() {
    let (folder, mut known) = mouse();
    let refused = |known: &Discovery| {
        folder::discover(folder.path(), known)
            .unwrap_err()
            .to_string()
    };
    known.positions.node = Some("back".to_owned());
    assert!(refused(&known).contains("the key `node` of the positions is without any use"));
    known.positions.node = None;
    known.take = vec!["nowhere.csv".into()];
    assert!(refused(&known).contains("`nowhere.csv` is missing"));
    known.take.clear();
    known.sessions.push(session("day20", 20.0));
    assert!(refused(&known).contains("activity of session `day20`"));
    known.sessions.clear();
    assert!(refused(&known).contains("LABEL=DAY"));
}
