//! 10⁵ damaged files: none may panic, hang, or take more memory than the limits allow.
//!
//! A binary of its own, because it measures the memory of its process.

#[path = "../files/builder.rs"]
mod builder;
#[path = "../files/listing.rs"]
mod listing;
#[cfg(feature = "nwb")]
mod nwb;
#[path = "../files/samples.rs"]
mod samples;
#[path = "../files/shared.rs"]
mod shared;

use std::io::Read;

use drift_data::mat::{Limits, MatFile};
use flate2::read::ZlibDecoder;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Damaged copies of each of the ten files.
const MUTATIONS: usize = 10_000;

/// What the reader is allowed in this test, and what the whole process may then take beside.
const LIMIT: u64 = 64 << 20;
const PROCESS: u64 = 256 << 20;

/// Sizes, counts, types and classes that are likely to be believed.
const WORDS: [u32; 14] = [
    0,
    1,
    2,
    4,
    5,
    9,
    14,
    15,
    17,
    0x0004_0001,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x0010_0000,
];

fn damage<R: Rng + ?Sized>(bytes: &mut Vec<u8>, from: usize, rng: &mut R) {
    for _ in 0..rng.random_range(1..=3) {
        if bytes.len() <= from + 4 {
            return;
        }
        let place = rng.random_range(from..bytes.len() - 3);
        match rng.random_range(0..12_u32) {
            0..=3 => bytes[place] ^= 1 << rng.random_range(0..8_u32),
            4..=5 => bytes[place] = rng.random(),
            6..=8 => {
                let word = WORDS[rng.random_range(0..WORDS.len())];
                let place = place & !3;
                let word = if rng.random() {
                    word.to_le_bytes()
                } else {
                    word.to_be_bytes()
                };
                bytes[place..place + 4].copy_from_slice(&word);
            }
            9 => bytes.truncate(place),
            10 => {
                let end = (place + rng.random_range(1..64)).min(bytes.len());
                bytes.drain(place..end);
            }
            _ => {
                let end = (place + rng.random_range(1..64)).min(bytes.len());
                let piece = bytes[place..end].to_vec();
                bytes.splice(place..place, piece);
            }
        }
    }
}

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

/// The largest memory this process has had, bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

#[test]
fn damaged_files_are_refused_or_read() {
    let limits = Limits {
        inflated_bytes: LIMIT,
        decoded_bytes: LIMIT,
        ..Limits::default()
    };
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
    let (mut refused, mut read) = (0, 0);
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
            match MatFile::from_bytes(name, &bytes, &limits) {
                Ok(file) => {
                    read += 1;
                    // Printing walks through every value.
                    assert!(!file.tree().to_string().is_empty());
                }
                Err(error) => {
                    refused += 1;
                    assert!(error.to_string().starts_with(name.as_str()), "{error}");
                }
            }
        }
    }
    println!(
        "{} files, {read} damaged copies read, {refused} refused",
        files.len()
    );
    assert!(
        refused > 10_000 && read > 10_000,
        "the damage does not reach the reader, or nothing survives it"
    );
    match peak_memory() {
        Some(peak) => {
            println!("peak memory {} MB", peak >> 20);
            assert!(peak < 2 * LIMIT + PROCESS, "{peak} bytes");
        }
        None => println!("skipped: this system does not tell a process's peak memory"),
    }
}
