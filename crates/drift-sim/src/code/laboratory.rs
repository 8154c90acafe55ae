//! How the paper processed the data of each laboratory.

use super::{Axis, Criteria, Denominator, Directions, Quantity, Selection};

/// A data set of Figure 3, processed as its Methods say.
///
/// What the paper leaves open is listed in the book ("Results against the paper", Figure 3), with
/// what stands here in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Laboratory {
    /// Khatib et al. 2023 (panel A): one session of 200 minutes on a linear track, speed above
    /// 1 cm/s, both directions apart, bins of 4 cm, place cells by a shuffle test as a share of all
    /// recognised cells. The data are not public: by description only.
    Khatib,
    /// Jercog et al. 2019 (panel B, hc-22): published rate maps with occupancy from the
    /// trajectories, neurons above 0.1 Hz, their number.
    Jercog,
    /// Karlsson et al. 2015 (panel C, hc-6): CA1, speed above 1 cm/s, the W-track as a square in
    /// bins of 4 cm, environments pooled by exposure.
    Karlsson,
    /// Sheintuch et al. 2023 (panel D, cell_assemblies): the authors' own share of place cells and
    /// information.
    Sheintuch,
}

impl Laboratory {
    /// All laboratories, in the order of the panels.
    pub const ALL: [Self; 4] = [Self::Khatib, Self::Jercog, Self::Karlsson, Self::Sheintuch];

    /// The word on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Khatib => "khatib",
            Self::Jercog => "jercog",
            Self::Karlsson => "karlsson",
            Self::Sheintuch => "sheintuch",
        }
    }

    /// Which samples count: what the paper says, put over what the format asks for by itself.
    #[must_use]
    pub fn selection(self, format: Selection) -> Selection {
        let spoken = Selection {
            bin_cm: 4.0,
            ..format
        };
        match self {
            Self::Khatib => Selection {
                minimum_speed: Some(1.0),
                directions: Directions::Apart,
                block_minutes: Some(20.0),
                ..spoken
            },
            Self::Karlsson => Selection {
                minimum_speed: Some(1.0),
                region: Some("CA1".to_owned()),
                directions: Directions::Together,
                ..spoken
            },
            Self::Jercog | Self::Sheintuch => Selection {
                minimum_speed: None,
                ..spoken
            },
        }
    }

    /// What counts as active and tuned.
    #[must_use]
    pub fn criteria(self, criteria: Criteria) -> Criteria {
        match self {
            Self::Jercog => Criteria {
                minimum_rate: 0.1,
                ..criteria
            },
            // The published procedure's own minimum, which the paper used.
            Self::Karlsson => Criteria {
                active_samples: 10,
                ..criteria
            },
            Self::Khatib | Self::Sheintuch => criteria,
        }
    }

    /// The axis of the panel.
    #[must_use]
    pub fn axis(self) -> Axis {
        match self {
            Self::Khatib => Axis::Minutes,
            Self::Karlsson => Axis::Exposure,
            Self::Jercog | Self::Sheintuch => Axis::Day,
        }
    }

    /// Activity and information of the panel.
    #[must_use]
    pub fn quantities(self) -> [Quantity; 2] {
        match self {
            Self::Jercog => [Quantity::ActiveCells, Quantity::Information],
            Self::Sheintuch => [Quantity::AuthorsPlaceShare, Quantity::AuthorsInformation],
            Self::Khatib | Self::Karlsson => [
                Quantity::PlaceShare(Denominator::Found),
                Quantity::Information,
            ],
        }
    }
}
