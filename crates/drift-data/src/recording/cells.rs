//! Cells and who they are.

/// One cell of a session.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// A name for messages: `t3c1`, `unit 7`, `cell 12`.
    pub label: String,
    /// Brain region, if the files tell.
    pub region: Option<String>,
    /// Who the cell is beyond this session, if the recording knows.
    pub identity: Option<Identity>,
}

impl Cell {
    /// Cells of one region that are numbered from 1 and known in no other session.
    #[cfg(any(feature = "rate-maps", feature = "ziv-lab"))]
    pub(crate) fn numbered(count: usize, region: Option<&str>) -> Vec<Self> {
        let cell = |number| Self {
            label: format!("cell {number}"),
            region: region.map(str::to_owned),
            identity: None,
        };
        (1..=count).map(cell).collect()
    }
}

/// Who a cell is beyond one session. Equal identities are the same neuron.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Identity {
    /// A cluster of spikes, sorted for one day: the same neuron in all epochs of that day, and in no other.
    Cluster {
        /// The day.
        day: u32,
        /// Tetrode, 1-based.
        tetrode: usize,
        /// Cluster of the tetrode, 1-based.
        cell: usize,
    },
    /// A row of the recording's registration, 0-based.
    Registered(usize),
}

/// Which of the regions of interest that a segmentation found are cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CellChoice {
    /// Those that the files accept, where they say so (`iscell`, `accepted`); all where they do not.
    #[default]
    Accepted,
    /// All of them.
    All,
}

/// Which cell of one session is which of another, from images registered to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Number of registered cells (rows).
    pub cells: usize,
    /// For each session and row the 0-based column in the session's own files, or `None` where the cell was not found.
    pub columns: Vec<Vec<Option<usize>>>,
}

impl Registration {
    /// How many of the registered cells were found in a session.
    ///
    /// # Panics
    /// If there is no such session.
    #[must_use]
    pub fn found(&self, session: usize) -> usize {
        self.columns[session].iter().flatten().count()
    }

    /// How many cells were found in every session.
    #[must_use]
    pub fn found_in_all(&self) -> usize {
        let found = |row: usize| {
            let mut sessions = self.columns.iter();
            sessions.all(|columns| matches!(columns.get(row), Some(Some(_))))
        };
        (0..self.cells).filter(|row| found(*row)).count()
    }

    pub(crate) fn of_sessions(&self, kept: &[usize]) -> Self {
        let columns = kept.iter().map(|session| self.columns[*session].clone());
        Self {
            cells: self.cells,
            columns: columns.collect(),
        }
    }
}
