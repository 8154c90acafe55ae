use drift_metrics::Error;
use drift_metrics::nalgebra::DMatrix;
use drift_metrics::phases::{
    Border, CorrelationCurve, Curves, PhaseOptions, Phases, find_phases, find_phases_with,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// A run with known borders: log loss falls with timescale `fall`, sparsity with `directed`.
struct Run {
    time: Vec<f64>,
    loss: Vec<f64>,
    sparsity: Vec<f64>,
}

fn run(time: Vec<f64>, fall: f64, directed: f64, noise: f64, seed: u64) -> Run {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut disturbed = |value: f64, scale: f64| -> f64 {
        let normal: f64 = StandardNormal.sample(&mut rng);
        value + scale * normal
    };
    let loss = time
        .iter()
        .map(|t| disturbed(-2.0 + 2.0 * (-t / fall).exp(), noise))
        .collect();
    let sparsity = time
        .iter()
        .map(|t| disturbed(0.1 + 0.4 * (-t / directed).exp(), 0.1 * noise))
        .collect();
    Run {
        time,
        loss,
        sparsity,
    }
}

fn even(points: usize, last: f64) -> Vec<f64> {
    (0..points)
        .map(|k| last * k as f64 / (points - 1) as f64)
        .collect()
}

fn curves(run: &Run) -> Curves<'_> {
    Curves {
        time: &run.time,
        log10_loss: &run.loss,
        sparsity: &run.sparsity,
        correlation: None,
    }
}

fn phases(run: &Run) -> Phases {
    find_phases(&curves(run)).unwrap()
}

#[track_caller]
fn assert_border(border: Border, truth: f64, tolerance: f64) {
    let Border::At { time, interval } = border else {
        panic!("{border:?}, expected {truth}")
    };
    assert!(
        (time / truth - 1.0).abs() < tolerance,
        "{border:?}, expected {truth}"
    );
    assert!(
        interval.lower <= time && time <= interval.upper,
        "{border:?}"
    );
}

#[test]
fn borders_of_a_clean_run_are_where_they_were_put() {
    let found = phases(&run(even(1000, 1e6), 1e4, 1e5, 0.0, 0));
    // 95% of a change takes ln 20 ≈ 3 timescales.
    assert_border(found.convergence_end, 3e4, 0.05);
    let directed_end = found.convergence_end.time().unwrap() + 20.0_f64.ln() * 1e5;
    assert_border(found.directed_drift_end, directed_end, 1e-3);
    assert!((found.directed_change.unwrap().timescale / 1e5 - 1.0).abs() < 1e-6);
}

#[test]
fn noise_widens_intervals_and_does_not_move_borders_far() {
    let mut covered = 0;
    for seed in 0..20 {
        let found = phases(&run(even(500, 1e6), 1e4, 1e5, 0.1, seed));
        assert_border(found.convergence_end, 2.6e4, 0.4);
        assert_border(found.directed_drift_end, 3.3e5, 0.15);
        let Border::At { interval, .. } = found.directed_drift_end else {
            unreachable!()
        };
        covered += usize::from(
            interval.contains(found.convergence_end.time().unwrap() + 20.0_f64.ln() * 1e5),
        );
    }
    assert!(covered >= 16, "{covered} of 20");
}

#[test]
fn logarithmic_samples_serve_as_well() {
    let time: Vec<f64> = (0..200).map(|k| 10_f64.powf(f64::from(k) * 0.03)).collect();
    let found = phases(&run(time, 300.0, 5e4, 0.02, 1));
    assert_border(found.convergence_end, 900.0, 0.2);
    assert_border(found.directed_drift_end, 1.5e5, 0.2);
}

#[test]
fn convergence_can_lie_before_the_first_sample() {
    // As at the paper's sampling: one sample every 20 000 steps, convergence takes hundreds.
    let time: Vec<f64> = (1..=51).map(|k| 2e4 * f64::from(k)).collect();
    let found = phases(&run(time, 300.0, 1e5, 0.02, 2));
    assert_eq!(found.convergence_end, Border::BeforeStart { first: 2e4 });
    assert_border(found.directed_drift_end, 2e4 + 3e5, 0.15);
}

