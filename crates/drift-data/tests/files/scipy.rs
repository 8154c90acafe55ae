//! Every level-5 file at hand read as SciPy reads it.

use std::path::Path;
use std::process::Command;

use drift_data::Error;
use drift_data::mat::{MatFile, MatValue, Skipped};
use serde_json::Value;

use super::{listing, shared};

/// SciPy's digests, or the reason why there are none.
fn digests(arguments: &[String]) -> Result<Vec<Value>, String> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scipy_digest.py");
    let present = Command::new(&python)
        .args(["-c", "import scipy.io"])
        .output()
        .map_err(|e| e.to_string())?;
    if !present.status.success() {
        return Err(format!("{python} has no SciPy"));
    }
    let output = Command::new(&python)
        .arg(script)
        .args(arguments)
        .output()
        .map_err(|e| e.to_string())?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    Ok(text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect())
}

fn crc(values: impl IntoIterator<Item = f64>) -> u64 {
    let mut hasher = crc32fast::Hasher::new();
    for value in values {
        hasher.update(&value.to_le_bytes());
    }
    u64::from(hasher.finalize())
}

fn dims_of(expected: &Value) -> Vec<usize> {
    expected["dims"]
        .as_array()
        .unwrap()
        .iter()
        .map(|dim| dim.as_u64().unwrap() as usize)
        .collect()
}

/// Compares one value with SciPy's digest; `checked` counts the arrays.
fn compare(found: &MatValue, expected: &Value, place: &str, checked: &mut usize) {
    *checked += 1;
    let kind = expected["kind"].as_str().unwrap();
    if matches!(found, MatValue::Unset) {
        // SciPy gives what was never set as 1 × 0; MATLAB shows 0 × 0.
        assert_eq!((kind, dims_of(expected)), ("double", vec![1, 0]), "{place}");
        return;
    }
    if !matches!(found, MatValue::Skipped(_)) {
        assert_eq!(found.dims().to_vec(), dims_of(expected), "{place}");
    }
    match found {
        MatValue::Array(array) => {
            let class = if array.logical {
                "logical"
            } else {
                array.class.name()
            };
            assert_eq!(class, kind, "{place}");
            let real = array.real.to_f64();
            let sum: f64 = real.iter().filter(|value| value.is_finite()).sum();
            let scale: f64 = real
                .iter()
                .filter(|value| value.is_finite())
                .map(|value| value.abs())
                .sum();
            assert!(
                (sum - expected["sum"].as_f64().unwrap()).abs() <= 1e-12 * scale,
                "{place}"
            );
            assert_eq!(crc(real.iter().copied()), expected["crc"], "{place}");
            let imaginary = array
                .imaginary
                .as_ref()
                .map(|part| crc(part.to_f64().iter().copied()));
            assert_eq!(
                imaginary,
                expected.get("imaginary_crc").and_then(Value::as_u64),
                "{place}"
            );
        }
        MatValue::Sparse(matrix) => {
            assert_eq!(kind, "sparse", "{place}");
            assert_eq!(matrix.logical, expected["logical"], "{place}");
            assert_eq!(
                crc(matrix.column_starts.iter().map(|start| *start as f64)),
                expected["starts"],
                "{place}"
            );
            assert_eq!(
                crc(matrix.row_indices.iter().map(|row| f64::from(*row))),
                expected["rows"],
                "{place}"
            );
            assert_eq!(crc(matrix.real.iter().copied()), expected["crc"], "{place}");
            let imaginary = matrix
                .imaginary
                .as_ref()
                .map(|part| crc(part.iter().copied()));
            assert_eq!(
                imaginary,
                expected.get("imaginary_crc").and_then(Value::as_u64),
                "{place}"
            );
        }
        MatValue::Char(text) => {
            assert_eq!(kind, "char", "{place}");
            assert_eq!(
                String::from_utf16_lossy(&text.units),
                expected["text"].as_str().unwrap(),
                "{place}"
            );
        }
        MatValue::Cell(cell) => {
            assert_eq!(kind, "cell", "{place}");
            let items = expected["items"].as_array().unwrap();
            assert_eq!(cell.items.len(), items.len(), "{place}");
            for (index, (item, expected)) in cell.items.iter().zip(items).enumerate() {
                compare(
                    item,
                    expected,
                    &format!("{place}{{{}}}", index + 1),
                    checked,
                );
            }
        }
        MatValue::Struct(structure) => {
            assert_eq!(kind, "struct", "{place}");
            assert_eq!(
                structure.class_name.as_deref(),
                expected.get("class").and_then(Value::as_str),
                "{place}"
            );
            let names: Vec<&str> = structure
                .fields
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            let expected_names: Vec<&str> = expected["fields"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap())
                .collect();
            assert_eq!(names, expected_names, "{place}");
            for ((name, values), expected) in structure
                .fields
                .iter()
                .zip(expected["values"].as_array().unwrap())
            {
                let expected = expected.as_array().unwrap();
                assert_eq!(values.len(), expected.len(), "{place}.{name}");
                for (index, (value, expected)) in values.iter().zip(expected).enumerate() {
                    compare(
                        value,
                        expected,
                        &format!("{place}({}).{name}", index + 1),
                        checked,
                    );
                }
            }
        }
        MatValue::Skipped(Skipped::FunctionHandle) => assert_eq!(kind, "function", "{place}"),
        MatValue::Skipped(Skipped::Opaque { class_name, .. }) => {
            assert_eq!(
                (kind, class_name.as_str()),
                ("opaque", expected["class"].as_str().unwrap()),
                "{place}"
            );
        }
        other => panic!("{place}: {other:?} is not compared"),
    }
}

