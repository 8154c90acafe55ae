//! Level curves of a function of two variables, by marching squares.

/// A grid of equally spaced points over a rectangle of the plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// First and last x.
    pub x: (f64, f64),
    /// First and last y.
    pub y: (f64, f64),
    /// Cells a side.
    pub cells: usize,
}

impl Grid {
    fn point(&self, column: usize, row: usize) -> (f64, f64) {
        let share = |index: usize| index as f64 / self.cells as f64;
        (
            self.x.0 + share(column) * (self.x.1 - self.x.0),
            self.y.0 + share(row) * (self.y.1 - self.y.0),
        )
    }
}

/// The segments along which `function` equals `level`; each crosses one cell of the grid.
pub fn level_segments(
    grid: Grid,
    level: f64,
    function: impl Fn(f64, f64) -> f64,
) -> Vec<[(f64, f64); 2]> {
    let mut segments = Vec::new();
    for row in 0..grid.cells {
        for column in 0..grid.cells {
            let corners = [(0, 0), (1, 0), (1, 1), (0, 1)]
                .map(|(right, up)| grid.point(column + right, row + up));
            let heights = corners.map(|(x, y)| function(x, y) - level);
            let crossings: Vec<(f64, f64)> = (0..4)
                .filter_map(|side| {
                    let (a, b) = (side, (side + 1) % 4);
                    ((heights[a] < 0.0) != (heights[b] < 0.0)).then(|| {
                        let share = heights[a] / (heights[a] - heights[b]);
                        (
                            corners[a].0 + share * (corners[b].0 - corners[a].0),
                            corners[a].1 + share * (corners[b].1 - corners[a].1),
                        )
                    })
                })
                .collect();
            // Two crossings make one segment, four (a saddle in the cell) make two.
            segments.extend(crossings.chunks_exact(2).map(|pair| [pair[0], pair[1]]));
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_curve_of_a_cone_is_a_circle() {
        let grid = Grid {
            x: (-2.0, 2.0),
            y: (-2.0, 2.0),
            cells: 80,
        };
        let segments = level_segments(grid, 1.0, f64::hypot);
        let length: f64 = segments
            .iter()
            .map(|[a, b]| (a.0 - b.0).hypot(a.1 - b.1))
            .sum();
        assert!((length - std::f64::consts::TAU).abs() < 0.01, "{length}");
        for point in segments.iter().flatten() {
            assert!((point.0.hypot(point.1) - 1.0).abs() < 1e-3);
        }
    }

    #[test]
    fn a_level_outside_the_values_has_no_curve() {
        let grid = Grid {
            x: (0.0, 1.0),
            y: (0.0, 1.0),
            cells: 10,
        };
        assert!(level_segments(grid, 5.0, |x, y| x + y).is_empty());
    }
}
