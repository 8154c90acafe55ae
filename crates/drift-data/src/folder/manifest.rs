//! `recording.toml`: which files a recording is made of, and what only its owner knows of them.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::Error;

/// The only name of the format.
pub const FORMAT: &str = "drift-recording";
/// The version of the format that is read and written.
const VERSION: u32 = 1;
/// The file's name in a folder.
pub const FILE: &str = "recording.toml";

/// What `recording.toml` says. Every path is relative to its folder and stays inside of it; a key
/// that is not listed here is an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `drift-recording`.
    pub format: String,
    /// 1.
    pub version: u32,
    /// The animal.
    pub subject: String,
    /// Which cell of one session is which of another; without it no cell has an identity beyond its
    /// session.
    pub registration: Option<RegistrationFile>,
    /// The sessions in the order of time.
    #[serde(default)]
    pub session: Vec<SessionEntry>,
}

/// A registration file with what it does not say of itself. A text alone stands for the file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RegistrationFile {
    /// The file.
    pub file: PathBuf,
    /// The format; the table `registration.csv` describes if not given.
    pub format: Option<Registry>,
    /// The number of the first cell, 0 or 1; what the program writes if not given.
    pub base: Option<u32>,
    /// Which cells its numbers count; must be given where it matters.
    pub counts: Option<Counts>,
}

/// The programs whose registration is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Registry {
    /// CellReg: `cell_to_index_map` in a MAT file, 1-based, 0 where a cell is absent.
    CellReg,
    /// CaImAn: assignments in an `.npy` file, 0-based, NaN where a cell is absent.
    CaImAn,
    /// track2p: suite2p indices in `.npy` or `.csv` files, 0-based, NaN where a cell is absent.
    Track2p,
}

/// Which cells the numbers of a registration count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Counts {
    /// All cells of the activity's file.
    All,
    /// The accepted ones only.
    Accepted,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionEntry {
    /// A name that no other session has.
    pub label: String,
    /// Day, a decimal number; all sessions have a day, or all a date.
    pub day: Option<f64>,
    /// Date, `YYYY-MM-DD`; the first is day 0.
    #[serde(default, deserialize_with = "date")]
    pub date: Option<String>,
    /// Name of the environment; `track` if not given.
    pub environment: Option<String>,
    /// How many times the animal has been there, from 1; counted if not given.
    pub exposure: Option<u32>,
    /// Length, minutes.
    pub minutes: Option<f64>,
    /// CSV of the cells: `id`, and of them `region` and `keep` (true or false) if known.
    pub cells: Option<PathBuf>,
    /// Least share of the time that positions and activity must have in common; 0.5 if not given.
    pub overlap: Option<f64>,
    /// Where the animal was.
    pub positions: Option<PositionsFile>,
    /// What the cells did.
    pub activity: ActivityFile,
}

/// The formats of tracking beside the neutral CSV and NPZ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Tracking {
    /// DeepLabCut, `.csv` or `.h5`.
    DeepLabCut,
    /// SLEAP's analysis `.h5`.
    Sleap,
    /// A pynapple Tsd or TsdFrame, `.npz`.
    Pynapple,
}

/// A file of positions, and what it does not say of itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PositionsFile {
    /// The file.
    pub file: PathBuf,
    /// The format; the neutral one, by the file's ending, if not given.
    pub format: Option<Tracking>,
    /// Longer steps of time are gaps, s; 0.5 if not given.
    pub gap_s: Option<f64>,
    /// Unit of the positions: `cm`, `m`, `mm`. Where it is given, the span of x is not questioned.
    pub unit: Option<Unit>,
    /// Centimetres in one unit of the file, whatever `unit` says (neutral, pynapple).
    pub scale: Option<f64>,
    /// The stored value that marks lost tracking, in any coordinate.
    pub missing: Option<f64>,
    /// Frames a second (DeepLabCut, SLEAP).
    pub rate_hz: Option<f64>,
    /// Time of frame 0, s (DeepLabCut, SLEAP); 0 if not given.
    pub start_s: Option<f64>,
    /// Centimetres a pixel (DeepLabCut, SLEAP).
    pub cm_per_px: Option<f64>,
    /// The pixel that becomes 0 cm: one number, or x and y; 0 if not given (DeepLabCut, SLEAP).
    pub origin_px: Option<Origin>,
    /// Which coordinates are the position; both if not given (DeepLabCut, SLEAP).
    pub axes: Option<Axes>,
    /// Least likelihood (DeepLabCut, 0.9 if not given) or point score (SLEAP, none if not given).
    pub likelihood: Option<f64>,
    /// The body part (DeepLabCut).
    pub bodypart: Option<String>,
    /// The animal of a multi-animal file (DeepLabCut).
    pub individual: Option<String>,
    /// The node (SLEAP).
    pub node: Option<String>,
    /// The track (SLEAP).
    pub track: Option<String>,
    /// Number of the video frame that is the first row (SLEAP); 0 if not given.
    pub first_frame: Option<u64>,
}

/// A unit of length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Centimetres.
    Cm,
    /// Metres.
    M,
    /// Millimetres.
    Mm,
}

