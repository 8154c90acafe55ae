//! The geometry of drift: how far and in which directions the population vector of a place moves,
//! beside the variability from lap to lap (Aitken, Garrett, Olsen, Mihalas, PLoS Comput Biol 2022;
//! their equations in brackets).
//!
//! The vector of a bin is the mean activity of each cell over its frames in a lap; laps without a
//! visit drop out. μ is its mean over the R laps (2), Σ its covariance with R − 1 in the
//! denominator, d = μ_t − μ_s the drift (5).
//!
//! The noise of estimation has covariance Σ/R and so lies where the code varies: without any drift
//! at all d seems to lie in the directions of variation. What is corrected here compares the drifts
//! of even and odd laps, whose noise is independent.

use nalgebra::{DMatrix, DVector};

use crate::Error;
use crate::error::{at_least, every, same_length, within};
use crate::sessions::BinnedSession;

/// The population vectors of one bin in one session.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LapCloud {
    /// Laps with a visit.
    pub laps: usize,
    /// μ (cells).
    pub mean: DVector<f64>,
    /// Mean over the even laps of the session, counted from 0 (cells); NaN without one.
    pub even: DVector<f64>,
    /// Mean over the odd laps (cells).
    pub odd: DVector<f64>,
    /// Σ (cells × cells).
    pub covariance: DMatrix<f64>,
    /// Eigenvalues of Σ, descending.
    pub variances: Vec<f64>,
    /// Eigenvectors of Σ in that order (cells × components), each with the sign that makes μ · w ≥ 0.
    pub components: DMatrix<f64>,
}

impl LapCloud {
    /// Of the frames of `session` in `bin`, for `cells` (indices of registered cells).
    ///
    /// # Errors
    /// A bin or cell out of range, a cell that was not found, no cell, fewer than two laps with a
    /// visit, activity whose squares overflow.
    pub fn of(session: &BinnedSession, bin: usize, cells: &[usize]) -> Result<Self, Error> {
        let expected = "less than the number of bins";
        within(bin < session.n_bins(), "bin", bin as f64, expected)?;
        at_least("cells", cells.len(), 1)?;
        for &cell in cells {
            let found = session.found().get(cell) == Some(&true);
            let expected = "a registered cell that was found";
            within(found, "index of a cell", cell as f64, expected)?;
        }
        let (vectors, laps) = session.lap_vectors(bin, cells);
        at_least("laps with a visit", laps.len(), 2)?;
        let mean_of = |keep: &dyn Fn(usize) -> bool| {
            let rows: Vec<usize> = (0..laps.len()).filter(|&row| keep(laps[row])).collect();
            let mut sum = DVector::zeros(cells.len());
            for &row in &rows {
                sum += vectors.row(row).transpose();
            }
            sum / rows.len() as f64
        };
        let mean = mean_of(&|_| true);
        let mut centred = vectors.clone();
        for mut row in centred.row_iter_mut() {
            row -= mean.transpose();
        }
        let covariance = centred.tr_mul(&centred) / (laps.len() as f64 - 1.0);
        // The eigen-solver would not end.
        let entries = covariance.as_slice();
        every("covariance of the laps", entries, f64::is_finite, "finite")?;
        let eigen = covariance.clone().symmetric_eigen();
        let mut order: Vec<usize> = (0..cells.len()).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        let mut components = eigen.eigenvectors.select_columns(&order);
        for mut component in components.column_iter_mut() {
            if component.dot(&mean) < 0.0 {
                component.neg_mut();
            }
        }
        Ok(Self {
            laps: laps.len(),
            even: mean_of(&|lap| lap % 2 == 0),
            odd: mean_of(&|lap| lap % 2 == 1),
            mean,
            variances: order
                .iter()
                .map(|&k| eigen.eigenvalues[k].max(0.0))
                .collect(),
            components,
            covariance,
        })
    }

    /// tr Σ.
    #[must_use]
    pub fn total_variance(&self) -> f64 {
        self.covariance.trace()
    }

    /// Participation ratio D = (Σλ)²/Σλ² (4), at most R − 1: compare at equal R. NaN without
    /// variance.
    #[must_use]
    pub fn dimension(&self) -> f64 {
        let total: f64 = self.variances.iter().sum();
        total * total
            / self
                .variances
                .iter()
                .map(|variance| variance * variance)
                .sum::<f64>()
    }

    /// ⌈D⌉, the dimensions of the variational space; 0 without variance.
    #[must_use]
    pub fn variational_dimension(&self) -> usize {
        // A whole number up to rounding is that number.
        (self.dimension() - 1e-9).ceil().max(0.0) as usize
    }

    /// Share of the variance in the variational space: what γ would be near if the drift were
    /// nothing but noise of estimation.
    #[must_use]
    pub fn variance_in_variation(&self) -> f64 {
        let kept = self
            .variances
            .iter()
            .take(self.variational_dimension())
            .sum::<f64>();
        kept / self.variances.iter().sum::<f64>()
    }

