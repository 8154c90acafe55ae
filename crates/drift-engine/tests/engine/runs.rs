//! Runs in directories: whatever kills them and whatever damages their files, they end alike.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::files::files;
use crate::oscillator::{Oscillator, STEPS, plan, simulation};
use drift_engine::{
    Column, Error, Measured, Moment, Outcome, Run, RunRecord, SCENARIO, Simulation, npz,
};
use proptest::prelude::*;
use tempfile::tempdir;

fn create(directory: &Path, system: Oscillator) -> Run<Oscillator> {
    Run::create(directory, "an oscillator\n", simulation(system)).unwrap()
}

fn open(directory: &Path, system: Oscillator) -> Run<Oscillator> {
    Run::open(directory, |text| {
        assert_eq!(text, "an oscillator\n");
        Ok(simulation(system))
    })
    .unwrap()
}

fn whole() -> BTreeMap<String, Vec<u8>> {
    let parent = tempdir().unwrap();
    let mut run = create(&parent.path().join("whole"), Oscillator::new(2.0));
    assert_eq!(
        run.run(&mut ()).unwrap(),
        Outcome::Completed { step: STEPS }
    );
    files(run.directory())
}

/// Works on a run until it ends or is killed at a step.
fn work(directory: &Path, kill: u64) -> (Option<Outcome>, Vec<String>) {
    let mut system = Oscillator::new(2.0);
    system.killed_at = Arc::new(AtomicU64::new(kill));
    let mut run = if directory.join(SCENARIO).exists() {
        open(directory, system)
    } else {
        create(directory, system)
    };
    let notes = run.notes().to_vec();
    match run.run(&mut ()) {
        Ok(outcome) => (Some(outcome), notes),
        Err(error) => {
            assert_eq!(error.to_string(), "killed");
            (None, notes)
        }
    }
}

/// What happens to a file between two processes.
#[derive(Debug, Clone, Copy)]
enum Damage {
    /// The end is gone.
    Cut,
    /// The end is zeros, as a node that lost power leaves it.
    Zeros,
    /// A write was torn.
    Torn,
    /// One byte is another.
    Byte,
    Gone,
}

fn damage(path: &Path, damage: Damage, share: f64) {
    let Ok(mut bytes) = fs::read(path) else {
        return;
    };
    let place = (share * bytes.len() as f64) as usize;
    match damage {
        Damage::Cut => bytes.truncate(place),
        Damage::Zeros => bytes[place..].fill(0),
        Damage::Torn => bytes.extend(b"170,0.25,"),
        Damage::Byte => {
            if let Some(byte) = bytes.get_mut(place) {
                // In text a letter, for another digit would be another, sound number.
                *byte = if *byte == b'x' { b'y' } else { b'x' };
            }
        }
        Damage::Gone => return fs::remove_file(path).unwrap(),
    }
    fs::write(path, bytes).unwrap();
}

fn damages() -> impl Strategy<Value = Damage> {
    prop::sample::select(vec![
        Damage::Cut,
        Damage::Zeros,
        Damage::Torn,
        Damage::Byte,
        Damage::Gone,
    ])
}

