//! States as bytes, for [`System::state`](crate::System::state).

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// Any serde value as bytes (postcard). Numbers keep every bit.
///
/// # Panics
/// Where the value cannot be written, as a map of unknown length: states are plain data.
pub fn save(value: &(impl Serialize + ?Sized)) -> Vec<u8> {
    postcard::to_stdvec(value).expect("a state is plain data")
}

/// Reads what [`save`] made.
///
/// # Errors
/// [`Error::Syntax`] where the bytes are of another type.
pub fn load<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let (value, rest) = postcard::take_from_bytes(bytes).map_err(|error| not_a_state(&error))?;
    if !rest.is_empty() {
        return Err(not_a_state(&format!("{} bytes too many", rest.len())));
    }
    Ok(value)
}

fn not_a_state(reason: &dyn std::fmt::Display) -> Error {
    Error::syntax("state", reason)
}
