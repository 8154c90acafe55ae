//! Results of runs beside those of the published runs.

use drift_sim::metrics::pearson;
use drift_sim::metrics::statistics::{kolmogorov_smirnov, quantile};

use super::published::{Published, PublishedRun};
use super::table::{Row, Runs};
use crate::figures::axis::fixed;
use crate::report::Table;

/// A result of a run, with its name and the same result of a published run.
pub struct Quantity {
    /// Name for figures and tables.
    pub name: &'static str,
    own: fn(&Row) -> Option<f64>,
    published: fn(&PublishedRun) -> f64,
}

/// What reports compare, in their order.
pub const QUANTITIES: [Quantity; 5] = [
    Quantity {
        name: "active units, final / initial",
        own: |row| row.active_units,
        published: |run| run.active_units,
    },
    Quantity {
        name: "active fraction, final / initial",
        own: |row| row.active,
        published: |run| run.active,
    },
    Quantity {
        name: "log₁₀ normalised loss",
        own: |row| row.loss,
        published: |run| run.loss,
    },
    Quantity {
        name: "eigenvalues > 0 (as published)",
        own: |row| row.eig_nonzero,
        published: |run| run.eig_nonzero,
    },
    Quantity {
        name: "Hessian trace, final / initial",
        own: |row| row.eig_sum,
        published: |run| run.eig_sum,
    },
];

impl Quantity {
    /// The values of the sweep's runs of one kind.
    pub fn own(&self, runs: &Runs, kind: &str) -> Vec<f64> {
        runs.of_kind(kind)
            .filter_map(|(_, row)| (self.own)(row))
            .collect()
    }

    /// The values of the published runs that [compare](Published::comparable).
    pub fn published(&self, published: Option<&Published>, runs: &Runs, kind: &str) -> Vec<f64> {
        published.map_or_else(Vec::new, |tables| {
            let alike = tables.comparable(runs, kind);
            alike.into_iter().map(self.published).collect()
        })
    }
}

/// Quantiles of every quantity and kind, own and published, and the distance between the two.
pub fn quantiles_table(runs: &Runs, kinds: &[String], published: Option<&Published>) -> Table {
    let shares = [0.05, 0.25, 0.5, 0.75, 0.95];
    let mut rows = Vec::new();
    for quantity in &QUANTITIES {
        for kind in kinds {
            let mine = quantity.own(runs, kind);
            let theirs = quantity.published(published, runs, kind);
            for (values, source) in [(&mine, "own"), (&theirs, "published")] {
                if values.is_empty() {
                    continue;
                }
                let mut row = vec![
                    quantity.name.to_owned(),
                    kind.clone(),
                    source.to_owned(),
                    values.len().to_string(),
                ];
                row.extend(shares.map(|share| fixed(quantile(values, share).ok(), 3)));
                let test = kolmogorov_smirnov(&mine, &theirs)
                    .ok()
                    .filter(|_| source == "published");
                row.push(test.map_or("–".into(), |test| {
                    format!("{:.3} ({:.2e})", test.distance, test.p_value)
                }));
                rows.push(row);
            }
        }
    }
    Table::new(
        "Quantiles over completed runs; D: Kolmogorov–Smirnov distance to the published runs of the \
         same rule and noise, of the same tasks and lengths where there are such, with its \
         probability.",
        [
            "quantity", "kind", "source", "runs", "5 %", "25 %", "50 %", "75 %", "95 %", "D (p)",
        ],
        rows,
    )
}

/// Correlation over runs of the active units with the eigenvalues that the published rule counts.
pub fn correlations_table(runs: &Runs, kinds: &[String], published: Option<&Published>) -> Table {
    let correlation = |pairs: Vec<(f64, f64)>| {
        let (units, eigenvalues): (Vec<f64>, Vec<f64>) = pairs
            .into_iter()
            .filter(|(units, eigenvalues)| units.is_finite() && eigenvalues.is_finite())
            .unzip();
        fixed(pearson(&units, &eigenvalues).ok(), 3)
    };
    let row = |kind: &String| {
        let own = runs
            .of_kind(kind)
            .filter_map(|(_, row)| Some((row.active_units?, row.eig_nonzero?)));
        let theirs = published.map_or_else(Vec::new, |tables| tables.comparable(runs, kind));
        let theirs = theirs.iter().map(|run| (run.active_units, run.eig_nonzero));
        vec![
            kind.clone(),
            correlation(own.collect()),
            correlation(theirs.collect()),
        ]
    };
    Table::new(
        "Correlation over runs of active units (final / initial) with the share of eigenvalues > 0 \
         (as published).",
        ["kind", "own", "published"],
        kinds.iter().map(row),
    )
}
