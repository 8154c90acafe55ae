//! The matrices that registration programs write.

use std::path::{Path, PathBuf};

use nalgebra::DMatrix;

use crate::Error;
use crate::folder::Registry;
use crate::hdf5::{self, failed};
use crate::mat::{self, FileKind, Limits, MatFile};
use crate::table::Table;
use crate::{name, numpy};

/// One matrix (registered cells × sessions), of one plane where the file is of one.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) file: PathBuf,
    pub(super) plane: Option<String>,
    pub(super) numbers: DMatrix<f64>,
}

/// Reads a file; track2p has one a plane, in a folder.
pub(super) fn read(file: &Path, format: Registry, limits: &Limits) -> Result<Vec<Part>, Error> {
    let whole = |numbers| {
        let file = file.to_owned();
        vec![Part {
            file,
            plane: None,
            numbers,
        }]
    };
    match format {
        Registry::CellReg => cellreg(file, limits).map(whole),
        Registry::CaImAn => numpy::read(file, limits.decoded_bytes)?.matrix().map(whole),
        Registry::Track2p => track2p(file, limits),
    }
}

const MAP: &str = "cell_to_index_map";
const STRUCT: &str = "cell_registered_struct";

/// `cell_registered_struct.cell_to_index_map`, or the map alone. Of a 7.3 file, which holds the
/// footprints of all sessions too, only the map is read.
fn cellreg(file: &Path, limits: &Limits) -> Result<DMatrix<f64>, Error> {
    if FileKind::detect(&mat::head(file)?) != FileKind::Level73 {
        let file = MatFile::open_with(file, limits)?;
        return match file.find(STRUCT) {
            Some(registered) => registered.field(MAP)?.matrix(),
            None => file.get(MAP)?.matrix(),
        };
    }
    let hdf5 = hdf5::open(file)?;
    let place = format!("{STRUCT}/{MAP}");
    let map = match hdf5.dataset(&place) {
        Ok(map) => map,
        Err(_) => hdf5
            .dataset(MAP)
            .map_err(failed(file, &place, "the map of the cells"))?,
    };
    let (shape, values) = hdf5::numbers(file, &place, &map, limits)?;
    match shape[..] {
        // HDF5 has MATLAB's dimensions in reverse, and so MATLAB's order of the numbers.
        [sessions, cells] => Ok(DMatrix::from_vec(cells, sessions, values)),
        _ => Err(Error::WrongShape {
            file: file.to_owned(),
            variable: place,
            expected: "registered cells × sessions".to_owned(),
            found: shape,
        }),
    }
}

/// `plane*_suite2p_indices_nan.npy` or `plane*_suite2p_indices.csv`, or a folder of them.
fn track2p(file: &Path, limits: &Limits) -> Result<Vec<Part>, Error> {
    let files = if file.is_dir() {
        let mut files = crate::files(file)?;
        files.retain(|file| plane(file).is_some());
        // Of a plane, the array or else the table.
        let arrays = files.iter().filter(|file| is_array(file));
        let arrays: Vec<Option<String>> = arrays.map(|file| plane(file)).collect();
        files.retain(|file| is_array(file) || !arrays.contains(&plane(file)));
        if files.is_empty() {
            return Err(Error::MissingFiles {
                folder: file.to_owned(),
                expected: "plane*_suite2p_indices_nan.npy or plane*_suite2p_indices.csv".to_owned(),
            });
        }
        files
    } else {
        vec![file.to_owned()]
    };
    files
        .into_iter()
        .map(|file| {
            if name(&file).contains("match_mat") {
                let expected =
                    "plane*_suite2p_indices_nan.npy or .csv beside it, which count all ROIs";
                return Err(Error::entry(&file, "the array", "pickled", expected)
                    .mended_by("registration.file"));
            }
            let numbers = if is_array(&file) {
                numpy::read(&file, limits.decoded_bytes)?.matrix()?
            } else {
                indices(&file)?
            };
            let plane = plane(&file);
            Ok(Part {
                file,
                plane,
                numbers,
            })
        })
        .collect()
}

fn is_array(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "npy")
}

/// The plane of an index file: what its name says before `_suite2p_indices`.
fn plane(file: &Path) -> Option<String> {
    let name = file.file_name()?.to_str()?;
    let known = ["_suite2p_indices_nan.npy", "_suite2p_indices.csv"];
    let plane = known.iter().find_map(|ending| name.strip_suffix(ending))?;
    plane.starts_with("plane").then(|| plane.to_owned())
}

/// A table with semicolons, a column a session.
fn indices(file: &Path) -> Result<DMatrix<f64>, Error> {
    let mut table = Table::open_with(file, b';')?;
    let sessions = table.header().len();
    let mut values = Vec::new();
    while table.next()? {
        for column in 0..sessions {
            let none = table.text(column).eq_ignore_ascii_case("none");
            values.push(if none {
                f64::NAN
            } else {
                table.number(column)?
            });
        }
    }
    let rows = values.len() / sessions.max(1);
    Ok(DMatrix::from_row_slice(rows, sessions, &values))
}
