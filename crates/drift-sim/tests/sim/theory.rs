//! Measured drift against the theory's, with the ensembles of the example `theory`.

#[path = "../../examples/theory/ensemble.rs"]
mod ensemble;
#[path = "../../examples/theory/mirror.rs"]
mod mirror;
#[path = "../../examples/theory/network.rs"]
mod network;
#[path = "../../examples/theory/valley.rs"]
mod valley;

use network::{Kind, NetworkEnsemble};
use valley::ValleyEnsemble;

#[test]
fn the_valley_drifts_as_predicted() {
    let ensemble = ValleyEnsemble {
        learning_rate: 0.02,
        noise: 0.2,
        x: 1.0,
        runs: 100_000,
        seed: 7,
    };
    let drift = ensemble.measure().unwrap();
    println!("{drift}");
    assert!(drift.step_times_curvature <= 0.04 + 1e-12);

    let (mean, error) = drift.displacement;
    assert!(error < 0.15 * drift.predicted.abs());
    assert!((mean - drift.predicted).abs() < 2.0 * error);
    assert!((drift.variance_ratio.0 - 1.0).abs() < 0.01);

    // Without the noise's own sum the measurement is sharp enough to see the finite step.
    let (mean, error) = drift.by_gradient;
    assert!(error < 0.005 * mean.abs());
    assert!((mean / drift.predicted_finite - 1.0).abs() < 0.015);
    assert!((mean / drift.predicted - 1.0).abs() > 0.015);
}

#[test]
fn a_network_away_from_kinks_drifts_as_predicted() {
    let rest = network::rest(5).unwrap();
    println!("{rest}");
    assert!(rest.nearest_kink() > 1e-3);
    for kind in [Kind::Update(1e-4), Kind::Label(1e-3)] {
        let ensemble = NetworkEnsemble {
            kind,
            step_times_curvature: 0.2,
            pairs: 40,
            seed: 3,
        };
        let drift = ensemble.measure(&rest).unwrap();
        println!("{kind:?}\n{drift}");
        assert!(drift.stable);
        assert_eq!(drift.kinks, (0.0, 0.0));
        let pairs = drift.pairs;
        assert!(pairs.cosine > 0.98, "{pairs:?}");
        assert!(pairs.cosine > 5.0 * pairs.cosine_standard_error);
        assert!((pairs.slope - 1.0).abs() < 0.05 + 2.0 * pairs.slope_standard_error);
        if matches!(kind, Kind::Label(_)) {
            // No noise along the manifold: the displacement itself shows the drift.
            assert!(drift.displacement.cosine > 0.98);
        }
    }
}

#[test]
fn descent_without_noise_stays() {
    let rest = network::rest(5).unwrap();
    let window = ensemble::Window {
        learning_rate: 0.03,
        burn_in: 100,
        steps: 1000,
    };
    let moved = network::distance_without_noise(&rest, &window).unwrap();
    assert!(moved < 1e-12, "{moved}");
}
