//! `drift sweep`: many runs, on one machine or many.

mod courses;
mod edge;
mod published;
mod quantities;
mod slurm;
mod table;
mod write_up;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use drift_sim::engine::sweep::{Shard, SweepShard, collect as collect_shards, status as status_of};
use drift_sim::engine::{Error as EngineError, write_atomically};
use drift_sim::{Registry, Sweep, sweep};

use crate::args::{SubmitArgs, SweepCommand};
use crate::error::{CliError, read_text};
use crate::host::Host;
use crate::progress::{self, Ending, LINE_EVERY};

/// The file that says what a directory's sweep is.
const SWEEP_FILE: &str = "sweep.toml";
/// Numbers of runs that are listed one by one.
const LISTED: usize = 10;

/// `drift sweep`.
pub fn execute(command: &SweepCommand, host: &Host<'_>) -> Result<Ending, CliError> {
    match command {
        SweepCommand::Run {
            sweep,
            out,
            jobs,
            shard,
            yes,
        } => {
            let shard = shard.as_deref().map_or(Ok(Shard::whole()), str::parse)?;
            let sweep = read(sweep, host.registry)?;
            return run(&sweep, out, *jobs, shard, *yes, host);
        }
        SweepCommand::Status { directory } => status(directory, host)?,
        SweepCommand::Collect { directories, out } => collect(directories, out.as_deref(), host)?,
        SweepCommand::Report {
            directory,
            published,
        } => report(directory, published.as_deref(), host)?,
        SweepCommand::Submit(arguments) => submit(arguments, host)?,
        SweepCommand::Presets { name } => presets(name.as_deref(), host)?,
    }
    Ok(Ending::Done)
}

