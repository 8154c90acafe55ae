//! On which samples the units of a group of blocks are active.

use drift_simd::FLAGS;

use super::Layer;
use super::tiles::Tiling;

impl Layer {
    /// Bits of the samples, 64 from `first` on, on which each of the `B` blocks from `block` on
    /// has an active unit.
    #[inline(always)]
    fn active_bits<L: Tiling, const B: usize>(
        &self,
        level: L,
        block: usize,
        first: usize,
    ) -> [u64; B] {
        let mine = u64::MAX >> (FLAGS - FLAGS.min(self.samples - first));
        let mut bits = [0; B];
        for b in 0..B {
            let flags = &self.active[(block + b) * self.samples + first..];
            // Flags of the next block, or to spare, may follow.
            let Some(flags) = flags.first_chunk() else {
                unreachable!("{FLAGS} flags are to spare")
            };
            bits[b] = level.nonzero(flags) & mine;
        }
        bits
    }

    /// Lists the samples on which a unit of the `B` blocks from `block` on is active; returns
    /// their number.
    #[inline(always)]
    pub(super) fn list_samples<L: Tiling, const B: usize>(
        &mut self,
        level: L,
        block: usize,
    ) -> usize {
        let mut listed = 0;
        for first in (0..self.samples).step_by(FLAGS) {
            let bits = self.active_bits::<L, B>(level, block, first);
            let any = bits.into_iter().fold(0, |any, bits| any | bits);
            let Some(list) = self.sample_list[listed..].first_chunk_mut() else {
                unreachable!("{FLAGS} entries are to spare")
            };
            level.list_bits(any, first as u32, list);
            listed += any.count_ones() as usize;
        }
        listed
    }

    /// Whether the two blocks from `block` on are active on mostly the same samples. Together they
    /// share broadcasts but visit the union of their samples.
    #[inline(always)]
    pub(super) fn share_samples<L: Tiling>(&self, level: L, block: usize) -> bool {
        let (mut union, mut apart) = (0, 0);
        for first in (0..self.samples).step_by(FLAGS) {
            let [one, other] = self.active_bits::<L, 2>(level, block, first);
            union += (one | other).count_ones();
            apart += one.count_ones() + other.count_ones();
        }
        // A block alone runs at about 0.85 of the speed of two together.
        100 * u64::from(apart) >= 85 * 2 * u64::from(union)
    }
}
