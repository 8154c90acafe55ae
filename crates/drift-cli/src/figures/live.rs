//! What a figure shows, as data. The page's script draws it again for a reader who looks closer:
//! with zoom, values under the pointer, and a slider over time.

use base64::Engine as _;
use nalgebra::DMatrix;
use plotters::prelude::RGBColor;
use serde::Serialize;

use super::FigureError;
use super::axis::{Axis, Scale};
use super::clip::kept;
use super::frame::Side;
use super::maps::{MapLabels, MapsAtTime, evenly_spread};
use super::panel::{Mark, Panel};
use super::pixels::png_of;
use super::sheet::Rect;
use super::style::ColourScale;

/// Times among which a slider chooses: what it shows grows with them.
const MOST_TIMES: usize = 40;

/// One thing that a figure shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// A panel of curves and points.
    Panel(PanelData),
    /// A heat map, whose values are in the drawing's own image.
    Heat(HeatData),
    /// Rate maps at many times.
    Maps(MapsData),
    /// A part that is no data, so that the drawing has to stay.
    Drawing,
}

/// An axis: `[low, high]` are the values at its ends.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AxisData {
    label: String,
    log: bool,
    range: [f64; 2],
    /// Values that the figure wants marked, and how.
    ticks: Option<Vec<(f64, String)>>,
}

impl AxisData {
    fn of(axis: &Axis) -> Self {
        let ticks = axis.fixed_ticks.as_ref();
        Self {
            label: axis.label.clone(),
            log: axis.scale == Scale::Log,
            range: [axis.low, axis.high],
            ticks: ticks.map(|all| all.iter().map(|at| (at.value, at.text.clone())).collect()),
        }
    }
}

/// A panel's axes and series; `plot` is where it stands in the drawing: x, y, width, height.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PanelData {
    title: String,
    plot: [f64; 4],
    x: AxisData,
    y: AxisData,
    right: Option<AxisData>,
    series: Vec<SeriesData>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct SeriesData {
    label: String,
    colour: String,
    mark: &'static str,
    width: f64,
    right: bool,
    x: Vec<f64>,
    y: Vec<f64>,
    /// Lower edge of a band.
    low: Vec<f64>,
}

/// Digits that a screen can show.
fn rounded(value: f64) -> f64 {
    format!("{value:.6e}").parse().unwrap_or(value)
}

fn colour(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn place(plot: Rect) -> [f64; 4] {
    [plot.x, plot.y, plot.width, plot.height]
}

impl PanelData {
    /// The data of a panel that is drawn in `plot`, thinned as the drawing is.
    pub fn of(panel: &Panel, plot: Rect) -> Self {
        let series = panel.series.iter().map(|series| {
            let vertical = panel.axis_of(series.side);
            let in_pixels = |&(x, y): &(f64, f64)| {
                (
                    panel.x.share(x) * plot.width,
                    vertical.share(y) * plot.height,
                )
            };
            let placed: Vec<(f64, f64)> = series.points.iter().map(in_pixels).collect();
            let indices = kept(&placed);
            let of = |value: fn(&(f64, f64)) -> f64| {
                let values = indices
                    .iter()
                    .map(|&index| rounded(value(&series.points[index])));
                values.collect()
            };
            let (mark, width) = match series.mark {
                Mark::Line(width) => ("line", width),
                Mark::Dashed => ("dashed", 1.6),
                Mark::Band(_) => ("band", 0.0),
                Mark::Dots(radius, _) | Mark::Rings(radius) => ("dots", radius),
            };
            let low = match &series.mark {
                Mark::Band(lows) => indices.iter().map(|&index| rounded(lows[index])).collect(),
                _ => Vec::new(),
            };
            SeriesData {
                label: series.label.clone().unwrap_or_default(),
                colour: colour(series.colour),
                mark,
                width,
                right: series.side == Side::Right && panel.right.is_some(),
                x: of(|point| point.0),
                y: of(|point| point.1),
                low,
            }
        });
        Self {
            title: panel.title.clone(),
            plot: place(plot),
            x: AxisData::of(&panel.x),
            y: AxisData::of(&panel.y),
            right: panel.right.as_ref().map(AxisData::of),
            series: series.collect(),
        }
    }
}

/// A heat map: `image` counts the drawing's images, whose colours stand for `low` to `high`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeatData {
    title: String,
    plot: [f64; 4],
    image: usize,
    low: f64,
    high: f64,
    x: Option<AxisData>,
    y: Option<AxisData>,
}

