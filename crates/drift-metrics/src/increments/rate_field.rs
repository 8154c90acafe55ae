//! Change of rate against change of field: a map as a length g times a shape u.

use nalgebra::DMatrixView;

use crate::Error;
use crate::similarity::SharedCode;
use crate::statistics::Mean;

/// The squared change of each cell's map, in two parts that add up to it exactly:
/// ‖M_t − M_s‖² = (g_t − g_s)² + 2 (g_s g_t − M_s·M_t), g the norm of a map.
///
/// All in Hz², summed over the bins visited in both sessions; cells are those found in both.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RateAndField {
    /// The cells (registered cells found in both).
    pub cells: Vec<usize>,
    /// ‖M_t − M_s‖² (cells).
    pub total: Vec<f64>,
    /// Rate part (g_t − g_s)² (cells).
    pub rate: Vec<f64>,
    /// Field part (cells).
    pub field: Vec<f64>,
    /// |r_t − r_s|/(r_t + r_s) of the mean rates over the shared bins (cells); NaN for a cell silent twice. Its
    /// floor is not 0: a short recording changes rates by chance.
    pub relative_rate_change: Vec<f64>,
    /// Σ field / Σ total over the cells; NaN where nothing changed.
    pub field_share: f64,
}

/// Splits the change between two maps (bins × cells; NaN where a cell was not found or a bin not
/// visited).
///
/// Noise of estimation counts as change, most of it as change of field: see
/// [`rate_and_field_by_halves`].
///
/// # Errors
/// Maps that differ in bins or cells.
pub fn rate_and_field(
    before: DMatrixView<'_, f64>,
    after: DMatrixView<'_, f64>,
) -> Result<RateAndField, Error> {
    let shared = SharedCode::of(&[before, after])?;
    let mut parts = RateAndField {
        cells: shared.cells,
        total: Vec::new(),
        rate: Vec::new(),
        field: Vec::new(),
        relative_rate_change: Vec::new(),
        field_share: f64::NAN,
    };
    let cells = shared.maps[0].column_iter();
    for (m, n) in cells.zip(shared.maps[1].column_iter()) {
        let (g, h) = (m.norm(), n.norm());
        parts.total.push((n - m).norm_squared());
        parts.rate.push((h - g).powi(2));
        parts.field.push(2.0 * (g * h - m.dot(&n)));
        let change = relative_rate_change(m.mean(), n.mean());
        parts.relative_rate_change.push(change);
    }
    let all: f64 = parts.total.iter().sum();
    if all > 0.0 {
        parts.field_share = parts.field.iter().sum::<f64>() / all;
    }
    Ok(parts)
}

/// |r_t − r_s|/(r_t + r_s), between 0 and 1; NaN for a cell silent twice.
#[must_use]
pub fn relative_rate_change(before: f64, after: f64) -> f64 {
    (after - before).abs() / (after + before)
}

/// Rate and field parts without the noise of estimation: g² is replaced by M^a·M^b of the halves,
/// M_s·M_t by the mean of the four cross products.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RateAndFieldByHalves {
    /// Bins visited in all four halves.
    pub bins: usize,
    /// Cells found in both sessions.
    pub cells: usize,
    /// Σ (G_s + G_t − 2C) over all these cells, Hz² summed over bins; may be negative.
    pub total: f64,
    /// Cells with G > 0 in both sessions, which the parts below are over.
    pub kept_cells: usize,
    /// Σ √(G_s G_t).
    pub power: f64,
    /// Rate part Σ (√G_t − √G_s)².
    pub rate: f64,
    /// Field part Σ 2 (√(G_s G_t) − C); may be negative.
    pub field: f64,
    /// field / (rate + field); NaN where that sum is not positive.
    pub field_share: f64,
    /// Mean over the cells of the product of the changes of mean rate in the two halves, Hz²: the
    /// squared change of rates alone, unbiased.
    pub mean_rate_squared_change: f64,
}

/// Splits the change between two sessions from the maps of their halves, as
/// [`matched_halves`](crate::sessions::matched_halves) takes them.
///
/// # Errors
/// Maps that differ in bins or cells.
pub fn rate_and_field_by_halves(
    before: [DMatrixView<'_, f64>; 2],
    after: [DMatrixView<'_, f64>; 2],
) -> Result<RateAndFieldByHalves, Error> {
    let shared = SharedCode::of(&[before[0], before[1], after[0], after[1]])?;
    let mut result = RateAndFieldByHalves {
        bins: shared.bins.len(),
        cells: shared.cells.len(),
        total: 0.0,
        kept_cells: 0,
        power: 0.0,
        rate: 0.0,
        field: 0.0,
        field_share: f64::NAN,
        mean_rate_squared_change: f64::NAN,
    };
    let mut changes = Vec::with_capacity(shared.cells.len());
    for cell in 0..shared.cells.len() {
        let dot = |i: usize, j: usize| {
            shared.maps[i]
                .column(cell)
                .dot(&shared.maps[j].column(cell))
        };
        let mean = |half: usize| shared.maps[half].column(cell).mean();
        let (g, h) = (dot(0, 1), dot(2, 3));
        let crossed = (dot(0, 2) + dot(0, 3) + dot(1, 2) + dot(1, 3)) / 4.0;
        result.total += g + h - 2.0 * crossed;
        changes.push((mean(2) - mean(0)) * (mean(3) - mean(1)));
        if g > 0.0 && h > 0.0 {
            let power = (g * h).sqrt();
            result.kept_cells += 1;
            result.power += power;
            result.rate += (h.sqrt() - g.sqrt()).powi(2);
            result.field += 2.0 * (power - crossed);
        }
    }
    let changed = result.rate + result.field;
    if changed > 0.0 {
        result.field_share = result.field / changed;
    }
    result.mean_rate_squared_change = Mean::of(changes).mean;
    Ok(result)
}
