//! `drift run ring` and its kin: similarity matching, with `drift resume` and `drift report`.

mod write_up;

use std::path::Path;

use drift_sim::Outcome;
use drift_sim::matching::{self, Run, RunRecord, Settings, UncheckedSettings};
use drift_sim::metrics::phases::{Border, Phases};

use crate::args::RunArgs;
use crate::error::CliError;
use crate::figures::axis::{compact, steps as step_text};
use crate::output::print;
use crate::progress::{Ending, RunProgress, StopSignal};
use crate::run::{default_directory, stopped};

/// Fields that only settings of similarity matching have.
const TELLING: [&str; 5] = [
    "reference",
    "recording",
    "inputs",
    "active",
    "principal_subspace",
];

/// Whether `drift run NAME` means similarity matching: the name of a preset of it, or a TOML file
/// with fields that nothing else has.
pub fn is_settings(name: &str) -> bool {
    if matching::presets().iter().any(|preset| preset.name == name) {
        return true;
    }
    let text = Path::new(name)
        .extension()
        .filter(|ending| *ending == "toml")
        .and_then(|_| std::fs::read_to_string(name).ok());
    text.and_then(|text| text.parse::<toml::Table>().ok())
        .is_some_and(|table| TELLING.iter().any(|field| table.contains_key(*field)))
}

/// The settings that a command line asks for.
fn settings(arguments: &RunArgs) -> Result<Settings, CliError> {
    if arguments.spectrum.is_some() {
        return Err(CliError::Usage(
            "--spectrum has no say here: similarity matching has no Hessian that is measured"
                .into(),
        ));
    }
    let path = Path::new(&arguments.scenario);
    let mut unchecked = if path.extension().is_some() {
        let text = std::fs::read_to_string(path).map_err(|error| CliError::read(path, error))?;
        UncheckedSettings::from_toml(&text).map_err(CliError::in_file(path))?
    } else {
        matching::preset(&arguments.scenario)?.into_unchecked()
    };
    if let Some(steps) = arguments.steps {
        unchecked.set_steps(steps);
    }
    if let Some(seed) = arguments.seed {
        unchecked.seed = seed;
    }
    for assignment in &arguments.set {
        unchecked.set(assignment)?;
    }
    Ok(unchecked.try_into()?)
}

/// `drift run`.
pub fn run(arguments: &RunArgs) -> Result<Ending, CliError> {
    let settings = settings(arguments)?;
    let spec = settings.spec();
    let directory = arguments
        .out
        .clone()
        .unwrap_or_else(|| default_directory(&spec.name, spec.seed));
    let run = Run::create(&directory, &settings)?;
    carry_on(run, &directory, arguments.no_report)
}

/// `drift resume`.
pub fn resume(directory: &Path, no_report: bool) -> Result<Ending, CliError> {
    carry_on(Run::open(directory)?, directory, no_report)
}

fn carry_on(mut run: Run, directory: &Path, no_report: bool) -> Result<Ending, CliError> {
    let stop = StopSignal::listen()?;
    let steps = run.simulation().settings().spec().steps;
    let mut progress = RunProgress::new(steps, stop.clone());
    let outcome = run.run(&mut progress);
    progress.finish();
    let outcome = outcome?;
    drop(run);
    let record = RunRecord::read(directory)?;
    print(&result_text(&record, directory, outcome))?;
    if let Some(ending) = stopped(outcome, &stop, directory)? {
        return Ok(ending);
    }
    if !no_report {
        write_report(directory, &record)?;
    }
    Ok(Ending::Done)
}

/// `drift report`.
pub fn report(directory: &Path) -> Result<Ending, CliError> {
    write_report(directory, &RunRecord::read(directory)?)?;
    Ok(Ending::Done)
}

fn write_report(directory: &Path, record: &RunRecord) -> Result<(), CliError> {
    let page = write_up::build(record)?.write(directory)?;
    print(&format!("report: {}\n", page.display()))
}

fn result_text(record: &RunRecord, directory: &Path, outcome: Outcome) -> String {
    let spec = record.settings.spec();
    let mut text = format!("{} (seed {}): {outcome}\n", spec.name, spec.seed);
    if let Some(last) = record.samples.last() {
        text += &format!("at step {}: loss {}", last.step, compact(last.loss));
        let correlated = format!("correlation with step {}", spec.reference);
        let measures = [
            ("subspace error", last.subspace_error),
            ("active fraction", last.active_fraction),
            (&correlated, last.population_vector_correlation),
        ];
        for (name, value) in measures {
            if let Some(value) = value {
                text += &format!(", {name} {value:.3}");
            }
        }
        text.push('\n');
    }
    // Too short a record has no phases: that is no failure.
    if let Ok(phases) = record.phases() {
        text += &phases_text(&phases);
    }
    text + &format!("recorded in {}\n", directory.display())
}

fn phases_text(phases: &Phases) -> String {
    let ends = |border: Border| match border {
        Border::BeforeStart { .. } => "over before the first sample".to_owned(),
        Border::At { time, interval } => format!(
            "to step {} ({} to {})",
            step_text(time.round()),
            step_text(interval.lower.round()),
            step_text(interval.upper.round())
        ),
        Border::NotReached { .. } => "to the end of the run".to_owned(),
    };
    let mut text = format!("phases: convergence {}", ends(phases.convergence_end));
    if phases.directed_drift_end != phases.convergence_end {
        text += &format!(", directed drift {}", ends(phases.directed_drift_end));
    }
    if let Some(null) = phases.null_drift {
        text += &format!(
            ", then null drift: {} of correlation a step",
            compact(null.rate)
        );
    }
    text + "\n"
}
