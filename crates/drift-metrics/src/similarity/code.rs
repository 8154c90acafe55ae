//! Similarity of whole codes: representational similarity, kernel alignment, Procrustes distance.
//!
//! They compare the shapes that two sets of population vectors form. None of them sees a rotation
//! of the code, which the correlation of rate maps calls loss; scattered remapping they hardly see.
//! Show both. Each is lowered by a short recording: [`matched_halves`](crate::sessions::matched_halves)
//! corrects that.

use nalgebra::{DMatrix, DMatrixView};

use super::pearson;
use crate::Error;
use crate::error::{at_least, same_length, same_shape};
use crate::shuffle::map_each;
use crate::statistics::ranks;

/// Maps (bins × cells) on the cells found in all of them and the bins visited in all of them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SharedCode {
    /// Bins left, counted in the maps given.
    pub bins: Vec<usize>,
    /// Cells left, counted in the maps given.
    pub cells: Vec<usize>,
    /// The maps on these bins and cells (bins left × cells left), without NaN.
    pub maps: Vec<DMatrix<f64>>,
}

impl SharedCode {
    /// Reads maps (bins × cells) in which a cell that was not found is NaN in all bins, and a bin
    /// that was not visited is NaN for all cells.
    ///
    /// A cell silent throughout is found and counts.
    ///
    /// ```
    /// use drift_metrics::nalgebra::DMatrix;
    /// use drift_metrics::similarity::SharedCode;
    /// let nan = f64::NAN;
    /// let monday = DMatrix::from_row_slice(3, 2, &[1.0, 0.0, nan, nan, 2.0, 0.0]);
    /// let friday = DMatrix::from_row_slice(3, 2, &[nan, 1.0, nan, 0.0, nan, 3.0]);
    /// let shared = SharedCode::of(&[monday.as_view(), friday.as_view()])?;
    /// assert_eq!((shared.bins, shared.cells), (vec![0, 2], vec![1]));
    /// # Ok::<(), drift_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    /// No map; maps that differ in bins or cells.
    pub fn of(maps: &[DMatrixView<'_, f64>]) -> Result<Self, Error> {
        at_least("maps", maps.len(), 1)?;
        for map in maps {
            let fields = ["bins of a map", "cells of a map"];
            same_shape(fields, map.shape(), maps[0].shape(), "the first map")?;
        }
        let found = |cell: &usize| {
            maps.iter()
                .all(|map| map.column(*cell).iter().any(|rate| !rate.is_nan()))
        };
        let cells: Vec<usize> = (0..maps[0].ncols()).filter(found).collect();
        let visited = |bin: &usize| {
            cells
                .iter()
                .all(|&cell| maps.iter().all(|map| !map[(*bin, cell)].is_nan()))
        };
        let bins: Vec<usize> = (0..maps[0].nrows()).filter(visited).collect();
        let maps = maps
            .iter()
            .map(|map| DMatrix::from_fn(bins.len(), cells.len(), |b, c| map[(bins[b], cells[c])]))
            .collect();
        Ok(Self { bins, cells, maps })
    }

    /// The same without the bins in which the population vector of any map is constant.
    fn varied(&self) -> Vec<DMatrix<f64>> {
        let constant =
            |map: &DMatrix<f64>, bin: usize| map.row(bin).iter().all(|&rate| rate == map[(bin, 0)]);
        let bins = self.bins.len();
        let kept: Vec<usize> = match self.cells.is_empty() {
            true => Vec::new(),
            false => (0..bins)
                .filter(|&bin| !self.maps.iter().any(|map| constant(map, bin)))
                .collect(),
        };
        self.maps.iter().map(|map| map.select_rows(&kept)).collect()
    }
}

/// How two codes are compared. All but [`Procrustes`](Self::Procrustes) are similarities: 1 for
/// equal codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum CodeMeasure {
    /// Mean over cells of Pearson's r between their maps.
    RateMap,
    /// Mean over bins of Pearson's r between the population vectors.
    PopulationVector,
    /// Pearson's r of the dissimilarities of all pairs of bins (Kriegeskorte et al. 2008).
    RsaPearson,
    /// Spearman's rank correlation of them: the usual choice.
    RsaSpearman,
    /// Linear centred kernel alignment (Kornblith et al. 2019), tr(KL)/√(tr K² tr L²) of the
    /// centred Gram matrices: biased up where cells outnumber bins.
    Cka,
    /// The same from the unbiased Hilbert–Schmidt criterion of Song et al. (2012, equation 5);
    /// needs four bins and may be negative. It corrects few bins, neither few spikes nor few cells.
    CkaDebiased,
    /// Squared Procrustes distance 2 − 2ν of the centred maps of norm 1, 0 for codes that are equal
    /// up to a rotation (Williams et al. 2021).
    Procrustes,
}

