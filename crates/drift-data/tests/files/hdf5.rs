//! HDF5 files: MATLAB 7.3 twins and NWB. Without the features, what their names in errors are.

use super::shared;

#[cfg(not(feature = "mat73"))]
#[test]
fn without_the_feature_the_file_is_named() {
    use drift_data::Error;
    use drift_data::mat::{FileKind, MatFile};
    let Some(data) = shared::data() else { return };
    let error = MatFile::open(data.join("fixtures/v73/synpos02_v73.mat")).unwrap_err();
    assert!(matches!(
        error,
        Error::NotLevel5 {
            found: FileKind::Level73,
            ..
        }
    ));
    assert!(error.to_string().contains("`mat73`"), "{error}");
}

#[cfg(feature = "mat73")]
mod mat73 {
    use drift_data::mat::{Limits, MatFile, MatValue, NumericClass};
    use drift_data::{Activity, Error, hc6};
    use hdf5_pure::mat::{MatBuilder, Options};

    use super::shared;

    #[test]
    fn the_twins_hold_the_same_values() {
        let Some(data) = shared::data() else { return };
        let folder = data.join("fixtures");
        for name in ["synspikes02", "synpos02"] {
            let level5 = MatFile::open(folder.join(format!("hc6/Syn/{name}.mat"))).unwrap();
            let level73 = MatFile::open(folder.join(format!("v73/{name}_v73.mat"))).unwrap();
            assert_eq!(
                level73.names().collect::<Vec<_>>(),
                level5.names().collect::<Vec<_>>()
            );
            for variable in level5.variables() {
                let twin = level73.get(&variable.name).unwrap();
                same(twin.value(), &variable.value, &variable.name);
            }
        }
        println!("checked v73: 2 files equal to their level-5 twins");
    }

    /// Equal but for `stored`, which HDF5 does not narrow, and unset cells, which it writes as `[]`.
    fn same(a: &MatValue, b: &MatValue, place: &str) {
        assert_eq!(a.dims(), b.dims(), "{place}");
        match (a, b) {
            (MatValue::Array(a), MatValue::Array(b)) => {
                assert_eq!((a.class, a.logical), (b.class, b.logical), "{place}");
                let bits = |values: &[f64]| {
                    values
                        .iter()
                        .map(|value| value.to_bits())
                        .collect::<Vec<_>>()
                };
                assert_eq!(bits(&a.real.to_f64()), bits(&b.real.to_f64()), "{place}");
            }
            (MatValue::Cell(a), MatValue::Cell(b)) => {
                for (index, (a, b)) in a.items.iter().zip(&b.items).enumerate() {
                    same(a, b, &format!("{place}{{{}}}", index + 1));
                }
            }
            (MatValue::Struct(a), MatValue::Struct(b)) => {
                assert_eq!(a.fields.len(), b.fields.len(), "{place}");
                for ((name, a), (other, b)) in a.fields.iter().zip(&b.fields) {
                    assert_eq!(name, other, "{place}");
                    for (a, b) in a.iter().zip(b) {
                        same(a, b, &format!("{place}.{name}"));
                    }
                }
            }
            (MatValue::Char(a), MatValue::Char(b)) => assert_eq!(a, b, "{place}"),
            (a, MatValue::Unset) => assert!(a.dims().contains(&0), "{place}"),
            _ => panic!("{place}: {} and {}", a.summary(), b.summary()),
        }
    }

    #[test]
    fn a_loader_reads_them_without_knowing() {
        let Some(data) = shared::data() else { return };
        let folder = tempfile::tempdir().unwrap();
        for kind in ["spikes", "pos"] {
            let from = data.join(format!("fixtures/v73/syn{kind}02_v73.mat"));
            std::fs::copy(from, folder.path().join(format!("syn{kind}02.mat"))).unwrap();
        }
        let level73 = hc6::load(folder.path(), &hc6::Options::default()).unwrap();
        let options = hc6::Options {
            days: Some(vec![2]),
            ..hc6::Options::default()
        };
        let level5 = hc6::load(data.join("fixtures/hc6/Syn"), &options).unwrap();
        assert_eq!(level73.sessions.len(), level5.sessions.len());
        for (a, b) in level73.sessions.iter().zip(&level5.sessions) {
            let (Activity::Spikes(a), Activity::Spikes(b)) = (&a.activity, &b.activity) else {
                panic!()
            };
            assert_eq!(a, b);
        }
    }

