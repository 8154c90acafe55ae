//! Rate maps at several times (Figure 2D).

use drift_sim::metrics::{Ends, Smoothing};
use nalgebra::DMatrix;

use super::axis::Axis;
use super::heat::{HeatMap, colour_bar};
use super::live::{MapsData, Shown};
use super::sheet::{Anchor, Rect, Type};
use super::style::{ColourScale, LABEL_TEXT, TITLE_TEXT, finite_range};
use super::{Figure, FigureError};

/// How recorded maps are smoothed to be shown; what is computed uses unsmoothed maps.
pub const SHOWN_SMOOTHING: Smoothing = Smoothing::Normalised {
    sigma_bins: 1.0,
    ends: Ends::Open,
};

/// Indices of `most` of `count` times, or of all where there are fewer, evenly spread.
pub fn evenly_spread(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let parts = count.min(most);
    (0..parts).map(move |part| part * (count - 1) / (parts - 1).max(1))
}

/// Rate maps of all units at one time.
#[derive(Debug, Clone)]
pub struct MapsAtTime {
    /// Title of the column, e.g. `step 10⁴` or `day 3`.
    pub title: String,
    /// Smoothed rates (bins × units).
    pub rates: DMatrix<f64>,
    /// Whether each unit counts as a place unit at this time.
    pub place: Vec<bool>,
}

impl MapsAtTime {
    /// Place units ordered by the bin of their peak; ties keep the units' own order.
    pub fn order_by_peak(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.rates.ncols())
            .filter(|&unit| self.place[unit])
            .collect();
        order.sort_by_key(|&unit| peak_bin(&self.rates, unit));
        order
    }

    /// Units in `order` as rows, each divided by its own largest rate; silent units are 0,
    /// units without a map (all NaN) stay NaN.
    pub(super) fn rows(&self, order: &[usize]) -> DMatrix<f64> {
        let peaks: Vec<f64> = order
            .iter()
            .map(|&unit| {
                finite_range(self.rates.column(unit).iter().copied()).map_or(0.0, |range| range.1)
            })
            .collect();
        DMatrix::from_fn(order.len(), self.rates.nrows(), |row, bin| {
            let rate = self.rates[(bin, order[row])];
            if rate.is_nan() || peaks[row] > 0.0 {
                rate / peaks[row]
            } else {
                0.0
            }
        })
    }
}

/// First bin of the largest rate of `unit`.
fn peak_bin(rates: &DMatrix<f64>, unit: usize) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (bin, rate) in rates.column(unit).iter().enumerate() {
        if *rate > best.1 {
            best = (bin, *rate);
        }
    }
    best.0
}

/// What a square of rate maps is called and how its axes read.
#[derive(Debug, Clone, Copy)]
pub struct MapLabels<'a> {
    /// File name without its ending.
    pub stem: &'a str,
    /// Heading.
    pub title: &'a str,
    /// How to read it.
    pub explanation: &'a str,
    /// Label of the position axis, with its unit.
    pub position: &'a str,
    /// First and last position.
    pub extent: (f64, f64),
    /// What a row is: `place units` or `cells`.
    pub units: &'a str,
}

/// Figure 2D of the `chosen` times: row i shows the place units of time i ordered by their peak at
/// time i, column j their maps at time j. The diagonal is ordered by construction; how fast the
/// order is lost away from it is the drift. The page's slider goes over all times.
pub fn sorted_by_each_time(
    all: &[MapsAtTime],
    chosen: &[usize],
    labels: MapLabels<'_>,
) -> Result<Figure, FigureError> {
    let times: Vec<&MapsAtTime> = chosen.iter().map(|&index| &all[index]).collect();
    let slider = MapsData::of(all, labels)?;
    let count = times.len();
    let (left, top, bottom, right) = (92.0, 46.0, 56.0, 84.0);
    let cell = (840.0 / count.max(1) as f64).clamp(100.0, 210.0);
    let gap = 12.0;
    let span = cell * count as f64 + gap * (count as f64 - 1.0);
    let size = (left + span + right, top + span + bottom);
    let scale = ColourScale::UNIT;
    Figure::draw(
        labels.stem,
        labels.title,
        labels.explanation,
        size,
        |sheet| {
            sheet.show(Shown::Maps(slider));
            for (row, sorting) in times.iter().enumerate() {
                let order = sorting.order_by_peak();
                for (column, time) in times.iter().enumerate() {
                    let plot = Rect::new(
                        left + column as f64 * (cell + gap),
                        top + row as f64 * (cell + gap),
                        cell,
                        cell,
                    );
                    let axis = Axis::linear("", labels.extent.0, labels.extent.1);
                    let title = if row == 0 { time.title.as_str() } else { "" };
                    HeatMap {
                        title: title.to_owned(),
                        values: time.rows(&order),
                        scale,
                        x: (row + 1 == count).then_some(axis),
                        y: None,
                    }
                    .draw(sheet, plot)?;
                }
                let middle = top + row as f64 * (cell + gap) + cell / 2.0;
                let by = format!("sorted by {}", sorting.title);
                let (bold, plain) = (Type::bold(TITLE_TEXT - 1.0), Type::plain(LABEL_TEXT - 0.5));
                sheet.text(&by, (34.0, middle), Anchor::Upwards, bold)?;
                let rows = format!("{} {}", order.len(), labels.units);
                sheet.text(&rows, (60.0, middle), Anchor::Upwards, plain)?;
            }
            let below = (left + span / 2.0, top + span + 32.0);
            sheet.text(labels.position, below, Anchor::Top, Type::plain(LABEL_TEXT))?;
            let bar = Rect::new(left + span + 18.0, top, 14.0, cell.min(span));
            colour_bar(sheet, bar, scale, "rate / peak rate")
        },
    )
}

