//! `drift infer`: which rule made a drift, from tables of measures or from a run.

use std::path::Path;

use drift_sim::infer::{
    Classification, DriftRule, FEWEST_SAMPLES, Measure, MeasureSet, Model, Record, record_of_run,
};

use crate::error::{CliError, read_text};
use crate::host::Host;

/// `drift infer`.
pub fn infer(
    file: &Path,
    measures: &[String],
    observed: bool,
    host: &Host<'_>,
) -> Result<(), CliError> {
    let allowed = allowed(measures)?;
    let records = if file.is_dir() {
        let run = host.registry.read_run(file)?;
        vec![record_of_run(&run).map_err(CliError::in_file(file))?]
    } else {
        let read = Record::all_from_csv(&read_text(file)?);
        read.map_err(|error| CliError::in_file(file)(error.into()))?
    };
    let models = [Model::shipped(), Model::observed()];
    let mut out = String::new();
    for (index, record) in records.iter().enumerate() {
        if let Some(name) = record.name() {
            let gap = if index > 0 { "\n" } else { "" };
            out += &format!("{gap}{name}\n");
        }
        let model = &models[usize::from(observed || record.is_observed())];
        let found = model
            .classify(record, allowed)
            .map_err(|error| CliError::in_file(file)(error.into()))?;
        let allowed = allowed.intersection(model.measures());
        out += &described(record, &found, allowed);
    }
    host.print(&out)
}

fn names(measures: impl Iterator<Item = Measure>) -> String {
    measures.map(Measure::column).collect::<Vec<_>>().join(", ")
}

fn described(record: &Record, found: &Classification, allowed: MeasureSet) -> String {
    let mut ranked: Vec<_> = DriftRule::ALL
        .into_iter()
        .zip(found.probabilities)
        .collect();
    ranked.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let mut out = String::new();
    for (rule, probability) in ranked {
        out += &format!("{:14} {probability:.3}\n", rule.name());
    }
    let far = 100.0 * found.typicality;
    let answer = match found.rule() {
        Some(_) => "",
        None => "none of these, most likely; the probabilities are those if it were one of them\n",
    };
    out += &format!(
        "\n{answer}{far:.0} % of runs of these rules lie as far from what was learned from\n"
    );
    let outside = names(found.outside.iter());
    if !outside.is_empty() {
        out += &format!("outside what was learned from: {outside}\n");
    }
    let used = names(found.measures.iter());
    out += &format!("from {} samples of {used}\n", record.samples());
    let unused = names(allowed.iter().filter(|&one| !found.measures.contains(one)));
    if !unused.is_empty() {
        out += &format!("fewer than {FEWEST_SAMPLES} values of {unused}\n");
    }
    out
}

fn allowed(measures: &[String]) -> Result<MeasureSet, CliError> {
    if measures.is_empty() {
        return Ok(MeasureSet::all());
    }
    measures
        .iter()
        .map(|name| {
            let found = Measure::ALL
                .into_iter()
                .find(|known| known.column() == name);
            found.ok_or_else(|| {
                let known = Measure::ALL.map(Measure::column).join(", ");
                CliError::Usage(format!("unknown measure {name}; known: {known}"))
            })
        })
        .collect()
}
