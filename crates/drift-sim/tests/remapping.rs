//! Remapping: controls, files, threads, and the test over seeds.

use drift_sim::learn::{Stream, Streams};
use drift_sim::metrics::nalgebra::DMatrix;
use drift_sim::remapping::{
    self, Against, Change, Criteria, Experiment, ExperimentDirectory, Measure, Remapping, Row,
    read_rows, rows_to_csv, run_seed, test_prediction,
};
use drift_sim::scenario::MeasuresSpec;
use drift_sim::{Error, Simulation};
use proptest::prelude::*;

/// A preset in miniature.
fn small(name: &str, changes: Vec<Change>) -> Experiment {
    let mut experiment = remapping::preset(name).unwrap().into_unchecked();
    for set in [
        "steps=300",
        "network.hidden=24",
        "sampling.logarithmic.first=30",
        "sampling.logarithmic.samples=6",
    ] {
        experiment.scenario.set(set).unwrap();
    }
    experiment.from = 30;
    experiment.seeds = 3;
    experiment.changes = changes;
    experiment.try_into().unwrap()
}

fn rows(experiment: &Experiment, seed: u64) -> Vec<Row> {
    run_seed(experiment, seed, &|| false)
        .unwrap()
        .expect("nothing stops it")
}

fn all_changes() -> Vec<Change> {
    vec![
        Change::NewTexture,
        Change::Morph { fraction: 0.5 },
        Change::Lengthen { factor: 1.5 },
    ]
}

#[test]
fn no_change_is_no_remapping() {
    for name in ["remapping", "remapping-three"] {
        let none = vec![
            Change::Morph { fraction: 0.0 },
            Change::Lengthen { factor: 1.0 },
        ];
        let rows = rows(&small(name, none), 4);
        assert_eq!(rows.len(), 12);
        for row in rows {
            assert!((row.correlation - 1.0).abs() < 1e-12, "{row:?}");
            assert_eq!((row.fraction_moved, row.fraction_remapped), (0.0, 0.0));
            assert_eq!((row.moved, row.gained, row.lost), (0, 0, 0));
            let difference = row.changed_log10_normalised_loss - row.log10_normalised_loss;
            assert!(difference.abs() < 1e-12);
        }
    }
}

#[test]
fn a_whole_morph_is_the_new_texture_and_half_of_it_does_less() {
    let changes = vec![
        Change::NewTexture,
        Change::Morph { fraction: 1.0 },
        Change::Morph { fraction: 0.1 },
    ];
    let rows = rows(&small("remapping", changes), 1);
    for at_one_time in rows.chunks_exact(3) {
        let mut renamed = at_one_time[1].clone();
        renamed.change.clone_from(&at_one_time[0].change);
        assert_eq!(at_one_time[0], renamed);
        assert!(at_one_time[2].correlation > at_one_time[0].correlation + 0.1);
        assert!(at_one_time[2].fraction_moved < at_one_time[0].fraction_moved);
    }
}

/// The network is the one an ordinary run gives: measuring takes no draw from training.
#[test]
fn the_run_is_the_scenarios_own() {
    let experiment = small("remapping-three", all_changes());
    let scenario = experiment.scenario().with_seed(9).unwrap();
    let mut simulation = Simulation::new(&scenario).unwrap();
    simulation.run(&mut ()).unwrap();
    let samples = simulation.trace().samples();
    let rows = rows(&experiment, 9);
    assert_eq!(rows.len(), 3 * samples.len());
    for (sample, rows) in samples.iter().zip(rows.chunks_exact(3)) {
        for row in rows {
            assert_eq!(row.step, sample.step);
            assert_eq!(row.log10_normalised_loss, sample.log10_normalised_loss);
            assert_eq!(row.outcome, "completed");
        }
    }
}

