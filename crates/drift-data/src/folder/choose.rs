//! What is chosen of the files of a folder, as keys of their entries.

use std::collections::BTreeSet;
use std::path::Path;

use toml::{Table, Value};

use super::activity::Found;
use super::keys::Entry;
use super::manifest::{Imaging, Manifest, SessionEntry};
use crate::Error;
use crate::recording::{CellChoice, Choices};

/// A choice with its option, and the keys that it may be in an activity and in positions: the first that
/// a file has.
pub(super) struct Choice {
    option: &'static str,
    value: Value,
    pub(super) activity: &'static [&'static str],
    pub(super) positions: &'static [&'static str],
    /// Which files have it, and what others have in its place.
    expected: &'static str,
}

impl Manifest {
    /// The manifest with every choice as a key of the entries that it says something about.
    pub(super) fn chosen(&self, file: &Path, choices: &Choices) -> Result<Self, Error> {
        choices.check()?;
        let mut manifest = self.clone();
        for choice in given(choices) {
            let mut used = false;
            for session in &mut manifest.session {
                let activity = put(&mut session.activity, choice.activity, &choice.value)?;
                used |= activity;
                // The frame rate of the activity is not that of a video beside it.
                if let (false, Some(positions)) = (activity, &mut session.positions) {
                    used |= put(positions, choice.positions, &choice.value)?;
                }
            }
            if !used {
                return Err(self.without_use(file, choice.option, choice.expected));
            }
        }
        let activity = || self.session.iter().map(|session| session.activity.format);
        if choices.plane.is_some() && !activity().any(|format| format == Some(Imaging::Suite2p)) {
            let expected = "suite2p, which has a folder a plane; --region chooses by the column `region` \
                            of a table `cells`";
            return Err(self.without_use(file, "--plane", expected));
        }
        let told = |session: &SessionEntry| {
            session.cells.is_some()
                || matches!(
                    session.activity.format,
                    Some(Imaging::Suite2p | Imaging::CaImAn | Imaging::Inscopix)
                )
        };
        if choices.cells == CellChoice::All && !self.session.iter().any(told) {
            let expected = "suite2p, CaImAn or Inscopix, which say what is a cell, or a table `cells` \
                            with `keep`; of other files all are cells";
            return Err(self.without_use(file, "--cells all", expected));
        }
        Ok(manifest)
    }

    fn without_use(&self, file: &Path, option: &str, expected: &str) -> Error {
        let mut formats = BTreeSet::new();
        for session in &self.session {
            let activity = session.activity.format;
            formats.insert(activity.map_or("neutral activity".to_owned(), |f| format!("{f:?}")));
            if let Some(positions) = &session.positions {
                let format = positions.format;
                formats.insert(format.map_or("neutral positions".to_owned(), |f| format!("{f:?}")));
            }
        }
        let formats: Vec<String> = formats.into_iter().collect();
        let value = format!("without any use for {}", formats.join(", "));
        Error::entry(file, option, value, expected)
    }
}

fn given(choices: &Choices) -> Vec<Choice> {
    let text = |text: &Option<String>| text.clone().map(Value::String);
    let all = [
        (
            "--series",
            text(&choices.series),
            &["signal"][..],
            &[][..],
            "suite2p, CaImAn or CNMF-E, which have several signals; other files hold one",
        ),
        (
            "--position",
            text(&choices.position),
            &[],
            &["bodypart", "node"],
            "DeepLabCut (a body part) or SLEAP (a node); other files hold one position",
        ),
        (
            "--scale",
            choices.scale.map(Value::Float),
            &[],
            &["cm_per_px", "scale"],
            "positions; there are none",
        ),
        (
            "--missing",
            choices.missing.map(Value::Float),
            &[],
            &["missing"],
            "positions; there are none",
        ),
        (
            "--frame-rate",
            choices.frame_rate.map(Value::Float),
            &["rate_hz"],
            &["rate_hz"],
            "suite2p, CaImAn, CNMF-E, a neutral NPZ, DeepLabCut or SLEAP; other files have times",
        ),
    ];
    let given = all
        .into_iter()
        .filter_map(|(option, value, activity, positions, expected)| {
            Some(Choice {
                option,
                value: value?,
                activity,
                positions,
                expected,
            })
        });
    given.collect()
}

/// An entry with the choices that say something about its file; the others are passed over.
#[cfg(feature = "nwb")]
pub(super) fn with<T: Entry + Clone>(
    mut entry: T,
    choices: &Choices,
    keys: fn(&Choice) -> &'static [&'static str],
) -> Result<T, Error> {
    for choice in given(choices) {
        put(&mut entry, keys(&choice), &choice.value)?;
    }
    Ok(entry)
}

/// Gives an entry the first of the keys that its file has; whether it has one.
pub(super) fn put<T: Entry + Clone>(
    entry: &mut T,
    keys: &[&str],
    value: &Value,
) -> Result<bool, Error> {
    let has = |key: &&&str| T::COMMON.contains(*key) || entry.keys().contains(*key);
    let Some(key) = keys.iter().find(has) else {
        return Ok(false);
    };
    let given = Table::from_iter([((*key).to_owned(), value.clone())]);
    *entry = entry.clone().with(&given, &mut Table::new())?;
    Ok(true)
}

impl SessionEntry {
    /// The places of the cells that are kept.
    pub(super) fn kept(
        &self,
        path: &Path,
        cells: &[Found],
        choices: &Choices,
    ) -> Result<Vec<usize>, Error> {
        let plane = |cell: &Found| cell.id.split_once('/').map(|(plane, _)| plane.to_owned());
        let wanted = choices
            .plane
            .as_ref()
            .filter(|_| self.activity.format == Some(Imaging::Suite2p));
        if let Some(wanted) = wanted {
            let planes: BTreeSet<String> = cells.iter().filter_map(plane).collect();
            if !planes.contains(wanted) {
                return Err(Error::Ambiguous {
                    file: path.to_owned(),
                    what: format!("no plane is called {wanted}"),
                    choices: planes.into_iter().collect(),
                    option: "--plane",
                });
            }
        }
        let kept = |cell: &Found| {
            (cell.keep || choices.cells == CellChoice::All)
                && wanted.is_none_or(|wanted| plane(cell).as_ref() == Some(wanted))
        };
        Ok((0..cells.len())
            .filter(|place| kept(&cells[*place]))
            .collect())
    }
}
