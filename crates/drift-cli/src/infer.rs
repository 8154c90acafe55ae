//! `drift infer`: which rule made a drift, from tables of measures or from a run.

use std::fmt::Write as _;
use std::path::Path;

use drift_sim::RunRecord;
use drift_sim::infer::{
    DriftRule, FEWEST_SAMPLES, Measure, MeasureSet, Model, Record, record_of_run,
};

use crate::error::CliError;
use crate::host::Host;
use crate::progress::Ending;

/// `drift infer`.
pub fn infer(
    file: &Path,
    measures: &[String],
    observed: bool,
    host: &Host<'_>,
) -> Result<Ending, CliError> {
    let allowed = allowed(measures)?;
    let records = if file.is_dir() {
        vec![record_of_run(&RunRecord::read(file)?).map_err(CliError::in_file(file))?]
    } else {
        let text = std::fs::read_to_string(file).map_err(|error| CliError::read(file, error))?;
        Record::all_from_csv(&text).map_err(|error| CliError::in_file(file)(error.into()))?
    };
    let models = [Model::shipped(), Model::observed()];
    let mut out = String::new();
    for (index, record) in records.iter().enumerate() {
        if let Some(name) = record.name() {
            let gap = if index > 0 { "\n" } else { "" };
            writeln!(out, "{gap}{name}").expect("strings can be written to");
        }
        let model = &models[usize::from(observed || record.is_observed())];
        let found = model
            .classify(record, allowed)
            .map_err(|error| CliError::in_file(file)(error.into()))?;
        let allowed = allowed.intersection(model.measures());
        describe(&mut out, record, &found, allowed).expect("strings can be written to");
    }
    host.print(&out)?;
    Ok(Ending::Done)
}

fn describe(
    out: &mut String,
    record: &Record,
    found: &drift_sim::infer::Classification,
    allowed: MeasureSet,
) -> std::fmt::Result {
    let names = |wanted: &dyn Fn(Measure) -> bool| {
        let names: Vec<_> = Measure::ALL
            .into_iter()
            .filter(|&measure| wanted(measure))
            .map(Measure::column)
            .collect();
        names.join(", ")
    };
    let mut ranked: Vec<_> = DriftRule::ALL
        .into_iter()
        .zip(found.probabilities)
        .collect();
    ranked.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    for (rule, probability) in ranked {
        writeln!(out, "{:14} {probability:.3}", rule.name())?;
    }
    let far = 100.0 * found.typicality;
    let answer = match found.rule() {
        Some(_) => "",
        None => "none of these, most likely; the probabilities are those if it were one of them\n",
    };
    write!(
        out,
        "\n{answer}{far:.0} % of runs of these rules lie as far from what was learned from\n"
    )?;
    let outside = names(&|measure| found.outside.contains(measure));
    if !outside.is_empty() {
        writeln!(out, "outside what was learned from: {outside}")?;
    }
    let used = names(&|measure| found.measures.contains(measure));
    writeln!(out, "from {} samples of {used}", record.samples())?;
    let unused = names(&|measure| allowed.contains(measure) && !found.measures.contains(measure));
    if !unused.is_empty() {
        writeln!(out, "fewer than {FEWEST_SAMPLES} values of {unused}")?;
    }
    Ok(())
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
