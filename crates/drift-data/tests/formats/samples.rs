//! A small recording in each of the formats, made here: two sessions of 40 frames at 20 Hz on 100 cm.
//!
//! Cell 0 is active from 20 to 40 cm, cell 1 from 60 to 80 cm, cell 2 never.

use std::io::{Cursor, Write as _};

use hdf5_pure::{AttrValue, CompoundTypeBuilder, Datatype, FileBuilder};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

pub const FRAMES: usize = 40;
pub const CELLS: usize = 3;

/// Files of a folder: path and content.
pub type Files = Vec<(String, Vec<u8>)>;

pub fn time(frame: usize) -> f64 {
    frame as f64 / 20.0
}

pub fn x_cm(frame: usize) -> f64 {
    2.5 * frame as f64 + 1.0
}

/// What cell `cell` does in `frame`.
pub fn activity(frame: usize, cell: usize) -> f64 {
    let field = [(20.0, 40.0), (60.0, 80.0), (0.0, 0.0)][cell];
    if (field.0..field.1).contains(&x_cm(frame)) {
        1.5
    } else {
        0.0
    }
}

/// Cells × frames.
fn by_cell() -> Vec<f64> {
    (0..CELLS)
        .flat_map(|cell| (0..FRAMES).map(move |frame| activity(frame, cell)))
        .collect()
}

/// Frames × cells.
pub fn by_frame() -> Vec<f64> {
    (0..FRAMES)
        .flat_map(|frame| (0..CELLS).map(move |cell| activity(frame, cell)))
        .collect()
}

/// An `.npy` array of entries that are given as bytes.
pub fn npy(descr: &str, shape: &str, bytes: &[u8]) -> Vec<u8> {
    let mut head = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + head.len() + 1) % 64 != 0 {
        head.push(' ');
    }
    head.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((head.len() as u16).to_le_bytes());
    file.extend(head.as_bytes());
    file.extend(bytes);
    file
}

pub fn f64s(shape: &str, values: &[f64]) -> Vec<u8> {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    npy("<f8", shape, &bytes)
}

pub fn f32s(shape: &str, values: &[f64]) -> Vec<u8> {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| (*value as f32).to_le_bytes())
        .collect();
    npy("<f4", shape, &bytes)
}

pub fn i64s(shape: &str, values: &[i64]) -> Vec<u8> {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    npy("<i8", shape, &bytes)
}

pub fn texts(values: &[&str]) -> Vec<u8> {
    let width = values
        .iter()
        .map(|text| text.chars().count())
        .max()
        .unwrap_or(0);
    let mut bytes = Vec::new();
    for text in values {
        let mut letters: Vec<u8> = text
            .chars()
            .flat_map(|letter| u32::from(letter).to_le_bytes())
            .collect();
        letters.resize(4 * width, 0);
        bytes.extend(letters);
    }
    npy(
        &format!("<U{width}"),
        &format!("({},)", values.len()),
        &bytes,
    )
}

