//! `cells.csv`, `sessions.csv` (of a comparison `compare.csv`), `lags.csv`, and of the animals
//! together `cohort.csv` and `trends.csv`.

use drift_sim::code::SessionRow;
use serde::Serialize;

use super::cohort::Cohort;
use super::{Analysed, Request};
use crate::error::CliError;
use crate::report::write_table;

/// One time of a quantity over the animals (or runs).
#[derive(Debug, Serialize)]
struct CohortLine {
    quantity: String,
    kind: &'static str,
    axis: &'static str,
    time: f64,
    animals: usize,
    mean: Option<f64>,
    sem: Option<f64>,
}

/// A trend over the animals (or runs).
#[derive(Debug, Serialize)]
struct TrendLine {
    quantity: String,
    kind: &'static str,
    axis: &'static str,
    animals: usize,
    mean_slope: Option<f64>,
    sem_slope: Option<f64>,
    p_value: Option<f64>,
}

fn known(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Writes all tables.
pub fn write(request: &Request<'_>, all: &[Analysed], cohort: &Cohort) -> Result<(), CliError> {
    let codes = || all.iter().map(|analysed| &analysed.code);
    let table = |name: &str| request.out.join(name);
    write_table(
        &table("cells.csv"),
        codes().flat_map(|code| code.unit_rows()),
    )?;
    write_table(&table("lags.csv"), codes().flat_map(|code| code.lag_rows()))?;
    let axis = cohort.axis.name();
    let lines = cohort.kinds().flat_map(|(curve, kind)| {
        curve.table.iter().map(move |row| CohortLine {
            quantity: curve.quantity.name(),
            kind,
            axis,
            time: row.time,
            animals: row.animals,
            mean: known(row.mean),
            sem: known(row.sem),
        })
    });
    write_table(&table("cohort.csv"), lines)?;
    let trends = cohort.kinds().map(|(curve, kind)| TrendLine {
        quantity: curve.quantity.name(),
        kind,
        axis,
        animals: curve.trend.slopes.len(),
        mean_slope: known(curve.trend.mean_slope),
        sem_slope: known(curve.trend.sem_slope),
        p_value: curve.trend.p_value,
    });
    write_table(&table("trends.csv"), trends)?;
    let sessions = all.iter().flat_map(|analysed| {
        let left_out = Some(analysed.left_out.join("; ")).filter(|text| !text.is_empty());
        let rows = analysed.code.rows().into_iter();
        rows.map(move |row| SessionRow {
            left_out: left_out.clone(),
            ..row
        })
    });
    write_table(&table(request.table), sessions)
}
