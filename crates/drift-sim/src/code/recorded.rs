//! The cells of a recording as moments.

use std::collections::{BTreeSet, HashMap};
use std::ops::{Range, RangeInclusive};

use drift_data::ziv_lab::cell_assemblies::Published;
use drift_data::{Activity, Error as DataError, Filter, Identity, Recording, Session};
use drift_metrics::decoding::Space;

use super::bins::Bins;
use super::maps::pass_maps;
use super::passes::Samples;
use super::repeats::laps;
use super::{Authors, Evidence, Moment, Population, Unit, When};
use crate::Error;
use crate::check::{in_range, not_negative, positive};

/// How directions of motion are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Directions {
    /// Each direction by itself: a unit has a map and an information in each.
    #[default]
    Apart,
    /// One map over position × direction, as the paper's networks have.
    Signed,
    /// Directions are not looked at.
    Together,
}

/// Which samples of a recording count, and as what.
///
/// | field | default | meaning | range |
/// |---|---|---|---|
/// | `minimum_speed` | none | samples at this speed or above, cm/s | ≥ 0 |
/// | `bins` | all | track bins that maps are made of, 1-based; the others count for activity only | within the track |
/// | `region` | all | cells of this brain region | |
/// | `events` | false | every positive frame is one event, whatever its amplitude | |
/// | `bin_cm` | 4 | width of a bin where the files hold positions only, cm | > 0 |
/// | `directions` | apart | how directions of running are treated | |
/// | `block_minutes` | none | cuts every session into blocks of so many minutes | > 0 |
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// Lowest speed, cm/s.
    pub minimum_speed: Option<f64>,
    /// Track bins that maps are made of, 1-based.
    pub bins: Option<RangeInclusive<u32>>,
    /// Brain region.
    pub region: Option<String>,
    /// Whether every positive frame is one event.
    pub events: bool,
    /// Width of a bin where the files hold positions only, cm.
    pub bin_cm: f64,
    /// How directions of running are treated.
    pub directions: Directions,
    /// Length of the blocks that sessions are cut into, minutes.
    pub block_minutes: Option<f64>,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            minimum_speed: None,
            bins: None,
            region: None,
            events: false,
            bin_cm: 4.0,
            directions: Directions::Apart,
            block_minutes: None,
        }
    }
}

impl Selection {
    /// Refuses numbers that make no sense.
    ///
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) with the field.
    pub fn check(&self) -> Result<(), Error> {
        positive("bin_cm", self.bin_cm)?;
        if let Some(minutes) = self.block_minutes {
            positive("block_minutes", minutes)?;
        }
        let speed = self.minimum_speed.unwrap_or(0.0);
        not_negative("minimum_speed", speed)
    }
}

/// The cells of a recording of one animal in one environment.
#[derive(Debug, Clone)]
pub struct RecordedCode<'a> {
    recording: &'a Recording,
    selection: &'a Selection,
    bins: Bins,
    slots: usize,
    clusters: HashMap<&'a Identity, usize>,
    /// Number of the first moment of each session, from 1.
    numbers: Vec<usize>,
    /// Minutes recorded up to the end of each session.
    minutes: Vec<Option<f64>>,
    authors: Vec<Authors>,
}

