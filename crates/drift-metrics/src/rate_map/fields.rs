//! Place fields: the stretches of track where a cell is most active.

use crate::Error;
use crate::error::{every, not_negative_or_nan, within};

/// Whether the ends of a track meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Track {
    /// The first and the last bin are its ends.
    #[default]
    Linear,
    /// The last bin is the neighbour of the first. Bins are equally wide.
    Circular,
}

/// Centre of mass of a rate map in bins: Σ i rᵢ / Σ rᵢ, the middle of bin i at i.
///
/// On a circular track the angle of Σ rᵢ e^(2πi i/n), in [0, n). Bins that are NaN are left out.
/// NaN for a silent map, and on a circle where the rates cancel.
///
/// # Errors
/// A rate that is negative or infinite.
///
/// ```
/// use drift_metrics::rate_map::{Track, centroid};
/// assert_eq!(centroid(&[0.0, 1.0, 3.0, 0.0], Track::Linear)?, 1.75);
/// let wrapped = centroid(&[1.0, 0.0, 0.0, 1.0], Track::Circular)?;
/// assert!((wrapped - 3.5).abs() < 1e-12);
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn centroid(map: &[f64], track: Track) -> Result<f64, Error> {
    check_rates(map)?;
    let bins = map.len() as f64;
    let present = || map.iter().enumerate().filter(|(_, rate)| !rate.is_nan());
    let total: f64 = present().map(|(_, rate)| rate).sum();
    if !(total > 0.0) {
        return Ok(f64::NAN);
    }
    Ok(match track {
        Track::Linear => present().map(|(bin, rate)| bin as f64 * rate).sum::<f64>() / total,
        Track::Circular => {
            let (mut x, mut y) = (0.0, 0.0);
            for (bin, rate) in present() {
                let (sine, cosine) = (std::f64::consts::TAU * bin as f64 / bins).sin_cos();
                x += rate * cosine;
                y += rate * sine;
            }
            // Rates that cancel leave rounding, which has no direction.
            if x.hypot(y) <= 1e-12 * total {
                f64::NAN
            } else {
                (y.atan2(x) / std::f64::consts::TAU * bins).rem_euclid(bins)
            }
        }
    })
}

/// What counts as a place field. There is no default: criteria differ between laboratories, and
/// the numbers of fields with them.
///
/// | name | meaning | range |
/// |---|---|---|
/// | `threshold` | a field's bins have at least this fraction of the map's peak rate | (0, 1] |
/// | `minimum_width` | bins a field must have | ≥ 1 |
/// | `minimum_peak` | rate that the peak of a field must reach, in the unit of the map | ≥ 0 |
/// | `track` | whether a field may run over the end of the track into its start | |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub struct FieldCriteria {
    /// Fraction of the map's peak rate that every bin of a field reaches.
    pub threshold: f64,
    /// Least number of bins.
    pub minimum_width: usize,
    /// Least peak rate of a field.
    pub minimum_peak: f64,
    /// Whether the ends of the track meet.
    pub track: Track,
}

/// One place field. Bins count from 0.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PlaceField {
    /// First bin.
    pub start: usize,
    /// Number of bins; on a circular track the field may pass the last bin.
    pub width: usize,
    /// Bin of the highest rate, the first of equals.
    pub peak_bin: usize,
    /// The highest rate.
    pub peak_rate: f64,
    /// Mean rate over the bins of the field.
    pub mean_rate: f64,
    /// Centre of mass in bins, the middle of bin i at i; in [0, bins).
    pub centroid: f64,
}

/// Finds the place fields of one rate map (bins), in order of their first bin.
///
/// A field is a run of neighbouring bins with at least `threshold` × the peak rate of the whole
/// map. A bin that was not visited (NaN) ends a field: nothing is filled in. Smooth the map first
/// if single bins shall not split a field. A silent map has no fields; on a circular track that is
/// one field throughout, the field starts at bin 0.
///
/// # Errors
/// Criteria outside their ranges; a rate that is negative or infinite.
///
/// ```
/// use drift_metrics::rate_map::{FieldCriteria, place_fields};
/// use drift_metrics::rate_map::Track;
///
/// let criteria =
///     FieldCriteria { threshold: 0.5, minimum_width: 2, minimum_peak: 1.0, track: Track::Linear };
/// let fields = place_fields(&[2.0, 4.0, 0.0, 0.0, 0.0, 0.0, 3.0, 3.0], &criteria)?;
/// assert_eq!(fields.len(), 2);
/// assert_eq!((fields[0].start, fields[0].width, fields[0].peak_bin), (0, 2, 1));
///
/// // On a circle the last bins and the first are one field.
/// let circular = FieldCriteria { track: Track::Circular, ..criteria };
/// let fields = place_fields(&[2.0, 4.0, 0.0, 0.0, 0.0, 0.0, 3.0, 3.0], &circular)?;
/// assert_eq!((fields[0].start, fields[0].width, fields[0].peak_bin), (6, 4, 1));
/// # Ok::<(), drift_metrics::Error>(())
/// ```
pub fn place_fields(map: &[f64], criteria: &FieldCriteria) -> Result<Vec<PlaceField>, Error> {
    criteria.check()?;
    check_rates(map)?;
    let bins = map.len();
    let peak = map.iter().copied().fold(0.0, f64::max);
    if !(peak > 0.0) {
        return Ok(Vec::new());
    }
    let inside: Vec<bool> = map
        .iter()
        .map(|&rate| rate >= criteria.threshold * peak)
        .collect();

    // On a circle, begin to read behind a bin outside every field, so that none is cut in two.
    let first = match criteria.track {
        Track::Circular => inside.iter().position(|&inside| !inside).unwrap_or(0),
        Track::Linear => 0,
    };
    let mut fields = Vec::new();
    let mut run: Option<(usize, usize)> = None;
    for step in 0..=bins {
        let bin = (first + step) % bins;
        if step < bins && inside[bin] {
            run = Some(run.map_or((bin, 1), |(start, width)| (start, width + 1)));
        } else if let Some((start, width)) = run.take() {
            let field = measure(map, start, width);
            if width >= criteria.minimum_width && field.peak_rate >= criteria.minimum_peak {
                fields.push(field);
            }
        }
    }
    fields.sort_by_key(|field| field.start);
    Ok(fields)
}

