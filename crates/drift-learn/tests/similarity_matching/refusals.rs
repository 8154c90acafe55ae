//! What is refused, and what the refusal says.

use drift_learn::similarity_matching::{
    GridCellInputs, PrincipalSubspace, PrincipalSubspaceSettings, SettlingStart,
    SimilarityExperiment, SimilarityMatching, SimilarityMatchingSettings, SimilarityRun,
};
use drift_learn::{Error, Streams};
use nalgebra::DMatrix;

use crate::small_ring;

fn field<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result {
        Err(
            Error::OutOfRange { field, .. }
            | Error::LengthMismatch { field, .. }
            | Error::InvalidState { field, .. },
        ) => field,
        other => panic!("{other:?} instead of a refusal"),
    }
}

#[test]
fn bad_settings_are_refused() {
    const BAD: [f64; 3] = [f64::NAN, -1.0, f64::INFINITY];
    let place = SimilarityMatchingSettings::place();
    let new = |settings| SimilarityMatching::new(settings, &Streams::new(1));
    type Set = (&'static str, fn(&mut SimilarityMatchingSettings, f64));
    let sets: [Set; 10] = [
        ("initial_scale", |s, v| s.initial_scale = v),
        ("learning_rate", |s, v| s.learning_rate = v),
        ("feedforward_noise", |s, v| s.feedforward_noise = v),
        ("lateral_noise", |s, v| s.lateral_noise = v),
        ("lasso", |s, v| s.lasso = v),
        ("ridge", |s, v| s.ridge = v),
        ("similarity_offset", |s, v| s.similarity_offset = v),
        ("time_step", |s, v| s.settling.time_step = v),
        ("tolerance", |s, v| s.settling.tolerance = v),
        ("width", |s, v| {
            s.settling.start = SettlingStart::Uniform { width: v }
        }),
    ];
    for (name, set) in sets {
        for value in BAD {
            let mut settings = place;
            set(&mut settings, value);
            assert_eq!(field(new(settings)), name, "{value}");
        }
    }
    assert_eq!(
        field(new(SimilarityMatchingSettings { units: 0, ..place })),
        "units"
    );
    assert_eq!(
        field(new(SimilarityMatchingSettings {
            channels: 1 << 20,
            ..place
        })),
        "channels"
    );
    let mut experiment = SimilarityExperiment::ring();
    experiment.network.channels = 3;
    let streams = Streams::new(1);
    assert_eq!(
        field(SimilarityRun::new(experiment, &streams)),
        "channels of the inputs"
    );
    let cells = GridCellInputs {
        modules: 1 << 40,
        ..GridCellInputs::published()
    };
    assert_eq!(field(cells.matrix()), "modules");
    for name in SimilarityExperiment::NAMES {
        let experiment = SimilarityExperiment::named(name).unwrap();
        assert_eq!(experiment.checked().unwrap(), experiment);
        assert!(SimilarityMatching::new(experiment.network, &streams).is_ok());
    }
    let unknown = SimilarityExperiment::named("square")
        .unwrap_err()
        .to_string();
    assert!(
        unknown.contains("square") && unknown.contains("place"),
        "{unknown}"
    );
    let published = PrincipalSubspaceSettings::published();
    let mut flat = published.clone();
    flat.variances = vec![1.0; 10];
    assert_eq!(field(PrincipalSubspace::new(flat, &streams)), "variances");
    let wide = PrincipalSubspaceSettings {
        units: 11,
        ..published
    };
    assert_eq!(field(PrincipalSubspace::new(wide, &streams)), "units");
}

#[test]
fn bad_inputs_and_synapses_are_refused() {
    let mut network = SimilarityMatching::new(small_ring(3).network, &Streams::new(1)).unwrap();
    let before = network.clone();
    assert_eq!(field(network.learn(&[1.0])), "input");
    assert_eq!(field(network.learn(&[1.0, f64::NAN])), "input");
    assert_eq!(field(network.set_noise(0.1, -0.1)), "lateral_noise");
    assert_eq!(
        field(network.responses(DMatrix::zeros(1, 1).as_view())),
        "channels of the inputs"
    );
    assert_eq!(network, before);
    let (w, m) = (network.feedforward(), network.lateral());
    let negative = -&m;
    let with = |w: &DMatrix<f64>, m: &DMatrix<f64>, b: &[f64]| {
        before.clone().with_synapses(w.as_view(), m.as_view(), b)
    };
    assert_eq!(field(with(&w, &negative, &[0.0; 3])), "lateral");
    assert_eq!(field(with(&m, &m, &[0.0; 3])), "columns of feedforward");
    assert_eq!(field(with(&w, &m, &[0.0; 2])), "bias");
    assert_eq!(with(&w, &m, &[0.0; 3]).unwrap(), before);
}
