//! Stored state: a resumed run is the uninterrupted one, bit for bit.

use drift_learn::rand::Rng;
use drift_learn::{
    Adam, AdamSettings, AnyNoise, AnyRule, Gaussian, LearningRule, NoiseSource, RmsProp,
    RmsPropSettings, Sed, SedSettings, Sgd, SgdSettings, Stream, Streams, TensorGroup, Uniform,
    UpdateNoise, UpdatePlace,
};
use proptest::prelude::*;

use crate::problems::Quadratic;

const DIMENSION: usize = 21;

fn rules() -> Vec<AnyRule> {
    let groups = [TensorGroup {
        range: 0..DIMENSION,
        rows: 7,
    }];
    let source = Streams::new(1).noise_source(Stream::Sed).unwrap();
    vec![
        Sgd::new(SgdSettings { learning_rate: 0.1 }, DIMENSION)
            .unwrap()
            .into(),
        Adam::new(AdamSettings::pytorch(), DIMENSION)
            .unwrap()
            .into(),
        RmsProp::new(RmsPropSettings::pytorch(), DIMENSION)
            .unwrap()
            .into(),
        Sed::new(SedSettings::published(0.9), &groups, source)
            .unwrap()
            .into(),
    ]
}

fn through_postcard<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    postcard::from_bytes(&postcard::to_stdvec(value).unwrap()).unwrap()
}

fn through_json<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn a_resumed_run_is_the_uninterrupted_one(
        before in 0..30usize, after in 1..30usize, on_parameters in any::<bool>(), seed in any::<u64>(),
    ) {
        let place = if on_parameters { UpdatePlace::Parameters } else { UpdatePlace::Gradient };
        let mut problem =
            Quadratic { curvatures: (0..DIMENSION).map(|i| 0.1 * (i + 1) as f64).collect() };
        for mut rule in rules() {
            let source = Streams::new(seed).noise_source(Stream::UpdateNoise).unwrap();
            let mut noise = UpdateNoise::new(Gaussian::new(0.1).unwrap(), place, source);
            let mut parameters = vec![1.0; DIMENSION];
            for _ in 0..before {
                rule.step(&mut problem, &mut parameters, &mut noise);
            }
            let mut resumed = [
                (through_postcard(&rule), through_postcard(&noise), parameters.clone()),
                (through_json(&rule), through_json(&noise), parameters.clone()),
            ];
            for _ in 0..after {
                rule.step(&mut problem, &mut parameters, &mut noise);
            }
            for (other, other_noise, other_parameters) in &mut resumed {
                for _ in 0..after {
                    other.step(&mut problem, other_parameters, other_noise);
                }
                prop_assert_eq!(&*other_parameters, &parameters);
                prop_assert_eq!(&*other, &rule);
                prop_assert_eq!(&*other_noise, &noise);
            }
        }
    }

    #[test]
    fn a_source_goes_on_where_it_was(words in 0..30usize, seed in any::<u64>()) {
        let mut source = Streams::new(seed).noise_source(Stream::InputNoise).unwrap();
        for _ in 0..words {
            let _ = source.next_u64();
        }
        let mut stored = through_postcard(&source);
        prop_assert_eq!(&stored, &source);
        for _ in 0..20 {
            prop_assert_eq!(stored.next_u64(), source.next_u64());
        }
    }
}

#[test]
fn noise_reads_like_a_scenario() {
    let parse = |text: &str| serde_json::from_str::<AnyNoise>(text);
    assert_eq!(parse(r#""none""#).unwrap(), AnyNoise::None);
    let gaussian = parse(r#"{"gaussian": {"standard_deviation": 0.03}}"#).unwrap();
    assert_eq!(gaussian, Gaussian::new(0.03).unwrap().into());
    let uniform = parse(r#"{"uniform": {"width": 1.0}}"#).unwrap();
    assert_eq!(uniform, Uniform::new(1.0).unwrap().into());
    let error = parse(r#"{"gaussian": {"standard_deviation": -1.0}}"#).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("standard_deviation is -1; expected"),
        "{error}"
    );
    assert!(parse(r#"{"uniform": {"width": 1.0, "sigma": 2.0}}"#).is_err());
}

/// A stored text with one piece replaced must be refused, naming what is wrong.
fn refused<T: serde::Serialize + serde::de::DeserializeOwned + std::fmt::Debug>(
    value: &T,
    change: impl FnOnce(&mut serde_json::Value),
    reason: &str,
) {
    let mut stored = serde_json::to_value(value).unwrap();
    change(&mut stored);
    let error = serde_json::from_value::<T>(stored).unwrap_err();
    assert!(error.to_string().contains(reason), "{error}");
}

#[test]
fn a_damaged_state_is_refused() {
    let source = Streams::new(1).noise_source(Stream::InputNoise).unwrap();
    refused::<NoiseSource>(
        &source,
        |stored| (0..4).for_each(|word| stored["state"][word][3] = 0.into()),
        "lane 3 of the noise source is all zeros",
    );
    refused::<NoiseSource>(
        &source,
        |stored| stored["taken"] = 9.into(),
        "handed out 9 of the 8",
    );
    let adam = Adam::new(AdamSettings::pytorch(), 3).unwrap();
    refused::<Adam>(
        &adam,
        |stored| stored["square"] = serde_json::json!([0.0, 1.0]),
        "square has length 2; expected 3",
    );
    refused::<Adam>(
        &adam,
        |stored| stored["square"][1] = (-1.0).into(),
        "square[1] is -1",
    );
    refused::<Adam>(
        &adam,
        |stored| stored["mean_decayed"] = 1.5.into(),
        "mean_decayed is 1.5",
    );
    let rms = RmsProp::new(RmsPropSettings::pytorch(), 3).unwrap();
    refused::<RmsProp>(
        &rms,
        |stored| stored["square"][0] = (-2.0).into(),
        "square[0] is -2",
    );
    let sgd = Sgd::new(SgdSettings::pytorch(), 3).unwrap();
    refused::<Sgd>(
        &sgd,
        |stored| stored["dimension"] = 0.into(),
        "dimension is 0",
    );
}

/// A few bytes cannot ask for more memory than there is.
#[test]
fn a_false_dimension_claims_no_memory() {
    let sgd = Sgd::new(SgdSettings { learning_rate: 0.5 }, 3).unwrap();
    let text = serde_json::to_string(&sgd).unwrap();
    assert!(text.contains("\"dimension\":3"), "{text}");
    let huge = text.replace("\"dimension\":3", "\"dimension\":1152921504606846976");
    let mut read: Sgd = serde_json::from_str(&huge).unwrap();
    assert_ne!(read, sgd);
    let none = text.replace("\"dimension\":3", "\"dimension\":0");
    assert!(serde_json::from_str::<Sgd>(&none).is_err());
    let refused = std::panic::catch_unwind(move || {
        let mut problem = Quadratic {
            curvatures: vec![1.0; 3],
        };
        read.step(&mut problem, &mut [1.0; 3], &mut UpdateNoise::none())
    });
    assert!(refused.is_err(), "a problem of another dimension");

    let group = |end: usize| TensorGroup {
        range: 0..end,
        rows: 1,
    };
    let source = || Streams::new(1).noise_source(Stream::Sed).unwrap();
    let sed = Sed::new(SedSettings::published(0.5), &[group(3)], source()).unwrap();
    let text = serde_json::to_string(&sed).unwrap();
    assert!(text.contains("\"end\":3"), "{text}");
    let huge = text.replace("\"end\":3", "\"end\":1152921504606846976");
    assert_ne!(serde_json::from_str::<Sed>(&huge).unwrap(), sed);
}
