//! The generator behind the published data: NumPy's `RandomState`.

const WORDS: usize = 624;
const SHIFT: usize = 397;

/// Mersenne Twister MT19937 (Matsumoto & Nishimura 1998), with the 53-bit uniforms and the polar
/// normals (both of a pair are used, the second one first) of NumPy's legacy interface.
pub struct LegacyGenerator {
    state: [u32; WORDS],
    next: usize,
    spare: Option<f64>,
}

impl LegacyGenerator {
    pub fn new(seed: u32) -> Self {
        let mut state = [seed; WORDS];
        for index in 1..WORDS {
            let last = state[index - 1];
            let mixed = 1_812_433_253_u32.wrapping_mul(last ^ (last >> 30));
            state[index] = mixed.wrapping_add(index as u32);
        }
        LegacyGenerator {
            state,
            next: WORDS,
            spare: None,
        }
    }

    fn twist(&mut self) {
        for index in 0..WORDS {
            let joined =
                (self.state[index] & 0x8000_0000) | (self.state[(index + 1) % WORDS] & 0x7fff_ffff);
            let feedback = if joined & 1 == 0 { 0 } else { 0x9908_b0df };
            self.state[index] = self.state[(index + SHIFT) % WORDS] ^ (joined >> 1) ^ feedback;
        }
        self.next = 0;
    }

    fn word(&mut self) -> u32 {
        if self.next == WORDS {
            self.twist();
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    pub fn uniform(&mut self) -> f64 {
        let high = f64::from(self.word() >> 5);
        let low = f64::from(self.word() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let x = 2.0 * self.uniform() - 1.0;
            let y = 2.0 * self.uniform() - 1.0;
            let square = x * x + y * y;
            if square < 1.0 && square != 0.0 {
                let scale = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(scale * x);
                return scale * y;
            }
        }
    }

    pub fn normals(&mut self, number: usize) -> Vec<f64> {
        (0..number).map(|_| self.normal()).collect()
    }
}

/// Checks the generator itself by the value that the C++ standard states for mt19937
/// ([rand.predef]): the ten thousandth word of the usual seed.
pub fn check() {
    let mut generator = LegacyGenerator::new(5489);
    let word = (0..10_000).map(|_| generator.word()).last();
    assert_eq!(word, Some(4_123_659_995), "MT19937 of the reference test");
}
