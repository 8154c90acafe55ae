//! Many animals over time: the panels of Figure 3 from rows of `sessions.csv`.

use drift_metrics::cohort::{CohortRow, Series, Trend, cohort, trend};
use drift_metrics::statistics::Mean;
use rand::Rng;

use super::SessionRow;
use crate::Error;

/// What time is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Days as the files number them.
    Day,
    /// Sessions in their environment, from 1.
    Session,
    /// Visits to an environment, from 1. Environments of one animal are pooled cell by cell, as the
    /// paper does for the data of Karlsson et al.
    Exposure,
    /// Minutes recorded in the environment up to the end of the session, to the nearest minute.
    Minutes,
}

impl Axis {
    /// All axes.
    pub const ALL: [Self; 4] = [Self::Day, Self::Session, Self::Exposure, Self::Minutes];

    /// The word in tables and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Session => "session",
            Self::Exposure => "exposure",
            Self::Minutes => "minutes",
        }
    }

    /// The time of a row; `None` where the files do not tell.
    #[must_use]
    pub fn of(self, row: &SessionRow) -> Option<f64> {
        match self {
            Self::Day => row.day,
            Self::Session => Some(row.session_number as f64),
            Self::Exposure => row.exposure.map(f64::from),
            Self::Minutes => row.minutes.map(f64::round),
        }
    }
}

/// What a share of cells is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Denominator {
    /// Cells with enough activity to be tested.
    Tested,
    /// Cells found in the session.
    Found,
    /// Cells known over all sessions, found or not.
    Registered,
}

impl Denominator {
    /// All denominators.
    pub const ALL: [Self; 3] = [Self::Tested, Self::Found, Self::Registered];

    /// The word in tables and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tested => "tested",
            Self::Found => "found",
            Self::Registered => "registered",
        }
    }

    fn of(self, row: &SessionRow) -> Option<f64> {
        match self {
            Self::Tested => row.tested_cells,
            Self::Found => Some(row.found_cells),
            Self::Registered => row.registered_cells,
        }
        .map(|cells| cells as f64)
    }
}

/// What is followed over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quantity {
    /// Number of active cells; over pooled environments their sum (panel B of Figure 3).
    ActiveCells,
    /// Active cells as a share.
    ActiveShare(Denominator),
    /// Place cells as a share (panels A, C and D).
    PlaceShare(Denominator),
    /// Mean naive information of the tested cells, bits per spike.
    Information,
    /// Mean information after scaled shuffle reduction, bits per spike.
    Ssr,
    /// Mean information after bounded asymptotic extrapolation, bits per spike.
    Bae,
    /// The authors' own share of place cells of the cells they found.
    AuthorsPlaceShare,
    /// The authors' own mean information, bits per spike.
    AuthorsInformation,
}

impl Quantity {
    /// Name for tables and figures.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::ActiveCells => "active cells".to_owned(),
            Self::ActiveShare(of) => format!("active cells, share of {}", of.name()),
            Self::PlaceShare(of) => format!("place cells, share of {}", of.name()),
            Self::Information => "information, naive".to_owned(),
            Self::Ssr => "information, corrected (SSR)".to_owned(),
            Self::Bae => "information, corrected (BAE)".to_owned(),
            Self::AuthorsPlaceShare => "place cells, the authors' share of found".to_owned(),
            Self::AuthorsInformation => "information, the authors'".to_owned(),
        }
    }

    /// Sum and weight of a row: pooled rows have Σ sums / Σ weights.
    fn parts(self, row: &SessionRow) -> Option<(f64, f64)> {
        let share = |cells: Option<usize>, of: Denominator| Some((cells? as f64, of.of(row)?));
        let mean = |mean: Option<f64>, values: f64| Some((mean? * values, values));
        match self {
            Self::ActiveCells => Some((row.active_cells as f64, 1.0)),
            Self::ActiveShare(of) => share(Some(row.active_cells), of),
            Self::PlaceShare(of) => share(row.place_cells, of),
            Self::Information => mean(row.mean_si_bits_per_spike, row.si_values as f64),
            Self::Ssr => mean(row.mean_ssr_bits_per_spike, row.corrected_values as f64),
            Self::Bae => mean(row.mean_bae_bits_per_spike, row.corrected_values as f64),
            Self::AuthorsPlaceShare => Some((row.authors_place_cells?, row.authors_found_cells?)),
            Self::AuthorsInformation => {
                mean(row.authors_mean_si_bits_per_spike, row.authors_place_cells?)
            }
        }
    }

    /// The value of rows whose cells are pooled; NaN without any.
    #[must_use]
    pub fn pooled<'a>(self, rows: impl IntoIterator<Item = &'a SessionRow>) -> f64 {
        let (mut sum, mut weight) = (0.0, 0.0);
        for (part, cells) in rows.into_iter().filter_map(|row| self.parts(row)) {
            sum += part;
            weight += cells;
        }
        // Cells of two environments are counted, not averaged.
        if self == Self::ActiveCells && weight > 0.0 {
            sum
        } else {
            sum / weight
        }
    }
}

