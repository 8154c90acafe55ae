//! Spatial information: how much the activity of a unit tells about the place.
//!
//! Skaggs, McNaughton, Gothard, Markus, "An information-theoretic approach to deciphering the
//! hippocampal code", NIPS 5 (1993). With pᵢ the share of time in bin i, rᵢ the rate there and
//! r̄ = Σ pᵢ rᵢ, a unit carries Σ pᵢ (rᵢ/r̄) log₂(rᵢ/r̄) bits a spike, and r̄ times as many bits a
//! second. The two answer different questions and are different functions here. Both are meant
//! for **unsmoothed** maps, and take r̄ from the map itself, hence from the same epoch.
//!
//! | variant | silent unit | function |
//! |---|---|---|
//! | the definition | NaN | [`spatial_information`], [`spatial_information_rate`] |
//! | Ratzon et al. (2023), published code | 0 | [`paper::spatial_information`](crate::paper::spatial_information) |
//! | Sheintuch et al. (2020), published code: 1e-10 added to each rate | 0 | [`offset_information`] |

pub mod bias;
mod mutual;
pub(crate) mod plug_in;

pub use mutual::{ResponseClasses, mutual_information, mutual_information_of_labels};

use crate::error::{every, not_negative, same_length, within};
use crate::statistics::Mean;
use crate::{Error, RateMap};

/// Information per spike (or per unit of activation) of one unit, in bits:
/// Σ pᵢ (rᵢ/r̄) log₂(rᵢ/r̄), with 0 · log 0 = 0.
///
/// `occupancy` (bins): time in each bin, in any unit; `rates` (bins), ≥ 0. Bins without occupancy
/// are skipped whatever their rate. NaN for a silent unit (r̄ = 0) and if no time was spent at all.
///
/// # Errors
/// Different lengths, a negative or non-finite occupancy, a negative or non-finite rate in a bin
/// with occupancy.
pub fn information(occupancy: &[f64], rates: &[f64]) -> Result<f64, Error> {
    check(occupancy, rates)?;
    Ok(information_and_mean(occupancy, rates, 0.0).0)
}

/// Information per unit of time of one unit, from `rates` (bins) and `occupancy` (bins):
/// r̄ × [`information`] (bits/s for rates in 1/s).
///
/// NaN for a silent unit.
///
/// # Errors
/// As [`information`].
pub fn information_rate(occupancy: &[f64], rates: &[f64]) -> Result<f64, Error> {
    check(occupancy, rates)?;
    let (bits, mean) = information_and_mean(occupancy, rates, 0.0);
    Ok(bits * mean)
}

/// [`information`] with a small `offset` added to every rate, which some published code does to
/// avoid log 0; a silent unit then carries 0 bits.
///
/// # Errors
/// As [`information`]; also if `offset` is negative or not finite.
pub fn offset_information(occupancy: &[f64], rates: &[f64], offset: f64) -> Result<f64, Error> {
    within(not_negative(offset), "offset", offset, ">= 0")?;
    check(occupancy, rates)?;
    Ok(information_and_mean(occupancy, rates, offset).0)
}

/// [`information`] of every unit of a map, in bits per spike or per unit of activation (units).
///
/// # Errors
/// A negative rate (as calcium activity relative to a baseline can have): its information is not
/// defined.
pub fn spatial_information(map: &RateMap) -> Result<Vec<f64>, Error> {
    (0..map.units())
        .map(|unit| information(&map.occupancy, map.unit(unit)))
        .collect()
}

/// [`information_rate`] of every unit of a map, in bits per second for rates in 1/s (units).
///
/// # Errors
/// As [`spatial_information`].
pub fn spatial_information_rate(map: &RateMap) -> Result<Vec<f64>, Error> {
    (0..map.units())
        .map(|unit| information_rate(&map.occupancy, map.unit(unit)))
        .collect()
}

/// Mean of the values (units) that are not NaN: silent units have no say. NaN if there is none.
#[must_use]
pub fn mean_information(information: &[f64]) -> f64 {
    Mean::of(information.iter().copied()).mean
}

fn check(occupancy: &[f64], rates: &[f64]) -> Result<(), Error> {
    same_length("rates", rates.len(), occupancy.len(), "occupancy")?;
    every("occupancy", occupancy, not_negative, "finite, >= 0")?;
    let mut times = occupancy.iter();
    let visited = |rate| times.next().is_some_and(|&t| t == 0.0) || not_negative(rate);
    every("rates", rates, visited, "finite and >= 0 in visited bins")
}

/// Bits per event and mean rate. Rates are divided by their maximum first, so that neither tiny
/// nor huge ones lose digits, and the result does not depend on their unit.
fn information_and_mean(occupancy: &[f64], rates: &[f64], offset: f64) -> (f64, f64) {
    let visited = || occupancy.iter().zip(rates).filter(|(time, _)| **time > 0.0);
    let total: f64 = occupancy.iter().sum();
    let peak = visited().fold(0.0_f64, |peak, (_, rate)| peak.max(rate + offset));
    if !(total > 0.0 && peak > 0.0) {
        return (f64::NAN, if total > 0.0 { 0.0 } else { f64::NAN });
    }
    let mean = visited()
        .map(|(time, rate)| time * ((rate + offset) / peak))
        .sum::<f64>()
        / total;
    let sum: f64 = visited()
        .map(|(time, rate)| {
            let ratio = (rate + offset) / peak / mean;
            if ratio > 0.0 {
                time * ratio * ratio.log2()
            } else {
                0.0
            }
        })
        .sum();
    // Non-negative by Jensen's inequality: what is below 0 is rounding.
    ((sum / total).max(0.0), mean * peak)
}
