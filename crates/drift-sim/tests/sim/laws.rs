//! Laws of runs and of their files: whatever the scenario, the cut, the bytes.

use super::pauses::assert_pauses_change_nothing;
use drift_sim::engine::Checkpoint;
use drift_sim::infer::{Model, Record, record_of_trace};
use drift_sim::remapping::read_rows;
use drift_sim::{
    Registry, Scenario, Simulation, Sweep, System, Trace, Training, UncheckedScenario, dataset,
    npz, presets,
};
use proptest::prelude::*;

const PRESETS: [&str; 8] = [
    "random-sgd-update",
    "smoothed-adam-label",
    "predictive-rmsprop-update",
    "random-sed-label",
    "corridor-adam",
    "valley",
    "remapping",
    "principal-subspace",
];

fn scenario(preset: &str, seed: u64, changes: &[&str]) -> Scenario {
    let mut unchecked: UncheckedScenario = presets::preset(preset).unwrap().into_unchecked();
    unchecked.set_steps(300);
    let small: &[&str] = match preset {
        "principal-subspace" => &["sampling.linear.samples=7"],
        "remapping" => &[
            "network.hidden=9",
            "sampling.linear.samples=4",
            "measures.remapping.from=0",
        ],
        _ => &["network.hidden=9", "sampling.linear.samples=7"],
    };
    for change in small.iter().chain(changes) {
        unchecked.set(change).unwrap();
    }
    unchecked.seed = seed;
    unchecked.try_into().unwrap()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_resumed_run_is_the_uninterrupted_one(
        preset in prop::sample::select(&PRESETS[..]),
        seed in 0..1000_u64,
        mut cuts in prop::collection::vec(0..300_u64, 1..4),
    ) {
        cuts.sort_unstable();
        let scenario = scenario(preset, seed, &[]);
        assert_pauses_change_nothing(&scenario, &cuts);
    }

    /// With a learning rate of next to nothing, parameters move by the update noise alone: it is the
    /// same whichever other noise is on, and so are data and start.
    #[test]
    fn switching_a_noise_on_leaves_the_draws_of_the_others(
        seed in 0..1000_u64,
        noise in prop::sample::select(vec![
            "noise.label.uniform.width=1.0",
            "noise.label.gaussian.standard_deviation=0.3",
            "noise.input.gaussian.standard_deviation=0.3",
            "noise.input.uniform.width=0.5",
            "noise.activity.before=0.2",
            "noise.activity.after=0.2",
            "noise.dropout.probability=0.3",
            "batch.size=5",
            "decay.rate=0.1",
        ]),
    ) {
        let changes = [
            "rule.sgd.learning_rate=1e-12",
            "noise.update.place=parameters",
            "noise.update.distribution.gaussian.standard_deviation=0.01",
            noise,
        ];
        let mut quiet = Training::of(&scenario("corridor-sgd-update", seed, &changes[..3])).unwrap();
        let mut loud = Training::of(&scenario("corridor-sgd-update", seed, &changes)).unwrap();
        prop_assert_eq!(quiet.dataset(), loud.dataset());
        prop_assert_eq!(bits(&quiet.parameters()), bits(&loud.parameters()));
        let start = quiet.parameters();
        for _ in 0..20 {
            quiet.step();
            loud.step();
        }
        let (quiet, loud) = (quiet.parameters(), loud.parameters());
        prop_assert!(start.iter().zip(&quiet).any(|(start, end)| (start - end).abs() > 1e-2));
        for (one, two) in quiet.iter().zip(&loud) {
            prop_assert!((one - two).abs() < 1e-7, "{one} {two}");
        }
    }
}

/// Any bytes, or a sound file of which some bytes are changed, cut off or repeated.
fn damaged(sound: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = sound.len();
    let changes = prop::collection::vec((0..length, any::<u8>()), 0..6);
    let cut = prop_oneof![2 => Just(length), 1 => 0..length];
    let changed = (changes, cut, 0..length).prop_map(move |(changes, cut, again)| {
        let mut bytes = sound.clone();
        for (place, byte) in changes {
            bytes[place] = byte;
        }
        bytes.truncate(cut);
        if again % 5 == 0 {
            bytes.extend_from_within(bytes.len() / 2..);
        }
        bytes
    });
    prop_oneof![1 => prop::collection::vec(any::<u8>(), 0..300), 4 => changed]
}

fn short_run() -> Simulation<Training> {
    let mut simulation = scenario("random-adam-label", 0, &[]).simulation().unwrap();
    simulation.run(&mut ()).unwrap();
    simulation
}

/// Every array of an archive in memory.
fn all_arrays(bytes: &[u8]) -> Result<Vec<npz::Array>, drift_sim::engine::Error> {
    let mut archive = npz::Archive::from_bytes("any.npz", bytes)?;
    let names = archive.names().into_iter();
    names.map(|name| archive.array(&name)).collect()
}

fn sound_npz() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dataset.npz");
    dataset::write(&path, short_run().system().dataset()).unwrap();
    std::fs::read(path).unwrap()
}

/// The content of a checkpoint behind a header and a checksum that are sound.
fn sealed(content: &[u8]) -> Vec<u8> {
    let mut bytes = b"driftchk\x02\x00\x00\x00".to_vec();
    bytes.extend((content.len() as u64).to_le_bytes());
    bytes.extend(crc32fast::hash(content).to_le_bytes());
    bytes.extend(content);
    bytes
}

