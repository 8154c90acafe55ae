//! Learns which rule made a drift: simulates the sweep `infer`, fits `drift_infer`'s model,
//! scores it on held-out runs and prints the tables of the book's page.
//!
//! `cargo run --release -p drift-sim --example fit_infer -- runs/infer \
//!     crates/drift-infer/src/coefficients.csv`
//!
//! The records are kept in the first argument's directory; a second start goes on from there.

#[path = "fit_infer/scores.rs"]
mod scores;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use drift_sim::infer::{
    DriftRule, FEATURES, FINE_SAMPLES, Measure, MeasureSet, Model, Record, Scale, SetModel,
    features, record_of_scenario, rule_of, softmax, standardised,
};
use drift_sim::sweep::preset;
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Samples of a whole record.
const SAMPLES: usize = 101;
/// Index at which a record that starts late starts: a fifth of the run.
const LATE: usize = 20;
/// Thinned forms of a record that the weights are fitted on: first index and stride.
const FORMS: [(usize, usize); 10] = [
    (0, 1),
    (0, 5),
    (0, 10),
    (0, 25),
    (0, 50),
    (LATE, 1),
    (LATE, 5),
    (LATE, 10),
    (LATE, 20),
    (LATE, 40),
];
/// Strength of the penalty on squared weights.
const PENALTY: f64 = 1.0;

/// What a run is for: no run is used for two things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Weights are fitted on it.
    Train,
    /// Temperatures are fitted on it.
    Calibrate,
    /// Nothing is fitted on it.
    Test,
}

/// A run of the sweep.
#[derive(Debug)]
pub struct Labelled {
    /// The true class.
    pub rule: DriftRule,
    /// What it is for.
    pub part: Part,
    /// Its measures over time.
    pub record: Record,
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let usage = "fit_infer DIRECTORY COEFFICIENTS";
    let (directory, output) = arguments.next().zip(arguments.next()).ok_or(usage)?;
    let runs = simulated(Path::new(&directory))?;
    let count = |part| runs.iter().filter(|run| run.part == part).count();
    println!(
        "{} runs: {} to train, {} to calibrate, {} to test\n",
        runs.len(),
        count(Part::Train),
        count(Part::Calibrate),
        count(Part::Test)
    );
    let scales = scales(&runs);
    let every: Vec<_> = MeasureSet::every().collect();
    let sets = parallel(every.len(), |index| fit(&runs, every[index], &scales))?;
    std::fs::write(&output, Model::new(scales, sets)?.to_csv())?;
    // What is shipped is scored, with its rounded numbers.
    let model = Model::from_csv(&std::fs::read_to_string(&output)?)?;
    scores::print(&model, &runs)?;
    Ok(())
}

/// The sweep's records, from the directory or else simulated.
fn simulated(directory: &Path) -> Result<Vec<Labelled>, Failure> {
    std::fs::create_dir_all(directory)?;
    let sweep = preset("infer")?;
    let records = parallel(sweep.runs() as usize, |run| {
        let path = directory.join(format!("run-{run}.csv"));
        let scenario = sweep.scenario(run as u64)?;
        if !path.exists() {
            let unfinished = directory.join(format!("run-{run}.unfinished"));
            std::fs::write(&unfinished, record_of_scenario(&scenario)?.to_csv())?;
            std::fs::rename(&unfinished, &path)?;
        }
        let record = Record::from_csv(&std::fs::read_to_string(&path)?)?;
        Ok((scenario, record))
    })?;
    let mut runs = Vec::new();
    let mut in_group = 0;
    let group = |run: u64| sweep.design().draw(run).group;
    for (run, (scenario, record)) in records.into_iter().enumerate() {
        let run = run as u64;
        in_group = match run > 0 && group(run) == group(run - 1) {
            true => in_group + 1,
            false => 0,
        };
        let rule = rule_of(scenario.spec()).ok_or("a run of no class")?;
        if record.samples() < SAMPLES {
            println!("run {run} ({}) ended early and is left out", rule.name());
            continue;
        }
        let part = match in_group % 6 {
            0..3 => Part::Train,
            3 => Part::Calibrate,
            _ => Part::Test,
        };
        runs.push(Labelled { rule, part, record });
    }
    Ok(runs)
}

