//! Runs of gradient descent by learning rate: when they reach the edge of stability, and whether
//! the code has become sparser by then.

use drift_sim::metrics::statistics::quantile;
use nalgebra::DMatrix;

use super::table::{Row, Runs};
use crate::figures::axis::{compact, steps as step_text};
use crate::figures::edge::{EdgeGroup, EdgeRun};
use crate::report::Table;

/// A group's name up to a slash: groups that differ behind it are drawn together.
fn family(row: &Row) -> &str {
    row.group.split('/').next().unwrap_or_default()
}

fn families(runs: &Runs) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for row in &runs.rows {
        if row.final_eta_hessian_max.is_some() && !names.contains(&family(row)) {
            names.push(family(row));
        }
    }
    names
}

/// The rows of a family that have the product, with their place in the table.
fn rows_of<'a>(runs: &'a Runs, name: &'a str) -> impl Iterator<Item = (usize, &'a Row)> {
    let rows = runs.rows.iter().enumerate();
    rows.filter(move |(_, row)| family(row) == name && row.final_eta_hessian_max.is_some())
}

fn rates(runs: &Runs, name: &str) -> Vec<f64> {
    let mut rates: Vec<f64> = rows_of(runs, name)
        .filter_map(|(_, row)| row.learning_rate)
        .collect();
    rates.sort_by(f64::total_cmp);
    rates.dedup();
    rates
}

/// The scale of the noise, if any.
fn scale(row: &Row) -> f64 {
    row.update_noise
        .unwrap_or(0.0)
        .max(row.label_noise.unwrap_or(0.0))
}

/// The courses of the families that vary the learning rate; none where no family does.
pub fn groups(runs: &Runs) -> Vec<EdgeGroup> {
    let several = |name: &&str| rates(runs, name).len() > 1;
    let group = |name: &str| {
        let noisy = rows_of(runs, name).any(|(_, row)| scale(row) > 0.0);
        let run = |(index, row): (usize, &Row)| {
            let rate = row.learning_rate.unwrap_or(f64::NAN);
            let unit = if noisy {
                (rate * scale(row)).powi(2)
            } else {
                rate
            };
            let curve = |matrix: &DMatrix<f64>| matrix.row(index).iter().copied().collect();
            let steps = runs.steps.row(index);
            EdgeRun {
                rate,
                time: steps.iter().map(|step| unit * step).collect(),
                product: curve(&runs.eta_hessian_max),
                active: curve(&runs.active),
            }
        };
        EdgeGroup {
            name: name.to_owned(),
            axis: if noisy { "η² s² t" } else { "η t" }.to_owned(),
            runs: rows_of(runs, name).map(run).collect(),
        }
    };
    families(runs)
        .into_iter()
        .filter(several)
        .map(group)
        .collect()
}

/// When the edge is reached and sparsification begins, by family and learning rate.
pub fn table(runs: &Runs) -> Table {
    let mut rows = Vec::new();
    for name in families(runs) {
        for rate in rates(runs, name) {
            rows.push(line(runs, name, rate));
        }
    }
    let columns = [
        "group",
        "η",
        "runs",
        "at the edge",
        "edge reached (step)",
        "sparser",
        "sparsification begins (step)",
        "begins before / with / after the edge",
        "η λ_max at the end",
        "active, final / initial",
    ];
    Table::new(
        "Edge of stability: median over runs (and range). A run is at the edge from its first sample \
         with η λ_max ≥ 1.9 on, and sparser from the sample on after which the active fraction stays \
         below 0.9 of its first value. “With” is within a factor of 1.5.",
        columns,
        rows,
    )
}

fn line(runs: &Runs, name: &str, rate: f64) -> Vec<String> {
    let here: Vec<&Row> = rows_of(runs, name)
        .map(|(_, row)| row)
        .filter(|row| row.learning_rate == Some(rate))
        .collect();
    let of = |read: fn(&Row) -> Option<f64>| -> Vec<f64> {
        here.iter().filter_map(|row| read(row)).collect()
    };
    let edge = of(|row| row.edge_reached);
    let sparser = of(|row| row.sparsification_begins);
    let mut order = [0; 3];
    for row in &here {
        // What has not happened by the end of the run comes after everything.
        let when = |step: Option<f64>| step.map_or(f64::INFINITY, |step| step.max(1.0));
        let (edge, sparser) = (when(row.edge_reached), when(row.sparsification_begins));
        if edge.is_infinite() && sparser.is_infinite() {
            continue;
        }
        let ratio = sparser / edge;
        order[usize::from(ratio >= 1.0 / 1.5) + usize::from(ratio > 1.5)] += 1;
    }
    vec![
        name.to_owned(),
        compact(rate),
        here.len().to_string(),
        edge.len().to_string(),
        spread(&edge, step_text),
        sparser.len().to_string(),
        spread(&sparser, step_text),
        order.map(|count| count.to_string()).join(" / "),
        spread(&of(|row| row.final_eta_hessian_max), compact),
        spread(&of(|row| row.active), compact),
    ]
}

/// Median and range in words.
fn spread(values: &[f64], text: fn(f64) -> String) -> String {
    let at = |share: f64| quantile(values, share).ok().map(text);
    match (at(0.5), at(0.0), at(1.0)) {
        (Some(middle), Some(low), Some(high)) if !values.is_empty() => {
            format!("{middle} ({low}–{high})")
        }
        _ => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(group: &str, rate: f64, edge: Option<f64>, sparser: Option<f64>) -> Row {
        Row {
            group: group.into(),
            rule: "sgd".into(),
            outcome: "completed".into(),
            learning_rate: Some(rate),
            update_noise: Some(0.5),
            final_eta_hessian_max: Some(1.5),
            edge_reached: edge,
            sparsification_begins: sparser,
            ..Row::default()
        }
    }

    fn runs(rows: Vec<Row>) -> Runs {
        let curve = DMatrix::from_fn(rows.len(), 3, |_, point| point as f64);
        Runs {
            rows,
            active: curve.clone(),
            active_units: curve.clone(),
            steps: 100.0 * curve.clone(),
            eta_hessian_max: curve.clone(),
            trace: curve.clone(),
            log_sum: curve,
        }
    }

    #[test]
    fn time_is_the_diffusion_of_the_noise() {
        let runs = runs(vec![
            row("a/eta-0.1", 0.1, None, None),
            row("a/eta-0.2", 0.2, None, None),
            row("b", 0.1, None, None),
        ]);
        let groups = groups(&runs);
        assert_eq!(groups.len(), 1, "b has one learning rate");
        for (point, time) in groups[0].runs[1].time.iter().enumerate() {
            assert!((time - 0.01 * 100.0 * point as f64).abs() < 1e-12);
        }
        assert_eq!(groups[0].axis, "η² s² t");
    }

    #[test]
    fn what_comes_first_is_counted() {
        let runs = runs(vec![
            row("a/eta-0.1", 0.1, Some(100.0), Some(10.0)),
            row("a/eta-0.1", 0.1, Some(100.0), Some(120.0)),
            row("a/eta-0.1", 0.1, Some(100.0), None),
            row("a/eta-0.1", 0.1, None, Some(7.0)),
            row("a/eta-0.1", 0.1, None, None),
        ]);
        let table = table(&runs);
        assert_eq!(table.rows.len(), 1);
        assert_eq!(table.rows[0][7], "2 / 1 / 1");
        assert_eq!(table.rows[0][2], "5");
        assert_eq!(table.rows[0][3], "3");
    }
}
