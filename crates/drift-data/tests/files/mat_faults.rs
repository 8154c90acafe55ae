//! Damaged files, limits, and files of other kinds.

use std::path::Path;

use drift_data::Error;
use drift_data::mat::{
    FaultKind, FileKind, Limits, MatArray, MatFile, MatRef, MatValue, Numbers, NumericClass,
    Skipped,
};

use super::builder::*;
use super::samples::samples;

fn refuse(variables: &[Vec<u8>]) -> (String, FaultKind) {
    match MatFile::from_bytes("made.mat", &LITTLE.file(variables), &Limits::default()) {
        Err(Error::Malformed {
            file,
            variable,
            fault,
            ..
        }) => {
            assert_eq!(file, Path::new("made.mat"));
            (variable, fault)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn faults_name_the_variable_and_the_offset() {
    let b = LITTLE;
    let wrong = b.matrix(
        CLASS_DOUBLE,
        &[2, 2],
        "",
        &[b.element(DOUBLE, &b.f64s(&[1.0]))],
    );
    let train = b.structure("", &[1, 1], 32, &["data"], &[wrong]);
    let (variable, fault) = refuse(&[b.cell("spikes", &[1, 2], &[b.unset(), train])]);
    assert_eq!(variable, "spikes{2}.data");
    assert_eq!(
        fault,
        FaultKind::ValueCount {
            expected: 4,
            found: 1
        }
    );

    let (_, fault) = refuse(&[b.doubles("x", &[-1, 2], &[])]);
    assert!(matches!(fault, FaultKind::Dimensions { .. }), "{fault}");
    // Empty, but the product of the other lengths is beyond any number of elements.
    let (_, fault) = refuse(&[b.doubles("x", &[i32::MAX, i32::MAX, i32::MAX, 0], &[])]);
    assert!(matches!(fault, FaultKind::Dimensions { .. }), "{fault}");
    let (_, fault) = refuse(&[b.matrix(99, &[1, 1], "x", &[])]);
    assert_eq!(fault, FaultKind::Class { class: 99 });
    let (variable, fault) = refuse(&[b.sparse(
        0,
        "s",
        &[3, 2],
        &[0, 3],
        &[0, 1, 2],
        b.element(DOUBLE, &b.f64s(&[1.0, 1.0])),
    )]);
    assert_eq!(
        (variable.as_str(), fault),
        (
            "s",
            FaultKind::SparseIndex {
                index: 1,
                value: 3,
                limit: 2
            }
        )
    );
    let (_, fault) = refuse(&[b.sparse(
        0,
        "s",
        &[3, 2],
        &[0, 1],
        &[0, 2, 1],
        b.element(DOUBLE, &b.f64s(&[1.0, 1.0])),
    )]);
    assert!(
        matches!(fault, FaultKind::SparseIndex { index: 2, .. }),
        "{fault}"
    );
}

#[test]
fn no_cut_of_a_file_is_read_in_silence() {
    for (name, bytes) in samples() {
        let whole = MatFile::from_bytes(name, &bytes, &Limits::default()).unwrap();
        for length in 128..bytes.len() {
            let found = MatFile::from_bytes(name, &bytes[..length], &Limits::default());
            let Ok(file) = found else { continue };
            // A cut between two variables leaves a sound file. In every other the variables before the cut are
            // as they were, the one that is cut is named if its name is there, and what is lost is said.
            let read = file.variables();
            let sound = read.len() - file.unreadable().len();
            assert!(sound < whole.variables().len(), "{name} cut at {length}");
            assert_eq!(
                read[..sound],
                whole.variables()[..sound],
                "{name} cut at {length}"
            );
            for lost in &read[sound..] {
                assert!(matches!(
                    lost.value,
                    MatValue::Skipped(Skipped::Unreadable { .. })
                ));
                let cut = &whole.variables()[sound].name;
                assert!(
                    lost.name.is_empty() || lost.name == *cut,
                    "{name} cut at {length}"
                );
            }
        }
    }
}

#[test]
fn a_matrix_that_no_memory_holds_is_not_made_dense() {
    let b = LITTLE;
    let one = b.element(DOUBLE, &b.f64s(&[1.0]));
    let wide = b.sparse(0, "s", &[i32::MAX, 3], &[0], &[0, 1, 1, 1], one);
    let file = MatFile::from_bytes("made.mat", &b.file(&[wide]), &Limits::default()).unwrap();
    let s = file.get("s").unwrap();
    let error = s.numbers().unwrap_err();
    assert!(matches!(error, Error::WrongShape { .. }), "{error}");
    assert_eq!(s.matrix().unwrap_err(), error);
}

#[test]
fn numbers_that_do_not_fit_their_dimensions_are_no_matrix() {
    let array = MatArray {
        class: NumericClass::Double,
        logical: false,
        dims: vec![2, 2],
        real: Numbers::F64(vec![1.0; 3]),
        imaginary: None,
        stored: "double",
    };
    let value = MatValue::Array(array);
    let made = MatRef::new(Path::new("made.mat"), "x".to_owned(), &value);
    let error = made.matrix().unwrap_err();
    assert!(matches!(error, Error::WrongShape { .. }), "{error}");
}

#[test]
fn limits_hold() {
    let b = LITTLE;
    let big = b.compressed(&b.matrix(
        CLASS_DOUBLE,
        &[1000, 100],
        "x",
        &[b.element(UINT8, &vec![0; 100_000])],
    ));
    let file = b.file(&[big]);
    let fault = |limits: Limits| match MatFile::from_bytes("x.mat", &file, &limits) {
        Err(Error::Malformed { fault, .. }) => Some(fault),
        Ok(_) => None,
        Err(other) => panic!("{other}"),
    };
    let all = Limits::default();
    assert_eq!(fault(all), None);
    assert_eq!(
        fault(Limits {
            inflated_bytes: 100_000,
            ..all
        }),
        Some(FaultKind::InflatedBytes { limit: 100_000 })
    );
    // A byte in the file is a double in memory.
    assert_eq!(
        fault(Limits {
            decoded_bytes: 799_999,
            ..all
        }),
        Some(FaultKind::DecodedBytes { limit: 799_999 })
    );
    let mut deep = b.doubles("", &[1, 1], &[1.0]);
    for _ in 0..100 {
        deep = b.cell("", &[1, 1], &[deep]);
    }
    let file = b.file(&[deep]);
    assert!(matches!(
        MatFile::from_bytes("x.mat", &file, &all),
        Err(Error::Malformed {
            fault: FaultKind::Depth { limit: 64 },
            ..
        })
    ));
    assert!(MatFile::from_bytes("x.mat", &file, &Limits { depth: 100, ..all }).is_ok());
}

#[test]
fn a_false_size_in_a_small_file_claims_no_memory() {
    let b = LITTLE;
    // A compressed element that says it holds 3 GB.
    let mut inner = 14_u32.to_le_bytes().to_vec();
    inner.extend(3_000_000_000_u32.to_le_bytes());
    inner.extend(vec![0; 64]);
    let (_, fault) = refuse(&[b.compressed(&inner)]);
    assert!(
        matches!(
            fault,
            FaultKind::ElementSize {
                size: 3_000_000_000,
                ..
            }
        ),
        "{fault}"
    );
}

#[test]
fn other_files_are_named() {
    let kind = |bytes: &[u8]| match MatFile::from_bytes("odd.mat", bytes, &Limits::default()) {
        Err(Error::NotLevel5 { file, found }) => {
            assert_eq!(file, Path::new("odd.mat"));
            found
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(b""), FileKind::Empty);
    assert_eq!(kind(&[0; 300]), FileKind::Zeros);
    assert_eq!(
        kind(b"\n <!DOCTYPE html><html><body>Sign in</body></html>"),
        FileKind::Html
    );
    assert_eq!(
        kind(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
        FileKind::GitLfsPointer
    );
    assert_eq!(kind(b"just some words"), FileKind::TooShort(15));
    assert_eq!(kind(&[b'x'; 300]), FileKind::Unknown);
    assert_eq!(kind(b"PK\x03\x04rest"), FileKind::Zip);
    assert_eq!(kind(b"\x1f\x8b\x08rest"), FileKind::Gzip);
    // Level 4: a 2 × 1 double matrix named `ab`.
    let mut four: Vec<u8> = [0_u32, 2, 1, 0, 3]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    four.extend(b"ab\0");
    four.extend([0; 16]);
    assert_eq!(kind(&four), FileKind::Level4);
    let mut hdf5 = LITTLE.file(&[]);
    hdf5[124..126].copy_from_slice(&[0, 2]);
    // With `mat73` it is opened, and is no HDF5 file behind its header.
    if cfg!(not(feature = "mat73")) {
        assert_eq!(kind(&hdf5), FileKind::Level73);
    }
    hdf5[124..126].copy_from_slice(&[7, 7]);
    assert_eq!(kind(&hdf5), FileKind::UnknownVersion(0x0707));
    assert_eq!(kind(b"\x89HDF\r\n\x1a\nrest"), FileKind::Hdf5);
    assert!(matches!(
        MatFile::open("no such file.mat"),
        Err(Error::Io { .. })
    ));
}
