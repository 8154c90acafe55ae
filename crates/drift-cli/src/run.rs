//! `drift run`, `drift resume`, `drift report`.

use std::path::{Path, PathBuf};

use drift_sim::scenario::{SpectrumKind, UncheckedScenario};
use drift_sim::{Outcome, Run, RunRecord, Scenario, Simulation, presets};

use crate::args::RunArgs;
use crate::error::CliError;
use crate::output::print;
use crate::progress::{Ending, RunProgress, StopSignal};
use crate::{matching, remapping, run_report};

/// Largest number of parameters whose exact spectrum `--spectrum` computes unasked.
const EXACT_SPECTRUM_PARAMETERS: usize = 2000;

/// Reads a scenario: the name of a preset, or a file with its ending.
fn read_scenario(name: &str) -> Result<UncheckedScenario, CliError> {
    let path = Path::new(name);
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    let is_file = matches!(ending, "toml" | "json") || path.components().count() > 1;
    if !is_file {
        return Ok(presets::preset(name)?.into_unchecked());
    }
    let text = std::fs::read_to_string(path).map_err(|error| CliError::read(path, error))?;
    let read = if ending == "json" {
        UncheckedScenario::from_json(&text)
    } else {
        UncheckedScenario::from_toml(&text)
    };
    read.map_err(CliError::in_file(path))
}

/// The scenario that a command line asks for.
fn scenario(arguments: &RunArgs) -> Result<Scenario, CliError> {
    let mut unchecked = read_scenario(&arguments.scenario)?;
    if let Some(steps) = arguments.steps {
        unchecked.steps = steps;
    }
    if let Some(seed) = arguments.seed {
        unchecked.seed = seed;
    }
    if let Some(samples) = arguments.spectrum {
        unchecked.spectrum.samples = samples;
    }
    for assignment in &arguments.set {
        unchecked.set(assignment)?;
    }
    let chosen = arguments
        .set
        .iter()
        .any(|set| set.trim_start().starts_with("spectrum.kind"));
    let scenario: Scenario = unchecked.try_into()?;
    if arguments.spectrum.is_none()
        || chosen
        || scenario.spec().spectrum.kind != SpectrumKind::Trace
    {
        return Ok(scenario);
    }
    let parameters = Simulation::new(&scenario)?.parameters().len();
    let mut unchecked = scenario.into_unchecked();
    unchecked.spectrum.kind = if parameters <= EXACT_SPECTRUM_PARAMETERS {
        SpectrumKind::Exact
    } else {
        SpectrumKind::GaussNewton
    };
    Ok(unchecked.try_into()?)
}

/// `runs/NAME-SEED`, with what a file system may not like replaced.
pub fn default_directory(name: &str, seed: u64) -> PathBuf {
    let plain = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '_'
        }
    };
    let name: String = name.chars().map(plain).collect();
    Path::new("runs").join(format!("{name}-{seed}"))
}

/// `drift run`.
pub fn run(arguments: &RunArgs) -> Result<Ending, CliError> {
    if remapping::is_experiment(&arguments.scenario) {
        return remapping::run(arguments);
    }
    if arguments.seeds.is_some() {
        return Err(CliError::Usage(format!(
            "{} is one run; --seeds is for remapping experiments",
            arguments.scenario
        )));
    }
    if matching::is_settings(&arguments.scenario) {
        return matching::run(arguments);
    }
    let scenario = scenario(arguments)?;
    let directory = arguments
        .out
        .clone()
        .unwrap_or_else(|| default_directory(scenario.name(), scenario.seed()));
    let run = Run::create(&directory, &scenario)?;
    carry_on(run, &directory, arguments.no_report)
}

/// `drift resume`.
pub fn resume(directory: &Path, no_report: bool) -> Result<Ending, CliError> {
    if drift_sim::matching::RunRecord::is_in(directory) {
        return matching::resume(directory, no_report);
    }
    let run = Run::open(directory)?;
    carry_on(run, directory, no_report)
}

fn carry_on(mut run: Run, directory: &Path, no_report: bool) -> Result<Ending, CliError> {
    let stop = StopSignal::listen()?;
    let mut progress = RunProgress::new(run.simulation().scenario().steps(), stop.clone());
    let outcome = run.run(&mut progress);
    progress.finish();
    let outcome = outcome?;
    print(&result_text(&run, directory, outcome))?;
    drop(run);
    if let Some(ending) = stopped(outcome, &stop, directory)? {
        return Ok(ending);
    }
    if !no_report {
        report(directory)?;
    }
    Ok(Ending::Done)
}

/// Says how to go on with a run that a signal stopped.
pub fn stopped(
    outcome: Outcome,
    stop: &StopSignal,
    directory: &Path,
) -> Result<Option<Ending>, CliError> {
    let (Outcome::Stopped { .. }, Some(signal)) = (outcome, stop.received()) else {
        return Ok(None);
    };
    print(&format!(
        "go on with: drift resume {}\n",
        directory.display()
    ))?;
    Ok(Some(Ending::Signal(signal)))
}

fn result_text(run: &Run, directory: &Path, outcome: Outcome) -> String {
    let scenario = run.simulation().scenario();
    let mut text = format!(
        "{} (seed {}): {outcome}\n",
        scenario.name(),
        scenario.seed()
    );
    if let Some(last) = run.simulation().trace().last() {
        text += &format!(
            "at step {}: log10 normalised loss {:.3}",
            last.step, last.log10_normalised_loss
        );
        let measures = [
            ("active fraction", last.active_fraction),
            ("active units", last.fraction_active_units),
            ("mean spatial information", last.mean_spatial_information),
        ];
        for (name, value) in measures {
            if let Some(value) = value {
                text += &format!(", {name} {value:.3}");
            }
        }
        if let Some(count) = last.place_units {
            text += &format!(", {count} place units");
        }
        text.push('\n');
    }
    text + &format!("recorded in {}\n", directory.display())
}

/// `drift report`.
pub fn report(directory: &Path) -> Result<Ending, CliError> {
    if remapping::holds_experiment(directory) {
        return remapping::report(directory);
    }
    if drift_sim::matching::RunRecord::is_in(directory) {
        return matching::report(directory);
    }
    let record = RunRecord::read(directory)?;
    let page = run_report::build(directory, &record)?.write(directory)?;
    print(&format!("report: {}\n", page.display()))?;
    Ok(Ending::Done)
}

/// `drift presets`.
pub fn list_presets(name: Option<&str>) -> Result<Ending, CliError> {
    if let Some(name) = name {
        let text = if remapping::is_experiment(name) {
            drift_sim::remapping::preset(name)?.to_toml()
        } else if matching::is_settings(name) {
            drift_sim::matching::preset(name)?.to_toml()
        } else {
            presets::preset(name)?.to_toml()
        };
        print(&text)?;
        return Ok(Ending::Done);
    }
    let mut presets = presets::presets();
    presets.extend(drift_sim::matching::presets());
    presets.extend(drift_sim::remapping::presets());
    let width = presets
        .iter()
        .map(|preset| preset.name.len())
        .max()
        .unwrap_or(0);
    let line =
        |preset: &presets::Preset| format!("{:width$}  {}\n", preset.name, preset.description);
    print(&presets.iter().map(line).collect::<String>())?;
    Ok(Ending::Done)
}
