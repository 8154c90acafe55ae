//! How far decoded places are from true ones, for one pair of sessions and for all of them.

use nalgebra::DMatrix;

use super::poisson::{PoissonDecoder, PoissonSettings, Windows};
use crate::Error;
use crate::activity::count;
use crate::error::{at_least, same_length, within};
use crate::sessions::BinnedSession;
use crate::shuffle::map_each;
use crate::statistics::median;

/// The shape of the place that is decoded, from which distances between bins follow.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Space {
    /// A track with two ends.
    Line,
    /// A track whose last bin is the neighbour of the first; as many bins as the session has.
    Ring,
    /// A plane, bin = `bin_x · bins_y + bin_y`; distances are Euclidean, in bins.
    Plane {
        /// Bins along y.
        bins_y: usize,
    },
}

impl Space {
    /// Distance between two of `n_bins` bins, in bins; NaN in a plane without bins along y.
    ///
    /// ```
    /// use drift_metrics::decoding::Space;
    /// assert_eq!(Space::Line.distance(1, 18, 20), 17.0);
    /// assert_eq!(Space::Ring.distance(1, 18, 20), 3.0);
    /// assert_eq!(Space::Plane { bins_y: 5 }.distance(0, 19, 20), 5.0);
    /// ```
    #[must_use]
    pub fn distance(self, a: usize, b: usize, n_bins: usize) -> f64 {
        let away = a.abs_diff(b);
        match self {
            Self::Line => away as f64,
            Self::Ring => away.min(n_bins.saturating_sub(away)) as f64,
            Self::Plane { bins_y: 0 } => f64::NAN,
            Self::Plane { bins_y } => {
                let (x, y) = (
                    (a / bins_y).abs_diff(b / bins_y),
                    (a % bins_y).abs_diff(b % bins_y),
                );
                (x as f64).hypot(y as f64)
            }
        }
    }

    pub(super) fn check(self, n_bins: usize) -> Result<(), Error> {
        match self {
            Self::Plane { bins_y } => within(
                bins_y > 0 && n_bins.is_multiple_of(bins_y),
                "bins_y",
                bins_y as f64,
                "at least 1, a divisor of the number of bins",
            ),
            _ => Ok(()),
        }
    }
}

/// Mean distance over all pairings of a decoded with a true bin (both samples): what decoding would
/// give without any relation in time, and exactly the mean over all cyclic shifts. NaN without
/// samples.
///
/// # Errors
/// Lists of different length; a plane that does not fit the bins.
pub fn mean_pairing_error(
    decoded: &[usize],
    actual: &[usize],
    n_bins: usize,
    space: Space,
) -> Result<f64, Error> {
    same_length("actual", actual.len(), decoded.len(), "decoded")?;
    space.check(n_bins)?;
    let count = |bins: &[usize]| -> Result<Vec<f64>, Error> {
        let mut counts = vec![0.0; n_bins];
        for &bin in bins {
            let expected = "less than the number of bins";
            within(bin < n_bins, "bin", bin as f64, expected)?;
            counts[bin] += 1.0;
        }
        Ok(counts)
    };
    let (decoded, actual) = (count(decoded)?, count(actual)?);
    Ok(pairing_error(&decoded, &actual, space))
}

fn pairing_error(decoded: &[f64], actual: &[f64], space: Space) -> f64 {
    let n_bins = decoded.len();
    let mut sum = 0.0;
    for (a, times) in decoded.iter().enumerate() {
        for (b, others) in actual.iter().enumerate() {
            sum += times * others * space.distance(a, b, n_bins);
        }
    }
    sum / (decoded.iter().sum::<f64>() * actual.iter().sum::<f64>())
}

