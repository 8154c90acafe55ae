//! Storing units in another order moves parameters, never results.

use crate::plain::random_matrix;
use approx::assert_relative_eq;
use drift_net::{Error, Network, Regime, Samples, Shape, UnitOrder, UnitSorter, Workspace};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

proptest! {
    #[test]
    fn reordered_steps_are_the_same_steps(
        hidden in 1usize..70, samples in 1usize..90, threshold in -1.0f64..4.0, seed: u64
    ) {
        let shape = Shape::new(4, hidden, 3).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut network = Network::initialize(shape, Regime::Rich, &mut rng);
        for bias in &mut network.parameters_mut()[4 * hidden..5 * hidden] {
            *bias -= threshold;
        }
        let inputs = random_matrix(samples, 4, &mut rng);
        let targets = random_matrix(samples, 3, &mut rng);
        let batch = Samples::new(inputs.as_view(), targets.as_view()).unwrap();
        let mut workspace = Workspace::new(&network, samples).unwrap();
        let mut expected = vec![0.0; shape.parameters()];
        let loss = workspace.loss_gradient(network.parameters(), &batch, &mut expected);
        let fractions = (workspace.active_fraction(), workspace.fraction_active_units());

        let mut sorter = UnitSorter::new(shape, samples).unwrap();
        let mut stored = network.parameters().to_vec();
        for _ in 0..2 {
            // Sorted twice: the second is relative to the first.
            sorter.sort(&workspace);
            sorter.apply(&mut stored);
            workspace.forward(&stored, &batch);
        }
        let order = sorter.order();
        let mut at_once = network.parameters().to_vec();
        order.store(&mut at_once);
        prop_assert_eq!(&at_once, &stored);
        let mut gradient = vec![0.0; shape.parameters()];
        let stored_loss = workspace.loss_gradient(&stored, &batch, &mut gradient);
        order.restore(&mut gradient);
        assert_relative_eq!(loss, stored_loss, max_relative = 1e-12);
        for (slope, expected) in gradient.iter().zip(&expected) {
            assert_relative_eq!(slope, expected, epsilon = 1e-13, max_relative = 1e-10);
        }
        prop_assert_eq!(
            (workspace.active_fraction(), workspace.fraction_active_units()), fractions
        );
        // Silent units are stored last.
        let live = (fractions.1 * hidden as f64).round() as usize;
        for place in 0..hidden {
            let active = (0..samples).any(|sample| workspace.is_active(place, sample));
            prop_assert_eq!(active, place < live);
        }
        order.restore(&mut stored);
        prop_assert_eq!(&stored[..], network.parameters());
    }
}

#[test]
fn what_is_no_order_is_refused() {
    for units in [vec![0, 0], vec![1, 2], vec![0, 3, 1]] {
        assert!(matches!(
            UnitOrder::from_units(units),
            Err(Error::NotAPermutation { .. })
        ));
    }
    let none = UnitOrder::from_units(vec![]);
    assert_eq!(none, Err(Error::ZeroDimension { field: "units" }));
}
