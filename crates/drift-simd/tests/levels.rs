//! What a level computes is the same on all of them, and `DRIFT_SIMD` is obeyed or refused.

use std::process::Command;

use drift_simd::{FLAGS, Kernel, LANES, Level, SimdLevel};

/// Every operation of a level on two blocks, eight words and 64 flags, as bits.
struct Everything {
    blocks: [[f64; LANES]; 3],
    words: [[u64; LANES]; 2],
    flags: [u8; FLAGS],
}

impl Everything {
    /// Eight rows of which no two entries are alike.
    fn rows(&self) -> [[f64; LANES]; LANES] {
        std::array::from_fn(|row| self.blocks[0].map(|value| value + row as f64))
    }
}

impl Kernel for Everything {
    type Output = Vec<u64>;

    #[inline(always)]
    fn run<L: Level>(self, level: L) -> Vec<u64> {
        let [a, b, c] = self.blocks.map(|block| level.load(&block));
        let mut found = vec![
            level.sum(a).to_bits(),
            u64::from(level.active(b)),
            level.nonzero(&self.flags),
        ];
        let blocks = [
            level.add_product(a, b, c),
            level.relu(c),
            level.where_active(a, b),
            level.splat(0.1),
            level.zero(),
        ];
        for block in blocks {
            let mut lanes = [0.0; LANES];
            level.store(block, &mut lanes);
            found.extend(lanes.map(f64::to_bits));
        }
        let rows = self.rows().map(|row| level.load(&row));
        for column in level.transpose(rows) {
            let mut lanes = [0.0; LANES];
            level.store(column, &mut lanes);
            found.extend(lanes.map(f64::to_bits));
        }
        let [a, b] = self.words.map(|words| level.load_words(&words));
        let words = [
            level.add_words(a, b),
            level.xor_words(a, b),
            level.shift_words::<17>(a),
            level.rotate_words::<45, 19>(b),
        ];
        for words in words {
            let mut lanes = [0; LANES];
            level.store_words(words, &mut lanes);
            found.extend(lanes);
        }
        let bits = level.nonzero(&self.flags);
        let mut list = [u32::MAX; FLAGS];
        level.list_bits(bits, 1000, &mut list);
        let listed = bits.count_ones() as usize;
        found.extend(list[..listed].iter().map(|&place| u64::from(place)));
        found
    }
}

fn everything(seed: u64) -> Everything {
    // Fractions of a multiplicative sequence: of both signs, no two alike.
    let mut word = seed | 1;
    let mut next = || {
        word = word.wrapping_mul(6_364_136_223_846_793_005).rotate_left(23) | 1;
        word
    };
    Everything {
        blocks: std::array::from_fn(|_| {
            std::array::from_fn(|_| next() as f64 / 2f64.powi(63) - 1.0)
        }),
        words: std::array::from_fn(|_| std::array::from_fn(|_| next())),
        flags: std::array::from_fn(|_| {
            if next() >> 62 == 0 {
                1 << (next() % 8)
            } else {
                0
            }
        }),
    }
}

#[test]
fn every_level_gives_the_bits_of_the_baseline() {
    for seed in 0..200 {
        let expected = SimdLevel::Baseline.run(everything(seed));
        for level in SimdLevel::available() {
            assert_eq!(
                level.run(everything(seed)),
                expected,
                "{level}, seed {seed}"
            );
        }
    }
}

#[test]
fn the_baseline_is_plain_arithmetic() {
    let case = everything(5);
    let rows = case.rows();
    let Everything {
        blocks,
        words,
        flags,
    } = everything(5);
    let found = SimdLevel::Baseline.run(case);
    let (head, rest) = found.split_at(3);
    let [a, b, c] = blocks;
    let total: f64 = a.iter().sum();
    assert!((f64::from_bits(head[0]) - total).abs() < 1e-14);
    for lane in 0..LANES {
        let operation = |index: usize| rest[index * LANES + lane];
        assert_eq!(head[1] >> lane & 1 == 1, b[lane] > 0.0);
        assert_eq!(operation(0), b[lane].mul_add(c[lane], a[lane]).to_bits());
        assert_eq!(operation(1), c[lane].max(0.0).to_bits());
        let kept = if b[lane] > 0.0 { a[lane] } else { 0.0 };
        assert_eq!(operation(2), kept.to_bits());
        assert_eq!(operation(3), 0.1_f64.to_bits());
        for (column, row) in rows.iter().enumerate() {
            // Row `column` of the original is column `column` of the result.
            assert_eq!(rest[(5 + lane) * LANES + column], row[lane].to_bits());
        }
        assert_eq!(operation(13), words[0][lane].wrapping_add(words[1][lane]));
        assert_eq!(operation(14), words[0][lane] ^ words[1][lane]);
        assert_eq!(operation(15), words[0][lane] << 17);
        assert_eq!(operation(16), words[1][lane].rotate_left(45));
    }
    let places = (0..FLAGS).filter(|&place| flags[place] != 0);
    let expected: Vec<u64> = places.map(|place| 1000 + place as u64).collect();
    assert_eq!(rest[17 * LANES..], expected);
}

#[test]
fn nan_is_active_and_stays() {
    for level in SimdLevel::available() {
        let mut case = everything(1);
        case.blocks = [[f64::NAN; LANES]; 3];
        let found = level.run(case);
        assert_eq!(found[1], 0xff, "{level}");
        assert!(f64::from_bits(found[3 + LANES]).is_nan(), "{level}");
    }
}

#[test]
fn a_level_is_known_by_its_name() {
    let levels = SimdLevel::available();
    assert_eq!(levels[0], SimdLevel::Baseline);
    assert!(levels.is_sorted());
    for level in levels {
        assert_eq!(level.name().parse(), Ok(level));
        assert_eq!(level.to_string(), level.name());
        assert_eq!(level.checked(), Ok(level));
    }
    for name in ["sse9", "V4", " v3", ""] {
        let error = name.parse::<SimdLevel>().unwrap_err();
        assert_eq!(error.requested, name);
        assert!(error.available.starts_with("baseline"));
    }
}

/// Not a test of its own: what [`the_variable_is_obeyed_or_refused`] runs in a process of its own,
/// since the variable is read once.
#[test]
#[ignore = "run by the_variable_is_obeyed_or_refused"]
fn print_the_selected_level() {
    match SimdLevel::selected() {
        Ok(level) => println!("selected {level}"),
        Err(error) => println!("refused: {error}"),
    }
}

#[test]
fn the_variable_is_obeyed_or_refused() {
    let best = *SimdLevel::available().last().unwrap();
    let asked = |value: Option<&str>| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([
            "--ignored",
            "--exact",
            "print_the_selected_level",
            "--nocapture",
        ]);
        match value {
            Some(value) => command.env("DRIFT_SIMD", value),
            None => command.env_remove("DRIFT_SIMD"),
        };
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    for level in SimdLevel::available() {
        let answer = asked(Some(level.name()));
        assert!(answer.contains(&format!("selected {level}\n")), "{answer}");
    }
    for unset in [None, Some("")] {
        let answer = asked(unset);
        assert!(answer.contains(&format!("selected {best}\n")), "{answer}");
    }
    let answer = asked(Some("avx9000"));
    assert!(
        answer.contains("refused: instruction set avx9000 is not available"),
        "{answer}"
    );
}
