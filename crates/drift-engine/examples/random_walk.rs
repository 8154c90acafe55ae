//! A system of one's own that is run in a directory, interrupted and resumed to the same bits.
//!
//! `cargo run --release -p drift-engine --example random_walk`

use std::error::Error as StdError;
use std::ops::ControlFlow;

use drift_engine::{
    Column, End, Error, Fingerprint, Moment, Plan, Run, Sample, Sampling, Simulation, System, state,
};

/// Steps of ±1 by a linear congruential generator, whose state is all there is to keep.
#[derive(Default)]
struct Walk {
    place: i64,
    random: u64,
}

impl System for Walk {
    fn columns(&self) -> Vec<Column> {
        vec![Column::new("place", "", "where the walk stands")]
    }
    fn step(&mut self) -> f64 {
        let next = self.random.wrapping_mul(6_364_136_223_846_793_005);
        self.random = next.wrapping_add(1_442_695_040_888_963_407);
        self.place += if self.random >> 63 == 0 { 1 } else { -1 };
        0.0
    }
    fn sample(&mut self, _: u64, sample: &mut Sample) -> Result<Option<End>, Error> {
        sample.set("place", self.place as f64);
        Ok(None)
    }
    fn state(&self) -> Option<Vec<u8>> {
        Some(state::save(&(self.place, self.random)))
    }
    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        (self.place, self.random) = state::load(state)?;
        Ok(())
    }
    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new().text("walk")
    }
}

fn main() -> Result<(), Box<dyn StdError>> {
    let walk = || Simulation::new(Walk::default(), Plan::new(1000, Sampling::linear(11))?);
    let folder = tempfile::tempdir()?;
    let directory = folder.path().join("walk");
    let mut until_500 = |moment: &Moment<'_, Walk>| {
        let is_there = moment.step >= 500;
        Ok(if is_there {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    };
    println!(
        "{}",
        Run::create(&directory, "walk", walk()?)?.run(&mut until_500)?
    );
    println!("{}", Run::open(&directory, |_| walk())?.run(&mut ())?);
    print!("{}", std::fs::read_to_string(directory.join("trace.csv"))?);
    Ok(())
}