/// Settings of [`error_matrix`].
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `decoder` | [`PoissonSettings::default`] | floor, prior and window | |
/// | `space` | [`Space::Line`] | how distances are measured | |
/// | `laps_left_out` | 2 | consecutive laps in a fold; 0 leaves none out, for codes without noise | fewer than a session has |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, rename_all = "kebab-case"))]
pub struct ErrorMatrixSettings {
    /// The decoder.
    pub decoder: PoissonSettings,
    /// How distances are measured.
    pub space: Space,
    /// Consecutive laps that are left out of training together. With 0 a session is tested on what it was
    /// trained on: right for a simulated code without noise, misleading for any other.
    pub laps_left_out: usize,
}

impl Default for ErrorMatrixSettings {
    fn default() -> Self {
        Self {
            decoder: PoissonSettings::default(),
            space: Space::Line,
            laps_left_out: 2,
        }
    }
}

/// Decoding errors of every pair of sessions (training session × tested session), in bins; NaN
/// where the two share no cell or nothing could be decoded.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ErrorMatrix {
    /// Mean distance of the decoded from the true bin.
    pub mean: DMatrix<f64>,
    /// Its median.
    pub median: DMatrix<f64>,
    /// Mean over all pairings of the decoded with the true bins.
    pub chance: DMatrix<f64>,
    /// Cells found in both sessions.
    pub cells: DMatrix<usize>,
    /// Windows decoded.
    pub windows: DMatrix<usize>,
}

/// Mean error against the number of sessions between training and test.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ErrorByLag {
    /// Trained before tested (lags 0, 1, …).
    pub forward: Vec<f64>,
    /// Tested before trained.
    pub backward: Vec<f64>,
}

impl ErrorMatrix {
    /// Mean error by lag, forward and backward in time apart; pairs without a value are left out.
    #[must_use]
    pub fn by_lag(&self) -> ErrorByLag {
        ErrorByLag {
            forward: crate::statistics::by_lag(&self.mean),
            backward: crate::statistics::by_lag(&self.mean.transpose()),
        }
    }

    /// Mean error in each session of the decoder of the first session.
    #[must_use]
    pub fn stale(&self) -> Vec<f64> {
        self.mean.row(0).iter().copied().collect()
    }

    /// Mean error in each session of its own decoder.
    #[must_use]
    pub fn refit(&self) -> Vec<f64> {
        self.mean.diagonal().iter().copied().collect()
    }

    /// (stale − refit)/(chance − refit) in each session: 0 where the first decoder still serves, 1
    /// where it is as good as none.
    #[must_use]
    pub fn relative_gap(&self) -> Vec<f64> {
        let chance = self.chance.row(0);
        let pairs = self.stale().into_iter().zip(self.refit());
        pairs
            .zip(chance.iter())
            .map(|((stale, refit), chance)| (stale - refit) / (chance - refit))
            .collect()
    }
}

/// Decoders of one session, one without each fold of laps and one of all laps, and its windows: all
/// that decoding between sessions needs, without the session's frames.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionDecoders {
    decoders: Vec<PoissonDecoder>,
    windows: Windows,
    found: Vec<bool>,
    n_bins: usize,
    laps_left_out: usize,
}

impl SessionDecoders {
    /// Trains the decoders of a session.
    ///
    /// # Errors
    /// Without laps to train on once a fold is left out; settings outside their ranges.
    pub fn of(session: &BinnedSession, settings: &ErrorMatrixSettings) -> Result<Self, Error> {
        let left_out = settings.laps_left_out;
        let needed = left_out.saturating_add(1);
        at_least("laps of a session", session.n_laps(), needed)?;
        let n_bins = session.n_bins();
        let folds = match left_out {
            0 => 0,
            _ => session.n_laps().div_ceil(left_out),
        };
        let sums = session.sums(|lap| lap.checked_div(left_out), folds);
        let mut decoders = sums
            .maps_without()
            .map(|(map, seconds)| PoissonDecoder::new(map.as_view(), &seconds, &settings.decoder))
            .collect::<Result<Vec<_>, Error>>()?;
        decoders.push(PoissonDecoder::of(session, &settings.decoder)?);
        Ok(Self {
            decoders,
            windows: Windows::of(session, settings.decoder.window)?,
            found: session.found().to_vec(),
            n_bins,
            laps_left_out: left_out,
        })
    }
}

