//! Axes: a labelled range, its scale, and where its ticks stand.

use super::style::finite_range;

/// How values are spread along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Equal distances for equal differences.
    Linear,
    /// Equal distances for equal ratios; values ≤ 0 have no place on it.
    Log,
}

/// One tick: where it stands and what is written beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Value on the axis.
    pub value: f64,
    /// Text beside it.
    pub text: String,
}

/// A labelled axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Quantity with its unit, e.g. `training time (steps)`.
    pub label: String,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// Value at the start (left or bottom).
    pub low: f64,
    /// Value at the end (right or top).
    pub high: f64,
    /// Ticks chosen by the figure instead of by the range.
    pub fixed_ticks: Option<Vec<Tick>>,
    /// On a logarithmic axis: 0 stands at the start, and ticks begin at this value.
    pub first_after_zero: Option<f64>,
}

impl Axis {
    fn new(label: impl Into<String>, scale: Scale, low: f64, high: f64) -> Self {
        Self {
            label: label.into(),
            scale,
            low,
            high,
            fixed_ticks: None,
            first_after_zero: None,
        }
    }

    /// A linear axis from `low` to `high`.
    pub fn linear(label: impl Into<String>, low: f64, high: f64) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self::new(label, Scale::Linear, low, high)
    }

    /// A linear axis that counts downwards from 0 at the top to `count`, as rows do.
    pub fn rows(label: impl Into<String>, count: usize) -> Self {
        Self::new(label, Scale::Linear, count.max(1) as f64, 0.0)
    }

    /// A logarithmic axis from `low` to `high`, both made positive where they are not.
    pub fn log(label: impl Into<String>, low: f64, high: f64) -> Self {
        let low = if low > 0.0 { low } else { 1.0 };
        let high = if high > low { high } else { low * 10.0 };
        Self::new(label, Scale::Log, low, high)
    }

    /// A linear axis around all finite `values`, with a margin of 5 %.
    pub fn around(label: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = finite_range(values).unwrap_or((0.0, 1.0));
        let margin = if high > low {
            0.05 * (high - low)
        } else {
            0.05 * high.abs().max(1.0)
        };
        Self::linear(label, low - margin, high + margin)
    }

    /// A linear axis from 0 to a little above the largest of `values`.
    pub fn from_zero(label: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        let high = finite_range(values).map_or(1.0, |(_, high)| high);
        Self::linear(label, 0.0, if high > 0.0 { 1.06 * high } else { 1.0 })
    }

    /// A logarithmic axis around all positive `values`.
    pub fn log_around(label: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        let positive = values.into_iter().filter(|value| *value > 0.0);
        let (low, high) = finite_range(positive).unwrap_or((1.0, 10.0));
        let margin = (high / low).powf(0.04).max(1.02);
        Self::log(label, low / margin, high * margin)
    }

    /// Training time in steps, logarithmic. Where step 0 was sampled it stands a little to the
    /// left of the first step after it.
    pub fn training_time(steps: &[f64]) -> Self {
        let positive = steps.iter().copied().filter(|step| *step > 0.0);
        let (first, high) = finite_range(positive).unwrap_or((1.0, 10.0));
        if !steps.contains(&0.0) {
            return Self::log("training time (steps)", first, high);
        }
        let gap = (high / first).max(2.0).powf(0.09);
        let axis = Self::log("training time (steps)", first / gap, high);
        Self {
            first_after_zero: Some(first),
            ..axis
        }
    }

    /// The same axis with ticks of one's own.
    #[must_use]
    pub fn with_ticks(mut self, ticks: Vec<Tick>) -> Self {
        self.fixed_ticks = Some(ticks);
        self
    }

    /// Where `value` stands: 0 at the start, 1 at the end; NaN where it has no place.
    pub fn share(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log if value > 0.0 => (value / self.low).ln() / (self.high / self.low).ln(),
            Scale::Log if self.first_after_zero.is_some() && value == 0.0 => 0.0,
            Scale::Log => f64::NAN,
        }
    }

    /// How many labelled ticks fit side by side into `width` CSS pixels.
    pub fn room(&self, width: f64) -> usize {
        (width / if self.scale == Scale::Log { 42.0 } else { 58.0 }) as usize
    }

    /// At most about `most` labelled ticks within the range.
    pub fn ticks(&self, most: usize) -> Vec<Tick> {
        if let Some(ticks) = &self.fixed_ticks {
            return ticks.clone();
        }
        match self.scale {
            Scale::Linear => {
                let (low, high) = (self.low.min(self.high), self.low.max(self.high));
                linear_ticks(low, high, most.max(2))
            }
            Scale::Log => match self.first_after_zero {
                None => log_ticks(self.low, self.high, most.max(2)),
                Some(first) => {
                    let text = "0".into();
                    let zero = Tick { value: 0.0, text };
                    let others = log_ticks(first, self.high, most.max(3) - 1);
                    std::iter::once(zero).chain(others).collect()
                }
            },
        }
    }

    /// Unlabelled ticks between the decades of a logarithmic axis.
    pub fn minor_ticks(&self) -> Vec<f64> {
        if self.scale == Scale::Linear || self.fixed_ticks.is_some() {
            return Vec::new();
        }
        let decades = (self.high / self.low).log10();
        if decades > 9.0 {
            return Vec::new();
        }
        let first = self.low.log10().floor() as i32;
        let last = self.high.log10().ceil() as i32;
        (first..=last)
            .flat_map(|decade| (2..10).map(move |digit| f64::from(digit) * 10f64.powi(decade)))
            .filter(|value| *value >= self.first_after_zero.unwrap_or(self.low))
            .filter(|value| *value <= self.high)
            .collect()
    }
}

