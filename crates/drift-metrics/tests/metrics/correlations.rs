use drift_metrics::increments::drift_velocity;
use drift_metrics::nalgebra::DMatrix;
use drift_metrics::{BinEdges, Error, RateMap, Unvisited, paper, pearson, rate_map_correlation};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn map(occupancy: &[f64], rates: DMatrix<f64>) -> RateMap {
    RateMap::new(
        BinEdges::equal(0.0, 1.0, occupancy.len()).unwrap(),
        occupancy.to_vec(),
        rates,
    )
    .unwrap()
}

#[test]
fn pearson_on_known_vectors() {
    assert_eq!(pearson(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]), Ok(1.0));
    assert!((pearson(&[1.0, 2.0, 3.0], &[1.0, 0.0, -1.0]).unwrap() + 1.0).abs() < 1e-15);
    // Deviations (−1, 0, 1) and (−4, 5, −1)/3.
    let expected = 1.0 / (2.0_f64 * 42.0 / 9.0).sqrt();
    assert!((pearson(&[1.0, 2.0, 3.0], &[0.0, 3.0, 1.0]).unwrap() - expected).abs() < 1e-15);
    assert!(
        (pearson(&[1e200, 2e200, 3e200], &[0.0, 3e-200, 1e-200]).unwrap() - expected).abs() < 1e-15
    );
}

#[test]
fn what_has_no_correlation_is_nan() {
    assert!(pearson(&[1.0, 1.0], &[1.0, 2.0]).unwrap().is_nan());
    assert!(
        pearson(&[0.1 + 0.2, 0.3], &[1.0, 2.0]).unwrap().is_nan(),
        "constant up to rounding"
    );
    assert!(pearson(&[1.0], &[1.0]).unwrap().is_nan());
    assert!(pearson(&[], &[]).unwrap().is_nan());
    assert_eq!(
        pearson(&[1.0, f64::NAN, 2.0, 3.0], &[1.0, 9.0, 2.0, 3.0]),
        Ok(1.0),
        "pairs with a gap are left out"
    );
    assert!(matches!(pearson(&[1.0], &[]), Err(Error::Length { .. })));
}

#[test]
fn the_mean_is_over_units_included_at_both_times() {
    let first = map(
        &[1.0; 3],
        DMatrix::from_column_slice(3, 3, &[1.0, 2.0, 3.0, 1.0, 0.0, 0.0, 2.0, 2.0, 2.0]),
    );
    let second = map(
        &[1.0; 3],
        DMatrix::from_column_slice(3, 3, &[2.0, 4.0, 6.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0]),
    );
    let all = vec![vec![true; 3]; 2];
    let both = rate_map_correlation(&[first.clone(), second.clone()], &all).unwrap();
    // Unit 0: 1; unit 1: −½; unit 2 is constant at the first time and has no correlation.
    assert!((both.correlation[(0, 1)] - 0.25).abs() < 1e-15);
    assert_eq!(both.correlation[(0, 1)], both.correlation[(1, 0)]);
    assert_eq!(
        (both.shared_units[(0, 1)], both.shared_units[(1, 1)]),
        (2, 3)
    );
    assert_eq!(both.correlation[(0, 0)], 1.0);

    let disjoint = vec![vec![true, false, false], vec![false, true, false]];
    let none = rate_map_correlation(&[first.clone(), second.clone()], &disjoint).unwrap();
    assert!(none.correlation[(0, 1)].is_nan());
    assert_eq!(none.correlation[(1, 1)], 1.0);
    assert_eq!(none.by_lag()[0], 1.0);
    assert!(none.by_lag()[1].is_nan());

    assert!(rate_map_correlation(std::slice::from_ref(&first), &all).is_err());
    assert!(rate_map_correlation(&[first, second], &[vec![true; 3], vec![true; 2]]).is_err());
    assert_eq!(rate_map_correlation(&[], &[]).unwrap().correlation.len(), 0);
}

#[test]
fn one_product_equals_all_pairs() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let (bins, units, times) = (20, 150, 6);
    let gap = |mut occupancy: Vec<f64>, bin: usize| {
        occupancy[bin] = 0.0;
        occupancy
    };
    let included: Vec<Vec<bool>> = (0..times)
        .map(|_| (0..units).map(|_| rng.random_bool(0.7)).collect())
        .collect();
    let mut maps = |gap_of: &dyn Fn(usize) -> usize| -> Vec<RateMap> {
        (0..times)
            .map(|time| {
                map(
                    &gap(vec![1.0; bins], gap_of(time)),
                    DMatrix::from_fn(bins, units, |_, _| rng.random::<f64>()),
                )
            })
            .collect()
    };
    // The same gap at all times takes the product, a moving one goes through all pairs.
    for maps in [maps(&|_| 3), maps(&|time| time)] {
        let result = rate_map_correlation(&maps, &included).unwrap();
        for early in 0..times {
            for late in 0..times {
                let values: Vec<f64> = (0..units)
                    .filter(|&unit| included[early][unit] && included[late][unit])
                    .map(|unit| pearson(maps[early].unit(unit), maps[late].unit(unit)).unwrap())
                    .collect();
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                assert!((result.correlation[(early, late)] - mean).abs() < 1e-13);
                assert_eq!(result.shared_units[(early, late)], values.len());
            }
        }
    }
}

