//! Any text as each of the tables that are read: traces, records to be classified, models,
//! remapping tables. What is taken comes back from its own text.
#![no_main]

use std::sync::LazyLock;

use drift_sim::Trace;
use drift_sim::infer::{Model, Record, record_of_trace};
use drift_sim::remapping::{read_rows, rows_to_csv};
use libfuzzer_sys::fuzz_target;

static MODEL: LazyLock<Model> = LazyLock::new(Model::shipped);

fuzz_target!(|text: &str| {
    if let Ok(trace) = Trace::from_csv(text) {
        let again = Trace::from_csv(&trace.to_csv()).expect("its own text");
        assert_eq!(again.to_csv(), trace.to_csv());
        let _ = record_of_trace(&trace);
    }
    if let Ok(record) = Record::from_csv(text) {
        let again = Record::from_csv(&record.to_csv()).expect("its own text");
        assert_eq!(again.to_csv(), record.to_csv());
        let _ = MODEL.classify(&record, record.measures());
    }
    if let Ok(model) = Model::from_csv(text) {
        let again = Model::from_csv(&model.to_csv()).expect("its own text");
        assert_eq!(again.to_csv(), model.to_csv());
    }
    if let Ok(rows) = read_rows(text) {
        let again = read_rows(&rows_to_csv(&rows)).expect("its own text");
        assert_eq!(rows_to_csv(&again), rows_to_csv(&rows));
    }
});