fn content() -> Vec<u8> {
    let bytes = short_run().checkpoint().unwrap().to_bytes();
    let content = bytes[24..].to_vec();
    assert_eq!(sealed(&content), bytes, "the layout that the test writes");
    content
}

fn text(sound: &str) -> impl Strategy<Value = String> {
    let lossy = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    prop_oneof![
        damaged(sound.as_bytes().to_vec()).prop_map(lossy),
        any::<String>()
    ]
}

const SWEEP: &str = "name='s'\nseed=3\n[[group]]\nname='a'\npreset='random-sgd'\nruns=7\n\
    set={steps=40}\n[group.vary]\nnetwork.hidden={range=[1,9]}\n\
    'task.random.samples'={grid=[3,4]}\nrule.sgd.learning_rate={log_range=[0.1,0.2]}\n";

/// No loader panics: a refusal is an error, and what is accepted comes back from its own text.
mod loaders {
    use super::*;

    proptest! {
        #[test]
        fn npz(bytes in damaged(sound_npz())) {
            if let Ok(arrays) = all_arrays(&bytes) {
                for array in arrays {
                    prop_assert_eq!(array.shape.iter().product::<usize>(), array.values.len());
                }
            }
            let _ = dataset::from_bytes("any.npz", &bytes);
        }

        #[test]
        fn checkpoint(bytes in damaged(content())) {
            let _ = Checkpoint::from_bytes(&bytes);
            if let Ok(checkpoint) = Checkpoint::from_bytes(&sealed(&bytes)) {
                let again = Checkpoint::from_bytes(&checkpoint.to_bytes()).unwrap();
                prop_assert_eq!(again.to_bytes(), checkpoint.to_bytes());
                // It may not fit, but it is restored or refused.
                let mut simulation = short_run();
                let trace = simulation.trace().clone();
                let before = simulation.system().state();
                match simulation.restore(&checkpoint, trace) {
                    Ok(()) => drop(simulation.system().parameters()),
                    Err(_) => prop_assert_eq!(simulation.system().state(), before),
                }
            }
        }

        #[test]
        fn trace_and_record(text in text(&short_run().trace().to_csv())) {
            if let Ok(trace) = Trace::from_csv(&text) {
                prop_assert_eq!(Trace::from_csv(&trace.to_csv()).unwrap().to_csv(), trace.to_csv());
                let _ = record_of_trace(&trace);
            }
            if let Ok(record) = Record::from_csv(&text) {
                prop_assert_eq!(Record::from_csv(&record.to_csv()).unwrap().to_csv(), record.to_csv());
                let _ = Model::shipped().classify(&record, record.measures());
            }
            let _ = Model::from_csv(&text);
            let _ = read_rows(&text);
        }

        #[test]
        fn scenario_toml(text in text(&scenario("figure2", 0, &[]).to_toml())) {
            for scenario in [Scenario::from_toml(&text), Scenario::from_json(&text)].into_iter().flatten() {
                prop_assert_eq!(&Scenario::from_toml(&scenario.to_toml()).unwrap(), &scenario);
                prop_assert_eq!(&Scenario::from_json(&scenario.to_json()).unwrap(), &scenario);
            }
            let mut preset = presets::preset("figure2").unwrap().into_unchecked();
            let _ = preset.set(&text);
            let _ = Registry::new().scenario(&text);
            let mut ring = presets::preset("ring").unwrap().into_unchecked();
            let _ = ring.set(&text);
        }

        #[test]
        fn sweep_toml(text in text(SWEEP)) {
            if let Ok(sweep) = Sweep::from_toml(&text) {
                let again = Sweep::from_toml(sweep.to_toml()).unwrap();
                prop_assert_eq!(again.spec(), sweep.spec());
                prop_assert_eq!(again.design(), sweep.design());
                let _ = sweep.scenario(sweep.runs() - 1);
            }
        }
    }
}

/// An archive with one array: this header, and no entries.
fn archive(version: u8, header: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file("inputs.npy", options).unwrap();
    let mut array = b"\x93NUMPY".to_vec();
    array.extend([version, 0]);
    array.extend(&(header.len() as u32).to_le_bytes()[..if version == 1 { 2 } else { 4 }]);
    array.extend(header);
    archive.write_all(&array).unwrap();
    archive.finish().unwrap().into_inner()
}

#[test]
fn absurd_arrays_are_refused_and_cost_nothing() {
    let shaped = |shape: &str| {
        format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n").into_bytes()
    };
    let read = |bytes: Vec<u8>| {
        let mut archive = npz::Archive::from_bytes("any.npz", &bytes)?;
        archive.array("inputs")
    };
    let empty = read(archive(1, &shaped("(0, 1000000)"))).unwrap();
    assert_eq!(empty.to_matrix().unwrap().shape(), (0, 1_000_000));
    for (version, header, reason) in [
        // The product wraps round to 0.
        (1, shaped("(4294967296, 4294967296)"), "entries"),
        (1, shaped("(0, 18446744073709551615)"), "entries"),
        (1, shaped("(99999999999999999999,)"), "entries"),
        (1, shaped("(0x10000000000000,)"), "entries"),
        // The parser would recurse until the stack is full.
        (1, vec![b'('; 60_000], "nested"),
        (2, vec![b'{'; 70_000], "a header of 70000 bytes"),
        // As many entries as may be, of which none is there.
        (1, shaped("(1048576, 1048576)"), "fill whole buffer"),
    ] {
        let message = read(archive(version, &header)).unwrap_err().to_string();
        assert!(message.contains(reason), "{message}");
    }
}