const FILES: [&str; 5] = [
    "trace.csv",
    "states.bin",
    "powers.bin",
    "checkpoint",
    "checkpoint.previous",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_run_killed_anywhere_ends_with_the_bytes_of_one_left_alone(
        mut kills in prop::collection::vec(1..=STEPS, 1..6),
    ) {
        let parent = tempdir().unwrap();
        let directory = parent.path().join("killed");
        kills.sort_unstable();
        for kill in kills {
            let (outcome, notes) = work(&directory, kill);
            prop_assert!(notes.is_empty(), "{notes:?}");
            prop_assert_eq!(outcome, None);
        }
        work(&directory, u64::MAX);
        prop_assert!(files(&directory) == whole());
    }

    #[test]
    fn whatever_is_damaged_is_made_again_to_the_same_bytes(
        kill in 1..=STEPS,
        hits in prop::collection::vec((0..FILES.len(), damages(), 0.0..1.0_f64), 1..5),
    ) {
        let parent = tempdir().unwrap();
        let directory = parent.path().join("damaged");
        work(&directory, kill);
        for (file, kind, share) in hits {
            damage(&directory.join(FILES[file]), kind, share);
        }
        let (outcome, _) = work(&directory, u64::MAX);
        prop_assert_eq!(outcome, Some(Outcome::Completed { step: STEPS }));
        prop_assert!(files(&directory) == whole());
    }

    #[test]
    fn a_paused_simulation_is_the_one_that_ran_through(
        mut pauses in prop::collection::vec(0..=STEPS, 0..5),
    ) {
        let mut through = simulation(Oscillator::new(2.0));
        through.run(&mut ()).unwrap();
        pauses.sort_unstable();
        let mut parts = simulation(Oscillator::new(2.0));
        for pause in pauses {
            parts.run_until(pause, &mut ()).unwrap();
            prop_assert_eq!(parts.steps_done(), pause);
            let bytes = parts.checkpoint().unwrap().to_bytes();
            let checkpoint = drift_engine::Checkpoint::from_bytes(&bytes).unwrap();
            // Units and kinds of columns come from the system, not from the text.
            let trace = drift_engine::Trace::from_csv(&parts.trace().to_csv()).unwrap();
            parts = simulation(Oscillator::new(2.0));
            parts.restore(&checkpoint, trace).unwrap();
        }
        parts.run(&mut ()).unwrap();
        prop_assert_eq!(&parts.system().now, &through.system().now);
        prop_assert_eq!(parts.trace(), through.trace());
        prop_assert_eq!(parts.trace().to_csv(), through.trace().to_csv());
    }
}

#[test]
fn what_was_damaged_is_said() {
    for (file, kind, share, note) in [
        (
            "checkpoint",
            Damage::Zeros,
            0.5,
            "the checksum does not match",
        ),
        ("checkpoint", Damage::Cut, 0.1, "truncated"),
        ("checkpoint", Damage::Byte, 0.0, "not a file of this kind"),
        ("trace.csv", Damage::Zeros, 0.5, "are made again"),
        ("trace.csv", Damage::Byte, 0.5, "cannot be read"),
        ("trace.csv", Damage::Byte, 0.01, "has other columns"),
        (
            "states.bin",
            Damage::Zeros,
            0.5,
            "rows or vectors before step 104 are lost",
        ),
        (
            "powers.bin",
            Damage::Gone,
            0.0,
            "rows or vectors before step 91 are lost",
        ),
    ] {
        let parent = tempdir().unwrap();
        let directory = parent.path().join("run");
        work(&directory, 110);
        damage(&directory.join(file), kind, share);
        let (_, notes) = work(&directory, u64::MAX);
        let notes = notes.join("\n");
        assert!(notes.contains(note), "{file} {kind:?}: {notes}");
        assert!(files(&directory) == whole());
        // Once made again, it is whole.
        assert!(open(&directory, Oscillator::new(2.0)).notes().is_empty());
    }
    // A torn end is what every kill leaves: no loss, and no word about it.
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    work(&directory, 110);
    for file in &FILES[..3] {
        damage(&directory.join(file), Damage::Torn, 0.0);
    }
    assert_eq!(work(&directory, u64::MAX).1, Vec::<String>::new());
    // Both checkpoints gone is the start of a run; both damaged is one made again.
    let directory = parent.path().join("both");
    work(&directory, 110);
    for file in &FILES[3..] {
        damage(&directory.join(file), Damage::Cut, 0.5);
    }
    let (_, notes) = work(&directory, u64::MAX);
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert_eq!(
        notes[2],
        "no checkpoint can be used; the run is made again from its start"
    );
    assert!(files(&directory) == whole());
}

#[test]
fn a_run_killed_before_its_first_checkpoint_starts() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join(SCENARIO), "an oscillator\n").unwrap();
    let (outcome, notes) = work(&directory, u64::MAX);
    assert_eq!(outcome, Some(Outcome::Completed { step: STEPS }));
    assert!(notes.is_empty());
    assert!(files(&directory) == whole());
}

