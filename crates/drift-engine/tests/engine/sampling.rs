//! Laws of when a run is measured.

use drift_engine::{
    CheckpointEvery, DecadeSampling, EarlySampling, ExplicitSampling, LogarithmicSampling,
    MOST_STEPS, Plan, Sampling,
};
use proptest::prelude::*;

fn increase_within(points: &[u64], steps: u64) -> bool {
    points.windows(2).all(|pair| pair[0] < pair[1]) && points.iter().all(|&point| point <= steps)
}

proptest! {
    #[test]
    fn linear_points_are_as_even_as_whole_steps_can_be(
        steps in 1..1_000_000_u64, samples in 2..300_usize,
    ) {
        let points = Sampling::linear(samples).points(steps);
        prop_assert!(increase_within(&points, steps));
        prop_assert_eq!((points[0], points[points.len() - 1]), (0, steps));
        prop_assert!(points.len() <= samples);
        if samples as u64 <= steps {
            prop_assert_eq!(points.len(), samples);
            let gaps: Vec<u64> = points.windows(2).map(|pair| pair[1] - pair[0]).collect();
            prop_assert!(gaps.iter().max().unwrap() - gaps.iter().min().unwrap() <= 1);
        } else {
            prop_assert_eq!(points.len() as u64, steps + 1);
        }
    }

    #[test]
    fn logarithmic_points_have_even_ratios(
        steps in 1..1_000_000_u64, samples in 2..300_usize, first in 1..1000_u64,
    ) {
        let first = first.min(steps);
        let schedule = Sampling::Logarithmic(LogarithmicSampling { samples, first });
        let points = schedule.points(steps);
        prop_assert!(increase_within(&points, steps));
        prop_assert_eq!((points[0], points[1]), (0, first));
        prop_assert!(points.len() <= samples);
        let last = points[points.len() - 1];
        prop_assert!(samples == 2 || last == steps, "{last} {steps}");
        if points.len() == samples && samples > 3 {
            let ratio = (steps as f64 / first as f64).powf(1.0 / (samples - 2) as f64);
            for (index, &point) in points.iter().enumerate().skip(1) {
                let exact = first as f64 * ratio.powi(index as i32 - 1);
                prop_assert!((point as f64 - exact).abs() <= 0.5 + 1e-9 * exact);
            }
        }
    }

    #[test]
    fn decades_have_even_points_the_last_and_early_ones(
        steps in 1..100_000_u64, per_decade in 0..30_u32, every in 1..5000_u64,
    ) {
        let schedule = Sampling::Decades(DecadeSampling { per_decade, every });
        let points = schedule.points(steps);
        prop_assert!(increase_within(&points, steps));
        let has = |point: u64| points.binary_search(&point).is_ok();
        prop_assert!(has(0) && has(steps));
        prop_assert!((0..=steps / every).all(|index| has(index * every)));
        let even = steps / every + 1 + u64::from(!steps.is_multiple_of(every));
        let early = points.len() as u64 - even;
        let most = (f64::from(per_decade) * (steps as f64).log10()).ceil() as u64 + 1;
        prop_assert!(early <= most);
        prop_assert!(per_decade > 0 || early == 0);
        prop_assert!(per_decade == 0 || has(1));
    }

    #[test]
    fn early_points_lie_before_the_second_even_one_and_move_none(
        steps in 1..3_000_000_u64, samples in 1..300_usize, per_decade in 0..30_u32,
    ) {
        let early = Sampling::Early(EarlySampling { samples, per_decade }).points(steps);
        let even = Sampling::linear(samples).points(steps);
        prop_assert!(increase_within(&early, steps));
        let second = even.get(1).copied().unwrap_or(steps);
        let later = |points: &[u64]| -> Vec<u64> {
            points.iter().copied().filter(|&point| point == 0 || point >= second).collect()
        };
        prop_assert_eq!(later(&early), later(&even));
        let between = early.len() - even.len();
        prop_assert!(per_decade > 0 || between == 0);
        if per_decade > 0 && second > 1 {
            prop_assert_eq!(early[1], 1);
            let most = f64::from(per_decade) * (second as f64).log10() + 1.0;
            prop_assert!(between as f64 <= most);
        }
        if per_decade >= 10 {
            let widest = early.windows(2).filter(|pair| pair[0] > 0 && pair[1] <= second);
            prop_assert!(widest.into_iter().all(|pair| pair[1] <= 2 * pair[0]));
        }
    }

    #[test]
    fn explicit_points_are_those_written(mut steps in prop::collection::vec(0..1000_u64, 1..20)) {
        steps.sort_unstable();
        steps.dedup();
        let schedule = Sampling::Explicit(ExplicitSampling { steps: steps.clone() });
        let plan = Plan::new(1000, schedule).unwrap();
        prop_assert_eq!(plan.points(), &steps[..]);
    }

    #[test]
    fn what_a_plan_takes_can_be_run(steps in 0..3_000_u64, schedule in schedules()) {
        if let Ok(plan) = Plan::new(steps, schedule) {
            prop_assert!(increase_within(plan.points(), steps));
            prop_assert!(!plan.points().is_empty());
        }
    }
}

