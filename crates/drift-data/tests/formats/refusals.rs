//! What does not fit is refused with file, place, value, what is allowed and the key that mends it.

use drift_data::Error;

use super::samples::{self, FRAMES, Files, f64s, i64s, npy, npz, texts};
use super::{load, replaced, with};

/// The message of a refusal, without the folder that the test made.
#[track_caller]
fn message(files: &Files) -> String {
    match load(files) {
        Ok(_) => panic!("it was read"),
        Err(error) => error.to_string(),
    }
}

/// Refused with a message that has all the parts.
#[track_caller]
fn refused(files: &Files, parts: &[&str]) {
    let message = message(files);
    for part in parts {
        assert!(message.contains(part), "no `{part}` in: {message}");
    }
}

const TOML: &str = "recording.toml";

#[test]
fn faults_of_the_manifest_name_their_line_or_key() {
    let files = samples::neutral_tables();
    let swap = |from: &str, to: &str| replaced(&files, TOML, from, to);
    refused(
        &swap("subject = \"M1\"", "subjekt = \"M1\""),
        &[TOML, "line 3", "unknown field", "subjekt"],
    );
    refused(
        &swap("subject = \"M1\"\n", ""),
        &[TOML, "missing field `subject`"],
    );
    refused(&swap("day = 0", "day = "), &[TOML, "line 7"]);
    refused(
        &swap("version = 1", "version = 2"),
        &["version is 2", "expected 1"],
    );
    refused(
        &swap("drift-recording", "drift"),
        &["format is drift", "drift-recording"],
    );
    refused(
        &swap("subject = \"M1\"", "subject = \" \""),
        &["subject is empty"],
    );
    refused(
        &swap("kind = \"spikes\"", "kind = \"spike\""),
        &["unknown variant `spike`", "amplitudes"],
    );
    refused(
        &swap("label = \"s2\"", "label = \"s1\""),
        &["session 2, label is `s1` again"],
    );
    refused(
        &swap("day = 0\n", ""),
        &["session `s1`, day is missing", "`date`"],
    );
    refused(
        &swap("day = 0", "day = 4"),
        &["session `s2`, day is 3, after 4"],
    );
    refused(
        &swap("day = 0", "date = \"2020-01-02\""),
        &["session `s2`, date is missing"],
    );
    refused(
        &swap("day = 0", "date = \"2.1.2020\""),
        &["date is `2.1.2020`", "YYYY-MM-DD"],
    );
    refused(
        &swap("day = 0", "day = 0\ndate = \"2020-01-02\""),
        &["given beside `date`"],
    );
    refused(
        &swap("day = 0", "day = 0\nminutes = 0"),
        &["session `s1`, minutes is 0", "above 0"],
    );
    refused(
        &swap("day = 0", "day = 0\nexposure = 0"),
        &["exposure is 0", "from 1"],
    );
    refused(
        &swap(", kind = \"spikes\"", ""),
        &["`kind` is missing", "spikes, events", "key `kind`"],
    );
    refused(
        &with(
            &files,
            TOML,
            "format = \"drift-recording\"\nversion = 1\nsubject = \"M1\"\n",
        ),
        &["[[session]] is missing"],
    );
    refused(
        &swap("kind = \"spikes\"", "kind = \"spikes\", signal = \"S\""),
        &["`signal` is a key of other files"],
    );
    refused(
        &swap(
            "positions.csv\" }",
            "positions.csv\", bodypart = \"back\" }",
        ),
        &["`bodypart` is a key of other files"],
    );
}

#[test]
fn paths_stay_inside_of_the_folder() {
    let files = samples::neutral_tables();
    for path in ["../spikes.csv", "/etc/passwd", "a/../../spikes.csv", ""] {
        let files = replaced(
            &files,
            TOML,
            "file = \"spikes.csv\"",
            &format!("file = \"{path}\""),
        );
        refused(&files, &["activity is", path, "inside of the folder"]);
    }
    #[cfg(unix)]
    {
        let folder = super::folder_of(&files);
        let outside = tempfile::NamedTempFile::new().unwrap();
        let spikes = folder.path().join("spikes.csv");
        std::fs::remove_file(&spikes).unwrap();
        std::os::unix::fs::symlink(outside.path(), spikes).unwrap();
        let error = drift_data::folder::load(folder.path()).unwrap_err();
        assert!(
            error.to_string().contains("inside of the folder"),
            "{error}"
        );
    }
}

