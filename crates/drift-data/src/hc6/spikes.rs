//! Spike times of one cell in one epoch.

use crate::Error;
use crate::mat::MatRef;
use crate::recording::{Note, Trajectory, outside};

use super::columns::Columns;

/// Ticks of the recording system in a second.
const TICKS: f64 = 10_000.0;

/// Spikes this far outside the epoch's range are still believed to be seconds, s: the range may be the camera's.
const SLACK: f64 = 60.0;

/// Times are taken for ticks only if they then lie no further than this outside the range, s.
const TICKS_SLACK: f64 = 1.0;

/// The spike times of a cell, s, rising. An empty train is a silent cell.
pub(super) fn train(
    cell: &MatRef<'_>,
    label: &str,
    trajectory: Option<&Trajectory>,
    notes: &mut Vec<Note>,
) -> Result<Vec<f64>, Error> {
    let data = cell.field("data")?;
    if data.is_empty() {
        return Ok(Vec::new());
    }
    let matrix = data.matrix()?;
    let columns = match cell.filled("fields")? {
        Some(fields) => Columns::parse(&fields.text()?),
        None => Columns::parse("time"),
    };
    let column = columns.position("time");
    let Some(column) = column.filter(|column| *column < matrix.ncols()) else {
        return Err(Error::MissingVariable {
            file: cell.file().to_owned(),
            variable: format!("{} column `time`", data.path()),
            present: columns.names().map(str::to_owned).collect(),
        });
    };
    let mut times: Vec<f64> = matrix.column(column).iter().copied().collect();
    data.check(&times, f64::is_finite, "a finite time")?;
    times.sort_by(f64::total_cmp);
    if let Some((from, to)) = range(cell, trajectory)? {
        let inside = |scale: f64, slack: f64| {
            times[0] / scale >= from - slack && times[times.len() - 1] / scale <= to + slack
        };
        let seconds = inside(1.0, SLACK);
        if !seconds && inside(TICKS, TICKS_SLACK) && columns.is_only("time") {
            for time in &mut times {
                *time /= TICKS;
            }
            notes.push(Note::TicksToSeconds {
                cell: label.to_owned(),
            });
        } else if !seconds {
            return Err(Error::ImplausibleTimes {
                file: cell.file().to_owned(),
                variable: data.path().to_owned(),
                first: times[0],
                last: times[times.len() - 1],
                from,
                to,
            });
        }
    }
    notes.extend(trajectory.and_then(|trajectory| outside(label, &times, trajectory)));
    Ok(times)
}

/// The epoch's time range, s: that of the cell, else that of the trajectory.
fn range(cell: &MatRef<'_>, trajectory: Option<&Trajectory>) -> Result<Option<(f64, f64)>, Error> {
    if let Some(range) = cell.filled("timerange")? {
        return match *range.numbers()? {
            [from, to] if to >= from => Ok(Some((from / TICKS, to / TICKS))),
            _ => Err(range.wrong_shape("two rising numbers")),
        };
    }
    let ends =
        |trajectory: &Trajectory| Some((*trajectory.time.first()?, *trajectory.time.last()?));
    Ok(trajectory.and_then(ends))
}

/// The region that `cellinfo` gives, if it gives one; its spike count is compared on the way.
pub(super) fn region(
    info: Option<&MatRef<'_>>,
    label: &str,
    found: usize,
    notes: &mut Vec<Note>,
) -> Result<Option<String>, Error> {
    let Some(info) = info else { return Ok(None) };
    if let Some(stated) = info.filled("numspikes")? {
        let stated = stated.scalar()? as usize;
        if stated != found {
            notes.push(Note::SpikeCount {
                cell: label.to_owned(),
                stated,
                found,
            });
        }
    }
    info.filled("area")?.map(|area| area.text()).transpose()
}
