//! The courses of a sweep's runs.

use drift_sim::metrics::statistics::Mean;
use nalgebra::DMatrix;

use super::published::GROUPS;
use super::table::{Row, Runs};
use crate::figures::courses::Courses;

/// Runs of a kind that are drawn at most.
const MOST_LINES: usize = 150;

/// How a course is brought to a common start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Divided by its first value.
    One,
    /// Less its first value.
    Zero,
}

/// The completed runs of some kinds together; none where none has values.
pub fn courses(
    runs: &Runs,
    matrix: &DMatrix<f64>,
    kinds: &[String],
    name: &str,
    start: Start,
) -> Option<Courses> {
    let rows = kinds.iter().flat_map(|kind| runs.of_kind(kind));
    let common = |(index, _): (usize, &Row)| -> Option<Vec<f64>> {
        let row = matrix.row(index);
        let first = row.iter().copied().find(|value| value.is_finite())?;
        match start {
            Start::One if first > 0.0 => Some(row.iter().map(|value| value / first).collect()),
            Start::One => None,
            Start::Zero => Some(row.iter().map(|value| value - first).collect()),
        }
    };
    let lines: Vec<Vec<f64>> = rows.filter_map(common).collect();
    let length = lines.first()?.len();
    let at = |point: usize| lines.iter().map(move |line| line[point]);
    let count = lines.len();
    let shown = count.min(MOST_LINES);
    Some(Courses {
        label: format!("{name} ({count} runs)"),
        lines: (0..shown)
            .map(|place| lines[place * count / shown].clone())
            .collect(),
        mean: (0..length).map(|point| Mean::of(at(point)).mean).collect(),
    })
}

/// Every kind by itself.
pub fn each_kind(
    runs: &Runs,
    matrix: &DMatrix<f64>,
    kinds: &[String],
    start: Start,
) -> Vec<Courses> {
    let one = |kind: &String| courses(runs, matrix, std::slice::from_ref(kind), kind, start);
    kinds.iter().filter_map(one).collect()
}

/// All but gradient descent with label noise, which the published Figure 4A leaves out.
pub fn as_published(runs: &Runs, kinds: &[String]) -> Option<Courses> {
    let kept: Vec<String> = kinds
        .iter()
        .filter(|kind| *kind != GROUPS[1])
        .cloned()
        .collect();
    courses(
        runs,
        &runs.active_units,
        &kept,
        "all but label noise",
        Start::One,
    )
}

/// The four quantities of Figure S2 under update noise and label noise: title, axis, courses.
pub fn four(runs: &Runs, kinds: &[String]) -> Vec<(&'static str, &'static str, Vec<Courses>)> {
    let noisy: Vec<String> = kinds
        .iter()
        .filter(|kind| GROUPS[..2].contains(&kind.as_str()))
        .cloned()
        .collect();
    let all = [
        (
            "active units",
            "relative to the start",
            &runs.active_units,
            Start::One,
        ),
        (
            "active fraction",
            "relative to the start",
            &runs.active,
            Start::One,
        ),
        (
            "trace of the Hessian",
            "relative to the start",
            &runs.trace,
            Start::One,
        ),
        (
            "sum of log eigenvalues",
            "Σ ln λ less its start",
            &runs.log_sum,
            Start::Zero,
        ),
    ];
    all.map(|(title, axis, matrix, start)| (title, axis, each_kind(runs, matrix, &noisy, start)))
        .into_iter()
        .filter(|(.., courses)| !courses.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs() -> Runs {
        let row = |rule: &str, label: f64| Row {
            rule: rule.into(),
            outcome: "completed".into(),
            label_noise: Some(label),
            ..Row::default()
        };
        let rows = vec![row("adam", 0.0), row("sgd", 1.0), row("adam", 0.0)];
        let active = DMatrix::from_row_slice(3, 2, &[0.5, 0.25, 0.4, 0.4, 0.8, 0.0]);
        Runs {
            rows,
            active_units: active.clone(),
            steps: active.clone(),
            eta_hessian_max: active.clone(),
            trace: active.clone(),
            log_sum: DMatrix::from_element(3, 1, f64::NAN),
            active,
        }
    }

    #[test]
    fn label_noise_is_left_out_and_each_run_is_relative_to_its_start() {
        let kinds = ["Adam", "SGD, label noise"].map(String::from);
        let found = as_published(&runs(), &kinds).expect("courses");
        assert_eq!(found.lines, [[1.0, 0.5], [1.0, 0.0]]);
        assert_eq!(found.mean, [1.0, 0.25]);
        assert_eq!(found.label, "all but label noise (2 runs)");
    }

    #[test]
    fn what_was_not_measured_is_no_panel() {
        let kinds = ["Adam", "SGD, label noise"].map(String::from);
        let titles: Vec<&str> = four(&runs(), &kinds)
            .iter()
            .map(|(title, ..)| *title)
            .collect();
        assert_eq!(
            titles,
            ["active units", "active fraction", "trace of the Hessian"]
        );
    }
}
