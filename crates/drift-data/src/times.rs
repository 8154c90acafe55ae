//! Checks, intervals and durations of times, needed by every format.

/// The first time that is not finite or not after the one before it.
pub(crate) fn first_not_rising(time: &[f64]) -> Option<usize> {
    (0..time.len()).find(|&row| !time[row].is_finite() || (row > 0 && !(time[row] > time[row - 1])))
}

/// Refuses times that do not rise, or are missing.
#[cfg(any(feature = "hc6", feature = "nwb", feature = "rate-maps"))]
pub(crate) fn check_rising(
    time: &[f64],
    file: &std::path::Path,
    variable: &str,
) -> Result<(), crate::Error> {
    use crate::Error;

    let Some(row) = first_not_rising(time) else {
        return Ok(());
    };
    let (file, variable) = (file.to_owned(), variable.to_owned());
    Err(if time[row].is_finite() {
        Error::TimeBackwards {
            file,
            variable,
            row,
            before: time[row - 1],
            after: time[row],
        }
    } else {
        Error::BadValue {
            file,
            variable,
            index: row,
            value: time[row],
            expected: "a finite time",
        }
    })
}

fn sorted_steps(time: &[f64]) -> Vec<f64> {
    let mut steps: Vec<f64> = time.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_by(f64::total_cmp);
    steps
}

/// The median difference of rising times; `None` with fewer than two.
pub(crate) fn median_interval(time: &[f64]) -> Option<f64> {
    let steps = sorted_steps(time);
    Some(steps[steps.len().checked_sub(1)? / 2])
}

/// How long each sample of rising times lasts: until the next one, but the typical (median) step
/// before a gap and at the end. A gap is a step above `gap_s`, or above one and a half times the
/// step that 95 % of the steps do not exceed: a clock may be uneven, and a few late samples do not
/// make it so. One sample alone lasts 1 s.
pub(crate) fn durations(time: &[f64], gap_s: Option<f64>) -> Vec<f64> {
    let steps = sorted_steps(time);
    let Some(last) = steps.len().checked_sub(1) else {
        return vec![1.0; time.len()];
    };
    let (typical, long) = (steps[last / 2], steps[last * 19 / 20]);
    let gap = gap_s.unwrap_or(1.5 * long);
    let lasting = |pair: &[f64]| match pair[1] - pair[0] {
        step if step <= gap => step,
        _ => typical,
    };
    let lasting = time.windows(2).map(lasting);
    lasting.chain([typical]).collect()
}
