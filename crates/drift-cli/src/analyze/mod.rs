//! `drift analyze` and `drift compare`: recordings, alone or beside a run, to tables and a report.

mod cohort;
pub mod figures;
pub mod load;
mod tables;
mod write_up;

use std::fs;
use std::path::{Path, PathBuf};

use drift_sim::code::{
    CodeOverTime, Criteria, Directions, RecordedCode, Selection, SimulatedCode, measure_code,
};
use drift_sim::data::ziv_lab::cell_assemblies;
use drift_sim::data::{Note, Recording, folder};

use crate::args::{AnalyzeArgs, CohortArgs, CompareArgs, DirectionsArg, Format, RecordingArgs};
use crate::error::CliError;
use crate::host::Host;
use crate::progress::{self, Ending};
use crate::reading::ReadingArgs;

/// Everything measured of one animal in one environment, or of one run.
#[derive(Debug)]
pub struct Analysed {
    /// What was measured.
    pub code: CodeOverTime,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// Sessions and files that could not be read, each with the reason.
    pub left_out: Vec<String>,
}

/// What is asked for, whatever the command.
#[derive(Debug)]
pub struct Request<'a> {
    /// The recordings.
    pub recording: &'a RecordingArgs,
    /// The figure over animals.
    pub cohort: &'a CohortArgs,
    /// Which samples count.
    pub selection: Selection,
    /// What counts as active and tuned.
    pub criteria: Criteria,
    /// Directory to write into.
    pub out: &'a Path,
    /// The table of sessions.
    pub table: &'static str,
    /// A run to compare with.
    pub run: Option<&'a Path>,
}

impl Request<'_> {
    /// Checks the numbers, then takes the directory.
    fn claim(&self) -> Result<fs::File, CliError> {
        self.selection.check()?;
        self.criteria.check()?;
        claim(self.out, self.table)
    }

    /// A run that was observed, as a recording: what the selection asks of the others, it asks of this.
    fn load_observed(&self, run: &Path) -> Result<Recording, CliError> {
        let reading = ReadingArgs {
            edges: self.recording.reading.edges,
            ..ReadingArgs::default()
        };
        reading.apply(folder::load(run)?, self.selection.minimum_speed.is_some())
    }
}

/// `drift analyze`.
pub fn analyze(arguments: &AnalyzeArgs, host: &Host<'_>) -> Result<Ending, CliError> {
    let request = Request {
        recording: &arguments.recording,
        cohort: &arguments.cohort,
        selection: selection(&arguments.recording),
        criteria: criteria(&arguments.recording, arguments.subsamplings),
        out: &arguments.out,
        table: "sessions.csv",
        run: None,
    };
    let _claim = request.claim()?;
    finish(&request, Vec::new(), load::load(request.recording)?, host)
}

/// `drift compare`.
pub fn compare(arguments: &CompareArgs, host: &Host<'_>) -> Result<Ending, CliError> {
    let request = Request {
        recording: &arguments.recording,
        cohort: &arguments.cohort,
        selection: selection(&arguments.recording),
        criteria: criteria(&arguments.recording, 0),
        out: &arguments.out,
        table: "compare.csv",
        run: Some(&arguments.run),
    };
    let _claim = request.claim()?;
    // Of an observed run events are compared with events.
    if arguments.run.join(folder::FILE).exists() {
        if arguments.snapshots.is_some() || arguments.from.is_some() {
            let text =
                "--snapshots and --from are of a run; `drift observe` has them for its sessions";
            return Err(CliError::Usage(text.to_owned()));
        }
        let mut recordings = vec![request.load_observed(&arguments.run)?];
        recordings.extend(load::load(request.recording)?);
        return finish(&request, Vec::new(), recordings, host);
    }
    let record = host.registry.read_run(&arguments.run)?;
    let recordings = load::load(request.recording)?;
    let sessions = recordings.iter().map(|recording| recording.sessions.len());
    let count = arguments
        .snapshots
        .map_or(sessions.max().unwrap_or(0), |count| count as usize);
    let last = record.trace.last().map_or(0, |sample| sample.step);
    let from = arguments.from.unwrap_or(last / 100);
    let simulated = SimulatedCode::new(&record, 0, request.selection.directions, from, count)?;
    let found = simulated.steps().len();
    if found < 2 {
        let reason = format!("{found} snapshots from step {from} on; a comparison needs 2 or more");
        return Err(CliError::content(&arguments.run, reason));
    }
    let moments = simulated.moments();
    let seed = request.recording.seed;
    let code = measure_code(simulated.population(), moments, &request.criteria, seed)?;
    let run = Analysed {
        code,
        notes: Vec::new(),
        left_out: Vec::new(),
    };
    finish(&request, vec![run], recordings, host)
}