    #[test]
    fn files_made_here() {
        let mut builder = MatBuilder::new(Options::default());
        builder
            .write_f64("x", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
            .unwrap();
        builder.write_scalar_logical("yes", true).unwrap();
        builder.write_scalar_u8("byte", 7).unwrap();
        builder.write_char("name", "µm").unwrap();
        builder
            .struct_("s", |s| {
                s.write_scalar_f64("b", 2.0)?
                    .write_scalar_f64("a", 1.0)
                    .map(drop)
            })
            .unwrap();
        let bytes = builder.finish().unwrap();
        let file = MatFile::from_bytes("made73.mat", &bytes, &Limits::default()).unwrap();
        let x = file.get("x").unwrap();
        assert_eq!(*x.dims(), [2, 3]);
        assert_eq!(x.numbers().unwrap().len(), 6);
        let MatValue::Array(yes) = file.get("yes").unwrap().value() else {
            panic!()
        };
        assert!(yes.logical);
        let MatValue::Array(byte) = file.get("byte").unwrap().value() else {
            panic!()
        };
        assert_eq!(byte.class, NumericClass::UInt8);
        assert_eq!(file.get("name").unwrap().text().unwrap(), "µm");
        assert_eq!(
            file.get("s").unwrap().field("a").unwrap().scalar().unwrap(),
            1.0
        );

        let small = Limits {
            decoded_bytes: 40,
            ..Limits::default()
        };
        // A variable beyond the limit costs itself, and not those that fit.
        let file = MatFile::from_bytes("made73.mat", &bytes, &small).unwrap();
        let error = file.get("x").unwrap().numbers().unwrap_err();
        assert!(matches!(error, Error::WrongKind { .. }), "{error}");
        for word in ["made73.mat", "not readable", "more than 40 bytes"] {
            assert!(
                error.to_string().contains(word),
                "{word:?} is not in {error}"
            );
        }
        assert_eq!(*file.get("byte").unwrap().numbers().unwrap(), [7.0]);
        // A cut file.
        let error = MatFile::from_bytes("cut73.mat", &bytes[..bytes.len() / 2], &Limits::default())
            .unwrap_err();
        assert!(error.to_string().contains("cut73.mat"), "{error}");
    }
}

#[cfg(feature = "nwb")]
mod nwb {
    use drift_data::{Activity, EpochKind, Error, Note, Position, nwb};
    use hdf5_pure::{AttrValue, FileBuilder};
    use serde_json::Value;

    use super::shared;

