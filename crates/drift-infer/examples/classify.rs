//! Which learning rule made the drift in a table of sessions (columns `day` and measures).
//!
//! `cargo run --release -p drift-infer --example classify -- sessions.csv`

use std::error::Error;

use drift_infer::{DriftRule, MeasureSet, Model, Record};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("which table?")?;
    let record = Record::from_csv(&std::fs::read_to_string(path)?)?;
    let model = match record.is_observed() {
        true => Model::observed(),
        false => Model::shipped(),
    };
    let found = model.classify(&record, MeasureSet::all())?;
    for (rule, probability) in DriftRule::ALL.iter().zip(found.probabilities) {
        println!("{:14} {probability:.2}", rule.name());
    }
    let answer = found.rule().map_or("none of these", DriftRule::name);
    println!("the answer: {answer} (typicality {:.2})", found.typicality);
    Ok(())
}
