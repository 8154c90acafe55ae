//! What a machine does to a program: disks that fill up or turn read-only, clocks that go back,
//! files that lose their ends, a second process.

use crate::bench::Bench;
use crate::kills::recording;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

const RUN: [&str; 8] = [
    "run",
    "random-sgd-update",
    "--steps",
    "20000",
    "--no-report",
    "--set",
    "checkpoint.steps=500",
    "--out",
];

fn run(out: &str) -> Vec<&str> {
    [&RUN[..], &[out]].concat()
}

fn assert_same_record(one: &Path, other: &Path) {
    for file in ["trace.csv", "snapshots.npz", "dataset.npz", "outcome.toml"] {
        let [one, other] = [one, other].map(|directory| fs::read(directory.join(file)));
        assert!(one.expect(file) == other.expect(file), "{file}");
    }
}

/// A run that is under way: it is killed when half of its rows are there.
fn half_a_run(bench: &Bench, out: &str) {
    let mut child = bench.start(&run(out));
    let trace = bench.path(out).join("trace.csv");
    let rows = || fs::read_to_string(&trace).map_or(0, |text| text.lines().count());
    while rows() < 50 && child.try_wait().expect("a child").is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
}

#[test]
fn a_run_goes_on_when_the_disk_has_room_again() {
    let bench = Bench::new("room");
    let Some(disk) = bench.small_disk(192 * 1024) else {
        println!("skipped: a small tmpfs cannot be mounted here");
        return;
    };
    bench.drift(&run("whole")).expect_success();
    bench.drift(&run("disk/run")).expect_failure(1, "space");
    // As full as before: refused again, and still nothing lost.
    bench
        .drift(&["resume", "disk/run", "--no-report"])
        .expect_failure(1, "space");
    assert!(disk.remount("size=64m"), "a larger disk");
    bench
        .drift(&["resume", "disk/run", "--no-report"])
        .expect_success();
    assert_same_record(&bench.path("whole"), &bench.path("disk/run"));
}

#[test]
fn a_sweep_and_an_analysis_go_on_when_the_disk_has_room_again() {
    let bench = Bench::new("room-sweep");
    let Some(disk) = bench.small_disk(96 * 1024) else {
        println!("skipped: a small tmpfs cannot be mounted here");
        return;
    };
    let sweep = r#"
        name = "full"
        [[group]]
        name = "all"
        preset = "random-sgd-update"
        runs = 30
        set = { steps = 300, network.hidden = 12, sampling.linear.samples = 31 }
        vary.task.random.samples = { range = [3, 12] }
    "#;
    fs::write(bench.path("sweep.toml"), sweep).expect("written");
    recording(&bench, "data");
    let sweep = |out: &'static str| ["sweep", "run", "sweep.toml", "--jobs", "2", "--out", out];
    let analyze = |out: &'static str| {
        let few = ["--subsamplings", "2", "--shuffles", "20"];
        [&["analyze", "place-cells", "data", "--out", out], &few[..]].concat()
    };
    bench.drift(&sweep("whole")).expect_success();
    bench.drift(&sweep("disk/sweep")).expect_failure(1, "space");
    let finished = |out: &str| {
        let sweep = drift_sim::Registry::new()
            .sweep_in(bench.path(out))
            .expect("a sweep");
        let status = drift_sim::engine::sweep::status(bench.path(out), sweep.design());
        status.expect("a sweep").finished
    };
    let before = finished("disk/sweep");
    assert!(before > 0, "some rows had room");
    bench.drift(&analyze("analysis")).expect_success();
    bench
        .drift(&analyze("disk/analysis"))
        .expect_failure(1, "space");
    assert!(disk.remount("size=64m"), "a larger disk");
    assert_eq!(finished("disk/sweep"), before);
    bench.drift(&sweep("disk/sweep")).expect_success();
    for out in ["whole", "disk/sweep"] {
        bench.drift(&["sweep", "collect", out]).expect_success();
    }
    for file in ["table.csv", "curves.npz"] {
        let read = |out: &str| bench.read(&format!("{out}/{file}"));
        assert!(read("whole") == read("disk/sweep"), "{file}");
    }
    bench.drift(&analyze("disk/analysis")).expect_success();
    for file in ["cells.csv", "sessions.csv", "report.html"] {
        let read = |out: &str| bench.read(&format!("{out}/{file}"));
        assert!(read("analysis") == read("disk/analysis"), "{file}");
    }
}

