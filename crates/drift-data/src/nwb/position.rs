//! Where the animal was: the series that holds it, its unit, and what of it is lost.

use std::collections::HashSet;

use super::Choices;
use super::series::{clock, values};
use super::tree::{Tree, is_called, parent_of};
use crate::Error;
use crate::recording::{Note, Place, Position, Trajectory, range};

/// Containers of series that are no places, and words of their units.
const NO_PLACES: [&str; 3] = ["CompassDirection", "EyeTracking", "PupilTracking"];
const ANGLES: [&str; 6] = ["radian", "radians", "rad", "degree", "degrees", "deg"];

/// What is lost: words of the sentence that names the marker.
const LOST: [&str; 9] = [
    "fail",
    "lost",
    "missing",
    "not detected",
    "undetected",
    "invalid",
    "not tracked",
    "untracked",
    "no position",
];

/// The animal's path, in cm; if there is none, where it was looked for.
pub(super) fn place(tree: &Tree<'_>, options: &Choices) -> Result<Result<Place, Note>, Error> {
    let (series, mut notes) = match choose(tree, options)? {
        Ok(chosen) => chosen,
        Err(note) => return Ok(Err(note)),
    };
    let mut parts = Vec::new();
    for series in &series {
        parts.extend(part(tree, series, options, &mut notes)?);
    }
    let Some(trajectory) = join(tree, parts)? else {
        return Ok(Err(Note::NoTrajectory));
    };
    notes.extend(trajectory.notes());
    notes.extend(suspicion(&trajectory));
    Ok(Ok(Place { trajectory, notes }))
}

/// Paths of series, and what is to be said of the choice.
type Chosen = (Vec<String>, Vec<Note>);

/// The series of the position: those named, else those of the one `Position` container, else the
/// one `SpatialSeries` that is not an angle.
fn choose(tree: &Tree<'_>, options: &Choices) -> Result<Result<Chosen, Note>, Error> {
    let modules = ["processing", "acquisition", "scratch", "analysis"];
    let all = tree.of_type(&modules, "SpatialSeries");
    let those = |wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
        all.iter()
            .filter(|series| wanted(series))
            .cloned()
            .collect()
    };
    let ambiguous = |what: &str, choices: &[String]| {
        Err(Error::Ambiguous {
            file: tree.path.to_owned(),
            what: what.to_owned(),
            choices: choices.to_vec(),
            option: "--position NAME",
        })
    };
    if let Some(wanted) = &options.position {
        let named = those(&|series| is_called(series, wanted));
        return match containers(&named) {
            0 => {
                let what = format!("no spatial series is called {wanted:?}; there are");
                ambiguous(&what, &all)
            }
            1 => Ok(Ok((named, Vec::new()))),
            _ => {
                let what = format!("several spatial series are called {wanted:?}");
                ambiguous(&what, &named)
            }
        };
    }
    let in_position = those(&|series| tree.kind(parent_of(series)) == "Position");
    match containers(&in_position) {
        0 => {}
        1 => return Ok(Ok((in_position, Vec::new()))),
        _ => return ambiguous("several Position containers hold a path", &in_position),
    }
    let loose = those(&|series| !is_angle(tree, series));
    match &loose[..] {
        [] => Ok(Err(looked(tree, all))),
        [only] => {
            let note = Note::Assumed {
                what: "which series is the position (there is no Position container)".to_owned(),
                taken: format!("{only}, the only spatial series that is no angle,"),
            };
            Ok(Ok((loose, vec![note])))
        }
        _ => ambiguous("several spatial series may be the position", &loose),
    }
}

/// In how many containers the series are.
fn containers(series: &[String]) -> usize {
    let containers = series.iter().map(|series| parent_of(series));
    containers.collect::<HashSet<_>>().len()
}

fn is_angle(tree: &Tree<'_>, series: &str) -> bool {
    let unit = tree.text_attribute(&format!("{series}/data"), "unit");
    let unit = unit.unwrap_or_default().to_ascii_lowercase();
    NO_PLACES.contains(&tree.kind(parent_of(series)).as_str()) || ANGLES.contains(&unit.as_str())
}