/// Refuses rates that cannot be; NaN is a bin not visited.
fn check_rates(map: &[f64]) -> Result<(), Error> {
    let expected = "not negative and finite, or NaN where not visited";
    every("rate map", map, not_negative_or_nan, expected)
}

fn measure(map: &[f64], start: usize, width: usize) -> PlaceField {
    let bins = map.len();
    let mut field = PlaceField {
        start,
        width,
        peak_bin: start,
        peak_rate: map[start],
        mean_rate: 0.0,
        centroid: 0.0,
    };
    let (mut total, mut moment) = (0.0, 0.0);
    for step in 0..width {
        let bin = (start + step) % bins;
        if map[bin] > field.peak_rate {
            (field.peak_bin, field.peak_rate) = (bin, map[bin]);
        }
        total += map[bin];
        moment += step as f64 * map[bin];
    }
    field.mean_rate = total / width as f64;
    field.centroid = (start as f64 + moment / total).rem_euclid(bins as f64);
    field
}

impl FieldCriteria {
    fn check(&self) -> Result<(), Error> {
        let (share, width, peak) = (self.threshold, self.minimum_width, self.minimum_peak);
        let holds = share > 0.0 && share <= 1.0;
        within(holds, "threshold", share, "in (0, 1]")?;
        within(width != 0, "minimum_width", 0.0, "at least 1 bin")?;
        within(peak >= 0.0, "minimum_peak", peak, "at least 0")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CRITERIA: FieldCriteria = FieldCriteria {
        threshold: 0.5,
        minimum_width: 1,
        minimum_peak: 0.0,
        track: Track::Linear,
    };

    #[test]
    fn narrow_weak_and_unvisited() {
        let map = [0.0, 2.0, f64::NAN, 2.0, 2.0, 0.0, 1.2, 1.2, 0.0];
        let spans = |threshold, minimum_width, minimum_peak| -> Vec<(usize, usize)> {
            let track = Track::Linear;
            let criteria = FieldCriteria {
                threshold,
                minimum_width,
                minimum_peak,
                track,
            };
            let fields = place_fields(&map, &criteria).unwrap();
            fields.iter().map(|f| (f.start, f.width)).collect()
        };
        assert_eq!(spans(0.5, 1, 0.0), [(1, 1), (3, 2), (6, 2)]);
        assert_eq!(spans(0.5, 2, 0.0), [(3, 2), (6, 2)]);
        assert_eq!(spans(0.5, 1, 1.5), [(1, 1), (3, 2)]);
        assert_eq!(spans(1.0, 1, 0.0), [(1, 1), (3, 2)]);
    }

    #[test]
    fn a_field_is_measured_over_the_end_of_a_circle() {
        let circular = FieldCriteria {
            track: Track::Circular,
            ..CRITERIA
        };
        let fields = place_fields(&[4.0, 0.0, 0.0, 2.0], &circular).unwrap();
        assert_eq!(fields.len(), 1);
        let field = fields[0];
        assert_eq!((field.start, field.width, field.peak_bin), (3, 2, 0));
        assert_eq!((field.peak_rate, field.mean_rate), (4.0, 3.0));
        assert!((field.centroid - (3.0 + 2.0 / 3.0)).abs() < 1e-12);
        let everywhere = place_fields(&[1.0; 5], &circular).unwrap();
        assert_eq!(
            (everywhere.len(), everywhere[0].start, everywhere[0].width),
            (1, 0, 5)
        );
    }

    #[test]
    fn silence_has_no_field_and_bad_input_is_refused() {
        assert!(place_fields(&[0.0; 4], &CRITERIA).unwrap().is_empty());
        assert!(place_fields(&[f64::NAN; 4], &CRITERIA).unwrap().is_empty());
        assert!(place_fields(&[], &CRITERIA).unwrap().is_empty());
        assert!(place_fields(&[1.0, -1.0], &CRITERIA).is_err());
        let mut bad = [CRITERIA; 5];
        (bad[0].threshold, bad[1].threshold, bad[2].threshold) = (0.0, 1.1, f64::NAN);
        bad[3].minimum_width = 0;
        bad[4].minimum_peak = f64::NAN;
        for criteria in bad {
            assert!(place_fields(&[1.0], &criteria).is_err(), "{criteria:?}");
        }
    }

    proptest! {
        #[test]
        fn fields_are_the_bins_above_threshold(
            map in proptest::collection::vec(0.0f64..5.0, 1..30),
            threshold in 0.05f64..1.0,
            circular in any::<bool>(),
        ) {
            let track = if circular { Track::Circular } else { Track::Linear };
            let criteria = FieldCriteria { threshold, track, ..CRITERIA };
            let peak = map.iter().copied().fold(0.0, f64::max);
            prop_assume!(peak > 0.0);
            let mut covered = vec![0; map.len()];
            for field in place_fields(&map, &criteria).unwrap() {
                for step in 0..field.width {
                    covered[(field.start + step) % map.len()] += 1;
                }
                prop_assert_eq!(map[field.peak_bin], field.peak_rate);
            }
            for (bin, &rate) in map.iter().enumerate() {
                prop_assert_eq!(covered[bin], i32::from(rate >= threshold * peak));
            }
        }
    }
}
