//! Simulated cells with a known information: corrected estimates must come closer to it than the naive one.

use drift_sim::data::mat::{MatFile, MatRef, MatValue};
use drift_sim::data::ziv_lab::unbiased_information::{Options, load, load_files};
use drift_sim::data::{Filter, Recording, Session, TrackDirection};
use drift_sim::learn::{Stream, Streams};
use drift_sim::metrics::information::bias::{InformationReport, Settings, estimate_sparse};

use super::shared;
use super::side::states;

/// Every active cell is used: the question is the estimate, not the selection.
fn settings() -> Settings {
    Settings {
        significance: None,
        repetitions: 100,
        ..Settings::default()
    }
}

fn report(session: &Session, seed: u64) -> InformationReport {
    let activity = session.sparse_activity().unwrap();
    let states = states(session);
    let interval = session.trajectory.as_ref().unwrap().sample_interval;
    let mut rng = Streams::new(seed).named(Stream::Shuffles);
    estimate_sparse(&activity, &states, interval, &settings(), &mut rng).unwrap()
}

/// Sums over cells of an information: the truth and three estimates of it.
#[derive(Default)]
struct Totals {
    truth: f64,
    naive: f64,
    ssr: f64,
    bae: f64,
    cells: usize,
}

impl Totals {
    fn add(&mut self, report: &InformationReport, truth: &MatRef<'_>) {
        let truth = truth.vector().unwrap();
        for (cell, estimate) in report
            .significant_cells
            .iter()
            .zip(&report.bits_per_spike.cells)
        {
            self.truth += truth[*cell];
            self.naive += estimate.naive;
            self.ssr += estimate.ssr;
            self.bae += estimate.bae;
            self.cells += 1;
        }
    }

    /// Demands that both corrections be closer to the truth than the naive value, and prints by how much.
    fn judge(&self, name: &str) {
        assert!(self.cells > 0, "{name}: no cell was active enough");
        let bias = |sum: f64| (sum - self.truth) / self.cells as f64;
        let (naive, ssr, bae) = (bias(self.naive), bias(self.ssr), bias(self.bae));
        println!("checked {name}: {} values", 3 * self.cells);
        println!(
            "  {} cells, true {:.3} bits per spike; too high by {naive:.3} naive, {ssr:.3} SSR, {bae:.3} BAE",
            self.cells,
            self.truth / self.cells as f64
        );
        assert!(ssr.abs() < naive.abs() && bae.abs() < naive.abs(), "{name}");
    }
}

fn truth(file: &MatFile) -> MatRef<'_> {
    file.get("true_information")
        .unwrap()
        .field("SI_bit_spike")
        .unwrap()
}

#[test]
fn the_sample() {
    let Some(data) = shared::data() else { return };
    let folder = data.join("place_cells/sample_simulated");
    let recording = load_files(
        folder.join("simulated_spike_train.mat"),
        folder.join("stimulus_trace.mat"),
        None,
        &Options {
            rate_hz: Some(20.0),
        },
    )
    .unwrap();
    let file = MatFile::open(folder.join("true_information.mat")).unwrap();
    let mut totals = Totals::default();
    totals.add(&report(&recording.sessions[0], 1), &truth(&file));
    totals.judge("place_cells/sample_simulated");
}

/// Both directions of every session of a mouse.
fn mouse(recording: &Recording, truth: &MatRef<'_>) -> Totals {
    let mut totals = Totals::default();
    for session in &recording.sessions {
        for (direction, side) in [TrackDirection::Right, TrackDirection::Left]
            .into_iter()
            .enumerate()
        {
            let environment: usize = session.environment.as_ref().unwrap().parse().unwrap();
            let truth = truth
                .cell_at(&[environment - 1, session.number - 1, direction])
                .unwrap();
            if matches!(truth.value(), MatValue::Unset) || truth.is_empty() {
                continue;
            }
            let one = session
                .filtered(&Filter {
                    direction: Some(side),
                    ..Filter::default()
                })
                .unwrap();
            totals.add(&report(&one, 1), &truth);
        }
    }
    totals
}

#[test]
fn three_mice() {
    let Some(data) = shared::data() else { return };
    let folder = data.join("place_cells/simulated");
    for name in ["C5M1", "C6M3", "C8M2"] {
        let recording = load(&folder, name, &Options::default()).unwrap();
        let file = MatFile::open(folder.join(format!("{name}_true_information.mat"))).unwrap();
        mouse(&recording, &truth(&file)).judge(&format!("place_cells/simulated/{name}"));
    }
}
