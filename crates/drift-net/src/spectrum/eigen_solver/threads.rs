//! Work on several threads, with results that do not depend on their number.
//!
//! Work is cut into pieces by the size of the matrix alone, and sums over pieces are taken in the
//! order of the pieces.

/// Tiles in a column below which a matrix is not cut: one thread does all, and many small
/// matrices at once do not wait for each other.
pub(super) const SMALL: usize = 16;

/// Runs `work` on a matrix of `side` tiles in a column inside the thread pool, so that the pieces
/// of [`each`] start at once.
pub(super) fn in_pool<R: Send>(side: usize, work: impl FnOnce() -> R + Send) -> R {
    #[cfg(feature = "rayon")]
    if side >= SMALL {
        return rayon::scope(|_| work());
    }
    let _ = side;
    work()
}

/// Calls `work` for every piece and returns the results in the order of the pieces.
pub(super) fn each<P: Send, R: Send>(
    pieces: impl ExactSizeIterator<Item = P>,
    work: impl Fn(P) -> R + Send + Sync,
) -> Vec<R> {
    #[cfg(feature = "rayon")]
    if pieces.len() > 1 {
        use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
        let pieces: Vec<P> = pieces.collect();
        return pieces.into_par_iter().with_max_len(1).map(work).collect();
    }
    pieces.map(work).collect()
}
