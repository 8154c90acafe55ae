//! A step allocates nothing, however deep and noisy.

use drift_net::{HiddenNoise, Shape, SimdLevel, Workspace};

use crate::problems::{ALL, Problem};

#[test]
fn no_pass_allocates() {
    for (widths, count) in [([100, 37], 10), ([20, 64], 33)] {
        let shape = Shape::new(20, widths, 10).unwrap();
        for (activation, level) in ALL
            .into_iter()
            .flat_map(|kind| SimdLevel::available().into_iter().map(move |l| (kind, l)))
        {
            let problem = Problem::new(shape, count, activation, 8).with_dead_units(0, 11);
            let mut samples = problem.samples();
            let parameters = problem.network.parameters();
            let mut gradient = vec![0.0; parameters.len()];
            let mut workspace = Workspace::new(&problem.network, count)
                .and_then(|workspace| workspace.with_simd_level(level))
                .unwrap();
            let mut noise = HiddenNoise::new(&problem.network, count).unwrap();
            noise.layer_mut(0).before_mut().fill(0.1);
            noise.layer_mut(0).after_mut().fill(0.1);
            noise.layer_mut(1).gain_mut().fill(0.5);
            // The first noisy pass makes room.
            workspace.noisy_forward(parameters, &samples, &noise);
            let counted = allocation_counter::measure(|| {
                for _ in 0..3 {
                    samples.update_inputs(|rows| rows[0] += 0.1);
                    let loss = workspace.loss(parameters, &samples);
                    let same = workspace.loss_gradient(parameters, &samples, &mut gradient);
                    assert_eq!(loss, same);
                    noise.layer_mut(0).after_mut()[3] += 0.1;
                    noise.layer_mut(1).gain_mut()[3] += 0.1;
                    let loss = workspace.noisy_loss(parameters, &samples, &noise);
                    let same =
                        workspace.noisy_loss_gradient(parameters, &samples, &noise, &mut gradient);
                    assert_eq!(loss, same);
                }
            });
            assert_eq!(counted.count_total, 0, "{activation} {level}");
        }
    }
}
