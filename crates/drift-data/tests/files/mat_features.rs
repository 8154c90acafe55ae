//! Everything the level-5 format has, on files made here.

use std::path::Path;

use drift_data::Error;
use drift_data::mat::{
    FaultKind, FileKind, Limits, MatFile, MatValue, Numbers, NumericClass, Skipped,
};

use super::builder::*;
use super::samples::samples;

const SINGLE: u32 = 7;
const INT64: u32 = 12;
const UTF8: u32 = 16;
const OPAQUE: u32 = 17;

fn read(variables: &[Vec<u8>]) -> MatFile {
    MatFile::from_bytes("made.mat", &LITTLE.file(variables), &Limits::default()).unwrap()
}

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
fn classes_stored_narrowly_come_back_as_their_class() {
    let b = LITTLE;
    // (stored type, bytes, values)
    let stored: [(u32, Vec<u8>, [f64; 2]); 6] = [
        (INT8, vec![0xff, 5], [-1.0, 5.0]),
        (UINT8, vec![0xff, 5], [255.0, 5.0]),
        (INT16, b.u16s(&[0xfffe, 7]), [-2.0, 7.0]),
        (UINT16, b.u16s(&[0xfffe, 7]), [65534.0, 7.0]),
        (INT32, b.i32s(&[-3, 8]), [-3.0, 8.0]),
        (
            SINGLE,
            [1.5_f32, -0.25]
                .iter()
                .flat_map(|v| v.to_le_bytes())
                .collect(),
            [1.5, -0.25],
        ),
    ];
    for (kind, bytes, values) in stored {
        for compressed in [false, true] {
            let variable = b.matrix(CLASS_DOUBLE, &[1, 2], "x", &[b.element(kind, &bytes)]);
            let file = read(&[if compressed {
                b.compressed(&variable)
            } else {
                variable
            }]);
            let MatValue::Array(array) = file.get("x").unwrap().value() else {
                panic!()
            };
            assert_eq!(
                (array.class, &array.real),
                (NumericClass::Double, &Numbers::F64(values.to_vec()))
            );
        }
    }
    let wide = b.matrix(
        14,
        &[1, 1],
        "x",
        &[b.element(INT64, &(-9_007_199_254_740_993_i64).to_le_bytes())],
    );
    let MatValue::Array(array) = read(&[wide]).take("x").unwrap() else {
        panic!()
    };
    // Above 2^53 an integer keeps every digit.
    assert_eq!(array.real, Numbers::I64(vec![-9_007_199_254_740_993]));
}

#[test]
fn dimensions_are_kept() {
    let b = LITTLE;
    let cube: Vec<f64> = (0..24).map(f64::from).collect();
    let file = read(&[
        b.doubles("empty", &[4, 2, 0], &[]),
        b.doubles("cube", &[2, 3, 4], &cube),
    ]);
    assert_eq!(*file.get("empty").unwrap().dims(), [4, 2, 0]);
    let found = file.get("cube").unwrap();
    assert_eq!(*found.dims(), [2, 3, 4]);
    // Column-major: element (1, 2, 3) is the last.
    assert_eq!(found.numbers().unwrap()[1 + 2 * 2 + 6 * 3], 23.0);
    assert_eq!(found.matrix().unwrap().shape(), (2, 12));
}

