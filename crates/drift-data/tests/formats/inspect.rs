//! What `inspect::describe` says of every file of every format: what it would be read as, how much of what
//! it holds, and what its owner would have to give.

use std::path::Path;

use drift_data::{Choices, inspect};

use super::samples::{self, Files};
use super::{folder_of, with};

/// What is said of a file of a folder, or of the folder for an empty path.
fn said(files: &Files, path: &str) -> String {
    let folder = folder_of(files);
    let path = folder.path().join(path);
    inspect::describe(path, &Choices::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn says(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "{line:?} is not in {text}");
    }
}

/// The same files without a manifest.
fn bare(files: &Files) -> Files {
    let mut files = files.clone();
    files.retain(|(path, _)| Path::new(path) != Path::new("recording.toml"));
    files
}

#[test]
fn a_file_of_activity_says_cells_kind_and_frames() {
    let frames =
        |text: &str| format!("read as activity ({text}), deconvolved amplitudes, 40 frames");
    let suite2p = said(&samples::suite2p(), "suite2p");
    says(
        &suite2p,
        &[
            "read as activity (Suite2p): 3 cells (2 accepted), deconvolved amplitudes, 40 frames\n",
            "needed: ",
            "ops.npy: fs, the frame rate of a plane is pickled",
            "(key `rate_hz`)",
            "note: the files do not say which signal is the activity (spks, F, dF); spks was taken",
        ],
    );
    says(
        &said(&samples::caiman(), "day.hdf5"),
        &[
            &frames("CaImAn): 3 cells (2 accepted")[..],
            "estimates/",
            "idx_components",
        ],
    );
    says(
        &said(&samples::cnmfe(), "day.mat"),
        &[
            "read as activity (CnmfE): 3 cells, deconvolved amplitudes, 40 frames at 20 Hz",
            "neuron: 1×1 struct",
        ],
    );
    says(
        &said(&samples::pynapple(), "spikes.npz"),
        &[
            "read as activity (Pynapple): 3 cells, 16 spikes from",
            "index: ",
        ],
    );
    says(
        &said(&samples::inscopix(), "traces.csv"),
        &["read as activity (Inscopix): 3 cells (1 accepted), traces"],
    );
    let inner = said(&samples::suite2p(), "suite2p/plane0/spks.npy");
    says(
        &inner,
        &[
            "3 × 40 numbers",
            "read with its folder, as activity (Suite2p)",
        ],
    );
    // The rate is taken where it is given.
    let folder = folder_of(&samples::suite2p());
    let given = Choices {
        frame_rate: Some(20.0),
        ..Choices::default()
    };
    let text = inspect::describe(folder.path().join("suite2p/plane0"), &given).unwrap();
    says(&text, &["40 frames at 20 Hz"]);
    assert!(!text.contains("needed"), "{text}");
}

#[test]
fn a_file_of_positions_says_everything_that_is_missing() {
    let missing = [
        "the frame rate of the video is not in the file",
        "(key `rate_hz`)",
        "the size of a pixel is not in the file",
        "(key `cm_per_px`)",
    ];
    let csv = said(&samples::deeplabcut_table(), "DLC.csv");
    says(
        &csv,
        &[
            &[
                "read as positions (DeepLabCut): 40 samples, ",
                "positions in the plane, x, y",
            ],
            &missing[..],
        ]
        .concat(),
    );
    says(
        &said(&samples::deeplabcut_frame(), "DLC.h5"),
        &[
            &["read as positions (DeepLabCut): 40 samples, "],
            &missing[..],
        ]
        .concat(),
    );
    says(
        &said(&samples::sleap(), "video.analysis.h5"),
        &[&["read as positions (Sleap): 40 samples, "], &missing[..]].concat(),
    );
    says(
        &said(&samples::pynapple(), "position.npz"),
        &[
            "read as positions (Pynapple): 40 samples at 20 Hz",
            "the unit of the position is unknown",
            "(key `unit`)",
        ],
    );
    says(
        &said(&samples::neutral_tables(), "positions.csv"),
        &[
            "read as positions: 40 samples at 20 Hz, 1 of them lost, positions on a line 1.0 to 98.5 cm",
        ],
    );
}