#[test]
fn a_loss_that_drifts_slowly_after_its_fall_has_converged() {
    // As label noise does it: two decades within hundreds of steps, less than one more in 5e5.
    for slow in [0.8, -0.5] {
        let mut drifting = run(even(1000, 6e5), 3e3, 1e5, 0.05, 9);
        for (loss, t) in drifting.loss.iter_mut().zip(&drifting.time) {
            *loss += slow * (-t / 1.5e5).exp();
        }
        let end = phases(&drifting).convergence_end;
        assert_border(end, 9e3, 0.5);
        let Border::At { interval, .. } = end else {
            unreachable!()
        };
        assert!(interval.contains(9e3), "{interval:?}");
    }
}

#[test]
fn a_small_fall_counts_where_it_is_asked_for() {
    let mut little = run(even(1000, 6e5), 3e3, 1e5, 0.02, 4);
    little.loss.iter_mut().for_each(|loss| *loss *= 0.02);
    let first = Border::BeforeStart { first: 0.0 };
    assert_eq!(phases(&little).convergence_end, first);
    let options = PhaseOptions {
        least_fall: 0.01,
        ..PhaseOptions::default()
    };
    let found = find_phases_with(&curves(&little), &options).unwrap();
    assert_border(found.convergence_end, 9e3, 0.3);
    for wrong in [-1.0, f64::NAN] {
        let least_fall = wrong;
        let options = PhaseOptions {
            least_fall,
            ..options
        };
        let refused = find_phases_with(&curves(&little), &options);
        assert!(matches!(
            refused,
            Err(Error::OutOfRange {
                field: "least_fall",
                ..
            })
        ));
    }
}

#[test]
fn a_slow_part_that_is_over_early_is_no_level_where_that_is_asked_for() {
    // Four decades within a hundred steps, on no single timescale, and a long record.
    let mut time: Vec<f64> = (0..=44).map(|k| 10f64.powf(f64::from(k) / 20.0)).collect();
    time.extend((1..=100).map(|k| 250.0 * f64::from(k)));
    time.insert(0, 0.0);
    let loss: Vec<f64> = time
        .iter()
        .map(|t| 1.5 + 2.5 * (-t / 1.5).exp() + 1.5 * (-t / 25.0).exp())
        .collect();
    let run = Run {
        sparsity: vec![0.5; time.len()],
        loss,
        time,
    };
    let early = phases(&run).convergence_end.time().unwrap();
    assert!(early < 15.0, "{early}");
    let options = PhaseOptions {
        level_timescale: 0.02,
        ..PhaseOptions::default()
    };
    let found = find_phases_with(&curves(&run), &options).unwrap();
    // Where 1.5 exp(−t/25) is 5% of the fall of 4.
    assert_border(found.convergence_end, 25.0 * 7.5f64.ln(), 0.15);
}

#[test]
fn a_loss_that_still_falls_has_not_converged() {
    let time = even(300, 1e4);
    let loss: Vec<f64> = time.iter().map(|t| -1e-3 * t).collect();
    let run = Run {
        loss,
        sparsity: vec![0.5; 300],
        time,
    };
    let found = phases(&run);
    assert_eq!(found.convergence_end, Border::NotReached { last: 1e4 });
    assert_eq!(found.directed_drift_end, Border::NotReached { last: 1e4 });
    assert!(found.null_drift.is_none() && found.convergence_end.time().is_none());
}

#[test]
fn drift_that_outlasts_the_record_has_no_end() {
    let found = phases(&run(even(500, 1e6), 1e4, 8e5, 0.02, 3));
    assert_eq!(found.directed_drift_end, Border::NotReached { last: 1e6 });
    assert!(found.directed_change.is_some());
}

#[test]
fn without_noise_nothing_drifts_after_convergence() {
    let mut still = run(even(500, 1e6), 1e4, 1e5, 0.0, 0);
    still.sparsity = vec![0.495; 500];
    let found = phases(&still);
    assert!(found.directed_change.is_none());
    assert_eq!(found.directed_drift_end, found.convergence_end);
    // Fluctuation without direction is none either.
    let mut trembling = run(even(500, 1e6), 1e4, 1e5, 0.0, 0);
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    trembling.sparsity = (0..500)
        .map(|_| {
            let normal: f64 = StandardNormal.sample(&mut rng);
            0.5 + 0.01 * normal
        })
        .collect();
    assert!(phases(&trembling).directed_change.is_none());
}