#[test]
fn sparse_matrices_keep_only_what_is_in_use() {
    let b = LITTLE;
    let padded = b.sparse(
        0,
        "padded",
        &[3, 2],
        &[0, 2, 77, -1],
        &[0, 1, 2],
        b.element(DOUBLE, &b.f64s(&[4.0, 5.0, 9.0, 9.0])),
    );
    let none = b.sparse(0, "none", &[3, 2], &[0], &[0, 0, 0], b.element(DOUBLE, &[]));
    let logical = b.sparse(
        LOGICAL,
        "logical",
        &[3, 2],
        &[0, 2, 1],
        &[0, 2, 3],
        b.element(DOUBLE, &[1, 1, 1]),
    );
    let complex = b.sparse(
        COMPLEX,
        "complex",
        &[2, 1],
        &[1],
        &[0, 1],
        [
            b.element(DOUBLE, &b.f64s(&[2.0])),
            b.element(DOUBLE, &b.f64s(&[3.0])),
        ]
        .concat(),
    );
    let file = read(&[padded, none, logical, complex]);
    let dense = |name: &str| file.get(name).unwrap().matrix().unwrap();
    assert_eq!(dense("padded").as_slice(), [4.0, 0.0, 0.0, 0.0, 0.0, 5.0]);
    assert_eq!(dense("none").as_slice(), [0.0; 6]);
    assert_eq!(dense("logical").as_slice(), [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    let MatValue::Sparse(complex) = file.get("complex").unwrap().value() else {
        panic!()
    };
    assert_eq!(
        (&complex.real[..], complex.imaginary.as_deref()),
        (&[2.0][..], Some(&[3.0][..]))
    );
}

#[test]
fn text_in_every_encoding() {
    let b = LITTLE;
    let rows = b.matrix(CHAR, &[2, 3], "rows", &[b.element(UINT8, b"adbecf")]);
    let utf8 = b.matrix(CHAR, &[1, 3], "utf8", &[b.element(UTF8, "aé€".as_bytes())]);
    let file = read(&[
        b.text("units", "µm 🐁"),
        rows,
        utf8,
        b.matrix(CHAR, &[0, 0], "none", &[b.element(UTF8, &[])]),
    ]);
    assert_eq!(file.get("units").unwrap().text().unwrap(), "µm 🐁");
    assert_eq!(file.get("utf8").unwrap().text().unwrap(), "aé€");
    assert_eq!(file.get("none").unwrap().text().unwrap(), "");
    let MatValue::Char(rows) = file.get("rows").unwrap().value() else {
        panic!()
    };
    assert_eq!(rows.rows(), ["abc", "def"]);
    assert!(matches!(
        file.get("rows").unwrap().text(),
        Err(Error::WrongShape { .. })
    ));
}

#[test]
fn structs_cells_and_what_is_unset() {
    let b = LITTLE;
    let array = b.structure(
        "s",
        &[1, 2],
        11,
        &["a", "b"],
        &[
            b.doubles("", &[1, 1], &[1.0]),
            b.text("", "one"),
            b.doubles("", &[1, 1], &[2.0]),
            b.unset(),
        ],
    );
    let bare = b.structure("bare", &[1, 1], 32, &[], &[]);
    let zero = b.structure("zero", &[1, 1], 0x7fff, &[], &[]);
    let cell = b.cell(
        "c",
        &[2, 2],
        &[
            b.unset(),
            b.doubles("", &[0, 0], &[]),
            b.text("", "x"),
            array.clone(),
        ],
    );
    let file = read(&[array, bare, zero, cell]);
    let s = file.get("s").unwrap();
    assert_eq!(s.field_of(1, "a").unwrap().unwrap().scalar().unwrap(), 2.0);
    let unset = s.field_of(1, "b").unwrap().unwrap();
    assert!(unset.is_empty() && matches!(unset.value(), MatValue::Unset));
    assert_eq!(unset.path(), "s(2).b");
    assert!(
        matches!(s.field("a"), Err(Error::WrongShape { .. })),
        "an array of structs is not a struct"
    );
    assert_eq!(file.get("bare").unwrap().field_names().unwrap().count(), 0);
    let missing = file.get("bare").unwrap().field("area").unwrap_err();
    assert!(missing.to_string().contains("bare.area"), "{missing}");
    let c = file.get("c").unwrap();
    assert_eq!(c.cell_at(&[0, 1]).unwrap().text().unwrap(), "x");
    assert_eq!(c.cell(0).unwrap().numbers().unwrap().len(), 0);
    assert!(matches!(c.cell_at(&[2, 0]), Err(Error::WrongShape { .. })));
    assert!(matches!(c.cell(4), Err(Error::WrongShape { .. })));
    assert!(matches!(c.scalar(), Err(Error::WrongKind { .. })));
}

#[test]
fn handles_and_objects_are_named_and_do_not_stop_the_rest() {
    let b = LITTLE;
    let handle = b.matrix(FUNCTION, &[1, 1], "", &[b.text("", "@(x) x")]);
    let holder = b.structure(
        "s",
        &[1, 1],
        32,
        &["f", "x"],
        &[handle, b.doubles("", &[1, 1], &[3.0])],
    );
    let mut body = b.element(UINT32, &b.i32s(&[OPAQUE as i32, 0]));
    for text in ["names", "MCOS", "string"] {
        body.extend(b.element(INT8, text.as_bytes()));
    }
    body.extend(b.doubles("", &[1, 1], &[0.0]));
    let file = read(&[
        holder,
        b.element(14, &body),
        b.doubles("last", &[1, 1], &[4.0]),
    ]);
    let s = file.get("s").unwrap();
    assert!(matches!(
        s.field("f").unwrap().value(),
        MatValue::Skipped(Skipped::FunctionHandle)
    ));
    assert_eq!(s.field("x").unwrap().scalar().unwrap(), 3.0);
    let names = file.get("names").unwrap();
    let expected = Skipped::Opaque {
        type_system: "MCOS".to_owned(),
        class_name: "string".to_owned(),
    };
    assert_eq!(names.value(), &MatValue::Skipped(expected));
    assert!(
        file.tree()
            .to_string()
            .contains("opaque MCOS object of class string (skipped)")
    );
    assert_eq!(file.get("last").unwrap().scalar().unwrap(), 4.0);
}

#[test]
fn the_other_byte_order() {
    let cell = BIG.cell(
        "c",
        &[1, 2],
        &[BIG.doubles("", &[1, 2], &[1.0, -2.5]), BIG.text("", "ab")],
    );
    for variable in [cell.clone(), BIG.compressed(&cell)] {
        let file =
            MatFile::from_bytes("big.mat", &BIG.file(&[variable]), &Limits::default()).unwrap();
        assert!(file.big_endian());
        let c = file.get("c").unwrap();
        assert_eq!(*c.cell(0).unwrap().numbers().unwrap(), [1.0, -2.5]);
        assert_eq!(c.cell(1).unwrap().text().unwrap(), "ab");
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
fn every_cut_of_a_file_is_refused() {
    for (name, bytes) in samples() {
        for length in 128..bytes.len() {
            let found = MatFile::from_bytes(name, &bytes[..length], &Limits::default());
            // A cut between two variables leaves a sound file; every other is damaged.
            if let Ok(file) = found {
                let whole = MatFile::from_bytes(name, &bytes, &Limits::default()).unwrap();
                assert!(
                    file.variables().len() < whole.variables().len(),
                    "{name} cut at {length}"
                );
                assert_eq!(
                    file.variables(),
                    &whole.variables()[..file.variables().len()]
                );
            }
        }
    }
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
    assert_eq!(kind(&hdf5), FileKind::Level73);
    hdf5[124..126].copy_from_slice(&[7, 7]);
    assert_eq!(kind(&hdf5), FileKind::UnknownVersion(0x0707));
    assert_eq!(kind(b"\x89HDF\r\n\x1a\nrest"), FileKind::Hdf5);
    assert!(matches!(
        MatFile::open("no such file.mat"),
        Err(Error::Io { .. })
    ));
}

#[test]
fn a_missing_variable_names_those_present() {
    let file = read(&[
        LITTLE.doubles("spikes", &[0, 0], &[]),
        LITTLE.doubles("pos", &[0, 0], &[]),
    ]);
    let error = file.get("spike_train").unwrap_err();
    assert_eq!(
        error.to_string(),
        "made.mat: variable `spike_train` is missing; present: spikes, pos"
    );
}

#[test]
fn the_tree_shows_every_value() {
    let (_, bytes) = samples()
        .into_iter()
        .find(|(name, _)| *name == "nested")
        .unwrap();
    let file = MatFile::from_bytes("bon.mat", &bytes, &Limits::default()).unwrap();
    let tree = file.tree().to_string();
    for line in [
        "spikes: 1×2 cell",
        ".data: 4×7 double",
        "'time x y dir not_used",
        "{2}: unset ([])",
        "[0 100000]",
    ] {
        assert!(tree.contains(line), "{line} is not in\n{tree}");
    }
    assert!(file.tree().shown_items(1).to_string().contains("… 1 more"));
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600)) {
        let _ = MatFile::from_bytes("x", &bytes, &Limits::default());
        // The same bytes as the contents of a sound header, plain and compressed.
        let _ = MatFile::from_bytes("x", &LITTLE.file(&[bytes.clone()]), &Limits::default());
        let _ = MatFile::from_bytes("x", &LITTLE.file(&[LITTLE.compressed(&bytes)]), &Limits::default());
        let _ = MatFile::from_bytes("x", &LITTLE.file(&[LITTLE.element(14, &bytes)]), &Limits::default());
    }

    #[test]
    fn doubles_come_back_as_they_were(
        values in proptest::collection::vec(proptest::num::f64::ANY, 0..50),
        big in proptest::bool::ANY,
        compress in proptest::bool::ANY,
    ) {
        let b = if big { BIG } else { LITTLE };
        let variable = b.doubles("x", &[values.len() as i32, 1], &values);
        let file = b.file(&[if compress { b.compressed(&variable) } else { variable }]);
        let file = MatFile::from_bytes("x", &file, &Limits::default()).unwrap();
        let found = file.get("x").unwrap().numbers().unwrap().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        proptest::prop_assert_eq!(found, values.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
    }
}