/// An `.npz` archive; every other member is deflated.
pub fn npz(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (index, (name, bytes)) in members.iter().enumerate() {
        let method = if index % 2 == 0 {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        let options = SimpleFileOptions::default().compression_method(method);
        archive.start_file(format!("{name}.npy"), options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// `recording.toml` with two sessions of the same form; `{}` stands for the number of the session.
pub fn toml(registration: &str, session: &str) -> Vec<u8> {
    let mut text = "format = \"drift-recording\"\nversion = 1\nsubject = \"M1\"\n".to_owned();
    if !registration.is_empty() {
        text += &format!("registration = {registration}\n");
    }
    for (number, day) in [(1, 0), (2, 3)] {
        let session = session.replace("{}", &number.to_string());
        text += &format!("[[session]]\nlabel = \"s{number}\"\nday = {day}\n{session}\n");
    }
    text.into_bytes()
}

pub fn positions_csv() -> String {
    let mut text = "time_s,x_cm,direction\n".to_owned();
    for frame in 0..FRAMES {
        let x = if frame == 3 {
            String::new()
        } else {
            x_cm(frame).to_string()
        };
        text += &format!("{},{x},1\n", time(frame));
    }
    text
}

pub fn spikes_csv() -> String {
    let mut text = "time_s,cell\n".to_owned();
    for frame in (0..FRAMES).rev() {
        for cell in 0..CELLS {
            if activity(frame, cell) > 0.0 {
                text += &format!("{:.2},{cell}\n", time(frame) + 0.01);
            }
        }
    }
    text
}

pub const CELLS_CSV: &str = "id,region,keep\n0,CA1,true\n1,CA3,true\n2,CA1,true\n";
pub const REGISTRATION_CSV: &str = "cell,s1,s2\nA,0,1\nB,1,0\nC,,2\n";

fn files(named: &[(&str, Vec<u8>)]) -> Files {
    named
        .iter()
        .map(|(name, bytes)| ((*name).to_owned(), bytes.clone()))
        .collect()
}

pub fn neutral_tables() -> Files {
    let session = "cells = \"cells.csv\"\npositions = { file = \"positions.csv\" }\n\
                   activity = { file = \"spikes.csv\", kind = \"spikes\" }";
    files(&[
        ("recording.toml", toml("\"registration.csv\"", session)),
        ("cells.csv", CELLS_CSV.into()),
        ("positions.csv", positions_csv().into()),
        ("spikes.csv", spikes_csv().into()),
        ("registration.csv", REGISTRATION_CSV.into()),
    ])
}

pub fn neutral_arrays() -> Files {
    let session = "positions = { file = \"positions.npz\" }\n\
                   activity = { file = \"activity.npz\", kind = \"amplitudes\" }";
    let times: Vec<f64> = (0..FRAMES).map(time).collect();
    let x: Vec<f64> = (0..FRAMES).map(x_cm).collect();
    files(&[
        ("recording.toml", toml("\"registration.csv\"", session)),
        (
            "positions.npz",
            npz(&[
                ("time_s", f64s("(40,)", &times)),
                ("x_cm", f64s("(40,)", &x)),
            ]),
        ),
        (
            "activity.npz",
            npz(&[
                ("activity", f32s("(40, 3)", &by_frame())),
                ("ids", i64s("(3,)", &[0, 1, 2])),
                ("time_s", f64s("(40,)", &times)),
            ]),
        ),
        ("registration.csv", REGISTRATION_CSV.into()),
    ])
}

pub fn suite2p() -> Files {
    let session = "positions = { file = \"positions.csv\" }\n\
                   activity = { file = \"suite2p\", format = \"suite2p\", rate_hz = 20, \
                   signal = \"dF\" }";
    let neuropil = vec![2.0; CELLS * FRAMES];
    let raw: Vec<f64> = by_cell().iter().map(|value| value + 1.4).collect();
    let nan = f64::NAN;
    files(&[
        (
            "recording.toml",
            toml("{ file = \"track2p\", format = \"track2p\" }", session),
        ),
        ("positions.csv", positions_csv().into()),
        ("suite2p/plane0/F.npy", f32s("(3, 40)", &raw)),
        ("suite2p/plane0/Fneu.npy", f32s("(3, 40)", &neuropil)),
        ("suite2p/plane0/spks.npy", f32s("(3, 40)", &by_cell())),
        (
            "suite2p/plane0/iscell.npy",
            f64s("(3, 2)", &[1.0, 0.9, 1.0, 0.8, 0.0, 0.1]),
        ),
        (
            "track2p/plane0_suite2p_indices_nan.npy",
            f64s("(3, 2)", &[0.0, 1.0, 1.0, 0.0, nan, nan]),
        ),
    ])
}

/// Bytes of an HDF5 file that `fill` describes.
fn hdf5(fill: impl FnOnce(&mut FileBuilder)) -> Vec<u8> {
    let mut builder = FileBuilder::new();
    fill(&mut builder);
    builder.finish().unwrap()
}

pub fn caiman() -> Files {
    let session = "positions = { file = \"positions.csv\" }\n\
                   activity = { file = \"day.hdf5\", format = \"caiman\" }";
    let file = hdf5(|builder| {
        let mut estimates = builder.create_group("estimates");
        for name in ["S", "C"] {
            let data = estimates.create_dataset(name);
            data.with_f64_data(&by_cell()).with_shape(&[3, 40]);
        }
        estimates
            .create_dataset("idx_components")
            .with_i64_data(&[0, 1]);
        estimates
            .create_dataset("F_dff")
            .with_vlen_strings(&["NoneType"])
            .with_shape(&[]);
        builder.add_group(estimates.finish());
        let mut params = builder.create_group("params");
        let mut data = params.create_group("data");
        data.create_dataset("fr")
            .with_f64_data(&[20.0])
            .with_shape(&[]);
        params.add_group(data.finish());
        builder.add_group(params.finish());
    });
    let registration = "{ file = \"assignments.npy\", format = \"caiman\", counts = \"accepted\" }";
    let nan = f64::NAN;
    files(&[
        ("recording.toml", toml(registration, session)),
        ("positions.csv", positions_csv().into()),
        ("day.hdf5", file),
        (
            "assignments.npy",
            f64s("(3, 2)", &[0.0, 1.0, 1.0, nan, nan, 0.0]),
        ),
    ])
}

/// A MATLAB 7.3 file around HDF5.
pub fn level73(fill: impl FnOnce(&mut FileBuilder)) -> Vec<u8> {
    let mut builder = FileBuilder::new();
    let mut head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".to_vec();
    head.resize(124, b' ');
    head.extend(b"\x00\x02IM");
    head.resize(512, 0);
    builder.with_userblock(512).with_userblock_content(&head);
    fill(&mut builder);
    builder.finish().unwrap()
}

pub fn cnmfe() -> Files {
    let session = "positions = { file = \"positions.csv\" }\n\
                   activity = { file = \"day.mat\", format = \"cnmfe\" }";
    let class = |name: &str| AttrValue::AsciiString(name.to_owned());
    let file = level73(|builder| {
        let mut neuron = builder.create_group("neuron");
        neuron.set_attr("MATLAB_class", class("struct"));
        // HDF5 has MATLAB's neurons × frames as frames × neurons.
        let signal = neuron.create_dataset("S");
        signal.with_f64_data(&by_frame()).with_shape(&[40, 3]);
        signal.set_attr("MATLAB_class", class("double"));
        for (name, values) in [("Fs", &[20.0][..]), ("tags", &[0.0, 8.0, 0.0])] {
            let data = neuron.create_dataset(name);
            data.with_f64_data(values)
                .with_shape(&[1, values.len() as u64]);
            data.set_attr("MATLAB_class", class("double"));
        }
        builder.add_group(neuron.finish());
    });
    let map = level73(|builder| {
        let mut registered = builder.create_group("cell_registered_struct");
        registered.set_attr("MATLAB_class", class("struct"));
        let map = registered.create_dataset("cell_to_index_map");
        map.with_f64_data(&[1.0, 2.0, 0.0, 2.0, 0.0, 3.0])
            .with_shape(&[2, 3]);
        map.set_attr("MATLAB_class", class("double"));
        builder.add_group(registered.finish());
    });
    let registration = "{ file = \"cellRegistered.mat\", format = \"cellreg\" }";
    files(&[
        ("recording.toml", toml(registration, session)),
        ("positions.csv", positions_csv().into()),
        ("day.mat", file),
        ("cellRegistered.mat", map),
    ])
}

pub fn pynapple() -> Files {
    let session = "positions = { file = \"position.npz\", format = \"pynapple\", unit = \"m\" }\n\
                   activity = { file = \"spikes.npz\", format = \"pynapple\" }";
    let (mut times, mut units) = (Vec::new(), Vec::new());
    for frame in 0..FRAMES {
        for cell in 0..CELLS {
            if activity(frame, cell) > 0.0 {
                times.push(time(frame) + 0.01);
                units.push(cell as i64);
            }
        }
    }
    let shape = format!("({},)", times.len());
    let moments: Vec<f64> = (0..FRAMES).map(time).collect();
    let metres: Vec<f64> = (0..FRAMES).map(|frame| x_cm(frame) / 100.0).collect();
    files(&[
        ("recording.toml", toml("\"registration.csv\"", session)),
        (
            "spikes.npz",
            npz(&[
                ("t", f64s(&shape, &times)),
                ("index", i64s(&shape, &units)),
                ("keys", i64s("(3,)", &[0, 1, 2])),
                ("type", texts(&["TsGroup"])),
                ("_metadata", npy("|O", "()", b"\x80\x04K\x01.")),
            ]),
        ),
        (
            "position.npz",
            npz(&[
                ("t", f64s("(40,)", &moments)),
                ("d", f64s("(40,)", &metres)),
                ("type", texts(&["Tsd"])),
            ]),
        ),
        ("registration.csv", REGISTRATION_CSV.into()),
    ])
}

pub fn inscopix() -> Files {
    let mut traces =
        " , C0, C1, C2\nTime(s)/Cell Status, accepted, undecided, rejected\n".to_owned();
    let mut events = "Time (s), Cell Name, Value\n".to_owned();
    for frame in 0..FRAMES {
        // Times of the Unix clock.
        traces += &format!("{:.2}", 1_577_836_800.0 + time(frame));
        for cell in 0..CELLS {
            traces += &format!(", {}", activity(frame, cell) - 0.1);
        }
        traces.push('\n');
        if activity(frame, 0) > 0.0 {
            events += &format!("{:.2}, C0, 2.5\n", time(frame) + 0.01);
        }
    }
    let text = "format = \"drift-recording\"\nversion = 1\nsubject = \"M1\"\n\
                [[session]]\nlabel = \"traces\"\nday = 0\npositions = { file = \"positions.csv\" }\n\
                activity = { file = \"traces.csv\", format = \"inscopix\" }\n\
                [[session]]\nlabel = \"events\"\nday = 0.5\npositions = { file = \"positions.csv\" }\n\
                activity = { file = \"events.csv\", format = \"inscopix\" }\n";
    files(&[
        ("recording.toml", text.into()),
        ("positions.csv", positions_csv().into()),
        ("traces.csv", traces.into()),
        ("events.csv", events.into()),
    ])
}

const DLC: &str =
    "rate_hz = 20, cm_per_px = 0.2, origin_px = 20, bodypart = \"back\", axes = \"x\"";

/// The body parts back and nose in a frame: x, y and likelihood each, px.
fn pixels(frame: usize) -> [f64; 6] {
    let x = 20.0 + 5.0 * x_cm(frame);
    let likelihood = if frame == 3 { 0.02 } else { 0.99 };
    [x, 60.0, likelihood, x + 15.0, 61.0, 0.5]
}

pub fn deeplabcut_table() -> Files {
    let session = format!(
        "cells = \"cells.csv\"\npositions = {{ file = \"DLC.csv\", format = \"deeplabcut\", {DLC} }}\n\
         activity = {{ file = \"spikes.csv\", kind = \"spikes\" }}"
    );
    let mut table = "scorer,DLC,DLC,DLC,DLC,DLC,DLC\nbodyparts,back,back,back,nose,nose,nose\n\
                     coords,x,y,likelihood,x,y,likelihood\n"
        .to_owned();
    for frame in 0..FRAMES {
        let row: Vec<String> = pixels(frame).iter().map(f64::to_string).collect();
        table += &format!("{frame},{}\n", row.join(","));
    }
    files(&[
        ("recording.toml", toml("", &session)),
        ("cells.csv", CELLS_CSV.into()),
        ("DLC.csv", table.into()),
        ("spikes.csv", spikes_csv().into()),
    ])
}

/// Labels of columns as pandas pickles them.
pub const LABELS: &str = "(lp0\n(I1\n(lp1\n(VDLC\np2\nVback\np3\nVx\np4\ntp5\na(g2\ng3\nVy\np6\ntp7\na(g2\n\
                          g3\nVlikelihood\np8\ntp9\na(g2\nVnose\np10\ng4\ntp11\na(g2\ng10\ng6\ntp12\na(g2\n\
                          g10\ng8\ntp13\natp14\na.";

pub fn deeplabcut_frame() -> Files {
    let session = format!(
        "cells = \"cells.csv\"\npositions = {{ file = \"DLC.h5\", format = \"deeplabcut\", {DLC} }}\n\
         activity = {{ file = \"spikes.csv\", kind = \"spikes\" }}"
    );
    let mut rows = Vec::new();
    for frame in 0..FRAMES {
        rows.extend((frame as i64).to_le_bytes());
        rows.extend(pixels(frame).iter().flat_map(|value| value.to_le_bytes()));
    }
    let file = hdf5(|builder| {
        let mut frame = builder.create_group("df_with_missing");
        frame.set_attr(
            "pandas_type",
            AttrValue::AsciiString("frame_table".to_owned()),
        );
        frame.set_attr("non_index_axes", AttrValue::AsciiString(LABELS.to_owned()));
        let values = Datatype::Array {
            base_type: Box::new(hdf5_pure::make_f64_type()),
            dimensions: vec![6],
        };
        let row = CompoundTypeBuilder::new()
            .i64_field("index")
            .field("values_block_0", values)
            .build()
            .unwrap();
        let table = frame.create_dataset("table");
        table.with_compound_data(row, rows, FRAMES as u64);
        builder.add_group(frame.finish());
    });
    files(&[
        ("recording.toml", toml("", &session)),
        ("cells.csv", CELLS_CSV.into()),
        ("DLC.h5", file),
        ("spikes.csv", spikes_csv().into()),
    ])
}

pub fn sleap() -> Files {
    let session = "cells = \"cells.csv\"\npositions = { file = \"video.analysis.h5\", \
                   format = \"sleap\", rate_hz = 20, cm_per_px = 0.2, origin_px = 20, \
                   node = \"back\", track = \"track_0\", axes = \"x\" }\n\
                   activity = { file = \"spikes.csv\", kind = \"spikes\" }";
    // Track, xy, node, frame.
    let mut tracks = Vec::new();
    for track in 0..2 {
        for xy in 0..2 {
            for node in 0..2 {
                for frame in 0..FRAMES {
                    let lost = track == 1 || frame == 3;
                    let value = pixels(frame)[xy + 3 * node];
                    tracks.push(if lost { f64::NAN } else { value });
                }
            }
        }
    }
    let file = hdf5(|builder| {
        builder
            .create_dataset("tracks")
            .with_f64_data(&tracks)
            .with_shape(&[2, 2, 2, 40]);
        builder
            .create_dataset("track_names")
            .with_ascii_strings(&["track_0", "track_1"])
            .unwrap();
        builder
            .create_dataset("node_names")
            .with_ascii_strings(&["back", "nose"])
            .unwrap();
    });
    files(&[
        ("recording.toml", toml("", session)),
        ("cells.csv", CELLS_CSV.into()),
        ("video.analysis.h5", file),
        ("spikes.csv", spikes_csv().into()),
    ])
}

/// Every format.
pub fn samples() -> Vec<(&'static str, Files)> {
    vec![
        ("neutral tables", neutral_tables()),
        ("neutral arrays", neutral_arrays()),
        ("suite2p", suite2p()),
        ("caiman", caiman()),
        ("cnmfe", cnmfe()),
        ("pynapple", pynapple()),
        ("inscopix", inscopix()),
        ("deeplabcut table", deeplabcut_table()),
        ("deeplabcut frame", deeplabcut_frame()),
        ("sleap", sleap()),
    ]
}
