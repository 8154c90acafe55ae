use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What tells systems with different settings or data apart: a SHA-256.
///
/// ```
/// use drift_engine::Fingerprint;
///
/// let one = Fingerprint::new().text("pendulum").numbers(&[0.1, 2.0]);
/// assert_eq!(one, Fingerprint::new().text("pendulum").numbers(&[0.1, 2.0]));
/// assert_ne!(one, Fingerprint::new().text("pendulum").numbers(&[0.1, 2.5]));
/// assert_ne!(
///     Fingerprint::new().text("ab").text("c"),
///     Fingerprint::new().text("a").text("bc"),
/// );
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Of a file's bytes.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) where it cannot be read.
    pub fn of_file(path: &std::path::Path) -> Result<Self, crate::Error> {
        let bytes = std::fs::read(path).map_err(crate::Error::io("read", path))?;
        Ok(Self::new().bytes(&bytes))
    }

    /// Of what was there and of these bytes.
    #[must_use]
    pub fn bytes(self, bytes: &[u8]) -> Self {
        let mut hash = Sha256::new();
        // Lengths keep "ab", "c" apart from "a", "bc".
        hash.update(self.0);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
        Self(hash.finalize().into())
    }

    /// Of what was there and of a text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    /// Of what was there and of numbers, by their bits.
    #[must_use]
    pub fn numbers(self, numbers: &[f64]) -> Self {
        let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        self.bytes(&bytes)
    }
}

/// The first half in hexadecimal: enough to tell two apart.
impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..16]
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Fingerprint({self})")
    }
}