/// Steps of 1, 2 or 5 times a power of ten, written with the decimals they need.
fn linear_ticks(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let rough = (high - low) / most as f64;
    let decade = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|digit| digit * decade)
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(10.0 * decade);
    if !(step > 0.0 && step.is_finite()) {
        return Vec::new();
    }
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    let largest = (first.abs().max(last.abs()) as f64) * step;
    (first..=last)
        .take(100)
        .map(|index| {
            let value = index as f64 * step;
            let text = if largest >= 1e5 || decimals > 4 {
                scientific(value)
            } else {
                minus(&format!("{value:.decimals$}"))
            };
            Tick { value, text }
        })
        .collect()
}

/// Powers of ten, thinned to `most`; below one and a half decades also 2 and 5 times them.
fn log_ticks(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let first = (low.log10() - 1e-9).ceil() as i32;
    let last = (high.log10() + 1e-9).floor() as i32;
    if (high / low).log10() < 1.5 {
        let decades = (first - 1)..=(last + 1);
        let few: Vec<Tick> = decades
            .flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(decade)))
            .filter(|value| *value >= low * 0.999 && *value <= high * 1.001)
            .map(|value| Tick {
                value,
                text: compact(value),
            })
            .collect();
        return if few.len() < 2 {
            linear_ticks(low, high, most.min(5))
        } else {
            few
        };
    }
    let stride = ((last - first) as usize / most + 1) as i32;
    (first..=last)
        .filter(|decade| decade.rem_euclid(stride) == 0)
        .map(|decade| Tick {
            value: 10f64.powi(decade),
            text: format!("10{}", superscript(decade)),
        })
        .collect()
}

/// A number as it is written in running text: `0.02`, `150`, `3.2·10⁵`.
pub fn compact(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let magnitude = value.abs();
    if !(1e-3..1e5).contains(&magnitude) {
        return scientific(value);
    }
    let decimals = (2 - magnitude.log10().floor() as i32).max(0) as usize;
    let mut text = format!("{value:.decimals$}");
    if text.contains('.') {
        text = text.trim_end_matches('0').trim_end_matches('.').into();
    }
    minus(&text)
}

/// A number of so many decimals for a table, with a true minus sign; a dash where there is none.
pub fn fixed(value: impl Into<Option<f64>>, decimals: usize) -> String {
    let known = value.into().filter(|value| value.is_finite());
    known.map_or("–".into(), |value| minus(&format!("{value:.decimals$}")))
}

/// A number of steps: exact powers of ten as such, others compact.
pub fn steps(value: f64) -> String {
    if value >= 1000.0 {
        scientific(value)
    } else {
        compact(value)
    }
}