#[test]
fn figure_2e_selects_place_units_and_keeps_its_diagonal() {
    let position: Vec<f64> = (0..60).map(|k| (f64::from(k) * 0.11).sin()).collect();
    let field = |centre: f64| {
        DMatrix::from_fn(60, 2, |k, unit| {
            if unit == 0 {
                (-(position[k] - centre).powi(2) * 8.0).exp()
            } else {
                1.0
            }
        })
    };
    let silent = DMatrix::zeros(60, 2);
    let times = [field(-0.5), field(-0.4), field(0.8), silent];
    let views: Vec<_> = times.iter().map(DMatrix::as_view).collect();
    let result = paper::rate_map_correlation(&position, &views).unwrap();
    assert_eq!(
        result.shared_units[(0, 1)],
        1,
        "the constant unit is no place unit"
    );
    assert!(
        result.correlation[(0, 1)] > 0.9 && result.correlation[(0, 2)] < result.correlation[(0, 1)]
    );
    assert!(result.correlation[(0, 3)].is_nan());
    assert_eq!(
        (result.shared_units[(3, 3)], result.correlation[(3, 3)]),
        (0, 1.0)
    );
}

#[test]
fn directed_and_random_motion_are_told_apart() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let (bins, units, times) = (40, 100, 60);
    let clock: Vec<f64> = (0..times).map(|k| 100.0 * k as f64).collect();
    let walk = |velocity: f64, diffusion: f64, rng: &mut ChaCha8Rng| -> Vec<RateMap> {
        let mut rates = DMatrix::from_element(bins, units, 10.0);
        clock
            .iter()
            .map(|_| {
                let now = map(&vec![1.0; bins], rates.clone());
                rates.apply(|rate| {
                    let (u, v): (f64, f64) = (rng.random(), rng.random());
                    let normal = (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos();
                    *rate += velocity * 100.0 + normal * (2.0 * diffusion * 100.0).sqrt();
                });
                now
            })
            .collect()
    };
    let random = drift_velocity(&walk(0.0, 3e-4, &mut rng), &clock).unwrap();
    assert!((random.diffusion / 3e-4 - 1.0).abs() < 0.05, "{random:?}");
    assert!(random.directed_share(1000.0) < 0.05);
    assert!((random.log10_diffusion() - 3e-4_f64.log10()).abs() < 0.03);
    let both = drift_velocity(&walk(2e-3, 3e-4, &mut rng), &clock).unwrap();
    assert!((both.velocity / 2e-3 - 1.0).abs() < 0.05 && (both.diffusion / 3e-4 - 1.0).abs() < 0.1);
    let straight = drift_velocity(&walk(2e-3, 0.0, &mut rng), &clock).unwrap();
    assert!((straight.velocity / 2e-3 - 1.0).abs() < 1e-9 && straight.diffusion < 1e-12);
    assert!(
        straight
            .speed
            .iter()
            .all(|speed| (speed / 2e-3 - 1.0).abs() < 1e-9)
    );
    assert_eq!(
        (straight.lags.len(), straight.pairs[0], straight.pairs[58]),
        (59, 59, 1)
    );
    let still = drift_velocity(&walk(0.0, 0.0, &mut rng), &clock).unwrap();
    assert_eq!((still.velocity, still.diffusion), (0.0, 0.0));
    assert!(still.directed_share(1.0).is_nan() && still.log10_velocity() == f64::NEG_INFINITY);
}

#[test]
fn motion_needs_maps_that_can_be_compared() {
    let one = map(&[1.0, 0.0], DMatrix::from_element(2, 1, 1.0));
    let other = map(&[0.0, 1.0], DMatrix::from_element(2, 1, 1.0));
    let three = [one.clone(), other.clone(), one.clone()];
    assert!(
        matches!(
            drift_velocity(&three, &[0.0, 1.0, 2.0]),
            Err(Error::TooFew { .. })
        ),
        "no bin in common"
    );
    let zeroed = three.map(|map| map.with_unvisited(Unvisited::Zero));
    assert!(drift_velocity(&zeroed, &[0.0, 1.0, 2.0]).is_ok());
    assert!(drift_velocity(&zeroed, &[0.0, 1.0, 1.0]).is_err());
    assert!(drift_velocity(&zeroed, &[0.0, 1.0]).is_err());
    assert!(drift_velocity(&zeroed[..2], &[0.0, 1.0]).is_err());
}