impl CodeMeasure {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::RateMap,
        Self::PopulationVector,
        Self::RsaPearson,
        Self::RsaSpearman,
        Self::Cka,
        Self::CkaDebiased,
        Self::Procrustes,
    ];

    /// Whether it is a distance, 0 for equal codes.
    #[must_use]
    pub fn is_distance(self) -> bool {
        self == Self::Procrustes
    }

    /// The measure of two maps (bins × cells), on the cells found and the bins visited in both; NaN
    /// where it does not exist.
    ///
    /// ```
    /// use drift_metrics::nalgebra::DMatrix;
    /// use drift_metrics::similarity::CodeMeasure;
    /// let code = DMatrix::from_row_slice(4, 2, &[1., 0., 2., 1., 0., 1., 0., 3.]);
    /// let turned = &code * DMatrix::from_row_slice(2, 2, &[0.6, 0.8, -0.8, 0.6]);
    /// let alike = CodeMeasure::Cka.between(code.as_view(), turned.as_view())?;
    /// assert!((alike - 1.0).abs() < 1e-12);
    /// # Ok::<(), drift_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    /// Maps that differ in bins or cells.
    pub fn between(
        self,
        first: DMatrixView<'_, f64>,
        second: DMatrixView<'_, f64>,
    ) -> Result<f64, Error> {
        let shared = SharedCode::of(&[first, second])?;
        let prepared = self.prepare(&shared);
        Ok(mean_parts(&[self.compare(&prepared[0], &prepared[1])]).1[0])
    }

    /// What the measure needs of each map, computed once for all comparisons.
    pub(crate) fn prepare(self, shared: &SharedCode) -> Vec<Prepared> {
        let maps = shared.maps.iter();
        match self {
            Self::RateMap => maps
                .map(|map| Prepared::Standard(standardised(map.clone())))
                .collect(),
            Self::PopulationVector => maps
                .map(|map| Prepared::Standard(standardised(map.transpose())))
                .collect(),
            Self::RsaPearson | Self::RsaSpearman => {
                let of = |map: &DMatrix<f64>| {
                    let upper = upper_triangle(&dissimilarity_of(map));
                    let values = if self == Self::RsaSpearman {
                        ranks(&upper)
                    } else {
                        upper
                    };
                    Prepared::Standard(standardised(DMatrix::from_vec(values.len(), 1, values)))
                };
                shared.varied().iter().map(of).collect()
            }
            Self::Cka => maps.map(|map| Prepared::kernel(&centred(map))).collect(),
            Self::CkaDebiased => maps.map(Prepared::debiased_kernel).collect(),
            Self::Procrustes => maps.map(|map| Prepared::Factor(factor(map))).collect(),
        }
    }

    /// The parts of the measure: one for each cell or bin, one in all for measures of whole codes.
    pub(crate) fn compare(self, first: &Prepared, second: &Prepared) -> Vec<f64> {
        match (first, second) {
            (Prepared::Standard(a), Prepared::Standard(b)) => a
                .column_iter()
                .zip(b.column_iter())
                .map(|(a, b)| a.dot(&b).clamp(-1.0, 1.0))
                .collect(),
            (
                Prepared::Kernel {
                    kernel: k,
                    sums: k_sums,
                    own: k_own,
                },
                Prepared::Kernel {
                    kernel: l,
                    sums: l_sums,
                    own: l_own,
                },
            ) => {
                let shared = match self {
                    Self::CkaDebiased => unbiased(k, k_sums, l, l_sums),
                    _ => k.dot(l),
                };
                let both = k_own * l_own;
                let exists = *k_own > 0.0 && *l_own > 0.0;
                vec![if exists {
                    shared / both.sqrt()
                } else {
                    f64::NAN
                }]
            }
            (Prepared::Factor(r), Prepared::Factor(s)) => vec![2.0 - 2.0 * nuclear_norm(r, s)],
            _ => vec![f64::NAN],
        }
    }
}

