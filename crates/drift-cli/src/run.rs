//! `drift run`, `drift resume`, `drift report`, `drift presets`.

use std::path::{Path, PathBuf};

use drift_sim::engine::Run;
use drift_sim::net::SymmetricMatrix;
use drift_sim::scenario::{SpectrumKind, UncheckedScenario};
use drift_sim::{Outcome, Registry, Replicas, RunRecord, Scenario, System, presets};

use crate::args::RunArgs;
use crate::error::{CliError, read_text};
use crate::host::Host;
use crate::progress::{self, Ending, RunProgress};
use crate::{remapping, run_report};

/// Share of the free memory that `--spectrum` takes for an exact spectrum unasked.
const SHARE_OF_MEMORY: f64 = 0.5;
/// Memory that is taken for free where the system does not say.
const UNKNOWN_MEMORY: f64 = 4e9;
/// Seeds of a scenario that measures remapping, whose finding is one over seeds.
const REMAPPING_SEEDS: u64 = 10;

/// Reads a scenario: the name of a preset, or a file with its ending.
fn read_scenario(name: &str, registry: &Registry) -> Result<UncheckedScenario, CliError> {
    let path = Path::new(name);
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    if ending == "toml" || ending == "json" || path.components().count() > 1 {
        return registry
            .read_scenario(path)
            .map_err(CliError::in_file(path));
    }
    Ok(presets::preset(name)?.into_unchecked())
}

/// The scenario that a command line asks for.
fn scenario(arguments: &RunArgs, registry: &Registry) -> Result<Scenario, CliError> {
    let mut unchecked = read_scenario(&arguments.scenario, registry)?;
    if let Some(steps) = arguments.steps {
        unchecked.set_steps(steps);
    }
    if let Some(seed) = arguments.seed {
        unchecked.seed = seed;
    }
    if let Some(samples) = arguments.spectrum {
        check_spectrum(&unchecked)?;
        unchecked.spectrum.samples = samples;
    }
    for assignment in &arguments.set {
        registry.set(&mut unchecked, assignment)?;
    }
    unchecked.pin_files(Path::new(""))?;
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
    let series = registry.system(&scenario)?.series();
    let parameters = series.first().map_or(0, |snapshots| snapshots.width);
    let mut unchecked = scenario.into_unchecked();
    let (needed, free) = (exact_spectrum_memory(parameters), free_memory());
    let fits = needed <= SHARE_OF_MEMORY * free;
    let gigabytes = |bytes: f64| format!("{:.1} GB", bytes / 1e9);
    let (kind, words) = if fits {
        (SpectrumKind::Exact, "exact")
    } else {
        (SpectrumKind::GaussNewton, "Gauss–Newton part")
    };
    eprintln!(
        "spectrum: {words}; an exact one of {parameters} parameters takes up to {}, {} are free",
        gigabytes(needed),
        gigabytes(free)
    );
    unchecked.spectrum.kind = kind;
    Ok(unchecked.try_into()?)
}

/// Bytes that the exact spectrum of so many parameters takes at most: the matrix, and a quarter of
/// it for the factors it is made from.
fn exact_spectrum_memory(parameters: usize) -> f64 {
    1.25 * SymmetricMatrix::memory(parameters) as f64
}

/// Bytes of memory that are free, as Linux says it.
fn free_memory() -> f64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    available(&text).unwrap_or(UNKNOWN_MEMORY)
}

/// `MemAvailable` of `/proc/meminfo`, in bytes.
fn available(text: &str) -> Option<f64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(1024.0 * kilobytes)
}

fn check_spectrum(scenario: &UncheckedScenario) -> Result<(), CliError> {
    if scenario.measures.remapping.is_some() {
        return Err(CliError::Usage(
            "--spectrum has no say here: the Hessian is measured wherever remapping is; \
             --set spectrum.kind=... says how"
                .into(),
        ));
    }
    if scenario.task.has_dataset() || scenario.task.is_valley() {
        return Ok(());
    }
    Err(CliError::Usage(format!(
        "--spectrum has no say here: {} has no Hessian that is measured",
        scenario.task.kind()
    )))
}

