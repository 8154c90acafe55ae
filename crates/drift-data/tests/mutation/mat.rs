//! 10⁵ damaged MAT files of level 5.

#[path = "../files/builder.rs"]
mod builder;
#[path = "../files/listing.rs"]
mod listing;
#[path = "../files/samples.rs"]
mod samples;
#[path = "../files/shared.rs"]
mod shared;

use std::io::Read;

use drift_data::mat::MatFile;
use flate2::read::ZlibDecoder;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{LIMITS, Tally, damage};

/// Damaged copies of each of the ten files.
const MUTATIONS: usize = 10_000;

/// The variables of a sound file as matrix elements, inflated if they were compressed.
fn variables(file: &[u8], big_endian: bool) -> Vec<Vec<u8>> {
    let mut rest = &file[128..];
    let mut found = Vec::new();
    while let Some((tag, data)) = rest.split_first_chunk::<8>() {
        let [kind, size] = [0, 4].map(|at| {
            let word = [tag[at], tag[at + 1], tag[at + 2], tag[at + 3]];
            if big_endian {
                u32::from_be_bytes(word)
            } else {
                u32::from_le_bytes(word)
            }
        });
        let (data, after) = data.split_at(size as usize);
        let mut variable = Vec::new();
        if kind == 15 {
            ZlibDecoder::new(data).read_to_end(&mut variable).unwrap();
        } else {
            variable.extend(tag);
            variable.extend(data);
        }
        found.push(variable);
        rest = after;
    }
    found
}

#[test]
fn damaged_files_are_refused_or_read() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let mut files: Vec<(String, Vec<u8>)> = samples::samples()
        .into_iter()
        .map(|(name, bytes)| (name.to_owned(), bytes))
        .collect();
    assert_eq!(files.len(), 10);
    if let Some(data) = shared::data() {
        for path in listing::files_below(&data.join("fixtures").join("hc6"), "mat")
            .into_iter()
            .take(3)
        {
            files.push((path.display().to_string(), std::fs::read(path).unwrap()));
        }
    }
    let mut tally = Tally::default();
    for (name, original) in &files {
        for round in 0..MUTATIONS {
            let mut bytes = original.clone();
            // Every other time what is inside a compressed element is damaged: flipped bits outside it only break
            // the compression.
            if round % 2 == 0 {
                damage(&mut bytes, 128, &mut rng);
            } else {
                let b = builder::Builder {
                    big_endian: original[126] == b'M',
                };
                let mut inner = variables(original, b.big_endian).swap_remove(0);
                damage(&mut inner, 0, &mut rng);
                bytes.truncate(128);
                bytes.extend(b.compressed(&inner));
            }
            match MatFile::from_bytes(name, &bytes, &LIMITS) {
                Ok(file) => {
                    tally.read += 1;
                    // Printing walks through every value.
                    assert!(!file.tree().to_string().is_empty());
                }
                Err(error) => {
                    tally.refused += 1;
                    assert!(error.to_string().starts_with(name.as_str()), "{error}");
                }
            }
        }
    }
    println!("{} files", files.len());
    tally.check(10_000);
}