/// Means over the parts that exist in every comparison: how many there are, and the mean of each.
pub(crate) fn mean_parts(comparisons: &[Vec<f64>]) -> (usize, Vec<f64>) {
    let parts = comparisons.first().map_or(0, Vec::len);
    let kept: Vec<usize> = (0..parts)
        .filter(|&part| comparisons.iter().all(|all| !all[part].is_nan()))
        .collect();
    let mean = |all: &Vec<f64>| kept.iter().map(|&part| all[part]).sum::<f64>() / kept.len() as f64;
    (kept.len(), comparisons.iter().map(mean).collect())
}

/// One map as a measure compares it.
#[derive(Debug, Clone)]
pub(crate) enum Prepared {
    /// Columns of mean 0 and norm 1, NaN where constant.
    Standard(DMatrix<f64>),
    /// A Gram matrix, its row sums, and its criterion with itself.
    Kernel {
        kernel: DMatrix<f64>,
        sums: Vec<f64>,
        own: f64,
    },
    /// The triangular factor of the transposed centred map of norm 1.
    Factor(DMatrix<f64>),
}

impl Prepared {
    fn kernel(map: &DMatrix<f64>) -> Self {
        let kernel = map * map.transpose();
        let own = kernel.norm_squared();
        Self::Kernel {
            kernel,
            sums: Vec::new(),
            own,
        }
    }

    fn debiased_kernel(map: &DMatrix<f64>) -> Self {
        let mut kernel = map * map.transpose();
        kernel.fill_diagonal(0.0);
        let sums: Vec<f64> = kernel.column_iter().map(|column| column.sum()).collect();
        let own = if map.nrows() < 4 {
            f64::NAN
        } else {
            unbiased(&kernel, &sums, &kernel, &sums)
        };
        Self::Kernel { kernel, sums, own }
    }
}

/// [`Prepared::Standard`] of the columns.
fn standardised(mut columns: DMatrix<f64>) -> DMatrix<f64> {
    for mut column in columns.column_iter_mut() {
        if !super::standardise(column.as_mut_slice()) {
            column.fill(f64::NAN);
        }
    }
    columns
}

/// [`Prepared::Factor`] of a map.
fn factor(map: &DMatrix<f64>) -> DMatrix<f64> {
    let map = centred(map);
    let norm = map.norm();
    let unit = if norm > 0.0 {
        map / norm
    } else {
        map * f64::NAN
    };
    // XᵀY = Qx Rx Ryᵀ Qyᵀ has the singular values of the small Rx Ryᵀ.
    match unit.ncols() > unit.nrows() && norm > 0.0 {
        true => unit.transpose().qr().r(),
        false => unit.transpose(),
    }
}

/// Song et al. (2012), equation 5, of two Gram matrices with zero diagonals.
fn unbiased(k: &DMatrix<f64>, k_sums: &[f64], l: &DMatrix<f64>, l_sums: &[f64]) -> f64 {
    let n = k.nrows() as f64;
    let total = |sums: &[f64]| sums.iter().sum::<f64>();
    let crossed: f64 = k_sums.iter().zip(l_sums).map(|(a, b)| a * b).sum();
    let pairs = total(k_sums) * total(l_sums) / ((n - 1.0) * (n - 2.0));
    (k.dot(l) + pairs - 2.0 / (n - 2.0) * crossed) / (n * (n - 3.0))
}

fn nuclear_norm(r: &DMatrix<f64>, s: &DMatrix<f64>) -> f64 {
    let product = r * s.transpose();
    match product.iter().all(|value| value.is_finite()) && !product.is_empty() {
        true => product.singular_values().sum(),
        false => f64::NAN,
    }
}

fn centred(map: &DMatrix<f64>) -> DMatrix<f64> {
    let mut centred = map.clone();
    for mut column in centred.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
    // What is left of a map of equal rows is rounding.
    if centred.norm() <= 1e-13 * map.norm() {
        centred.fill(0.0);
    }
    centred
}

/// Dissimilarity of the population vectors of all pairs of bins (bins × bins), 1 − Pearson's r over
/// the cells found: 0 on the diagonal; NaN for bins not visited or with a constant vector.
///
/// `map` (bins × cells) as for [`SharedCode::of`].
#[must_use]
pub fn dissimilarity(map: DMatrixView<'_, f64>) -> DMatrix<f64> {
    let found: Vec<usize> = (0..map.ncols())
        .filter(|&c| map.column(c).iter().any(|rate| !rate.is_nan()))
        .collect();
    dissimilarity_of(&map.select_columns(&found))
}

fn dissimilarity_of(map: &DMatrix<f64>) -> DMatrix<f64> {
    let vectors = standardised(map.transpose());
    let mut distance = vectors.tr_mul(&vectors).map(|r| 1.0 - r.clamp(-1.0, 1.0));
    for bin in 0..distance.nrows() {
        if !distance[(bin, bin)].is_nan() {
            distance[(bin, bin)] = 0.0;
        }
    }
    distance
}

