//! What MATLAB stores as a group: structs, and sparse matrices.

use hdf5_pure::{DType, Group};

use super::classes::field_names;
use super::{Attributes, Reader, text};
use crate::Error;
use crate::hdf5::{failed, number};
use crate::mat::value::{MatSparse, MatStruct, MatValue, Skipped, count};

impl Reader<'_> {
    pub(super) fn group(
        &self,
        group: &Group,
        path: &str,
        depth: usize,
        decoded: &mut u64,
    ) -> Result<MatValue, Error> {
        self.check_depth(path, depth)?;
        let failed = |expected| failed(self.path, path, expected);
        let attributes = group.attrs().map_err(failed("attributes"))?;
        if let Some(rows) = attributes.get("MATLAB_sparse").and_then(number) {
            return self.sparse(group, path, rows as usize, &attributes, decoded);
        }
        let class = text(&attributes, "MATLAB_class").unwrap_or("struct");
        if class == "function_handle" {
            return Ok(MatValue::Skipped(Skipped::FunctionHandle));
        }
        let datasets = group.datasets().map_err(failed("the fields of a struct"))?;
        let groups = group.groups().map_err(failed("the fields of a struct"))?;
        let mut names = field_names(&attributes);
        let present = |name: &String| datasets.contains(name) || groups.contains(name);
        if names.is_empty()
            || !names.iter().all(present)
            || names.len() != datasets.len() + groups.len()
        {
            names = datasets.iter().chain(&groups).cloned().collect();
        }
        // In a struct array every field is a dataset of references without a class of its own.
        let mut dims = vec![1, 1];
        let mut fields = Vec::with_capacity(names.len());
        for name in names {
            let place = format!("{path}.{name}");
            let values = if datasets.contains(&name) {
                let dataset = group.dataset(&name).map_err(failed("a field"))?;
                let own = dataset.attrs().map_err(failed("attributes"))?;
                let references = matches!(
                    dataset.dtype().map_err(failed("a type"))?,
                    DType::ObjectReference
                );
                if references && !own.contains_key("MATLAB_class") {
                    let shape = dataset.shape().map_err(failed("dimensions"))?;
                    self.charge_shape(&place, &shape, decoded)?;
                    dims = shape.iter().rev().map(|dim| *dim as usize).collect();
                    let objects = dataset
                        .dereference()
                        .map_err(failed("references to the fields"))?;
                    self.items(&objects, depth, decoded, |index| {
                        format!("{path}({}).{name}", index + 1)
                    })?
                } else {
                    vec![self.apart(decoded, |decoded| {
                        self.dataset(&dataset, &place, depth + 1, decoded)
                    })?]
                }
            } else {
                let member = group.group(&name).map_err(failed("a field"))?;
                vec![self.apart(decoded, |decoded| {
                    self.group(&member, &place, depth + 1, decoded)
                })?]
            };
            fields.push((name, values));
        }
        let count = count(&dims);
        if fields.iter().any(|(_, values)| Some(values.len()) != count) {
            return Err(self.wrong(
                path,
                "as many values for each field",
                "fields of different lengths",
            ));
        }
        Ok(MatValue::Struct(MatStruct {
            class_name: (class != "struct").then(|| class.to_owned()),
            dims,
            fields,
        }))
    }

    fn sparse(
        &self,
        group: &Group,
        path: &str,
        rows: usize,
        attributes: &Attributes,
        decoded: &mut u64,
    ) -> Result<MatValue, Error> {
        let failed = || failed(self.path, path, "the parts of a sparse matrix");
        let mut numbers = |name: &str, needed: bool| -> Result<Vec<f64>, Error> {
            let dataset = match group.dataset(name) {
                Ok(dataset) => dataset,
                // An all-zero matrix has neither values nor rows.
                Err(_) if !needed => return Ok(Vec::new()),
                Err(error) => return Err(failed()(error)),
            };
            let shape = dataset.shape().map_err(failed())?;
            self.charge_shape(path, &shape, decoded)?;
            dataset.read_f64().map_err(failed())
        };
        let starts: Vec<usize> = numbers("jc", true)?
            .into_iter()
            .map(|start| start as usize)
            .collect();
        let (row_indices, real) = (numbers("ir", false)?, numbers("data", false)?);
        let entries = starts.last().copied().unwrap_or(0);
        let sound = !starts.is_empty()
            && starts[0] == 0
            && starts.windows(2).all(|pair| pair[0] <= pair[1])
            && row_indices.len() >= entries
            && real.len() >= entries
            && row_indices[..entries]
                .iter()
                .all(|row| (0.0..=f64::from(u32::MAX)).contains(row) && (*row as usize) < rows);
        if !sound {
            return Err(self.wrong(
                path,
                "rising column starts and rows inside the matrix",
                "its column starts or rows are not",
            ));
        }
        Ok(MatValue::Sparse(MatSparse {
            rows,
            columns: starts.len() - 1,
            logical: text(attributes, "MATLAB_class") == Some("logical"),
            column_starts: starts,
            row_indices: row_indices[..entries]
                .iter()
                .map(|row| *row as u32)
                .collect(),
            real: real[..entries].to_vec(),
            imaginary: None,
        }))
    }
}
