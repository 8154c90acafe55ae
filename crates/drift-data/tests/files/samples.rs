//! Ten files that together use everything the reader knows.

use super::builder::*;

/// Ten files that together use everything the reader knows.
pub fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let make = |b: Builder| {
        let train = b.structure(
            "",
            &[1, 1],
            32,
            &["data", "fields", "timerange"],
            &[
                b.doubles(
                    "",
                    &[4, 7],
                    &(0..28).map(|k| f64::from(k) * 0.5).collect::<Vec<_>>(),
                ),
                b.text(
                    "",
                    "time x y dir not_used amplitude(highest variance channel) posindex",
                ),
                b.doubles("", &[1, 2], &[0.0, 1e5]),
            ],
        );
        let tetrode = b.cell(
            "",
            &[1, 3],
            &[train, b.unset(), b.doubles("", &[0, 0], &[])],
        );
        b.cell(
            "spikes",
            &[1, 2],
            &[
                b.doubles("", &[0, 0], &[]),
                b.cell("", &[1, 1], &[b.cell("", &[1, 1], &[tetrode])]),
            ],
        )
    };
    let b = LITTLE;
    let complex = b.matrix(
        CLASS_DOUBLE | COMPLEX,
        &[2, 2],
        "z",
        &[
            b.element(DOUBLE, &b.f64s(&[1.0, 2.0, 3.0, 4.0])),
            b.element(INT16, &b.u16s(&[1, 2, 3, 4])),
        ],
    );
    let many = b.matrix(
        CLASS_DOUBLE,
        &[100, 100],
        "m",
        &[b.element(UINT8, &vec![7; 10_000])],
    );
    let sparse = b.sparse(
        0,
        "s",
        &[5, 4],
        &[0, 2, 4, 1, 9, 9],
        &[0, 2, 2, 4, 4],
        b.element(DOUBLE, &b.f64s(&[1.5; 6])),
    );
    let handle = b.matrix(
        FUNCTION,
        &[1, 1],
        "f",
        &[b.cell("", &[1, 1], &[b.text("", "sin")])],
    );
    let table = b.structure("t", &[2, 2], 8, &["a", "b"], &vec![b.text("", "x"); 8]);
    vec![
        (
            "numbers",
            b.file(&[
                b.doubles("x", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
                complex.clone(),
            ]),
        ),
        ("narrow", b.file(std::slice::from_ref(&many))),
        (
            "compressed",
            b.file(&[b.compressed(&many), b.compressed(&make(b))]),
        ),
        ("nested", b.file(&[make(b)])),
        ("big-endian", BIG.file(&[make(BIG)])),
        (
            "big-endian compressed",
            BIG.file(&[BIG.compressed(&make(BIG))]),
        ),
        (
            "sparse",
            b.file(&[
                sparse.clone(),
                b.sparse(
                    LOGICAL,
                    "l",
                    &[3, 2],
                    &[0, 2],
                    &[0, 1, 2],
                    b.element(DOUBLE, &[1, 1]),
                ),
            ]),
        ),
        ("compressed sparse", b.file(&[b.compressed(&sparse)])),
        (
            "structs and handles",
            b.file(&[
                table.clone(),
                handle.clone(),
                b.structure("e", &[1, 1], 32, &[], &[]),
            ]),
        ),
        (
            "everything compressed",
            b.file(&[
                b.compressed(&table),
                b.compressed(&handle),
                b.compressed(&complex),
            ]),
        ),
    ]
}
