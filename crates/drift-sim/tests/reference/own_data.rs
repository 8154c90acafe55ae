//! `fig2_dataset.npz`: any user's data set can be trained on.

use std::path::Path;

use drift_sim::scenario::TaskSpec;
use drift_sim::{Scenario, npz, presets};

pub fn check_all(directory: &Path) -> Vec<(String, usize)> {
    let name = "fig2_dataset.npz";
    let path = directory.join(name);
    let mut unchecked = presets::preset("figure2").unwrap().into_unchecked();
    unchecked.task = TaskSpec::File(path.clone().into());
    unchecked.set("steps=300").unwrap();
    unchecked.set("sampling.linear.samples=2").unwrap();
    let scenario: Scenario = unchecked.try_into().unwrap();
    let mut simulation = scenario.simulation().unwrap();
    let arrays = npz::read(&path).unwrap();
    let dataset = simulation.system().dataset();
    for (array, matrix) in [("x", dataset.inputs()), ("y", dataset.targets())] {
        assert_eq!(&arrays[array].to_matrix().unwrap(), matrix, "{array}");
    }
    assert_eq!(dataset.position().unwrap(), arrays["position"].values);
    assert_eq!(dataset.heading().unwrap(), arrays["heading"].values);

    simulation.run(&mut ()).unwrap();
    let samples = simulation.trace().samples();
    let loss = |index: usize| samples[index].get("log10_normalised_loss").unwrap();
    assert!(loss(1) < loss(0) - 0.5);
    assert!(samples[1].get("place_units").unwrap() > 0.0);
    let values = arrays.values().map(|array| array.values.len()).sum();
    vec![(format!("{name} (as a task)"), values)]
}
