//! The report of a sweep.

use std::path::Path;

use nalgebra::DMatrix;

use super::courses::{Start, as_published, each_kind, four};
use super::edge;
use super::published::{GROUPS, Published, mean_curve};
use super::quantities::{QUANTITIES, correlations_table, quantiles_table};
use super::table::Runs;
use crate::error::CliError;
use crate::figures::courses::{all_runs, by_kind, four_quantities};
use crate::figures::edge::towards_the_edge;
use crate::figures::sweeps::{
    GroupCurve, GroupValues, distributions, rate_against_noise, sparsification,
    units_against_eigenvalues,
};
use crate::report::{Block, Report, Section, Table};

/// Runs with a rate above 10 to this are left out of Figure 4B, as in the published figure.
const SLOWEST_LOG_RATE: f64 = -4.0;

/// Builds the report.
pub fn report(
    directory: &Path,
    runs: &Runs,
    definition: &str,
    published: Option<&Published>,
) -> Result<Report, CliError> {
    let kinds = kinds(runs);
    let mut blocks = vec![Block::Figure(sparsification(
        &curves(
            runs,
            &runs.active_units,
            &kinds,
            published.map(|tables| &tables.active_units),
        ),
        &curves(
            runs,
            &runs.active,
            &kinds,
            published.map(|tables| &tables.active),
        ),
    )?)];
    if let Some(all) = as_published(runs, &kinds) {
        blocks.push(Block::Figure(all_runs(&all)?));
    }
    let lines = each_kind(runs, &runs.active_units, &kinds, Start::One);
    if !lines.is_empty() {
        blocks.push(Block::Figure(by_kind(&lines)?));
    }
    let rates = rates(runs);
    if spread(&rates) {
        let reference = published.map(published_rates).unwrap_or_default();
        let [own, theirs] = [
            sparsities(runs),
            published.map(published_sparsities).unwrap_or_default(),
        ];
        blocks.push(Block::Figure(rate_against_noise(
            [&own, &theirs],
            [&rates, &reference],
        )?));
    }
    let over_time = four(runs, &kinds);
    if !over_time.is_empty() {
        blocks.push(Block::Figure(four_quantities(&over_time)?));
    }
    let quantities = values(runs, &kinds, published);
    if !quantities.is_empty() {
        blocks.push(Block::Figure(distributions(&quantities)?));
    }
    let against = units_and_eigenvalues(runs, &kinds);
    if !against.is_empty() {
        blocks.push(Block::Figure(units_against_eigenvalues(&against)?));
    }
    let courses = edge::groups(runs);
    if !courses.is_empty() {
        blocks.push(Block::Figure(towards_the_edge(&courses)?));
    }
    let mut tables = vec![Block::Table(outcomes_table(runs))];
    if !courses.is_empty() {
        tables.push(Block::Table(edge::table(runs)));
    }
    tables.push(Block::Table(quantiles_table(runs, &kinds, published)));
    tables.push(Block::Table(correlations_table(runs, &kinds, published)));
    let failures = failures_table(runs);
    if !failures.rows.is_empty() {
        tables.push(Block::Table(failures));
    }
    let mut sections = vec![
        Section::new("What the runs show", blocks),
        Section::new("Numbers", tables),
    ];
    if !definition.is_empty() {
        sections.push(Section::new(
            "Sweep",
            vec![Block::Source {
                name: "sweep.toml".into(),
                text: definition.to_owned(),
            }],
        ));
    }
    let completed = runs.rows.iter().filter(|row| row.completed()).count();
    Ok(Report {
        title: format!("Sweep in {}", directory.display()),
        summary: format!(
            "{} runs collected, {completed} of them completed. Figures are over completed runs.",
            runs.rows.len()
        ),
        highlights: kinds
            .iter()
            .map(|kind| (kind.clone(), format!("{} runs", count(runs, kind))))
            .collect(),
        sections,
    })
}

/// The kinds of runs in the order of the published groups, others after them.
fn kinds(runs: &Runs) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    for row in runs.rows.iter().filter(|row| row.completed()) {
        let kind = row.kind();
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let rank = |kind: &String| {
        GROUPS
            .iter()
            .position(|group| group == kind)
            .unwrap_or(GROUPS.len())
    };
    kinds.sort_by_key(rank);
    kinds
}

fn count(runs: &Runs, kind: &str) -> usize {
    runs.of_kind(kind).count()
}