/// Measures the recordings, and writes the tables and the report.
fn finish(
    request: &Request<'_>,
    mut all: Vec<Analysed>,
    recordings: Vec<Recording>,
    host: &Host<'_>,
) -> Result<Ending, CliError> {
    let stop = host.listen()?;
    let sessions: usize = recordings
        .iter()
        .map(|recording| recording.sessions.len())
        .sum();
    let template = "{bar:32.cyan/blue} session {pos}/{len}  {elapsed} + {eta}  {msg}";
    let bar = progress::bar(sessions as u64, template);
    let runs = all.len();
    for (number, recording) in recordings.iter().enumerate() {
        let mut recorded = RecordedCode::new(recording, &request.selection)?;
        let published;
        if request.recording.format == Format::CellAssemblies {
            published = cell_assemblies::published(authors_file(request, recording))?;
            recorded = recorded.with_authors(&published);
        }
        let mut population = recorded.population();
        let (left_out, notes): (Vec<&Note>, Vec<&Note>) = recording
            .notes
            .iter()
            .partition(|note| matches!(note, Note::LeftOut { .. }));
        let left_out: Vec<String> = left_out.into_iter().map(ToString::to_string).collect();
        let mut notes: Vec<String> = notes.into_iter().map(ToString::to_string).collect();
        if recording.subject.is_none() && recordings.len() > 1 {
            population.subject = format!("animal {}", number + 1);
            notes.push("the file does not name its animal, which counts as one of its own".into());
        }
        if all.iter().any(|other| other.code.population == population) {
            let reason = format!(
                "two recordings are of {}; name their animals",
                population.name()
            );
            return Err(CliError::content(&request.recording.path, reason));
        }
        let mut stopped = None;
        let sessions = 0..recorded.sessions();
        let moments = sessions
            .take_while(|_| {
                stopped = stop.received();
                stopped.is_none()
            })
            .flat_map(|index| {
                bar.inc(1);
                bar.set_message(recording.sessions[index].label.clone());
                let moments = recorded.moments(index);
                if moments.as_ref().is_ok_and(Vec::is_empty) {
                    let label = &recording.sessions[index].label;
                    notes.push(format!("{label}: nothing to analyse is left"));
                }
                moments.map_or_else(
                    |error| vec![Err(error)],
                    |moments| moments.into_iter().map(Ok).collect(),
                )
            });
        let code = measure_code(
            population,
            moments,
            &request.criteria,
            request.recording.seed,
        )?;
        if let Some(signal) = stopped {
            return Ok(Ending::Signal(signal));
        }
        for at in &code.times {
            notes.extend(at.notes.iter().map(|note| format!("{}: {note}", at.label)));
        }
        if !code.times.is_empty() {
            all.push(Analysed {
                code,
                notes,
                left_out,
            });
        }
    }
    bar.finish_and_clear();
    if all.len() == runs {
        let reason = "no session has anything to analyse";
        return Err(CliError::content(&request.recording.path, reason));
    }
    let cohort = cohort::Cohort::of(request, &all)?;
    tables::write(request, &all, &cohort)?;
    let page = write_up::report(request, &all, &cohort)?.write(request.out)?;
    host.print(&summary(&all, request, &page))?;
    Ok(Ending::Done)
}

