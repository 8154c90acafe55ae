//! The Hessian as an operator, in every depth and for every activation function.

use drift_net::nalgebra::DMatrix;
use drift_net::{Activation, Hessian, HessianOperator};
use proptest::prelude::*;

use crate::problems::{PlainPass, Problem, close, normals, problems};

fn operator(problem: &Problem) -> HessianOperator {
    HessianOperator::at(
        &problem.network,
        problem.inputs.as_view(),
        problem.targets.as_view(),
    )
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn products_are_the_derivative_of_the_gradient(problem in problems(9), seed: u64) {
        prop_assume!(!problem.is_near_a_kink(1e-3));
        let hessian = operator(&problem);
        let direction = normals(hessian.size(), 1, seed);
        let mut product = vec![f64::NAN; hessian.size()];
        hessian.apply(direction.as_slice(), &mut product);
        let step = 1e-5;
        let gradient_at = |step: f64| {
            let parameters = problem.network.parameters().iter().zip(direction.iter());
            problem.at(parameters.map(|(p, d)| p + step * d).collect()).gradient()
        };
        let change: Vec<f64> = gradient_at(step)
            .iter()
            .zip(&gradient_at(-step))
            .map(|(ahead, behind)| (ahead - behind) / (2.0 * step))
            .collect();
        prop_assert!(close(&product, &change, 1e-5));
    }

    #[test]
    fn the_matrix_is_symmetric_and_its_trace_and_spectra_are_its_own(problem in problems(8)) {
        let hessian = operator(&problem);
        let dense = hessian.dense();
        let scale = dense.amax().max(f64::MIN_POSITIVE);
        prop_assert!((&dense - dense.transpose()).amax() <= 1e-12 * scale);
        let size = hessian.size() as f64;
        prop_assert!((dense.trace() - hessian.trace()).abs() <= 1e-11 * scale * size);

        // The Gauss–Newton part, column by column.
        let mut direction = vec![0.0; hessian.size()];
        let mut gauss_newton = DMatrix::zeros(hessian.size(), hessian.size());
        for (index, mut column) in gauss_newton.column_iter_mut().enumerate() {
            direction[index] = 1.0;
            hessian.gauss_newton_apply(&direction, column.as_mut_slice());
            direction[index] = 0.0;
        }
        prop_assert!((&gauss_newton - gauss_newton.transpose()).amax() <= 1e-12 * scale);
        let gram = hessian.gram();
        prop_assert!((gram.trace() - gauss_newton.trace()).abs() <= 1e-11 * scale * size);
        let norms = (gram.norm_squared(), gauss_newton.norm_squared());
        prop_assert!((norms.0 - norms.1).abs() <= 1e-10 * norms.1.max(f64::MIN_POSITIVE));
        let straight = matches!(
            problem.network.activation(),
            Activation::Relu | Activation::LeakyRelu { .. }
        );
        if straight {
            prop_assert!((gram.trace() - hessian.trace()).abs() <= 1e-11 * gram.trace());
        }
    }

    #[test]
    fn one_hidden_layer_is_what_the_exact_hessian_says(problem in problems(12), seed: u64) {
        prop_assume!(problem.network.shape().layers() == 1);
        let network = problem.network.clone().with_activation(Activation::Relu).unwrap();
        let problem = Problem { network, ..problem };
        let operator = operator(&problem);
        let (inputs, targets) = (problem.inputs.as_view(), problem.targets.as_view());
        let hessian = Hessian::at(&problem.network, inputs, targets).unwrap();
        let direction = normals(hessian.size(), 1, seed);
        let mut products = [vec![0.0; hessian.size()], vec![0.0; hessian.size()]];
        hessian.apply(direction.as_slice(), &mut products[0]);
        operator.apply(direction.as_slice(), &mut products[1]);
        prop_assert!(close(&products[0], &products[1], 1e-11));
        prop_assert!(close(operator.gram().as_slice(), hessian.gram().as_slice(), 1e-11));
        prop_assert!(close(&[operator.trace()], &[hessian.trace()], 1e-12));
    }
}

#[cfg(feature = "spectrum")]
mod spectra {
    use drift_net::{Lanczos, Method, Shape, Wanted};
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn spectra_are_those_of_the_dense_matrices(problem in problems(7)) {
            let hessian = operator(&problem);
            let eigenvalues = |matrix: DMatrix<f64>| {
                let mut values = matrix.symmetric_eigenvalues().as_slice().to_vec();
                values.sort_by(f64::total_cmp);
                values
            };
            let exact = hessian.spectrum().unwrap();
            prop_assert!(close(exact.eigenvalues(), &eigenvalues(hessian.dense()), 1e-10));
            let sum: f64 = exact.eigenvalues().iter().sum();
            let scale = exact.largest().abs() * hessian.size() as f64;
            prop_assert!((sum - hessian.trace()).abs() <= 1e-11 * scale.max(f64::MIN_POSITIVE));

            let gauss_newton = hessian.gauss_newton_spectrum().unwrap();
            prop_assert_eq!(gauss_newton.eigenvalues().len(), hessian.size());
            prop_assert!(gauss_newton.eigenvalues().is_sorted());
            let sum: f64 = gauss_newton.eigenvalues().iter().sum();
            prop_assert!((sum - hessian.gram().trace()).abs() <= 1e-11 * scale.abs().max(sum));

            let mut rng = ChaCha8Rng::seed_from_u64(1);
            let found = hessian
                .largest(1, Wanted::Largest, &Lanczos::default(), &mut rng)
                .unwrap();
            prop_assert!((found[0].value - exact.largest()).abs() <= 1e-8 * scale.abs());
        }
    }

    #[test]
    fn dead_units_are_left_out_with_all_their_weights() {
        let shape = Shape::new(4, [6, 5], 3).unwrap();
        let problem = Problem::new(shape, 7, Activation::Relu, 5)
            .with_dead_units(0, 2)
            .with_dead_units(1, 1);
        let hessian = operator(&problem);
        let reduction = hessian.spectrum().unwrap().reduction();
        let dead = PlainPass::new(&problem, None).dead();
        let dead = dead
            .iter()
            .map(|layer| layer.iter().filter(|&&dead| dead).count());
        let dead: Vec<usize> = dead.collect();
        assert!(dead[0] >= 2 && dead[1] >= 1);
        assert_eq!(reduction.method, Method::Subspace);
        assert_eq!(reduction.dead_units, dead[0] + dead[1]);
        let (first, second) = (6 - dead[0], 5 - dead[1]);
        assert_eq!(
            reduction.size,
            first * (4 + 1) + second * (first + 1) + 3 * second
        );
        let all = Problem::new(shape, 7, Activation::Relu, 5)
            .with_dead_units(0, 6)
            .with_dead_units(1, 5);
        let spectrum = operator(&all).spectrum().unwrap();
        assert_eq!(spectrum.reduction().method, Method::Zero);
        assert_eq!(spectrum.eigenvalues(), vec![0.0; shape.parameters()]);
    }
}
