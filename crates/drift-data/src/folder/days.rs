//! When the sessions were.

use std::path::Path;

use super::manifest::SessionEntry;
use crate::Error;
use crate::recording::Date;

/// Day and date of a session.
type When = (Option<f64>, Option<Date>);

/// Day and date of every session: days as they are given, or counted from the first date.
pub(super) fn days(file: &Path, sessions: &[SessionEntry]) -> Result<Vec<When>, Error> {
    let mut days: Vec<When> = Vec::with_capacity(sessions.len());
    for entry in sessions {
        let refused = |key: &str, value: &str, expected: &str| {
            let place = format!("session `{}`, {key}", entry.label);
            Err(Error::entry(file, place, value, expected))
        };
        let found = match (entry.day, &entry.date) {
            (None, None) => return refused("day", "missing", "a `day` or a `date`"),
            (Some(_), Some(_)) => return refused("day", "given beside `date`", "one of both"),
            (Some(day), None) if !day.is_finite() => {
                return refused("day", &day.to_string(), "a finite number");
            }
            (Some(day), None) => (Some(day), None),
            (None, Some(text)) => {
                let Some(date) = date(text) else {
                    return refused("date", &format!("`{text}`"), "a date, YYYY-MM-DD");
                };
                let first = days.first().and_then(|(_, date)| *date).unwrap_or(date);
                let day = (date.day_number() - first.day_number()) as f64;
                (Some(day), Some(date))
            }
        };
        if let Some((before, date)) = days.last() {
            if date.is_some() != found.1.is_some() {
                let key = if date.is_some() { "date" } else { "day" };
                return refused(key, "missing", "all days, or all dates");
            }
            if found.0 < *before {
                let value = found.0.unwrap_or(f64::NAN).to_string();
                let value = format!("{value}, after {}", before.unwrap_or(f64::NAN));
                return refused("day", &value, "the sessions in the order of time");
            }
        }
        days.push(found);
    }
    Ok(days)
}

/// A date of the calendar, `YYYY-MM-DD`.
fn date(text: &str) -> Option<Date> {
    let date = Date::from_digits(&text.replace('-', ""))?;
    (date.to_string() == text).then_some(date)
}
