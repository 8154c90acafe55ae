//! How files of recordings are read: what is chosen of them, and what they do not say.

use clap::{Args, ValueEnum};
use drift_sim::data::ziv_lab::multiple_maps::FrameLogReading;
use drift_sim::data::{
    CellChoice, Choices, EpochKind, Faults, Filter, Recording, Session, TraceUse, Track,
};

use crate::error::CliError;

/// What is read of the files, and how.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "How the files are read")]
pub struct ReadingArgs {
    /// Series or container of activity, where a file holds several.
    #[arg(long, value_name = "NAME")]
    pub series: Option<String>,
    /// Series or container of the position, where a file holds several.
    #[arg(long, value_name = "NAME")]
    pub position: Option<String>,
    /// Only cells of this imaging plane.
    #[arg(long, value_name = "NAME")]
    pub plane: Option<String>,
    /// Regions of interest that count as cells: those that the files accept, or all.
    #[arg(long, value_name = "WHICH", value_enum)]
    pub cells: Option<CellsArg>,
    /// Only sessions of these kinds or with these labels; default: runs.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub epochs: Vec<String>,
    /// Centimetres in one unit of the position, where the file's unit is wrong or no length.
    #[arg(long, value_name = "CM")]
    pub scale: Option<f64>,
    /// Stored value of positions that marks lost tracking.
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    pub missing: Option<f64>,
    /// Frames a second, where the files do not say or say it wrong.
    #[arg(long, value_name = "HZ")]
    pub frame_rate: Option<f64>,
    /// What of traces (ΔF/F) is activity: `events`, one where a trace rises above its median by 4
    /// robust standard deviations (`events=K`: by K), or `amplitudes`.
    #[arg(long, value_name = "HOW")]
    pub traces: Option<String>,
    /// Take positions in the plane along a track: `straight`, or a path of points in cm,
    /// x,y:x,y:...
    #[arg(long, value_name = "TRACK")]
    pub linearise: Option<String>,
    /// Tell running directions apart by the positions, where the files do not.
    #[arg(long)]
    pub running: bool,
    /// Leave out samples nearer than this to the ends of the track or arena, cm.
    #[arg(long, value_name = "CM")]
    pub edges: Option<f64>,
    /// Frame logs of multiple-maps that do not fit: repair them, refuse them, or read them literally.
    #[arg(long, value_name = "HOW", value_enum)]
    pub frame_log: Option<FrameLogArg>,
    /// End at the first session or file that cannot be read, instead of leaving it out.
    #[arg(long)]
    pub strict: bool,
}

/// Regions of interest that count as cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CellsArg {
    /// All.
    All,
    /// Those that the files accept.
    Accepted,
}

/// Frame logs that do not fit the behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FrameLogArg {
    /// Join rows so that the lengths agree, where that is possible.
    Repair,
    /// Refuse them.
    Strict,
    /// Row t is trial t, as the published script reads them.
    Literal,
}

/// Refuses the first option that is given, with what `why` says of it.
pub fn refuse_given(
    options: &[(&str, bool)],
    why: impl FnOnce(&str) -> String,
) -> Result<(), CliError> {
    match options.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => Err(CliError::Usage(why(option))),
    }
}

impl ReadingArgs {
    /// Refuses numbers that make no sense, before anything is read.
    pub fn check(&self) -> Result<(), CliError> {
        for (option, value, zero) in [
            ("--scale", self.scale, false),
            ("--frame-rate", self.frame_rate, false),
            ("--edges", self.edges, true),
        ] {
            if let Some(value) = value
                && !(value.is_finite() && (value > 0.0 || (zero && value == 0.0)))
            {
                let expected = if zero { "≥ 0" } else { "> 0" };
                let message = format!("{option} is {value}; expected a number {expected}");
                return Err(CliError::Usage(message));
            }
        }
        self.trace_use()?;
        self.track()?;
        Ok(())
    }

    /// The choices for NWB files and recording folders.
    pub fn choices(&self) -> Choices {
        Choices {
            series: self.series.clone(),
            position: self.position.clone(),
            plane: self.plane.clone(),
            cells: self.cell_choice(),
            scale: self.scale,
            missing: self.missing,
            frame_rate: self.frame_rate,
            faults: self.faults(),
        }
    }

    /// Refuses choices for a format that has no such thing, `instead` being what says it there.
    pub fn refuse_choices(&self, format: &str, instead: &str) -> Result<(), CliError> {
        let given = [
            ("--series", self.series.is_some()),
            ("--position", self.position.is_some()),
            ("--plane", self.plane.is_some()),
            ("--cells", self.cells.is_some()),
            ("--scale", self.scale.is_some()),
            ("--missing", self.missing.is_some()),
            ("--frame-rate", self.frame_rate.is_some()),
        ];
        refuse_given(&given, |option| {
            format!("{option} says nothing about files of {format}: {instead}")
        })
    }

