//! `cells.csv`, `sessions.csv` (of a comparison `compare.csv`) and `lags.csv`.

use std::path::Path;

use serde::Serialize;

use super::{Analysed, Request};
use crate::error::CliError;
use crate::report::replace;

/// Writes all tables.
pub fn write(request: &Request<'_>, all: &[Analysed]) -> Result<(), CliError> {
    let codes = || all.iter().map(|analysed| &analysed.code);
    let table = |name: &str| request.out.join(name);
    write_table(
        &table("cells.csv"),
        codes().flat_map(|code| code.unit_rows()),
    )?;
    write_table(&table("lags.csv"), codes().flat_map(|code| code.lag_rows()))?;
    write_table(&table(request.table), codes().flat_map(|code| code.rows()))
}

fn write_table<T: Serialize>(path: &Path, rows: impl Iterator<Item = T>) -> Result<(), CliError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let failed = |source| CliError::Csv {
            path: path.into(),
            source,
        };
        writer.serialize(row).map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| CliError::write(path, error.into_error()))?;
    replace(path, &bytes)
}
