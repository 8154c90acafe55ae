//! The animals together: panels, table and numbers of Figure 3.

use std::path::Path;

use drift_sim::code::{Axis, CohortCurve, Denominator, PUBLISHED, Quantity, SessionRow};
use drift_sim::learn::{Stream, Streams};

use super::{Analysed, Request};
use crate::error::{CliError, read_text};
use crate::figures::axis::fixed;
use crate::figures::days::{Group, figure3};
use crate::report::{Block, Table};

/// Curves of the animals and, apart from them, of the runs.
#[derive(Debug)]
pub struct Cohort {
    /// Axis of all curves.
    pub axis: Axis,
    /// Each quantity over recorded animals, and over runs.
    pub curves: Vec<[Option<CohortCurve>; 2]>,
}

impl Cohort {
    /// Follows activity, place cells and information over all animals, normalised to the first
    /// session.
    pub fn of(request: &Request<'_>, all: &[Analysed]) -> Result<Self, CliError> {
        let mut rows: Vec<SessionRow> = all.iter().flat_map(|one| one.code.rows()).collect();
        for file in &request.cohort.with {
            rows.extend(read(file)?);
        }
        let laboratory = request.recording.laboratory;
        let days = rows.iter().all(|row| row.day.is_some());
        let preset = laboratory.map(|laboratory| laboratory.axis());
        // A run has no days: its snapshots stand beside sessions.
        let preset = preset.filter(|axis| rows.iter().all(|row| axis.of(row).is_some()));
        let usual = if days { Axis::Day } else { Axis::Session };
        let axis = request.cohort.axis.or(preset).unwrap_or(usual);
        let of = request.cohort.share_of.unwrap_or(Denominator::Found);
        let active = match of {
            // Cells are tested because they are active: a share of them says nothing.
            Denominator::Tested => Denominator::Found,
            other => other,
        };
        let mut quantities = vec![
            Quantity::ActiveCells,
            Quantity::ActiveShare(active),
            Quantity::PlaceShare(of),
            Quantity::Information,
            Quantity::Ssr,
            Quantity::AuthorsPlaceShare,
            Quantity::AuthorsInformation,
        ];
        let named = laboratory.map_or(Vec::new(), |laboratory| laboratory.quantities().to_vec());
        for quantity in named {
            if !quantities.contains(&quantity) {
                quantities.insert(1, quantity);
            }
        }
        let (simulated, recorded): (Vec<SessionRow>, Vec<SessionRow>) =
            rows.into_iter().partition(|row| row.kind == "simulated");
        let mut rng = Streams::new(request.recording.seed).named(Stream::Shuffles);
        let mut curves = Vec::new();
        for quantity in quantities {
            let mut both = [None, None];
            for (slot, rows) in both.iter_mut().zip([&recorded, &simulated]) {
                let curve = CohortCurve::new(rows, quantity, axis, true, &mut rng)?;
                *slot = Some(curve).filter(|c| !(c.animals.is_empty() && c.left_out.is_empty()));
            }
            if both.iter().any(Option::is_some) {
                curves.push(both);
            }
        }
        Ok(Self { axis, curves })
    }

    /// All curves, each with what it is over: `animals` or `runs`.
    pub fn kinds(&self) -> impl Iterator<Item = (&CohortCurve, &'static str)> {
        self.curves.iter().flat_map(|[recorded, simulated]| {
            let both = [(recorded, "animals"), (simulated, "runs")];
            both.into_iter()
                .filter_map(|(curve, kind)| Some((curve.as_ref()?, kind)))
        })
    }

