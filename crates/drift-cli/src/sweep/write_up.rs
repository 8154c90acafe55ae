//! The report of a sweep.

use std::path::Path;

use nalgebra::DMatrix;

use super::courses::{Start, as_published, each_kind, four};
use super::edge;
use super::published::{GROUPS, Published, mean_curve};
use super::quantities::{QUANTITIES, correlations_table, quantiles_table};
use super::table::{Row, Runs};
use crate::error::CliError;
use crate::figures::courses::{all_runs, by_kind, four_quantities};
use crate::figures::edge::towards_the_edge;
use crate::figures::style::finite_range;
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
    let reference = published.map_or([&[][..]; 2], |all| [&all.active_units, &all.active]);
    let mut blocks = vec![Block::Figure(sparsification(
        &curves(runs, &runs.active_units, &kinds, reference[0]),
        &curves(runs, &runs.active, &kinds, reference[1]),
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
        let theirs = published.map(published_rates).unwrap_or_default();
        let active = published.map(published_sparsities).unwrap_or_default();
        blocks.push(Block::Figure(rate_against_noise(
            [&sparsities(runs), &active],
            [&rates, &theirs],
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
        let source = Block::source("sweep.toml", definition);
        sections.push(Section::new("Sweep", vec![source]));
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
            .map(|kind| (kind.clone(), format!("{} runs", runs.of_kind(kind).count())))
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

fn curves(
    runs: &Runs,
    matrix: &DMatrix<f64>,
    kinds: &[String],
    published: &[GroupCurve],
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
        let same = |curve: &&GroupCurve| curve.label.starts_with(kind.as_str());
        all.extend(published.iter().filter(same).cloned());
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
    let range = finite_range(rates.iter().map(|(noise, _)| *noise));
    rates.len() >= 3 && range.is_some_and(|(low, high)| high - low > 0.1)
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
            let own = quantity.own(runs, kind);
            if own.is_empty() {
                continue;
            }
            let theirs = quantity.published(published, runs, kind);
            for (values, published) in [(own, false), (theirs, true)] {
                if !values.is_empty() {
                    let source = if published { ", published" } else { "" };
                    groups.push(GroupValues {
                        label: format!("{kind}{source} ({})", values.len()),
                        values,
                        published,
                    });
                }
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
            let points: Vec<_> = points.collect();
            (format!("{kind} ({})", points.len()), points)
        })
        .filter(|(_, points)| !points.is_empty())
        .collect()
}

fn outcomes_table(runs: &Runs) -> Table {
    let mut counts: Vec<([&str; 2], usize)> = Vec::new();
    for row in &runs.rows {
        let end = [row.group.as_str(), &row.outcome];
        match counts.iter_mut().find(|(known, _)| *known == end) {
            Some((_, count)) => *count += 1,
            None => counts.push((end, 1)),
        }
    }
    let rows = counts.into_iter();
    let rows = rows.map(|([group, end], count)| vec![group.into(), end.into(), count.to_string()]);
    Table::new("How the runs ended.", ["group", "outcome", "runs"], rows)
}

/// The first runs that did not complete, with their reason.
fn failures_table(runs: &Runs) -> Table {
    let failed = runs.rows.iter().filter(|row| !row.completed());
    let row = |row: &Row| {
        vec![
            row.run.to_string(),
            row.group.clone(),
            row.outcome.clone(),
            row.reason.clone(),
        ]
    };
    Table::new(
        "Runs that did not complete (the first 50; all stand in table.csv).",
        ["run", "group", "outcome", "reason"],
        failed.take(50).map(row),
    )
}
