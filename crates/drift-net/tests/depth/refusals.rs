//! What is refused, and with which error.

use drift_net::nalgebra::DMatrix;
use drift_net::{
    Error, Hessian, HiddenNoise, Network, Shape, UnitSorter, Workspace, kink_crossings,
};

#[test]
fn shapes_that_cannot_be() {
    assert_eq!(
        Shape::new(3, [4, 0, 4], 2),
        Err(Error::ZeroDimension { field: "hidden" })
    );
    let none: [usize; 0] = [];
    assert_eq!(
        Shape::new(3, none, 2),
        Err(Error::ZeroDimension { field: "hidden" })
    );
    assert!(Shape::new(3, [4; 16], 2).is_ok());
    assert_eq!(
        Shape::new(3, [4; 17], 2),
        Err(Error::TooDeep {
            layers: 17,
            expected: 16
        })
    );
    let huge = usize::MAX / 4;
    assert_eq!(
        Shape::new(3, [4, huge], 2),
        Err(Error::TooLarge {
            inputs: 3,
            hidden: vec![4, huge],
            outputs: 2
        })
    );
}

#[test]
fn what_is_for_one_hidden_layer_only() {
    let shape = Shape::new(2, [3, 4], 1).unwrap();
    let network = Network::from_parameters(shape, vec![0.1; shape.parameters()]).unwrap();
    let (inputs, targets) = (DMatrix::zeros(5, 2), DMatrix::zeros(5, 1));
    assert!(matches!(
        Hessian::at(&network, inputs.as_view(), targets.as_view()),
        Err(Error::OneHiddenLayer { layers: 2, .. })
    ));
    assert!(matches!(
        UnitSorter::new(shape, 5),
        Err(Error::OneHiddenLayer { layers: 2, .. })
    ));
    let parameters = network.parameters();
    assert!(matches!(
        kink_crossings(shape, parameters, parameters, inputs.as_view()),
        Err(Error::OneHiddenLayer { layers: 2, .. })
    ));
    assert_eq!(
        HiddenNoise::new(&network, 0),
        Err(Error::ZeroDimension { field: "samples" })
    );
}

#[test]
fn more_samples_than_can_be_addressed() {
    let shape = Shape::new(2, 100, 1).unwrap();
    let network = Network::from_parameters(shape, vec![0.1; shape.parameters()]).unwrap();
    for samples in [usize::MAX, usize::MAX / 100] {
        let refused = [
            Workspace::new(&network, samples).map(|_| ()),
            UnitSorter::new(shape, samples).map(|_| ()),
        ];
        for refused in refused {
            assert!(matches!(
                refused,
                Err(Error::OutOfRange {
                    field: "samples",
                    ..
                })
            ));
        }
    }
}