impl HeatData {
    /// The data of a heat map that is drawn in `plot` as the image of that number.
    pub fn of(heat: &super::heat::HeatMap, plot: Rect, image: usize) -> Self {
        Self {
            title: heat.title.clone(),
            plot: place(plot),
            image,
            low: heat.scale.low,
            high: heat.scale.high,
            x: heat.x.as_ref().map(AxisData::of),
            y: heat.y.as_ref().map(AxisData::of),
        }
    }
}

/// Rate maps at many times, for a slider.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MapsData {
    times: Vec<String>,
    bins: usize,
    /// A unit a row; the maps of all times side by side, each divided by its own peak.
    image: String,
    /// The number of each row's unit.
    units: Vec<usize>,
    /// Of each time, the rows that are shown when it sorts, in the order of their peaks.
    orders: Vec<Vec<usize>>,
    rows: String,
    position: String,
    extent: (f64, f64),
}

impl MapsData {
    /// The maps of evenly chosen times; of the units that have a field at one of them at least.
    pub fn of(all: &[MapsAtTime], labels: MapLabels<'_>) -> Result<Self, FigureError> {
        let times: Vec<&MapsAtTime> = evenly_spread(all.len(), MOST_TIMES)
            .map(|index| &all[index])
            .collect();
        let count = times.first().map_or(0, |time| time.rates.ncols());
        let units: Vec<usize> = (0..count)
            .filter(|&unit| times.iter().any(|time| time.place[unit]))
            .collect();
        let bins = times.first().map_or(0, |time| time.rates.nrows());
        let mut values = DMatrix::zeros(units.len(), bins * times.len());
        for (index, time) in times.iter().enumerate() {
            values
                .columns_mut(index * bins, bins)
                .copy_from(&time.rows(&units));
        }
        let row = |unit: &usize| units.binary_search(unit).ok();
        let orders = times.iter().map(|time| {
            let order = time.order_by_peak();
            order.iter().filter_map(row).collect()
        });
        let scale = ColourScale::UNIT;
        let file = if values.is_empty() {
            Vec::new()
        } else {
            png_of(&values, scale)?
        };
        Ok(Self {
            times: times.iter().map(|time| time.title.clone()).collect(),
            bins,
            image: base64::engine::general_purpose::STANDARD.encode(file),
            orders: orders.collect(),
            units,
            rows: labels.units.to_owned(),
            position: labels.position.to_owned(),
            extent: labels.extent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::style::BLUE;
    use super::*;
    use crate::figures::panel::Series;

    const PLOT: Rect = Rect::new(10.0, 20.0, 300.0, 200.0);

    #[test]
    fn a_panel_of_very_many_points_is_as_large_as_its_drawing() {
        let points = (0..100_000).map(|index| (f64::from(index), f64::from(index % 17)));
        let series = Series::new("a", points, BLUE, Mark::Line(1.0));
        let (x, y) = (Axis::linear("x", 0.0, 1e5), Axis::linear("y", 0.0, 17.0));
        let data = PanelData::of(&Panel::new("t", x, y).with(series), PLOT);
        let [series] = data.series.as_slice() else {
            panic!("{data:?}")
        };
        assert!(series.x.len() <= 4 * 301, "{}", series.x.len());
        assert!(series.y.contains(&16.0) && series.y.contains(&0.0));
        assert_eq!(series.colour, "#0072b2");
    }

    #[test]
    fn maps_hold_the_units_with_a_field_and_their_order_at_each_time() {
        let time = |title: &str, place: [bool; 3]| MapsAtTime {
            title: title.into(),
            rates: DMatrix::from_row_slice(2, 3, &[1.0, 9.0, 5.0, 2.0, 9.0, 1.0]),
            place: place.to_vec(),
        };
        let times = [
            time("one", [true, false, true]),
            time("two", [true, false, false]),
        ];
        let labels = MapLabels {
            stem: "maps",
            title: "t",
            explanation: "e",
            position: "position",
            extent: (0.0, 1.0),
            units: "place units",
        };
        let data = MapsData::of(&times, labels).expect("encoded");
        assert_eq!((data.units, data.bins), (vec![0, 2], 2));
        // Unit 2 peaks in the first bin, unit 0 in the second.
        assert_eq!(data.orders, [vec![1, 0], vec![0]]);
    }
}