#[test]
fn a_state_goes_onto_its_own_system_only() {
    let mut one = simulation(Oscillator::new(2.0));
    one.run_until(50, &mut ()).unwrap();
    let checkpoint = one.checkpoint().unwrap();
    let mut other = simulation(Oscillator::new(2.5));
    let refused = other.restore(&checkpoint, one.trace().clone());
    let fingerprint = |stiffness: f64| {
        let system = Oscillator::new(stiffness);
        drift_engine::System::fingerprint(&system).to_string()
    };
    match refused {
        Err(Error::OtherSystem {
            taken_with,
            expected,
        }) => {
            assert_eq!(taken_with, fingerprint(2.0));
            assert_eq!(expected, fingerprint(2.5));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!((other.steps_done(), other.trace().samples().len()), (0, 0));

    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    work(&directory, 110);
    let before = files(&directory);
    let refused = Run::open(&directory, |_| Ok(simulation(Oscillator::new(2.5))));
    assert!(matches!(refused, Err(Error::OtherSystem { .. })));
    assert!(files(&directory) == before);

    // A trace of too few samples, or of other columns, belongs to another state.
    let mut short = simulation(Oscillator::new(2.0));
    short.run_until(20, &mut ()).unwrap();
    let mut again = simulation(Oscillator::new(2.0));
    let refused = again.restore(&checkpoint, short.trace().clone());
    assert_eq!(
        refused.unwrap_err().to_string(),
        "samples of the trace is 3; expected at least the checkpoint's 6"
    );
    let text = one.trace().to_csv().replacen("early", "late", 1);
    let other = drift_engine::Trace::from_csv(&text).unwrap();
    assert_eq!(
        again.restore(&checkpoint, other).unwrap_err().to_string(),
        "columns of the trace is step,angle,energy,crossings,late; \
         expected step,angle,energy,crossings,early"
    );
    again.restore(&checkpoint, one.trace().clone()).unwrap();
}

#[test]
fn what_another_processor_gives_is_kept_and_what_all_give_alike_is_compared() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    work(&directory, 110);
    // The rows up to the kill are made again by a processor with other last bits.
    fs::remove_file(directory.join("checkpoint")).unwrap();
    fs::remove_file(directory.join("checkpoint.previous")).unwrap();
    let recorded = fs::read_to_string(directory.join("trace.csv")).unwrap();
    let mut other = Oscillator::new(2.0);
    other.processor = 1.0 + 1e-15;
    let mut run = open(&directory, other);
    assert_eq!(
        run.run(&mut ()).unwrap(),
        Outcome::Completed { step: STEPS }
    );
    drop(run);
    let text = fs::read_to_string(directory.join("trace.csv")).unwrap();
    assert!(text.starts_with(&recorded), "a recorded number was changed");
    let (record, alone) = (RunRecord::read(&directory).unwrap(), {
        let directory = parent.path().join("alone");
        work(&directory, u64::MAX);
        RunRecord::read(&directory).unwrap()
    });
    let (found, expected) = (record.series("powers"), alone.series("powers"));
    let (found, expected) = (found.unwrap(), expected.unwrap());
    assert_eq!(found.steps, expected.steps);
    for (row, step) in found.steps.iter().enumerate() {
        let same = found.values.row(row) == expected.values.row(row);
        assert_eq!(same, *step <= 110, "step {step}");
    }
    assert_eq!(
        record.series("states").unwrap(),
        alone.series("states").unwrap()
    );

    // A number that all processors give alike may not differ.
    let directory = parent.path().join("differs");
    work(&directory, 110);
    fs::remove_file(directory.join("checkpoint")).unwrap();
    fs::remove_file(directory.join("checkpoint.previous")).unwrap();
    let text = recorded.replacen("\n0,1.0,", "\n0,1.5,", 1);
    assert_ne!(text, recorded);
    fs::write(directory.join("trace.csv"), text).unwrap();
    let mut run = open(&directory, Oscillator::new(2.0));
    let refused = run.run(&mut ()).unwrap_err().to_string();
    assert!(
        refused.ends_with("row 2 differs from what the resumed run gives"),
        "{refused}"
    );
    let refused = run.run(&mut ()).unwrap_err().to_string();
    assert!(refused.contains("open the run again to go on"), "{refused}");
}

#[test]
fn a_system_may_end_its_run() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    let broken = || {
        let mut system = Oscillator::new(2.0);
        system.breaks_at = Some(77);
        system
    };
    let outcome = create(&directory, broken()).run(&mut ()).unwrap();
    assert_eq!((outcome.kind(), outcome.step()), ("broken", 77));
    assert_eq!(outcome.to_string(), "broken at step 77");
    assert!(outcome.is_final());
    let record = RunRecord::read(&directory).unwrap();
    assert_eq!(record.outcome.as_ref(), Some(&outcome));
    assert_eq!(record.trace.last().unwrap().step, 70);
    let mut run = open(&directory, broken());
    assert_eq!(run.run(&mut ()).unwrap(), outcome);
    assert_eq!(run.simulation().steps_done(), 77);
    // An infinite number ends it too.
    let mut system = Oscillator::new(2.0);
    system.now.speed = f64::INFINITY;
    let outcome = simulation(system).run(&mut ()).unwrap();
    assert_eq!(outcome.to_string(), "the loss is not finite at step 1");
}