fn scientific(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return minus(&format!("{value}"));
    }
    let exponent = (value.abs().log10() + 1e-12).floor() as i32;
    let mantissa = value / 10f64.powi(exponent);
    if (mantissa - 1.0).abs() < 5e-3 {
        return format!("10{}", superscript(exponent));
    }
    let mut digits = format!("{mantissa:.2}");
    digits = digits.trim_end_matches('0').trim_end_matches('.').into();
    format!("{}·10{}", minus(&digits), superscript(exponent))
}

fn superscript(exponent: i32) -> String {
    exponent
        .to_string()
        .chars()
        .map(|digit| match digit {
            '-' => '⁻',
            '0' => '⁰',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '4' => '⁴',
            '5' => '⁵',
            '6' => '⁶',
            '7' => '⁷',
            '8' => '⁸',
            _ => '⁹',
        })
        .collect()
}

/// A hyphen in front of a number becomes a minus sign; "-0.0" loses it.
fn minus(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|digit| matches!(digit, '0' | '.')) => rest.into(),
        Some(rest) => format!("−{rest}"),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis, most: usize) -> Vec<String> {
        axis.ticks(most).into_iter().map(|tick| tick.text).collect()
    }

    #[test]
    fn linear_ticks_are_round_and_inside() {
        let axis = Axis::linear("x", -0.13, 0.61);
        assert_eq!(texts(&axis, 4), ["0.0", "0.2", "0.4", "0.6"]);
        let fine = Axis::linear("x", 0.0, 0.01);
        assert_eq!(texts(&fine, 2), ["0.000", "0.005", "0.010"]);
        assert_eq!(texts(&Axis::linear("x", -2.0, 0.0), 2), ["−2", "−1", "0"]);
    }

    #[test]
    fn rows_count_downwards() {
        let axis = Axis::rows("cells", 40);
        assert_eq!((axis.share(0.0), axis.share(40.0)), (1.0, 0.0));
        assert_eq!(texts(&axis, 2), ["0", "20", "40"]);
    }

    #[test]
    fn decades_are_written_as_powers() {
        let axis = Axis::log("steps", 1.0, 1e6);
        assert_eq!(
            texts(&axis, 7),
            ["10⁰", "10¹", "10²", "10³", "10⁴", "10⁵", "10⁶"]
        );
        assert_eq!(texts(&axis, 3), ["10⁰", "10³", "10⁶"]);
        assert_eq!(axis.share(1e3), 0.5);
        assert!(axis.share(0.0).is_nan());
        assert_eq!(
            texts(&Axis::log("σ", 0.01, 0.1), 5),
            ["0.01", "0.02", "0.05", "0.1"]
        );
    }

    #[test]
    fn step_zero_stands_before_the_first_step() {
        let axis = Axis::training_time(&[0.0, 10.0, 100.0, 1e5]);
        assert_eq!(axis.share(0.0), 0.0);
        assert!(axis.share(10.0) > 0.05 && axis.share(10.0) < 0.15);
        assert_eq!(texts(&axis, 6), ["0", "10¹", "10²", "10³", "10⁴", "10⁵"]);
        assert!(axis.minor_ticks().iter().all(|value| *value > 10.0));
        assert!(Axis::training_time(&[1.0, 10.0]).share(0.0).is_nan());
    }

    #[test]
    fn a_narrow_range_still_has_two_ticks() {
        assert!(Axis::log("x", 620.0, 1150.0).ticks(6).len() >= 2);
    }

    #[test]
    fn ranges_without_extent_still_make_an_axis() {
        assert!(Axis::around("x", [3.0]).high > 3.0);
        assert!(Axis::around("x", []).high > 0.0);
        assert!(Axis::log_around("x", [0.0, -1.0]).high > 1.0);
        assert!(Axis::linear("x", 2.0, 2.0).high > 2.0);
    }

    #[test]
    fn numbers_in_text() {
        assert_eq!(compact(0.025), "0.025");
        assert_eq!(compact(-12.0), "−12");
        assert_eq!(compact(3.2e5), "3.2·10⁵");
        assert_eq!(steps(1e6), "10⁶");
        assert_eq!(steps(200_000.0), "2·10⁵");
        assert_eq!(minus("-0.00"), "0.00");
    }
}
