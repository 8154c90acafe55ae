//! A process is killed (SIGKILL) at arbitrary moments, again and again, and resumed: in the end
//! its files have the same bytes as those of one that was left alone. This program starts itself
//! as the process to be killed, hence no harness.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use drift_sim::engine::sweep::{Shard, SweepShard, collect, status};
use drift_sim::{Registry, Scenario, Sweep, presets};

/// What the process to be killed works on, and where.
const WORK: &str = "DRIFT_KILLED_WORK";
const DIRECTORY: &str = "DRIFT_KILLED_DIRECTORY";

const SWEEP: &str = r#"
name = "killed"
[[group]]
name = "all"
preset = "random-sgd-update"
runs = 60
set = { steps = 4000, sampling.linear.samples = 201 }
vary.task.random.samples = { range = [3, 12] }
"#;

fn main() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        match std::env::var(WORK).as_deref() {
            Ok("sweep") => work_on_sweep(Path::new(&directory)),
            _ => work_on_run(Path::new(&directory)),
        }
        return;
    }
    let parent = tempfile::tempdir().expect("a temporary directory");
    runs(parent.path());
    sweeps(parent.path());
}

fn sweep() -> Sweep {
    Sweep::from_toml(SWEEP).expect("a valid sweep")
}

/// The process to be killed: starts the sweep, or goes on with it.
fn work_on_sweep(directory: &Path) {
    let sweep = sweep();
    let mut shard =
        SweepShard::open(directory, sweep.design(), Shard::whole(), false).expect("a shard");
    shard
        .run(&sweep, Some(2), &|| false, &|_| ())
        .expect("files that can be written");
}

fn sweeps(parent: &Path) {
    let (alone, killed) = (parent.join("sweep-alone"), parent.join("sweep-killed"));
    work_on_sweep(&alone);
    let (mut kills, mut finished) = (0, 0);
    while kills < 10 {
        let mut child = start("sweep", &killed);
        // A few more runs each time, the first time none.
        let enough = 5 * kills;
        loop {
            let now = status(&killed, sweep().design()).map_or(0, |status| status.finished);
            if now >= enough || child.try_wait().expect("the state of the child").is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().expect("the child to be killed");
        child.wait().expect("the child to end");
        kills += 1;
        let now = status(&killed, sweep().design()).map_or(0, |status| status.finished);
        assert!(now >= finished, "{finished} finished runs became {now}");
        finished = now;
    }
    assert!(finished < 60, "the sweep was over before the last kill");
    work_on_sweep(&killed);
    for directory in [&alone, &killed] {
        let output = directory.join("table");
        let collected = collect(sweep().design(), &[directory], output).expect("a table");
        assert!(
            collected.gaps.is_empty() && collected.duplicates.is_empty(),
            "{collected:?}"
        );
    }
    for file in ["table.csv", "curves.npz"] {
        let read =
            |directory: &Path| std::fs::read(directory.join("table").join(file)).expect(file);
        assert!(
            read(&alone) == read(&killed),
            "{file} differs after {kills} kills"
        );
    }
    println!("sweep killed {kills} times, with {finished} of 60 runs finished: same bytes");
}

/// The process to be killed: starts the run, or goes on with it.
fn work_on_run(directory: &Path) {
    let registry = Registry::new();
    let mut run = if directory.join("scenario.toml").exists() {
        registry.open_run(directory).expect("a run to go on with")
    } else {
        let scenario = scenario();
        registry
            .create_run(directory, &scenario)
            .expect("a new run")
    };
    run.run(&mut ()).expect("files that can be written");
}

fn scenario() -> Scenario {
    let mut unchecked = presets::preset("random-adam-label")
        .expect("a preset")
        .into_unchecked();
    for change in [
        "steps=60000",
        "network.hidden=64",
        "sampling.linear.samples=301",
        "spectrum.samples=4",
        "checkpoint.seconds=0.02",
        "noise.update.distribution.gaussian.standard_deviation=0.01",
    ] {
        unchecked.set(change).expect("a field of a scenario");
    }
    unchecked.try_into().expect("a valid scenario")
}

fn runs(parent: &Path) {
    let (alone, killed) = (parent.join("alone"), parent.join("killed"));
    work_on_run(&alone);
    let mut rows = 0;
    let mut kills = 0;
    for attempt in 0_u64.. {
        assert!(attempt < 1000, "no end after {kills} kills");
        let mut child = start("run", &killed);
        // From "before anything was written" to "well into the run"; ever longer, for a machine so
        // busy that a process does not come to its first checkpoint within the shorter ones.
        std::thread::sleep(Duration::from_millis(3 + 7 * attempt % (90 + 5 * attempt)));
        let ended = child.try_wait().expect("the state of the child").is_some();
        if !ended {
            child.kill().expect("the child to be killed");
            kills += 1;
        }
        let status = child.wait().expect("the child to end");
        let now = std::fs::read_to_string(killed.join("trace.csv")).unwrap_or_default();
        let whole = now.matches('\n').count();
        assert!(whole >= rows, "{rows} rows became {whole}");
        rows = whole;
        if ended {
            assert!(status.success(), "the child failed after {kills} kills");
            break;
        }
    }
    assert!(kills >= 5, "only {kills} kills");
    for file in [
        "scenario.toml",
        "dataset.npz",
        "trace.csv",
        "snapshots.npz",
        "outcome.toml",
    ] {
        let read = |directory: &Path| std::fs::read(directory.join(file)).expect(file);
        assert!(
            read(&alone) == read(&killed),
            "{file} differs after {kills} kills"
        );
    }
    println!("run killed {kills} times: same bytes");
}

fn start(work: &str, directory: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().expect("the path of this program"))
        .env(WORK, work)
        .env(DIRECTORY, directory)
        .stdout(Stdio::null())
        .spawn()
        .expect("this program to start")
}