#[test]
fn observers_may_refuse_and_stop() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    let mut run = create(&directory, Oscillator::new(2.0));
    let refused = run.run(&mut |moment: &Moment<'_, Oscillator>| {
        if moment.step == 60 {
            return Err(Error::system("the disk of the plots is full"));
        }
        Ok(ControlFlow::Continue(()))
    });
    assert_eq!(
        refused.unwrap_err().to_string(),
        "the disk of the plots is full"
    );
    let mut seen = Vec::new();
    let stopped = run.run(&mut |moment: &Moment<'_, Oscillator>| {
        assert_eq!(moment.sample.get("angle"), Some(moment.system.now.angle));
        seen.push(moment.step);
        Ok(if moment.step == 90 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    });
    assert_eq!(stopped.unwrap(), Outcome::Stopped { step: 90 });
    assert_eq!(seen, [70, 80, 90]);
    let record = RunRecord::read(&directory).unwrap();
    assert_eq!(record.series("states").unwrap().steps.len(), 10);
    assert_eq!(record.outcome, None);
    run.run(&mut ()).unwrap();
    drop(run);
    assert!(files(&directory) == whole());
}

#[test]
fn a_directory_is_one_processs_and_nothing_is_overwritten() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    let run = create(&directory, Oscillator::new(2.0));
    let locked = Run::open(&directory, |_| Ok(simulation(Oscillator::new(2.0))));
    assert!(matches!(locked, Err(Error::Locked { .. })));
    drop(run);
    let used = Run::create(&directory, "", simulation(Oscillator::new(2.0)));
    assert!(matches!(used, Err(Error::DirectoryInUse { holds, .. }) if holds == "a run"));
    let foreign = parent.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("thesis.tex"), "years of work").unwrap();
    let used = Run::create(&foreign, "", simulation(Oscillator::new(2.0)));
    assert!(matches!(used, Err(Error::DirectoryInUse { holds, .. }) if holds == "thesis.tex"));
    assert_eq!(files(&foreign).len(), 1);
}

#[test]
fn a_record_reads_what_is_asked_for() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    for kill in [110, u64::MAX] {
        work(&directory, kill);
        let record = RunRecord::read(&directory).unwrap();
        assert_eq!(record.text, "an oscillator\n");
        let all = record.series("states").unwrap();
        let some = record.chosen("states", |steps| vec![0, steps.len() / 2, steps.len() - 1]);
        let some = some.unwrap();
        let count = all.steps.len();
        assert_eq!(count, if kill == 110 { 11 } else { 21 });
        assert_eq!(some.values.shape(), (3, 2));
        assert_eq!(some.values.row(1), all.values.row(count / 2));
        assert_eq!(some.steps, [0, all.steps[count / 2], all.steps[count - 1]]);
        for (row, sample) in record.trace.samples().iter().enumerate() {
            assert_eq!(Some(all.values[(row, 0)]), sample.get("angle"));
        }
        assert!(record.series("none").unwrap().steps.is_empty());
        for places in [vec![count], vec![1, 0], vec![1, 1]] {
            let expected =
                format!("chosen vectors is {places:?}; expected ascending places below {count}");
            let refused = record.chosen("states", |_| places.clone()).unwrap_err();
            assert_eq!(refused.to_string(), expected);
        }
    }
}

