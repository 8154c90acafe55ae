//! Steps, noise, inputs and counts against the equations, written entry by entry.

use drift_learn::Streams;
use drift_learn::similarity_matching::{
    ActiveUnits, GridCellInputs, NoisySynapses, RingInputs, Settling, SimilarityExperiment,
    SimilarityMatching, SimilarityMatchingSettings, population_vector_correlation,
};
use nalgebra::DMatrix;

/// The dynamics and the learning written entry by entry, with dense products.
#[test]
fn a_step_is_the_published_one() {
    let settings = SimilarityMatchingSettings {
        units: 11,
        channels: 3,
        initial_scale: 0.5,
        learning_rate: 0.1,
        feedforward_noise: 0.0,
        lateral_noise: 0.0,
        lasso: 0.02,
        ridge: 0.05,
        similarity_offset: 0.3,
        settling: Settling::place(),
    };
    let mut network = SimilarityMatching::new(settings, &Streams::new(3)).unwrap();
    for step in 0..30 {
        let x = [1.0 + f64::from(step % 3), 0.5, f64::from(step % 5) - 2.0];
        let (mut w, mut m) = (network.feedforward(), network.lateral());
        let mut b = network.bias().to_vec();
        let root = settings.similarity_offset.sqrt();
        let (mut u, mut y) = (vec![0.0; 11], vec![0.0; 11]);
        let mut errors: Vec<f64> = Vec::new();
        loop {
            let old = y.clone();
            let size = old.iter().map(|y| y * y).sum::<f64>().sqrt();
            for i in 0..11 {
                let drive: f64 = (0..3).map(|k| w[(i, k)] * x[k]).sum();
                let inhibition: f64 = (0..11)
                    .filter(|&j| j != i)
                    .map(|j| m[(i, j)] * old[j])
                    .sum();
                u[i] += 0.05 * (drive - u[i] - root * b[i] - inhibition);
                y[i] = ((u[i] - settings.lasso) / (settings.ridge + m[(i, i)])).max(0.0);
            }
            let change = y
                .iter()
                .zip(&old)
                .map(|(a, b)| (a - b).powi(2))
                .sum::<f64>()
                .sqrt();
            errors.push(change / ((size + 1e-10) * 0.05));
            let count = errors.len();
            let stalled = count >= 5 && (errors[count - 1] - errors[count - 5]).abs() <= 1e-8;
            if errors[count - 1] <= 1e-4 || stalled || count == 10_000 {
                break;
            }
        }
        for i in 0..11 {
            for k in 0..3 {
                w[(i, k)] = 0.9 * w[(i, k)] + 0.1 * y[i] * x[k];
            }
            for j in 0..11 {
                m[(i, j)] = (0.9 * m[(i, j)] + 0.1 * y[i] * y[j]).max(0.0);
            }
            b[i] = 0.9 * b[i] + 0.1 * root * y[i];
        }
        let settled = network.learn(&x).unwrap();
        assert_eq!(settled.iterations as usize, errors.len());
        assert!((network.feedforward() - w).amax() < 1e-11);
        assert!((network.lateral() - m).amax() < 1e-11);
        let gaps = network.bias().iter().zip(&b).map(|(a, b)| (a - b).abs());
        assert!(gaps.fold(0.0, f64::max) < 1e-11);
    }
    assert!(network.bias().iter().any(|&bias| bias > 0.0));
}

/// Variance of what noise adds, and that each kind of synapse has its own.
#[test]
fn noise_has_the_stated_size_and_place() {
    for noisy in [
        NoisySynapses::Feedforward,
        NoisySynapses::Lateral,
        NoisySynapses::Both,
    ] {
        let settings = SimilarityMatchingSettings::ring_noise(noisy);
        let silent = SimilarityMatchingSettings {
            feedforward_noise: 0.0,
            lateral_noise: 0.0,
            ..settings
        };
        let start = |settings| SimilarityMatching::new(settings, &Streams::new(5)).unwrap();
        let (mut noisy, mut plain) = (start(settings), start(silent));
        noisy.learn(&[0.6, 0.8]).unwrap();
        plain.learn(&[0.6, 0.8]).unwrap();
        let gap = noisy.feedforward() - plain.feedforward();
        let expected = settings.learning_rate * settings.feedforward_noise.powi(2);
        let found = gap.norm_squared() / gap.len() as f64;
        // Five standard deviations of a mean of 400 squares.
        assert!(
            (found - expected).abs() <= 0.36 * expected,
            "{found}, {expected}"
        );
        // Of M's entries those at 0 keep half of their noise, the rest all of it.
        let gap = noisy.lateral() - plain.lateral();
        let expected = settings.learning_rate * settings.lateral_noise.powi(2);
        let (found, count) = (gap.norm_squared(), gap.len() as f64);
        assert!(found <= 1.05 * expected * count, "{found}, {expected}");
        assert!(found >= 0.45 * expected * count, "{found}, {expected}");
    }
}

#[test]
fn inputs_are_where_they_are_said_to_be() {
    let ring = RingInputs::published().matrix().unwrap();
    assert_eq!(ring.shape(), (1000, 2));
    assert!((ring[(250, 1)] - 1.0).abs() < 1e-15 && ring[(250, 0)].abs() < 1e-15);
    let recorded = SimilarityExperiment::ring().inputs.recorded().unwrap();
    assert_eq!(recorded.row(1), ring.row(4));
    let cells = GridCellInputs::published();
    let grid = cells.matrix().unwrap();
    assert_eq!(grid.shape(), (200, 270));
    assert!(
        grid.iter()
            .all(|&rate| (-1e-12..=1.0 + 1e-12).contains(&rate))
    );
    // Axis q = 3 of the first cell lies along the first coordinate, and the other two at ±120°:
    // at r = (x, x/√3) their phases are those of −½ ± ½.
    let spacing: f64 = 0.2;
    let phase = 4.0 * std::f64::consts::PI / (3.0f64.sqrt() * spacing) * 0.5;
    let mean = (phase.cos() + (0.0f64).cos() + phase.cos()) / 3.0;
    assert!((grid[(99, 0)] - 2.0 / 3.0 * (mean + 0.5)).abs() < 1e-9);
}

#[test]
fn active_units_are_counted() {
    let y = DMatrix::from_column_slice(
        4,
        3,
        &[0.2, 0.2, 0.2, 0.2, 0.06, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    );
    let third = 1.0 / 3.0;
    assert!((ActiveUnits::ring().fraction(y.as_view()) - 2.0 * third).abs() < 1e-15);
    assert!((ActiveUnits::place().fraction(y.as_view()) - third).abs() < 1e-15);
    let silent = DMatrix::zeros(4, 3);
    let none = population_vector_correlation(y.as_view(), silent.as_view()).unwrap();
    assert_eq!(none, None);
}

/// A change here is a value-breaking change of the crate.
#[test]
fn values_are_pinned() {
    let settings = SimilarityMatchingSettings::ring();
    let mut network = SimilarityMatching::new(settings, &Streams::new(42)).unwrap();
    for input in [[0.6, 0.8], [-1.0, 0.0], [0.8, -0.6]] {
        network.learn(&input).unwrap();
    }
    let found = [
        network.feedforward()[(3, 1)],
        network.lateral()[(7, 7)],
        network.lateral().row(99).sum(),
        network.activity().iter().sum::<f64>(),
    ];
    let expected = [
        -0.033_258_785_734_595_56,
        0.941_433_889_690_802_4,
        0.963_167_635_510_264_4,
        4.580_443_578_294_129,
    ];
    assert_eq!(found, expected);
}
