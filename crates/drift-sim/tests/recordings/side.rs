//! What is computed of a session: its states, and a running direction's events, rate maps and
//! place cells.

use drift_sim::data::{Filter, Session, TrackDirection};
use drift_sim::learn::{Stream, Streams};
use drift_sim::metrics::activity::SparseActivity;
use drift_sim::metrics::binning::States;
use drift_sim::metrics::information::information;
use drift_sim::metrics::nalgebra::DMatrix;
use drift_sim::metrics::shuffle::{
    PlaceCellSettings, PlaceCellTest, cyclic_shift_test, place_cell_test,
};
use drift_sim::metrics::{BinEdges, RateMap, rate_map};

/// Seconds of a frame.
pub const FRAME: f64 = 1.0 / 20.0;

/// Events that a cell needs to be analysed.
const EVENTS: f64 = 5.0;

/// One direction of a session: running, in the bins kept.
pub struct Side {
    pub events: SparseActivity,
    pub map: RateMap,
    /// Cells with enough events.
    pub eligible: Vec<usize>,
    /// Their test against all shifts.
    pub all_shifts: PlaceCellTest,
    /// Which of them pass against 1000 shifts.
    pub thousand: Vec<usize>,
}

/// The samples of one direction, at 1 cm/s or faster.
pub fn running(session: &Session, direction: TrackDirection) -> Session {
    let filter = Filter {
        minimum_speed: Some(1.0),
        direction: Some(direction),
        ..Filter::default()
    };
    session.filtered(&filter).unwrap()
}

impl Side {
    /// Keeps the inner bins of a running session and tests its cells.
    pub fn of(running: &Session, streams: Streams) -> Self {
        let kept = running
            .filtered(&Filter {
                bins: Some(3..=22),
                ..Filter::default()
            })
            .unwrap();
        let bins = &kept.trajectory.as_ref().unwrap().bins.as_ref().unwrap().bin;
        let events = kept.sparse_events().unwrap();
        // Bin b is the interval from b − ½ to b + ½.
        let edges = BinEdges::equal(2.5, 22.5, 20).unwrap();
        let position: Vec<f64> = bins.iter().map(|bin| f64::from(*bin)).collect();
        let mut dense = DMatrix::zeros(events.frames(), events.cells());
        for cell in 0..events.cells() {
            for (frame, count) in events.entries(cell) {
                dense[(frame, cell)] = count;
            }
        }
        let map = rate_map(&edges, &position, dense.as_view())
            .unwrap()
            .per_second(FRAME)
            .unwrap();
        let eligible: Vec<usize> = (0..events.cells())
            .filter(|cell| events.total(*cell) >= EVENTS)
            .collect();
        let tested = events.select(&eligible).unwrap();
        let states =
            States::new(&bins.iter().map(|bin| *bin as usize).collect::<Vec<_>>()).unwrap();
        let settings = PlaceCellSettings::default();
        let all_shifts = cyclic_shift_test(&tested, &states, settings.significance).unwrap();
        // The reference's spread over seeds is that of shifts drawn for each cell by itself; one shift for all cells, the
        // published way, makes cells with neighbouring fields pass or fail together, and the spread larger.
        let mut rng = streams.named(Stream::Shuffles);
        let thousand = (0..tested.cells())
            .filter(|cell| {
                let one = tested.select(&[*cell]).unwrap();
                place_cell_test(&one, &states, &settings, &mut rng)
                    .unwrap()
                    .significant[0]
            })
            .collect();
        Self {
            events,
            map,
            eligible,
            all_shifts,
            thousand,
        }
    }

    /// Information of the eligible cells from the rate map: bits per event and per second.
    pub fn informations(&self) -> (Vec<f64>, Vec<f64>) {
        self.eligible
            .iter()
            .map(|cell| {
                let bits = information(&self.map.occupancy, self.map.unit(*cell)).unwrap();
                (bits, bits * self.map.mean_rate[*cell])
            })
            .unzip()
    }

    /// Turns positions among the eligible cells into cells.
    pub fn cells(&self, eligible: &[usize]) -> Vec<usize> {
        eligible.iter().map(|index| self.eligible[*index]).collect()
    }
}

/// The bin of every frame, of a session recorded in bins.
pub fn states(session: &Session) -> States {
    let trajectory = session.trajectory.as_ref().unwrap();
    let bins = trajectory.bins.as_ref().unwrap();
    let bins: Vec<usize> = bins.bin.iter().map(|bin| *bin as usize).collect();
    States::new(&bins).unwrap()
}