fn upper_triangle(square: &DMatrix<f64>) -> Vec<f64> {
    let n = square.nrows();
    (0..n)
        .flat_map(|i| (i + 1..n).map(move |j| square[(i, j)]))
        .collect()
}

/// The distances between the shapes of two codes (Williams et al. 2021): the maps are centred and
/// scaled to norm 1, ν is the sum of the singular values of XᵀY.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Procrustes {
    /// ν, in [0, 1]: 1 for codes that are equal up to a rotation and a scale.
    pub nuclear_norm: f64,
    /// 2 − 2ν, the squared distance after the best rotation.
    pub squared: f64,
    /// 1 − ν², with the best scale too, as SciPy's `procrustes` gives it.
    pub disparity: f64,
    /// arccos ν, radians.
    pub angle: f64,
}

/// Compares the shapes of two maps (bins × cells), on the cells found and the bins visited in both;
/// NaN where one of the codes does not vary.
///
/// # Errors
/// Maps that differ in bins or cells.
pub fn procrustes(
    first: DMatrixView<'_, f64>,
    second: DMatrixView<'_, f64>,
) -> Result<Procrustes, Error> {
    let shared = SharedCode::of(&[first, second])?;
    let nu = nuclear_norm(&factor(&shared.maps[0]), &factor(&shared.maps[1])).min(1.0);
    Ok(Procrustes {
        nuclear_norm: nu,
        squared: 2.0 - 2.0 * nu,
        disparity: 1.0 - nu * nu,
        angle: nu.acos(),
    })
}

/// The measure between every pair of maps (maps × maps), each (bins × cells): on the cells and bins
/// of each pair. In parallel with the feature `rayon`.
///
/// # Errors
/// Maps that differ in bins or cells.
pub fn code_similarity(
    maps: &[DMatrixView<'_, f64>],
    measure: CodeMeasure,
) -> Result<DMatrix<f64>, Error> {
    let n = maps.len();
    let mut matrix = DMatrix::zeros(n, n);
    if n == 0 {
        return Ok(matrix);
    }
    let pairs: Vec<(usize, usize)> = (0..n).flat_map(|i| (i..n).map(move |j| (i, j))).collect();
    let value = |comparison| mean_parts(&[comparison]).1[0];
    let all = SharedCode::of(maps)?;
    let whole = maps.iter().all(|map| map.iter().all(|rate| !rate.is_nan()));
    // Without gaps every pair shares all bins and cells, and each map is prepared once.
    let prepared = whole.then(|| measure.prepare(&all));
    let values = map_each(pairs.len(), |pair| {
        let (i, j) = pairs[pair];
        match &prepared {
            Some(prepared) => Ok(value(measure.compare(&prepared[i], &prepared[j]))),
            None => measure.between(maps[i], maps[j]),
        }
    });
    for (&(i, j), value) in pairs.iter().zip(values) {
        let value = value?;
        (matrix[(i, j)], matrix[(j, i)]) = (value, value);
    }
    Ok(matrix)
}

/// Reliability of a full session from that of its halves, 2r/(1 + r); NaN for r ≤ −1.
#[must_use]
pub fn spearman_brown(r: f64) -> f64 {
    if r > -1.0 {
        2.0 * r / (1.0 + r)
    } else {
        f64::NAN
    }
}

/// Pearson's or Spearman's r of the dissimilarities of two codes: [`CodeMeasure::RsaPearson`] of
/// matrices (bins × bins) that are there already, over the pairs of bins known in both.
///
/// # Errors
/// Matrices that are not square or differ in size.
pub fn compare_dissimilarities(
    first: &DMatrix<f64>,
    second: &DMatrix<f64>,
    by_rank: bool,
) -> Result<f64, Error> {
    let (rows, columns) = first.shape();
    same_length("columns of the first matrix", columns, rows, "its rows")?;
    let fields = ["bins of the second matrix", "columns of the second matrix"];
    same_shape(fields, second.shape(), first.shape(), "the first")?;
    let (a, b): (Vec<f64>, Vec<f64>) = upper_triangle(first)
        .into_iter()
        .zip(upper_triangle(second))
        .filter(|(a, b)| !(a.is_nan() || b.is_nan()))
        .unzip();
    if by_rank {
        pearson(&ranks(&a), &ranks(&b))
    } else {
        pearson(&a, &b)
    }
}
