//! The program is killed (SIGKILL) at arbitrary moments, again and again, and started again: nothing
//! recorded is lost, and in the end the files have the same bytes as those of one left alone.
//!
//! `DRIFT_KILLS` is how many kills each test makes: 5 where it is not set, 100 in `.ci/faults`.

use crate::bench::Bench;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

fn wanted() -> usize {
    match std::env::var("DRIFT_KILLS") {
        Ok(text) => text.parse().expect("DRIFT_KILLS is a number of kills"),
        Err(_) => 5,
    }
}

/// Moments from 0 to 1, spread evenly (multiples of the golden ratio).
fn moment(attempt: usize) -> f64 {
    (attempt as f64 * 0.618_033_988_749_894_9).fract()
}

/// Starts the program and kills it after a while; whether it was over before.
fn is_over_before(bench: &Bench, arguments: &[&str], delay: Duration) -> bool {
    let mut child = bench.start(arguments);
    let until = Instant::now() + delay;
    while Instant::now() < until {
        if let Some(status) = child.try_wait().expect("the state of the child") {
            assert!(status.success(), "{arguments:?}: {status}");
            return true;
        }
        sleep(Duration::from_micros(200));
    }
    child.kill().expect("the child to be killed");
    let status = child.wait().expect("the child to end");
    status.success()
}

/// A result's files: without locks, and without the checkpoint before the last, which depends on
/// where the kills were.
fn files(bench: &Bench, directory: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let kept = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        !name.ends_with("lock") && name != "checkpoint.previous"
    };
    let root = bench.path(directory);
    let tree = bench.tree(directory).into_iter();
    let inside = |path: PathBuf| path.strip_prefix(&root).expect("inside").to_owned();
    tree.filter(|(path, _)| kept(path))
        .map(|(path, bytes)| (inside(path), bytes))
        .collect()
}

#[track_caller]
fn assert_same(bench: &Bench, one: &str, other: &str) {
    let [one, other] = [one, other].map(|directory| files(bench, directory));
    let names = |tree: &BTreeMap<PathBuf, Vec<u8>>| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one), names(&other));
    for (name, bytes) in &one {
        assert!(&other[name] == bytes, "{} differs", name.display());
    }
}

fn rows(path: &Path) -> usize {
    fs::read_to_string(path).map_or(0, |text| text.matches('\n').count())
}

#[test]
fn runs() {
    let bench = Bench::new("kills-run");
    let arguments = |out: &'static str| {
        vec![
            "run",
            "figure2",
            "--steps",
            "6000",
            "--out",
            out,
            "--set",
            "network.hidden=30",
            "--set",
            "sampling.linear.samples=61",
            "--set",
            "measures.bins=40",
            "--set",
            "spectrum.samples=3",
            "--set",
            "checkpoint.steps=200",
        ]
    };
    let start = Instant::now();
    bench.drift(&arguments("whole")).expect_success();
    let alone = start.elapsed();
    let (mut kills, mut recorded, mut finished) = (0, 0, 0);
    let trace = bench.path("killed/trace.csv");
    for attempt in 1.. {
        let begun = bench.path("killed/scenario.toml").exists();
        let next = if begun {
            vec!["resume", "killed"]
        } else {
            arguments("killed")
        };
        // Resumed ever again, a run must come forward: the delay grows until it does.
        let delay = alone.mul_f64(moment(attempt) * (1.0 + attempt as f64 / 50.0));
        let over = is_over_before(&bench, &next, delay);
        let now = rows(&trace);
        assert!(now >= recorded, "{recorded} rows became {now}");
        recorded = now;
        kills += usize::from(!over);
        if over || kills >= wanted() {
            if !over {
                bench.drift(&["resume", "killed"]).expect_success();
            }
            assert_same(&bench, "whole", "killed");
            if kills >= wanted() {
                break;
            }
            fs::remove_dir_all(bench.path("killed")).expect("removed");
            (recorded, finished) = (0, finished + 1);
        }
    }
    println!("runs killed {kills} times, {finished} finished on the way: same bytes");
}

