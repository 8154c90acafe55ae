//! Where the animal was: the series that holds it, its unit, and what of it is lost.

use super::Choices;
use super::series::{clock, values};
use super::tree::{Tree, Typed, parent_of};
use crate::Error;
use crate::recording::{Note, Place, Position, Trajectory};

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
    let chosen = match choose(tree, options)? {
        Ok(chosen) => chosen,
        Err(note) => return Ok(Err(note)),
    };
    let mut notes = chosen.notes;
    let mut parts = Vec::new();
    for series in &chosen.series {
        if let Some(part) = part(tree, series, options, &mut notes)? {
            parts.push(part);
        }
    }
    if parts.is_empty() {
        return Ok(Err(Note::NoTrajectory));
    }
    let trajectory = join(tree, parts)?;
    notes.extend(trajectory.notes());
    notes.extend(suspicions(&trajectory));
    Ok(Ok(Place { trajectory, notes }))
}

struct Chosen {
    series: Vec<String>,
    notes: Vec<Note>,
}

/// The series of the position: those named, else those of the one `Position` container, else the
/// one `SpatialSeries` that is not an angle.
fn choose(tree: &Tree<'_>, options: &Choices) -> Result<Result<Chosen, Note>, Error> {
    let mut all = tree.of_type("processing", &["SpatialSeries"]);
    all.extend(tree.of_type("acquisition", &["SpatialSeries"]));
    all.extend(tree.of_type("scratch", &["SpatialSeries"]));
    all.extend(tree.of_type("analysis", &["SpatialSeries"]));
    let choices = |all: &[Typed]| all.iter().map(|series| series.path.clone()).collect();
    let ambiguous = |what: &str, of: &[Typed]| Error::Ambiguous {
        file: tree.path.to_owned(),
        what: what.to_owned(),
        choices: choices(of),
        option: "--position NAME",
    };
    let paths = |of: &[Typed]| of.iter().map(|series| series.path.clone()).collect();
    if let Some(wanted) = &options.position {
        let named: Vec<Typed> = all
            .iter()
            .filter(|series| series.is_called(wanted))
            .cloned()
            .collect();
        let containers = containers(&named);
        return match containers.len() {
            0 => Err(ambiguous(
                &format!("no spatial series is called {wanted:?}; there are"),
                &all,
            )),
            1 => Ok(Ok(Chosen {
                series: paths(&named),
                notes: Vec::new(),
            })),
            _ => Err(ambiguous(
                &format!("several spatial series are called {wanted:?}"),
                &named,
            )),
        };
    }
    let in_position: Vec<Typed> = all
        .iter()
        .filter(|series| tree.kind(parent_of(&series.path)) == "Position")
        .cloned()
        .collect();
    match containers(&in_position).len() {
        0 => {}
        1 => {
            let series = paths(&in_position);
            let notes = Vec::new();
            return Ok(Ok(Chosen { series, notes }));
        }
        _ => {
            return Err(ambiguous(
                "several Position containers hold a path",
                &in_position,
            ));
        }
    }
    let loose: Vec<Typed> = all
        .iter()
        .filter(|series| !is_angle(tree, series))
        .cloned()
        .collect();
    match &loose[..] {
        [] => Ok(Err(looked(tree, &all))),
        [only] => Ok(Ok(Chosen {
            series: vec![only.path.clone()],
            notes: vec![Note::Assumed {
                what: "which series is the position (there is no Position container)".to_owned(),
                taken: format!("{}, the only spatial series that is no angle,", only.path),
            }],
        })),
        _ => Err(ambiguous(
            "several spatial series may be the position",
            &loose,
        )),
    }
}

fn containers(series: &[Typed]) -> Vec<&str> {
    let mut containers: Vec<&str> = series
        .iter()
        .map(|series| parent_of(&series.path))
        .collect();
    containers.dedup();
    containers
}

