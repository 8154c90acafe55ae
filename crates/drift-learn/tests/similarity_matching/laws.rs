//! What must hold whatever the numbers.

use drift_learn::similarity_matching::{
    RingInputs, SimilarityInputs, SimilarityMatching, SimilarityRun, population_vector_correlation,
    population_vector_correlations, similarity_matching_loss,
};
use drift_learn::{SimdLevel, Streams};
use nalgebra::DMatrix;
use proptest::prelude::*;

use crate::{run, small_ring, step_until};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn lateral_weights_and_activities_are_never_negative(
        units in 1..40usize, noise in 0.0..0.3f64, seed in any::<u64>(),
    ) {
        let mut experiment = small_ring(units);
        experiment.network.lateral_noise = noise;
        experiment.network.settling.max_iterations = 200;
        let mut run = run(experiment, seed);
        for _ in 0..20 {
            run.step().unwrap();
            prop_assert!(run.network().lateral().iter().all(|&weight| weight >= 0.0));
            prop_assert!(run.network().activity().iter().all(|&y| y >= 0.0));
        }
        prop_assert!(run.responses().unwrap().iter().all(|&y| y >= 0.0));
    }

    /// A step moves each row of W to a mean of itself and yᵢ x.
    #[test]
    fn without_noise_weights_stay_within_the_largest_so_far(
        units in 1..30usize, seed in any::<u64>(),
    ) {
        let mut experiment = small_ring(units);
        experiment.network.feedforward_noise = 0.0;
        let mut run = run(experiment, seed);
        let norms = |run: &SimilarityRun| -> Vec<f64> {
            run.network().feedforward().row_iter().map(|row| row.norm()).collect()
        };
        let mut bounds = norms(&run);
        for _ in 0..30 {
            run.step().unwrap();
            let rows = norms(&run).into_iter().zip(run.network().activity());
            for (bound, (norm, &y)) in bounds.iter_mut().zip(rows) {
                *bound = bound.max(y);
                prop_assert!(norm <= *bound * (1.0 + 1e-12));
            }
        }
    }

    /// Turning all inputs and W by an angle changes no response.
    #[test]
    fn a_turned_ring_with_turned_weights_learns_the_same(
        phase in 0.0..std::f64::consts::TAU, seed in any::<u64>(),
    ) {
        let mut experiment = small_ring(20);
        experiment.network.feedforward_noise = 0.0;
        experiment.network.settling.tolerance = 1e-9;
        let SimilarityInputs::Ring(ring) = experiment.inputs else { unreachable!() };
        let turned = RingInputs { phase, ..ring }.matrix().unwrap();
        let inputs = ring.matrix().unwrap();
        let start = SimilarityMatching::new(experiment.network, &Streams::new(seed)).unwrap();
        let (sine, cosine) = phase.sin_cos();
        let rotation = DMatrix::from_row_slice(2, 2, &[cosine, sine, -sine, cosine]);
        let mut plain = start.clone();
        let mut other = start.clone().with_synapses(
            (start.feedforward() * rotation).as_view(),
            start.lateral().as_view(),
            start.bias(),
        ).unwrap();
        for row in (0..40).cycle().step_by(7).take(20) {
            plain.learn(inputs.row(row).transpose().as_slice()).unwrap();
            other.learn(turned.row(row).transpose().as_slice()).unwrap();
        }
        let expected = plain.responses(inputs.as_view()).unwrap();
        let found = other.responses(turned.as_view()).unwrap();
        prop_assert!((expected - found).amax() < 1e-6);
    }

    #[test]
    fn all_instruction_sets_give_the_same_bits(units in 1..40usize, seed in any::<u64>()) {
        let mut experiment = small_ring(units);
        experiment.network.settling.max_iterations = 100;
        let after = |level: SimdLevel| {
            let mut run = run(experiment, seed).with_level(level).unwrap();
            step_until(&mut run, 12);
            (run.responses().unwrap(), run)
        };
        let expected = after(SimdLevel::Baseline);
        for level in SimdLevel::available() {
            prop_assert_eq!(&after(level), &expected);
        }
    }

    #[test]
    fn loss_is_the_mean_squared_mismatch(
        samples in 1..30usize, channels in 1..5usize, units in 1..20usize, seed in any::<u64>(),
    ) {
        let mut source = Streams::new(seed).noise_source(drift_learn::Stream::Texture).unwrap();
        let mut normal = |rows, columns| {
            let mut matrix = DMatrix::zeros(rows, columns);
            source.fill_normal(matrix.as_mut_slice());
            matrix
        };
        let (x, y) = (normal(samples, channels), normal(samples, units));
        let gap = (&x * x.transpose() - &y * y.transpose()).add_scalar(-1.5);
        let expected = gap.norm_squared() / (samples * samples) as f64;
        let found = similarity_matching_loss(x.as_view(), y.as_view(), 1.5).unwrap();
        prop_assert!((found - expected).abs() <= 1e-12 * (1.0 + expected));
    }

    #[test]
    fn correlation_is_one_with_itself_and_does_not_depend_on_scale(
        seed in any::<u64>(), scale in 0.1..10.0f64, shift in -3.0..3.0f64,
    ) {
        let mut source = Streams::new(seed).noise_source(drift_learn::Stream::Texture).unwrap();
        let mut y = DMatrix::zeros(4, 9);
        source.fill_normal(y.as_mut_slice());
        let other = (&y * scale).add_scalar(shift);
        for value in population_vector_correlations(y.as_view(), other.as_view()).unwrap() {
            prop_assert!((value.unwrap() - 1.0).abs() < 1e-12);
        }
        let opposite = population_vector_correlation(y.as_view(), (-&y).as_view()).unwrap();
        prop_assert!((opposite.unwrap() + 1.0).abs() < 1e-12);
    }
}
