//! `drift analyze`: from a folder of recordings to tables and a report.

mod compare;
pub mod load;
mod map_figure;
mod measure;
pub mod tables;
mod trains;
mod write_up;

use std::fs;
use std::path::Path;

use drift_sim::data::Recording;
use drift_sim::learn::{Stream, Streams};
use drift_sim::metrics::information::bias::Settings;
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{AnalyzeArgs, RecordingArgs};
use crate::error::CliError;
use crate::output::print;
use crate::progress::{Ending, StopSignal};
use compare::{Similarity, similarity};
use measure::{Procedure, SessionMeasures, measure};
use trains::Bins;

/// Everything measured of one animal in one environment.
#[derive(Debug)]
pub struct Analysed {
    /// Animal and environment, for headings.
    pub name: String,
    /// The recording.
    pub recording: Recording,
    /// Its bins.
    pub bins: Bins,
    /// Its sessions, those without a usable frame left out.
    pub sessions: Vec<SessionMeasures>,
    /// Sessions against each other.
    pub similarity: Option<Similarity>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// `drift analyze`.
pub fn analyze(arguments: &AnalyzeArgs) -> Result<Ending, CliError> {
    check(&arguments.recording)?;
    let selection = load::selection(&arguments.recording);
    let procedure = Procedure {
        settings: Settings {
            active_frames: arguments.recording.active_frames,
            significance: (arguments.recording.shuffles > 0).then_some(0.05),
            shuffles: arguments.recording.shuffles.max(1),
            repetitions: arguments.subsamplings.max(1),
            ..Settings::default()
        },
        test: arguments.recording.shuffles > 0,
        correct: arguments.subsamplings > 0,
    };
    let _claim = claim(&arguments.out, "sessions.csv")?;
    let recordings = load::load(&arguments.recording)?;
    let stop = StopSignal::listen()?;
    let bar = bar(recordings
        .iter()
        .map(|recording| recording.sessions.len())
        .sum());
    let mut rng = Streams::new(arguments.recording.seed).named(Stream::Shuffles);
    let mut all = Vec::new();
    for recording in recordings {
        let bins = Bins::of(&recording, &selection)?;
        let name = name(&recording);
        let mut sessions = Vec::new();
        let mut notes: Vec<String> = recording.notes.iter().map(ToString::to_string).collect();
        for index in 0..recording.sessions.len() {
            if let Some(signal) = stop.received() {
                return Ok(Ending::Signal(signal));
            }
            let session = &recording.sessions[index];
            bar.set_message(format!("{name}, {}", session.label));
            let of_session = session.notes.iter().map(ToString::to_string);
            notes.extend(of_session.map(|note| format!("{}: {note}", session.label)));
            match measure(&recording, index, &bins, &selection, &procedure, &mut rng)? {
                Some(measured) => {
                    let own = measured.notes.iter();
                    notes.extend(own.map(|note| format!("{}: {note}", session.label)));
                    sessions.push(measured);
                }
                None => notes.push(format!("{}: nothing to analyse is left", session.label)),
            }
            bar.inc(1);
        }
        let similarity = similarity(&recording, &sessions)?;
        all.push(Analysed {
            name,
            recording,
            bins,
            sessions,
            similarity,
            notes,
        });
    }
    bar.finish_and_clear();
    all.retain(|analysed| !analysed.sessions.is_empty());
    if all.is_empty() {
        return Err(CliError::content(
            &arguments.recording.path,
            "no session has anything to analyse",
        ));
    }
    tables::write(&arguments.out, &all, arguments.recording.active_frames)?;
    let page = write_up::report(arguments, &selection, &all)?.write(&arguments.out)?;
    print(&summary(&all, arguments, &page))?;
    Ok(Ending::Done)
}

/// Refuses numbers that make no sense.
pub fn check(arguments: &RecordingArgs) -> Result<(), CliError> {
    if !(arguments.bin_cm > 0.0 && arguments.bin_cm.is_finite()) {
        return Err(CliError::Usage(format!(
            "--bin-cm is {}; expected a number > 0",
            arguments.bin_cm
        )));
    }
    if let Some(speed) = arguments.speed
        && !(speed >= 0.0 && speed.is_finite())
    {
        return Err(CliError::Usage(format!(
            "--speed is {speed}; expected a number ≥ 0"
        )));
    }
    if arguments.active_frames == 0 {
        return Err(CliError::Usage(
            "--active-frames is 0; expected at least 1".into(),
        ));
    }
    Ok(())
}

/// A directory of results that one process at a time writes into, for as long as this lives.
#[derive(Debug)]
pub struct Claim {
    _lock: fs::File,
}

/// Takes a directory that is new, empty, or holds an earlier result, which has the table `mark` and
/// is replaced, or the lock of one that was killed before it had its table.
pub fn claim(directory: &Path, mark: &str) -> Result<Claim, CliError> {
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
        Ok(()) => Ok(Claim { _lock: lock }),
        Err(fs::TryLockError::WouldBlock) => {
            Err(drift_sim::Error::Locked { path: lock_path }.into())
        }
        Err(fs::TryLockError::Error(error)) => Err(CliError::write(&lock_path, error)),
    }
}

fn bar(sessions: usize) -> ProgressBar {
    let bar = ProgressBar::new(sessions as u64);
    let style = ProgressStyle::with_template(
        "{bar:32.cyan/blue} session {pos}/{len}  {elapsed} + {eta}  {msg}",
    );
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// Animal and environment.
pub fn name(recording: &Recording) -> String {
    let subject = recording.subject.as_deref().unwrap_or("animal");
    let environment = recording
        .sessions
        .first()
        .and_then(|session| session.environment.as_deref());
    environment.map_or(subject.to_owned(), |environment| {
        format!("{subject} {environment}")
    })
}

fn summary(all: &[Analysed], arguments: &AnalyzeArgs, page: &Path) -> String {
    let mut text = String::new();
    for analysed in all {
        text += &format!("{}: {} sessions", analysed.name, analysed.sessions.len());
        if let (Some(first), Some(last)) = (analysed.sessions.first(), analysed.sessions.last()) {
            text += &format!(
                ", active cells {} to {}",
                first.active_cells(),
                last.active_cells()
            );
            let [start, end] =
                [first, last].map(|s| s.naive(arguments.recording.active_frames).mean);
            text += &format!(", information {start:.2} to {end:.2} bits/spike");
        }
        text += &format!(", {} notes\n", analysed.notes.len());
    }
    text + &format!(
        "recorded in {}\nreport: {}\n",
        arguments.out.display(),
        page.display()
    )
}
