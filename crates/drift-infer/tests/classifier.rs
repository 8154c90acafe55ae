//! The classifier of learning rules: its features, its probabilities, its files.

use drift_infer::{Error, FEATURES, Measure, MeasureSet, Model, Record, features};
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
    }

    #[test]
    fn records_come_back_from_their_csv(rows in rows()) {
        let record = Record::from_csv(&record_csv(&rows, 1.0, 0.0)).unwrap();
        prop_assert_eq!(Record::from_csv(&record.to_csv()).unwrap(), record);
    }
}

#[test]
fn the_shipped_model_knows_every_set_and_comes_back_from_its_csv() {
    let model = Model::shipped();
    assert_eq!(MeasureSet::every().count(), 127);
    assert_eq!(Model::from_csv(&model.to_csv()).unwrap(), model);
    let broken = model
        .to_csv()
        .replacen("weights,adam,", "weights,adam,x", 1);
    let message = Model::from_csv(&broken).unwrap_err().to_string();
    assert!(message.contains("is no number"), "{message}");
    let torn = model.to_csv().replacen("weights,sed", "# weights,sed", 1);
    assert!(Model::from_csv(&torn).is_err());
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
active_share_of_registered,mean_si_bits_per_spike,mean_ssr_bits_per_spike,map_correlation_with_last
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