#[test]
fn faults_of_tables_name_line_and_column() {
    let files = samples::neutral_tables();
    let swap = |path: &str, from: &str, to: &str| replaced(&files, path, from, to);
    let positions = "positions.csv";
    refused(
        &swap(positions, "\n0.1,", "\n0.01,"),
        &[positions, "line 4, time_s is 0.01", "after the one before"],
    );
    refused(
        &swap(positions, "\n0.1,", "\n,"),
        &["line 4, time_s is empty"],
    );
    refused(
        &swap(positions, "\n0.1,6,1", "\n0.1,six,1"),
        &["line 4, x_cm is six", "a number"],
    );
    refused(
        &swap(positions, "\n0.1,6,1", "\n0.1,6,2"),
        &["line 4, direction is 2", "1, −1 or 0"],
    );
    refused(
        &swap(positions, "\n0.1,6,1", "\n0.1,6"),
        &["line 4", "a row of 2 fields", "3 fields"],
    );
    refused(
        &swap(positions, "x_cm", "x"),
        &["column x_cm", "present: time_s, x, direction"],
    );
    refused(&with(&files, positions, ""), &["line 1 is missing"]);
    refused(
        &with(&files, positions, b"time_s,x_cm\n0,\xff\n"),
        &["line 2 is no UTF-8"],
    );
    refused(
        &swap("spikes.csv", "\n0.41,0", "\nnan,0"),
        &["time_s is nan", "a finite time"],
    );
    refused(
        &swap("spikes.csv", "\n0.41,0", "\n0.41,7"),
        &["cells.csv", "`7`", "every cell of the activity"],
    );
    refused(
        &swap("cells.csv", "2,CA1", "1,CA1"),
        &["line 4, id is 1", "every id once", "line 3"],
    );
    refused(
        &swap("cells.csv", "2,CA1,true", "2,CA1,maybe"),
        &["line 4, keep is maybe", "true or false"],
    );
    refused(
        &swap("cells.csv", ",true", ",false"),
        &["none of 3 in the file", "key `cells`"],
    );
    refused(
        &swap("cells.csv", "keep", "kept"),
        &["a column `kept`", "id, region, keep"],
    );
}

#[test]
fn faults_of_the_registration_name_their_row() {
    let files = samples::neutral_tables();
    let swap = |from: &str, to: &str| replaced(&files, "registration.csv", from, to);
    refused(
        &swap("s2", "s3"),
        &["line 1 is `s3`", "the label of a session: s1, s2"],
    );
    refused(
        &swap("C,,2", "C,,9"),
        &["line 4, s2 is 9", "an id of", "0, 1, 2", "key `cells`"],
    );
    refused(
        &swap("C,,2", "C,,1"),
        &["line 4, s2 is 1", "every id once", "line 2"],
    );
    refused(
        &swap("C,,2", "A,,2"),
        &["line 4, cell is A", "every cell once"],
    );

    let cellreg = samples::cnmfe();
    let zero = replaced(
        &cellreg,
        TOML,
        "format = \"cellreg\"",
        "format = \"cellreg\", base = 0",
    );
    refused(
        &zero,
        &[
            "row 3, session `s2` is 3",
            "one of the cells 0 to 2",
            "registration.base",
        ],
    );
    // suite2p has rejected ROIs: what CellReg counts must be said.
    let mut suite2p = samples::suite2p();
    let map = cellreg
        .iter()
        .find(|(path, _)| path == "cellRegistered.mat")
        .unwrap()
        .1
        .clone();
    suite2p.push(("map.mat".to_owned(), map));
    let suite2p = replaced(
        &suite2p,
        TOML,
        "{ file = \"track2p\", format = \"track2p\" }",
        "{ file = \"map.mat\", format = \"cellreg\" }",
    );
    match load(&suite2p) {
        Err(Error::Ambiguous {
            choices, option, ..
        }) => {
            assert_eq!(choices, ["all", "accepted"]);
            assert_eq!(option, "the key `registration.counts`");
        }
        other => panic!("{other:?}"),
    }
    let accepted = "format = \"cellreg\", counts = \"accepted\"";
    refused(
        &replaced(&suite2p, TOML, "format = \"cellreg\"", accepted),
        &[
            "row 3, session `s2` is 3",
            "one of the accepted cells 1 to 2, or 0",
            "registration.counts",
        ],
    );
    // A pickled match matrix is not run.
    let track2p = samples::suite2p();
    let pickled = with(
        &track2p,
        "plane0_match_mat.npy",
        npy("|O", "(3, 2)", b"\x80\x04."),
    );
    let pickled = replaced(
        &pickled,
        TOML,
        "file = \"track2p\"",
        "file = \"plane0_match_mat.npy\"",
    );
    refused(
        &pickled,
        &["plane0_match_mat.npy", "pickled", "suite2p_indices"],
    );
    // Three days in the matrix, two in the recording.
    let days = f64s("(1, 3)", &[0.0, 1.0, 1.0]);
    let files = with(&track2p, "track2p/plane0_suite2p_indices_nan.npy", days);
    refused(
        &files,
        &["1 cells × 3 sessions", "2 sessions, as the recording"],
    );
}

