//! The figures of one animal or run, and of all of them over the time between.

use drift_sim::code::{AtLag, CodeAt, CodeOverTime};
use drift_sim::metrics::statistics::Mean;
use nalgebra::DMatrix;
use plotters::prelude::RGBColor;

use super::Analysed;
use crate::error::CliError;
use crate::figures::Figure;
use crate::figures::axis::{Axis, steps};
use crate::figures::correlation::{Correlations, correlation_over_time};
use crate::figures::days::{Measure, naive_against_corrected, over_days};
use crate::figures::maps::{
    MapLabels, MapsAtTime, SHOWN_SMOOTHING, evenly_spread, sorted_by_each_time,
    sorted_by_themselves,
};
use crate::figures::panel::{Curve, Mark, Panel, Series};
use crate::figures::panels_with_legend;
use crate::figures::style::{BLUE, GREEN, ORANGE, VERMILLION, finite_range};

/// A value of each time, with its error.
type Value = fn(&CodeAt) -> Mean;

fn exact(value: f64) -> Mean {
    Mean::of([value])
}

/// A share of cells; NaN where one of the numbers is not known.
pub fn ratio(part: Option<usize>, whole: Option<usize>) -> f64 {
    part.zip(whole)
        .map_or(f64::NAN, |(part, whole)| part as f64 / whole as f64)
}

/// Measures of every animal and environment over its times, in their own units.
pub fn over_time(all: &[Analysed]) -> Result<Vec<Figure>, CliError> {
    let values: [(&str, &str, Value); 6] = [
        ("Active cells", "share of cells found", |at| {
            exact(ratio(Some(at.active_units()), Some(at.units.len())))
        }),
        ("Place cells", "share of tested cells", |at| {
            exact(ratio(at.place_units(), at.tested_units()))
        }),
        (
            "Spatial information",
            "mean SI (bits/spike)",
            CodeAt::information,
        ),
        (
            "Information above chance",
            "mean SI (bits/spike)",
            CodeAt::information_above_chance,
        ),
        (
            "Corrected information (SSR)",
            "mean SI (bits/spike)",
            |at| at.corrected(|bits| bits.ssr),
        ),
        ("Active fraction", "share of cells × samples", |at| {
            exact(at.active_fraction)
        }),
    ];
    let mut figures = Vec::new();
    for (simulated, stem, title) in [
        (true, "steps", "A run over training"),
        (false, "days", "Each recording over time"),
    ] {
        let codes: Vec<&CodeOverTime> = all
            .iter()
            .map(|analysed| &analysed.code)
            .filter(|code| code.population.simulated == simulated)
            .collect();
        let Some(first) = codes.first() else { continue };
        let unit = first.time_unit();
        let same = codes.iter().all(|code| code.time_unit() == unit);
        let unit = if same { unit } else { "day or session" };
        let mut measures: Vec<Measure> = values
            .iter()
            .map(|(name, axis, value)| {
                let curves = codes.iter().map(|code| curve(code, *value)).collect();
                ((*name).to_owned(), (*axis).to_owned(), curves)
            })
            .collect();
        measures.retain(|(_, _, curves)| {
            let mut values = curves.iter().flat_map(|curve| &curve.mean);
            values.any(|value| value.is_finite())
        });
        figures.push(over_days(
            stem,
            title,
            "Bars are the standard error over cells and directions. Where cells are registered \
             across days, a silent cell may be one that was not found. Information above chance is \
             what is left after the mean of shuffled activity is taken off; for cells with few \
             events the naive value is mostly bias.",
            unit,
            &measures,
        )?);
    }
    Ok(figures)
}

fn curve(code: &CodeOverTime, value: Value) -> Curve {
    let values: Vec<Mean> = code.times.iter().map(value).collect();
    Curve {
        label: code.population.name(),
        x: code.time(),
        mean: values.iter().map(|mean| mean.mean).collect(),
        error: values.iter().map(|mean| mean.standard_error).collect(),
    }
}

/// Corrected against naive information of every cell, where any was corrected.
pub fn bias(all: &[Analysed]) -> Result<Option<Figure>, CliError> {
    let groups: Vec<(String, Vec<(f64, f64)>)> = all
        .iter()
        .map(|Analysed { code, .. }| {
            let measures = code.times.iter().flat_map(|at| &at.measures);
            let points = measures.filter_map(|measures| {
                let (bits, _) = measures.corrected.as_ref()?;
                (bits.naive.is_finite() && bits.ssr.is_finite()).then_some((bits.naive, bits.ssr))
            });
            (code.population.name(), points.collect())
        })
        .filter(|(_, points): &(String, Vec<(f64, f64)>)| !points.is_empty())
        .collect();
    if groups.is_empty() {
        return Ok(None);
    }
    Ok(Some(naive_against_corrected(&groups, "bits/spike")?))
}