#[test]
fn a_disk_that_turns_read_only_is_named_and_left_as_it_is() {
    let bench = Bench::new("ro");
    let Some(disk) = bench.small_disk(64 << 20) else {
        println!("skipped: a small tmpfs cannot be mounted here");
        return;
    };
    half_a_run(&bench, "disk/run");
    let before = bench.tree("disk/run");
    assert!(disk.remount("ro"), "read-only");
    bench
        .drift(&["resume", "disk/run"])
        .expect_failure(1, "disk/run");
    bench.drift(&run("disk/new")).expect_failure(1, "disk/new");
    assert_eq!(bench.tree("disk/run"), before);
    assert!(disk.remount("rw"), "writable");
    bench.drift(&run("whole")).expect_success();
    bench
        .drift(&["resume", "disk/run", "--no-report"])
        .expect_success();
    assert_same_record(&bench.path("whole"), &bench.path("disk/run"));
}

#[test]
fn a_clock_that_went_back_changes_nothing() {
    let bench = Bench::new("clock");
    bench.drift(&run("whole")).expect_success();
    half_a_run(&bench, "back");
    // The files are from the future now, each from another.
    let mut future = SystemTime::now();
    for path in bench.tree("back").into_keys() {
        future += Duration::from_secs(100_000);
        let file = fs::File::options().append(true).open(path).expect("opened");
        file.set_modified(future).expect("a time is set");
    }
    bench
        .drift(&["resume", "back", "--no-report"])
        .expect_success();
    assert_same_record(&bench.path("whole"), &bench.path("back"));
}

#[test]
fn of_a_damaged_checkpoint_the_one_before_is_used() {
    let bench = Bench::new("damage");
    bench.drift(&run("whole")).expect_success();
    type Damage = fn(&mut Vec<u8>);
    let damages: [(&str, Damage); 3] = [
        ("cut", |bytes| bytes.truncate(bytes.len() / 2)),
        ("empty", Vec::clear),
        ("flipped", |bytes| bytes[200] ^= 16),
    ];
    for (name, damage) in damages {
        half_a_run(&bench, name);
        let damage_file = |file: &str| {
            let path = bench.path(name).join(file);
            let mut bytes = fs::read(&path).expect(file);
            damage(&mut bytes);
            fs::write(path, bytes).expect(file);
        };
        damage_file("checkpoint");
        if name == "flipped" {
            // Without any that is whole the run is made again, and what is recorded compared.
            damage_file("checkpoint.previous");
            let told = bench
                .drift(&["resume", name, "--no-report"])
                .expect_success();
            for text in ["the checksum does not match", "made again from its start"] {
                assert!(told.stderr.contains(text), "{text}: {}", told.stderr);
            }
        }
        bench
            .drift(&["resume", name, "--no-report"])
            .expect_success();
        assert_same_record(&bench.path("whole"), &bench.path(name));
    }
}

#[test]
fn one_analysis_at_a_time_writes_into_a_directory() {
    let bench = Bench::new("claim");
    recording(&bench, "data");
    let analyze = ["analyze", "place-cells", "data", "--out", "out"];
    let few = ["--subsamplings", "0", "--shuffles", "0"];
    fs::create_dir(bench.path("out")).expect("created");
    let lock = fs::File::create(bench.path("out/sessions.csv.lock")).expect("a lock");
    lock.lock().expect("locked, as by another process");
    bench
        .drift(&[&analyze[..], &few].concat())
        .expect_failure(1, "sessions.csv.lock is locked by another process");
    drop(lock);
    bench.drift(&[&analyze[..], &few].concat()).expect_success();
}