    fn expected(data: &std::path::Path) -> Value {
        let path = data.join("fixtures/nwb/expected.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn units_positions_and_epochs() {
        let Some(data) = shared::data() else { return };
        let expected = &expected(&data)["syn_ecephys.nwb"];
        let recording = nwb::load(
            data.join("fixtures/nwb/syn_ecephys.nwb"),
            &Default::default(),
        )
        .unwrap();
        let epochs = expected["epochs"].as_array().unwrap();
        assert_eq!(recording.sessions.len(), epochs.len());
        let mut trains = vec![Vec::new(); 4];
        let (mut x, mut missing, mut samples) = (0.0, 0, 0);
        for (session, epoch) in recording.sessions.iter().zip(epochs) {
            assert_eq!(
                session.epoch,
                EpochKind::from_word(epoch[2].as_str().unwrap())
            );
            let Activity::Spikes(found) = &session.activity else {
                panic!()
            };
            for (all, train) in trains.iter_mut().zip(found) {
                all.extend_from_slice(train);
            }
            let trajectory = session.trajectory.as_ref().unwrap();
            let Some(Position::Plane { x: values, .. }) = &trajectory.position else {
                panic!()
            };
            x += values.iter().filter(|x| !x.is_nan()).sum::<f64>();
            missing += trajectory.missing();
            samples += trajectory.len();
            assert!(
                session
                    .notes
                    .iter()
                    .any(|note| matches!(note, Note::Gap { .. }))
            );
        }
        for (index, cell) in recording.sessions[0].cells.iter().enumerate() {
            assert_eq!(cell.label, format!("unit {}", expected["unit_ids"][index]));
            assert_eq!(cell.region.as_deref(), expected["region"][index].as_str());
            assert_eq!(
                trains[index].len() as u64,
                expected["n_spikes"][index].as_u64().unwrap()
            );
            let sum = expected["t_sum"][index].as_f64().unwrap();
            assert!((trains[index].iter().sum::<f64>() - sum).abs() < 1e-9);
        }
        assert_eq!(samples as u64, expected["n"].as_u64().unwrap());
        assert_eq!(missing as u64, expected["nan_rows"].as_u64().unwrap());
        assert!((x / 100.0 - expected["x_sum_finite_m"].as_f64().unwrap()).abs() < 1e-9);
        println!(
            "checked nwb/syn_ecephys: {} values",
            4 * 4 + 3 + epochs.len()
        );
    }

    #[test]
    fn responses_of_regions_of_interest() {
        let Some(data) = shared::data() else { return };
        let expected = &expected(&data)["syn_ophys.nwb"];
        let recording =
            nwb::load(data.join("fixtures/nwb/syn_ophys.nwb"), &Default::default()).unwrap();
        let [session] = &recording.sessions[..] else {
            panic!()
        };
        let activity = session.activity_matrix().unwrap();
        assert_eq!(
            activity.nrows() as u64,
            expected["roi_response_shape_time_by_roi"][0]
                .as_u64()
                .unwrap()
        );
        assert_eq!(
            activity.ncols() as u64,
            expected["roi_response_shape_time_by_roi"][1]
                .as_u64()
                .unwrap()
        );
        assert!((activity.sum() - expected["sum"].as_f64().unwrap()).abs() < 1e-6);
        let Activity::Frames(frames) = &session.activity else {
            panic!()
        };
        assert_eq!(frames.rate_hz(), expected["rate"].as_f64().unwrap());
        assert_eq!(
            session.trajectory.as_ref().unwrap().time[0],
            expected["starting_time"].as_f64().unwrap()
        );
        assert_eq!(
            session.cells[0].region.as_deref(),
            expected["location"].as_str()
        );
        let Some(Position::Line(x)) = &session.trajectory.as_ref().unwrap().position else {
            panic!()
        };
        assert_eq!(x.len() as u64, expected["position_1d_n"].as_u64().unwrap());
        println!("checked nwb/syn_ophys: 7 values");
    }

    /// A file with one unit and a path of these times.
    fn made(spikes: &[f64], ends: &[f64], time: &[f64]) -> tempfile::NamedTempFile {
        let mut builder = FileBuilder::new();
        let mut units = builder.create_group("units");
        units
            .create_dataset("id")
            .with_f64_data(&vec![7.0; ends.len()]);
        units.create_dataset("spike_times").with_f64_data(spikes);
        units
            .create_dataset("spike_times_index")
            .with_f64_data(ends);
        builder.add_group(units.finish());
        let mut processing = builder.create_group("processing");
        let mut behavior = processing.create_group("behavior");
        let mut series = behavior.create_group("pos");
        series.set_attr("neurodata_type", AttrValue::String("SpatialSeries".into()));
        let position: Vec<f64> = (0..3).map(f64::from).collect();
        series.create_dataset("data").with_f64_data(&position);
        series.create_dataset("timestamps").with_f64_data(time);
        behavior.add_group(series.finish());
        processing.add_group(behavior.finish());
        builder.add_group(processing.finish());
        let file = tempfile::NamedTempFile::new().unwrap();
        builder.write(file.path()).unwrap();
        file
    }

    #[track_caller]
    fn refused(file: &tempfile::NamedTempFile, words: &[&str]) {
        let error = nwb::load(file.path(), &Default::default()).unwrap_err();
        assert!(!matches!(error, Error::Io { .. }));
        for word in words {
            assert!(
                error.to_string().contains(word),
                "{word:?} is not in {error}"
            );
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let sound = made(&[0.05, 0.15], &[2.0], &[0.0, 0.1, 0.2]);
        let recording = nwb::load(sound.path(), &Default::default()).unwrap();
        assert_eq!(
            recording.sessions[0].activity_matrix().unwrap().as_slice(),
            [1.0, 1.0, 0.0]
        );
        refused(
            &made(&[0.05], &[1.0], &[0.0, 0.2, 0.1]),
            &["timestamps", "row 3", "0.2 s to 0.1 s"],
        );
        refused(
            &made(&[0.05], &[1.0], &[0.0, 0.1]),
            &["timestamps", "2 frames", "3"],
        );
        // Milliseconds for seconds.
        refused(
            &made(&[50.0, 150.0], &[2.0], &[0.0, 0.1, 0.2]),
            &["unit 7", "50 to 150", "is the unit wrong"],
        );
        refused(
            &made(&[0.05], &[9.0], &[0.0, 0.1, 0.2]),
            &["spike_times_index", "entry 1 is 9"],
        );
        let text = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(text.path(), "<html>").unwrap();
        refused(&text, &["HDF5"]);
    }
}
