//! Everything the level-5 format has, on files made here.

use drift_data::Error;
use drift_data::mat::{Limits, MatFile, MatValue, Numbers, NumericClass, Skipped};

use super::builder::*;
use super::samples::samples;

const SINGLE: u32 = 7;
const INT64: u32 = 12;
const UTF8: u32 = 16;
const OPAQUE: u32 = 17;

fn read(variables: &[Vec<u8>]) -> MatFile {
    MatFile::from_bytes("made.mat", &LITTLE.file(variables), &Limits::default()).unwrap()
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
        let _ = MatFile::from_bytes("x", &LITTLE.file(std::slice::from_ref(&bytes)), &Limits::default());
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
