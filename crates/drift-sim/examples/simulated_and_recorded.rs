//! One measurement for simulated units and recorded cells: a run of Figure 2 and a mouse.
//!
//! `cargo run --release -p drift-sim --example simulated_and_recorded -- 200000`
//!
//! The recording is `multiple_maps/C11_M1/A` of `zivlab/multiple_maps`, looked for in the folder
//! `data` of `DRIFT_SHARED`, or else of `shared` beside the workspace.

use std::path::PathBuf;

use drift_sim::code::{
    CodeOverTime, Criteria, RecordedCode, RecordedSelection, SimulatedCode, measure_code,
    spread_snapshots,
};
use drift_sim::data::ziv_lab::multiple_maps::{self, FrameLogReading, Options};
use drift_sim::{Run, RunRecord, presets};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

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
    let selection = RecordedSelection::multiple_maps();
    let recorded = RecordedCode::new(&recording, &selection)?;
    let criteria = Criteria::default();
    let sessions =
        (0..recording.sessions.len()).filter_map(|index| recorded.moment(index).transpose());
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mouse = measure_code(recorded.edges(), sessions, &criteria, &mut rng)?;

    let mut scenario = presets::preset("figure2")?.into_unchecked();
    scenario.set(&format!("steps={steps}"))?;
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("run");
    let mut run = Run::create(&path, &scenario.try_into()?)?;
    println!("figure2: {}", run.run(&mut ())?);
    drop(run);
    let record = RunRecord::read(&path)?;
    let simulated = SimulatedCode::new(&record, 0)?;
    let from = record.scenario.steps() / 100;
    let snapshots = spread_snapshots(&record, from, mouse.times.len());
    let moments = snapshots
        .into_iter()
        .map(|snapshot| simulated.moment(snapshot));
    let network = measure_code(simulated.edges(), moments, &criteria, &mut rng)?;

    print("simulated, figure2", &network);
    print("recorded, C11_M1 A", &mouse);
    Ok(())
}

fn print(name: &str, code: &CodeOverTime) {
    println!("\n{name}");
    println!("        time  active  tuned  bits  above chance  maps' r  vectors' r  turnover");
    for (index, at) in code.times.iter().enumerate() {
        println!(
            "{:>12} {:7.3} {:6.3} {:5.2} {:13.2} {:8.3} {:11.3} {:9.3}",
            at.label,
            at.fraction_active_units(),
            at.tuned_share(),
            at.mean_information,
            at.information_above_chance.unwrap_or(f64::NAN),
            code.pairs.rate_map_correlation[(0, index)],
            code.pairs.pv_correlation[(0, index)],
            code.turnover[(0, index)],
        );
    }
}
