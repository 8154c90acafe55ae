use drift_metrics::Error;
use drift_metrics::timescale::{
    DecayOptions, fit_decay, fit_delayed_decay, published_log_tau, published_rate,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

fn axis(points: usize, step: f64) -> Vec<f64> {
    (0..points).map(|k| k as f64 * step).collect()
}

fn with(
    options: DecayOptions,
    x: &[f64],
    f: impl Fn(f64) -> f64,
) -> drift_metrics::timescale::DecayFit {
    let y: Vec<f64> = x.iter().map(|&x| f(x)).collect();
    fit_decay(x, &y, &options).unwrap()
}

#[test]
fn a_noiseless_decay_returns_its_timescale() {
    for robust in [true, false] {
        let options = DecayOptions {
            robust,
            ..DecayOptions::default()
        };
        for (points, step, tau) in [
            (50, 1.0, 12.5),
            (2000, 2500.0, 2e5),
            (30, 1e-3, 0.2),
            (400, 1.0, 2.0),
            (8, 1.0, 3.0),
        ] {
            let fit = with(options, &axis(points, step), |x| (-x / tau).exp());
            assert!((fit.timescale / tau - 1.0).abs() < 1e-10, "{tau}: {fit:?}");
            assert!(fit.plateau.abs() < 1e-10 && (fit.amplitude - 1.0).abs() < 1e-10);
            assert!(
                fit.timescale_interval.lower / tau > 1.0 - 1e-5
                    && fit.timescale_interval.upper / tau < 1.0 + 1e-5
            );
            assert!(fit.p_value < 1e-6);
        }
    }
}

#[test]
fn values_at_and_below_zero_need_no_care() {
    let fit = with(DecayOptions::default(), &axis(300, 1.0), |x| {
        -5.0 + 3.0 * (-x / 40.0).exp()
    });
    assert!((fit.timescale / 40.0 - 1.0).abs() < 1e-9 && (fit.plateau + 5.0).abs() < 1e-9);
    let rising = with(DecayOptions::default(), &axis(300, 1.0), |x| {
        2.0 - 2.0 * (-x / 40.0).exp()
    });
    assert!(
        (rising.amplitude + 2.0).abs() < 1e-9
            && (rising.log10_rate() + 40.0_f64.log10()).abs() < 1e-9
    );
    assert!((rising.settled_at(0.95) - 40.0 * 20.0_f64.ln()).abs() < 1e-6);
    assert!((rising.value_at(40.0) - 2.0 * (1.0 - (-1.0_f64).exp())).abs() < 1e-9);
}

#[test]
fn a_shifted_axis_and_uneven_samples_change_nothing() {
    let x: Vec<f64> = (0..60)
        .map(|k| 1e6 + 10_f64.powf(f64::from(k) / 10.0))
        .collect();
    let fit = with(DecayOptions::default(), &x, |x| {
        0.1 + (-(x - 1e6) / 3e4).exp()
    });
    assert!((fit.timescale / 3e4 - 1.0).abs() < 1e-8, "{fit:?}");
}

#[test]
fn single_outliers_do_not_decide() {
    let x = axis(200, 1.0);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let y: Vec<f64> = x
        .iter()
        .enumerate()
        .map(|(k, x)| {
            let clean = 1.0 + 2.0 * (-x / 30.0).exp() + 0.01 * normal(&mut rng);
            if k % 25 == 7 { clean - 8.0 } else { clean }
        })
        .collect();
    let robust = fit_decay(&x, &y, &DecayOptions::default()).unwrap();
    let plain = fit_decay(
        &x,
        &y,
        &DecayOptions {
            robust: false,
            ..DecayOptions::default()
        },
    )
    .unwrap();
    assert!((robust.timescale / 30.0 - 1.0).abs() < 0.1, "{robust:?}");
    assert!((robust.timescale - 30.0).abs() < (plain.timescale - 30.0).abs());
}

#[test]
fn intervals_cover_the_truth_about_as_often_as_they_say() {
    let x = axis(150, 1.0);
    let tau = 35.0;
    for correlation in [0.0, 0.6] {
        let mut covered = 0;
        for seed in 0..200 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut noise = normal(&mut rng);
            let y: Vec<f64> = x
                .iter()
                .map(|x| {
                    noise = correlation * noise
                        + (1.0 - correlation * correlation).sqrt() * normal(&mut rng);
                    0.3 + 0.7 * (-x / tau).exp() + 0.05 * noise
                })
                .collect();
            let fit = fit_decay(&x, &y, &DecayOptions::default()).unwrap();
            covered += usize::from(fit.timescale_interval.contains(tau));
        }
        // 190 expected; correlated residuals are known only roughly.
        let least = if correlation == 0.0 { 180 } else { 170 };
        assert!(
            (least..=199).contains(&covered),
            "{covered} of 200 at correlation {correlation}"
        );
    }
}

#[test]
fn what_the_record_cannot_show_has_an_open_interval() {
    let x = axis(100, 1.0);
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let line: Vec<f64> = x
        .iter()
        .map(|x| 1.0 - 1e-3 * x + 1e-3 * normal(&mut rng))
        .collect();
    let fit = fit_decay(&x, &line, &DecayOptions::default()).unwrap();
    assert_eq!(fit.timescale_interval.upper, f64::INFINITY);
    assert!(fit.p_value < 1e-6);
    let noise: Vec<f64> = x.iter().map(|_| normal(&mut rng)).collect();
    assert!(
        fit_decay(&x, &noise, &DecayOptions::default())
            .unwrap()
            .p_value
            > 1e-3
    );
}