/// Similarity against the time between; a column a recording or run whose units are known.
pub fn over_lag(all: &[Analysed]) -> Result<Option<Figure>, CliError> {
    let lags: Vec<(&CodeOverTime, Vec<AtLag>)> = all
        .iter()
        .map(|analysed| (&analysed.code, analysed.code.by_lag()))
        .filter(|(_, lags)| {
            lags.iter()
                .any(|lag| lag.moments > 0 && lag.pv_correlation.is_finite())
        })
        .collect();
    if lags.is_empty() {
        return Ok(None);
    }
    let lowest = lags.iter().flat_map(|(_, lags)| lags).flat_map(|lag| {
        let corrected = lag.corrected_rate_map_correlation;
        [lag.rate_map_correlation, lag.pv_correlation, corrected]
    });
    let (low, high) = finite_range(lowest).unwrap_or((0.0, 1.0));
    let (low, high) = (low.min(0.0), high.max(1.0));
    type Similarity = fn(&AtLag) -> f64;
    let values: [(&str, Similarity, _); 4] = [
        (
            "rate maps by matched halves",
            |lag| lag.corrected_rate_map_correlation,
            ORANGE,
        ),
        ("rate maps, Pearson r", |lag| lag.rate_map_correlation, BLUE),
        (
            "population vectors, Pearson r",
            |lag| lag.pv_correlation,
            GREEN,
        ),
        ("turnover ratio", |lag| lag.turnover_ratio, VERMILLION),
    ];
    let drawn: Vec<Panel> = lags
        .iter()
        .map(|(code, lags)| {
            let range = finite_range(lags.iter().map(|lag| lag.time)).unwrap_or((0.0, 1.0));
            let y = Axis::linear("similarity", low * 1.1, high * 1.04);
            let mut panel = Panel::new(code.population.name(), time_between(code, range), y);
            for (name, value, colour) in values {
                let points: Vec<(f64, f64)> = lags
                    .iter()
                    .map(|lag| (lag.time, value(lag)))
                    .filter(|(_, value)| value.is_finite())
                    .collect();
                if points.is_empty() {
                    continue;
                }
                line_with_dots(&mut panel, name, points, colour);
            }
            panel
        })
        .collect();
    in_a_row(
        "lags",
        "Similarity against the time between",
        "Means over all pairs of times so many snapshots or sessions apart. Two noisy sessions of \
         the same code are not perfectly correlated, which lowers all lags above 0 of a recording \
         alike. Matched halves take that out: 1 is a code that stands still, whatever the noise; \
         identities gone wrong still look like drift. A mean over sessions in different maps of the \
         same track mixes switches with drift: see the matrix of each recording.",
        &drawn,
    )
}

/// The axis of the time between two sessions or snapshots, over a range and a little more.
fn time_between(code: &CodeOverTime, (first, last): (f64, f64)) -> Axis {
    let margin = 0.03 * (last - first).max(f64::EPSILON);
    let name = format!("time between ({}s)", code.time_unit());
    Axis::linear(name, first - margin, last + margin)
}

fn line_with_dots(panel: &mut Panel, name: &str, points: Vec<(f64, f64)>, colour: RGBColor) {
    panel.push(Series::new(name, points.clone(), colour, Mark::Line(1.8)));
    panel.push(Series::new("", points, colour, Mark::Dots(3.0, 1.0)));
}

/// Up to five panels side by side, and more below them.
fn in_a_row(
    stem: &str,
    title: &str,
    explanation: &str,
    drawn: &[Panel],
) -> Result<Option<Figure>, CliError> {
    let size = ((1060.0 / drawn.len() as f64).clamp(212.0, 530.0), 320.0);
    Ok(Some(panels_with_legend(
        stem,
        title,
        explanation,
        drawn,
        5,
        size,
    )?))
}

/// What a decoder of one time tells of another, against the time between; a column a recording or
/// run.
pub fn decoding<'a>(
    codes: impl Iterator<Item = &'a CodeOverTime>,
) -> Result<Option<Figure>, CliError> {
    let mut drawn = Vec::new();
    for code in codes {
        let decoding = code
            .pairs
            .as_ref()
            .and_then(|pairs| pairs.decoding.as_ref());
        let Some(decoding) = decoding else { continue };
        let chance = Mean::of(decoding.chance.iter().copied()).mean;
        let points: Vec<(f64, f64)> = code
            .by_lag()
            .iter()
            .map(|lag| (lag.time, lag.decoding_error))
            .filter(|(time, error)| time.is_finite() && error.is_finite())
            .collect();
        let (Some((first, last)), Some((_, highest))) = (
            finite_range(points.iter().map(|point| point.0)),
            finite_range(points.iter().map(|point| point.1).chain([chance])),
        ) else {
            continue;
        };
        let x = time_between(code, (first, last));
        let y = Axis::linear("mean error (bins)", 0.0, 1.05 * highest);
        let mut panel = Panel::new(code.population.name(), x, y);
        line_with_dots(&mut panel, "decoder of the earlier time", points, BLUE);
        let level = [(first, chance), (last, chance)];
        drawn.push(panel.with(Series::new("chance", level, VERMILLION, Mark::Line(1.0))));
    }
    if drawn.is_empty() {
        return Ok(None);
    }
    in_a_row(
        "decoding",
        "A decoder's error against the time between",
        "A Poisson decoder (uniform prior, windows of 1 s, of a run single samples) is trained on one \
         session or snapshot and tested on a later one; at 0 a session's is tested on other laps of \
         its own, with as many laps to learn from, and a snapshot's on itself, as it has no noise. The \
         rise above the value at 0 is drift. Cells found in both; a place passed in the other direction \
         counts as one bin away.",
        &drawn,
    )
}

