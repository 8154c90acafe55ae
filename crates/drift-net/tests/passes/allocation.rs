//! A step allocates nothing.

use drift_net::{Network, Regime, Samples, Shape, SimdLevel, UnitSorter, Workspace};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::activations::ALL;
use crate::plain::random_matrix;

#[test]
fn no_pass_allocates() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    for (hidden, count) in [(100, 10), (37, 33)] {
        let shape = Shape::new(20, hidden, 10).unwrap();
        let relu = Network::initialize(shape, Regime::Lazy, &mut rng);
        let inputs = random_matrix(count, 20, &mut rng);
        let targets = random_matrix(count, 10, &mut rng);
        let mut samples = Samples::new(inputs.as_view(), targets.as_view()).unwrap();
        let mut gradient = vec![0.0; shape.parameters()];
        let levels = SimdLevel::available();
        let kinds = ALL.into_iter();
        for (activation, level) in kinds.flat_map(|kind| levels.iter().map(move |&l| (kind, l))) {
            let network = relu.clone().with_activation(activation).unwrap();
            let mut workspace = Workspace::new(&network, count)
                .and_then(|workspace| workspace.with_simd_level(level))
                .unwrap();
            let mut sorter = UnitSorter::new(shape, count).unwrap();
            let counted = allocation_counter::measure(|| {
                for _ in 0..3 {
                    samples.target_rows_mut()[0] += 0.1;
                    samples.update_inputs(|rows| rows[0] += 0.1);
                    workspace.forward(network.parameters(), &samples);
                    let loss = workspace.loss(network.parameters(), &samples);
                    let parameters = network.parameters();
                    let same = workspace.loss_gradient(parameters, &samples, &mut gradient);
                    assert_eq!(loss, same);
                    sorter.sort(&workspace);
                    sorter.apply(&mut gradient);
                }
            });
            assert_eq!(counted.count_total, 0, "{activation} {level}");
        }
    }
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![0u8; 10])));
    assert_eq!(counted.count_total, 1, "the counter counts");
}
