//! The `drift` program with parts of ours: see [`drift_cli::main_with`].
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    drift_cli::main_with(&drift_sim::Registry::new())
}
