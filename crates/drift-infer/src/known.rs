use nalgebra::{Cholesky, DMatrix, DVector};

use crate::Error;
use crate::model::RULES;

/// Percentiles of the distances that are kept, for each number of measures.
pub const PERCENTILES: usize = 100;

/// What a model knows of the records it learned from, to say how far another lies from them.
///
/// The distance of standardised features x, of which k are known, is
/// min over classes c of (x − m_c)ᵀ S⁻¹ (x − m_c) / k: Mahalanobis' to the nearest class, with the
/// covariance S within classes (Lee et al. 2018, "A simple unified framework for detecting
/// out-of-distribution samples"). A record's typicality is the share of records of other runs of
/// the same rules, with as many measures, whose distance is as large or larger: a conformal p-value
/// (Bates et al. 2023, "Testing for outliers with conformal p-values"), so that a rule that is
/// known is less typical than p with probability p.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Means (classes × features).
    pub(crate) centres: DMatrix<f64>,
    /// Covariance within classes (features × features).
    pub(crate) covariance: DMatrix<f64>,
    /// For 1, 2, … measures the [`PERCENTILES`] of the distance, ascending.
    pub(crate) distances: Vec<Vec<f64>>,
}

impl Known {
    /// Means (classes × features) and covariance within classes (features × features), and for
    /// each number of measures the percentiles 1 to 100 of the distances, ascending.
    #[must_use]
    pub fn new(centres: DMatrix<f64>, covariance: DMatrix<f64>, distances: Vec<Vec<f64>>) -> Self {
        Self {
            centres,
            covariance,
            distances,
        }
    }

    pub(crate) fn check(&self, features: usize, measures: usize) -> Result<(), Error> {
        let mut numbers = self.centres.iter().chain(&self.covariance);
        let square = self.covariance.shape() == (features, features)
            && Cholesky::new(self.covariance.clone()).is_some();
        let ascending = |row: &Vec<f64>| {
            row.len() == PERCENTILES && row.is_sorted() && row.iter().all(|d| d.is_finite())
        };
        if self.centres.shape() != (RULES, features)
            || !numbers.all(|value| value.is_finite())
            || !square
            || self.distances.len() != measures
            || !self.distances.iter().all(ascending)
        {
            return Err(Error::Model(format!(
                "what is known is not {RULES} centres of {features} features, their positive definite \
                 covariance, and {PERCENTILES} ascending distances for 1 to {measures} measures"
            )));
        }
        Ok(())
    }

    /// The distance of standardised features, NaN where unknown, from the nearest class; NaN where
    /// none is known.
    ///
    /// # Errors
    /// [`Error::Unknown`] for another number of features; [`Error::Model`] where the covariance of
    /// the known features is not positive definite.
    pub fn distance(&self, standardised: &[f64]) -> Result<f64, Error> {
        let (found, expected) = (standardised.len(), self.centres.ncols());
        if found != expected || self.covariance.shape() != (expected, expected) {
            return Err(Error::Unknown(format!(
                "{found} standardised features; expected {expected}, as centres and covariance have"
            )));
        }
        let there: Vec<usize> = (0..found)
            .filter(|&index| !standardised[index].is_nan())
            .collect();
        let covariance = self.covariance.select_rows(&there).select_columns(&there);
        let root = Cholesky::new(covariance).ok_or_else(|| {
            Error::Model(format!(
                "the covariance of features {there:?} is not positive definite"
            ))
        })?;
        let squares = self.centres.row_iter().map(|centre| {
            let difference = there.iter().map(|&at| standardised[at] - centre[at]);
            let mut difference = DVector::from_iterator(there.len(), difference);
            root.l_dirty().solve_lower_triangular_mut(&mut difference);
            difference.norm_squared()
        });
        Ok(squares.fold(f64::INFINITY, f64::min) / there.len() as f64)
    }

    /// Share of known records, of as many `measures`, that lie as far or farther.
    pub(crate) fn typicality(&self, standardised: &[f64], measures: usize) -> Result<f64, Error> {
        let distance = self.distance(standardised)?;
        let row = &self.distances[measures - 1];
        let nearer = row.partition_point(|&known| known < distance);
        Ok((1 + row.len() - nearer) as f64 / (row.len() + 1) as f64)
    }
}
