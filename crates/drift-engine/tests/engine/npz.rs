//! Arrays of NumPy's: what others put beside ours, and types of every kind.

use std::io::{Cursor, Write as _};

use drift_engine::Error;
use drift_engine::npz;
use proptest::prelude::*;

/// An `.npz` of arrays given by name, NumPy's type, shape and bytes.
fn archive(arrays: &[(&str, &str, &str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, descr, shape, bytes) in arrays {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(format!("{name}.npy"), options).unwrap();
        let quoted = if descr.starts_with('[') {
            (*descr).to_owned()
        } else {
            format!("'{descr}'")
        };
        let header = format!("{{'descr': {quoted}, 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut array = b"\x93NUMPY\x01\x00".to_vec();
        array.extend((header.len() as u16).to_le_bytes());
        array.extend(header.as_bytes());
        array.extend(*bytes);
        archive.write_all(&array).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn values(descr: &str, shape: &str, bytes: &[u8]) -> Result<Vec<f64>, Error> {
    let bytes = archive(&[("x", descr, shape, bytes)]);
    let mut archive = npz::Archive::from_bytes("data.npz", &bytes)?;
    archive.array("x").map(|array| array.values)
}

/// The case `foreign arrays` of the shared folder.
#[test]
fn arrays_beside_those_asked_for_do_no_harm() {
    let number = 1.5_f64.to_le_bytes();
    let bytes = archive(&[
        ("description", "<U7", "()", &[0; 28]),
        ("objects", "|O", "(1,)", b"\x80\x04N."),
        ("waves", "<c16", "(1,)", &[0; 16]),
        ("table", "[('a', '<f8'), ('b', '<i4')]", "(1,)", &[0; 12]),
        ("inputs", "<f8", "(1, 1)", &number),
    ]);
    let mut archive = npz::Archive::from_bytes("data.npz", &bytes).unwrap();
    assert_eq!(archive.array("inputs").unwrap().values, [1.5]);
    assert_eq!(
        archive.names(),
        ["description", "objects", "waves", "table", "inputs"]
    );
    assert!(archive.has("waves") && !archive.has("wave"));
    assert_eq!(archive.optional("wave").unwrap(), None);
    // Asked for, each is refused by its name.
    for (name, descr) in [
        ("description", "<U7"),
        ("objects", "|O"),
        ("waves", "<c16"),
        ("table", "'a'"),
    ] {
        let refused = archive.array(name).unwrap_err().to_string();
        assert!(
            refused.starts_with(&format!("data.npz is not valid: array {name}: ")),
            "{refused}"
        );
        assert!(
            refused.contains("not an array of real numbers"),
            "{refused}"
        );
        assert!(refused.contains(descr), "{refused}");
    }
}

#[test]
fn numbers_of_every_size_and_order_are_read() {
    // numpy.array([1, -2.5, 65504], dtype="<f2").tobytes()
    let half = [0x00, 0x3c, 0x00, 0xc1, 0xff, 0x7b];
    assert_eq!(values("<f2", "(3,)", &half).unwrap(), [1.0, -2.5, 65504.0]);
    let swapped: Vec<u8> = half.chunks(2).flat_map(|two| [two[1], two[0]]).collect();
    assert_eq!(
        values(">f2", "(3,)", &swapped).unwrap(),
        [1.0, -2.5, 65504.0]
    );
    for (descr, bytes, expected) in [
        (">f8", (-0.1_f64).to_be_bytes().to_vec(), -0.1),
        ("<f8", (-0.1_f64).to_le_bytes().to_vec(), -0.1),
        (">f4", 0.5_f32.to_be_bytes().to_vec(), 0.5),
        (">i8", (-7_i64).to_be_bytes().to_vec(), -7.0),
        (">i4", (-7_i32).to_be_bytes().to_vec(), -7.0),
        (">i2", (-7_i16).to_be_bytes().to_vec(), -7.0),
        ("<u8", 7_u64.to_le_bytes().to_vec(), 7.0),
        (">u4", 7_u32.to_be_bytes().to_vec(), 7.0),
        ("|i1", vec![0xf9], -7.0),
        ("|u1", vec![200], 200.0),
        ("|b1", vec![1], 1.0),
    ] {
        assert_eq!(
            values(descr, "(1,)", &bytes).unwrap(),
            [expected],
            "{descr}"
        );
        assert_eq!(values(descr, "()", &bytes).unwrap(), [expected], "{descr}");
    }
}

#[test]
fn times_are_no_numbers() {
    for descr in ["<M8[D]", "<m8[ns]"] {
        let refused = values(descr, "(1,)", &[0; 8]).unwrap_err();
        assert!(matches!(refused, Error::Corrupt { .. }));
        let refused = refused.to_string();
        assert!(refused.contains("array x: "), "{refused}");
        assert!(
            refused.contains("times are not an array of real numbers"),
            "{refused}"
        );
        assert!(refused.contains(descr), "{refused}");
    }
}

#[test]
fn what_is_torn_or_missing_is_refused_by_name() {
    let refused = values("<f8", "(2,)", &[0; 9]).unwrap_err().to_string();
    assert!(
        refused.starts_with("data.npz is not valid: array x: "),
        "{refused}"
    );
    let bytes = archive(&[("x", "<f8", "(1,)", &[0; 8])]);
    let mut sound = npz::Archive::from_bytes("data.npz", &bytes).unwrap();
    assert_eq!(
        sound.array("y").unwrap_err().to_string(),
        "data.npz is not valid: there is no array y"
    );
    let refused = npz::Archive::from_bytes("data.npz", b"not an archive").unwrap_err();
    assert!(
        refused.to_string().contains("not an npz archive"),
        "{refused}"
    );
    assert!(matches!(npz::read("/nowhere/x.npz"), Err(Error::Io { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arrays_come_back_with_the_same_bits(
        rows in 0..6_usize,
        columns in 1..5_usize,
        bits in prop::collection::vec(any::<u64>(), 30),
        mut chosen in prop::collection::vec(0..6_usize, 0..4),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("any.npz");
        let numbers: Vec<f64> = bits[..rows * columns].iter().copied().map(f64::from_bits).collect();
        let write = || {
            let mut writer = npz::Writer::create(&path).unwrap();
            writer.add("numbers", &[rows, columns], numbers.iter().copied()).unwrap();
            writer.add_integers("step", &[rows], (0..rows as i64).map(|row| 3 * row)).unwrap();
            writer.finish().unwrap();
            std::fs::read(&path).unwrap()
        };
        prop_assert_eq!(write(), write());
        let arrays = npz::read(&path).unwrap();
        let of = |values: &[f64]| -> Vec<u64> { values.iter().map(|v| v.to_bits()).collect() };
        prop_assert_eq!(&arrays["numbers"].shape, &[rows, columns]);
        prop_assert_eq!(of(&arrays["numbers"].values), of(&numbers));
        prop_assert_eq!(arrays["step"].values.len(), rows);
        // Some rows are those of the whole.
        chosen.retain(|&row| row < rows);
        chosen.sort_unstable();
        chosen.dedup();
        let (width, kept) = npz::Archive::open(&path).unwrap().rows("numbers", &chosen).unwrap();
        prop_assert_eq!(width, columns);
        let expected = chosen.iter().flat_map(|&row| numbers[row * columns..][..columns].to_vec());
        prop_assert_eq!(of(&kept), of(&expected.collect::<Vec<_>>()));
        // The file stands under its name alone.
        prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