/// The file that a recording of `zivlab/cell_assemblies` came from.
fn authors_file(request: &Request<'_>, recording: &Recording) -> PathBuf {
    let path = &request.recording.path;
    if path.is_file() {
        return path.clone();
    }
    let subject = recording.subject.as_deref().unwrap_or_default();
    path.join(format!("{subject}.mat"))
}

/// Which samples count: as the format asks, as the laboratory's, as given; the last counts most.
fn selection(arguments: &RecordingArgs) -> Selection {
    let format = match arguments.format {
        // As the published script of Sheintuch et al. 2020.
        Format::MultipleMaps => Selection {
            minimum_speed: Some(1.0),
            bins: Some(3..=22),
            events: true,
            ..Selection::default()
        },
        Format::Hc6 => Selection {
            minimum_speed: Some(4.0),
            ..Selection::default()
        },
        _ => Selection::default(),
    };
    let base = match arguments.laboratory {
        Some(laboratory) => laboratory.selection(format),
        None => format,
    };
    Selection {
        minimum_speed: arguments.speed.or(base.minimum_speed),
        region: arguments.region.clone().or(base.region),
        bin_cm: arguments.bin_cm.unwrap_or(base.bin_cm),
        block_minutes: arguments.block_minutes.or(base.block_minutes),
        directions: arguments
            .directions
            .map_or(base.directions, |directions| match directions {
                DirectionsArg::Apart => Directions::Apart,
                DirectionsArg::Signed => Directions::Signed,
                DirectionsArg::Together => Directions::Together,
            }),
        ..base
    }
}

fn criteria(arguments: &RecordingArgs, subsamplings: usize) -> Criteria {
    let base = Criteria {
        shuffles: arguments.shuffles,
        subsamplings,
        ..Criteria::default()
    };
    let base = match arguments.laboratory {
        Some(laboratory) => laboratory.criteria(base),
        None => base,
    };
    Criteria {
        active_samples: arguments.active_frames.unwrap_or(base.active_samples),
        minimum_rate: arguments.min_rate.unwrap_or(base.minimum_rate),
        ..base
    }
}

/// Takes a directory that is new, empty, or holds an earlier result, which has the table `mark` and
/// is replaced, or the lock of one that was killed before it had its table. One process at a time
/// writes into it, for as long as the lock that is returned lives.
fn claim(directory: &Path, mark: &str) -> Result<fs::File, CliError> {
    fs::create_dir_all(directory).map_err(|error| CliError::write(directory, error))?;
    let lock_path = directory.join(format!("{mark}.lock"));
    let mut entries = fs::read_dir(directory).map_err(|error| CliError::read(directory, error))?;
    if entries.next().is_some() && !directory.join(mark).exists() && !lock_path.exists() {
        return Err(CliError::Usage(format!(
            "{} already holds something else and no {mark}; choose another directory",
            directory.display()
        )));
    }
    let lock = fs::File::create(&lock_path).map_err(|error| CliError::write(&lock_path, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(fs::TryLockError::WouldBlock) => {
            Err(drift_sim::engine::Error::Locked { path: lock_path }.into())
        }
        Err(fs::TryLockError::Error(error)) => Err(CliError::write(&lock_path, error)),
    }
}

fn summary(all: &[Analysed], request: &Request<'_>, page: &Path) -> String {
    let mut text = String::new();
    for Analysed {
        code,
        notes,
        left_out,
    } in all
    {
        let (Some(first), Some(last)) = (code.times.first(), code.times.last()) else {
            continue;
        };
        let kind = if code.population.simulated {
            "snapshots"
        } else {
            "sessions"
        };
        text += &format!(
            "{}: {} {kind}, active cells {} to {}, information {:.2} to {:.2} bits/spike, {} notes\n",
            code.population.name(),
            code.times.len(),
            first.active_units(),
            last.active_units(),
            first.information().mean,
            last.information().mean,
            notes.len()
        );
        for sentence in left_out {
            text += &format!("  {sentence}\n");
        }
    }
    text + &format!(
        "recorded in {}\nreport: {}\n",
        request.out.display(),
        page.display()
    )
}