/// Correlations of maps that diffuse at a speed which falls to a floor.
fn correlations(time: &[f64], speed: impl Fn(f64) -> f64) -> DMatrix<f64> {
    let mut way = vec![0.0];
    for pair in time.windows(2) {
        way.push(way[way.len() - 1] + speed(0.5 * (pair[0] + pair[1])) * (pair[1] - pair[0]));
    }
    DMatrix::from_fn(time.len(), time.len(), |a, b| {
        (-(way[a] - way[b]).abs()).exp()
    })
}

#[test]
fn null_drift_is_measured_from_rate_maps() {
    let run = run(even(500, 1e6), 1e4, 5e4, 0.01, 5);
    let snapshots = even(51, 1e6);
    let correlation = correlations(&snapshots, |_| 2e-7);
    let curves = Curves {
        time: &run.time,
        log10_loss: &run.loss,
        sparsity: &run.sparsity,
        correlation: Some(CorrelationCurve {
            time: &snapshots,
            correlation: &correlation,
        }),
    };
    let found = find_phases(&curves).unwrap();
    assert!(found.speed_change.is_none());
    let drift = found.null_drift.unwrap();
    assert!(
        (drift.rate / 2e-7 - 1.0).abs() < 0.01 && drift.standard_error < 1e-9,
        "{drift:?}"
    );
    let start = found.directed_drift_end.time().unwrap();
    let first = snapshots[snapshots.partition_point(|&t| t < start)];
    assert!((drift.retained - (-2e-7 * (1e6 - first)).exp()).abs() < 1e-12);

    // Speeds of the size of rounding are no directed drift, however clean their decay.
    let rounding = correlations(&snapshots, |t| 1e-13 * (-t / 1e5).exp());
    let curves = Curves {
        correlation: Some(CorrelationCurve {
            time: &snapshots,
            correlation: &rounding,
        }),
        ..curves
    };
    assert!(find_phases(&curves).unwrap().speed_change.is_none());

    let frozen = DMatrix::from_element(51, 51, 1.0);
    let curves = Curves {
        correlation: Some(CorrelationCurve {
            time: &snapshots,
            correlation: &frozen,
        }),
        ..curves
    };
    let drift = find_phases(&curves).unwrap().null_drift.unwrap();
    assert_eq!((drift.rate, drift.retained), (0.0, 1.0));
}

#[test]
fn drift_is_directed_until_the_last_statistic_has_settled() {
    // Sparsity settles at 1.5e5, the speed of the rate maps only at 6e5.
    let run = run(even(500, 1e6), 1e4, 5e4, 0.01, 7);
    let snapshots = even(101, 1e6);
    let correlation = correlations(&snapshots, |t| 1e-7 + 3e-6 * (-t / 2e5).exp());
    let curves = Curves {
        time: &run.time,
        log10_loss: &run.loss,
        sparsity: &run.sparsity,
        correlation: Some(CorrelationCurve {
            time: &snapshots,
            correlation: &correlation,
        }),
    };
    let found = find_phases(&curves).unwrap();
    assert!(found.speed_change.is_some());
    assert_border(found.directed_drift_end, 6.3e5, 0.05);
}

#[test]
fn curves_that_do_not_fit_are_refused() {
    let time = even(20, 1.0);
    let curve = vec![0.0; 20];
    let good = Curves {
        time: &time,
        log10_loss: &curve,
        sparsity: &curve,
        correlation: None,
    };
    assert!(find_phases(&good).is_ok());
    assert!(matches!(
        find_phases(&Curves {
            log10_loss: &curve[1..],
            ..good
        }),
        Err(Error::Length { .. })
    ));
    assert!(matches!(
        find_phases(&Curves {
            sparsity: &curve[1..],
            ..good
        }),
        Err(Error::Length { .. })
    ));
    assert!(matches!(
        find_phases(&Curves {
            time: &curve,
            ..good
        }),
        Err(Error::Entry { .. })
    ));
    let nan = vec![f64::NAN; 20];
    assert!(matches!(
        find_phases(&Curves {
            log10_loss: &nan,
            ..good
        }),
        Err(Error::TooFew { .. })
    ));
    let correlation = DMatrix::zeros(3, 4);
    let maps = CorrelationCurve {
        time: &time[..3],
        correlation: &correlation,
    };
    assert!(matches!(
        find_phases(&Curves {
            correlation: Some(maps),
            ..good
        }),
        Err(Error::Length { .. })
    ));
}
