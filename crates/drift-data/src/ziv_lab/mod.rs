//! Published data sets of the Ziv laboratory: calcium imaging of CA1 and CA3 in mice on linear tracks.
//!
//! * [`unbiased_information`]: Sheintuch, Rubin and Ziv 2022, repository `zivlab/unbiased_information_estimation`.
//! * [`multiple_maps`]: Sheintuch et al. 2020, repository `zivlab/multiple_maps`; registered across sessions.
//! * [`cell_assemblies`]: repository `zivlab/cell_assemblies`; rate maps registered across sixteen sessions.

pub mod cell_assemblies;
pub mod multiple_maps;
pub mod unbiased_information;

use crate::Error;
use crate::mat::MatRef;
use crate::recording::{Registration, TrackDirection};

/// Width of a bin of the 96 cm tracks, cm.
const BIN_CM: f64 = 4.0;

/// Number of bins of a track.
const BINS: u32 = 24;

/// The running directions in the order of the files.
const SIDES: [TrackDirection; 2] = [TrackDirection::Right, TrackDirection::Left];

/// A map of registered cells × sessions (1-based columns, 0 = not found), of which the sessions with these
/// 1-based numbers are read.
fn registration(
    map: &MatRef<'_>,
    sessions: impl IntoIterator<Item = usize>,
) -> Result<Registration, Error> {
    let matrix = map.matrix()?;
    let expected = "0 or the 1-based column of a cell";
    let fits = |index: f64| (0.0..4e9).contains(&index) && index.fract() == 0.0;
    let column = |session: usize| {
        if session > matrix.ncols() {
            let expected = format!("at least {session} columns, one for each session");
            return Err(map.wrong_shape(expected));
        }
        let column = matrix.column(session - 1);
        if let Some(row) = column.iter().position(|index| !fits(*index)) {
            let place = (session - 1) * matrix.nrows() + row;
            return Err(map.bad_value(place, column[row], expected));
        }
        let column = column.iter().map(|index| (*index as usize).checked_sub(1));
        Ok(column.collect())
    };
    Ok(Registration {
        cells: matrix.nrows(),
        columns: sessions.into_iter().map(column).collect::<Result<_, _>>()?,
    })
}

/// The region in which a mouse was imaged, as the script of the published analysis lists them.
#[must_use]
pub fn region(mouse: &str) -> Option<&'static str> {
    match mouse {
        "C5M1" | "C6M3" | "C6M4" | "C8M2" => Some("CA1"),
        "C14M4" | "C15M2" | "C23M4" | "C24M3" | "C24M4" => Some("CA3"),
        _ => None,
    }
}