#[test]
fn codes_made_by_hand() {
    // The positions of a run, and four units active at one stretch of it each.
    let experiment = small("remapping", all_changes());
    let simulation = Simulation::new(experiment.scenario()).unwrap();
    let position = simulation.dataset().unwrap().position().unwrap();
    let low = position.iter().copied().fold(f64::INFINITY, f64::min);
    let field = |from: f64| {
        move |row: usize| {
            let place = position[row] - low;
            if (from..from + 2.0).contains(&place) {
                1.0
            } else {
                0.0
            }
        }
    };
    let silent = |_: usize| 0.0;
    let code = |units: [&dyn Fn(usize) -> f64; 4]| {
        DMatrix::from_fn(position.len(), 4, |row, unit| units[unit](row))
    };
    let (here, there) = (field(1.0), field(8.0));
    let before = code([&here, &here, &here, &silent]);
    let after = code([&here, &there, &silent, &there]);
    let criteria = Criteria::new(&MeasuresSpec::default(), 10);
    let mapping = simulation.mapping().unwrap();
    let found = Remapping::between(&before, &after, mapping, 0, &criteria).unwrap();
    assert_eq!((found.active_before, found.active_after), (3, 3));
    assert_eq!((found.kept, found.moved), (2, 1));
    assert_eq!((found.gained, found.lost), (1, 1));
    assert_eq!(found.fraction_moved(), 0.5);
    assert_eq!(found.fraction_remapped(), 0.75);
    // One unit kept its map (r = 1), the other's moved away (r < 0).
    assert_eq!(found.place_units, 2);
    assert!(found.correlation < 0.5);

    let missing = Remapping::between(&before, &after, mapping, 1, &criteria);
    assert!(matches!(missing, Err(Error::OutOfRange { .. })));
    let fewer = after.columns(0, 3).into_owned();
    let units = Remapping::between(&before, &fewer, mapping, 0, &criteria);
    assert!(matches!(units, Err(Error::ShapeMismatch { .. })));
    let short = before.rows(0, 10).into_owned();
    let samples = Remapping::between(&short, &short, mapping, 0, &criteria);
    assert!(matches!(
        samples,
        Err(Error::ShapeMismatch { found: 10, .. })
    ));
}

#[test]
fn a_directory_goes_on_where_it_was_and_no_thread_count_shows() {
    let experiment = small("remapping", all_changes());
    let alone = tempfile::tempdir().unwrap();
    let mut open = ExperimentDirectory::open(alone.path(), &experiment).unwrap();
    assert_eq!(open.pending(), [0, 1, 2]);
    let one_thread = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    let left = one_thread.install(|| open.run(&|| false, &|_| ())).unwrap();
    assert_eq!(left, 0);
    let expected = rows_to_csv(&open.collect().unwrap());

    let shared = tempfile::tempdir().unwrap();
    let fewer = Experiment::try_from({
        let mut spec = experiment.clone().into_unchecked();
        spec.seeds = 1;
        spec
    })
    .unwrap();
    let mut first = ExperimentDirectory::open(shared.path(), &fewer).unwrap();
    let again = ExperimentDirectory::open(shared.path(), &fewer);
    assert!(matches!(again, Err(Error::Locked { .. })));
    // Stopped at once, nothing is done; then one seed; then the others.
    assert_eq!(first.run(&|| true, &|_| ()).unwrap(), 1);
    assert!(first.collect().unwrap().is_empty());
    assert_eq!(first.run(&|| false, &|_| ()).unwrap(), 0);
    drop(first);
    let mut second = ExperimentDirectory::open(shared.path(), &experiment).unwrap();
    assert_eq!(second.pending(), [1, 2]);
    let four = rayon::ThreadPoolBuilder::new()
        .num_threads(4)
        .build()
        .unwrap();
    four.install(|| second.run(&|| false, &|_| ())).unwrap();
    second.collect().unwrap();
    drop(second);
    let table = std::fs::read_to_string(shared.path().join("remapping.csv")).unwrap();
    assert_eq!(table, expected);

    let other = small("remapping", vec![Change::NewTexture]);
    let refused = ExperimentDirectory::open(shared.path(), &other);
    assert!(matches!(refused, Err(Error::DirectoryInUse { .. })));
}

