//! A process is killed (SIGKILL) at arbitrary moments, again and again, and resumed: in the end
//! its files have the same bytes as those of one that was left alone. This program starts itself
//! as the process to be killed, hence no harness.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use drift_sim::{Run, Scenario, presets};

const DIRECTORY: &str = "DRIFT_KILLED_DIRECTORY";

fn main() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        work(Path::new(&directory));
        return;
    }
    let parent = tempfile::tempdir().expect("a temporary directory");
    runs(parent.path());
    println!("killed runs: same bytes");
}

/// The process to be killed: starts the run, or goes on with it.
fn work(directory: &Path) {
    let mut run = if directory.join("scenario.toml").exists() {
        Run::open(directory).expect("a run to go on with")
    } else {
        Run::create(directory, &scenario()).expect("a new run")
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
    work(&alone);
    let mut rows = 0;
    let mut kills = 0;
    for attempt in 0_u64.. {
        assert!(attempt < 1000, "no end after {kills} kills");
        let mut child = start(&killed);
        // From "before anything was written" to "well into the run".
        std::thread::sleep(Duration::from_millis(3 + 7 * attempt % 90));
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
}

fn start(directory: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().expect("the path of this program"))
        .env(DIRECTORY, directory)
        .stdout(Stdio::null())
        .spawn()
        .expect("this program to start")
}