#[test]
fn faults_of_arrays_name_member_and_index() {
    let files = samples::neutral_arrays();
    let times: Vec<f64> = (0..FRAMES).map(samples::time).collect();
    let times = f64s("(40,)", &times);
    let values = vec![0.0; 120];
    let archive = |members: &[(&str, Vec<u8>)]| with(&files, "activity.npz", npz(members));
    let ids = i64s("(3,)", &[0, 1, 2]);
    refused(
        &archive(&[
            ("activity", f64s("(3, 40)", &values)),
            ("ids", ids.clone()),
            ("time_s", times.clone()),
        ]),
        &[
            "activity.npz",
            "member `activity` is of shape 3 × 40",
            "3 cells, as `ids`",
            "transposed?",
        ],
    );
    refused(
        &archive(&[
            ("activity", f64s("(3, 40)", &values)),
            ("time_s", times.clone()),
        ]),
        &["40 frames, as `time_s`", "transposed?"],
    );
    refused(
        &archive(&[
            ("activity", f64s("(120,)", &values)),
            ("time_s", times.clone()),
        ]),
        &["frames × cells"],
    );
    refused(
        &archive(&[
            ("activity", f64s("(40, 3)", &values)),
            ("ids", i64s("(3,)", &[0, 1, 1])),
            ("time_s", times.clone()),
        ]),
        &["cell 2, id is `1`", "every id once"],
    );
    refused(
        &archive(&[
            ("activity", f64s("(40, 3)", &values)),
            ("ids", f64s("(3,)", &[0.0, 0.5, 1.0])),
            ("time_s", times.clone()),
        ]),
        &["member `ids`, entry 1 is 0.5", "a whole number or text"],
    );
    refused(
        &archive(&[("activity", f64s("(40, 3)", &values))]),
        &["member `time_s` is missing", "the rate", "key `rate_hz`"],
    );
    let mut falling: Vec<f64> = (0..FRAMES).map(samples::time).collect();
    falling[7] = 0.0;
    refused(
        &archive(&[
            ("activity", f64s("(40, 3)", &values)),
            ("time_s", f64s("(40,)", &falling)),
        ]),
        &["member `time_s`, entry 7 is 0", "after the one before"],
    );
    let both = replaced(
        &files,
        TOML,
        "kind = \"amplitudes\"",
        "kind = \"amplitudes\", rate_hz = 20",
    );
    refused(
        &both,
        &["`rate_hz` is given beside `time_s`", "one of both"],
    );
    refused(
        &archive(&[
            ("activity", npy("|O", "(40, 3)", b"\x80\x04.")),
            ("time_s", times.clone()),
        ]),
        &["member `activity` is pickled", "allow_pickle"],
    );
    refused(
        &archive(&[
            ("activity", npy("<c16", "(40, 3)", &[0; 16])),
            ("time_s", times.clone()),
        ]),
        &["member `activity`, type is <c16", "numbers"],
    );
    refused(
        &archive(&[
            ("activity", npy("<f8", "(40, 3)", &[0; 80])),
            ("time_s", times.clone()),
        ]),
        &["member `activity` is 10 entries long", "120 entries"],
    );
    refused(
        &archive(&[("activity", texts(&["a"])), ("time_s", times.clone())]),
        &["frames × cells"],
    );
    refused(
        &archive(&[("spikes", f64s("(40, 3)", &values))]),
        &["variable `activity` is missing", "present: spikes"],
    );
    refused(&with(&files, "activity.npz", b"PK"), &["no npz archive"]);
    let negative = vec![-1.0; 120];
    refused(
        &archive(&[("activity", f64s("(40, 3)", &negative)), ("time_s", times)]),
        &["cell 0, frame 1 is -1", "is it a trace?"],
    );
}