fn is_angle(tree: &Tree<'_>, series: &Typed) -> bool {
    let unit = tree.text_attribute(&format!("{}/data", series.path), "unit");
    let unit = unit.unwrap_or_default().to_ascii_lowercase();
    NO_PLACES.contains(&tree.kind(parent_of(&series.path)).as_str())
        || ANGLES.contains(&unit.as_str())
}

fn looked(tree: &Tree<'_>, angles: &[Typed]) -> Note {
    let mut beside: Vec<String> = angles.iter().map(|series| series.path.clone()).collect();
    for module in ["processing", "acquisition"] {
        let members = tree.members(module);
        beside.extend(members.iter().map(|member| format!("{module}/{member}")));
    }
    Note::Read(format!(
        "no position: looked in processing, acquisition, scratch and analysis for a Position \
         container or a SpatialSeries; there are {}",
        if beside.is_empty() {
            "none".to_owned()
        } else {
            beside.join(", ")
        }
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
    let mut axes: Vec<Vec<f64>> = (0..width.min(2))
        .map(|axis| {
            let axis = read.values.iter().skip(axis).step_by(width);
            axis.map(|value| value * cm).collect()
        })
        .collect();
    if width > 2 {
        notes.push(Note::Read(format!(
            "{series} has {width} columns; the first two were taken for x and y"
        )));
    }
    if let Some((marker, source)) = marker {
        let count = lost.iter().filter(|lost| **lost).count();
        for axis in &mut axes {
            for (value, lost) in axis.iter_mut().zip(&lost) {
                if *lost {
                    *value = f64::NAN;
                }
            }
        }
        notes.push(Note::Read(format!(
            "{count} samples of {series} are {marker}, which marks lost tracking ({source})"
        )));
    }
    for axis in &mut axes {
        // What is not finite is no place, as NaN is none.
        for value in axis {
            if value.is_infinite() {
                *value = f64::NAN;
            }
        }
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
            let words: Vec<&str> = sentence.split_whitespace().collect();
            let at = words
                .iter()
                .position(|word| matches!(*word, "value" | "values"))?;
            words.iter().skip(at + 1).take(3).find_map(|word| {
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
fn join(tree: &Tree<'_>, mut parts: Vec<Part>) -> Result<Trajectory, Error> {
    parts.sort_by(|a, b| f64::total_cmp(&a.clock.time[0], &b.clock.time[0]));
    let overlap = parts
        .windows(2)
        .any(|pair| !(pair[1].clock.time[0] > *pair[0].clock.time.last().unwrap_or(&f64::NAN)));
    let dimensions = parts.iter().map(|part| part.axes.len());
    let alike = dimensions.clone().min() == dimensions.max();
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
    let mut parts = parts.into_iter();
    let first = parts.next();
    let Some(Part {
        mut clock,
        mut axes,
        ..
    }) = first
    else {
        return Err(tree.wrong("processing", "a series of the position", "none"));
    };
    for part in parts {
        clock.time.extend(part.clock.time);
        clock.durations.extend(part.clock.durations);
        for (axis, more) in axes.iter_mut().zip(part.axes) {
            axis.extend(more);
        }
    }
    let mut axes = axes.into_iter();
    let position = match (axes.next(), axes.next()) {
        (Some(x), Some(y)) => Some(Position::Plane { x, y }),
        (Some(x), None) => Some(Position::Line(x)),
        _ => None,
    };
    Ok(Trajectory { position, ..clock })
}

/// What looks wrong with a position and is not changed.
fn suspicions(trajectory: &Trajectory) -> Vec<Note> {
    let axes: Vec<&[f64]> = match &trajectory.position {
        Some(Position::Line(x)) => vec![x],
        Some(Position::Plane { x, y }) => vec![x, y],
        None => Vec::new(),
    };
    let mut notes = Vec::new();
    let mut span: f64 = 0.0;
    for axis in &axes {
        let finite = axis.iter().copied().filter(|value| value.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        span = span.max(high - low);
    }
    if span > 1000.0 || (span < 2.0 && span > 0.0) {
        notes.push(Note::Read(format!(
            "the position spans {span:.3} cm: if its unit is another, say so with --scale"
        )));
    }
    notes
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
