//! Corrected information of every analysed cell and of the population.

use super::{
    BoundedFit, InformationCurves, bounded_extrapolation, scaled_shuffle_reduction,
    unbounded_extrapolation,
};
use crate::Error;
use crate::error::same_length;
use crate::statistics::Mean;

/// One information, naive and corrected in every way. The unit is that of the estimate it is in.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CorrectedInformation {
    /// Naive information of the whole record.
    pub naive: f64,
    /// Scaled shuffle reduction.
    pub ssr: f64,
    /// Stability of the scaled shuffle reduction (see
    /// [`ScaledShuffleReduction`](super::ScaledShuffleReduction)).
    pub ssr_stability: f64,
    /// Bounded asymptotic extrapolation.
    pub bae: f64,
    /// R² of the bounded fit.
    pub bae_r_squared: f64,
    /// `bae − ssr`: how far the two corrections disagree.
    pub disagreement: f64,
    /// Naive minus shuffled: the lower baseline.
    pub shuffle_reduction: f64,
    /// Unbounded extrapolation a + b/t + c/t²: the comparator.
    pub unbounded: f64,
}

impl CorrectedInformation {
    /// All corrections of one curve (sizes).
    ///
    /// # Errors
    /// As [`scaled_shuffle_reduction`].
    pub fn from_curve(
        sizes: &[f64],
        naive: &[f64],
        shuffled: &[f64],
        fit: BoundedFit,
    ) -> Result<Self, Error> {
        let ssr = scaled_shuffle_reduction(sizes, naive, shuffled)?;
        let bae = bounded_extrapolation(sizes, naive, fit)?;
        let unbounded = unbounded_extrapolation(sizes, naive)?;
        let last = sizes.len() - 1;
        Ok(Self {
            naive: naive[last],
            ssr: ssr.information,
            ssr_stability: ssr.stability,
            bae: bae.information,
            bae_r_squared: bae.r_squared,
            disagreement: bae.information - ssr.information,
            shuffle_reduction: naive[last] - shuffled[last],
            unbounded: unbounded.information,
        })
    }
}

/// One measure of information over the analysed cells.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct InformationEstimate {
    /// Naive and shuffled information against sample size (sizes × cells).
    pub curves: InformationCurves,
    /// Each analysed cell.
    pub cells: Vec<CorrectedInformation>,
    /// The population: the corrections of the mean curves, which are less noisy than the mean of
    /// the corrections. Cells unknown at a size are left out of the mean there.
    pub average: CorrectedInformation,
}

impl InformationEstimate {
    /// Naive information of each analysed cell (cells), in bits.
    #[must_use]
    pub fn naive(&self) -> Vec<f64> {
        self.cells.iter().map(|cell| cell.naive).collect()
    }

    /// Scaled shuffle reduction of each analysed cell (cells), in bits.
    #[must_use]
    pub fn ssr(&self) -> Vec<f64> {
        self.cells.iter().map(|cell| cell.ssr).collect()
    }

    /// Bounded asymptotic extrapolation of each analysed cell (cells), in bits.
    #[must_use]
    pub fn bae(&self) -> Vec<f64> {
        self.cells.iter().map(|cell| cell.bae).collect()
    }

    /// Means over the cells weighted by `weights` (analysed cells), the rates in the published
    /// code: Σ w v / Σ w, cells whose value is NaN left out; NaN if no weight is left.
    ///
    /// # Errors
    /// Another number of weights than cells.
    pub fn weighted(&self, weights: &[f64]) -> Result<WeightedInformation, Error> {
        let (found, needed) = (weights.len(), self.cells.len());
        same_length("weights", found, needed, "the analysed cells")?;
        let mean = |value: fn(&CorrectedInformation) -> f64| {
            let (mut sum, mut weight) = (0.0, 0.0);
            for (cell, &w) in self.cells.iter().zip(weights) {
                if !value(cell).is_nan() {
                    sum += w * value(cell);
                    weight += w;
                }
            }
            sum / weight
        };
        let (ssr, bae) = (mean(|cell| cell.ssr), mean(|cell| cell.bae));
        let naive = mean(|cell| cell.naive);
        Ok(WeightedInformation {
            naive,
            ssr,
            bae,
            disagreement: bae - ssr,
        })
    }

    pub(super) fn assemble(
        sizes: &[f64],
        curves: InformationCurves,
        fit: BoundedFit,
    ) -> Result<Self, Error> {
        let corrected = |naive: &[f64], shuffled: &[f64]| {
            CorrectedInformation::from_curve(sizes, naive, shuffled, fit)
        };
        let cells = (0..curves.naive.ncols())
            .map(|cell| {
                let (naive, shuffled) = (curves.naive.column(cell), curves.shuffled.column(cell));
                corrected(naive.as_slice(), shuffled.as_slice())
            })
            .collect::<Result<_, _>>()?;
        let mean = |curves: &nalgebra::DMatrix<f64>| -> Vec<f64> {
            curves
                .row_iter()
                .map(|row| Mean::of(row.iter().copied()).mean)
                .collect()
        };
        let average = corrected(&mean(&curves.naive), &mean(&curves.shuffled))?;
        Ok(Self {
            curves,
            cells,
            average,
        })
    }
}

/// Weighted means over cells.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct WeightedInformation {
    /// Naive information.
    pub naive: f64,
    /// Scaled shuffle reduction.
    pub ssr: f64,
    /// Bounded asymptotic extrapolation.
    pub bae: f64,
    /// `bae − ssr`.
    pub disagreement: f64,
}

/// What [`estimate`](super::estimate) finds. Cell indices count from 0.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct InformationReport {
    /// Number of cells in the record.
    pub recorded_cells: usize,
    /// Cells active often enough.
    pub active_cells: Vec<usize>,
    /// p-value of each active cell; empty without a significance test.
    pub p_values: Vec<f64>,
    /// Active cells that are significant, or all of them without a test: those analysed below.
    pub significant_cells: Vec<usize>,
    /// Mean rate of each analysed cell, in Hz.
    pub rates: Vec<f64>,
    /// Sample sizes t_j of the curves, in frames.
    pub sizes: Vec<f64>,
    /// Spatial information in bits per spike.
    pub bits_per_spike: InformationEstimate,
    /// Means of the bits per spike weighted by the rates.
    pub bits_per_spike_weighted: WeightedInformation,
    /// Spatial information in bits per second.
    pub bits_per_second: InformationEstimate,
    /// Mutual information in bits per frame.
    pub mutual_information: InformationEstimate,
}

impl InformationReport {
    /// Share of the recorded cells that are active often enough.
    #[must_use]
    pub fn fraction_active(&self) -> f64 {
        self.active_cells.len() as f64 / self.recorded_cells as f64
    }

    /// Share of the recorded cells that are active and significant.
    #[must_use]
    pub fn fraction_significant(&self) -> f64 {
        self.significant_cells.len() as f64 / self.recorded_cells as f64
    }

    /// Share of the active cells that are significant; NaN without active cells.
    #[must_use]
    pub fn fraction_significant_of_active(&self) -> f64 {
        self.significant_cells.len() as f64 / self.active_cells.len() as f64
    }
}
