//! Any bytes as an `.npz` archive, and as the one array of an archive that is sound: random bytes
//! seldom get past a zip's directory with its checksums.
#![no_main]

use drift_sim::{dataset, npz};
use libfuzzer_sys::fuzz_target;

fn read(bytes: &[u8]) {
    if let Ok(mut archive) = npz::Archive::from_bytes("fuzz.npz", bytes) {
        for name in archive.names() {
            if let Ok(array) = archive.array(&name) {
                assert_eq!(array.shape.iter().product::<usize>(), array.values.len());
                let _ = array.to_matrix();
            }
            let _ = archive.rows(&name, &[0, 2]);
        }
        let _ = dataset::from_bytes("fuzz.npz", bytes);
    }
}

/// A zip archive with the stored entries `inputs.npy` and `targets.npy`.
fn archive(entries: [(&str, &[u8]); 2]) -> Vec<u8> {
    let (mut files, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let mut sizes = crc32fast::hash(content).to_le_bytes().to_vec();
        sizes.extend((content.len() as u32).to_le_bytes());
        sizes.extend((content.len() as u32).to_le_bytes());
        sizes.extend((name.len() as u16).to_le_bytes());
        sizes.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\x00\x14\x00\x00\x00\x00\x00\x00\x00\x21\x00");
        directory.extend(&sizes);
        directory.extend([0; 10]);
        directory.extend((files.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        files.extend(b"PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x21\x00");
        files.extend(&sizes);
        files.extend(name.as_bytes());
        files.extend(content);
    }
    let start = files.len() as u32;
    files.extend(&directory);
    files.extend(b"PK\x05\x06\x00\x00\x00\x00\x02\x00\x02\x00");
    files.extend((directory.len() as u32).to_le_bytes());
    files.extend(start.to_le_bytes());
    files.extend([0, 0]);
    files
}

fuzz_target!(|data: &[u8]| {
    read(data);
    let half = data.len() / 2;
    read(&archive([
        ("inputs.npy", &data[..half]),
        ("targets.npy", &data[half..]),
    ]));
    read(&archive([("inputs.npy", data), ("targets.npy", data)]));
});
