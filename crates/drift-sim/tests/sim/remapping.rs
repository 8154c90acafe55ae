//! Remapping: controls, files, threads, and the test over seeds.

use std::sync::atomic::{AtomicU32, Ordering};

use super::interrupted::files;
use drift_sim::env::CorridorTask;
use drift_sim::learn::{Stream, Streams};
use drift_sim::metrics::nalgebra::DMatrix;
use drift_sim::remapping::{
    Against, Change, Criteria, Measure, Remapping, Row, ScaledBy, read_rows, rows_to_csv,
    test_prediction,
};
use drift_sim::scenario::{MeasuresSpec, TaskSpec};
use drift_sim::{
    Error, Registry, Replicas, RunRecord, Scenario, Training, UncheckedScenario, engine, presets,
    remapping,
};
use proptest::prelude::*;

/// A preset in miniature.
fn small(name: &str, changes: Vec<Change>) -> UncheckedScenario {
    let mut scenario = presets::preset(name).unwrap().into_unchecked();
    for set in [
        "steps=300",
        "network.hidden=24",
        "sampling.logarithmic.first=30",
        "sampling.logarithmic.samples=6",
        "measures.remapping.from=30",
    ] {
        scenario.set(set).unwrap();
    }
    scenario.measures.remapping.as_mut().unwrap().changes = changes;
    scenario
}

fn checked(scenario: UncheckedScenario) -> Scenario {
    scenario.try_into().unwrap()
}

fn rows(scenario: &Scenario, seed: u64) -> Vec<Row> {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("run");
    let scenario = scenario.with_seed(seed).unwrap();
    let mut run = Registry::new().create_run(&directory, &scenario).unwrap();
    run.run(&mut ()).unwrap();
    remapping::rows(&RunRecord::read(&directory).unwrap())
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
        let rows = rows(&checked(small(name, none)), 4);
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
    let rows = rows(&checked(small("remapping", changes)), 1);
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
    let mut plain = small("remapping-three", all_changes());
    let scenario = checked(plain.clone());
    plain.measures.remapping = None;
    let plain = checked(plain).with_seed(9).unwrap();
    let mut simulation = plain.simulation().unwrap();
    simulation.run(&mut ()).unwrap();
    let samples = simulation.trace().samples();
    let rows = rows(&scenario, 9);
    assert_eq!(rows.len(), 3 * samples.len());
    for (sample, rows) in samples.iter().zip(rows.chunks_exact(3)) {
        for row in rows {
            assert_eq!((row.seed, row.step), (9, sample.step));
            let of = |name: &str| sample.get(name).unwrap();
            assert_eq!(row.log10_normalised_loss, of("log10_normalised_loss"));
            assert_eq!(row.active_fraction, of("active_fraction"));
            assert_eq!(row.fraction_active_units, of("fraction_active_units"));
            assert_eq!(row.outcome, "completed");
            // Three corridors have the trace alone.
            assert!(row.hessian_trace > 0.0 && row.log_pseudo_determinant.is_none());
        }
    }
    let one = self::rows(&checked(small("remapping", all_changes())), 9);
    assert!(one.iter().all(|row| row.nonzero_fraction.is_some()));
}

#[test]
fn a_run_without_the_measure_has_no_rows() {
    let mut plain = small("remapping", all_changes());
    plain.measures.remapping = None;
    assert!(rows(&checked(plain), 0).is_empty());
}

#[test]
fn codes_made_by_hand() {
    // The positions of a run, and four units active at one stretch of it each.
    let training = Training::of(&checked(small("remapping", all_changes()))).unwrap();
    let position = training.dataset().position().unwrap();
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
    let mapping = training.mapping().unwrap();
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
    assert!(matches!(
        missing,
        Err(Error::Engine(engine::Error::OutOfRange { .. }))
    ));
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

fn in_pool<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().unwrap().install(work)
}