#[test]
fn an_array_larger_than_the_limit_is_refused_before_memory_is_asked_for() {
    let files = samples::suite2p();
    let huge = npy("<f4", "(1000000, 1000000)", &[]);
    refused(
        &with(&files, "suite2p/plane0/F.npy", huge),
        &["shape is [1000000, 1000000]", "at most"],
    );
    let overflow = npy("<f4", "(18446744073709551615, 18446744073709551615)", &[]);
    refused(
        &with(&files, "suite2p/plane0/F.npy", overflow),
        &["at most"],
    );
    // Text of so many letters has no size at all; text of none would be memory for nothing.
    for (letters, part) in [(usize::MAX, "of shape 0"), (0, "type is <U0")] {
        let text = npy(&format!("<U{letters}"), "(0,)", &[]);
        refused(&with(&files, "suite2p/plane0/iscell.npy", text), &[part]);
    }
    // A claim within the limit costs only what is there.
    let claimed = npy("<f4", "(3, 100000000)", &[0; 64]);
    refused(
        &with(&files, "suite2p/plane0/F.npy", claimed),
        &["16 entries long"],
    );
}

#[test]
fn planes_without_a_single_roi_have_no_accepted_cell() {
    let mut files = samples::suite2p();
    for plane in ["plane0", "plane1"] {
        for array in ["F", "Fneu"] {
            let path = format!("suite2p/{plane}/{array}.npy");
            files = with(&files, &path, npy("<f4", "(0, 40)", &[]));
        }
        let path = format!("suite2p/{plane}/iscell.npy");
        files = with(&files, &path, npy("<f8", "(0, 2)", &[]));
    }
    refused(&files, &["the cells is none of 0 in the file"]);
}

#[test]
fn units_that_cannot_be_are_questioned() {
    let files = samples::neutral_tables();
    let scaled = |factor: f64| {
        let mut table = "time_s,x_cm\n".to_owned();
        for frame in 0..FRAMES {
            table += &format!(
                "{},{}\n",
                samples::time(frame),
                factor * samples::x_cm(frame)
            );
        }
        with(&files, "positions.csv", table)
    };
    refused(
        &scaled(100.0),
        &["the span of x is 9750 cm", "pixels or mm?", "key `unit`"],
    );
    refused(&scaled(0.01), &["2 to 1000 cm", "is it in m?"]);
    let stated = replaced(
        &scaled(0.01),
        TOML,
        "positions.csv\"",
        "positions.csv\", unit = \"m\"",
    );
    assert!(load(&stated).is_ok());
    let away = replaced(
        &files,
        TOML,
        "kind = \"spikes\"",
        "kind = \"spikes\", offset_s = 1000",
    );
    refused(
        &away,
        &["the time of the positions", "0 % in common", "overlap"],
    );
    let arrays = samples::neutral_arrays();
    let times: Vec<f64> = (0..FRAMES)
        .map(|frame| 1000.0 * samples::time(frame))
        .collect();
    let archive = npz(&[
        ("activity", f64s("(40, 3)", &[0.0; 120])),
        ("time_s", f64s("(40,)", &times)),
    ]);
    refused(
        &with(&arrays, "activity.npz", archive),
        &[
            "the time of the positions of session `s1`",
            "in common",
            "in ms?",
            "offset_s",
        ],
    );
}