/// Each time's place units ordered by themselves, four panels in a row.
pub fn sorted_by_themselves(
    times: &[&MapsAtTime],
    labels: MapLabels<'_>,
) -> Result<Figure, FigureError> {
    let columns = times.len().clamp(1, 4);
    let rows = times.len().div_ceil(columns).max(1);
    let (left, top, gap_x, gap_y, cell) = (66.0, 46.0, 66.0, 92.0, 170.0);
    let width = left + columns as f64 * (cell + gap_x) + 40.0;
    let height = top + rows as f64 * (cell + gap_y);
    let scale = ColourScale::UNIT;
    Figure::draw(
        labels.stem,
        labels.title,
        labels.explanation,
        (width, height),
        |sheet| {
            for (index, time) in times.iter().enumerate() {
                let (row, column) = (index / columns, index % columns);
                let plot = Rect::new(
                    left + column as f64 * (cell + gap_x),
                    top + row as f64 * (cell + gap_y),
                    cell,
                    cell,
                );
                let order = time.order_by_peak();
                let (low, high) = labels.extent;
                HeatMap {
                    title: time.title.clone(),
                    values: time.rows(&order),
                    scale,
                    x: Some(Axis::linear(labels.position, low, high)),
                    y: Some(Axis::rows(labels.units, order.len())),
                }
                .draw(sheet, plot)?;
            }
            let x = left + columns as f64 * (cell + gap_x) - gap_x + 16.0;
            let bar = Rect {
                x,
                y: top,
                width: 14.0,
                height: cell,
            };
            colour_bar(sheet, bar, scale, "rate / peak rate")
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bump(bins: usize, peak: f64) -> Vec<f64> {
        (0..bins)
            .map(|bin| (-(bin as f64 - peak).powi(2) / 8.0).exp())
            .collect()
    }

    fn maps(peaks: &[f64]) -> MapsAtTime {
        let columns: Vec<f64> = peaks.iter().flat_map(|peak| bump(20, *peak)).collect();
        MapsAtTime {
            title: "step 1".into(),
            rates: DMatrix::from_vec(20, peaks.len(), columns),
            place: vec![true; peaks.len()],
        }
    }

    #[test]
    fn units_are_ordered_by_the_bin_of_their_peak() {
        let mut maps = maps(&[12.0, 3.0, 7.0, 5.0]);
        maps.place[3] = false;
        assert_eq!(maps.order_by_peak(), [1, 2, 0]);
        let rows = maps.rows(&[1, 2, 0]);
        assert_eq!(rows.shape(), (3, 20));
        assert_eq!((rows[(0, 3)], rows[(1, 7)], rows[(2, 12)]), (1.0, 1.0, 1.0));
    }

    #[test]
    fn shown_times_go_from_the_first_to_the_last() {
        let shown = |count, most| evenly_spread(count, most).collect::<Vec<_>>();
        assert_eq!(shown(0, 4), [0; 0]);
        assert_eq!(shown(1, 4), [0]);
        assert_eq!(shown(3, 4), [0, 1, 2]);
        assert_eq!(shown(15, 8), [0, 2, 4, 6, 8, 10, 12, 14]);
    }

    #[test]
    fn silent_units_are_zero_and_missing_ones_stay_missing() {
        let maps = MapsAtTime {
            title: String::new(),
            rates: DMatrix::from_columns(&[
                nalgebra::DVector::from_element(4, 0.0),
                nalgebra::DVector::from_element(4, f64::NAN),
            ]),
            place: vec![true; 2],
        };
        let rows = maps.rows(&[0, 1]);
        assert!(rows.row(0).iter().all(|rate| *rate == 0.0));
        assert!(rows.row(1).iter().all(|rate| rate.is_nan()));
    }

    #[test]
    fn a_square_of_maps_has_one_image_a_cell_and_a_colour_bar() {
        let times = [maps(&[12.0, 3.0]), maps(&[2.0, 9.0])];
        let labels = MapLabels {
            stem: "rate_maps",
            title: "t",
            explanation: "e",
            position: "position (units)",
            extent: (-5.0, 5.0),
            units: "place units",
        };
        let figure = sorted_by_each_time(&times, &[0, 1], labels).expect("drawn");
        assert_eq!(figure.svg.matches("<image").count(), 5);
        assert!(figure.svg.contains("2 place units"));
    }
}