    /// Figure, table of trends, the paper's numbers, and who was left out.
    pub fn blocks(&self) -> Result<Vec<Block>, CliError> {
        let curve = |curve: &'_ CohortCurve, simulated| Group {
            simulated,
            animals: curve.animals.clone(),
            table: curve.table.clone(),
        };
        let panels: Vec<(String, Vec<Group>)> = self
            .curves
            .iter()
            .map(|[recorded, simulated]| {
                let groups = [(recorded, false), (simulated, true)];
                let groups = groups
                    .into_iter()
                    .filter_map(|(c, kind)| Some(curve(c.as_ref()?, kind)));
                let any = recorded.as_ref().or(simulated.as_ref());
                let name = any.map_or(String::new(), |curve| curve.quantity.name());
                (name, groups.collect())
            })
            .collect();
        let mut blocks = vec![
            Block::Figure(figure3(self.axis.name(), &panels)?),
            Block::Table(self.trends()),
            Block::Table(published()),
        ];
        let all = self.curves.iter().flatten().flatten();
        let left_out: Vec<String> = all
            .flat_map(|c| {
                c.left_out
                    .iter()
                    .map(|who| format!("{}, {who}", c.quantity.name()))
            })
            .collect();
        if !left_out.is_empty() {
            blocks.push(Block::Notes(left_out));
        }
        Ok(blocks)
    }

    fn trends(&self) -> Table {
        let mut rows = Vec::new();
        for (curve, kind) in self.kinds() {
            let last = curve.table.iter().rev().find(|row| row.animals > 0);
            let ending = last.map_or("–".to_owned(), |row| {
                format!("{:.3} ± {} ({})", row.mean, fixed(row.sem, 4), row.animals)
            });
            let trend = &curve.trend;
            rows.push(vec![
                curve.quantity.name(),
                format!("{} {kind}", curve.animals.len()),
                ending,
                format!(
                    "{} ± {}",
                    fixed(trend.mean_slope, 4),
                    fixed(trend.sem_slope, 4)
                ),
                trend
                    .p_value
                    .map_or("too few animals".to_owned(), |p| format!("{p:.4}")),
            ]);
        }
        let unit = match self.axis {
            Axis::Minutes => "minute",
            other => other.name(),
        };
        Table::new(
            format!(
                "Every series divided by its own first session. Slope: mean ± SEM over animals of \
                 the change a {unit}; p: exact sign flips of the animals' slopes, from six animals on."
            ),
            ["quantity", "n", "last: mean ± SEM (n)", "slope", "p"],
            rows,
        )
    }
}

/// Table 3 of the paper with the slopes of its Figure 3.
fn published() -> Table {
    let rows = PUBLISHED.iter().map(|data| {
        let trend = |index: usize| {
            data.trends.map_or("stationary".to_owned(), |trends| {
                let trend = trends[index];
                let (quantity, slope, p) = (trend.quantity, trend.slope, trend.p);
                format!("{quantity}: {slope} a {}, p {p}", data.time)
            })
        };
        vec![
            data.panel.to_owned(),
            data.name.to_owned(),
            format!("{} {}", data.animals, data.species),
            data.familiarity.to_owned(),
            data.days.to_owned(),
            data.arena.to_owned(),
            trend(0),
            trend(1),
        ]
    });
    Table::new(
        "The paper's own numbers (Table 3 and legend of Figure 3). Its regressions take sessions or \
         cells as the unit, not animals, and so their p-values are smaller.",
        [
            "panel",
            "data",
            "animals",
            "familiarity",
            "days",
            "arena",
            "activity",
            "information",
        ],
        rows,
    )
}

fn read(path: &Path) -> Result<Vec<SessionRow>, CliError> {
    let text = read_text(path)?;
    let invalid = |error: csv::Error| CliError::content(path, error);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().map_err(invalid)?;
    for column in ["kind", "subject", "session_number", "found_cells"] {
        if !headers.iter().any(|name| name == column) {
            let reason = format!("line 1: there is no column {column}; expected a sessions.csv");
            return Err(CliError::content(path, reason));
        }
    }
    let rows = reader.deserialize().collect::<Result<_, _>>();
    rows.map_err(invalid)
}