    /// Share of the variance along a direction, wᵀΣw/(tr Σ · w·w).
    ///
    /// # Errors
    /// Another number of entries than cells.
    pub fn variance_along(&self, direction: &DVector<f64>) -> Result<f64, Error> {
        same_length("direction", direction.len(), self.mean.len(), "the cells")?;
        let along = direction.dot(&(&self.covariance * direction));
        Ok(along / (self.total_variance() * direction.norm_squared()))
    }

    /// Overlap of the variational spaces of two clouds (10), tr(P Q)/min(dim P, dim Q): 1 where one
    /// holds the other.
    ///
    /// # Errors
    /// Clouds of different cells.
    pub fn overlap(&self, other: &Self) -> Result<f64, Error> {
        check_cells(other, self.mean.len())?;
        let (p, q) = (self.variational_dimension(), other.variational_dimension());
        let product = self
            .components
            .columns(0, p)
            .tr_mul(&other.components.columns(0, q));
        Ok(product.norm_squared() / p.min(q) as f64)
    }

    fn projected(&self, vector: &DVector<f64>) -> DVector<f64> {
        self.components
            .columns(0, self.variational_dimension())
            .tr_mul(vector)
    }
}

fn check_cells(cloud: &LapCloud, cells: usize) -> Result<(), Error> {
    same_length("cells", cloud.mean.len(), cells, "the first cloud")
}

/// The drift of one bin from one session to another.
///
/// Names that end in `split` are products of the drifts d_a and d_b of even and odd laps: unbiased,
/// and meant to be summed over bins before they are divided.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Drift {
    /// d (cells).
    pub vector: DVector<f64>,
    /// d from the even laps of both sessions.
    pub even: DVector<f64>,
    /// d from the odd laps of both sessions.
    pub odd: DVector<f64>,
    /// ‖d‖².
    pub squared: f64,
    /// ‖d‖² − tr Σ_s/R_s − tr Σ_t/R_t, unbiased; may be negative.
    pub squared_unbiased: f64,
    /// The unbiased one over tr Σ_s: drift beside the variability of the first session.
    pub relative: f64,
    /// ‖d‖/‖μ_s‖ as published (12a), biased up by the noise of estimation.
    pub relative_magnitude: f64,
    /// Angle between μ_s and μ_t (6), degrees.
    pub angle_of_means: f64,
    /// γ = ‖Pd‖²/‖d‖² (9): the share of the drift in the variational space of the first session.
    pub in_variation: f64,
    /// dᵀΣ_s d/‖d‖² · N/tr Σ_s: drift along directions of variance; 1 for a direction at random,
    /// near N/D for noise of estimation.
    pub gain: f64,
    /// d_a · d_b.
    pub squared_split: f64,
    /// d_aᵀ P d_b.
    pub projected_split: f64,
    /// d_aᵀ Σ_s d_b · N/tr Σ_s.
    pub gain_split: f64,
}

impl Drift {
    /// From the cloud of a bin in an earlier session to that in a later one.
    ///
    /// # Errors
    /// Clouds of different cells.
    ///
    /// ```
    /// use drift_metrics::geometry::{Drift, LapCloud};
    /// use drift_metrics::nalgebra::DMatrix;
    /// use drift_metrics::sessions::BinnedSession;
    /// let session = |shift: f64| {
    ///     let counts = DMatrix::from_fn(4, 2, |lap, cell| if cell == 0 { shift + lap as f64 } else { 2.0 });
    ///     BinnedSession::new(counts.as_view(), &[Some(0); 4], 1, &[0, 1, 2, 3], 1.0.into(), &[true; 2])
    /// };
    /// let (before, after) = (session(0.0)?, session(3.0)?);
    /// let cloud = |session| LapCloud::of(session, 0, &[0, 1]);
    /// let drift = Drift::between(&cloud(&before)?, &cloud(&after)?)?;
    /// assert_eq!((drift.squared, drift.in_variation), (9.0, 1.0));
    /// # Ok::<(), drift_metrics::Error>(())
    /// ```
    pub fn between(before: &LapCloud, after: &LapCloud) -> Result<Self, Error> {
        check_cells(after, before.mean.len())?;
        let vector = &after.mean - &before.mean;
        let (even, odd) = (&after.even - &before.even, &after.odd - &before.odd);
        let squared = vector.norm_squared();
        let noise = |cloud: &LapCloud| cloud.total_variance() / cloud.laps as f64;
        let squared_unbiased = squared - noise(before) - noise(after);
        let scale = before.mean.len() as f64 / before.total_variance();
        let through = |a: &DVector<f64>, b: &DVector<f64>| a.dot(&(&before.covariance * b)) * scale;
        Ok(Self {
            squared,
            squared_unbiased,
            relative: squared_unbiased / before.total_variance(),
            relative_magnitude: vector.norm() / before.mean.norm(),
            angle_of_means: angle(&before.mean, &after.mean)?,
            in_variation: before.projected(&vector).norm_squared() / squared,
            gain: through(&vector, &vector) / squared,
            squared_split: even.dot(&odd),
            projected_split: before.projected(&even).dot(&before.projected(&odd)),
            gain_split: through(&even, &odd),
            vector,
            even,
            odd,
        })
    }

