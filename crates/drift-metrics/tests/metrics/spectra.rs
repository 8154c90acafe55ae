use drift_metrics::Error;
use drift_metrics::spectrum::{
    Tolerance, compare, effective_rank, fraction_nonzero, log_sum, log10_histogram,
    published_fraction_positive, summarise,
};

/// Four true eigenvalues, four that are rounding of zero.
const SPECTRUM: [f64; 8] = [1e-16, 8.0, -3e-17, 2.0, 0.0, 0.5, -1e-18, 0.25];

#[test]
fn counting_has_a_tolerance_and_the_published_count_does_not() {
    assert_eq!(fraction_nonzero(&SPECTRUM, Tolerance::default()), Ok(0.5));
    assert_eq!(published_fraction_positive(&SPECTRUM), 5.0 / 8.0);
    assert_eq!(
        fraction_nonzero(&SPECTRUM, Tolerance::Relative(0.1)),
        Ok(0.25)
    );
    assert_eq!(
        fraction_nonzero(&SPECTRUM, Tolerance::Absolute(0.0)),
        Ok(7.0 / 8.0)
    );
}

#[test]
fn a_log_determinant_reports_what_it_left_out() {
    let sum = log_sum(&SPECTRUM, Tolerance::default()).unwrap();
    assert!((sum.value - 2.0_f64.ln()).abs() < 1e-15);
    assert_eq!(
        (sum.kept, sum.dropped_zero, sum.dropped_negative),
        (4, 4, 0)
    );
    let saddle = log_sum(&[3.0, -2.0, -1e-3, 1e-12], Tolerance::default()).unwrap();
    assert_eq!(
        (saddle.kept, saddle.dropped_zero, saddle.dropped_negative),
        (1, 1, 2)
    );
    assert_eq!(saddle.value, 3.0_f64.ln());
    let flat = log_sum(&[0.0; 3], Tolerance::default()).unwrap();
    assert_eq!((flat.value, flat.kept, flat.dropped_zero), (0.0, 0, 3));
}

#[test]
fn the_effective_rank_of_equal_eigenvalues_is_their_number() {
    let rank = effective_rank(&[3.0, 0.0, 3.0, 3.0, 1e-17], Tolerance::default()).unwrap();
    assert!((rank - 3.0).abs() < 1e-14);
    assert!((effective_rank(&[1e300, 1.0], Tolerance::default()).unwrap() - 1.0).abs() < 1e-14);
    assert_eq!(effective_rank(&[0.0, -1.0], Tolerance::default()), Ok(0.0));
}

#[test]
fn a_summary_holds_trace_maximum_and_logs() {
    let summary = summarise(&SPECTRUM, Tolerance::default()).unwrap();
    assert_eq!(
        (summary.count, summary.sum, summary.maximum),
        (8, 10.75, 8.0)
    );
    assert_eq!((summary.log_sum.kept, summary.fraction_nonzero), (4, 0.5));
}

#[test]
fn two_signatures_of_noise() {
    let before = [4.0, 4.0, 4.0, 4.0, 0.0];
    // Label noise lowers all, update noise removes some.
    let label = compare(&before, &[1.0, 1.0, 1.0, 1.0, 0.0], Tolerance::default()).unwrap();
    assert_eq!(
        (label.sum_ratio, label.maximum_ratio, label.nonzero_change),
        (0.25, 0.25, 0)
    );
    assert!((label.log_sum_change_shared + 4.0 * 4.0_f64.ln()).abs() < 1e-14);
    let update = compare(&before, &[0.0, 8.0, 0.0, 1e-17, 8.0], Tolerance::default()).unwrap();
    assert_eq!((update.sum_ratio, update.nonzero_change), (1.0, -2));
    assert_eq!(
        update.ranked,
        [(4.0, 8.0), (4.0, 8.0), (4.0, 0.0), (4.0, 0.0)]
    );
    assert!((update.log_sum_change_shared - 2.0 * 2.0_f64.ln()).abs() < 1e-14);
    assert!(update.after.log_sum.value < update.before.log_sum.value);
}

#[test]
fn histograms_share_their_bins() {
    let histogram = log10_histogram(
        &[&[1.0, 10.0, 100.0], &[1e-2, 0.0]],
        4,
        Tolerance::default(),
    )
    .unwrap();
    assert_eq!(histogram.edges.as_slice(), [-2.0, -1.0, 0.0, 1.0, 2.0]);
    assert_eq!(histogram.counts, [vec![0, 0, 1, 2], vec![1, 0, 0, 0]]);
    assert_eq!(histogram.not_positive, [0, 1]);
}

#[test]
fn spectra_that_are_none_are_refused() {
    assert!(matches!(
        log_sum(&[], Tolerance::default()),
        Err(Error::TooFew { .. })
    ));
    assert!(matches!(
        summarise(&[1.0, f64::NAN], Tolerance::default()),
        Err(Error::Entry { index: 1, .. })
    ));
    assert!(fraction_nonzero(&[1.0], Tolerance::Absolute(-1.0)).is_err());
    assert!(effective_rank(&[1.0], Tolerance::Relative(f64::NAN)).is_err());
    assert!(compare(&[1.0], &[f64::INFINITY], Tolerance::default()).is_err());
    assert!(log10_histogram(&[&[1.0], &[]], 3, Tolerance::default()).is_err());
    assert!(published_fraction_positive(&[]).is_nan());
}
