//! What constructors refuse, and what they say.

use drift_learn::{
    Adam, AdamSettings, Error, Gaussian, LearningRule, RmsProp, RmsPropSettings, Sed, SedSettings,
    Sgd, SgdSettings, Stream, Streams, TensorGroup, Uniform, UpdateNoise,
};

use crate::problems::Slope;

const BAD_RATES: [f64; 5] = [0.0, -0.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

fn field<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result {
        Err(Error::OutOfRange { field, .. }) => field,
        other => panic!("{other:?} instead of a value out of range"),
    }
}

fn sed(groups: &[TensorGroup]) -> Result<Sed, Error> {
    Sed::new(
        SedSettings::published(0.9),
        groups,
        Streams::new(0).noise_source(Stream::Sed).unwrap(),
    )
}

#[test]
fn rates_and_decays() {
    for value in BAD_RATES {
        assert_eq!(
            field(Sgd::new(
                SgdSettings {
                    learning_rate: value
                },
                1
            )),
            "learning_rate"
        );
        let adam = AdamSettings::pytorch();
        let rms = RmsPropSettings::pytorch();
        assert_eq!(
            field(Adam::new(
                AdamSettings {
                    learning_rate: value,
                    ..adam
                },
                1
            )),
            "learning_rate"
        );
        assert_eq!(
            field(Adam::new(
                AdamSettings {
                    epsilon: value,
                    ..adam
                },
                1
            )),
            "epsilon"
        );
        assert_eq!(
            field(RmsProp::new(
                RmsPropSettings {
                    epsilon: value,
                    ..rms
                },
                1
            )),
            "epsilon"
        );
        assert_eq!(
            field(RmsProp::new(
                RmsPropSettings {
                    learning_rate: value,
                    ..rms
                },
                1
            )),
            "learning_rate"
        );
        let groups = [TensorGroup {
            range: 0..1,
            rows: 1,
        }];
        let source = Streams::new(0).noise_source(Stream::Sed).unwrap();
        let settings = SedSettings {
            learning_rate: 1.0,
            perturbation: value,
        };
        assert_eq!(field(Sed::new(settings, &groups, source)), "perturbation");
    }
    for value in [-0.1, 1.0, f64::NAN] {
        let adam = AdamSettings::pytorch();
        let rms = RmsPropSettings::pytorch();
        assert_eq!(
            field(Adam::new(
                AdamSettings {
                    mean_decay: value,
                    ..adam
                },
                1
            )),
            "mean_decay"
        );
        assert_eq!(
            field(Adam::new(
                AdamSettings {
                    square_decay: value,
                    ..adam
                },
                1
            )),
            "square_decay"
        );
        assert_eq!(
            field(RmsProp::new(
                RmsPropSettings {
                    square_decay: value,
                    ..rms
                },
                1
            )),
            "square_decay"
        );
    }
    let error = Sgd::new(
        SgdSettings {
            learning_rate: -0.5,
        },
        1,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "learning_rate is -0.5; expected a finite number > 0"
    );
}

#[test]
fn noises() {
    for value in [-0.1, f64::NAN, f64::INFINITY] {
        assert_eq!(field(Gaussian::new(value)), "standard_deviation");
        assert_eq!(field(Uniform::new(value)), "width");
    }
    assert_eq!(Gaussian::new(0.0).unwrap().standard_deviation(), 0.0);
}

#[test]
fn no_parameters() {
    let sgd = Sgd::new(SgdSettings::pytorch(), 0);
    assert_eq!(sgd.unwrap_err(), Error::NoParameters);
    assert_eq!(sed(&[]).unwrap_err(), Error::NoParameters);
}

#[test]
fn groups_that_do_not_tile() {
    let group = |range, rows| TensorGroup { range, rows };
    let gap = sed(&[group(0..4, 2), group(5..6, 1)]).unwrap_err();
    assert_eq!(
        gap,
        Error::GroupsNotContiguous {
            index: 1,
            found: 5,
            expected: 4
        }
    );
    let uneven = sed(&[group(0..5, 2)]).unwrap_err();
    assert_eq!(
        uneven,
        Error::GroupShape {
            index: 0,
            length: 5,
            rows: 2
        }
    );
    assert!(matches!(
        sed(&[group(0..4, 0)]),
        Err(Error::GroupShape { rows: 0, .. })
    ));
    assert!(matches!(
        sed(&[group(0..0, 1)]),
        Err(Error::GroupShape { length: 0, .. })
    ));
}

#[test]
#[should_panic(expected = "dimension of the problem")]
fn a_problem_of_another_dimension_panics() {
    let mut rule = Sgd::new(SgdSettings::pytorch(), 3).unwrap();
    rule.step(&mut Slope::flat(2), &mut [0.0; 3], &mut UpdateNoise::none());
}

#[test]
#[should_panic(expected = "parameters given")]
fn parameters_of_another_length_panic() {
    let mut rule = Sgd::new(SgdSettings::pytorch(), 3).unwrap();
    rule.step(&mut Slope::flat(3), &mut [0.0; 2], &mut UpdateNoise::none());
}