impl Unit {
    /// How many cm it is.
    #[must_use]
    pub fn cm(self) -> f64 {
        match self {
            Self::Cm => 1.0,
            Self::M => 100.0,
            Self::Mm => 0.1,
        }
    }
}

/// The pixel at 0 cm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "no pixel, expected a number, or [x, y]")]
pub enum Origin {
    /// The same along both axes.
    Both(f64),
    /// Along x and along y.
    Each([f64; 2]),
}

/// Which coordinates of the plane are the position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axes {
    /// Along a track: x.
    X,
    /// Along a track: y.
    Y,
    /// In the plane.
    Xy,
}

/// The formats of activity beside the neutral CSV and NPZ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Imaging {
    /// A folder `suite2p`, or one of its `plane` folders.
    Suite2p,
    /// CaImAn's `.hdf5`.
    CaImAn,
    /// CNMF-E's `.mat`.
    CnmfE,
    /// A pynapple TsGroup or TsdFrame, `.npz`.
    Pynapple,
    /// Inscopix traces or events, `.csv`.
    Inscopix,
}

/// What the numbers of activity are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Times, one a spike.
    Spikes,
    /// Number or size at an event, else 0.
    Events,
    /// Deconvolved activity, at least 0, in a unit of its own.
    Amplitudes,
    /// Rates, Hz.
    Rates,
    /// ΔF/F or another trace, of any sign.
    Trace,
}

/// A file of activity, and what it does not say of itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityFile {
    /// The file; for suite2p the folder.
    pub file: PathBuf,
    /// What the numbers are: of the neutral format, and of a pynapple TsdFrame.
    pub kind: Option<Kind>,
    /// The format; the neutral one, by the file's ending, if not given.
    pub format: Option<Imaging>,
    /// Frames a second.
    pub rate_hz: Option<f64>,
    /// Time of the first frame, s; 0 if not given.
    pub start_s: Option<f64>,
    /// Added to the times of the activity to bring them on the clock of the positions, s.
    pub offset_s: Option<f64>,
    /// Which of the arrays is the activity (suite2p: spks, F, dF; CaImAn: S, C, raw, F_dff;
    /// CNMF-E: S, C, C_raw).
    pub signal: Option<String>,
    /// Whether undecided cells count as accepted (Inscopix); false if not given.
    pub undecided: Option<bool>,
}

/// A date as text, or as TOML's own kind of date.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => Ok(Some(text)),
        toml::Value::Datetime(date) => Ok(Some(date.to_string())),
        other => Err(serde::de::Error::custom(format!(
            "{other} is no date, expected YYYY-MM-DD"
        ))),
    }
}

impl<'de> Deserialize<'de> for RegistrationFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            file: PathBuf,
            format: Option<Registry>,
            base: Option<u32>,
            counts: Option<Counts>,
        }
        struct FileOrTable;
        impl<'de> Visitor<'de> for FileOrTable {
            type Value = RegistrationFile;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a file, or { file, format, base, counts }")
            }
            fn visit_str<E: serde::de::Error>(self, file: &str) -> Result<Self::Value, E> {
                Ok(RegistrationFile {
                    file: file.into(),
                    ..RegistrationFile::default()
                })
            }
            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                Ok(RegistrationFile {
                    file: table.file,
                    format: table.format,
                    base: table.base,
                    counts: table.counts,
                })
            }
        }
        deserializer.deserialize_any(FileOrTable)
    }
}

impl Manifest {
    /// A recording of an animal without sessions yet.
    #[must_use]
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            subject: subject.into(),
            registration: None,
            session: Vec::new(),
        }
    }

    /// Reads the text of a `recording.toml`; `file` is what errors call it.
    ///
    /// # Errors
    /// [`Error::Entry`] with the line, for what is no TOML, a key that is unknown or missing, or a
    /// value that a key cannot have.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Error> {
        let manifest: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = 1 + text.as_bytes()[..start]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count();
            let row = text.lines().nth(line - 1).unwrap_or_default().trim();
            let row: String = row.chars().take(80).collect();
            let message = error.message();
            let (what, expected) = message
                .split_once(", expected ")
                .unwrap_or((message, "the keys that the page Formats of the book lists"));
            Error::entry(
                file,
                format!("line {line}"),
                format!("`{row}`, {what}"),
                expected,
            )
        })?;
        let fields = [
            ("format", manifest.format.as_str(), FORMAT),
            ("version", &manifest.version.to_string(), "1"),
        ];
        for (place, value, expected) in fields {
            if value != expected {
                return Err(Error::entry(file, place, value, expected));
            }
        }
        Ok(manifest)
    }

    /// The text of a `recording.toml`.
    ///
    /// # Errors
    /// [`Error::Entry`] for what TOML has no place for: a path that is no UTF-8, a whole number above 2⁶³ − 1.
    pub fn to_toml(&self) -> Result<String, Error> {
        toml::to_string(self).map_err(|error| {
            let expected = "text and numbers that TOML can hold";
            Error::entry(Path::new(FILE), "the manifest", error.to_string(), expected)
        })
    }
}
