//! What Ratzon et al. (2023) report of recordings: Table 3 and the legend of Figure 3.

/// A slope of the paper's regression over sessions, per unit of its axis, of a value normalised to
/// the first session. Its unit is the session or cell, not the animal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PublishedTrend {
    /// What was followed.
    pub quantity: &'static str,
    /// Slope a unit of time.
    pub slope: f64,
    /// Its p-value as printed.
    pub p: &'static str,
}

/// One data set of Table 3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PublishedCohort {
    /// Panel of Figure 3; empty for the data set without one.
    pub panel: &'static str,
    /// First author and year.
    pub name: &'static str,
    /// How long the animals had known the environment.
    pub familiarity: &'static str,
    /// Species.
    pub species: &'static str,
    /// Number of animals.
    pub animals: usize,
    /// Days of recording.
    pub days: &'static str,
    /// Length of a session, minutes.
    pub session_minutes: &'static str,
    /// How it was recorded.
    pub recording: &'static str,
    /// Shape of the arena.
    pub arena: &'static str,
    /// Unit of time of the slopes.
    pub time: &'static str,
    /// The regressions of Figure 3: activity, then mean spatial information.
    pub trends: Option<[PublishedTrend; 2]>,
}

const PLACE: &str = "fraction of place cells";
const SI: &str = "mean spatial information";

const fn trends(
    activity: (&'static str, f64, &'static str),
    information: f64,
) -> Option<[PublishedTrend; 2]> {
    let (quantity, slope, p) = activity;
    let information = PublishedTrend {
        quantity: SI,
        slope: information,
        p: "< .001",
    };
    Some([PublishedTrend { quantity, slope, p }, information])
}

/// Table 3 with the slopes of Figure 3, <https://doi.org/10.7554/eLife.90069>.
pub const PUBLISHED: [PublishedCohort; 5] = [
    PublishedCohort {
        panel: "A",
        name: "Khatib 2023",
        familiarity: "3–5 days",
        species: "mice",
        animals: 8,
        days: "1",
        session_minutes: "200",
        recording: "calcium imaging",
        arena: "linear track",
        time: "minute",
        trends: trends((PLACE, -0.0003, "< .001"), 0.002),
    },
    PublishedCohort {
        panel: "B",
        name: "Jercog 2019",
        familiarity: "novel",
        species: "mice",
        animals: 12,
        days: "10",
        session_minutes: "40",
        recording: "electrophysiology",
        arena: "square or circle",
        time: "day",
        trends: trends(("number of active cells", -0.052, "= .004"), 0.094),
    },
    PublishedCohort {
        panel: "C",
        name: "Karlsson 2015",
        familiarity: "novel",
        species: "rats",
        animals: 9,
        days: "at most 11",
        session_minutes: "15–30",
        recording: "electrophysiology",
        arena: "W-shaped",
        time: "day",
        trends: trends((PLACE, -0.048, "= .011"), 0.054),
    },
    PublishedCohort {
        panel: "D",
        name: "Sheintuch 2023",
        familiarity: "novel",
        species: "mice",
        animals: 8,
        days: "10",
        session_minutes: "20",
        recording: "calcium imaging",
        arena: "linear or L-shaped track",
        time: "day",
        trends: trends((PLACE, -0.026, "< .001"), 0.068),
    },
    PublishedCohort {
        panel: "",
        name: "Geva 2023",
        familiarity: "6–9 days",
        species: "mice",
        animals: 8,
        days: "10",
        session_minutes: "20",
        recording: "calcium imaging",
        arena: "linear track",
        time: "day",
        trends: None,
    },
];