/// `runs/NAME-SEED`, with what a file system may not like replaced.
fn default_directory(name: &str, seed: u64) -> PathBuf {
    let name = name.replace(|c: char| !(c.is_alphanumeric() || "-_.".contains(c)), "_");
    Path::new("runs").join(format!("{name}-{seed}"))
}

/// `drift run`.
pub fn run(arguments: &RunArgs, host: &Host<'_>) -> Result<Ending, CliError> {
    let scenario = scenario(arguments, host.registry)?;
    let directory = arguments
        .out
        .clone()
        .unwrap_or_else(|| default_directory(scenario.name(), scenario.seed()));
    let measures_remapping = scenario.spec().measures.remapping.is_some();
    let seeds = arguments
        .seeds
        .or(measures_remapping.then_some(REMAPPING_SEEDS));
    if let Some(seeds) = seeds {
        let replicas = Replicas::open(&directory, &scenario, seeds)?;
        return run_seeds(replicas, &directory, arguments.no_report, host);
    }
    let run = host.registry.create_run(&directory, &scenario)?;
    carry_on(run, &scenario, &directory, arguments.no_report, host)
}

/// `drift resume`.
pub fn resume(directory: &Path, no_report: bool, host: &Host<'_>) -> Result<Ending, CliError> {
    if Replicas::are_in(directory) {
        let replicas = Replicas::reopen(directory, host.registry)?;
        return run_seeds(replicas, directory, no_report, host);
    }
    let run = host.registry.open_run(directory)?;
    let path = directory.join(drift_sim::engine::SCENARIO);
    let scenario = host.registry.scenario(&read_text(&path)?)?;
    carry_on(run, &scenario, directory, no_report, host)
}

/// Runs a scenario in a directory, or goes on with it where it has begun there.
pub fn begin_or_go_on(
    scenario: &Scenario,
    directory: &Path,
    host: &Host<'_>,
) -> Result<Ending, CliError> {
    let path = directory.join(drift_sim::engine::SCENARIO);
    let begun = std::fs::read_to_string(&path).is_ok_and(|text| text == scenario.to_toml());
    let run = if begun {
        host.registry.open_run(directory)?
    } else {
        host.registry.create_run(directory, scenario)?
    };
    carry_on(run, scenario, directory, false, host)
}

fn carry_on(
    mut run: Run<Box<dyn System>>,
    scenario: &Scenario,
    directory: &Path,
    no_report: bool,
    host: &Host<'_>,
) -> Result<Ending, CliError> {
    for note in run.notes() {
        eprintln!("drift: note: {note}");
    }
    let stop = host.listen()?;
    let mut progress = RunProgress::new(scenario.steps(), stop.clone());
    let outcome = run.run(&mut progress);
    progress.finish();
    let outcome = outcome?;
    drop(run);
    let record = host.registry.read_run(directory)?;
    host.print(&run_report::result_text(&record, &outcome, directory)?)?;
    if let (Outcome::Stopped { .. }, Some(signal)) = (&outcome, stop.received()) {
        host.print(&format!(
            "go on with: drift resume {}\n",
            directory.display()
        ))?;
        return Ok(Ending::Signal(signal));
    }
    if !no_report {
        write_report(&record, host)?;
    }
    Ok(if outcome.kind() == "not_finite" {
        Ending::NotFinite
    } else {
        Ending::Done
    })
}