#[test]
fn a_stop_in_the_middle_of_a_seed_leaves_no_rows() {
    use std::sync::atomic::{AtomicU32, Ordering};
    let experiment = small("remapping", all_changes());
    let looks = AtomicU32::new(0);
    let stop = || looks.fetch_add(1, Ordering::Relaxed) >= 1;
    // 300 steps have one look, at step 256; the second stops a longer run.
    assert!(run_seed(&experiment, 0, &stop).unwrap().is_some());
    assert!(run_seed(&experiment, 0, &stop).unwrap().is_none());
}

#[test]
fn experiments_are_text_and_wrong_ones_are_refused() {
    for preset in remapping::presets() {
        let experiment = remapping::preset(&preset.name).unwrap();
        assert_eq!(
            Experiment::from_toml(&experiment.to_toml()).unwrap(),
            experiment
        );
        assert!(experiment.seeds().count() >= 10);
    }
    let wrong = remapping::preset("remaping").unwrap_err();
    assert!(wrong.to_string().contains("did you mean remapping?"));
    let refused = |change: &dyn Fn(&mut remapping::UncheckedExperiment)| {
        let mut spec = small("remapping", all_changes()).into_unchecked();
        change(&mut spec);
        Experiment::try_from(spec).unwrap_err().to_string()
    };
    assert!(refused(&|spec| spec.seeds = 0).starts_with("seeds is 0"));
    assert!(refused(&|spec| spec.changes.clear()).starts_with("changes is 0"));
    assert!(refused(&|spec| spec.environment = 1).starts_with("environment is 1"));
    assert!(refused(&|spec| spec.shift_bins = 100).starts_with("shift_bins is 100"));
    assert!(refused(&|spec| spec.from = 301).starts_with("from is 301"));
    assert!(
        refused(&|spec| spec.changes = vec![Change::NewTexture; 2]).contains("each change once")
    );
    assert!(refused(&|spec| spec.changes = vec![Change::Morph { fraction: 3.0 }]).contains("3"));
    let text = small("remapping", all_changes()).to_toml();
    let unknown = Experiment::from_toml(&text.replace("shift_bins", "shift_bin")).unwrap_err();
    assert!(unknown.to_string().contains("did you mean shift_bins?"));
    let other_task = "changes = ['new_texture']\nscenario.task = { random = {} }";
    assert!(
        Experiment::from_toml(other_task)
            .unwrap_err()
            .to_string()
            .contains("corridor")
    );
}

#[test]
fn settings_reach_experiment_and_scenario() {
    let mut spec = remapping::preset("remapping").unwrap().into_unchecked();
    spec.set("from=5000").unwrap();
    spec.set("scaled_by=changed").unwrap();
    spec.set("rule.sgd.learning_rate=0.05").unwrap();
    assert_eq!(
        (spec.from, spec.scaled_by),
        (5000, remapping::ScaledBy::Changed)
    );
    let before = spec.clone();
    for wrong in [
        "from",
        "from=soon",
        "shift=3",
        "changes=['nothing']",
        "network.hiden=3",
    ] {
        assert!(spec.set(wrong).is_err(), "{wrong}");
    }
    assert_eq!(spec, before);
}

/// A row of which only what a test sets matters.
fn row(seed: u64, step: u64) -> Row {
    let text = "seed,step,change,correlation,fraction_moved,fraction_remapped,place_units,\
                active_before,active_after,moved,gained,lost,log10_normalised_loss,\
                changed_log10_normalised_loss,active_fraction,fraction_active_units,\
                hessian_trace,log_pseudo_determinant,nonzero_fraction,outcome\n\
                0,0,new texture,NaN,0.5,0.5,0,1,1,0,0,0,-1,0,0.5,1,1,,,completed\n";
    let mut row = read_rows(text).unwrap().remove(0);
    (row.seed, row.step) = (seed, step);
    row
}

