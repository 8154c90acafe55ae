//! The parts of lines that are worth drawing: inside the plot, and no finer than the eye.

use super::sheet::Rect;

/// Whether a point lies in `plot`.
pub fn within(point: &(f64, f64), plot: Rect) -> bool {
    point.0 >= plot.x && point.0 <= plot.right() && point.1 >= plot.y && point.1 <= plot.bottom()
}

/// At most four points a pixel column, its extremes among them: what the eye can tell.
pub fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    kept(points)
        .into_iter()
        .map(|index| points[index])
        .collect()
}

/// The indices of the points that [`thinned`] keeps.
pub fn kept(points: &[(f64, f64)]) -> Vec<usize> {
    if points.len() <= 4000 || !points.windows(2).all(|pair| pair[1].0 >= pair[0].0) {
        return (0..points.len()).collect();
    }
    let mut kept = Vec::new();
    let mut start = 0;
    while start < points.len() {
        let column = points[start].0.round();
        let length = points[start..]
            .iter()
            .take_while(|point| point.0.round() == column)
            .count();
        let end = start + length.max(1);
        let group = &points[start..end];
        let extreme = |sign: f64| {
            (0..group.len()).min_by(|&a, &b| (sign * group[a].1).total_cmp(&(sign * group[b].1)))
        };
        let mut indices: Vec<usize> = [Some(0), extreme(1.0), extreme(-1.0), Some(group.len() - 1)]
            .into_iter()
            .flatten()
            .collect();
        indices.sort_unstable();
        indices.dedup();
        kept.extend(indices.into_iter().map(|index| start + index));
        start = end;
    }
    kept
}

/// The pieces of a line that lie inside `plot`.
pub fn clipped(points: &[(f64, f64)], plot: Rect) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut current: Vec<(f64, f64)> = Vec::new();
    for pair in points.windows(2) {
        match clip_segment(pair[0], pair[1], plot) {
            Some((start, end)) => {
                if current.last() != Some(&start) {
                    pieces.push(std::mem::take(&mut current));
                    current.push(start);
                }
                current.push(end);
            }
            None => pieces.push(std::mem::take(&mut current)),
        }
    }
    pieces.push(current);
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

/// The part of a segment inside `plot` (Liang and Barsky's clipping).
pub fn clip_segment(
    start: (f64, f64),
    end: (f64, f64),
    plot: Rect,
) -> Option<((f64, f64), (f64, f64))> {
    let (dx, dy) = (end.0 - start.0, end.1 - start.1);
    if !(dx.is_finite() && dy.is_finite()) {
        return None;
    }
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for (step, room) in [
        (-dx, start.0 - plot.x),
        (dx, plot.right() - start.0),
        (-dy, start.1 - plot.y),
        (dy, plot.bottom() - start.1),
    ] {
        if step == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if step < 0.0 {
            enter = enter.max(room / step);
        } else {
            leave = leave.min(room / step);
        }
    }
    if enter > leave {
        return None;
    }
    let at = |share: f64| (start.0 + share * dx, start.1 + share * dy);
    let first = if enter > 0.0 { at(enter) } else { start };
    let last = if leave < 1.0 { at(leave) } else { end };
    Some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLOT: Rect = Rect::new(0.0, 0.0, 100.0, 50.0);

    #[test]
    fn a_line_that_leaves_and_returns_is_two_pieces() {
        let points = [(10.0, 10.0), (50.0, 90.0), (90.0, 10.0)];
        let pieces = clipped(&points, PLOT);
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[0], [(10.0, 10.0), (30.0, 50.0)]);
        assert_eq!(pieces[1], [(70.0, 50.0), (90.0, 10.0)]);
    }

    #[test]
    fn a_value_that_is_not_finite_breaks_a_line() {
        let points = [
            (0.0, 1.0),
            (1.0, 1.0),
            (2.0, f64::NAN),
            (3.0, 1.0),
            (4.0, 1.0),
        ];
        assert_eq!(clipped(&points, PLOT).len(), 2);
    }

    proptest! {
        #[test]
        fn clipped_lines_stay_inside(
            points in proptest::collection::vec((-200.0..300.0, -200.0..300.0), 2..40)
        ) {
            for piece in clipped(&points, PLOT) {
                for (x, y) in piece {
                    prop_assert!((-1e-9..=100.0 + 1e-9).contains(&x));
                    prop_assert!((-1e-9..=50.0 + 1e-9).contains(&y));
                }
            }
        }

        #[test]
        fn thinning_keeps_the_extremes(values in proptest::collection::vec(-1.0..1.0, 4001..6000)) {
            let points: Vec<(f64, f64)> =
                values.iter().enumerate().map(|(i, v)| (i as f64 * 0.02, *v)).collect();
            let kept = thinned(&points);
            let top = |list: &[(f64, f64)]| list.iter().map(|p| p.1).fold(f64::MIN, f64::max);
            let low = |list: &[(f64, f64)]| list.iter().map(|p| p.1).fold(f64::MAX, f64::min);
            prop_assert_eq!(top(&kept), top(&points));
            prop_assert_eq!(low(&kept), low(&points));
            prop_assert!(kept.len() < 600);
        }
    }
}
