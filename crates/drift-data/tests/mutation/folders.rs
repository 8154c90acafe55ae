//! 10⁵ recording folders with a damaged file.

#[path = "../formats/samples.rs"]
mod samples;

use std::fs;

use drift_data::{Choices, folder};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{LIMITS, Tally, damage, scratch};

/// Damaged copies of each of the ten folders.
const MUTATIONS: usize = 10_000;

#[test]
fn damaged_folders_are_refused_or_read() {
    let mut rng = ChaCha8Rng::seed_from_u64(15);
    let formats = samples::samples();
    assert_eq!(formats.len(), 10);
    let mut tally = Tally::default();
    for (name, files) in &formats {
        let root = scratch();
        for (path, content) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let before = tally.refused;
        for _ in 0..MUTATIONS {
            let (path, original) = &files[rng.random_range(0..files.len())];
            let path = root.path().join(path);
            let mut bytes = original.clone();
            damage(&mut bytes, 0, &mut rng);
            fs::write(&path, &bytes).unwrap();
            match folder::load_with(root.path(), &Choices::default(), &LIMITS) {
                Ok(recording) => {
                    tally.read += 1;
                    for session in &recording.sessions {
                        session.check().unwrap();
                    }
                }
                Err(error) => {
                    tally.refused += 1;
                    assert!(!error.to_string().is_empty());
                }
            }
            fs::write(&path, original).unwrap();
        }
        assert!(folder::load(root.path()).is_ok(), "{name} is sound again");
        println!(
            "{name}: {} of {MUTATIONS} damaged folders refused",
            tally.refused - before
        );
    }
    tally.check(5_000);
}
