//! Damaged NWB files: none may panic, hang, or ask for memory that the file cannot account for.

use drift_data::{Choices, nwb};
use hdf5_pure::{AttrValue, FileBuilder};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Tally, damage, scratch};

/// Damaged copies of each of the two files.
const MUTATIONS: usize = 50_000;

fn text(word: &str) -> AttrValue {
    AttrValue::String(word.into())
}

/// A position, and either units with electrodes or responses of regions of interest.
fn sound(units: bool) -> Vec<u8> {
    let mut builder = FileBuilder::new();
    let mut processing = builder.create_group("processing");
    let mut behavior = processing.create_group("behavior");
    let mut position = behavior.create_group("Position");
    position.set_attr("neurodata_type", text("Position"));
    let mut series = position.create_group("path");
    series.set_attr("neurodata_type", text("SpatialSeries"));
    series.set_attr("comments", text("Values of -1 indicate lost tracking."));
    let time: Vec<f64> = (0..20).map(f64::from).collect();
    series.create_dataset("data").with_f64_data(&time);
    series.create_dataset("timestamps").with_f64_data(&time);
    position.add_group(series.finish());
    behavior.add_group(position.finish());
    processing.add_group(behavior.finish());
    if !units {
        let mut ophys = processing.create_group("ophys");
        let mut responses = ophys.create_group("Deconvolved");
        responses.set_attr("neurodata_type", text("RoiResponseSeries"));
        let values = responses.create_dataset("data").with_f64_data(&[1.0; 40]);
        values.with_shape(&[20, 2]);
        responses.create_dataset("timestamps").with_f64_data(&time);
        responses.create_dataset("rois").with_i64_data(&[0, 1]);
        ophys.add_group(responses.finish());
        processing.add_group(ophys.finish());
    }
    builder.add_group(processing.finish());
    if units {
        let mut units = builder.create_group("units");
        units.create_dataset("id").with_i64_data(&[3, 8]);
        let spikes = [0.5, 1.5, 7.5, 11.5];
        units.create_dataset("spike_times").with_f64_data(&spikes);
        units
            .create_dataset("spike_times_index")
            .with_f64_data(&[1.0, 4.0]);
        builder.add_group(units.finish());
    }
    builder.finish().unwrap()
}

/// Responses of two regions of interest, of which a segmentation says with a single number what they are.
#[test]
fn a_flag_without_an_axis_is_that_of_one_row() {
    let mut builder = FileBuilder::new();
    let mut processing = builder.create_group("processing");
    let mut responses = processing.create_group("Deconvolved");
    responses.set_attr("neurodata_type", text("RoiResponseSeries"));
    let values = responses.create_dataset("data").with_f64_data(&[1.0; 40]);
    values.with_shape(&[20, 2]);
    let time: Vec<f64> = (0..20).map(f64::from).collect();
    responses.create_dataset("timestamps").with_f64_data(&time);
    responses.create_dataset("rois").with_i64_data(&[0, 1]);
    processing.add_group(responses.finish());
    let mut cells = processing.create_group("cells");
    cells.set_attr("neurodata_type", text("PlaneSegmentation"));
    let flag = cells.create_dataset("iscell").with_f64_data(&[1.0]);
    flag.with_shape(&[]);
    processing.add_group(cells.finish());
    builder.add_group(processing.finish());
    let folder = scratch();
    let path = folder.path().join("flag.nwb");
    std::fs::write(&path, builder.finish().unwrap()).unwrap();
    let error = nwb::load(&path, &Choices::default())
        .unwrap_err()
        .to_string();
    let expected = "entry 2 is 1: expected a row of its table of regions of interest";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn damaged_nwb_files_are_refused_or_read() {
    let folder = scratch();
    let path = folder.path().join("damaged.nwb");
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let mut tally = Tally::default();
    for units in [true, false] {
        let original = sound(units);
        std::fs::write(&path, &original).unwrap();
        nwb::load(&path, &Choices::default()).unwrap_or_else(|error| panic!("{error}"));
        for _ in 0..MUTATIONS {
            let mut bytes = original.clone();
            damage(&mut bytes, 0, &mut rng);
            std::fs::write(&path, &bytes).unwrap();
            match nwb::load(&path, &Choices::default()) {
                Ok(_) => tally.read += 1,
                Err(error) => {
                    tally.refused += 1;
                    assert!(!error.to_string().is_empty());
                }
            }
        }
    }
    tally.check(10_000);
}