/// One quantity of a cohort: a curve a panel of Figure 3.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CohortCurve {
    /// What is followed.
    pub quantity: Quantity,
    /// What time is measured in.
    pub axis: Axis,
    /// Each animal that has a value.
    pub animals: Vec<Series>,
    /// Mean ± SEM over animals.
    pub table: Vec<CohortRow>,
    /// Slopes of the animals, and the test of their mean.
    pub trend: Trend,
    /// Animals that could not be normalised, with the reason.
    pub left_out: Vec<String>,
}

impl CohortCurve {
    /// Follows `quantity` over the animals of `rows`.
    ///
    /// Rows of one animal at one time are pooled cell by cell: over all its environments on the
    /// axis of exposure, else within each environment. `normalised` divides each series by its own
    /// first session; a series whose first session has no value or 0 is left out and named. Then the
    /// environments of an animal are averaged, for the animal is the unit of the cohort. `rng` is
    /// drawn from for more than 20 animals only.
    ///
    /// # Errors
    /// [`Error::NoCode`] for a row without a time on the axis.
    pub fn new<R: Rng + ?Sized>(
        rows: &[SessionRow],
        quantity: Quantity,
        axis: Axis,
        normalised: bool,
        rng: &mut R,
    ) -> Result<Self, Error> {
        let (mut animals, mut left_out) = (Vec::new(), Vec::new());
        for animal in groups(rows.iter(), |row| (row.format.clone(), row.subject.clone())) {
            let parts = match axis {
                Axis::Exposure => vec![animal],
                _ => groups(animal, |row| row.environment.clone()),
            };
            let mut curves = Vec::new();
            for rows in parts {
                let series = series(&rows, quantity, axis)?;
                if series.values.iter().all(|(_, value)| value.is_nan()) {
                    continue;
                }
                match normalised.then(|| series.normalised_to_first()).transpose() {
                    Ok(relative) => curves.push(relative.unwrap_or(series)),
                    Err(error) => {
                        let of = rows[0]
                            .environment
                            .as_deref()
                            .filter(|_| axis != Axis::Exposure);
                        let of = of.map_or(String::new(), |name| format!(" {name}"));
                        left_out.push(format!("{}{of}: {error}", series.animal));
                    }
                }
            }
            if !curves.is_empty() {
                animals.push(averaged(curves));
            }
        }
        Ok(Self {
            quantity,
            axis,
            table: cohort(&animals)?,
            trend: trend(&animals, rng)?,
            animals,
            left_out,
        })
    }
}

/// Rows with equal keys together, in the order of their first.
fn groups<'a, K: PartialEq>(
    rows: impl IntoIterator<Item = &'a SessionRow>,
    key: impl Fn(&SessionRow) -> K,
) -> Vec<Vec<&'a SessionRow>> {
    let mut found: Vec<(K, Vec<&SessionRow>)> = Vec::new();
    for row in rows {
        let wanted = key(row);
        match found.iter_mut().find(|(key, _)| *key == wanted) {
            Some((_, rows)) => rows.push(row),
            None => found.push((wanted, vec![row])),
        }
    }
    found.into_iter().map(|(_, rows)| rows).collect()
}

fn series(rows: &[&SessionRow], quantity: Quantity, axis: Axis) -> Result<Series, Error> {
    let mut timed = Vec::with_capacity(rows.len());
    for row in rows {
        let time = axis.of(row).ok_or_else(|| Error::NoCode {
            source_name: format!("session {} of {}", row.session, row.subject),
            missing: axis.name(),
            expected: "another axis, such as session",
        })?;
        timed.push((time, *row));
    }
    timed.sort_by(|one, other| one.0.total_cmp(&other.0));
    let at_once = timed.chunk_by(|one, other| one.0 == other.0);
    Ok(Series {
        animal: rows[0].subject.clone(),
        values: at_once
            .map(|rows| (rows[0].0, quantity.pooled(rows.iter().map(|(_, row)| *row))))
            .collect(),
    })
}

/// The mean of an animal's curves at every time that one of them has.
fn averaged(curves: Vec<Series>) -> Series {
    let mut values: Vec<(f64, f64)> = curves
        .iter()
        .flat_map(|curve| curve.values.clone())
        .collect();
    values.sort_by(|one, other| one.0.total_cmp(&other.0));
    Series {
        animal: curves[0].animal.clone(),
        values: values
            .chunk_by(|one, other| one.0 == other.0)
            .map(|at| (at[0].0, Mean::of(at.iter().map(|(_, value)| *value)).mean))
            .collect(),
    }
}
