//! Format `fig2_dataset*.npz`: the published data, made again from their draws.

use std::path::Path;

use drift_sim::env::nalgebra::DMatrix;
use drift_sim::env::{
    CorridorDraws, CorridorParameters, CorridorTask, Dataset, EnvironmentDraws,
    FieldOfViewParameters,
};
use drift_sim::npz;

use super::Comparison;
use super::legacy_generator::{self, LegacyGenerator};

/// The README of the reference values gives 2e-16 for a repetition in NumPy; another sine and
/// another order of the filter's sum leave a little more.
const TOLERANCE: f64 = 1e-14;

/// Seeds that a further file of the format may have been made with.
const SEEDS: std::ops::Range<u32> = 0..100;

pub fn check(path: &Path, file: &str) -> usize {
    legacy_generator::check();
    let stored = load(path);
    let mut comparison = Comparison::new(file, TOLERANCE);
    let remade = SEEDS.map(|seed| remake(&stored, seed)).find(|remade| {
        let pairs = remade.position().into_iter().zip(stored.position());
        pairs
            .flat_map(|(ours, stored)| ours.iter().zip(stored))
            .all(|(a, b)| a == b)
    });
    if let Some(remade) = remade {
        comparison.slices("x", remade.inputs().as_slice(), stored.inputs().as_slice());
        comparison.slices(
            "y",
            remade.targets().as_slice(),
            stored.targets().as_slice(),
        );
        // Bit for bit, by the README.
        comparison.equal("position", remade.position(), stored.position());
        comparison.equal("heading", remade.heading(), stored.heading());
        comparison.values += 2 * stored.samples() - 2;
    } else {
        assert_ne!(file, "fig2_dataset.npz", "{file} is not what seed 0 gives");
        println!("{file}: walk of no seed in {SEEDS:?}; loaded as a data set only");
        comparison.values += stored.inputs().len() + stored.targets().len();
    }
    comparison.values
}

fn load(path: &Path) -> Dataset {
    let arrays = npz::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let array = |name: &str| {
        let array = arrays.get(name);
        array.unwrap_or_else(|| panic!("{}: no array {name}", path.display()))
    };
    let matrix = |name: &str| -> DMatrix<f64> {
        let matrix = array(name).to_matrix();
        matrix.unwrap_or_else(|| panic!("{}: {name} is no matrix", path.display()))
    };
    Dataset::new(matrix("x"), matrix("y"))
        .and_then(|dataset| {
            dataset
                .with_position(array("position").values.clone())?
                .with_heading(array("heading").values.clone())
        })
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The data set of `seed` by the older version of the published code, which draws the texture and
/// then speed and turn of each step, and no start.
fn remake(stored: &Dataset, seed: u32) -> Dataset {
    let task = CorridorTask::try_from(CorridorParameters {
        samples: stored.samples(),
        field_of_view: FieldOfViewParameters {
            pixels: stored.targets().ncols(),
            ..FieldOfViewParameters::default()
        },
        ..CorridorParameters::figure2_published_data()
    })
    .expect("sizes of a data set are sizes of a task");
    let mut generator = LegacyGenerator::new(seed);
    let texture_noise = generator.normals(task.tiles());
    let (speed_normal, turn_normal) = (0..task.steps())
        .map(|_| (generator.normal(), generator.normal()))
        .unzip();
    task.dataset_from_draws(&CorridorDraws {
        environments: vec![EnvironmentDraws {
            texture_noise,
            heading_uniform: 0.0,
            speed_normal,
            turn_normal,
        }],
    })
    .expect("normal draws make a data set")
}