#[test]
fn a_plateau_then_a_transition() {
    let x = axis(400, 5.0);
    let curve = |x: f64| 0.2 + 0.7 * (-(x - 600.0_f64).max(0.0) / 150.0).exp();
    let clean: Vec<f64> = x.iter().map(|&x| curve(x)).collect();
    let fit = fit_delayed_decay(&x, &clean, &DecayOptions::default()).unwrap();
    assert!(
        (fit.onset - 600.0).abs() < 0.5 && (fit.timescale / 150.0 - 1.0).abs() < 1e-3,
        "{fit:?}"
    );
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let noisy: Vec<f64> = clean.iter().map(|y| y + 0.02 * normal(&mut rng)).collect();
    let fit = fit_delayed_decay(&x, &noisy, &DecayOptions::default()).unwrap();
    assert!(
        fit.onset_interval.contains(600.0) && fit.timescale_interval.contains(150.0),
        "{fit:?}"
    );
    assert!(fit.onset_interval.upper - fit.onset_interval.lower < 60.0);
    // Without a plateau the onset is the start.
    let now: Vec<f64> = x.iter().map(|x| (-x / 300.0).exp()).collect();
    let fit = fit_delayed_decay(&x, &now, &DecayOptions::default()).unwrap();
    assert!(
        fit.onset < 5.0 && (fit.timescale / 300.0 - 1.0).abs() < 0.02,
        "{fit:?}"
    );
}

#[test]
fn missing_points_are_left_out_and_counted() {
    let x = axis(60, 1.0);
    let mut y: Vec<f64> = x.iter().map(|x| (-x / 9.0).exp()).collect();
    y[3] = f64::NAN;
    y[40] = f64::NEG_INFINITY;
    let fit = fit_decay(&x, &y, &DecayOptions::default()).unwrap();
    assert_eq!((fit.points, fit.dropped), (58, 2));
    assert!((fit.timescale / 9.0 - 1.0).abs() < 1e-9);
}

#[test]
fn curves_without_a_decay_are_refused() {
    let options = DecayOptions::default();
    assert!(matches!(
        fit_decay(&axis(9, 1.0), &[2.0; 9], &options),
        Err(Error::NoDecay { .. })
    ));
    assert!(matches!(
        fit_decay(&[1.0; 6], &axis(6, 1.0), &options),
        Err(Error::NoDecay { .. })
    ));
    assert!(matches!(
        fit_decay(&axis(4, 1.0), &axis(4, 1.0), &options),
        Err(Error::TooFew { needed: 5, .. })
    ));
    assert!(matches!(
        fit_decay(&[0.0, 1.0, 2.0, 1.0, 3.0], &axis(5, 1.0), &options),
        Err(Error::Entry { index: 3, .. })
    ));
    assert!(fit_decay(&axis(6, 1.0), &axis(5, 1.0), &options).is_err());
    for confidence in [0.0, 1.0, f64::NAN] {
        let options = DecayOptions {
            confidence,
            ..options
        };
        assert!(matches!(
            fit_decay(&axis(9, 1.0), &axis(9, 1.0), &options),
            Err(Error::OutOfRange { .. })
        ));
    }
}

#[test]
fn the_published_procedure_step_by_step() {
    // max 10, min 0: the value closest to 1 is the fifth, so four points are kept; their minimum
    // is 2, so z = 8, 4, 1, 1e-10 (up to rounding); weights are x reversed over max x.
    let (x, y) = (
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
        [10.0, 6.0, 3.0, 2.0, 1.0, 0.0],
    );
    let line = published_rate(&x, &y).unwrap();
    assert_eq!(line.kept, 4);
    let (weights, logs) = (
        [1.0, 2.0 / 3.0, 1.0 / 3.0, 0.0],
        [8.0_f64.ln(), 4.0_f64.ln(), 0.0],
    );
    let total = 2.0;
    let (mean_x, mean_y) = (
        (weights[1] + 2.0 * weights[2]) / total,
        (0..3).map(|k| weights[k] * logs[k]).sum::<f64>() / total,
    );
    let above: f64 = (0..3)
        .map(|k| weights[k] * (x[k] - mean_x) * (logs[k] - mean_y))
        .sum();
    let below: f64 = (0..4).map(|k| weights[k] * (x[k] - mean_x).powi(2)).sum();
    assert!((line.rate / (above / below) - 1.0).abs() < 1e-9, "{line:?}");
    assert!((line.log10_rate() - (-above / below).log10()).abs() < 1e-9);
    assert!((line.intercept - (mean_y - line.rate * mean_x)).abs() < 1e-9);
}

#[test]
fn a_failed_published_fit_is_an_error_and_zero_in_the_table() {
    let constant = published_rate(&axis(9, 1.0), &[1.0; 9]);
    assert!(matches!(constant, Err(Error::TooFew { actual: 0, .. })));
    assert_eq!(published_log_tau(&axis(9, 1.0), &[1.0; 9]), 0.0);
    assert!(published_rate(&[-1.0, 0.0, 1.0], &[3.0, 2.0, 0.0]).is_err());
    assert!(published_rate(&[0.0, 1.0, 2.0], &[3.0, f64::NAN, 0.0]).is_err());
    assert!(published_rate(&[0.0], &[1.0, 2.0]).is_err());
    assert!(published_rate(&[0.0, 0.0, 0.0], &[3.0, 2.0, 0.0]).is_err());
}
