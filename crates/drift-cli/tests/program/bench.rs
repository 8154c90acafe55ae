//! A scratch directory in which the program is run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Options that make the figure2 preset small.
pub const SMALL: [&str; 10] = [
    "--steps",
    "300",
    "--set",
    "network.hidden=30",
    "--set",
    "sampling.linear.samples=11",
    "--set",
    "measures.bins=40",
    "--set",
    "spectrum.samples=0",
];

/// A directory of its own for one test, removed afterwards.
#[derive(Debug)]
pub struct Bench {
    root: PathBuf,
}

/// What the program did.
#[derive(Debug)]
pub struct Ran {
    /// Exit code, none after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Bench {
    /// An empty directory.
    pub fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("drift-cli-{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&root));
        fs::create_dir_all(&root).expect("a scratch directory");
        Self { root }
    }

    /// A path inside.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A file's bytes.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A file's text.
    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).expect("UTF-8")
    }

    /// All files below a directory with their bytes.
    pub fn tree(&self, name: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut open = vec![self.path(name)];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).expect("a directory") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    files.insert(path.clone(), fs::read(&path).expect("a file"));
                }
            }
        }
        files
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drift"));
        command
            .current_dir(&self.root)
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn drift(&self, arguments: &[&str]) -> Ran {
        let output = self
            .command(arguments)
            .output()
            .expect("the program starts");
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Runs the program with other programs found first in `directory`.
    pub fn drift_with_path(&self, directory: &Path, arguments: &[&str]) -> Ran {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let all = std::iter::once(directory.to_owned()).chain(std::env::split_paths(&paths));
        let joined = std::env::join_paths(all).expect("paths");
        let output = self
            .command(arguments)
            .env("PATH", joined)
            .output()
            .expect("the program starts");
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Starts the program and returns at once.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts")
    }

    /// A file system of `bytes`, where one may be mounted.
    pub fn small_disk(&self, bytes: usize) -> Option<SmallDisk> {
        let path = self.path("disk");
        fs::create_dir_all(&path).expect("created");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"])
            .arg(&path)
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        mounted.then_some(SmallDisk { path })
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.root));
    }
}

/// A small file system, unmounted at the end.
#[derive(Debug)]
pub struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl SmallDisk {
    /// Changes a mount option ("ro", "size=64m"); whether that worked.
    #[must_use]
    pub fn remount(&self, option: &str) -> bool {
        Command::new("mount")
            .args(["-o", &format!("remount,{option}")])
            .arg(&self.path)
            .status()
            .is_ok_and(|status| status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(&self.path).status());
    }
}

impl Ran {
    /// The output, of a program that succeeded.
    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert_eq!(self.code, Some(0), "stderr: {}", self.stderr);
        self
    }

    /// The one line of standard error, of a program that failed with `code` and named `thing`.
    #[track_caller]
    pub fn expect_failure(&self, code: i32, thing: &str) -> String {
        assert_eq!(
            self.code,
            Some(code),
            "stdout: {} stderr: {}",
            self.stdout,
            self.stderr
        );
        let mut lines = self.stderr.lines();
        let line = lines.next().unwrap_or_default().to_owned();
        assert_eq!(lines.next(), None, "more than one line: {}", self.stderr);
        assert!(
            line.starts_with("drift: ") && line.contains(thing),
            "{line}"
        );
        line
    }
}
