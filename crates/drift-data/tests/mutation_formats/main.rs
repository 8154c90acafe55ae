//! 10⁵ recording folders with a damaged file: none may panic, hang, or take more memory than the
//! limits allow.
//!
//! A binary of its own, because it measures the memory of its process.

#[path = "../formats/samples.rs"]
mod samples;

use std::fs;
use std::path::Path;

use drift_data::folder;
use drift_data::mat::Limits;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Damaged copies of each of the ten folders.
const MUTATIONS: usize = 10_000;

/// What an array may take in this test, and what the whole process may then take beside.
const LIMIT: u64 = 16 << 20;
const PROCESS: u64 = 256 << 20;

/// Numbers that are likely to be believed as lengths, and text that is likely to be believed as any.
const WORDS: [u32; 8] = [
    0,
    1,
    4,
    0xff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x0010_0000,
];
const TEXTS: [&str; 12] = [
    "",
    "nan",
    "-1",
    "1e308",
    "99999999999",
    "\n",
    ",",
    "\"",
    "(",
    "V",
    "p0\n",
    "g0\n",
];

fn damage<R: Rng + ?Sized>(bytes: &mut Vec<u8>, rng: &mut R) {
    for _ in 0..rng.random_range(1..=3) {
        if bytes.len() <= 8 {
            return;
        }
        // The head of a file is where lengths stand: half of the damage goes there.
        let end = if rng.random() {
            bytes.len().min(600)
        } else {
            bytes.len()
        };
        let place = rng.random_range(0..end - 4);
        match rng.random_range(0..12_u32) {
            0..=2 => bytes[place] ^= 1 << rng.random_range(0..8_u32),
            3 => bytes[place] = rng.random(),
            4..=5 => {
                let word = WORDS[rng.random_range(0..WORDS.len())].to_le_bytes();
                bytes[place..place + 4].copy_from_slice(&word);
            }
            6..=8 => {
                let text = TEXTS[rng.random_range(0..TEXTS.len())].bytes();
                let end = (place + rng.random_range(0..6)).min(bytes.len());
                bytes.splice(place..end, text);
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

/// The largest memory this process has had, bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

/// A folder in memory where the system has one: the files are written 10⁵ times.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    tempfile::tempdir_in(memory).unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

#[test]
fn damaged_folders_are_refused_or_read() {
    let limits = Limits {
        inflated_bytes: LIMIT,
        decoded_bytes: LIMIT,
        ..Limits::default()
    };
    let mut rng = ChaCha8Rng::seed_from_u64(15);
    let formats = samples::samples();
    assert_eq!(formats.len(), 10);
    let (mut refused, mut read) = (0, 0);
    for (name, files) in &formats {
        let root = scratch();
        for (path, content) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let before = refused;
        for _ in 0..MUTATIONS {
            let (path, original) = &files[rng.random_range(0..files.len())];
            let path = root.path().join(path);
            let mut bytes = original.clone();
            damage(&mut bytes, &mut rng);
            fs::write(&path, &bytes).unwrap();
            match folder::load_with(root.path(), &limits) {
                Ok(recording) => {
                    read += 1;
                    for session in &recording.sessions {
                        session.check().unwrap();
                    }
                }
                Err(error) => {
                    refused += 1;
                    assert!(!error.to_string().is_empty());
                }
            }
            fs::write(&path, original).unwrap();
        }
        assert!(folder::load(root.path()).is_ok(), "{name} is sound again");
        println!(
            "{name}: {} of {MUTATIONS} damaged folders refused",
            refused - before
        );
    }
    println!(
        "{} formats, {read} damaged folders read, {refused} refused",
        formats.len()
    );
    assert!(
        refused > 10_000 && read > 5_000,
        "the damage does not reach the readers, or nothing survives it"
    );
    match peak_memory() {
        Some(peak) => {
            println!("peak memory {} MB", peak >> 20);
            // Frames of a file, and the copy of them that is kept.
            assert!(peak < 4 * LIMIT + PROCESS, "{peak} bytes");
        }
        None => println!("skipped: this system does not tell a process's peak memory"),
    }
}
