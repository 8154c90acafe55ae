//! Minima along one parameter, and how far it may move from there.

/// Minimum of a function with one valley between `low` and `high`, by golden sections.
pub(super) fn golden(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let ratio = 0.5 * (5_f64.sqrt() - 1.0);
    let mut a = high - ratio * (high - low);
    let mut b = low + ratio * (high - low);
    let (mut at_a, mut at_b) = (f(a), f(b));
    for _ in 0..40 {
        if at_a <= at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - ratio * (high - low);
            at_a = f(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + ratio * (high - low);
            at_b = f(b);
        }
    }
    if at_a <= at_b { a } else { b }
}

/// Range around `at` with at most `limit` squares; the given ends where it reaches a bound.
pub(super) fn profile(
    squares: impl Fn(f64) -> f64,
    at: f64,
    bounds: (f64, f64),
    ends: (f64, f64),
    limit: f64,
) -> (f64, f64) {
    let border = |bound: f64, end: f64| {
        if squares(bound) <= limit {
            end
        } else {
            crossing(&squares, at, bound, limit)
        }
    };
    (border(bounds.0, ends.0), border(bounds.1, ends.1))
}

/// Bisects between a place inside the limit and one outside.
fn crossing(squares: &impl Fn(f64) -> f64, mut inside: f64, mut outside: f64, limit: f64) -> f64 {
    for _ in 0..45 {
        let middle = 0.5 * (inside + outside);
        if squares(middle) <= limit {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    outside
}