#[test]
fn replicas_go_on_where_they_were_and_no_thread_count_shows() {
    let registry = Registry::new();
    let scenario = checked(small("remapping", all_changes()));
    let alone = tempfile::tempdir().unwrap();
    let mut open = Replicas::open(alone.path(), &scenario, 3).unwrap();
    assert_eq!(open.pending(), [0, 1, 2]);
    let left = in_pool(1, || open.run(&registry, &|| false, &|_| ())).unwrap();
    assert_eq!(left, 0);
    let expected = files(alone.path());
    assert!(expected.contains_key("replicas.toml") && expected.contains_key("seed-2/trace.csv"));

    let shared = tempfile::tempdir().unwrap();
    let mut first = Replicas::open(shared.path(), &scenario, 1).unwrap();
    // Stopped at once, nothing is done; then one seed; then the others.
    assert_eq!(first.run(&registry, &|| true, &|_| ()).unwrap(), 1);
    assert!(first.records(&registry).unwrap().is_empty());
    assert_eq!(first.run(&registry, &|| false, &|_| ()).unwrap(), 0);
    // A seed that another process works on is refused.
    let held = registry.open_run(shared.path().join("seed-0")).unwrap();
    let refused = registry.open_run(shared.path().join("seed-0"));
    assert!(matches!(
        refused,
        Err(Error::Engine(engine::Error::Locked { .. }))
    ));
    drop((held, first));
    let mut second = Replicas::open(shared.path(), &scenario, 3).unwrap();
    assert_eq!(second.pending(), [1, 2]);
    let finished = std::sync::Mutex::new(Vec::new());
    in_pool(4, || {
        second.run(&registry, &|| false, &|seed| {
            finished.lock().unwrap().push(seed);
        })
    })
    .unwrap();
    let mut finished = finished.into_inner().unwrap();
    finished.sort_unstable();
    assert_eq!(finished, [1, 2]);
    assert!(files(shared.path()) == expected);

    let reopened = Replicas::reopen(shared.path(), &registry).unwrap();
    assert_eq!((reopened.scenario(), reopened.seeds()), (&scenario, 0..3));
    let records = reopened.records(&registry).unwrap();
    let all: Vec<Row> = records.iter().flat_map(remapping::rows).collect();
    let one_by_one = (0..3).flat_map(|seed| rows(&scenario, seed));
    assert_eq!(
        rows_to_csv(&all),
        rows_to_csv(&one_by_one.collect::<Vec<_>>())
    );

    let other = checked(small("remapping", vec![Change::NewTexture]));
    let in_use = |result: Result<Replicas, Error>| -> String {
        match result {
            Err(Error::Engine(engine::Error::DirectoryInUse { holds, .. })) => holds,
            other => panic!("{other:?}"),
        }
    };
    let refused = Replicas::open(shared.path(), &other, 3);
    assert_eq!(in_use(refused), "runs of another scenario");
    let foreign = tempfile::tempdir().unwrap();
    std::fs::write(foreign.path().join("thesis.tex"), "years of work").unwrap();
    std::fs::write(foreign.path().join("replicas.toml.tmp"), "").unwrap();
    let refused = Replicas::open(foreign.path(), &other, 3);
    assert_eq!(in_use(refused), "thesis.tex");
    assert_eq!(files(foreign.path()).len(), 2);
    for seeds in [0, 1_000_001] {
        let refused = Replicas::open(foreign.path(), &other, seeds);
        assert!(
            matches!(refused, Err(Error::Engine(engine::Error::OutOfRange { field, .. })) if field == "seeds")
        );
    }
    let last = other.with_seed(i64::MAX as u64 - 1).unwrap();
    assert!(Replicas::open(foreign.path(), &last, 3).is_err());
    assert!(!Replicas::are_in(foreign.path()) && Replicas::are_in(shared.path()));
}

