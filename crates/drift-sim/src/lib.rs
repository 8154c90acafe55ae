//! The facade of the drift crates.
#![forbid(unsafe_code)]
pub use drift_data as data;
pub use drift_env as env;
pub use drift_learn as learn;
pub use drift_metrics as metrics;
pub use drift_net as net;