/// Reads every file of the digests and compares; files that SciPy refuses must be refused here, and the reverse.
fn compare_all(name: &str, records: &[Value]) {
    let (mut files, mut refused, mut checked) = (0, 0, 0);
    for record in records {
        let path = record["path"].as_str().unwrap();
        let found = MatFile::open(path);
        if record.get("version").and_then(Value::as_i64) != Some(1) {
            // What is not level 5 is recognised, not taken for a damaged file. With `mat73` the HDF5
            // file is read; its variables have a layout of 2007 that the HDF5 reader does not know,
            // which costs these variables.
            match found {
                Err(error) => assert!(matches!(error, Error::NotLevel5 { .. }), "{path}: {error}"),
                Ok(file) => assert!(
                    file.names().all(|name| matches!(
                        file.get(name).unwrap().value(),
                        MatValue::Skipped(Skipped::Unreadable { .. })
                    )),
                    "{path}"
                ),
            }
            refused += 1;
            continue;
        }
        if record.get("error").is_some() {
            // Damage costs the variables concerned; a file of nothing else is refused.
            match found {
                Err(error) => assert!(matches!(error, Error::Malformed { .. }), "{path}: {error}"),
                Ok(file) => assert!(!file.unreadable().is_empty(), "{path}"),
            }
            refused += 1;
            continue;
        }
        let found = found.unwrap_or_else(|error| panic!("{error}"));
        let expected = record["variables"].as_object().unwrap();
        let mut names: Vec<&str> = found.names().collect();
        let mut expected_names: Vec<&str> = expected.keys().map(String::as_str).collect();
        // SciPy has no name for an object or handle at the top, and calls it "None".
        if let Some(unnamed) = expected_names.iter().position(|name| *name == "None") {
            expected_names.remove(unnamed);
            names.retain(|name| {
                !matches!(
                    found.get(name).unwrap().value(),
                    MatValue::Skipped(Skipped::Opaque { .. })
                )
            });
        }
        names.sort_unstable();
        expected_names.sort_unstable();
        assert_eq!(names, expected_names, "{path}");
        for name in names {
            compare(
                found.get(name).unwrap().value(),
                &expected[name],
                &format!("{path}: {name}"),
                &mut checked,
            );
        }
        files += 1;
    }
    assert!(files > 0, "no file was compared");
    println!(
        "checked {name}: {checked} values in {files} files equal to SciPy's, {refused} files refused as by SciPy"
    );
}

#[test]
fn scipys_own_files_read_as_scipy_reads_them() {
    match digests(&["--scipy-data".to_owned()]) {
        Ok(records) if records.is_empty() => {
            println!("skipped: this SciPy was installed without its test data")
        }
        Ok(records) => compare_all("SciPy's test data", &records),
        Err(reason) => println!("skipped: {reason}"),
    }
}

#[test]
fn the_shared_files_read_as_scipy_reads_them() {
    let Some(data) = shared::data() else { return };
    let damaged = data.join("fixtures").join("edge");
    let arguments: Vec<String> = listing::files_below(&data, "mat")
        .into_iter()
        .filter(|path| {
            // These are no level-5 files, or damaged: `fixtures.rs` says what is expected of them.
            let name = path.file_name().unwrap().to_string_lossy();
            let sound = ["empty", "html", "truncated"]
                .iter()
                .all(|word| !name.contains(word));
            !name.contains("v73") && (sound || path.parent() != Some(damaged.as_path()))
        })
        .map(|path| path.display().to_string())
        .collect();
    match digests(&arguments) {
        Ok(records) => {
            assert_eq!(records.len(), arguments.len());
            compare_all("shared files", &records);
        }
        Err(reason) => println!("skipped: {reason}"),
    }
}