#[test]
fn arrays_that_do_not_fit_each_other_are_refused() {
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    work(&directory, u64::MAX);
    let path = directory.join("states.npz");
    let mut writer = npz::Writer::create(&path).unwrap();
    writer.add("step", &[3], [0.0, 1.0, 2.0]).unwrap();
    writer.add("state", &[2, 2], [0.0; 4]).unwrap();
    writer.finish().unwrap();
    let refused = RunRecord::read(&directory).unwrap().series("states");
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.ends_with("4 numbers where 3 vectors of 2 are expected"),
        "{refused}"
    );
}

#[test]
fn a_vector_of_another_width_is_refused() {
    let parent = tempdir().unwrap();
    let mut system = Oscillator::new(2.0);
    system.too_wide = true;
    let mut run = create(&parent.path().join("run"), system);
    assert_eq!(
        run.run(&mut ()).unwrap_err().to_string(),
        "entries of a vector of states is 3; expected 2"
    );
}

/// A table writes every NaN alike, −0 with its sign, and whole numbers of any size.
#[test]
fn rows_of_odd_numbers_are_those_that_a_resumed_run_makes_again() {
    let measured = |kill| {
        let mut system = Oscillator::new(2.0);
        system.killed_at = Arc::new(AtomicU64::new(kill));
        let column = |name: &str| Column::new(name, "", "");
        let measured = Measured::new(system)
            .with_closure(column("undefined"), |_: &Moment<'_, Oscillator>| {
                Some(-f64::NAN)
            })
            .with_closure(column("zero").whole(), |_: &Moment<'_, Oscillator>| {
                Some(-0.0)
            })
            .with_closure(column("large").whole(), |_: &Moment<'_, Oscillator>| {
                Some(1e300)
            });
        Simulation::new(measured, plan(1000)).unwrap()
    };
    let parent = tempdir().unwrap();
    let directory = parent.path().join("run");
    let mut run = Run::create(&directory, "", measured(150)).unwrap();
    assert_eq!(run.run(&mut ()).unwrap_err().to_string(), "killed");
    drop(run);
    let mut run = Run::open(&directory, |_| Ok(measured(u64::MAX))).unwrap();
    assert_eq!(
        run.run(&mut ()).unwrap(),
        Outcome::Completed { step: STEPS }
    );
    let trace = RunRecord::read(&directory).unwrap().trace;
    assert_eq!(trace.last().unwrap().get("large"), Some(1e300));
}

/// Steps are checked and watched at all of them, samples are only where the plan has them.
#[test]
fn a_simulation_measures_where_its_plan_says() {
    struct Count(u64);
    impl<S: ?Sized> drift_engine::Observer<S> for Count {
        fn step(&mut self, step: u64, loss: f64) -> ControlFlow<()> {
            assert!(loss >= 0.0);
            self.0 += 1;
            assert_eq!(self.0, step);
            ControlFlow::Continue(())
        }
    }
    let mut simulation = Simulation::new(Oscillator::new(2.0), plan(1)).unwrap();
    let mut count = Count(0);
    simulation.run(&mut count).unwrap();
    assert_eq!(count.0, STEPS);
    let steps: Vec<u64> = simulation.plan().points().to_vec();
    let sampled = simulation
        .trace()
        .samples()
        .iter()
        .map(|sample| sample.step);
    assert_eq!(sampled.collect::<Vec<_>>(), steps);
    let early = simulation.trace().column("early");
    assert_eq!(early.flatten().count(), 10);
    assert_eq!(
        simulation.system().killed_at.load(Ordering::Relaxed),
        u64::MAX
    );
}