    /// Share of the drift in the span of some directions (cells × directions), such as the weights
    /// of a decoder: ‖Qᵀd‖²/‖d‖² with Q their orthonormal basis; by chance directions/cells.
    ///
    /// # Errors
    /// Another number of rows than cells.
    pub fn share_in(&self, directions: &DMatrix<f64>) -> Result<f64, Error> {
        let basis = self.basis(directions)?;
        Ok(basis.tr_mul(&self.vector).norm_squared() / self.squared)
    }

    /// The part of d_a · d_b in the span of some directions, d_aᵀ Q Qᵀ d_b.
    ///
    /// # Errors
    /// As [`share_in`](Self::share_in).
    pub fn split_in(&self, directions: &DMatrix<f64>) -> Result<f64, Error> {
        let basis = self.basis(directions)?;
        Ok(basis.tr_mul(&self.even).dot(&basis.tr_mul(&self.odd)))
    }

    fn basis(&self, directions: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        let (rows, cells) = (directions.nrows(), self.vector.len());
        same_length("directions (rows)", rows, cells, "the cells")?;
        Ok(directions.clone().qr().q())
    }

    /// Cosine of the drift with a direction, such as the coding direction μ(b + 2) − μ(b). NaN
    /// without drift.
    ///
    /// # Errors
    /// Another number of entries than cells.
    pub fn cosine_with(&self, direction: &DVector<f64>) -> Result<f64, Error> {
        same_length("direction", direction.len(), self.vector.len(), "the cells")?;
        cosine(&self.vector, direction)
    }

    /// Angle with each of the first `components` of the earlier cloud, degrees (3).
    ///
    /// # Errors
    /// A cloud of another number of cells.
    pub fn angles_with(&self, cloud: &LapCloud, components: usize) -> Result<Vec<f64>, Error> {
        check_cells(cloud, self.vector.len())?;
        let columns = cloud.components.column_iter().take(components);
        columns
            .map(|component| angle(&self.vector, &component.clone_owned()))
            .collect()
    }

    /// Inner product with the next drift, from the session in the `middle`, whose noise of
    /// estimation both share: d₁ · d₂ + tr Σ/R, unbiased. The plain cosine of successive drifts is
    /// pulled to −½ by it.
    ///
    /// # Errors
    /// A drift or a cloud of another number of cells.
    pub fn inner_with_next(&self, next: &Self, middle: &LapCloud) -> Result<f64, Error> {
        let cells = self.vector.len();
        same_length(
            "cells of the next drift",
            next.vector.len(),
            cells,
            "the first",
        )?;
        check_cells(middle, cells)?;
        Ok(self.vector.dot(&next.vector) + middle.total_variance() / middle.laps as f64)
    }
}

/// Drift of several bins, corrected: sums over bins, then divided; NaN unless Σ d_a·d_b is positive.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PooledDrift {
    /// Bins pooled.
    pub bins: usize,
    /// Σ d_a·d_b.
    pub squared: f64,
    /// Σ d_aᵀPd_b / Σ d_a·d_b: share of the drift in the variational spaces.
    pub in_variation: f64,
    /// Σ d_aᵀΣd_b N/tr Σ / Σ d_a·d_b.
    pub gain: f64,
}

/// Pools the drifts of several bins between the same two sessions.
#[must_use]
pub fn pool(drifts: &[Drift]) -> PooledDrift {
    let sum = |of: fn(&Drift) -> f64| drifts.iter().map(of).sum::<f64>();
    let squared = sum(|drift| drift.squared_split);
    let divided = |numerator: f64| {
        if squared > 0.0 {
            numerator / squared
        } else {
            f64::NAN
        }
    };
    PooledDrift {
        bins: drifts.len(),
        squared,
        in_variation: divided(sum(|drift| drift.projected_split)),
        gain: divided(sum(|drift| drift.gain_split)),
    }
}

/// Cosine of two vectors (cells); NaN if one is 0.
///
/// # Errors
/// Vectors of different length.
pub fn cosine(a: &DVector<f64>, b: &DVector<f64>) -> Result<f64, Error> {
    same_length("b", b.len(), a.len(), "a")?;
    Ok((a.dot(b) / (a.norm() * b.norm())).clamp(-1.0, 1.0))
}

/// Degrees.
fn angle(a: &DVector<f64>, b: &DVector<f64>) -> Result<f64, Error> {
    Ok(cosine(a, b)?.acos().to_degrees())
}
