//! The sample of real cells against what the published code printed for it.

use drift_sim::data::mat::{MatFile, MatRef};
use drift_sim::data::ziv_lab::unbiased_information::{Options, load_files};
use drift_sim::learn::{Stream, Streams};
use drift_sim::metrics::information::bias::{Settings, estimate_sparse, naive_information};
use drift_sim::metrics::information::{ResponseClasses, mutual_information};
use drift_sim::metrics::pearson;
use drift_sim::metrics::shuffle::cyclic_shift_test;

use super::shared;
use super::side::states;
use super::tally::Tally;

/// The analysis of the published sample runs at 20 Hz.
const FRAME: f64 = 0.05;

fn indices(list: &MatRef<'_>) -> Vec<usize> {
    list.vector()
        .unwrap()
        .iter()
        .map(|index| *index as usize - 1)
        .collect()
}

/// Averages over cells must agree to this share.
fn average(tally: &mut Tally, name: &str, found: f64, printed: &MatRef<'_>, share: f64) {
    let expected = printed.scalar().unwrap();
    tally.within(name, found, expected, share * expected);
}

#[test]
fn real_sample() {
    let Some(data) = shared::data() else { return };
    let folder = data.join("place_cells/sample_real");
    let recording = load_files(
        folder.join("spike_train.mat"),
        folder.join("stimulus_trace.mat"),
        None,
        &Options {
            rate_hz: Some(1.0 / FRAME),
        },
    )
    .unwrap();
    let session = &recording.sessions[0];
    let activity = session.sparse_activity().unwrap();
    let states = states(session);

    let results = MatFile::open(folder.join("bias_correction_results.mat")).unwrap();
    let results = results
        .get("unbiased_information_estimation_results")
        .unwrap();
    let firing = results.field("firing_statistics").unwrap();
    let printed = results.field("information").unwrap();
    let field = |name: &str| printed.field(name).unwrap();
    let significant = indices(&firing.field("significant_active_cells_indexes").unwrap());
    let active = indices(&firing.field("sufficiently_active_cells_indexes").unwrap());

    let mut tally = Tally::default();
    let settings = Settings::default();
    let mut rng = Streams::new(2022).named(Stream::Shuffles);
    let report = estimate_sparse(&activity, &states, FRAME, &settings, &mut rng).unwrap();
    assert_eq!(report.active_cells, active);
    tally.values += active.len();
    let share = firing
        .field("fraction_sufficiently_active_cells")
        .unwrap()
        .scalar()
        .unwrap();
    tally.within("fraction active", report.fraction_active(), share, 1e-12);
    // Against all shifts the choice is not random: all published cells, and few others.
    let tested = activity.select(&active).unwrap();
    let test = cyclic_shift_test(&tested, &states, 0.05).unwrap();
    let chosen: Vec<usize> = test
        .significant_cells()
        .iter()
        .map(|index| active[*index])
        .collect();
    assert!(
        significant.iter().all(|cell| chosen.contains(cell)),
        "{chosen:?}"
    );
    assert!(chosen.len() <= 95, "{} significant cells", chosen.len());
    tally.values += significant.len();
    // Against 1000 random shifts a cell at the threshold may fall out (all 89 stay with one seed in three); one whose
    // share of all shifts is below 0.04 must stay.
    for (cell, p_value) in active.iter().zip(&test.p_values) {
        if significant.contains(cell) && *p_value < 0.04 {
            assert!(
                report.significant_cells.contains(cell),
                "cell {} (p = {p_value})",
                cell + 1
            );
            tally.values += 1;
        }
    }
    assert!(
        report.significant_cells.len() <= 95,
        "{} significant cells",
        report.significant_cells.len()
    );

    let naive = naive_information(&activity, &states, FRAME).unwrap();
    let classes = ResponseClasses::published(&activity);
    let mutual = mutual_information(&activity, &states, &classes).unwrap();
    let rates = firing.field("average_rates_significant_cells").unwrap();
    for (name, found, expected) in [
        (
            "naive bits per spike",
            &naive.bits_per_spike,
            field("SI_naive_bit_spike"),
        ),
        (
            "naive bits per second",
            &naive.bits_per_second,
            field("SI_naive_bit_sec"),
        ),
        ("naive mutual information", &mutual, field("MI_naive")),
        ("rate", &naive.rates, rates),
    ] {
        for (cell, expected) in significant.iter().zip(expected.vector().unwrap().iter()) {
            tally.within(name, found[*cell], *expected, 1e-12);
        }
    }

    let per_spike = &report.bits_per_spike.average;
    average(
        &mut tally,
        "SSR per spike",
        per_spike.ssr,
        &field("average_SI_SSR_bit_spike"),
        0.03,
    );
    average(
        &mut tally,
        "BAE per spike",
        per_spike.bae,
        &field("average_SI_BAE_bit_spike"),
        0.03,
    );
    let per_second = &report.bits_per_second.average;
    average(
        &mut tally,
        "SSR per second",
        per_second.ssr,
        &field("average_SI_SSR_bit_sec"),
        0.015,
    );
    average(
        &mut tally,
        "BAE per second",
        per_second.bae,
        &field("average_SI_BAE_bit_sec"),
        0.015,
    );
    let mutual = &report.mutual_information.average;
    average(
        &mut tally,
        "SSR of mutual information",
        mutual.ssr,
        &field("average_MI_SSR"),
        0.03,
    );
    average(
        &mut tally,
        "BAE of mutual information",
        mutual.bae,
        &field("average_MI_BAE"),
        0.03,
    );

    for (name, found, expected) in [
        (
            "SSR per spike",
            report.bits_per_spike.ssr(),
            field("SI_SSR_bit_spike"),
        ),
        (
            "BAE per spike",
            report.bits_per_spike.bae(),
            field("SI_BAE_bit_spike"),
        ),
    ] {
        let expected = expected.vector().unwrap();
        let (found, expected): (Vec<f64>, Vec<f64>) = significant
            .iter()
            .zip(expected.iter())
            .filter_map(|(cell, expected)| {
                let position = report
                    .significant_cells
                    .iter()
                    .position(|found| found == cell)?;
                Some((found[position], *expected))
            })
            .unzip();
        let r = pearson(&found, &expected).unwrap();
        assert!(r > 0.99, "{name}: correlation {r}");
        tally.values += 1;
    }
    println!("checked place_cells/sample_real: {} values", tally.values);
    println!(
        "  significant {} (published 89), bits per spike SSR {:.4}, BAE {:.4}; per second SSR {:.4}, BAE {:.4}; \
         mutual information SSR {:.5}, BAE {:.5}",
        report.significant_cells.len(),
        per_spike.ssr,
        per_spike.bae,
        per_second.ssr,
        per_second.bae,
        mutual.ssr,
        mutual.bae
    );
}
