//! Eight generators xoshiro256++ side by side (Blackman and Vigna 2021,
//! <https://doi.org/10.1145/3460772>).

pub(crate) use drift_simd::LANES;
use drift_simd::{Level, Plain};

/// One word of every generator.
pub(crate) type Lanes = [u64; LANES];

/// Word k of the state of generator j is `state[k][j]`.
pub(crate) type State = [Lanes; 4];

/// The state in registers.
#[derive(Clone, Copy)]
pub(crate) struct Generator<L: Level> {
    level: L,
    state: [L::Words; 4],
}

impl<L: Level> Generator<L> {
    #[inline(always)]
    pub(crate) fn load(level: L, state: &State) -> Self {
        let [a, b, c, d] = state;
        Self {
            level,
            state: [
                level.load_words(a),
                level.load_words(b),
                level.load_words(c),
                level.load_words(d),
            ],
        }
    }

    #[inline(always)]
    pub(crate) fn store(self, state: &mut State) {
        for (words, lanes) in self.state.into_iter().zip(state) {
            self.level.store_words(words, lanes);
        }
    }

    /// Advances every generator by one and writes their words.
    #[inline(always)]
    pub(crate) fn step(&mut self, words: &mut Lanes) {
        let Self { level, state } = *self;
        let [a, b, c, d] = state;
        let sum = level.rotate_words::<23, 41>(level.add_words(a, d));
        level.store_words(level.add_words(sum, a), words);
        let (e, f) = (level.xor_words(c, a), level.xor_words(d, b));
        self.state = [
            level.xor_words(a, f),
            level.xor_words(b, e),
            level.xor_words(e, level.shift_words::<17>(b)),
            level.rotate_words::<45, 19>(f),
        ];
    }
}

/// Advances every generator by one and returns their words, outside of kernels.
pub(crate) fn step(state: &mut State) -> Lanes {
    let mut generator = Generator::load(Plain, state);
    let mut words = [0; LANES];
    generator.step(&mut words);
    generator.store(state);
    words
}

/// Advances every generator by 2^128 steps.
///
/// The step is linear over the two-element field, so 2^128 of them are a polynomial in it; the
/// test below derives the polynomial's effect again by repeated squaring of the step.
pub(crate) fn jump(state: &mut State) {
    const POLYNOMIAL: [u64; 4] = [
        0x180e_c6d3_3cfd_0aba,
        0xd5a6_1266_f0c9_392c,
        0xa958_2618_e03f_c9aa,
        0x39ab_dc45_29b1_661c,
    ];
    let mut sum: State = [[0; LANES]; 4];
    for coefficients in POLYNOMIAL {
        for bit in 0..64 {
            if coefficients >> bit & 1 == 1 {
                for (total, word) in sum.iter_mut().flatten().zip(state.iter().flatten()) {
                    *total ^= word;
                }
            }
            step(state);
        }
    }
    *state = sum;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A linear map of 256 bits: the image of every unit vector.
    type Map = Vec<[u64; 4]>;

    fn apply(map: &Map, vector: [u64; 4]) -> [u64; 4] {
        let mut image = [0; 4];
        for (index, column) in map.iter().enumerate() {
            if vector[index / 64] >> (index % 64) & 1 == 1 {
                for (total, word) in image.iter_mut().zip(column) {
                    *total ^= word;
                }
            }
        }
        image
    }

    fn lane(state: &State, lane: usize) -> [u64; 4] {
        std::array::from_fn(|word| state[word][lane])
    }

    #[test]
    fn a_jump_is_the_step_squared_128_times() {
        let mut map: Map = (0..256)
            .map(|index| {
                let mut state: State = [[0; LANES]; 4];
                state[index / 64][0] = 1 << (index % 64);
                step(&mut state);
                lane(&state, 0)
            })
            .collect();
        for _ in 0..128 {
            map = map.iter().map(|&column| apply(&map, column)).collect();
        }
        let mut state: State =
            std::array::from_fn(|word| std::array::from_fn(|lane| (word * 8 + lane + 1) as u64));
        let before = state;
        jump(&mut state);
        for index in 0..LANES {
            assert_eq!(lane(&state, index), apply(&map, lane(&before, index)));
        }
    }

    #[test]
    fn a_lane_follows_the_published_first_values() {
        // State (1, 2, 3, 4): the first values of the authors' reference program.
        let mut state: State = std::array::from_fn(|word| [word as u64 + 1; LANES]);
        let first: Vec<u64> = (0..3).map(|_| step(&mut state)[5]).collect();
        assert_eq!(first, [41_943_041, 58_720_359, 3_588_806_011_781_223]);
    }
}
