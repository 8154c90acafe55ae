//! A run of a sweep that takes long is saved now and then: a kill costs it the steps since.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::recorder::{Maps, Recorder};
use crate::checkpoint::write_atomically;
use crate::{Checkpoint, Error, Simulation};

/// Everything that the rest of a run and its row depend on.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Unfinished {
    pub(super) checkpoint: Checkpoint,
    /// As CSV, which keeps every bit.
    pub(super) trace: String,
    pub(super) maps: Maps,
    pub(super) kept: Vec<(u64, Vec<f64>)>,
}

const MAGIC: [u8; 8] = *b"driftunf";
/// Changes with the layout and with anything that moves values.
const VERSION: u32 = 1;

impl Unfinished {
    /// Replaces the file: magic, version, content (postcard), CRC-32 of all before.
    pub(super) fn save(
        path: &Path,
        simulation: &Simulation,
        recorder: &Recorder<'_>,
    ) -> Result<(), Error> {
        let state = Self {
            checkpoint: simulation.checkpoint(),
            trace: simulation.trace().to_csv(),
            maps: recorder.maps.clone(),
            kept: recorder.kept.clone(),
        };
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(postcard::to_stdvec(&state).expect("a state is plain data"));
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        write_atomically(path, &bytes)
    }

    /// `None` where there is no such file, or none that can be trusted: the run then starts again.
    pub(super) fn load(path: &Path) -> Option<Self> {
        let bytes = std::fs::read(path).ok()?;
        let (content, checksum) = bytes.split_last_chunk::<4>()?;
        if u32::from_le_bytes(*checksum) != crc32fast::hash(content) {
            return None;
        }
        let content = content.strip_prefix(&MAGIC)?;
        let content = content.strip_prefix(&VERSION.to_le_bytes())?;
        postcard::from_bytes(content).ok()
    }
}
