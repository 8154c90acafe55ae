//! One variable that cannot be read, in MAT files of level 5 and 7.3: the others are read, and the bad one
//! is named with the reason, in the tree and wherever it is asked for.

use std::path::Path;
use std::process::Command;

use drift_data::mat::{FileKind, Limits, MatFile};
use drift_data::{Error, Note, hc6};

use super::builder::LITTLE;
use super::shared;

/// Files of `one_unreadable.py`, and the words that say why `bad` is not read.
const FILES: [(&str, &[&str]); 24] = [
    (
        "class table",
        &["class table", "x.Variables", "table2struct"],
    ),
    ("class timetable", &["class timetable", "x.Variables"]),
    ("class string", &["class string", "cellstr(x)"]),
    ("class categorical", &["class categorical", "cellstr(x)"]),
    ("class datetime", &["class datetime", "posixtime(x)"]),
    ("class containers.Map", &["class containers.Map", "keys(x)"]),
    ("class Sources2D", &["class Sources2D", "struct(x)"]),
    ("handle", &["function handle", "func2str"]),
    ("compound", &["not readable", "complex", "a, b"]),
    ("text of any length", &["not readable", "numbers"]),
    ("numbers of any length", &["not readable", "numbers"]),
    ("bytes", &["not readable", "numbers"]),
    ("blosc", &["not readable", "32001", "h5repack"]),
    ("zstd", &["not readable", "32015", "h5repack"]),
    ("szip", &["not readable", "filter", "h5repack"]),
    ("external", &["not readable", "external"]),
    ("virtual", &["not readable", "irtual"]),
    ("sparse", &["not readable", "rows inside the matrix"]),
    ("huge", &["not readable", "within the limit"]),
    ("deflate", &["not readable"]),
    ("checksum", &["not readable"]),
    (
        "five damaged",
        &["not readable", "compressed data are damaged"],
    ),
    (
        "five truncated",
        &["not readable", "compressed element at offset"],
    ),
    (
        "five checksum",
        &["not readable", "compressed data are damaged"],
    ),
];

/// The generator's files, none where it cannot run.
fn made() -> Option<tempfile::TempDir> {
    let needed = ["-c", "import h5py, scipy"];
    let found = Command::new("python3").args(needed).output();
    if !found.is_ok_and(|output| output.status.success()) {
        println!("skipped: python3 with h5py and scipy is not installed");
        assert!(
            std::env::var("CI").is_err(),
            "CI must install python3, h5py and scipy"
        );
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/one_unreadable.py");
    let run = Command::new("python3")
        .arg(script)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    Some(folder)
}

fn says(text: &str, words: &[&str], name: &str) {
    for word in words {
        assert!(text.contains(word), "{name}: {word:?} is not in {text}");
    }
}

fn numbers(file: &MatFile, name: &str) -> Vec<f64> {
    file.get(name).unwrap().numbers().unwrap().into_owned()
}

#[test]
fn a_variable_that_cannot_be_read_costs_itself() {
    let Some(folder) = made() else { return };
    for (name, words) in FILES {
        let path = folder.path().join(format!("{name}.mat"));
        let file = MatFile::open(&path).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            numbers(&file, "before"),
            [0.0, 3.0, 1.0, 4.0, 2.0, 5.0],
            "{name}"
        );
        assert_eq!(numbers(&file, "zafter"), [0.0, 1.0, 2.0, 3.0], "{name}");
        assert_eq!(file.names().count(), 3, "{name}");
        let tree = file.tree().to_string();
        let line = tree
            .lines()
            .find(|line| line.trim_start().starts_with("bad:"));
        says(line.unwrap_or(&tree), words, name);
        let error = file.get("bad").unwrap().numbers().unwrap_err();
        assert!(matches!(error, Error::WrongKind { .. }), "{error}");
        says(
            &error.to_string(),
            &[words, &["`bad`", name]].concat(),
            name,
        );
    }
}

/// Behind a cut nothing can be found, and a name may be in what is damaged: whatever is not there may have
/// been that.
#[test]
fn what_is_lost_stands_for_every_variable_that_is_not_found() {
    let Some(folder) = made() else { return };
    let open = |name: &str| MatFile::open(folder.path().join(name));
    for (name, known) in [
        ("five cut.mat", true),
        ("five plain cut.mat", true),
        ("five nameless.mat", false),
    ] {
        let file = open(name).unwrap();
        assert_eq!(numbers(&file, "before").len(), 6, "{name}");
        assert_eq!(file.find("bad").is_some(), known, "{name}");
        let lost = if known { "zafter" } else { "bad" };
        assert!(file.find(lost).is_none(), "{name}");
        let error = file.get(lost).unwrap().numbers().unwrap_err();
        says(&error.to_string(), &[lost, "not readable", "offset"], name);
        says(
            &file.tree().to_string(),
            &["(name not known): not readable"],
            name,
        );
        assert_eq!(file.unreadable().len(), 1 + usize::from(known), "{name}");
    }
    // Nothing at all can be read.
    let whole = std::fs::read(folder.path().join("five.mat")).unwrap();
    let error = MatFile::from_bytes("cut.mat", &whole[..150], &Limits::default()).unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
}

#[test]
fn a_part_that_cannot_be_read_costs_that_part() {
    let Some(folder) = made() else { return };
    let file = MatFile::open(folder.path().join("parts.mat")).unwrap();
    let s = file.get("s").unwrap();
    assert_eq!(s.field("fine").unwrap().len(), 6);
    says(
        &s.field("t").unwrap().numbers().unwrap_err().to_string(),
        &["s.t", "class table"],
        "s.t",
    );
    let c = file.get("c").unwrap();
    assert_eq!(c.cell(0).unwrap().len(), 6);
    for bad in [s.field("bad").unwrap(), c.cell(1).unwrap()] {
        says(
            &bad.numbers().unwrap_err().to_string(),
            &[bad.path(), "not readable"],
            bad.path(),
        );
    }
    let mut paths: Vec<String> = file
        .unreadable()
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    paths.sort();
    assert_eq!(paths, ["c{2}", "s.bad"]);
}

#[test]
fn a_file_of_level_4_is_refused_with_advice() {
    let Some(folder) = made() else { return };
    let error = MatFile::open(folder.path().join("four.mat")).unwrap_err();
    let level4 = matches!(
        error,
        Error::NotLevel5 {
            found: FileKind::Level4,
            ..
        }
    );
    assert!(level4, "{error}");
    says(&error.to_string(), &["level-4", "save -v7"], "four.mat");
}

/// A damaged variable beside those that are read costs itself, and the reader is told.
#[test]
fn a_recording_says_what_it_does_without() {
    let Some(data) = shared::data() else { return };
    let edge = data.join("fixtures/edge");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("synspikes03.mat");
    std::fs::copy(edge.join("synspikes03_ticks.mat"), &path).unwrap();
    let options = hc6::Options::default();
    let whole = hc6::load(folder.path(), &options).unwrap();
    assert!(whole.notes.is_empty());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend(LITTLE.matrix(99, &[1, 1], "extra", &[]));
    std::fs::write(&path, bytes).unwrap();
    let damaged = hc6::load(folder.path(), &options).unwrap();
    assert_eq!(damaged.sessions, whole.sessions);
    let [Note::Read(note)] = &damaged.notes[..] else {
        panic!("{:?}", damaged.notes)
    };
    for part in ["synspikes03.mat", "`extra`", "unknown array class 99"] {
        assert!(note.contains(part), "{note}");
    }
}