fn schedules() -> impl Strategy<Value = Sampling> {
    prop_oneof![
        (0..50_usize).prop_map(Sampling::linear),
        (0..50_usize, 0..4000_u64).prop_map(|(samples, first)| {
            Sampling::Logarithmic(LogarithmicSampling { samples, first })
        }),
        (0..50_usize, 0..2000_u32).prop_map(|(samples, per_decade)| {
            Sampling::Early(EarlySampling {
                samples,
                per_decade,
            })
        }),
        (0..2000_u32, 0..4000_u64).prop_map(|(per_decade, every)| {
            Sampling::Decades(DecadeSampling { per_decade, every })
        }),
        prop::collection::vec(0..4000_u64, 0..5)
            .prop_map(|steps| Sampling::Explicit(ExplicitSampling { steps })),
    ]
}

#[test]
fn refusals_name_the_field_as_a_file_writes_it() {
    let explicit = |steps: &[u64]| {
        Sampling::Explicit(ExplicitSampling {
            steps: steps.to_vec(),
        })
    };
    let logarithmic =
        |samples, first| Sampling::Logarithmic(LogarithmicSampling { samples, first });
    let decades = |per_decade, every| Sampling::Decades(DecadeSampling { per_decade, every });
    for (steps, schedule, message) in [
        (
            0,
            Sampling::linear(2),
            "steps is 0; expected 1 to 1000000000000000",
        ),
        (
            MOST_STEPS + 1,
            Sampling::linear(2),
            "steps is 1000000000000001; expected 1 to 1000000000000000",
        ),
        (
            10,
            Sampling::linear(0),
            "sampling.linear.samples is 0; expected 1 to 10000000",
        ),
        (
            10,
            logarithmic(1, 1),
            "sampling.logarithmic.samples is 1; expected 2 to 10000000",
        ),
        (
            10,
            logarithmic(5, 0),
            "sampling.logarithmic.first is 0; expected 1 to steps (10)",
        ),
        (
            10,
            logarithmic(5, 11),
            "sampling.logarithmic.first is 11; expected 1 to steps (10)",
        ),
        (
            10,
            decades(1001, 1),
            "sampling.decades.per_decade is 1001; expected 0 to 1000",
        ),
        (
            10,
            decades(1, 0),
            "sampling.decades.every is 0; expected at least 1, and at most 10000000 samples",
        ),
        (
            MOST_STEPS,
            decades(1, 1),
            "sampling.decades.every is 1; expected at least 1, and at most 10000000 samples",
        ),
        (
            10,
            explicit(&[]),
            "sampling.explicit.steps is empty; expected at least one step",
        ),
        (
            10,
            explicit(&[3, 3]),
            "sampling.explicit.steps is 3 followed by 3; expected strictly increasing steps",
        ),
        (
            10,
            explicit(&[0, 11]),
            "sampling.explicit.steps is 11; expected at most steps (10)",
        ),
    ] {
        let refused = Plan::new(steps, schedule).unwrap_err();
        assert_eq!(refused.to_string(), message);
    }
    // Points are asked for without a check as well.
    assert_eq!(decades(0, 0).points(3), [0, 1, 2, 3]);
    for (seconds, steps, message) in [
        (
            Some(-1.0),
            None,
            "checkpoint.seconds is -1; expected a finite number > 0",
        ),
        (
            Some(f64::NAN),
            None,
            "checkpoint.seconds is NaN; expected a finite number > 0",
        ),
        (Some(1e300), None, "at most 3200000000"),
        (None, Some(0), "checkpoint.steps is 0; expected at least 1"),
    ] {
        let plan = Plan::new(10, Sampling::linear(2)).unwrap();
        let refused = plan.with_checkpoint(CheckpointEvery { seconds, steps });
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(message), "{refused}");
    }
}