impl<'a> RecordedCode<'a> {
    /// The code of a recording, with bins over the extremes of all its sessions.
    ///
    /// # Errors
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) for the selection; [`Error::NoCode`] where sessions are of several
    /// environments.
    pub fn new(recording: &'a Recording, selection: &'a Selection) -> Result<Self, Error> {
        selection.check()?;
        let environments: BTreeSet<_> = recording
            .sessions
            .iter()
            .map(|session| &session.environment)
            .collect();
        if environments.len() > 1 {
            return Err(Error::NoCode {
                source_name: format!("a {} recording", recording.format),
                missing: "single environment",
                expected: "a filter that leaves one (drift_data::Filter)",
            });
        }
        let told = recording
            .sessions
            .iter()
            .any(|session| match &session.activity {
                Activity::RateMaps(maps) => maps
                    .layers
                    .iter()
                    .any(|(layer, _)| layer.direction.is_some()),
                _ => session
                    .trajectory
                    .as_ref()
                    .is_some_and(|path| path.running.is_some()),
            });
        let mut clusters = HashMap::new();
        for cell in recording.sessions.iter().flat_map(|session| &session.cells) {
            if let Some(identity @ Identity::Cluster { .. }) = &cell.identity {
                let next = clusters.len();
                clusters.entry(identity).or_insert(next);
            }
        }
        let mut experience = Some(0.0);
        let minutes = recording.sessions.iter().map(|session| {
            experience = experience
                .zip(session.duration())
                .map(|(sum, s)| sum + s / 60.0);
            experience
        });
        let minutes = minutes.collect();
        let mut number = 1;
        let mut numbers = Vec::with_capacity(recording.sessions.len());
        for session in &recording.sessions {
            let blocks = block_count(session, selection.block_minutes);
            in_range(
                "block_minutes",
                selection.block_minutes.unwrap_or_default(),
                blocks <= MOST_BLOCKS,
                format!("long enough for at most {MOST_BLOCKS} blocks in a session"),
            )?;
            numbers.push(number);
            number += blocks;
        }
        Ok(Self {
            numbers,
            minutes,
            bins: Bins::of(recording, selection)?,
            slots: 1 + usize::from(told && selection.directions == Directions::Apart),
            recording,
            selection,
            clusters,
            authors: Vec::new(),
        })
    }

    /// Adds what the authors of `zivlab/cell_assemblies` computed themselves.
    #[must_use]
    pub fn with_authors(mut self, published: &Published) -> Self {
        let sessions = 0..published.neurons.len();
        self.authors = sessions
            .map(|session| {
                let significant = [&published.significant_right, &published.significant_left];
                let place: BTreeSet<usize> = significant
                    .into_iter()
                    .filter_map(|sides| sides.get(session))
                    .flat_map(|halves| halves.iter().flatten().copied())
                    .collect();
                let information = published.mean_information.get(session);
                Authors {
                    found_cells: published.neurons[session],
                    place_cells: place.len() as f64,
                    information: information.copied().unwrap_or(f64::NAN),
                }
            })
            .collect();
        self
    }

    /// The animal in its environment.
    #[must_use]
    pub fn population(&self) -> Population {
        let registered = self.recording.registration.as_ref().map(|rows| rows.cells);
        let clusters = Some(self.clusters.len()).filter(|count| *count > 0);
        Population {
            subject: self
                .recording
                .subject
                .clone()
                .unwrap_or("animal".to_owned()),
            environment: self
                .recording
                .sessions
                .first()
                .and_then(|s| s.environment.clone()),
            format: self.recording.format.to_owned(),
            simulated: false,
            units: registered.or(clusters),
            registered,
        }
    }

    /// Number of sessions.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.recording.sessions.len()
    }

    /// Place bins of one direction.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.bins.count()
    }

    /// The cells in one session: one moment, one a block where sessions are cut into blocks, none
    /// where the animal did not run.
    ///
    /// # Errors
    /// [`Error::Data`] where the session lacks what the selection asks for.
    ///
    /// # Panics
    /// Where there is no such session.
    pub fn moments(&self, index: usize) -> Result<Vec<Moment>, Error> {
        let whole = &self.recording.sessions[index];
        let filter = Filter {
            minimum_speed: self.selection.minimum_speed,
            region: self.selection.region.clone(),
            ..Filter::default()
        };
        let session = match whole.filtered(&filter) {
            Ok(session) => session,
            Err(DataError::NothingLeft { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        if session.cells.is_empty() {
            return Ok(Vec::new());
        }
        let moment = |block: usize, label: String, minutes, evidence, notes: Vec<String>| Moment {
            label,
            when: When {
                session: self.numbers[index] + block,
                day: session.day,
                exposure: session.exposure.or(Some(index as u32 + 1)),
                minutes,
                step: None,
            },
            units: session.cells.iter().map(|cell| self.unit(cell)).collect(),
            evidence,
            slots: self.slots,
            space: self.bins.space(),
            authors: session
                .number
                .checked_sub(1)
                .and_then(|at| self.authors.get(at))
                .copied(),
            notes,
        };
        let label = session.label.clone();
        let notes: Vec<String> = session.notes.iter().map(ToString::to_string).collect();
        if let Activity::RateMaps(maps) = &session.activity {
            let (maps, more) = pass_maps(&session, maps)?;
            let notes = notes.into_iter().chain(more).collect();
            let evidence = Evidence::Maps(maps);
            return Ok(vec![moment(0, label, self.minutes[index], evidence, notes)]);
        }
        if session.samples() == 0 {
            return Ok(Vec::new());
        }
        let activity = match self.selection.events {
            true => session.sparse_events()?,
            false => session.sparse_activity()?,
        };
        let lacks = |wanted| DataError::NotRecorded {
            session: label.clone(),
            wanted,
        };
        let path = session.trajectory.as_ref();
        let running = path.and_then(|path| path.running.as_deref());
        if self.slots == 2 && running.is_none() {
            return Err(lacks("a running direction, as other sessions are").into());
        }
        let seconds = match (&session.activity, path) {
            // On an uneven clock the mean duration makes the rates right.
            (_, Some(path)) if path.is_uneven() => {
                path.durations.iter().sum::<f64>() / path.len() as f64
            }
            (Activity::Frames(frames), _) => 1.0 / frames.rate_hz(),
            (_, Some(path)) => path.sample_interval,
            _ => return Err(lacks("a trajectory").into()),
        };
        let place = self.bins.assign(&session)?;
        let samples = Samples {
            activity: &activity,
            laps: &laps(
                &place,
                self.bins(),
                self.bins.space() == Space::Line,
                seconds,
            ),
            place: &place,
            running,
            bins: self.bins(),
            seconds,
            durations: path
                .filter(|path| path.is_uneven())
                .map(|path| &path.durations[..]),
        };
        let before = index
            .checked_sub(1)
            .map_or(Some(0.0), |before| self.minutes[before]);
        let mut moments = Vec::new();
        for (block, range) in self.blocks(index, &session).into_iter().enumerate() {
            let passes = samples.passes(range, self.selection.directions)?;
            if passes.is_empty() {
                continue;
            }
            let (name, minutes) = match self.selection.block_minutes {
                Some(length) => {
                    let end = before.map(|before| before + length * (block + 1) as f64);
                    (format!("{label} block {}", block + 1), end)
                }
                None => (label.clone(), self.minutes[index]),
            };
            moments.push(moment(
                block,
                name,
                minutes,
                Evidence::Passes(passes),
                notes.clone(),
            ));
        }
        Ok(moments)
    }

    fn unit(&self, cell: &drift_data::Cell) -> Unit {
        Unit {
            label: cell.label.clone(),
            region: cell.region.clone(),
            identity: match &cell.identity {
                Some(Identity::Registered(row)) => Some(*row),
                Some(identity) => self.clusters.get(identity).copied(),
                None => None,
            },
        }
    }

    /// Samples of the filtered session in each block of the whole one.
    fn blocks(&self, index: usize, session: &Session) -> Vec<Range<usize>> {
        let whole = &self.recording.sessions[index].trajectory;
        let (Some(minutes), Some(whole), Some(kept)) =
            (self.selection.block_minutes, whole, &session.trajectory)
        else {
            return std::iter::once(0..session.samples()).collect();
        };
        let start = whole.time.first().copied().unwrap_or(0.0);
        let from = |block: usize| {
            let time = start + 60.0 * minutes * block as f64;
            kept.time.partition_point(|sample| *sample < time)
        };
        (0..block_count(&self.recording.sessions[index], Some(minutes)))
            .map(|block| from(block)..from(block + 1))
            .collect()
    }
}

/// A slip in the length of a block shall be an error, not an endless loop.
const MOST_BLOCKS: usize = 1_000_000;

/// Whole blocks in a session; a last one of at least half the length counts.
fn block_count(session: &Session, minutes: Option<f64>) -> usize {
    let Some((minutes, path)) = minutes.zip(session.trajectory.as_ref()) else {
        return 1;
    };
    let ends = path.time.first().zip(path.time.last());
    let seconds = ends.map_or(0.0, |(start, end)| end + path.sample_interval - start);
    ((seconds / 60.0 / minutes).round() as usize).max(1)
}
