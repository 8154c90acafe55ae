//! Measures of each hidden layer, of networks that have several.

use std::ops::Range;

use drift_engine::{Column, Sample};
use drift_net::{Shape, Workspace};
use nalgebra::DMatrix;

use crate::{Error, Mapping};

/// The units of a layer among those of all layers side by side.
pub(crate) fn units(shape: Shape, layer: usize) -> Range<usize> {
    let first = shape.widths()[..layer].iter().sum();
    first..first + shape.widths()[layer]
}

/// The name of a column of one layer, counted from 1 at the inputs up.
fn name(measure: &str, layer: usize) -> String {
    format!("{measure}_layer{}", layer + 1)
}

/// The columns of a network with several hidden layers, beside those of all units together; none
/// with one.
pub(crate) fn columns(shape: Shape) -> Vec<Column> {
    if shape.layers() == 1 {
        return Vec::new();
    }
    let of_layer = |layer: usize| {
        let column = |measure: &str, unit: &str, meaning: &str| {
            let meaning = format!("{meaning} of hidden layer {}", layer + 1);
            Column::new(name(measure, layer), unit, meaning)
        };
        let information = "mean_spatial_information";
        let information = column(information, "bits", information);
        [
            column("activity", "", "mean activity on the clean data"),
            column("active_fraction", "", "active_fraction"),
            column("fraction_active_units", "", "fraction_active_units"),
            information.not_portable(),
            column("place_units", "", "place_units")
                .whole()
                .not_portable(),
        ]
    };
    (0..shape.layers()).flat_map(of_layer).collect()
}

/// Takes them, of the workspace of a clean pass and its `hidden` activity (samples × units).
pub(crate) fn measure(
    workspace: &Workspace,
    hidden: &DMatrix<f64>,
    mapping: Option<&Mapping>,
    sample: &mut Sample,
) -> Result<(), Error> {
    let shape = workspace.shape();
    for layer in 0..shape.layers() {
        let here = hidden.columns_range(units(shape, layer)).into_owned();
        sample.set(&name("activity", layer), here.mean());
        let active = workspace.active_fraction_of(layer);
        sample.set(&name("active_fraction", layer), active);
        let units = workspace.fraction_active_units_of(layer);
        sample.set(&name("fraction_active_units", layer), units);
        if let Some(mapping) = mapping {
            let (mean, count) = mapping.information(&here)?;
            sample.set(&name("mean_spatial_information", layer), mean);
            sample.set(&name("place_units", layer), count as f64);
        }
    }
    Ok(())
}

/// The first layer of which no unit is active on any sample.
pub(crate) fn first_dead(workspace: &Workspace) -> Option<usize> {
    (0..workspace.shape().layers()).find(|&layer| workspace.active_fraction_of(layer) == 0.0)
}