#[test]
fn tables_and_registrations_say_what_they_list() {
    let files = samples::neutral_tables();
    says(
        &said(&files, "cells.csv"),
        &["read as a list of cells: 3 cells, 3 of them kept, regions CA1, CA3"],
    );
    says(
        &said(&files, "spikes.csv"),
        &["read as a table of spikes: 2 cells, 16 spikes from"],
    );
    says(
        &said(&files, "registration.csv"),
        &["read as a registration: ", "in 2 sessions"],
    );
    says(
        &said(&samples::caiman(), "assignments.npy"),
        &[
            "read as a registration (CaImAn): ",
            "in 2 sessions",
            "`counts`",
        ],
    );
}

#[test]
fn the_planes_of_a_registration_may_have_different_numbers_of_sessions() {
    let more = "track2p/plane1_suite2p_indices_nan.npy";
    let files = with(
        &samples::suite2p(),
        more,
        samples::f64s("(2, 1)", &[0.0, 1.0]),
    );
    says(
        &said(&files, "track2p"),
        &["read as a registration (Track2p): 5 cells in 2 sessions, found 4, 2 times, 2 in all"],
    );
}

#[test]
fn a_folder_says_its_parts_and_what_is_lacking() {
    let whole = said(&samples::neutral_tables(), "");
    says(
        &whole,
        &[
            "read as a recording folder:",
            "session s1: day 0, 3 cells (CA1, CA3), spikes",
            "positions on a line 1.0 to 98.5 cm",
        ],
    );
    let manifest = said(&samples::neutral_tables(), "recording.toml");
    let read = whole.find("read as a recording folder:");
    assert_eq!(Some(&manifest[..]), read.map(|start| &whole[start..]));
    let bare = bare(&samples::suite2p());
    let text = said(&bare, "");
    says(
        &text,
        &[
            "suite2p/: activity (Suite2p)",
            "suite2p: read as activity (Suite2p): 3 cells",
            "positions.csv: read as positions: 40 samples",
            "track2p: read as a registration (Track2p)",
            "there is no recording.toml: `drift data convert` makes one",
        ],
    );
    assert!(
        !text.contains("there are no positions") && !text.contains("there is no registration"),
        "{text}"
    );
    let mut alone = bare;
    alone.retain(|(path, _)| path.starts_with("suite2p"));
    says(
        &said(&alone, ""),
        &["there are no positions: ", "there is no registration: "],
    );
}

#[test]
fn integers_are_exact_and_what_is_pickled_is_named() {
    let large = samples::i64s("(2,)", &[9_007_199_254_740_993, i64::MIN]);
    let unsigned = samples::npy("<u8", "(1,)", &u64::MAX.to_le_bytes());
    let pickled = samples::npy("|O", "(1,)", b"\x80\x02}q\x00.");
    let members = [
        ("ids", large.clone()),
        ("u", unsigned.clone()),
        ("objects", pickled.clone()),
    ];
    let mut files = with(&Files::new(), "ids.npy", large);
    for (name, content) in [
        ("u.npy", unsigned),
        ("ops.npy", pickled),
        ("all.npz", samples::npz(&members)),
    ] {
        files = with(&files, name, content);
    }
    says(
        &said(&files, "ids.npy"),
        &[
            "2 numbers  [9007199254740993 -9223372036854775808]",
            "read as: nothing by itself",
        ],
    );
    says(&said(&files, "u.npy"), &["18446744073709551615"]);
    says(&said(&files, "ops.npy"), &["pickled", "allow_pickle=True"]);
    says(
        &said(&files, "all.npz"),
        &[
            "9007199254740993",
            "18446744073709551615",
            "objects: not readable: ",
            "pickled",
        ],
    );
}