#[test]
fn a_seed_that_was_stopped_goes_on_to_the_same_bytes() {
    let registry = Registry::new();
    let scenario = checked(small("remapping", all_changes()));
    let [whole, parts] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let mut open = Replicas::open(whole.path(), &scenario, 1).unwrap();
    open.run(&registry, &|| false, &|_| ()).unwrap();
    let mut open = Replicas::open(parts.path(), &scenario, 1).unwrap();
    // One look before the run, one at step 256.
    let looks = AtomicU32::new(0);
    let stop = || looks.fetch_add(1, Ordering::Relaxed) >= 1;
    assert_eq!(open.run(&registry, &stop, &|_| ()).unwrap(), 1);
    assert!(open.records(&registry).unwrap().is_empty());
    let run = registry.open_run(parts.path().join("seed-0")).unwrap();
    assert_eq!(run.simulation().steps_done(), 256);
    drop(run);
    assert_eq!(open.run(&registry, &|| false, &|_| ()).unwrap(), 0);
    assert!(files(parts.path()) == files(whole.path()));
}

#[test]
fn scenarios_with_the_measure_are_text_and_wrong_ones_are_refused() {
    for preset in ["remapping", "remapping-label", "remapping-three"] {
        let scenario = presets::preset(preset).unwrap();
        assert_eq!(Scenario::from_toml(&scenario.to_toml()).unwrap(), scenario);
        let spec = scenario.spec().measures.remapping.as_ref().unwrap();
        assert_eq!(spec.changes.len(), 4);
    }
    let wrong = presets::preset("remaping").unwrap_err();
    assert!(wrong.to_string().contains("did you mean remapping?"));
    let refused = |change: &dyn Fn(&mut remapping::RemappingSpec)| {
        let mut scenario = small("remapping", all_changes());
        change(scenario.measures.remapping.as_mut().unwrap());
        let message = Scenario::try_from(scenario).unwrap_err().to_string();
        message.replace("measures.remapping.", "")
    };
    assert!(refused(&|spec| spec.changes.clear()).starts_with("changes is 0; expected 1 to 1000"));
    assert!(refused(&|spec| spec.environment = 1).starts_with("environment is 1; expected below"));
    assert!(refused(&|spec| spec.shift_bins = 100).starts_with("shift_bins is 100"));
    assert!(refused(&|spec| spec.from = 301).starts_with("from is 301"));
    assert!(
        refused(&|spec| spec.changes = vec![Change::NewTexture; 2]).contains("each change once")
    );
    assert!(refused(&|spec| spec.changes = vec![Change::Morph { fraction: 3.0 }]).contains("3"));
    let text = checked(small("remapping", all_changes())).to_toml();
    let unknown = Scenario::from_toml(&text.replace("shift_bins", "shift_bin")).unwrap_err();
    assert!(unknown.to_string().contains("did you mean shift_bins?"));
    let other_task = "task = 'random'\nmeasures.remapping.changes = ['new_texture']";
    let message = Scenario::from_toml(other_task).unwrap_err().to_string();
    assert!(
        message.starts_with("task is random; expected corridor"),
        "{message}"
    );
}

#[test]
fn settings_reach_the_measure_and_the_scenario() {
    let mut spec = presets::preset("remapping").unwrap().into_unchecked();
    spec.set("measures.remapping.from=5000").unwrap();
    spec.set("measures.remapping.scaled_by=changed").unwrap();
    spec.set("rule.sgd.learning_rate=0.05").unwrap();
    let measure = spec.measures.remapping.as_ref().unwrap();
    assert_eq!((measure.from, measure.scaled_by), (5000, ScaledBy::Changed));
    assert_eq!(spec.rule.learning_rate(), 0.05);
    let before = spec.clone();
    for wrong in [
        "measures.remapping.from",
        "measures.remapping.from=soon",
        "measures.remapping.shift=3",
        "measures.remapping.changes=['nothing']",
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
    let scenario = checked(small("remapping", all_changes()));
    let TaskSpec::Corridor(parameters) = scenario.spec().task else {
        panic!("no corridor");
    };
    let task = CorridorTask::try_from(parameters).unwrap();
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
