//! One measurement for simulated units and recorded cells: a run of Figure 2 and a mouse.
//!
//! `cargo run --release -p drift-sim --example simulated_and_recorded -- 200000`
//!
//! The recording is `multiple_maps/C11_M1/A` of `zivlab/multiple_maps`, looked for in the folder
//! `data` of `DRIFT_SHARED`, or else of `shared` beside the workspace.

use std::path::PathBuf;

use drift_sim::code::{
    CodeOverTime, Criteria, RecordedCode, Selection, SimulatedCode, measure_code,
};
use drift_sim::data::ziv_lab::multiple_maps::{self, FrameLogReading, Options};
use drift_sim::{Registry, RunRecord, presets};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let steps = std::env::args().nth(1).unwrap_or("200000".to_owned());
    let shared = std::env::var_os("DRIFT_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let track = shared.join("data/multiple_maps/C11_M1/A");
    if !track.exists() {
        println!("skipped: the recording {} is not there", track.display());
        return Ok(());
    }
    let options = Options {
        frame_log: FrameLogReading::Repair,
        ..Options::default()
    };
    let recording = multiple_maps::load(&track, &options)?;
    // What the published analysis of Sheintuch et al. (2020) keeps.
    let selection = Selection {
        minimum_speed: Some(1.0),
        bins: Some(3..=22),
        events: true,
        ..Selection::default()
    };
    let (criteria, seed) = (Criteria::default(), 0);
    let recorded = RecordedCode::new(&recording, &selection)?;
    let mut sessions = Vec::new();
    for index in 0..recorded.sessions() {
        sessions.extend(recorded.moments(index)?.into_iter().map(Ok));
    }
    let mouse = measure_code(recorded.population(), sessions, &criteria, seed)?;

    let mut scenario = presets::preset("figure2")?.into_unchecked();
    scenario.set(&format!("steps={steps}"))?;
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("run");
    let mut run = Registry::new().create_run(&path, &scenario.try_into()?)?;
    println!("figure2: {}", run.run(&mut ())?);
    drop(run);
    let record = RunRecord::read(&path)?;
    let from = record.scenario.steps() / 100;
    let days = mouse.times.len();
    let simulated = SimulatedCode::new(&record, 0, selection.directions, from, days)?;
    let network = measure_code(simulated.population(), simulated.moments(), &criteria, seed)?;

    print(&network);
    print(&mouse);
    Ok(())
}

fn print(code: &CodeOverTime) {
    println!("\n{}", code.population.name());
    println!("        time  active  place  bits  above chance  maps' r  vectors' r  turnover");
    let show = |value: Option<f64>| value.unwrap_or(f64::NAN);
    for row in code.rows() {
        println!(
            "{:>12} {:7.3} {:6.3} {:5.2} {:13.2} {:8.3} {:11.3} {:9.3}",
            row.session,
            show(row.active_share_of_registered),
            show(row.place_share_of_tested),
            show(row.mean_si_bits_per_spike),
            show(row.si_above_chance_bits_per_spike),
            show(row.map_correlation_with_first),
            show(row.population_vector_correlation_with_first),
            show(row.turnover_ratio_with_first),
        );
    }
}