fn looked(tree: &Tree<'_>, angles: Vec<String>) -> Note {
    let mut beside = angles;
    for module in ["processing", "acquisition"] {
        let members = tree.members(module).into_iter();
        beside.extend(members.map(|member| format!("{module}/{member}")));
    }
    if beside.is_empty() {
        beside.push("none".to_owned());
    }
    Note::Read(format!(
        "no position: looked in processing, acquisition, scratch and analysis for a Position \
         container or a SpatialSeries; there are {}",
        beside.join(", ")
    ))
}

/// One series: its clock, and its coordinates in cm.
struct Part {
    path: String,
    clock: Trajectory,
    /// One or two coordinates.
    axes: Vec<Vec<f64>>,
}

fn part(
    tree: &Tree<'_>,
    series: &str,
    options: &Choices,
    notes: &mut Vec<Note>,
) -> Result<Option<Part>, Error> {
    let marker = marker(tree, series, options);
    let mut lost = Vec::new();
    let read = values(tree, series, |stored, width| {
        if let Some((marker, _)) = &marker
            && width > 0
        {
            let is_marker = |sample: &[f64]| sample.contains(marker);
            lost = stored.chunks_exact(width).map(is_marker).collect();
        }
    })?;
    let [samples, width] = read.shape;
    if samples == 0 || width == 0 {
        return Ok(None);
    }
    let cm = centimetres(tree, series, options, notes)?;
    let clock = clock(tree, series, samples, options, notes)?;
    let is_lost = |sample: usize| lost.get(sample) == Some(&true);
    let axis = |axis: usize| -> Vec<f64> {
        let values = read.values.iter().skip(axis).step_by(width).enumerate();
        values
            .map(|(sample, value)| match value * cm {
                // What is not finite is no place, as NaN is none.
                value if value.is_finite() && !is_lost(sample) => value,
                _ => f64::NAN,
            })
            .collect()
    };
    let axes = (0..width.min(2)).map(axis).collect();
    if width > 2 {
        notes.push(Note::Read(format!(
            "{series} has {width} columns; the first two were taken for x and y"
        )));
    }
    if let Some((marker, source)) = marker {
        let count = lost.iter().filter(|lost| **lost).count();
        notes.push(Note::Read(format!(
            "{count} samples of {series} are {marker}, which marks lost tracking ({source})"
        )));
    }
    Ok(Some(Part {
        path: series.to_owned(),
        clock,
        axes,
    }))
}

/// The value that marks lost tracking, and who says so: the option, or the series' own comments.
fn marker(tree: &Tree<'_>, series: &str, options: &Choices) -> Option<(f64, &'static str)> {
    if let Some(marker) = options.missing {
        return Some((marker, "--missing"));
    }
    ["comments", "description"].iter().find_map(|name| {
        let text = tree.group_text(series, name)?;
        Some((stated_marker(&text)?, "its own comments say so"))
    })
}

/// The number in a sentence like "Values of -1 indicate that LED detection failed."
fn stated_marker(text: &str) -> Option<f64> {
    // A full stop between digits is a decimal point.
    text.split(['\n', ';'])
        .flat_map(|line| line.split(". "))
        .find_map(|sentence| {
            let sentence = sentence.to_ascii_lowercase();
            if !LOST.iter().any(|word| sentence.contains(word)) {
                return None;
            }
            let mut words = sentence.split_whitespace();
            words.find(|word| matches!(*word, "value" | "values"))?;
            words.take(3).find_map(|word| {
                let word = word.trim_matches(|letter: char| {
                    !letter.is_ascii_digit() && letter != '-' && letter != '.'
                });
                word.trim_end_matches('.').parse().ok()
            })
        })
}

