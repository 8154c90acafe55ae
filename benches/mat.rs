//! Loading MAT files: a shared recording of 182 MB if it is there, and one of the same kind made here.
//!
//! `benches/peers/mat_peer.py` times SciPy on the same files.

use std::hint::black_box;
use std::io::Write;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use drift_data::mat::{Limits, MatFile};
use drift_data::ziv_lab::unbiased_information;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Frames and cells of the file made here: 32 MB of doubles.
const FRAMES: usize = 10_000;
const CELLS: usize = 400;

/// The folder with the recordings of CA1, if it is on this machine.
fn recordings() -> Option<PathBuf> {
    let shared = std::env::var_os("DRIFT_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    Some(shared.join("data/place_cells/CA1")).filter(|folder| folder.is_dir())
}

fn element(kind: u32, data: &[u8]) -> Vec<u8> {
    let mut out = [kind.to_le_bytes(), (data.len() as u32).to_le_bytes()].concat();
    out.extend_from_slice(data);
    out.resize(out.len().next_multiple_of(8), 0);
    out
}

/// A compressed variable of mostly silent cells, as real spike trains are.
fn made() -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut values = vec![0.0_f64; FRAMES * CELLS];
    for _ in 0..values.len() / 100 {
        let place = rng.random_range(0..values.len());
        values[place] = rng.random();
    }
    let words = |values: [u32; 2]| {
        values
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect::<Vec<_>>()
    };
    let mut body = element(6, &words([6, 0]));
    body.extend(element(5, &words([FRAMES as u32, CELLS as u32])));
    body.extend(element(1, b"spike_train"));
    body.extend(element(
        9,
        &values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect::<Vec<_>>(),
    ));
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(&element(14, &body))
        .expect("writing to memory");
    let compressed = encoder.finish().expect("writing to memory");
    let mut file = b"MATLAB 5.0 MAT-file, made by a benchmark".to_vec();
    file.resize(124, b' ');
    file.extend(b"\x00\x01IM");
    file.extend(
        [
            15_u32.to_le_bytes(),
            (compressed.len() as u32).to_le_bytes(),
        ]
        .concat(),
    );
    file.extend(compressed);
    file
}

fn mat(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mat");
    group.sample_size(20);
    let bytes = made();
    group.throughput(Throughput::Bytes((8 * FRAMES * CELLS) as u64));
    group.bench_function("made, 32 MB", |bencher| {
        bencher.iter(|| {
            MatFile::from_bytes("made.mat", black_box(&bytes), &Limits::default())
                .expect("a sound file")
        });
    });
    match recordings() {
        None => {
            println!("skipped: the shared recordings are not on this machine (set DRIFT_SHARED)")
        }
        Some(folder) => {
            let path = folder.join("C6M3_spike_train.mat");
            group.throughput(Throughput::Bytes(181_892_976));
            group.bench_function("C6M3_spike_train, 182 MB", |bencher| {
                bencher.iter(|| MatFile::open(black_box(&path)).expect("a sound file"));
            });
            group.bench_function("C6M3 as a recording", |bencher| {
                let options = unbiased_information::Options::default();
                bencher.iter(|| {
                    unbiased_information::load(black_box(&folder), "C6M3", &options)
                        .expect("a sound file")
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, mat);
criterion_main!(benches);
