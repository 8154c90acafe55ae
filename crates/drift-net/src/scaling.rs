//! Scales at which squares neither overflow nor vanish.

/// The power of two, 2⁻¹⁰⁰⁰ to 2¹⁰⁰⁰, that brings the largest absolute value to the order of 1;
/// it scales exactly. `None` where all are 0.
pub(crate) fn to_unit_scale<'a>(values: impl IntoIterator<Item = &'a f64>) -> Option<f64> {
    let largest = values
        .into_iter()
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let exponent = largest.log2().floor().clamp(-1000.0, 1000.0);
    (largest > 0.0).then(|| 2.0_f64.powi(-(exponent as i32)))
}