/// Runs what is missing of several seeds.
fn run_seeds(
    mut replicas: Replicas,
    directory: &Path,
    no_report: bool,
    host: &Host<'_>,
) -> Result<Ending, CliError> {
    let stop = host.listen()?;
    let seeds = replicas.seeds().count() as u64;
    let bar = progress::bar(seeds, "{bar:32.cyan/blue} seed {pos}/{len}  {eta} left");
    bar.set_position(seeds - replicas.pending().len() as u64);
    bar.reset_eta();
    let left = replicas.run(host.registry, &|| stop.received().is_some(), &|_| {
        bar.inc(1)
    });
    bar.finish_and_clear();
    let left = left?;
    if left > 0 {
        host.print(&format!(
            "{left} of {seeds} seeds are not finished; the same command goes on\n"
        ))?;
    }
    let records = replicas.records(host.registry)?;
    if let Some(signal) = stop.received().filter(|_| left > 0) {
        return Ok(Ending::Signal(signal));
    }
    report_seeds(&replicas, &records, directory, no_report, host)?;
    Ok(Ending::Done)
}

/// What several seeds show together.
fn report_seeds(
    replicas: &Replicas,
    records: &[RunRecord],
    directory: &Path,
    no_report: bool,
    host: &Host<'_>,
) -> Result<(), CliError> {
    if replicas.scenario().spec().measures.remapping.is_some() {
        return remapping::conclude(replicas.scenario(), records, directory, no_report, host);
    }
    host.print(&format!("recorded in {}\n", directory.display()))?;
    if !no_report {
        for record in records {
            write_report(record, host)?;
        }
    }
    Ok(())
}

fn write_report(record: &RunRecord, host: &Host<'_>) -> Result<(), CliError> {
    let page = run_report::build(record)?.write(record.directory())?;
    host.print(&format!("report: {}\n", page.display()))
}

/// `drift report`.
pub fn report(directory: &Path, host: &Host<'_>) -> Result<(), CliError> {
    if Replicas::are_in(directory) {
        let replicas = Replicas::reopen(directory, host.registry)?;
        let records = replicas.records(host.registry)?;
        return report_seeds(&replicas, &records, directory, false, host);
    }
    write_report(&host.registry.read_run(directory)?, host)
}

/// `drift presets`.
///
/// Those of Table 2, which are named by their parts, are shown as the parts unless `all` are asked
/// for.
pub fn list_presets(name: Option<&str>, all: bool, host: &Host<'_>) -> Result<(), CliError> {
    if let Some(name) = name {
        return host.print(&presets::preset(name)?.to_toml());
    }
    let presets = presets::presets();
    let mut text = String::new();
    for group in presets.chunk_by(|one, next| one.group == next.group) {
        let heading = group[0].group;
        if heading == presets::TABLE2 && !all {
            text += &format!("{heading}: TASK-RULE or TASK-RULE-NOISE, as random-sgd-update\n");
            let parts = [
                ("task", presets::TASKS.as_slice()),
                ("rule", &presets::RULES),
                ("noise", &presets::NOISES),
            ];
            for (part, values) in parts {
                let values = values.iter().filter(|(name, _)| !name.is_empty());
                for (index, (name, what)) in values.enumerate() {
                    let part = if index == 0 { part } else { "" };
                    text += &format!("  {part:7}{:21}{what}\n", name.trim_start_matches('-'));
                }
            }
        } else {
            text += &format!("{heading}\n");
            let width = group.iter().map(|preset| preset.name.len()).max();
            let width = width.unwrap_or(0).max(26);
            for preset in group {
                text += &format!("  {:width$}  {}\n", preset.name, preset.description);
            }
        }
        text.push('\n');
    }
    text += "`drift run NAME` runs one, `drift presets NAME` prints its scenario";
    text += if all {
        ".\n"
    } else {
        ", `--all` lists every name.\n"
    };
    host.print(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_spectrum_of_figure_2_takes_less_than_six_gigabytes() {
        assert!((1e9..6e9).contains(&exact_spectrum_memory(18_000)));
    }

    #[test]
    fn free_memory_is_what_linux_calls_available() {
        let text = "MemTotal:  2000 kB\nMemFree: 10 kB\nMemAvailable:   1500 kB\n";
        assert_eq!(available(text), Some(1_536_000.0));
        assert_eq!(available("MemTotal: 1 kB"), None);
        assert!(free_memory() > 0.0);
    }
}