/// Centimetres in one unit of a series.
fn centimetres(
    tree: &Tree<'_>,
    series: &str,
    options: &Choices,
    notes: &mut Vec<Note>,
) -> Result<f64, Error> {
    let place = format!("{series}/data");
    let unit = tree.text_attribute(&place, "unit");
    if let Some(scale) = options.scale {
        notes.push(Note::Read(format!(
            "one unit of {series}{} is {scale} cm, as --scale says",
            unit.map_or(String::new(), |unit| format!(" ({unit})"))
        )));
        return Ok(scale);
    }
    let Some(unit) = unit else {
        notes.push(Note::Assumed {
            what: format!("the unit of {series}"),
            taken: "the metre, which is the format's,".to_owned(),
        });
        return Ok(100.0);
    };
    let word = unit.trim().to_ascii_lowercase();
    Ok(match word.as_str() {
        "m" | "meter" | "meters" | "metre" | "metres" => 100.0,
        "dm" | "decimeter" | "decimeters" | "decimetre" | "decimetres" => 10.0,
        "cm" | "centimeter" | "centimeters" | "centimetre" | "centimetres" => 1.0,
        "mm" | "millimeter" | "millimeters" | "millimetre" | "millimetres" => 0.1,
        "um" | "µm" | "micrometer" | "micrometers" | "micrometre" | "micrometres" | "micron"
        | "microns" => 1e-4,
        "in" | "inch" | "inches" => 2.54,
        _ => {
            return Err(Error::UnknownUnit {
                file: tree.path.to_owned(),
                variable: place,
                unit,
            });
        }
    })
}

/// Several series one after the other, in time order; series that overlap in time are a choice.
fn join(tree: &Tree<'_>, mut parts: Vec<Part>) -> Result<Option<Trajectory>, Error> {
    parts.sort_by(|a, b| f64::total_cmp(&a.clock.time[0], &b.clock.time[0]));
    let overlap = parts
        .windows(2)
        .any(|pair| !(pair[1].clock.time[0] > *pair[0].clock.time.last().unwrap_or(&f64::NAN)));
    let alike = parts
        .windows(2)
        .all(|pair| pair[0].axes.len() == pair[1].axes.len());
    if overlap || !alike {
        return Err(Error::Ambiguous {
            file: tree.path.to_owned(),
            what: if overlap {
                "several series of the position cover the same time".to_owned()
            } else {
                "series of the position are of a line and of the plane".to_owned()
            },
            choices: parts.into_iter().map(|part| part.path).collect(),
            option: "--position NAME",
        });
    }
    let joined = parts.into_iter().reduce(|mut joined, part| {
        joined.clock.time.extend(part.clock.time);
        joined.clock.durations.extend(part.clock.durations);
        for (axis, more) in joined.axes.iter_mut().zip(part.axes) {
            axis.extend(more);
        }
        joined
    });
    Ok(joined.map(|Part { clock, axes, .. }| {
        let mut axes = axes.into_iter();
        let position = match (axes.next(), axes.next()) {
            (Some(x), Some(y)) => Some(Position::Plane { x, y }),
            (x, _) => x.map(Position::Line),
        };
        Trajectory { position, ..clock }
    }))
}

/// What looks wrong with a position and is not changed.
fn suspicion(trajectory: &Trajectory) -> Option<Note> {
    let axes = trajectory.position.iter().flat_map(Position::axes);
    let spans = axes.map(|axis| {
        let (low, high) = range(axis);
        high - low
    });
    let span = spans.fold(0.0, f64::max);
    let odd = span > 1000.0 || (span < 2.0 && span > 0.0);
    odd.then(|| {
        Note::Read(format!(
            "the position spans {span:.3} cm: if its unit is another, say so with --scale"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::stated_marker;

    #[test]
    fn a_marker_is_read_from_the_sentence_that_states_it() {
        let led = "Values of -1 indicate that LED detection failed.";
        assert_eq!(stated_marker(led), Some(-1.0));
        assert_eq!(
            stated_marker("In px. A value of 0.5 means lost tracking. Fine."),
            Some(0.5)
        );
        assert_eq!(
            stated_marker("The value -1, if any, means lost"),
            Some(-1.0)
        );
        assert_eq!(
            stated_marker("Values of -1 are the left end of the track."),
            None
        );
        assert_eq!(stated_marker("no comments"), None);
    }
}
