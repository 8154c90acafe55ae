//! Damaged files of every format: none may panic, hang, or take more memory than the limits allow.
//!
//! A binary of its own, because it measures the memory of its process.

#[cfg(feature = "folder")]
mod folders;
mod mat;
#[cfg(feature = "nwb")]
mod nwb;

use drift_data::mat::Limits;
use rand::{Rng, RngExt};

/// What the readers are allowed here, and what the whole process may then take beside.
const LIMIT: u64 = 64 << 20;
const PROCESS: u64 = 256 << 20;

const LIMITS: Limits = Limits {
    inflated_bytes: LIMIT,
    decoded_bytes: LIMIT,
    depth: 64,
};

/// Sizes, counts, types and classes that are likely to be believed.
const WORDS: [u32; 15] = [
    0,
    1,
    2,
    4,
    5,
    9,
    14,
    15,
    17,
    0xff,
    0x0004_0001,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x0010_0000,
];

/// Text that is likely to be believed as a number, or as the end of one.
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

/// Damages what lies behind the first `from` bytes in one to three places.
fn damage<R: Rng + ?Sized>(bytes: &mut Vec<u8>, from: usize, rng: &mut R) {
    for _ in 0..rng.random_range(1..=3) {
        if bytes.len() <= from + 8 {
            return;
        }
        // The head of a file is where lengths stand: half of the damage goes there.
        let end = if rng.random() {
            bytes.len().min(from + 600)
        } else {
            bytes.len()
        };
        let place = rng.random_range(from..end - 4);
        let near = |rng: &mut R, most| (place + rng.random_range(0..most)).min(bytes.len());
        match rng.random_range(0..12_u32) {
            0..=2 => bytes[place] ^= 1 << rng.random_range(0..8_u32),
            3 => bytes[place] = rng.random(),
            4..=6 => {
                let word = WORDS[rng.random_range(0..WORDS.len())];
                let place = place & !3;
                let word = if rng.random() {
                    word.to_le_bytes()
                } else {
                    word.to_be_bytes()
                };
                bytes[place..place + 4].copy_from_slice(&word);
            }
            7..=8 => {
                let text = TEXTS[rng.random_range(0..TEXTS.len())].bytes();
                let end = near(rng, 6);
                bytes.splice(place..end, text);
            }
            9 => bytes.truncate(place),
            10 => {
                let end = near(rng, 64);
                bytes.drain(place..end);
            }
            _ => {
                let end = near(rng, 64);
                let piece = bytes[place..end].to_vec();
                bytes.splice(place..place, piece);
            }
        }
    }
}

/// A folder in memory where the system has one: the files are written 10⁵ times.
#[cfg(any(feature = "folder", feature = "nwb"))]
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

/// How many damaged copies were read, and how many refused.
#[derive(Debug, Default)]
struct Tally {
    read: usize,
    refused: usize,
}

impl Tally {
    /// Refuses damage that does not reach the reader, or that nothing survives, and a process that
    /// has had too much memory.
    fn check(&self, least_read: usize) {
        println!("{self:?}");
        assert!(self.refused > 10_000 && self.read > least_read, "{self:?}");
        match peak_memory() {
            Some(peak) => {
                println!("peak memory {} MB", peak >> 20);
                assert!(peak < 2 * LIMIT + PROCESS, "{peak} bytes");
            }
            None => println!("skipped: this system does not tell a process's peak memory"),
        }
    }
}

/// The largest memory this process has had, bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}