fn curves(
    runs: &Runs,
    matrix: &DMatrix<f64>,
    kinds: &[String],
    published: Option<&Vec<GroupCurve>>,
) -> Vec<GroupCurve> {
    let mut all = Vec::new();
    for kind in kinds {
        let rows = runs
            .of_kind(kind)
            .map(|(index, _)| matrix.row(index).iter().copied().collect());
        let curve = mean_curve(kind, rows, false);
        if curve.mean.iter().any(|value| value.is_finite()) {
            all.push(curve);
        }
        let reference = published.into_iter().flatten();
        all.extend(
            reference
                .filter(|curve| curve.label.starts_with(kind.as_str()))
                .cloned(),
        );
    }
    all
}

/// log₁₀ noise and log₁₀ rate of the runs with update noise.
fn rates(runs: &Runs) -> Vec<(f64, f64)> {
    runs.of_kind(GROUPS[0])
        .filter_map(|(_, row)| Some((row.update_noise?.log10(), row.log_tau?)))
        .filter(|(_, rate)| *rate < SLOWEST_LOG_RATE)
        .collect()
}

/// log₁₀ noise and final over initial active fraction of the runs with update noise.
fn sparsities(runs: &Runs) -> Vec<(f64, f64)> {
    let runs = runs.of_kind(GROUPS[0]);
    runs.filter_map(|(_, row)| Some((row.update_noise?.log10(), row.active?)))
        .collect()
}

fn published_sparsities(tables: &Published) -> Vec<(f64, f64)> {
    let runs = tables.noise_runs.iter();
    runs.map(|run| (run.update_noise.log10(), run.active))
        .collect()
}

fn published_rates(tables: &Published) -> Vec<(f64, f64)> {
    tables
        .noise_runs
        .iter()
        .map(|run| (run.update_noise.log10(), run.log_tau))
        .filter(|(_, rate)| *rate < SLOWEST_LOG_RATE)
        .collect()
}

/// Whether enough different noises are there for a slope.
fn spread(rates: &[(f64, f64)]) -> bool {
    let noises = rates.iter().map(|(noise, _)| *noise);
    let low = noises.clone().fold(f64::INFINITY, f64::min);
    let high = noises.fold(f64::NEG_INFINITY, f64::max);
    rates.len() >= 3 && high - low > 0.1
}

fn values(
    runs: &Runs,
    kinds: &[String],
    published: Option<&Published>,
) -> Vec<(String, Vec<GroupValues>)> {
    let mut all = Vec::new();
    for quantity in &QUANTITIES {
        let mut groups = Vec::new();
        for kind in kinds {
            let values = quantity.own(runs, kind);
            if values.is_empty() {
                continue;
            }
            let label = format!("{kind} ({})", values.len());
            groups.push(GroupValues {
                label,
                values,
                published: false,
            });
            let values = quantity.published(published, runs, kind);
            if !values.is_empty() {
                let label = format!("{kind}, published ({})", values.len());
                groups.push(GroupValues {
                    label,
                    values,
                    published: true,
                });
            }
        }
        if !groups.is_empty() {
            all.push((quantity.name.to_owned(), groups));
        }
    }
    all
}

fn units_and_eigenvalues(runs: &Runs, kinds: &[String]) -> Vec<(String, Vec<(f64, f64)>)> {
    kinds
        .iter()
        .map(|kind| {
            let points = runs
                .of_kind(kind)
                .filter_map(|(_, row)| Some((row.final_active_units?, row.nonzero_fraction?)));
            (kind.clone(), points.collect::<Vec<_>>())
        })
        .filter(|(_, points)| !points.is_empty())
        .map(|(kind, points)| (format!("{kind} ({})", points.len()), points))
        .collect()
}

fn outcomes_table(runs: &Runs) -> Table {
    let mut counts: Vec<(String, String, usize)> = Vec::new();
    for row in &runs.rows {
        match counts
            .iter_mut()
            .find(|(group, end, _)| *group == row.group && *end == row.outcome)
        {
            Some((_, _, count)) => *count += 1,
            None => counts.push((row.group.clone(), row.outcome.clone(), 1)),
        }
    }
    Table {
        caption: "How the runs ended.".into(),
        columns: ["group", "outcome", "runs"].map(String::from).to_vec(),
        rows: counts
            .into_iter()
            .map(|(a, b, count)| vec![a, b, count.to_string()])
            .collect(),
    }
}

/// The first runs that did not complete, with their reason.
fn failures_table(runs: &Runs) -> Table {
    let failed = runs.rows.iter().filter(|row| !row.completed());
    Table {
        caption: "Runs that did not complete (the first 50; all stand in table.csv).".into(),
        columns: ["run", "group", "outcome", "reason"]
            .map(String::from)
            .to_vec(),
        rows: failed
            .take(50)
            .map(|row| {
                vec![
                    row.run.to_string(),
                    row.group.clone(),
                    row.outcome.clone(),
                    row.reason.clone(),
                ]
            })
            .collect(),
    }
}