#[test]
fn trends_of_rows_made_by_hand() {
    let mut rows = Vec::new();
    for seed in 0..10 {
        for (index, step) in [10, 100, 1000, 10_000].into_iter().enumerate() {
            let mut row = row(seed, step);
            // One seed of ten goes the other way; the first point is before convergence.
            let falling = 0.9 - 0.2 * index as f64;
            row.fraction_moved = if seed == 3 { 1.0 - falling } else { falling };
            row.hessian_trace = 10.0 - index as f64;
            rows.push(row);
        }
    }
    let predictions = test_prediction(&rows, 100).unwrap();
    let find = |measure, against| {
        predictions
            .iter()
            .find(|found| found.measure == measure && found.against == against)
    };
    let moved = find(Measure::FractionMoved, Against::Time).unwrap();
    assert_eq!(
        (moved.agreeing, moved.opposing, moved.trends.len()),
        (9, 1, 10)
    );
    assert!((moved.mean + 0.8).abs() < 1e-12);
    assert!((moved.p - 22.0 / 1024.0).abs() < 1e-12);
    assert!((moved.first - (9.0 * 0.7 + 0.3) / 10.0).abs() < 1e-12);
    assert_eq!(moved.verdict(), 1);
    let flat = Against::Flatness(Measure::HessianTrace);
    let with_trace = find(Measure::FractionMoved, flat).unwrap();
    assert!((with_trace.mean - 0.8).abs() < 1e-12);
    assert_eq!(with_trace.verdict(), 1);
    let trace = find(Measure::HessianTrace, Against::Time).unwrap();
    assert_eq!((trace.agreeing, trace.change.as_deref()), (10, None));
    // Never measured, or never different.
    assert!(find(Measure::NonzeroFraction, Against::Time).is_none());
    assert!(find(Measure::Correlation, Against::Time).is_none());
    let constant = find(Measure::FractionRemapped, Against::Time).unwrap();
    assert!(constant.trends.is_empty() && constant.verdict() == 0);
    assert!(test_prediction(&rows, 10_001).is_err());
}

#[test]
fn a_new_texture_is_the_next_one_of_its_stream() {
    let experiment = small("remapping", all_changes());
    let task = experiment.task();
    let mut texture = Streams::new(5).named(Stream::Texture);
    let walls = task.texture_draws(&mut texture);
    let next = task.texture_draws(&mut texture);
    assert_ne!(walls, next);
    let corridor = task
        .changed_corridor(&walls, Change::NewTexture, &next)
        .unwrap();
    assert_eq!(corridor, task.corridor_from_draws(&next).unwrap());
}

proptest! {
    #[test]
    fn rows_come_back_with_the_same_bits(
        correlation in -1.0..1.0f64,
        trace in 0.0..1e6f64,
        log in proptest::option::of(-1e5..1e5f64),
        counts in proptest::array::uniform3(0..500usize),
    ) {
        let mut row = row(7, 123);
        row.correlation = correlation;
        row.hessian_trace = trace;
        row.log_pseudo_determinant = log;
        [row.moved, row.gained, row.lost] = counts;
        let rows = vec![row.clone(), row];
        prop_assert_eq!(read_rows(&rows_to_csv(&rows)).unwrap(), rows);
    }
}

#[test]
fn types_cross_threads_and_show_themselves() {
    fn check<T: Send + Sync + std::fmt::Debug>() {}
    check::<Experiment>();
    check::<remapping::UncheckedExperiment>();
    check::<ExperimentDirectory>();
    check::<Remapping>();
    check::<Criteria>();
    check::<Row>();
    check::<remapping::Prediction>();
    check::<Change>();
    check::<drift_sim::env::CorridorScaling>();
}
