//! The classifier of learning rules: its features, its probabilities, its files.

use drift_infer::{
    Classification, DriftRule, Error, FEATURES, Known, Measure, MeasureSet, Model, Record, features,
};
use nalgebra::DMatrix;
use proptest::prelude::*;

/// A record of every measure from curves in (0, 1), at times that grow by the gaps.
fn record_csv(rows: &[(f64, [f64; 7])], scale: f64, from: f64) -> String {
    let names: Vec<_> = Measure::ALL
        .iter()
        .map(|measure| measure.column())
        .collect();
    let mut text = format!("time,{}\n", names.join(","));
    let mut time = from;
    for (gap, values) in rows {
        time += gap * scale;
        let values = values.map(|value| value.to_string());
        text += &format!("{time:?},{}\n", values.join(","));
    }
    text
}

fn rows() -> impl Strategy<Value = Vec<(f64, [f64; 7])>> {
    let row = (0.1..10.0_f64, prop::array::uniform7(0.01..0.99_f64));
    prop::collection::vec(row, 3..40)
}

proptest! {
    #[test]
    fn features_do_not_see_the_unit_or_the_origin_of_time(
        rows in rows(), scale in 0.01..100.0_f64, from in -50.0..50.0_f64,
    ) {
        let one = Record::from_csv(&record_csv(&rows, 1.0, 0.0)).unwrap();
        let other = Record::from_csv(&record_csv(&rows, scale, from)).unwrap();
        let one = features(&one, MeasureSet::all());
        let other = features(&other, MeasureSet::all());
        prop_assert_eq!(one.len(), 7 * FEATURES.len());
        for (one, other) in one.iter().zip(&other) {
            prop_assert!(one.is_nan() && other.is_nan() || (one - other).abs() < 1e-6);
        }
    }

    #[test]
    fn probabilities_add_up_for_every_set_of_measures(rows in rows(), bits in 1..128_u8) {
        let record = Record::from_csv(&record_csv(&rows, 1.0, 0.0)).unwrap();
        let set: MeasureSet = Measure::ALL
            .into_iter()
            .filter(|&measure| bits & 1 << measure as u8 != 0)
            .collect();
        let found = Model::shipped().classify(&record, set).unwrap();
        prop_assert_eq!(found.measures, set);
        prop_assert!((found.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        prop_assert!(found.probabilities.iter().all(|&p| (0.0..=1.0).contains(&p)));
        prop_assert!((1.0 / 101.0..=1.0).contains(&found.typicality));
        prop_assert_eq!(found.rule().is_none(), found.typicality < Classification::RARE);
    }

    /// The farther along a direction, the less typical.
    #[test]
    fn a_record_far_away_is_none_of_these(rows in rows(), scale in 20.0..1000.0_f64) {
        let far: Vec<(f64, [f64; 7])> = rows
            .iter()
            .map(|&(gap, mut values)| {
                values[Measure::LogPseudoDeterminant as usize] = 10.0 * scale.sinh().min(1e200);
                (gap, values)
            })
            .collect();
        let record = Record::from_csv(&record_csv(&far, 1.0, 0.0)).unwrap();
        let found = Model::shipped().classify(&record, MeasureSet::all()).unwrap();
        prop_assert_eq!(found.rule(), None);
        prop_assert!(found.outside.contains(Measure::LogPseudoDeterminant));
    }

    #[test]
    fn records_come_back_from_their_csv(rows in rows()) {
        let record = Record::from_csv(&record_csv(&rows, 1.0, 0.0)).unwrap();
        prop_assert_eq!(Record::from_csv(&record.to_csv()).unwrap(), record);
    }
}

#[test]
fn the_shipped_models_come_back_from_their_csv() {
    let seen = [
        Measure::ActiveFraction,
        Measure::FractionActiveUnits,
        Measure::RateMapCorrelation,
    ];
    assert_eq!(Model::shipped().measures(), MeasureSet::all());
    assert_eq!(Model::observed().measures(), seen.into_iter().collect());
    for model in [Model::shipped(), Model::observed()] {
        assert_eq!(Model::from_csv(&model.to_csv()).unwrap(), model);
        for (row, other, why) in [
            ("centre,adam,", "centre,adam,x", "is no number"),
            ("centre,sed", "# centre,sed", "not 8 centres"),
            ("unit,", "unit,1,", "numbers; expected"),
            ("covariance,", "covariance,-", "positive definite"),
            ("distance,1,", "distance,1,1e9,", "ascending distances"),
            ("temperature,", "temperature,-", "expected both above 0"),
            ("temperature,", "warmth,", "unknown row warmth"),
            (
                "scale,active_fraction,",
                "scale,colour,",
                "unknown measure colour",
            ),
        ] {
            let broken = model.to_csv().replacen(row, other, 1);
            let refused = Model::from_csv(&broken).unwrap_err();
            assert!(
                matches!(&refused, Error::Model(found) if found.contains(why)),
                "{other}: {refused}"
            );
        }
    }
}

/// A model of two features' worth of one measure: one unit that is active for low levels and speaks
/// for dropout.
const SMALL: &str = "\
scale,active_fraction,level,-1,0.5
scale,active_fraction,early,0,1
scale,active_fraction,middle,0,1
scale,active_fraction,late,0,1
scale,active_fraction,roughness,0,1
unit,0,-1,0,0,0,0,0,0,0,0,0,2,0,0,0,0
temperature,2
";

#[test]
fn probabilities_and_typicality_are_those_of_the_formulas() {
    let mut text = SMALL.to_owned();
    for rule in DriftRule::ALL {
        // All centres at the mean but dropout's, at a level of -2.
        let level = if rule == DriftRule::Dropout {
            -2.0
        } else {
            0.0
        };
        text += &format!("centre,{},{level},0,0,0,0\n", rule.name());
    }
    text += "covariance,4\ncovariance,0,1\ncovariance,0,0,1\ncovariance,0,0,0,1\n";
    text += "covariance,0,0,0,0,1\n";
    let percentiles: Vec<String> = (1..=100)
        .map(|at| (f64::from(at) / 100.0).to_string())
        .collect();
    text += &format!("distance,1,{}\n", percentiles.join(","));
    let model = Model::from_csv(&text).unwrap();
    // A constant share: log10 of it and the floor of 0.001 is -2.5, which is -3 standardised.
    let share = 10f64.powf(-2.5) - 1e-3;
    let times = vec![0.0, 1.0, 2.0];
    let record = Record::new(times, [(Measure::ActiveFraction, vec![share; 3])]).unwrap();
    let found = model.classify(&record, MeasureSet::all()).unwrap();
    // The unit has activity 3 and gives dropout a score of 6, over T = 2.
    let expected = 3f64.exp() / (3f64.exp() + 7.0);
    assert_eq!(found.most_probable().0, DriftRule::Dropout);
    assert!((found.most_probable().1 - expected).abs() < 1e-9);
    // Dropout's centre is nearest: 1^2 / 4 over four known features is 0.0625, which 94 of 100
    // percentiles exceed.
    assert!(
        (found.typicality - 95.0 / 101.0).abs() < 1e-9,
        "{}",
        found.typicality
    );
    assert_eq!(found.rule(), Some(DriftRule::Dropout));
    assert!(found.outside.is_empty());
    let record = Record::new(
        vec![0.0, 1.0, 2.0],
        [(Measure::ActiveFraction, vec![0.0, 1.0, 0.0])],
    );
    let found = model.classify(&record.unwrap(), MeasureSet::all()).unwrap();
    assert_eq!((found.rule(), found.typicality), (None, 1.0 / 101.0));
    assert!(found.outside.contains(Measure::ActiveFraction));
}

#[test]
fn what_a_model_does_not_know_is_not_used() {
    let text = "kind,step,active_fraction,hessian_trace\n\
        recorded,0,0.01,10\nrecorded,1,0.01,9\nrecorded,2,0.02,8\n";
    let record = Record::from_csv(text).unwrap();
    assert!(record.is_observed());
    let again = Record::from_csv(&record.to_csv()).unwrap();
    assert!(again.is_observed());
    assert_eq!(again.to_csv(), record.to_csv());
    let found = Model::observed()
        .classify(&record, MeasureSet::all())
        .unwrap();
    assert_eq!(
        found.measures,
        [Measure::ActiveFraction].into_iter().collect()
    );
    let only = [Measure::HessianTrace].into_iter().collect();
    let refused = Model::observed().classify(&record, only).unwrap_err();
    assert!(matches!(refused, Error::Unknown(_)), "{refused}");
}

#[test]
fn a_measure_with_too_few_values_is_not_used() {
    let text = "step,active_fraction,hessian_trace\n0,0.5,10\n1,0.4,\n2,0.4,NaN\n3,0.3,8\n";
    let record = Record::from_csv(text).unwrap();
    let only = [Measure::ActiveFraction].into_iter().collect();
    assert_eq!(record.measures(), only);
    let found = Model::shipped()
        .classify(&record, MeasureSet::all())
        .unwrap();
    assert_eq!(found.measures, only);
}

/// Two animals as an analysis of recordings writes them: days, shares by what they are of, blank
/// fields, and a column that nobody asks for.
const SESSIONS: &str = "\
kind,subject,environment,session_number,day,active_fraction,active_share_of_found,\
active_share_of_registered,mean_si_bits_per_spike,mean_ssr_bits_per_spike,corrected_map_correlation_with_last
recorded,M1,A,1,2,0.002,0.9,0.5,1.9,,0.2
recorded,M1,A,2,4,0.002,0.8,0.4,2.0,,0.3
recorded,M1,A,3,9,0.001,0.7,0.3,2.1,,1
recorded,M2,,1,5,0.002,0.9,,1.9,1.5,
recorded,M2,,2,5,0.002,0.8,,2.0,1.6,
recorded,M2,,3,6,0.001,0.7,,2.1,1.7,
";

#[test]
fn the_sessions_of_an_analysis_are_a_record_an_animal() {
    let all = Record::all_from_csv(SESSIONS).unwrap();
    let names: Vec<_> = all.iter().map(|record| record.name().unwrap()).collect();
    assert_eq!(names, ["M1 A", "M2"]);
    // Days where they rise, else the sessions' numbers.
    assert_eq!(
        (all[0].times(), all[1].times()),
        (&[2.0, 4.0, 9.0][..], &[1.0, 2.0, 3.0][..])
    );
    let last = |record: &Record, measure| record.curve(measure).last().copied();
    // Of registered cells where there are any, else of those found; corrected before naive.
    assert_eq!(
        last(&all[0], Measure::FractionActiveUnits),
        Some((9.0, 0.3))
    );
    assert_eq!(
        last(&all[1], Measure::FractionActiveUnits),
        Some((3.0, 0.7))
    );
    assert_eq!(last(&all[0], Measure::SpatialInformation), Some((9.0, 2.1)));
    assert_eq!(last(&all[1], Measure::SpatialInformation), Some((3.0, 1.7)));
    assert_eq!(last(&all[0], Measure::RateMapCorrelation), Some((9.0, 1.0)));
    assert!(!all[1].measures().contains(Measure::RateMapCorrelation));
    let refused = Record::from_csv(SESSIONS).unwrap_err();
    assert!(
        matches!(&refused, Error::Record(why) if why.contains("M1 A, M2")),
        "{refused}"
    );
    let short = SESSIONS.lines().take(6).collect::<Vec<_>>().join("\n");
    let refused = Record::all_from_csv(&short).unwrap_err().to_string();
    assert!(refused.contains("M2: 2 samples"), "{refused}");
}

#[test]
fn records_from_arrays_are_checked() {
    let of = |times: &[f64], curve: &[f64]| {
        Record::new(times.to_vec(), [(Measure::ActiveFraction, curve.to_vec())])
    };
    assert_eq!(
        of(&[0.0, 1.0, 3.0], &[0.5, f64::NAN, 0.4])
            .unwrap()
            .samples(),
        3
    );
    for (times, curve, why) in [
        (
            &[0.0, 1.0, 2.0][..],
            &[0.5, 0.5][..],
            "2 values; expected 3",
        ),
        (&[0.0, 1.0, 2.0], &[0.5, 1.5, 0.5], "1.5; expected 0 to 1"),
        (&[0.0, 0.0, 2.0], &[0.5; 3], "strictly increasing"),
        (&[0.0, 1.0], &[0.5; 2], "2 samples"),
    ] {
        let refused = of(times, curve).unwrap_err();
        assert!(
            matches!(&refused, Error::Record(found) if found.contains(why)),
            "{refused}"
        );
    }
}

#[test]
fn a_stride_of_0_is_refused() {
    let curve = [(Measure::ActiveFraction, vec![0.5; 3])];
    let record = Record::new(vec![0.0, 1.0, 2.0], curve).unwrap();
    let refused = record.thinned(0, 0).unwrap_err().to_string();
    assert!(refused.contains("stride is 0"), "{refused}");
    assert_eq!(record.thinned(0, 1).unwrap().samples(), 3);
}

#[test]
fn a_distance_needs_all_features_and_a_positive_definite_covariance() {
    let known = |covariance: [f64; 4]| {
        let covariance = DMatrix::from_row_slice(2, 2, &covariance);
        Known::new(DMatrix::zeros(8, 2), covariance, Vec::new())
    };
    assert_eq!(known([4.0, 0.0, 0.0, 1.0]).distance(&[2.0, 0.0]), Ok(0.5));
    let refused = known([1.0, 0.0, 0.0, 1.0]).distance(&[2.0]);
    assert!(matches!(refused, Err(Error::Unknown(why)) if why.starts_with("1 standardised")));
    for covariance in [[1.0, 2.0, 2.0, 1.0], [-1.0, 0.0, 0.0, 1.0]] {
        let refused = known(covariance).distance(&[2.0, 0.0]);
        assert!(matches!(refused, Err(Error::Model(why)) if why.contains("[0, 1]")));
    }
}
