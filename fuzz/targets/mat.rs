//! Any bytes as a MAT file: as they are, behind a sound header, and compressed behind a sound header.
#![no_main]

use std::io::Write;

use drift_data::mat::{Limits, MatFile};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits {
    inflated_bytes: 16 << 20,
    decoded_bytes: 16 << 20,
    depth: 32,
};

fn read(bytes: &[u8]) {
    if let Ok(file) = MatFile::from_bytes("fuzz.mat", bytes, &LIMITS) {
        let _ = file.tree().to_string();
    }
}

fuzz_target!(|data: &[u8]| {
    read(data);
    let mut header = b"MATLAB 5.0 MAT-file".to_vec();
    header.resize(124, b' ');
    header.extend_from_slice(b"\x00\x01IM");
    read(&[&header, data].concat());
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    if encoder.write_all(data).is_ok()
        && let Ok(compressed) = encoder.finish()
    {
        let tag = [
            15_u32.to_le_bytes(),
            (compressed.len() as u32).to_le_bytes(),
        ]
        .concat();
        read(&[header, tag, compressed].concat());
    }
});
