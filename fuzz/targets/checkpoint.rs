//! Any bytes as a checkpoint: as they are, and as the content of one whose checksum matches.
#![no_main]

use drift_sim::engine::Checkpoint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = Checkpoint::from_bytes(data);
    let mut bytes = b"driftchk\x02\x00\x00\x00".to_vec();
    bytes.extend((data.len() as u64).to_le_bytes());
    bytes.extend(crc32fast::hash(data).to_le_bytes());
    bytes.extend(data);
    if let Ok(checkpoint) = Checkpoint::from_bytes(&bytes) {
        let again = Checkpoint::from_bytes(&checkpoint.to_bytes()).expect("its own bytes");
        assert_eq!(again.to_bytes(), checkpoint.to_bytes());
    }
});