    /// Which regions of interest are cells.
    pub fn cell_choice(&self) -> CellChoice {
        match self.cells {
            Some(CellsArg::All) => CellChoice::All,
            _ => CellChoice::Accepted,
        }
    }

    /// What happens to what cannot be read.
    pub fn faults(&self) -> Faults {
        if self.strict {
            Faults::Refuse
        } else {
            Faults::LeaveOut
        }
    }

    /// How frame logs are read: repaired where their lengths allow, unless told otherwise.
    pub fn frame_log(&self) -> FrameLogReading {
        match self.frame_log {
            Some(FrameLogArg::Strict) => FrameLogReading::Strict,
            Some(FrameLogArg::Literal) => FrameLogReading::Literal,
            _ => FrameLogReading::Repair,
        }
    }

    fn trace_use(&self) -> Result<Option<TraceUse>, CliError> {
        let Some(text) = &self.traces else {
            return Ok(None);
        };
        let threshold = text.strip_prefix("events=").map(str::parse::<f64>);
        match (text.as_str(), threshold) {
            ("events", _) => Ok(Some(TraceUse::default())),
            ("amplitudes", _) => Ok(Some(TraceUse::Amplitudes)),
            (_, Some(Ok(threshold))) if threshold > 0.0 && threshold.is_finite() => {
                Ok(Some(TraceUse::Events { threshold }))
            }
            _ => Err(CliError::Usage(format!(
                "--traces is {text}; expected events, events=K with K > 0, or amplitudes"
            ))),
        }
    }

    fn track(&self) -> Result<Option<Track>, CliError> {
        let Some(text) = &self.linearise else {
            return Ok(None);
        };
        if text == "straight" {
            return Ok(Some(Track::Straight));
        }
        let point = |point: &str| {
            let (x, y) = point.split_once(',')?;
            Some([x.trim().parse().ok()?, y.trim().parse().ok()?])
        };
        let points: Option<Vec<[f64; 2]>> = text.split(':').map(point).collect();
        points
            .map(|points| Some(Track::Path(points)))
            .ok_or_else(|| {
                CliError::Usage(format!(
                    "--linearise is {text}; expected straight, or points x,y:x,y:... in cm"
                ))
            })
    }

    /// Does to a recording what the options ask for: sessions by name, traces, track, speed where
    /// a condition needs one, directions, edges.
    pub fn apply(
        &self,
        mut recording: Recording,
        needs_speed: bool,
    ) -> Result<Recording, CliError> {
        if !self.epochs.is_empty() {
            recording = self.chosen(&recording)?;
        }
        let (traces, track) = (self.trace_use()?, self.track()?);
        let sessions = recording.sessions.into_iter();
        let sessions = sessions.map(|one| self.session(one, traces, track.as_ref(), needs_speed));
        recording.sessions = sessions.collect::<Result<_, _>>()?;
        Ok(recording)
    }

    fn session(
        &self,
        mut session: Session,
        traces: Option<TraceUse>,
        track: Option<&Track>,
        needs_speed: bool,
    ) -> Result<Session, CliError> {
        if let Some(traces) = traces {
            session = session.traces_as(traces)?;
        }
        let has_position = session
            .trajectory
            .as_ref()
            .is_some_and(|trajectory| trajectory.position.is_some());
        if !has_position {
            return Ok(session);
        }
        if let Some(track) = track {
            session = session.linearised(track)?;
        }
        if needs_speed {
            session = session.with_speed()?;
        }
        if self.running {
            session = session.with_running()?;
        }
        if self.edges.is_some() {
            session = session.filtered(&Filter {
                edges_cm: self.edges,
                ..Filter::default()
            })?;
        }
        Ok(session)
    }

    /// The sessions that `--epochs` names.
    fn chosen(&self, recording: &Recording) -> Result<Recording, CliError> {
        let is = |session: &Session, wanted: &str| {
            session.label.eq_ignore_ascii_case(wanted)
                || session.epoch == EpochKind::from_word(wanted)
                || session.epoch.to_string().eq_ignore_ascii_case(wanted)
        };
        for wanted in &self.epochs {
            if !recording.sessions.iter().any(|session| is(session, wanted)) {
                let mut names = Vec::new();
                for session in &recording.sessions {
                    for name in [session.label.clone(), session.epoch.to_string()] {
                        if !names.contains(&name) {
                            names.push(name);
                        }
                    }
                }
                return Err(CliError::Usage(format!(
                    "--epochs {wanted}: no session of {} is called so; there are {}",
                    recording.subject.as_deref().unwrap_or("the recording"),
                    names.join(", ")
                )));
            }
        }
        let wanted = |session: &Session| self.epochs.iter().any(|wanted| is(session, wanted));
        let kept: Vec<usize> = (0..recording.sessions.len())
            .filter(|&index| wanted(&recording.sessions[index]))
            .collect();
        Ok(recording.of_sessions(&kept))
    }
}
