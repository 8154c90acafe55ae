//! `drift compare`: the units of a run and the cells of recordings through one measurement.

mod figures;
mod tables;
mod write_up;

use std::path::Path;

use drift_sim::RunRecord;
use drift_sim::code::{
    CodeOverTime, Criteria, RecordedCode, RecordedSelection, SimulatedCode, measure_code,
    spread_snapshots,
};
use drift_sim::data::Recording;
use drift_sim::learn::{Stream, Streams};
use drift_sim::metrics::BinEdges;
use rand_chacha::ChaCha8Rng;

use crate::analyze::{check, claim, load, name};
use crate::args::CompareArgs;
use crate::error::CliError;
use crate::output::print;
use crate::progress::Ending;

/// One column of the comparison: a run, or an animal on a track.
#[derive(Debug)]
pub struct Source {
    /// Run, or animal and environment.
    pub name: String,
    /// Whether the units were simulated.
    pub simulated: bool,
    /// Unit of the times: `step` or `day`.
    pub time_unit: &'static str,
    /// Bins of the signed position.
    pub edges: BinEdges,
    /// What was measured.
    pub code: CodeOverTime,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// `drift compare`.
pub fn compare(arguments: &CompareArgs) -> Result<Ending, CliError> {
    check(&arguments.recording)?;
    let chosen = load::selection(&arguments.recording);
    let selection = RecordedSelection {
        minimum_speed: chosen.minimum_speed,
        bins: chosen.bins,
        region: chosen.region,
        events: chosen.events,
    };
    let criteria = Criteria {
        active_samples: arguments.recording.active_frames,
        shuffles: arguments.recording.shuffles,
        ..Criteria::default()
    };
    let _claim = claim(&arguments.out, "compare.csv")?;
    let record = RunRecord::read(&arguments.run)?;
    let simulated = SimulatedCode::new(&record, 0)?;
    let recordings = load::load(&arguments.recording)?;
    let sessions = recordings.iter().map(|recording| recording.sessions.len());
    let count = arguments
        .snapshots
        .map_or(sessions.max().unwrap_or(0), |count| count as usize);
    let last = record.snapshot_steps.last().copied().unwrap_or(0);
    let from = arguments.from.unwrap_or(last / 100);
    let snapshots = spread_snapshots(&record, from, count);
    if snapshots.len() < 2 {
        return Err(CliError::content(
            &arguments.run,
            format!(
                "{} snapshots from step {from} on; a comparison needs 2 or more",
                snapshots.len()
            ),
        ));
    }
    let mut rng = Streams::new(arguments.recording.seed).named(Stream::Shuffles);
    let moments = snapshots
        .into_iter()
        .map(|snapshot| simulated.moment(snapshot));
    let mut sources = vec![Source {
        name: format!(
            "{} (seed {})",
            record.scenario.name(),
            record.scenario.seed()
        ),
        simulated: true,
        time_unit: "step",
        edges: simulated.edges().clone(),
        code: measure_code(simulated.edges(), moments, &criteria, &mut rng)?,
        notes: Vec::new(),
    }];
    for recording in &recordings {
        sources.push(of_recording(recording, &selection, &criteria, &mut rng)?);
    }
    tables::write(&arguments.out, &sources)?;
    let report = write_up::report(arguments, &selection, &criteria, &sources)?;
    let page = report.write(&arguments.out)?;
    print(&summary(&sources, &arguments.out, &page))?;
    Ok(Ending::Done)
}

fn of_recording(
    recording: &Recording,
    selection: &RecordedSelection,
    criteria: &Criteria,
    rng: &mut ChaCha8Rng,
) -> Result<Source, CliError> {
    let recorded = RecordedCode::new(recording, selection)?;
    let mut notes: Vec<String> = recording.notes.iter().map(ToString::to_string).collect();
    for session in &recording.sessions {
        let of_session = session.notes.iter();
        notes.extend(of_session.map(|note| format!("{}: {note}", session.label)));
    }
    // Sessions without running leave a gap, not a moment.
    let moments =
        (0..recording.sessions.len()).filter_map(|session| recorded.moment(session).transpose());
    let code = measure_code(recorded.edges(), moments, criteria, rng)?;
    let has_days = recording
        .sessions
        .iter()
        .all(|session| session.day.is_some());
    Ok(Source {
        name: name(recording),
        simulated: false,
        time_unit: if has_days { "day" } else { "session" },
        edges: recorded.edges().clone(),
        code,
        notes,
    })
}

fn summary(sources: &[Source], out: &Path, page: &Path) -> String {
    let mut text = String::new();
    for source in sources {
        let times = &source.code.times;
        let (Some(first), Some(last)) = (times.first(), times.last()) else {
            continue;
        };
        text += &format!(
            "{}: {} {}s, active units {:.0} % to {:.0} %, information {:.2} to {:.2} bits/spike, \
             maps' correlation of first and last {:.2}\n",
            source.name,
            times.len(),
            if source.simulated {
                "snapshot"
            } else {
                "session"
            },
            100.0 * first.fraction_active_units(),
            100.0 * last.fraction_active_units(),
            first.mean_information,
            last.mean_information,
            source.code.pairs.rate_map_correlation[(0, times.len() - 1)],
        );
    }
    text + &format!(
        "recorded in {}\nreport: {}\n",
        out.display(),
        page.display()
    )
}
