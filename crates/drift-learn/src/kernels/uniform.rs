//! Uniform deviates from random words.

use super::generator::{Generator, LANES, State};
use drift_simd::{Kernel, Level};

/// The word's low 52 bits as a uniform number in [−½, ½), a multiple of 2⁻⁵² less one half.
#[inline(always)]
pub(crate) fn centred(word: u64) -> f64 {
    f64::from_bits((word & ((1 << 52) - 1)) | 1.0f64.to_bits()) - 1.5
}

/// Adds a uniform number in [−width/2, width/2) to every value. A call takes whole steps of the
/// eight generators and discards what a last, partial one leaves over.
pub(crate) struct AddUniform<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) values: &'a mut [f64],
    pub(crate) width: f64,
}

impl Kernel for AddUniform<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, level: L) {
        let mut generator = Generator::load(level, self.state);
        let mut words = [0; LANES];
        let (batches, last) = self.values.as_chunks_mut::<LANES>();
        for batch in batches {
            generator.step(&mut words);
            for lane in 0..LANES {
                batch[lane] = centred(words[lane]).mul_add(self.width, batch[lane]);
            }
        }
        if !last.is_empty() {
            generator.step(&mut words);
            for (value, word) in last.iter_mut().zip(words) {
                *value = centred(word).mul_add(self.width, *value);
            }
        }
        generator.store(self.state);
    }
}
