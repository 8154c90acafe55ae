//! Comparing with a reference file, and counting.

use serde_json::Value;

/// Tolerance of rates, occupancies, informations and correlations: relative, or absolute below 1.
const TOLERANCE: f64 = 1e-10;

/// Counts what was compared.
#[derive(Default)]
pub struct Tally {
    pub values: usize,
}

impl Tally {
    /// A count must agree exactly.
    #[track_caller]
    pub fn exact(&mut self, place: &str, found: usize, expected: &Value) {
        assert_eq!(Some(found as u64), expected.as_u64(), "{place}");
        self.values += 1;
    }

    /// A number must agree to the tolerance; `null` stands for NaN.
    #[track_caller]
    pub fn close(&mut self, place: &str, found: f64, expected: &Value) {
        match expected.as_f64() {
            Some(expected) => {
                let error = (found - expected).abs();
                assert!(
                    error <= TOLERANCE * expected.abs().max(1.0),
                    "{place}: {found} instead of {expected}"
                );
            }
            None => assert!(found.is_nan(), "{place}: {found} instead of none"),
        }
        self.values += 1;
    }

    /// As many numbers, each to the tolerance.
    #[track_caller]
    pub fn all_close(&mut self, place: &str, found: &[f64], expected: &Value) {
        let expected = expected.as_array().unwrap();
        assert_eq!(found.len(), expected.len(), "{place}");
        for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
            self.close(&format!("{place}[{index}]"), *found, expected);
        }
    }

    /// As many counts, each exactly.
    #[track_caller]
    pub fn all_exact(&mut self, place: &str, found: &[usize], expected: &Value) {
        let expected = expected.as_array().unwrap();
        assert_eq!(found.len(), expected.len(), "{place}");
        for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
            self.exact(&format!("{place}[{index}]"), *found, expected);
        }
    }

    /// A number within an absolute distance.
    #[track_caller]
    pub fn within(&mut self, place: &str, found: f64, expected: f64, distance: f64) {
        assert!(
            (found - expected).abs() <= distance,
            "{place}: {found} instead of {expected} ± {distance}"
        );
        self.values += 1;
    }
}
