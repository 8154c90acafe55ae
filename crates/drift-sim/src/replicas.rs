use crate::{Error, Outcome, Scenario, Simulation, Trace};

/// One seed's run of a scenario.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Replica {
    /// The seed.
    pub seed: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Its samples.
    pub trace: Trace,
    /// Its last parameters.
    pub parameters: Vec<f64>,
}

/// Runs a scenario with each of several seeds, in memory; with the feature `rayon` on all cores.
/// The results, in the order of the seeds, do not depend on the number of threads.
///
/// ```
/// use drift_sim::{presets, run_replicas};
///
/// let mut unchecked = presets::preset("random-sgd")?.into_unchecked();
/// unchecked.set("steps=200")?;
/// let replicas = run_replicas(&unchecked.try_into()?, &[0, 1, 2])?;
/// assert_eq!(replicas.len(), 3);
/// assert_ne!(replicas[0].trace, replicas[1].trace);
/// # Ok::<(), drift_sim::Error>(())
/// ```
///
/// # Errors
/// The first error, in the order of the seeds.
pub fn run_replicas(scenario: &Scenario, seeds: &[u64]) -> Result<Vec<Replica>, Error> {
    let one = |&seed: &u64| -> Result<Replica, Error> {
        let mut simulation = Simulation::new(&scenario.with_seed(seed)?)?;
        let outcome = simulation.run(&mut ())?;
        Ok(Replica {
            seed,
            outcome,
            trace: simulation.trace().clone(),
            parameters: simulation.parameters(),
        })
    };
    #[cfg(feature = "rayon")]
    let results: Vec<Result<Replica, Error>> = {
        use rayon::prelude::*;
        seeds.par_iter().map(one).collect()
    };
    #[cfg(not(feature = "rayon"))]
    let results: Vec<Result<Replica, Error>> = seeds.iter().map(one).collect();
    results.into_iter().collect()
}