#[test]
fn sweeps() {
    let bench = Bench::new("kills-sweep");
    let sweep = r#"
        name = "killed"
        snapshots = 3
        [[group]]
        name = "all"
        preset = "random-adam-update"
        runs = 40
        set = { steps = 3000, network.hidden = 20, sampling.linear.samples = 61, checkpoint.seconds = 0.01 }
        vary.task.random.samples = { range = [3, 12] }
    "#;
    fs::write(bench.path("sweep.toml"), sweep).expect("written");
    let run = |out: &'static str| {
        let jobs = ["--jobs", "2"];
        [&["sweep", "run", "sweep.toml", "--out", out], &jobs[..]].concat()
    };
    let start = Instant::now();
    bench.drift(&run("whole")).expect_success();
    let alone = start.elapsed();
    let finished = || {
        let directory = bench.path("killed");
        let sweep = drift_sim::Registry::new().sweep_in(&directory).ok();
        let status = sweep
            .and_then(|sweep| drift_sim::engine::sweep::status(&directory, sweep.design()).ok());
        status.map_or(0, |status| status.finished)
    };
    let complete = || {
        bench.drift(&run("killed")).expect_success();
        for directory in ["whole", "killed"] {
            let collect = ["sweep", "collect", directory];
            let told = bench.drift(&collect).expect_success().stdout;
            assert!(
                told.contains("40 of 40 runs") && !told.contains("twice"),
                "{told}"
            );
        }
        for file in ["table.csv", "curves.npz"] {
            let read = |directory: &str| bench.read(&format!("{directory}/{file}"));
            assert!(read("whole") == read("killed"), "{file}");
        }
        assert_same(&bench, "whole/snapshots", "killed/snapshots");
        let left = files(&bench, "killed").into_keys();
        let left: Vec<_> = left
            .filter(|path| path.to_string_lossy().contains("unfinished"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    };
    let (mut kills, mut before) = (0, 0);
    for attempt in 1.. {
        let delay = alone.mul_f64(0.5 * moment(attempt));
        let over = is_over_before(&bench, &run("killed"), delay);
        let now = finished();
        assert!(now >= before, "{before} finished runs became {now}");
        before = now;
        kills += usize::from(!over);
        if over || kills >= wanted() {
            complete();
            if kills >= wanted() {
                break;
            }
            fs::remove_dir_all(bench.path("killed")).expect("removed");
            before = 0;
        }
    }
    println!("sweeps killed {kills} times: same bytes");
}

/// A level-5 MAT file with one real matrix, by column.
fn mat(name: &str, rows: usize, values: &[f64]) -> Vec<u8> {
    let element = |kind: u32, data: &[u8]| {
        let mut bytes = [kind.to_le_bytes(), (data.len() as u32).to_le_bytes()].concat();
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    };
    let columns = values.len() / rows;
    let dims = [rows as u32, columns as u32].map(u32::to_le_bytes).concat();
    let data: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let body = [
        element(6, &[6_u32, 0].map(u32::to_le_bytes).concat()),
        element(5, &dims),
        element(1, name.as_bytes()),
        element(9, &data),
    ]
    .concat();
    let mut file = b"MATLAB 5.0 MAT-file".to_vec();
    file.resize(124, b' ');
    file.extend(b"\x00\x01IM");
    file.extend(element(14, &body));
    file
}

/// A recording of our own: an animal that runs to and fro, and twelve cells with a field each.
pub fn recording(bench: &Bench, name: &str) {
    let (frames, cells) = (3000, 12);
    let bin = |frame: usize| {
        let place = (frame / 5) % 46;
        if place < 24 { place } else { 46 - place }
    };
    let stimulus: Vec<f64> = (0..frames).map(|frame| 1.0 + bin(frame) as f64).collect();
    let mut spikes = Vec::new();
    for cell in 0..cells {
        for frame in 0..frames {
            let distance = bin(frame).abs_diff(2 * cell);
            let fires = (frame * 7919 + cell * 104_729) % 97 < 30 / (1 + distance * distance);
            spikes.push(f64::from(u8::from(fires)));
        }
    }
    fs::create_dir(bench.path(name)).expect("created");
    let files = [("spike_train", spikes), ("stimulus_trace", stimulus)];
    for (variable, values) in files {
        let path = bench.path(name).join(format!("{variable}.mat"));
        fs::write(path, mat(variable, frames, &values)).expect("written");
    }
}

#[test]
fn analyses() {
    let bench = Bench::new("kills-analyze");
    recording(&bench, "data");
    let analyze = |out: &'static str| {
        let few = ["--subsamplings", "5", "--shuffles", "50"];
        [&["analyze", "place-cells", "data", "--out", out], &few[..]].concat()
    };
    let start = Instant::now();
    bench.drift(&analyze("whole")).expect_success();
    let alone = start.elapsed();
    let whole = files(&bench, "whole");
    assert!(
        whole.contains_key(Path::new("cells.csv")),
        "{:?}",
        whole.keys()
    );
    let (mut kills, mut finished) = (0, 0);
    for attempt in 1.. {
        let over = is_over_before(&bench, &analyze("killed"), alone.mul_f64(moment(attempt)));
        kills += usize::from(!over);
        finished += usize::from(over);
        if bench.path("killed").exists() {
            // Whatever has its name is whole.
            for (name, bytes) in files(&bench, "killed") {
                if name.extension().is_none_or(|ending| ending != "tmp") {
                    assert!(whole.get(&name) == Some(&bytes), "{}", name.display());
                }
            }
        }
        if kills >= wanted() {
            break;
        }
        if over {
            assert_same(&bench, "whole", "killed");
            fs::remove_dir_all(bench.path("killed")).expect("removed");
        }
    }
    bench.drift(&analyze("killed")).expect_success();
    assert_same(&bench, "whole", "killed");
    println!("analyses killed {kills} times, {finished} finished on the way: same bytes");
}