#[test]
fn what_only_the_owner_knows_is_asked_for() {
    let suite2p = samples::suite2p();
    refused(
        &replaced(&suite2p, TOML, "rate_hz = 20,", ""),
        &["ops.npy", "pickled", "key `rate_hz`"],
    );
    refused(
        &replaced(&suite2p, TOML, "signal = \"dF\"", "signal = \"dff\""),
        &["`signal` is dff", "spks, F or dF"],
    );
    refused(
        &with(
            &suite2p,
            "suite2p/plane0/iscell.npy",
            f64s("(2, 2)", &[1.0; 4]),
        ),
        &["3 ROIs"],
    );
    refused(
        &with(
            &suite2p,
            "suite2p/plane0/iscell.npy",
            f64s("(3, 2)", &[0.5; 6]),
        ),
        &["ROI 0, column 0 is 0.5"],
    );
    let fall = with(&suite2p, "Fall.mat", "");
    refused(
        &replaced(&fall, TOML, "file = \"suite2p\"", "file = \"Fall.mat\""),
        &["a file", "plane0", "Fall.mat"],
    );

    let dlc = samples::deeplabcut_table();
    let swap = |from: &str, to: &str| replaced(&dlc, TOML, from, to);
    refused(
        &swap("rate_hz = 20, ", ""),
        &["the frame rate of the video", "key `rate_hz`"],
    );
    refused(
        &swap("cm_per_px = 0.2, ", ""),
        &["the size of a pixel", "key `cm_per_px`"],
    );
    refused(
        &swap("bodypart = \"back\", ", ""),
        &["there are 2 of body part", "back, nose", "key `bodypart`"],
    );
    refused(
        &swap("bodypart = \"back\"", "bodypart = \"tail\""),
        &["no body part `tail`", "back, nose"],
    );
    refused(
        &swap("rate_hz = 20", "rate_hz = 20, likelihood = 90"),
        &["`likelihood` is 90", "between 0 and 1"],
    );
    refused(
        &swap("cm_per_px = 0.2", "cm_per_px = 20"),
        &["the span of x", "key `cm_per_px`"],
    );
    refused(
        &replaced(&dlc, "DLC.csv", "bodyparts,", "parts,"),
        &["line 2", "scorer, (individuals,) bodyparts"],
    );
    refused(
        &replaced(&dlc, "DLC.csv", "\n7,", "\n8,"),
        &["line 11, field 1 is 8", "frame 7"],
    );

    let sleap = samples::sleap();
    let swap = |from: &str, to: &str| replaced(&sleap, TOML, from, to);
    refused(
        &swap("track = \"track_0\", ", ""),
        &[
            "there are 2 in track_names",
            "track_0, track_1",
            "key `track`",
        ],
    );
    refused(
        &swap("node = \"back\"", "node = \"tail\""),
        &["no `tail` in node_names"],
    );

    let pynapple = samples::pynapple();
    refused(
        &replaced(&pynapple, TOML, ", unit = \"m\"", ""),
        &["the unit of the position", "key `unit`"],
    );
    let swapped = replaced(
        &pynapple,
        TOML,
        "file = \"spikes.npz\"",
        "file = \"position.npz\"",
    );
    refused(&swapped, &["member `type` is Tsd", "TsGroup or TsdFrame"]);

    let caiman = samples::caiman();
    refused(
        &replaced(
            &caiman,
            TOML,
            "format = \"caiman\" }\n",
            "format = \"caiman\", signal = \"F_dff\" }\n",
        ),
        &[
            "estimates/F_dff is missing or None",
            "signals of this file: S, C",
            "key `signal`",
        ],
    );
    let inscopix = samples::inscopix();
    let unix = replaced(&inscopix, "events.csv", "\n0.41,", "\n1577836800.41,");
    refused(
        &unix,
        &["line 2, field 1 is 1577836800.41", "key `start_s`"],
    );
    refused(
        &replaced(&inscopix, "traces.csv", "undecided", "maybe"),
        &["line 2", "accepted, undecided or rejected"],
    );
}

#[test]
fn a_class_object_of_matlab_comes_with_the_line_that_exports_it() {
    use hdf5_pure::{AttrValue, FileBuilder};
    let mut builder = FileBuilder::new();
    let mut head = b"MATLAB 7.3 MAT-file".to_vec();
    head.resize(124, b' ');
    head.extend(b"\x00\x02IM");
    head.resize(512, 0);
    builder.with_userblock(512).with_userblock_content(&head);
    let neuron = builder.create_dataset("neuron");
    neuron
        .with_u32_data(&[0xdd00_0000, 2, 1, 1, 1, 1])
        .with_shape(&[1, 6]);
    neuron.set_attr(
        "MATLAB_class",
        AttrValue::AsciiString("Sources2D".to_owned()),
    );
    let files = with(&samples::cnmfe(), "day.mat", builder.finish().unwrap());
    refused(
        &files,
        &[
            "`neuron`",
            "MATLAB class",
            "s = struct(neuron); save('out.mat','-struct','s')",
        ],
    );
}

#[test]
fn a_frame_in_pandas_fixed_format_comes_with_the_line_that_exports_it() {
    use hdf5_pure::{AttrValue, FileBuilder};
    let frame = |table: bool, labels: &str| {
        let mut builder = FileBuilder::new();
        let mut frame = builder.create_group("df_with_missing");
        frame.set_attr("pandas_type", AttrValue::AsciiString("frame".to_owned()));
        frame.set_attr("non_index_axes", AttrValue::AsciiString(labels.to_owned()));
        let name = if table { "table" } else { "block0_values" };
        frame
            .create_dataset(name)
            .with_f64_data(&[0.0; 12])
            .with_shape(&[2, 6]);
        builder.add_group(frame.finish());
        with(
            &samples::deeplabcut_frame(),
            "DLC.h5",
            builder.finish().unwrap(),
        )
    };
    refused(
        &frame(false, samples::LABELS),
        &["fixed format", "format='table'", ".to_csv("],
    );
    refused(
        &frame(true, samples::LABELS),
        &["no table", "values_block_0"],
    );
    refused(
        &frame(true, "cos\nsystem\n(S'true'\ntR."),
        &["a pickle with the instruction 'c'", "to_csv"],
    );
}