/// Trains a Poisson decoder on every session and tests it on every session: fold k of session j,
/// `laps_left_out` consecutive laps, is decoded from session i without its own fold k.
///
/// On the cells found in both sessions. A fold that session i does not have leaves nothing out.
/// Windows whose middle frame has no bin are not decoded. In parallel with the feature `rayon`.
///
/// # Errors
/// No session; sessions that differ in bins or cells; a session without laps to train on once a
/// fold is left out; settings outside their ranges.
pub fn error_matrix(
    sessions: &[BinnedSession],
    settings: &ErrorMatrixSettings,
) -> Result<ErrorMatrix, Error> {
    let prepared = map_each(sessions.len(), |session| {
        SessionDecoders::of(&sessions[session], settings)
    });
    let prepared = prepared.into_iter().collect::<Result<Vec<_>, Error>>()?;
    error_matrix_of(&prepared.iter().collect::<Vec<_>>(), settings.space)
}

/// As [`error_matrix`], of sessions whose decoders were trained one after the other.
///
/// # Errors
/// No session; sessions that differ in bins, cells or the laps left out; a space that does not fit
/// the bins.
pub fn error_matrix_of(prepared: &[&SessionDecoders], space: Space) -> Result<ErrorMatrix, Error> {
    at_least("sessions", prepared.len(), 1)?;
    let (first, n) = (prepared[0], prepared.len());
    let n_bins = first.n_bins;
    space.check(n_bins)?;
    for session in prepared {
        let like = "the first session";
        let (cells, left_out) = (session.found.len(), session.laps_left_out);
        same_length("bins of a session", session.n_bins, n_bins, like)?;
        same_length("cells of a session", cells, first.found.len(), like)?;
        let field = "laps left out of a session";
        same_length(field, left_out, first.laps_left_out, like)?;
    }
    let results = map_each(n * n, |pair| {
        let (train, test) = (prepared[pair / n], prepared[pair % n]);
        let (decoders, windows) = (&train.decoders, &test.windows);
        let both = train.found.iter().zip(&test.found);
        let found: Vec<bool> = both.map(|(a, b)| *a && *b).collect();
        let shared = count(&found);
        let totals: Vec<Vec<f64>> = decoders.iter().map(|d| d.totals(&found)).collect();
        let (mut errors, mut decoded, mut actual) =
            (Vec::new(), vec![0.0; n_bins], vec![0.0; n_bins]);
        let mut scores = vec![0.0; n_bins];
        for window in 0..windows.count() {
            let Some(bin) = windows.bin(window).filter(|_| shared > 0) else {
                continue;
            };
            let all = decoders.len() - 1;
            let fold = windows.lap(window).checked_div(test.laps_left_out);
            let fold = fold.map_or(all, |fold| fold.min(all));
            decoders[fold].scores(windows, window, &found, &totals[fold], &mut scores);
            let Some(guess) = super::poisson::first_largest(&scores) else {
                continue;
            };
            errors.push(space.distance(guess, bin, n_bins));
            decoded[guess] += 1.0;
            actual[bin] += 1.0;
        }
        let chance = pairing_error(&decoded, &actual, space);
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        let windows = errors.len();
        let middle = if errors.is_empty() {
            f64::NAN
        } else {
            median(errors)
        };
        (mean, middle, chance, shared, windows)
    });
    let at = |train: usize, test: usize| results[train * n + test];
    Ok(ErrorMatrix {
        mean: DMatrix::from_fn(n, n, |i, j| at(i, j).0),
        median: DMatrix::from_fn(n, n, |i, j| at(i, j).1),
        chance: DMatrix::from_fn(n, n, |i, j| at(i, j).2),
        cells: DMatrix::from_fn(n, n, |i, j| at(i, j).3),
        windows: DMatrix::from_fn(n, n, |i, j| at(i, j).4),
    })
}
