//! DeepLabCut: the CSV and the HDF5 file that it writes for a video.
//!
//! Columns are named by scorer, in multi-animal projects the individual, body part and coordinate
//! (x, y in pixels, likelihood). A body part that is lost keeps the coordinates of a guess: only a low
//! likelihood tells, and no file holds the threshold; 0.9 is taken and noted unless another is given.
//! Neither file has the frame rate or the size of a pixel.
//!
//! Source: DeepLabCut/DeepLabCut, deeplabcut/utils/auxiliaryfunctions.py (save_data).

mod h5;
mod labels;

use std::path::Path;

use crate::Error;
use crate::folder::PositionsFile;
use crate::folder::positions::Pixels;
use crate::mat::Limits;
use crate::recording::Note;
use crate::table::Table;

/// The threshold of the likelihood where none is given.
const LIKELIHOOD: f64 = 0.9;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Label {
    individual: Option<String>,
    bodypart: String,
    coordinate: String,
}

/// Reads the coordinates of a body part.
pub(crate) fn read(file: &Path, entry: &PositionsFile, limits: &Limits) -> Result<Pixels, Error> {
    let least = entry.least_likelihood()?;
    let ending = file.extension().unwrap_or_default().to_ascii_lowercase();
    let mut pixels = match ending.to_str() {
        Some("csv") => table(file, entry, least.unwrap_or(LIKELIHOOD))?,
        Some("h5" | "hdf5") => h5::read(file, entry, least.unwrap_or(LIKELIHOOD), limits)?,
        _ => {
            let value = format!("{ending:?}");
            return Err(Error::entry(file, "its ending", value, ".csv or .h5"));
        }
    };
    if least.is_none() {
        pixels.notes.push(Note::Assumed {
            what: "below which likelihood a point is lost".to_owned(),
            taken: LIKELIHOOD.to_string(),
        });
    }
    Ok(pixels)
}

/// The frames of one body part, put together row by row.
struct Frames {
    least: f64,
    pixels: Pixels,
}

impl Frames {
    fn new(least: f64) -> Self {
        Self {
            least,
            pixels: Pixels::default(),
        }
    }

    /// Adds the row of a frame, whose number must be the next; gives what it should be otherwise.
    fn push(&mut self, frame: f64, x: f64, y: f64, likelihood: f64) -> Result<(), String> {
        let next = if self.pixels.x.is_empty() {
            if !(frame >= 0.0 && frame.fract() == 0.0 && frame < 1e12) {
                return Err("the number of a frame".to_owned());
            }
            self.pixels.first_frame = frame as u64;
            frame
        } else {
            self.pixels.first_frame as f64 + self.pixels.x.len() as f64
        };
        if frame != next {
            return Err(format!("frame {next}, one after the one before"));
        }
        // NaN, too, is lost.
        let seen = likelihood >= self.least && x.is_finite() && y.is_finite();
        self.pixels.x.push(if seen { x } else { f64::NAN });
        self.pixels.y.push(if seen { y } else { f64::NAN });
        Ok(())
    }
}

/// A CSV with three or four header rows, told by their first field.
fn table(file: &Path, entry: &PositionsFile, least: f64) -> Result<Pixels, Error> {
    let mut table = Table::bare(file, b',')?;
    let mut heads: Vec<Vec<String>> = Vec::new();
    loop {
        if !table.next()? {
            let expected = "rows scorer, (individuals,) bodyparts, coords";
            return Err(Error::entry(file, "the header", "cut off", expected));
        }
        let head: Vec<String> = table.row().map(str::to_owned).collect();
        let name = head.first().map(String::as_str);
        let (known, last) = match (heads.len(), name) {
            (0, Some("scorer")) | (1, Some("individuals" | "bodyparts")) => (true, false),
            (2, Some("bodyparts")) => (heads[1][0] == "individuals", false),
            (2, Some("coords")) => (heads[1][0] == "bodyparts", true),
            (3, Some("coords")) => (true, true),
            _ => (false, false),
        };
        if !known {
            let expected = "the next of the header rows scorer, (individuals,) bodyparts, coords";
            return Err(table.refused(0, expected));
        }
        heads.push(head);
        if last {
            break;
        }
    }
    let coords = &heads[heads.len() - 1];
    if coords.get(1).is_some_and(String::is_empty) {
        let (value, expected) = (
            "of labelled frames",
            "tracking of a video; labelled frames have file names in more than one column",
        );
        return Err(Error::entry(file, "the header", value, expected));
    }
    let individuals = (heads.len() == 4).then(|| &heads[1]);
    let bodyparts = &heads[heads.len() - 2];
    let labels: Vec<Label> = (1..coords.len())
        .map(|column| Label {
            individual: individuals.map(|names| names[column].clone()),
            bodypart: bodyparts[column].clone(),
            coordinate: coords[column].clone(),
        })
        .collect();
    let columns = choose(file, &labels, entry)?;
    let mut frames = Frames::new(least);
    while table.next()? {
        let frame = table.number(0)?;
        // The first column is that of the frame.
        let [x, y, likelihood] = columns.map(|column| table.number(column + 1));
        let pushed = frames.push(frame, x?, y?, likelihood?);
        pushed.map_err(|expected| table.refused(0, expected))?;
    }
    Ok(frames.pixels)
}

/// The columns of x, y and likelihood of the individual and body part that are asked for, or the only ones.
fn choose(file: &Path, labels: &[Label], entry: &PositionsFile) -> Result<[usize; 3], Error> {
    fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        let mut found: Vec<&str> = Vec::new();
        for name in names {
            if !found.contains(&name) {
                found.push(name);
            }
        }
        found
    }
    let one = |what: &str, there: Vec<&str>, wanted: Option<&str>, option: &'static str| {
        let found = match (wanted, &there[..]) {
            (Some(wanted), _) => there.contains(&wanted).then_some(wanted),
            (None, [only]) => Some(*only),
            (None, _) => None,
        };
        found.map(str::to_owned).ok_or_else(|| Error::Ambiguous {
            file: file.to_owned(),
            what: match wanted {
                Some(wanted) => format!("there is no {what} `{wanted}`"),
                None => format!("there are {} of {what}", there.len()),
            },
            choices: there.iter().map(|name| (*name).to_owned()).collect(),
            option,
        })
    };
    let individuals = labels
        .iter()
        .filter_map(|label| label.individual.as_deref());
    let individuals = distinct(individuals);
    // In a file of one animal without a name there is nothing to choose.
    let individual = if individuals.is_empty() {
        None
    } else {
        let wanted = entry.individual.as_deref();
        let key = "the key `individual`";
        Some(one("individual", individuals, wanted, key)?)
    };
    let mine: Vec<(usize, &Label)> = labels
        .iter()
        .enumerate()
        .filter(|(_, label)| label.individual == individual)
        .collect();
    let parts = distinct(mine.iter().map(|(_, label)| label.bodypart.as_str()));
    let wanted = entry.bodypart.as_deref();
    let part = one("body part", parts, wanted, "the key `bodypart`")?;
    let column = |coordinate: &str| {
        let named = |(_, label): &&(usize, &Label)| {
            label.bodypart == part && label.coordinate == coordinate
        };
        mine.iter()
            .find(named)
            .map(|(column, _)| *column)
            .ok_or_else(|| Error::MissingVariable {
                file: file.to_owned(),
                variable: format!("{coordinate} of {part}"),
                present: distinct(mine.iter().map(|(_, label)| label.coordinate.as_str()))
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
            })
    };
    Ok([column("x")?, column("y")?, column("likelihood")?])
}