/// `work` of every index, on all cores, in order.
fn parallel<T: Send>(
    count: usize,
    work: impl Fn(usize) -> Result<T, Failure> + Sync,
) -> Result<Vec<T>, Failure> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        break;
                    }
                    let result = work(index);
                    done.lock().expect("no worker panics").push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no worker panicked");
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The forms of the records of one part that have all measures of `set`.
fn forms(
    runs: &[Labelled],
    part: Part,
    set: MeasureSet,
) -> Result<Vec<(DriftRule, Record)>, Failure> {
    let mut found = Vec::new();
    for run in runs.iter().filter(|run| run.part == part) {
        for (first, stride) in FORMS {
            let record = run.record.thinned(first, stride)?;
            if record.measures().intersection(set) == set {
                found.push((run.rule, record));
            }
        }
    }
    Ok(found)
}

fn scales(runs: &[Labelled]) -> Vec<Scale> {
    let rows: Vec<Vec<f64>> = runs
        .iter()
        .filter(|run| run.part == Part::Train)
        .flat_map(|run| FORMS.map(|(first, stride)| run.record.thinned(first, stride)))
        .flatten()
        .map(|record| features(&record, MeasureSet::all()))
        .collect();
    (0..Measure::ALL.len() * FEATURES.len())
        .map(|column| {
            let known: Vec<f64> = rows
                .iter()
                .map(|row| row[column])
                .filter(|value| value.is_finite())
                .collect();
            let mean = known.iter().sum::<f64>() / known.len() as f64;
            let squares: f64 = known.iter().map(|value| (value - mean).powi(2)).sum();
            Scale {
                mean,
                standard_deviation: (squares / known.len() as f64).sqrt(),
            }
        })
        .collect()
}

fn fit(runs: &[Labelled], set: MeasureSet, scales: &[Scale]) -> Result<SetModel, Failure> {
    let train = forms(runs, Part::Train, set)?;
    let rows: Vec<Vec<f64>> = train
        .iter()
        .map(|(_, record)| standardised(record, set, scales))
        .collect();
    let classes: Vec<u32> = train.iter().map(|(rule, _)| *rule as u32).collect();
    let regression = LogisticRegression::fit(
        &DenseMatrix::from_2d_vec(&rows)?,
        &classes,
        LogisticRegressionParameters::default().with_alpha(PENALTY),
    )?;
    let (weights, intercepts) = (regression.coefficients(), regression.intercept());
    let weights = (0..DriftRule::ALL.len())
        .map(|class| {
            let row = (0..rows[0].len()).map(|column| *weights.get((class, column)));
            std::iter::once(*intercepts.get((class, 0)))
                .chain(row)
                .collect()
        })
        .collect();
    let mut model = SetModel {
        set,
        coarse_temperature: 1.0,
        temperature: 1.0,
        weights,
    };
    let (coarse, fine): (Vec<_>, Vec<_>) = forms(runs, Part::Calibrate, set)?
        .into_iter()
        .partition(|(_, record)| record.samples() < FINE_SAMPLES);
    model.coarse_temperature = temperature(&model, &coarse, scales);
    model.temperature = temperature(&model, &fine, scales);
    Ok(model)
}

/// The temperature of least log loss, of 121 from 1/4 to 16 evenly spaced in the logarithm.
fn temperature(model: &SetModel, records: &[(DriftRule, Record)], scales: &[Scale]) -> f64 {
    let scored: Vec<_> = records
        .iter()
        .map(|(rule, record)| {
            let values = standardised(record, model.set, scales);
            (*rule as usize, model.scores(&values))
        })
        .collect();
    let log_loss = |temperature: f64| -> f64 {
        scored
            .iter()
            .map(|&(class, scores)| -softmax(scores, temperature)[class].max(1e-300).ln())
            .sum()
    };
    (0..=120)
        .map(|index| 0.25 * 2.0_f64.powf(f64::from(index) / 20.0))
        .map(|temperature| (temperature, log_loss(temperature)))
        .min_by(|(_, one), (_, other)| one.total_cmp(other))
        .map_or(1.0, |(temperature, _)| temperature)
}