/// Maps of up to eight times: sorted by each of them where the units are known across them, else
/// each by itself.
pub fn maps(code: &CodeOverTime, index: usize) -> Result<Figure, CliError> {
    let known = code.population.registered;
    let shown: Vec<usize> = evenly_spread(code.times.len(), 8).collect();
    let mut times = Vec::new();
    for at in &code.times {
        let smoothed = at.map.smoothed(&SHOWN_SMOOTHING)?.rates;
        let chosen =
            |unit: usize| at.active[unit] && at.place.as_ref().is_none_or(|place| place[unit]);
        let (rates, place) = match known {
            Some(units) => {
                // A unit that was not found at this time has no map.
                let mut rates = DMatrix::from_element(smoothed.nrows(), units, f64::NAN);
                let mut place = vec![false; units];
                for (column, unit) in at.units.iter().enumerate() {
                    if let Some(identity) = unit.identity {
                        rates.set_column(identity, &smoothed.column(column));
                        place[identity] = chosen(column);
                    }
                }
                (rates, place)
            }
            None => (smoothed, (0..at.units.len()).map(chosen).collect()),
        };
        let title = match at.when.step {
            Some(step) => format!("step {}", steps(step as f64)),
            None => at.label.clone(),
        };
        times.push(MapsAtTime {
            title,
            rates,
            place,
        });
    }
    let bins = code.times.first().map_or(1, |at| at.map.bins());
    let mut measures = code.times.iter().flat_map(|at| &at.measures);
    let two = measures.any(|measures| measures.direction.is_some());
    let tested = code.times.iter().any(|at| at.place.is_some());
    let stem = format!("rate_maps_{}", index + 1);
    let mut labels = MapLabels {
        stem: &stem,
        title: "Rate maps of each session",
        explanation: "One row a cell, divided by its own peak and ordered by where it peaks in \
            that session. The files do not say which cell of one session is which of another, so \
            that every session is ordered by itself and nothing can be said of drift.",
        position: if two {
            "place bin (running right, then left)"
        } else {
            "place bin"
        },
        extent: (0.0, bins as f64),
        units: if tested {
            "place cells"
        } else {
            "active cells"
        },
    };
    if known.is_some() {
        labels.title = "Rate maps sorted by each session (as Figure 2D)";
        labels.explanation = "Each row of panels takes the cells of one time, ordered by where \
            they peak at that time, and shows the same cells at all times (columns), every \
            cell divided by its own peak. Grey: a cell not found at that time, or a bin not visited.";
        return Ok(sorted_by_each_time(&times, &shown, labels)?);
    }
    let times: Vec<&MapsAtTime> = shown.iter().map(|&index| &times[index]).collect();
    Ok(sorted_by_themselves(&times, labels)?)
}

/// Correlations of population vectors and rate maps between all times.
pub fn correlations(code: &CodeOverTime, index: usize) -> Result<Vec<Figure>, CliError> {
    let Some(pairs) = code.pairs.as_ref().filter(|_| code.times.len() > 1) else {
        return Ok(Vec::new());
    };
    let times = code.time();
    let rising = times.windows(2).all(|pair| pair[1] > pair[0]);
    let numbers: Vec<f64> = (1..=times.len()).map(|number| number as f64).collect();
    let mut figures = Vec::new();
    let naive = "Over cells that are active at both times. A decay away from the diagonal is drift \
        and the noise of short sessions together; a block structure means that the animal switched \
        between maps: a drift rate makes sense only within a map.";
    let halves = "Mean correlation between a half of one session and a half of another, divided by \
        what the halves of each session have with their own other half: 1 is a code that stands \
        still, whatever the noise. All cells found in both sessions. Values above 1 are noise of \
        the estimate. What changes from day to day without drift, and wrong identities, still count.";
    let corrected = pairs.corrected.as_ref();
    let matrices = [
        corrected.map(|pairs| {
            (
                &pairs.rate_map,
                "rate maps by matched halves",
                "halves",
                halves,
            )
        }),
        Some((
            &pairs.correlations.pv_correlation,
            "population vectors",
            "population",
            naive,
        )),
        Some((
            &pairs.correlations.rate_map_correlation,
            "rate maps",
            "maps",
            naive,
        )),
    ];
    for (matrix, what, stem, explanation) in matrices.into_iter().flatten() {
        figures.push(correlation_over_time(
            Correlations {
                times: if rising { &times } else { &numbers },
                axis: if rising { code.time_unit() } else { "session" },
                matrix,
                quantity: "mean Pearson r",
                of: "rate maps",
            },
            &format!("correlation_{stem}_{}", index + 1),
            &format!("Correlation of {what} over time"),
            explanation,
        )?);
    }
    Ok(figures)
}
