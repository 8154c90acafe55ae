//! Figure 3 from files in the layouts of the paper's laboratories, made here with numbers whose
//! results can be computed by hand.

use std::fs;

use crate::analyze::column;
use crate::bench::Bench;
use crate::mat::{Mat, write};

/// Seconds between samples of the W-track: 80 of them are two minutes.
const STEP: f64 = 1.5;

/// Samples in which the rat runs; 16 more follow in which it stands at the start.
const RUNNING: usize = 64;

/// Place of a running sample: each of two squares 32 times, in an order that no shift repeats.
fn place(sample: usize) -> usize {
    (sample * (sample + 1) / 2) % 64 / 32
}

/// What a cell of the W-track does.
#[derive(Clone, Copy)]
enum Fires {
    /// In the second square, and while the rat stands: 1 bit, if it runs.
    There,
    /// In every sample: no information.
    Always,
    /// In three samples of each square: no information, few spikes.
    Rarely,
    /// Never.
    Never,
}

fn spikes(fires: Fires) -> Mat {
    let of_place = |wanted: usize| (0..RUNNING).filter(move |sample| place(*sample) == wanted);
    let samples: Vec<usize> = match fires {
        Fires::There => of_place(1).chain(RUNNING..RUNNING + 16).collect(),
        Fires::Always => (0..RUNNING + 16).collect(),
        Fires::Rarely => of_place(0).take(3).chain(of_place(1).take(3)).collect(),
        Fires::Never => Vec::new(),
    };
    let times: Vec<f64> = samples.iter().map(|sample| *sample as f64 * STEP).collect();
    Mat::Struct(vec![
        ("data", Mat::Numbers(vec![times.len(), 1], times)),
        ("fields", Mat::Text("time x")),
    ])
}

fn positions() -> Mat {
    let samples = RUNNING + 16;
    let runs = |sample: usize| sample < RUNNING;
    let columns: [Box<dyn Fn(usize) -> f64>; 5] = [
        Box::new(|sample| sample as f64 * STEP),
        Box::new(move |sample| {
            if runs(sample) {
                5.0 * place(sample) as f64
            } else {
                0.0
            }
        }),
        Box::new(|_| 1.0),
        Box::new(|_| 0.0),
        Box::new(move |sample| if runs(sample) { 5.0 } else { 0.5 }),
    ];
    let data = columns
        .iter()
        .flat_map(|column| (0..samples).map(column))
        .collect();
    Mat::Struct(vec![
        ("data", Mat::Numbers(vec![samples, 5], data)),
        ("fields", Mat::Text("time x y dir vel")),
    ])
}

