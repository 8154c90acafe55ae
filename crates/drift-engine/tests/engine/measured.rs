//! Measures beside a system's own: what they remember is resumed with it.

use crate::oscillator::{Oscillator, plan};
use drift_engine::{
    Checkpoint, Column, Error, Measure, Measured, Moment, Plan, Run, Sampling, Simulation, System,
    state,
};
use proptest::prelude::*;

/// The distance from the first angle, and the largest so far.
#[derive(Default)]
struct Wandering {
    first: Option<f64>,
    largest: f64,
}

impl Measure<Oscillator> for Wandering {
    fn columns(&self) -> Vec<Column> {
        vec![
            Column::new("distance", "rad", "from the first angle"),
            Column::new("largest_distance", "rad", "so far"),
        ]
    }

    fn take(&mut self, moment: &Moment<'_, Oscillator>) -> Result<Vec<Option<f64>>, Error> {
        let angle = moment.system.now.angle;
        assert_eq!(moment.sample.get("angle"), Some(angle));
        let distance = (angle - *self.first.get_or_insert(angle)).abs();
        self.largest = self.largest.max(distance);
        Ok(vec![Some(distance), Some(self.largest)])
    }

    fn state(&self) -> Vec<u8> {
        state::save(&(self.first, self.largest))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        (self.first, self.largest) = state::load(bytes)?;
        Ok(())
    }
}

fn measured() -> Measured<Oscillator> {
    Measured::new(Oscillator::new(2.0))
        .with(Box::new(Wandering::default()))
        .with_closure(
            Column::new("kinetic", "J", "energy of motion"),
            |moment: &Moment<'_, Oscillator>| Some(0.5 * moment.system.now.speed.powi(2)),
        )
}

fn simulation() -> Simulation<Measured<Oscillator>> {
    Simulation::new(measured(), plan(13)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_a_measure_remembers_is_resumed(
        mut pauses in prop::collection::vec(0..=crate::oscillator::STEPS, 1..5),
    ) {
        let mut through = simulation();
        through.run(&mut ()).unwrap();
        pauses.sort_unstable();
        let mut parts = simulation();
        for pause in pauses {
            parts.run_until(pause, &mut ()).unwrap();
            let bytes = parts.checkpoint().unwrap().to_bytes();
            let trace = parts.trace().clone();
            parts = simulation();
            parts.restore(&Checkpoint::from_bytes(&bytes).unwrap(), trace).unwrap();
        }
        parts.run(&mut ()).unwrap();
        prop_assert_eq!(parts.trace(), through.trace());
    }
}

#[test]
fn measures_stand_beside_the_systems_own() {
    let mut plain = crate::oscillator::simulation(Oscillator::new(2.0));
    plain.run(&mut ()).unwrap();
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("run");
    let mut run = Run::create(&directory, "", simulation()).unwrap();
    run.run(&mut ()).unwrap();
    let trace = run.simulation().trace();
    let names: Vec<&str> = trace.columns().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "angle",
            "energy",
            "crossings",
            "early",
            "distance",
            "largest_distance",
            "kinetic"
        ]
    );
    for name in &names[..4] {
        let own: Vec<Option<f64>> = plain.trace().column(name).collect();
        assert_eq!(trace.column(name).collect::<Vec<_>>(), own, "{name}");
    }
    let largest: Vec<f64> = trace.column("largest_distance").flatten().collect();
    assert_eq!(largest.len(), 21);
    assert!(largest.windows(2).all(|pair| pair[0] <= pair[1]));
    // Data and series are the system's.
    assert!(directory.join("stiffness.txt").exists() && directory.join("states.npz").exists());
    // So is the summary, with the measures' columns behind it.
    let summary = run.simulation().system().summary(trace).unwrap();
    let names: Vec<&str> = summary
        .numbers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let expected = [
        "initial_angle",
        "final_angle",
        "initial_energy",
        "final_energy",
        "initial_crossings",
        "final_crossings",
        "initial_early",
        "final_early",
        "initial_distance",
        "final_distance",
        "initial_largest_distance",
        "final_largest_distance",
        "initial_kinetic",
        "final_kinetic",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_measure_belongs_to_the_fingerprint() {
    let mut plain = crate::oscillator::simulation(Oscillator::new(2.0));
    plain.run_until(30, &mut ()).unwrap();
    let checkpoint = plain.checkpoint().unwrap();
    let refused = simulation().restore(&checkpoint, plain.trace().clone());
    assert!(matches!(refused, Err(Error::OtherSystem { .. })));
    assert_ne!(measured().fingerprint(), Oscillator::new(2.0).fingerprint());
}

/// Says that it has two columns and gives one value.
struct Short;

impl Measure<Oscillator> for Short {
    fn columns(&self) -> Vec<Column> {
        vec![Column::new("one", "", ""), Column::new("two", "", "")]
    }

    fn take(&mut self, _: &Moment<'_, Oscillator>) -> Result<Vec<Option<f64>>, Error> {
        Ok(vec![Some(1.0)])
    }
}

#[test]
fn measures_that_do_not_fit_are_refused() {
    let plan = || Plan::new(10, Sampling::linear(2)).unwrap();
    let short = Measured::new(Oscillator::new(2.0)).with(Box::new(Short));
    let refused = Simulation::new(short, plan()).unwrap().run(&mut ());
    assert_eq!(
        refused.unwrap_err().to_string(),
        "values of the measure of one, two is 1; expected 2, one a column"
    );
    let half = Column::new("half", "", "").whole();
    let half = Measured::new(Oscillator::new(2.0))
        .with_closure(half, |_: &Moment<'_, Oscillator>| Some(0.5));
    let refused = Simulation::new(half, plan()).unwrap().run(&mut ());
    assert_eq!(
        refused.unwrap_err().to_string(),
        "half is 0.5; expected a whole number"
    );
    for (name, message) in [
        (
            "angle",
            "name of a column is angle; expected a name of its own",
        ),
        (
            "step",
            "name of a column is \"step\"; expected letters, digits, `_`, `.`, `[`, `]`; not step",
        ),
        (
            "a,b",
            "name of a column is \"a,b\"; expected letters, digits, `_`, `.`, `[`, `]`; not step",
        ),
    ] {
        let twice = Measured::new(Oscillator::new(2.0))
            .with_closure(Column::new(name, "", ""), |_: &Moment<'_, Oscillator>| None);
        let refused = Simulation::new(twice, plan()).map(drop);
        assert_eq!(refused.unwrap_err().to_string(), message);
    }
}