/// Reads a sweep: the name of a preset, or a TOML file.
fn read(name: &str, registry: &Registry) -> Result<Sweep, CliError> {
    let path = Path::new(name);
    let is_file = path.extension().is_some() || path.components().count() > 1;
    if !is_file {
        return Ok(sweep::preset(name)?);
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    registry
        .sweep_from_toml(&read_text(path)?, folder)
        .map_err(CliError::in_file(path))
}

fn presets(name: Option<&str>, host: &Host<'_>) -> Result<(), CliError> {
    if let Some(name) = name {
        return host.print(sweep::preset(name)?.to_toml());
    }
    let presets = sweep::presets().into_iter();
    let lines = presets.map(|preset| format!("{:12}  {}\n", preset.name, preset.description));
    host.print(&lines.collect::<String>())
}

/// Runs what is missing of a sweep.
pub fn run(
    sweep: &Sweep,
    out: &Path,
    jobs: Option<usize>,
    shard: Shard,
    many: bool,
    host: &Host<'_>,
) -> Result<Ending, CliError> {
    if jobs == Some(0) {
        return Err(CliError::Usage("--jobs is 0; expected at least 1".into()));
    }
    let mut open = SweepShard::open(out, sweep.design(), shard, many)?;
    let stop = host.listen()?;
    let total = open.total();
    let template = "{bar:32.cyan/blue} run {pos}/{len}  {per_sec}  {eta} left  {msg}";
    let bar = progress::bar(total, template);
    bar.set_position(total - open.pending().len() as u64);
    bar.reset_eta();
    let told = Mutex::new(Instant::now());
    let left = open.run(sweep, jobs, &|| stop.received().is_some(), &|row| {
        let last = format!("last: {} {}, {}", row.group, row.run, row.end.kind());
        bar.inc(1);
        if bar.is_hidden() {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.elapsed() >= LINE_EVERY {
                *told = Instant::now();
                eprintln!("run {} of {total}  {last}", bar.position());
            }
        }
        bar.set_message(last);
    });
    bar.finish_and_clear();
    let left = left? as u64;
    host.print(&format!(
        "{}: {} of {} runs of this shard are finished\n",
        sweep.name(),
        total - left,
        total
    ))?;
    Ok(match stop.received() {
        Some(signal) if left > 0 => Ending::Signal(signal),
        _ => Ending::Done,
    })
}

fn status(directory: &Path, host: &Host<'_>) -> Result<(), CliError> {
    let status = status_of(directory, host.registry.sweep_in(directory)?.design())?;
    let share = 100.0 * status.finished as f64 / status.runs.max(1) as f64;
    let mut text = format!(
        "{} of {} runs finished ({share:.1} %)\n",
        status.finished, status.runs
    );
    for (end, count) in &status.by_end {
        text += &format!("  {count:>8}  {end}\n");
    }
    text += "groups:\n";
    for (group, finished, runs) in &status.by_group {
        text += &format!("  {finished:>8} of {runs:>8}  {group}\n");
    }
    text += "journals:\n";
    for (path, rows) in &status.by_journal {
        text += &format!("  {rows:>8}  {}\n", path.display());
    }
    host.print(&text)
}

/// Some numbers in words, the rest as a count.
fn listed(numbers: &[u64]) -> String {
    let mut words: Vec<String> = numbers
        .iter()
        .take(LISTED)
        .map(ToString::to_string)
        .collect();
    if numbers.len() > LISTED {
        words.push(format!("and {} more", numbers.len() - LISTED));
    }
    words.join(", ")
}

/// Merges what the directories hold into `out`, without one into the first of them.
fn collect(directories: &[PathBuf], out: Option<&Path>, host: &Host<'_>) -> Result<(), CliError> {
    let first = directories.first().expect("clap asks for one at least");
    let out = out.unwrap_or(first);
    let sweep = host.registry.sweep_in(first)?;
    let collected = collect_shards(sweep.design(), directories, out)?;
    let mut text = format!(
        "{} of {} runs collected into {}\n",
        collected.rows,
        collected.runs,
        out.join(table::TABLE).display()
    );
    if !collected.gaps.is_empty() {
        text += &format!(
            "missing: {} ({})\n",
            collected.gaps.len(),
            listed(&collected.gaps)
        );
    }
    if !collected.duplicates.is_empty() {
        let count = collected.duplicates.len();
        text += &format!(
            "there twice, alike: {count} ({})\n",
            listed(&collected.duplicates)
        );
    }
    for (run, columns) in collected.differing.iter().take(LISTED) {
        text += &format!(
            "run {run} differs between two processors in {}; the first row stands\n",
            columns.join(", ")
        );
    }
    host.print(&text)
}

/// Collects a sweep and draws what it shows.
pub fn report(directory: &Path, published: Option<&Path>, host: &Host<'_>) -> Result<(), CliError> {
    let published = published.map(published::Published::read).transpose()?;
    let path = directory.join(SWEEP_FILE);
    let mut definition = String::new();
    if path.exists() {
        definition = read_text(&path)?;
        // What has been finished since the last collection belongs into the report.
        let sweep = host.registry.sweep_in(directory)?;
        let has_journal = status_of(directory, sweep.design())?.finished > 0;
        if has_journal || !directory.join(table::TABLE).exists() {
            collect_shards(sweep.design(), &[directory], directory)?;
        }
    }
    let runs = table::read(directory)?;
    let page = write_up::report(directory, &runs, &definition, published.as_ref())?;
    let page = page.write(directory)?;
    host.print(&format!("report: {}\n", page.display()))
}

fn submit(arguments: &SubmitArgs, host: &Host<'_>) -> Result<(), CliError> {
    let sweep = read(&arguments.sweep, host.registry)?;
    if sweep.runs() > SweepShard::MOST_RUNS && !arguments.yes {
        let (runs, limit) = (sweep.runs(), SweepShard::MOST_RUNS);
        return Err(EngineError::TooManyRuns { runs, limit }.into());
    }
    let out = std::path::absolute(&arguments.out)
        .map_err(|error| CliError::write(&arguments.out, error))?;
    let program =
        std::env::current_exe().map_err(|error| CliError::read("drift".as_ref(), error))?;
    fs::create_dir_all(&out).map_err(|error| CliError::write(&out, error))?;
    let definition = out.join(SWEEP_FILE);
    claim(&out, &definition, sweep.to_toml())?;
    let scripts = slurm::scripts(&program, &definition, &out, arguments);
    slurm::write(&out, &scripts)?;
    let (array, collect) = slurm::script_paths(&out);
    if arguments.dry_run {
        return host.print(&format!(
            "# {}\n{}\n# {}\n{}",
            array.display(),
            scripts.array,
            collect.display(),
            scripts.collect
        ));
    }
    let [array, collect] = slurm::submit(&out)?;
    host.print(&format!(
        "array of {} tasks: job {array}\ncollection after it: job {collect}\nlogs: {}\n",
        arguments.shards,
        out.join("log").display()
    ))
}

/// Takes a directory that is empty or holds this very sweep.
fn claim(out: &Path, definition: &Path, text: &str) -> Result<(), CliError> {
    let in_use = |holds: &str| {
        let (path, holds) = (out.to_owned(), holds.to_owned());
        Err(EngineError::DirectoryInUse { path, holds }.into())
    };
    if definition.exists() {
        if read_text(definition)? == text {
            return Ok(());
        }
        return in_use("another sweep");
    }
    let mut entries = fs::read_dir(out).map_err(|error| CliError::read(out, error))?;
    if let Some(entry) = entries.next() {
        let entry = entry.map_err(|error| CliError::read(out, error))?;
        return in_use(&entry.file_name().to_string_lossy());
    }
    Ok(write_atomically(definition, text.as_bytes())?)
}
