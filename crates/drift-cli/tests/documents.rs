//! What the README and the Python beside the book say about the program, tried.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory of its own for one test, removed afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("drift-documents-{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&path));
        fs::create_dir_all(&path).expect("a scratch directory");
        Self(path)
    }

    fn drift(&self, arguments: &[&str]) {
        let output = Command::new(env!("CARGO_BIN_EXE_drift"))
            .current_dir(&self.0)
            .args(arguments)
            .output()
            .expect("the program starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "drift {arguments:?}: {errors}");
    }

    fn python(&self, arguments: &[&str]) -> Output {
        let script = python_directory().join("read_run.py");
        self.script(&[&[script.to_str().expect("a path")], arguments].concat())
    }

    fn script(&self, arguments: &[&str]) -> Output {
        Command::new(interpreter())
            .current_dir(&self.0)
            .env("MPLBACKEND", "Agg")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .args(arguments)
            .output()
            .expect("Python starts")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn python_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/python")
}

fn interpreter() -> String {
    std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// Whether there are the scripts, and a Python that has `modules`; says why where not.
fn can_run(modules: &str) -> bool {
    if !python_directory().exists() {
        println!("skipped: no docs/python beside this crate, as in a published package");
        return false;
    }
    let present = Command::new(interpreter())
        .args(["-c", &format!("import tomllib, {modules}")])
        .output()
        .is_ok_and(|output| output.status.success());
    if !present {
        println!("skipped: no Python 3.11 with {modules}");
    }
    present
}

#[test]
fn the_readmes_commands_work() {
    let scratch = Scratch::new("readme");
    let readme = include_str!("../README.md");
    let block = readme.split("```").find(|block| block.starts_with("sh\n"));
    let commands: Vec<&str> = block
        .expect("a block of shell")
        .lines()
        .filter_map(|line| line.strip_prefix("drift "))
        .collect();
    assert_eq!(commands.len(), 5);
    for command in commands {
        scratch.drift(&command.split_whitespace().collect::<Vec<_>>());
    }
}

#[test]
fn python_finds_in_the_snapshots_what_the_trace_says() {
    if !can_run("numpy, pandas") {
        return;
    }
    let scratch = Scratch::new("python");
    let short = ["--set", "network.hidden=40", "--no-report"];
    for (arguments, values) in [
        (
            [
                "run",
                "figure2",
                "--steps",
                "300",
                "--out",
                "corridor",
                "--spectrum",
                "0",
            ],
            618,
        ),
        (
            [
                "run",
                "random-sgd-update",
                "--steps",
                "300",
                "--out",
                "random",
                "--spectrum",
                "3",
            ],
            415,
        ),
    ] {
        scratch.drift(&[&arguments[..], &short[..]].concat());
        let output = scratch.python(&[arguments[5], "--check"]);
        let (text, errors) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{errors}");
        assert!(
            text.contains(&format!("{values} values recomputed")),
            "{text}"
        );
    }

    // A trace that says anything else is found out.
    let path = scratch.0.join("corridor/trace.csv");
    let trace = fs::read_to_string(&path).expect("read");
    let last = trace.lines().last().expect("a row").to_owned();
    let mut cells: Vec<String> = last.split(',').map(str::to_owned).collect();
    let fraction: f64 = cells[3].parse().expect("the active fraction");
    cells[3] = (fraction + 1e-6).to_string();
    fs::write(&path, trace.replace(&last, &cells.join(","))).expect("written");
    let output = scratch.python(&["corridor", "--check"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("active_fraction"));
}

#[test]
fn the_notebook_runs_from_top_to_bottom() {
    if !can_run("numpy, pandas, matplotlib") {
        return;
    }
    let scratch = Scratch::new("notebook");
    scratch.drift(&[
        "run",
        "figure2",
        "--steps",
        "300",
        "--out",
        "run",
        "--no-report",
        "--set",
        "network.hidden=40",
    ]);
    fs::write(
        scratch.0.join("sigma.toml"),
        "name = 'sigma'\nseed = 1\n[[group]]\nname = 'rich'\npreset = 'random-sgd-update'\nruns = 3\n\
         set.steps = 200\nset.'network.hidden' = 20\n[group.vary]\n\
         'noise.update.distribution.gaussian.standard_deviation' = { log_range = [0.01, 0.1] }\n",
    )
    .expect("written");
    scratch.drift(&["sweep", "run", "sigma.toml", "--out", "sweep"]);
    scratch.drift(&["sweep", "collect", "sweep"]);

    let notebook = fs::read_to_string(python_directory().join("read_run.ipynb")).expect("read");
    let notebook: serde_json::Value = serde_json::from_str(&notebook).expect("JSON");
    let cells = notebook["cells"].as_array().expect("cells");
    let mut program = String::new();
    for cell in cells.iter().filter(|cell| cell["cell_type"] == "code") {
        assert!(
            cell["outputs"].as_array().is_some_and(Vec::is_empty),
            "committed without outputs"
        );
        let lines = match &cell["source"] {
            serde_json::Value::String(whole) => whole.clone(),
            lines => lines
                .as_array()
                .expect("lines")
                .iter()
                .map(|line| line.as_str().expect("text"))
                .collect(),
        };
        program.push_str(&lines);
        program.push('\n');
    }
    let output = Command::new(interpreter())
        .current_dir(python_directory())
        .env("MPLBACKEND", "Agg")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("DRIFT_RUN", scratch.0.join("run"))
        .env("DRIFT_SWEEP", scratch.0.join("sweep"))
        .args(["-c", &program])
        .output()
        .expect("Python starts");
    let (text, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{errors}");
    assert!(
        text.contains("618 values recomputed") && !text.contains("no sweep"),
        "{text}"
    );

    for (arguments, figure) in [
        (["run", "--figure", "run.png"].as_slice(), "run.png"),
        (
            ["--sweep", "sweep", "--figure", "sweep.png"].as_slice(),
            "sweep.png",
        ),
    ] {
        let output = scratch.python(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let image = fs::read(scratch.0.join(figure)).expect("a figure");
        assert!(image.starts_with(b"\x89PNG"));
    }
}

/// Runs lines of shell in which `drift` only looks at what it is given: it comes to the `--help` at
/// the end of a command where everything before it is known.
fn parse(scratch: &Scratch, lines: &str, place: &str) {
    let functions = format!(
        "drift() {{ '{}' \"$@\" --help >/dev/null; }}\n\
         cargo() {{ if [ \"$4\" = drift-cli ]; then shift 5; drift \"$@\"; fi; }}\n\
         python3() {{ :; }}\nset -e\n",
        env!("CARGO_BIN_EXE_drift")
    );
    let output = Command::new("sh")
        .current_dir(&scratch.0)
        .args(["-c", &(functions + lines)])
        .output()
        .expect("a shell starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{place}: {errors}\n{lines}");
}

#[test]
fn options_that_the_pages_print_exist() {
    let scratch = Scratch::new("options");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pages = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")];
    // A published package has its own page alone.
    if let Ok(book) = fs::read_dir(root.join("docs/src")) {
        pages.push(root.join("README.md"));
        pages.extend(book.map(|entry| entry.expect("an entry").path()));
        pages.retain(|page| page.extension().is_some_and(|ending| ending == "md"));
    }
    let mut blocks = 0;
    for page in &pages {
        let text = fs::read_to_string(page).expect("a page");
        for block in text.split("\n```sh\n").skip(1) {
            let lines = block.split("\n```").next().unwrap_or_default();
            if lines.contains("drift ") || lines.contains("-p drift-cli -- ") {
                parse(&scratch, lines, &page.display().to_string());
                blocks += 1;
            }
        }
    }
    assert!(pages.len() == 1 || blocks > 20, "{blocks} blocks");
}

/// Parses the examples that the help of a command prints, and those of its subcommands.
fn parse_examples(scratch: &Scratch, command: &str) -> usize {
    let output = Command::new(env!("CARGO_BIN_EXE_drift"))
        .args(command.split_whitespace())
        .arg("--help")
        .output()
        .expect("the program starts");
    let help = String::from_utf8(output.stdout).expect("text");
    let (_, examples) = help.split_once("\nExample").unwrap_or_default();
    let examples: Vec<&str> = examples
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect();
    parse(
        scratch,
        &examples.join("\n"),
        &format!("drift {command} --help"),
    );
    let (_, listed) = help.split_once("\nCommands:\n").unwrap_or_default();
    let listed = listed.lines().take_while(|line| !line.is_empty());
    let names = listed.filter(|line| !line.starts_with("   "));
    let inner = names
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help");
    examples.len()
        + inner
            .map(|name| parse_examples(scratch, &format!("{command} {name}")))
            .sum::<usize>()
}

#[test]
fn options_that_the_help_prints_exist() {
    let examples = parse_examples(&Scratch::new("examples"), "");
    assert!(examples > 30, "{examples} examples");
}

/// The commands of the first block of shell on a page of the book.
fn commands(page: &str) -> Vec<Vec<String>> {
    let page = python_directory().join("../src").join(page);
    let page = fs::read_to_string(page).expect("the page");
    let block = page.split("```").find(|block| block.starts_with("sh\n"));
    let lines = block.expect("a block of shell").lines().skip(1);
    let words = lines.map(|line| line.split_whitespace().map(str::to_owned).collect());
    words.collect()
}

#[test]
fn a_laboratorys_files_become_figure_3_as_the_page_says() {
    if !can_run("numpy, scipy") {
        return;
    }
    let scratch = Scratch::new("own-recordings");
    let commands = commands("own-recordings.md");
    assert_eq!(commands.len(), 3);
    let words = |command: usize| -> Vec<&str> {
        commands[command]
            .iter()
            .skip(1)
            .map(String::as_str)
            .collect()
    };
    let script = python_directory().join("example_mouse.py");
    let output = scratch.script(&[script.to_str().expect("a path"), words(0)[1]]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    scratch.drift(&words(1));
    // Fewer shuffles and subsamplings than by default: what is tried are the files.
    scratch.drift(&[&words(2)[..], &["--shuffles", "50", "--subsamplings", "5"]].concat());
    let read = |name: &str| fs::read_to_string(scratch.0.join(name)).expect("a file");
    assert!(read("analysis/report.html").contains("Rate maps"));
    let sessions = read("analysis/sessions.csv");
    assert_eq!(sessions.lines().count(), 3, "{sessions}");
    // 38 of 40 ROIs are cells, and 30 are registered in both days.
    let cells = read("recording/session1/cells.csv");
    assert_eq!(cells.lines().count(), 39);
    let registered = read("recording/registration.csv");
    let both = |line: &&str| line.split(',').skip(1).all(|id| !id.is_empty());
    let both = registered.lines().skip(1).filter(both).count();
    assert!(
        (28..=30).contains(&both),
        "{both} cells registered in both days"
    );
}

#[test]
fn arrays_written_from_python_are_a_recording() {
    if !can_run("numpy") {
        return;
    }
    let scratch = Scratch::new("write-recording");
    let script = python_directory().join("write_recording.py");
    let lines = fs::read_to_string(&script).expect("the script");
    let code = lines.lines().filter(|line| !line.trim().is_empty());
    let code = code.filter(|line| !line.trim_start().starts_with(['"', '#']));
    assert_eq!(code.count(), 15);
    let program = format!(
        "{lines}\nt = np.arange(0, 120, 0.05)\nx = 50 - 50 * np.cos(t / 3)\nx[40:60] = np.nan\n\
         S = np.stack([(abs(x - c) < 5) * 1.0 for c in (20, 50, 80)], 1)\n\
         write('own', 'M1', [dict(day=d, t=t, x=x, S=S, frame_times=t) for d in (0, 1.5)])\n"
    );
    let output = scratch.script(&["-c", &program]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let analyze = ["analyze", "recording", "own", "--out", "analysis"];
    scratch.drift(&[&analyze[..], &["--shuffles", "50", "--subsamplings", "5"]].concat());
    let cells = fs::read_to_string(scratch.0.join("analysis/cells.csv")).expect("cells.csv");
    assert!(cells.lines().count() > 3, "{cells}");
}