/// A rat of Karlsson's laboratory: W-track A on two days, B on the first. The second tetrode is in
/// CA3.
fn karlsson(bench: &Bench) -> String {
    use Fires::{Always, Never, Rarely, There};
    type Epoch = (&'static str, f64, Vec<Vec<Fires>>);
    let days: [Vec<Epoch>; 2] = [
        vec![
            ("A", 1.0, vec![vec![There, Always, Rarely], vec![There]]),
            ("B", 1.0, vec![vec![There, Never, Rarely]]),
        ],
        vec![("A", 2.0, vec![vec![There, There]])],
    ];
    let folder = bench.path("rat");
    let mut info = Vec::new();
    for (day, epochs) in days.iter().enumerate() {
        // The file of a day has the earlier days empty.
        let nested = |cells: Vec<Mat>| {
            let mut all = vec![Mat::empty(); day];
            all.push(Mat::row(cells));
            Mat::row(all)
        };
        let clusters = |of: &dyn Fn(usize, Fires) -> Mat| -> Vec<Mat> {
            let epoch = |tetrodes: &Vec<Vec<Fires>>| {
                let tetrodes = tetrodes.iter().enumerate().map(|(tetrode, cells)| {
                    Mat::row(cells.iter().map(|fires| of(tetrode, *fires)).collect())
                });
                Mat::row(tetrodes.collect())
            };
            epochs
                .iter()
                .map(|(_, _, tetrodes)| epoch(tetrodes))
                .collect()
        };
        let task = epochs.iter().map(|(environment, exposure, _)| {
            Mat::Struct(vec![
                ("type", Mat::Text("run")),
                ("environment", Mat::Text(environment)),
                ("exposure", Mat::number(*exposure)),
            ])
        });
        let file = |what: &str| folder.join(format!("rat{what}{:02}.mat", day + 1));
        write(
            &file("spikes"),
            &[("spikes", nested(clusters(&|_, fires| spikes(fires))))],
        );
        let pos = epochs.iter().map(|_| positions()).collect();
        write(&file("pos"), &[("pos", nested(pos))]);
        write(&file("task"), &[("task", nested(task.collect()))]);
        let area = |tetrode| Mat::Text(if tetrode == 0 { "CA1" } else { "CA3" });
        info.push(Mat::row(clusters(&|tetrode, _| {
            Mat::Struct(vec![("area", area(tetrode))])
        })));
    }
    write(
        &folder.join("ratcellinfo.mat"),
        &[("cellinfo", Mat::row(info))],
    );
    folder.to_str().expect("a name").to_owned()
}

/// A mouse of Jercog's laboratory: maps of two of four squares, and the way it took. It is three
/// times as long in the first square as in the second. One cell is silent in the first square, one
/// is below 0.1 Hz, one fires everywhere alike and on the second day hardly.
fn jercog(bench: &Bench) -> String {
    let nan = f64::NAN;
    let day = |steady: f64| {
        let maps = [
            [0.0, 4.0, nan, nan],
            [0.08, 0.08, nan, nan],
            [steady, steady, nan, nan],
        ];
        Mat::Numbers(vec![2, 2, 3], maps.concat())
    };
    let x = |sample: usize| if sample % 4 == 3 { 7.0 } else { 2.0 };
    let columns: [&dyn Fn(usize) -> f64; 3] = [&|sample| 0.1 * sample as f64, &x, &|_| 2.0];
    let path = columns
        .iter()
        .flat_map(|column| (0..40).map(column))
        .collect();
    let path = Mat::Numbers(vec![40, 3], path);
    let variables = [
        ("rate_maps", Mat::row(vec![day(1.0), day(0.05)])),
        ("trajectory", Mat::row(vec![path.clone(), path])),
        ("day", Mat::Numbers(vec![1, 2], vec![1.0, 3.0])),
    ];
    let file = bench.path("mouse.mat");
    write(&file, &variables);
    file.to_str().expect("a name").to_owned()
}

/// A mouse of the Ziv laboratory as `cell_assemblies` publishes it: three registered cells, of which
/// the last is not found in the second session. The first cell has 1 bit, the others none.
fn sheintuch(bench: &Bench) -> String {
    let (sessions, halves, cells, bins, directions) = (2, 2, 3, 2, 2);
    let mut maps = Vec::new();
    for _direction in 0..directions {
        for bin in 0..bins {
            for cell in 0..cells {
                let rate = if cell == 0 { 2.0 * bin as f64 } else { 1.0 };
                for _half in 0..halves {
                    maps.extend([rate, if cell == 2 { f64::NAN } else { rate }]);
                }
            }
        }
    }
    let list = |values: &[f64]| Mat::Numbers(vec![values.len(), 1], values.to_vec());
    // Session × half: both halves of the first session, then of the second, column by column.
    let significant = |lists: [&[f64]; 4]| Mat::Cells(vec![2, 2], lists.map(list).to_vec());
    let data = Mat::Struct(vec![
        (
            "rate_maps_trials",
            Mat::Numbers(vec![sessions, halves, cells, bins, directions], maps),
        ),
        (
            "cell_to_index_map",
            Mat::Numbers(vec![3, 2], vec![1., 2., 3., 1., 2., 0.]),
        ),
        ("number_of_neurons_sessions", list(&[3.0, 2.0])),
        ("average_firing_rates_sessions", list(&[1.0, 1.0])),
        (
            "SI_SSR_bit_spike_sessions",
            Mat::Cells(vec![2, 1], vec![list(&[1.0]), list(&[1.5])]),
        ),
        ("average_SI_SSR_bit_spike_sessions", list(&[1.0, 1.5])),
        ("PV_correlations", Mat::Numbers(vec![4, 4], vec![1.0; 16])),
        ("mean_PV_dynamics", list(&[1.0, 0.5])),
        ("mean_rate_dynamics", list(&[1.0, 0.5])),
        // Right: cells 1 and 2 in one half of session 1; left: cell 3. Session 2: cell 1.
        (
            "significant_right_trials",
            significant([&[1.0, 2.0], &[1.0], &[1.0], &[]]),
        ),
        (
            "significant_left_trials",
            significant([&[3.0], &[], &[], &[]]),
        ),
    ]);
    let file = bench.path("assemblies/C99M1.mat");
    write(&file, &[("this_mouse_data", data)]);
    bench
        .path("assemblies")
        .to_str()
        .expect("a name")
        .to_owned()
}

/// Runs an analysis into `out` and gives its table of sessions.
fn analyze(bench: &Bench, out: &str, arguments: &[&str]) -> String {
    let few = ["--subsamplings", "0", "--out", out];
    bench
        .drift(&[&["analyze"], arguments, &few].concat())
        .expect_success();
    bench.text(&format!("{out}/sessions.csv"))
}

/// A column as numbers; NaN where it is empty.
fn numbers(table: &str, name: &str) -> Vec<f64> {
    column(table, name)
        .iter()
        .map(|field| field.parse().unwrap_or(f64::NAN))
        .collect()
}

fn close(found: &[f64], expected: &[f64], what: &str) {
    let near = |(a, b): (&f64, &f64)| a.is_nan() && b.is_nan() || (a - b).abs() < 1e-12;
    let same = found.len() == expected.len() && found.iter().zip(expected).all(near);
    assert!(same, "{what}: {found:?}, expected {expected:?}");
}

/// Rows (time, animals, mean, SEM) of a quantity in `cohort.csv`.
fn cohort(bench: &Bench, out: &str, quantity: &str) -> Vec<[f64; 4]> {
    let table = bench.text(&format!("{out}/cohort.csv"));
    let names = column(&table.replace(", ", "; "), "quantity");
    let wanted = quantity.replace(", ", "; ");
    let table = table.replace(", ", "; ");
    let columns = ["time", "animals", "mean", "sem"].map(|name| numbers(&table, name));
    (0..names.len())
        .filter(|row| names[*row].trim_matches('"') == wanted)
        .map(|row| [0, 1, 2, 3].map(|column| columns[column][row]))
        .collect()
}

fn cohort_is(bench: &Bench, out: &str, quantity: &str, expected: &[[f64; 4]]) {
    let found = cohort(bench, out, quantity);
    close(found.as_flattened(), expected.as_flattened(), quantity);
}

const NAN: f64 = f64::NAN;

#[test]
fn the_rats_of_karlsson_are_pooled_by_exposure() {
    let bench = Bench::new("karlsson");
    let rat = karlsson(&bench);
    let hc6 = ["hc6", &rat, "--laboratory", "karlsson"];
    // In the order of the environments: A on both days, then B.
    let table = analyze(&bench, "out", &hc6);
    assert_eq!(column(&table, "environment"), ["A", "A", "B"]);
    close(&numbers(&table, "exposure"), &[1., 2., 1.], "exposure");
    close(&numbers(&table, "day"), &[1., 2., 1.], "day");
    close(&numbers(&table, "minutes"), &[2., 4., 2.], "minutes");
    // CA1 only; ten active samples while running; bits of those that are active.
    close(&numbers(&table, "found_cells"), &[3., 2., 3.], "found");
    close(&numbers(&table, "active_cells"), &[2., 2., 1.], "active");
    close(&numbers(&table, "tested_cells"), &[2., 2., 1.], "tested");
    close(&numbers(&table, "place_cells"), &[1., 2., 1.], "place");
    close(
        &numbers(&table, "place_share_of_tested"),
        &[0.5, 1., 1.],
        "of tested",
    );
    close(
        &numbers(&table, "place_share_of_found"),
        &[1. / 3., 1., 1. / 3.],
        "of found",
    );
    close(
        &numbers(&table, "place_share_of_registered"),
        &[NAN; 3],
        "of registered",
    );
    close(
        &numbers(&table, "mean_si_bits_per_spike"),
        &[0.5, 1., 1.],
        "information",
    );
    // Clusters of one day are the same cells in both environments of it, but not on another day.
    close(&numbers(&table, "kept"), &[NAN; 3], "identity");
    // Exposure 1 pools the six cells of A and B: two place cells; three active ones, 2 bits.
    cohort_is(
        &bench,
        "out",
        "place cells, share of found",
        &[[1., 1., 1., NAN], [2., 1., 3., NAN]],
    );
    cohort_is(
        &bench,
        "out",
        "information, naive",
        &[[1., 1., 1., NAN], [2., 1., 1.5, NAN]],
    );
    cohort_is(
        &bench,
        "out",
        "active cells",
        &[[1., 1., 1., NAN], [2., 1., 2. / 3., NAN]],
    );
    let tested = [&hc6[..], &["--share-of", "tested"]].concat();
    analyze(&bench, "tested", &tested);
    let expected = [[1., 1., 1., NAN], [2., 1., 1.5, NAN]];
    cohort_is(&bench, "tested", "place cells, share of tested", &expected);
    // On the other axes A rises threefold by itself, and B has its first session only.
    for (axis, times) in [
        ("day", [1., 2.]),
        ("session", [1., 2.]),
        ("minutes", [2., 4.]),
    ] {
        analyze(&bench, axis, &[&hc6[..], &["--axis", axis]].concat());
        let expected = [[times[0], 1., 1., NAN], [times[1], 1., 3., NAN]];
        cohort_is(&bench, axis, "place cells, share of found", &expected);
    }
    let report = bench.text("out/report.html");
    for part in ["too few animals", "Karlsson 2015", "-0.048", "Figure 3"] {
        assert!(report.contains(part), "{part}");
    }
}

#[test]
fn filters_are_applied_once_and_leave_what_they_say() {
    let bench = Bench::new("filters");
    let rat = karlsson(&bench);
    let first = |name: &str, arguments: &[&str]| {
        let table = analyze(
            &bench,
            name,
            &[&["hc6", &rat, "--shuffles", "0"], arguments].concat(),
        );
        let of = |column: &str| numbers(&table, column)[0];
        [
            of("found_cells"),
            of("active_cells"),
            of("mean_si_bits_per_spike"),
        ]
    };
    // The format's own: 4 cm/s, all regions, five active samples.
    close(&first("plain", &[]), &[4., 4., 0.5], "as the format asks");
    close(
        &first("region", &["--region", "CA1"]),
        &[3., 3., 1. / 3.],
        "region",
    );
    close(
        &first("frames", &["--active-frames", "10"]),
        &[4., 3., 2. / 3.],
        "active frames",
    );
    // Six spikes in 96 seconds are below 0.1 Hz.
    close(
        &first("rate", &["--min-rate", "0.1"]),
        &[4., 3., 2. / 3.],
        "minimum rate",
    );
    // Standing counts too: the cells of the second square fire in 16 of 48 samples of the first.
    let bits = {
        let (mean, here, there): (f64, f64, f64) = (0.6, 1. / 3., 1.);
        0.6 * here / mean * (here / mean).log2() + 0.4 * there / mean * (there / mean).log2()
    };
    // The rare cell: three spikes in 48 samples, three in 32.
    let rare = {
        let (mean, here, there): (f64, f64, f64) = (6. / 80., 3. / 48., 3. / 32.);
        0.6 * here / mean * (here / mean).log2() + 0.4 * there / mean * (there / mean).log2()
    };
    close(
        &first("speed", &["--speed", "0"]),
        &[4., 4., (2. * bits + rare) / 4.],
        "speed",
    );
}

#[test]
fn the_mice_of_jercog_have_the_occupancy_of_their_way() {
    let bench = Bench::new("jercog");
    let mouse = jercog(&bench);
    let table = analyze(
        &bench,
        "out",
        &["rate-maps", &mouse, "--laboratory", "jercog"],
    );
    close(&numbers(&table, "day"), &[1., 3.], "day");
    close(&numbers(&table, "found_cells"), &[3., 3.], "found");
    close(&numbers(&table, "active_cells"), &[2., 1.], "above 0.1 Hz");
    // A quarter of the time at 4 Hz: ¼ · 4 · log₂ 4 = 2 bits; 0 where it fires alike.
    close(
        &numbers(&table, "mean_si_bits_per_spike"),
        &[1., 2.],
        "information",
    );
    assert_eq!(
        column(&table, "place_cells"),
        ["", ""],
        "maps cannot be tested"
    );
    cohort_is(
        &bench,
        "out",
        "active cells",
        &[[1., 1., 1., NAN], [3., 1., 0.5, NAN]],
    );
    cohort_is(
        &bench,
        "out",
        "information, naive",
        &[[1., 1., 1., NAN], [3., 1., 2., NAN]],
    );
    // Without a way every bin counts alike, without a rate every cell: ½ · 2 · log₂ 2 = 1 bit.
    fs::write(
        bench.path("layout.toml"),
        "trajectory = \"\"\nsubject = \"J1\"\n",
    )
    .expect("written");
    let layout = bench.path("layout.toml");
    let layout = layout.to_str().expect("a name");
    let table = analyze(&bench, "equal", &["rate-maps", &mouse, "--layout", layout]);
    close(&numbers(&table, "active_cells"), &[3., 3.], "all fire");
    close(
        &numbers(&table, "mean_si_bits_per_spike"),
        &[1. / 3., 1. / 3.],
        "equal weights",
    );
    assert_eq!(column(&table, "subject"), ["J1", "J1"]);
    assert!(
        bench
            .text("equal/report.html")
            .contains("every bin with a rate has the same weight")
    );
}

#[test]
fn the_mice_of_sheintuch_have_their_authors_metrics() {
    let bench = Bench::new("sheintuch");
    let mice = sheintuch(&bench);
    let table = analyze(
        &bench,
        "out",
        &["cell-assemblies", &mice, "--laboratory", "sheintuch"],
    );
    close(
        &numbers(&table, "registered_cells"),
        &[3., 3.],
        "registered",
    );
    close(&numbers(&table, "found_cells"), &[3., 2.], "found");
    close(
        &numbers(&table, "active_share_of_registered"),
        &[1., 2. / 3.],
        "of registered",
    );
    close(
        &numbers(&table, "active_share_of_found"),
        &[1., 1.],
        "of found",
    );
    close(
        &numbers(&table, "authors_place_cells"),
        &[3., 1.],
        "significant in either direction",
    );
    close(
        &numbers(&table, "mean_si_bits_per_spike"),
        &[1. / 3., 0.5],
        "own information",
    );
    let share = "place cells, the authors' share of found";
    cohort_is(
        &bench,
        "out",
        share,
        &[[1., 1., 1., NAN], [3., 1., 0.5, NAN]],
    );
    cohort_is(
        &bench,
        "out",
        "information, the authors'",
        &[[1., 1., 1., NAN], [3., 1., 1.5, NAN]],
    );
}

#[test]
fn two_laboratories_pooled_have_the_mean_and_error_of_their_animals() {
    let bench = Bench::new("pooled");
    let (rat, mice) = (karlsson(&bench), sheintuch(&bench));
    analyze(&bench, "rats", &["hc6", &rat, "--laboratory", "karlsson"]);
    let rats = bench.path("rats/sessions.csv");
    let rats = rats.to_str().expect("a name");
    let both = [
        "cell-assemblies",
        &mice,
        "--with",
        rats,
        "--axis",
        "session",
    ];
    analyze(&bench, "both", &both);
    // Rat: ½ to 1 bit in A, B alone at 1: twofold. Mouse: ⅓ to ½: 1.5-fold.
    cohort_is(
        &bench,
        "both",
        "information, naive",
        &[[1., 2., 1., 0.], [2., 2., 1.75, 0.25]],
    );
    // Rat: ⅔ to 1 of the found cells active; mouse: all of them.
    let expected = [[1., 2., 1., 0.], [2., 2., 1.25, 0.25]];
    cohort_is(&bench, "both", "active cells, share of found", &expected);
    // Only the rat has place cells by shuffles.
    let expected = [[1., 1., 1., NAN], [2., 1., 3., NAN]];
    cohort_is(&bench, "both", "place cells, share of found", &expected);
    let trends = bench.text("both/trends.csv").replace(", ", "; ");
    let names = column(&trends, "quantity");
    let information = names
        .iter()
        .position(|name| name.trim_matches('"') == "information; naive")
        .expect("a row");
    close(
        &numbers(&trends, "mean_slope")[information..=information],
        &[0.75],
        "slope",
    );
    close(
        &numbers(&trends, "sem_slope")[information..=information],
        &[0.25],
        "its error",
    );
    assert_eq!(
        column(&trends, "p_value")[information],
        "",
        "two animals have no p"
    );
    // An axis that the files do not tell is refused, with the choice.
    let refused = [
        &["analyze"],
        &both[..4],
        &["--axis", "minutes", "--out", "x"],
    ]
    .concat();
    let said = bench.drift(&refused).expect_failure(1, "minutes");
    assert!(said.contains("another axis"), "{said}");
    fs::write(bench.path("other.csv"), "a,b\n1,2\n").expect("written");
    let other = [
        "analyze",
        "cell-assemblies",
        &mice,
        "--with",
        "other.csv",
        "--out",
        "y",
    ];
    bench.drift(&other).expect_failure(1, "other.csv");
}

#[test]
fn an_animal_whose_first_session_is_zero_is_left_out_and_named() {
    let bench = Bench::new("zero");
    let mice = sheintuch(&bench);
    let header = "kind,format,subject,session,session_number,found_cells,active_cells,tested_cells,place_cells";
    let rows = "recorded,x,Z1,one,1,4,4,4,0\nrecorded,x,Z1,two,2,4,4,4,2\n\
                recorded,x,Z2,one,1,4,4,4,2\nrecorded,x,Z2,two,2,4,4,4,1\n";
    fs::write(bench.path("more.csv"), format!("{header}\n{rows}")).expect("written");
    let with = [
        "cell-assemblies",
        &mice,
        "--with",
        "more.csv",
        "--axis",
        "session",
    ];
    analyze(&bench, "out", &with);
    let expected = [[1., 1., 1., NAN], [2., 1., 0.5, NAN]];
    cohort_is(&bench, "out", "place cells, share of found", &expected);
    assert!(
        bench
            .text("out/report.html")
            .contains("Z1: values of a series[0] is 0")
    );
}

#[test]
fn what_analyze_writes_is_inferred_from() {
    let bench = Bench::new("inferred");
    let rat = karlsson(&bench);
    analyze(&bench, "short", &["hc6", &rat]);
    let said = bench
        .drift(&["infer", "short/sessions.csv"])
        .expect_failure(2, "A");
    assert!(said.contains("2 samples"), "{said}");
    // Ten sessions of one animal, cut from the table's own columns.
    let table = bench.text("short/sessions.csv");
    let (header, row) = (
        table.lines().next().expect("one"),
        table.lines().nth(1).expect("one"),
    );
    let at = header
        .split(',')
        .position(|name| name == "day")
        .expect("a column");
    let rows = (1..=10).map(|day: usize| {
        let mut fields: Vec<String> = row.split(',').map(str::to_owned).collect();
        fields[at] = day.to_string();
        fields.join(",")
    });
    let text: Vec<String> = std::iter::once(header.to_owned()).chain(rows).collect();
    fs::write(bench.path("long.csv"), text.join("\n")).expect("written");
    let said = bench.drift(&["infer", "long.csv"]).expect_success().stdout;
    assert!(
        said.starts_with("rat A\n") || said.starts_with("Rat A\n"),
        "{said}"
    );
    let used = "10 samples of active_fraction, fraction_active_units";
    assert!(said.contains(used), "{said}");
}
