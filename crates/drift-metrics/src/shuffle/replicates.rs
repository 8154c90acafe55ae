//! Independent random replicates whose results do not depend on the number of threads.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A family of generators, one for each replicate: 256 seed bits are drawn from the caller's
/// generator once, and replicate k reads the k-th stream of ChaCha8 under that seed. Which thread
/// runs a replicate, and in what order, then has no influence on its draws.
#[derive(Debug, Clone)]
pub(crate) struct Replicates {
    seed: [u8; 32],
}

impl Replicates {
    pub(crate) fn draw<R: Rng + ?Sized>(rng: &mut R) -> Self {
        let mut seed = [0; 32];
        for word in seed.chunks_exact_mut(8) {
            word.copy_from_slice(&rng.next_u64().to_le_bytes());
        }
        Self { seed }
    }

    pub(crate) fn generator(&self, replicate: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::from_seed(self.seed);
        rng.set_stream(replicate);
        rng
    }
}

/// `work(scratch, k)` for k in 0..count, in order; `scratch` is made anew as often as needed, so
/// results must not depend on what an earlier call left in it.
pub(crate) fn map_indices<S, T, I, F>(count: usize, scratch: I, work: F) -> Vec<T>
where
    T: Send,
    I: Fn() -> S + Send + Sync,
    F: Fn(&mut S, usize) -> T + Send + Sync,
{
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        (0..count).into_par_iter().map_init(scratch, work).collect()
    }
    #[cfg(not(feature = "rayon"))]
    {
        let mut scratch = scratch();
        (0..count).map(|index| work(&mut scratch, index)).collect()
    }
}

/// [`map_indices`] without scratch.
pub(crate) fn map_each<T: Send>(count: usize, work: impl Fn(usize) -> T + Send + Sync) -> Vec<T> {
    map_indices(count, || (), |(), index| work(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicates_differ_and_repeat() {
        let family = Replicates::draw(&mut ChaCha8Rng::seed_from_u64(3));
        let first: Vec<u64> = (0..4).map(|k| family.generator(k).next_u64()).collect();
        let again: Vec<u64> = (0..4)
            .rev()
            .map(|k| family.generator(k).next_u64())
            .collect();
        assert!(first.iter().eq(again.iter().rev()));
        assert!(first.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn indices_come_back_in_order() {
        let squares = map_each(100, |k| k * k);
        assert!(
            squares
                .iter()
                .enumerate()
                .all(|(k, &square)| square == k * k)
        );
    }
}
