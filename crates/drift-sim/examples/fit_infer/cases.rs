//! The runs of the sweep as records: whole, thinned, and as experimenters would have them.

use std::collections::BTreeMap;
use std::path::Path;

use drift_engine::npz::{self, Array};
use drift_net::{Network, Shape};
use drift_sim::infer::{DriftRule, Record, record_of_snapshots, rule_of};
use drift_sim::scenario::SpectrumKind;
use drift_sim::{Registry, Scenario, Sweep};
use nalgebra::DMatrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::Failure;
use crate::look::Look;

/// Samples of a whole record.
const SAMPLES: usize = 41;
/// Index at which a record that starts late starts: a fifth of the run.
pub const LATE: usize = 8;
/// Thinned forms of a record: first index and stride. All share the samples with a spectrum.
pub const FORMS: [(usize, usize); 8] = [
    (0, 1),
    (0, 4),
    (0, 8),
    (0, 20),
    (LATE, 1),
    (LATE, 4),
    (LATE, 8),
    (LATE, 16),
];
/// Spectra of a whole record.
const SPECTRA: usize = 11;
/// Looks at a run that are drawn by lot.
const LOOKS: u64 = 6;

/// What a run is for: none is used for two things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Weights are fitted on it.
    Train,
    /// The temperature and the percentiles of distances are fitted on it.
    Calibrate,
    /// Nothing is fitted on it.
    Test,
    /// Of no class: nothing is fitted on it.
    Foreign,
}

/// A run of the sweep.
pub struct Run {
    /// The true class; `None` for kinds that are none of them.
    pub rule: Option<DriftRule>,
    /// Rule and noise as the sweep names them.
    pub kind: String,
    /// What it is for.
    pub part: Part,
    /// Its measures over time, in each of [`FORMS`].
    pub forms: Vec<Record>,
    /// Looks by lot.
    pub looks: Vec<Record>,
    /// One look in each of [`Look::standard`]; `None` where it shows nothing.
    pub standard: Vec<Option<Record>>,
}

/// The runs of the first `shards` of `of` shards, without those that ended early.
pub fn read(sweep: &Sweep, directory: &Path, shards: u64, of: u64) -> Result<Vec<Run>, Failure> {
    let records = directory.join("records");
    std::fs::create_dir_all(&records)?;
    let mut runs = Vec::new();
    let mut early = BTreeMap::<String, usize>::new();
    for number in (0..sweep.runs()).filter(|run| run % of < shards) {
        let kept = npz::read(directory.join(format!("snapshots/run-{number}.npz")))?;
        let record = records.join(format!("run-{number}.csv"));
        let group = sweep.design().draw(number).group;
        let kind = group
            .split_once('-')
            .map_or("", |(_, kind)| kind)
            .to_owned();
        match run(sweep, number, kind.clone(), &kept, &record)? {
            Some(run) => runs.push(run),
            None => *early.entry(kind).or_default() += 1,
        }
    }
    println!("ended early and left out: {early:?}");
    Ok(runs)
}

/// The activity of the hidden units (samples × units) at every snapshot.
fn codes(scenario: &Scenario, snapshots: &DMatrix<f64>) -> Result<Vec<DMatrix<f64>>, Failure> {
    let data = Registry::new().dataset(scenario)?;
    let hidden = scenario.spec().network.hidden;
    let shape = Shape::new(data.inputs().ncols(), hidden, data.targets().ncols())?;
    let code = |parameters: Vec<f64>| -> Result<DMatrix<f64>, Failure> {
        let network = Network::from_parameters(shape, parameters)?;
        Ok(network.forward(data.inputs().as_view())?.0)
    };
    let rows = snapshots.row_iter();
    rows.map(|row| code(row.iter().copied().collect()))
        .collect()
}

/// Run `number`, from what the sweep kept of it; `None` where it ended early. Its whole record is
/// written to `path`, and read from there another time.
fn run(
    sweep: &Sweep,
    number: u64,
    kind: String,
    kept: &BTreeMap<String, Array>,
    path: &Path,
) -> Result<Option<Run>, Failure> {
    let steps = &kept["step"].values;
    let snapshots = kept["parameters"].to_matrix().ok_or("no matrix")?;
    if steps.len() < SAMPLES || snapshots.iter().any(|value| !value.is_finite()) {
        return Ok(None);
    }
    let mut scenario = sweep.scenario(number)?.into_unchecked();
    scenario.spectrum.samples = SPECTRA;
    scenario.spectrum.kind = SpectrumKind::GaussNewton;
    let rule = rule_of(&scenario);
    let scenario: Scenario = scenario.try_into()?;
    if !path.exists() {
        let whole: Vec<u64> = steps.iter().map(|&step| step as u64).collect();
        let record = record_of_snapshots(&scenario, &whole, &snapshots)?;
        drift_engine::write_atomically(path, record.to_csv().as_bytes())?;
    }
    let record = Record::from_csv(&std::fs::read_to_string(path)?)?;
    let thinned = FORMS.map(|(first, stride)| record.thinned(first, stride));
    let part = match (rule, number % 6) {
        (None, _) => Part::Foreign,
        (_, 0 | 2 | 4) => Part::Train,
        (_, 1) => Part::Calibrate,
        _ => Part::Test,
    };
    let mut rng = ChaCha8Rng::seed_from_u64(number);
    let codes = codes(&scenario, &snapshots)?;
    let looks = (0..LOOKS).filter_map(|_| Look::draw(&mut rng).record(steps, &codes, &mut rng));
    let looks = looks.collect();
    let standard = Look::standard().map(|look| look.record(steps, &codes, &mut rng));
    Ok(Some(Run {
        rule,
        kind,
        part,
        forms: thinned.into_iter().collect::<Result<_, _>>()?,
        looks,
        standard: standard.into(),
    }))
}
