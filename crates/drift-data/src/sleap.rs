//! SLEAP: the HDF5 file that its analysis export writes.
//!
//! `tracks` holds x and y of every node of every track in every frame, NaN where a node was not found.
//! The axes stand in the order track, xy, node, frame, unless an attribute `dims` says another.
//! Without the option all-frames the first row is the first labelled frame, and empty frames at the
//! end are cut: the key `first_frame` says which frame the first row is.
//!
//! Source: talmolab/sleap, sleap/info/write_tracking_h5.py; talmolab/sleap-io, io/analysis_h5.py.

use std::path::Path;

use hdf5_pure::{AttrValue, File};

use crate::Error;
use crate::folder::PositionsFile;
use crate::folder::keys::Entry;
use crate::folder::positions::Pixels;
use crate::hdf5::{self, failed, numbers};
use crate::mat::Limits;

/// Reads the coordinates of a node of a track.
pub(crate) fn read(path: &Path, entry: &PositionsFile, limits: &Limits) -> Result<Pixels, Error> {
    let least = entry.least_likelihood()?;
    let file = hdf5::open(path)?;
    let usual = ["track", "xy", "node", "frame"];
    let tracks = Axes::read(path, &file, "tracks", &usual, limits)?;
    let (count, nodes) = (tracks.length("track"), tracks.length("node"));
    if tracks.length("xy") != 2 {
        let value = format!(
            "{:?} in the order {}",
            tracks.shape,
            tracks.names.join(", ")
        );
        let expected = "2 along xy; an attribute `dims` tells another order";
        return Err(Error::entry(path, "tracks", value, expected));
    }
    let (track, node) = (entry.track.as_deref(), entry.node.as_deref());
    let track = pick(
        path,
        &file,
        ("track_names", count),
        track,
        "the key `track`",
    )?;
    let node = pick(path, &file, ("node_names", nodes), node, "the key `node`")?;
    let place = |xy| [("track", track), ("node", node), ("xy", xy)];
    let (mut x, mut y) = (tracks.frames(&place(0)), tracks.frames(&place(1)));
    if let Some(least) = least {
        let usual = ["track", "node", "frame"];
        let scores = Axes::read(path, &file, "point_scores", &usual, limits)?;
        let expected = [("track", count), ("node", nodes), ("frame", x.len())];
        if expected
            .iter()
            .any(|(name, length)| scores.length(name) != *length)
        {
            let (value, expected) = (format!("{:?}", scores.shape), "the lengths of tracks");
            return Err(Error::entry(path, "point_scores", value, expected));
        }
        let scores = scores.frames(&[("track", track), ("node", node)]);
        for (frame, score) in scores.into_iter().enumerate() {
            if !(score >= least) {
                (x[frame], y[frame]) = (f64::NAN, f64::NAN);
            }
        }
    }
    for (x, y) in x.iter_mut().zip(&mut y) {
        if !(x.is_finite() && y.is_finite()) {
            (*x, *y) = (f64::NAN, f64::NAN);
        }
    }
    let first_frame = entry.first_frame.unwrap_or(0);
    if first_frame > 1_000_000_000_000 {
        let expected = "the number of a video frame";
        return Err(entry.refused("first_frame", first_frame.to_string(), expected));
    }
    Ok(Pixels {
        first_frame,
        x,
        y,
        notes: Vec::new(),
    })
}

/// An array whose axes have names.
struct Axes {
    names: Vec<String>,
    shape: Vec<usize>,
    values: Vec<f64>,
}

impl Axes {
    fn read(
        path: &Path,
        file: &File,
        name: &str,
        usual: &[&str],
        limits: &Limits,
    ) -> Result<Self, Error> {
        let dataset =
            file.dataset(name)
                .map_err(failed(path, name, "an array of an analysis file"))?;
        let attributes = dataset.attrs().map_err(failed(path, name, "attributes"))?;
        let names: Vec<String> = match attributes.get("dims").and_then(AttrValue::as_str) {
            None => usual.iter().map(|name| (*name).to_owned()).collect(),
            Some(dims) => {
                let names: Option<Vec<String>> = serde_json::from_str(dims).ok();
                let all = |names: &Vec<String>| {
                    let has = |name: &&str| names.iter().any(|found| found == name);
                    names.len() == usual.len() && usual.iter().all(has)
                };
                names.filter(all).ok_or_else(|| {
                    let place = format!("{name}, attribute dims");
                    let value: String = dims.chars().take(120).collect();
                    let expected = format!("{} in some order", usual.join(", "));
                    Error::entry(path, place, value, expected)
                })?
            }
        };
        let (shape, values) = numbers(path, name, &dataset, limits)?;
        if shape.len() != names.len() {
            return Err(Error::WrongShape {
                file: path.to_owned(),
                variable: name.to_owned(),
                expected: names.join(" × "),
                found: shape,
            });
        }
        Ok(Self {
            names,
            shape,
            values,
        })
    }

    /// The length of an axis; 0 if there is none of this name.
    fn length(&self, name: &str) -> usize {
        let axis = self.names.iter().position(|found| found == name);
        axis.map_or(0, |axis| self.shape[axis])
    }

    /// The values of all frames at one place of every other axis.
    fn frames(&self, place: &[(&str, usize)]) -> Vec<f64> {
        let (mut start, mut step, mut stride) = (0, 0, 1);
        for (name, length) in self.names.iter().zip(&self.shape).rev() {
            match place.iter().find(|(found, _)| found == name) {
                Some((_, index)) => start += index * stride,
                None => step = stride,
            }
            stride *= length;
        }
        let frames = self.length("frame");
        (0..frames)
            .map(|frame| self.values[start + frame * step])
            .collect()
    }
}

/// The place of a name in a list, or of the only one.
fn pick(
    path: &Path,
    file: &File,
    (list, count): (&str, usize),
    wanted: Option<&str>,
    option: &'static str,
) -> Result<usize, Error> {
    let names = match file.dataset(list) {
        Ok(names) => {
            let failed = || failed(path, list, "names");
            let length = hdf5::count(&names.shape().map_err(failed())?);
            let width = names.element_size().map_err(failed())?;
            // A name of many letters for each of many tracks is no list of names.
            if length == Some(count as u64) && width.saturating_mul(count as u64) <= 1 << 24 {
                names.read_string().map_err(failed())?
            } else {
                Vec::new()
            }
        }
        Err(_) => Vec::new(),
    };
    let names: Vec<String> = names
        .iter()
        .map(|name| name.trim_matches('\0').to_owned())
        .collect();
    let found = match wanted {
        None => (count == 1).then_some(0),
        Some(wanted) => names.iter().position(|name| name == wanted),
    };
    match found {
        Some(found) => Ok(found),
        None => Err(Error::Ambiguous {
            file: path.to_owned(),
            what: match wanted {
                Some(wanted) => format!("there is no `{wanted}` in {list}"),
                None => format!("there are {count} in {list}"),
            },
            choices: names,
            option,
        }),
    }
}
