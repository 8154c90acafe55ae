//! Remapping and flatness over training, as means over seeds.

use super::axis::Axis;
use super::panel::{Curve, Mark, Panel, Series, points};
use super::style::category;
use super::{Figure, FigureError, panels_with_legend};

const SIZE: (f64, f64) = (430.0, 310.0);

/// One panel of a figure over training.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// Title of the panel.
    pub title: &'static str,
    /// Vertical axis.
    pub axis: &'static str,
    /// Means over seeds at each step; one that is alone in its panel has no label.
    pub curves: Vec<Curve>,
}

impl Quantity {
    fn panel(&self) -> Panel {
        let steps: Vec<f64> = self
            .curves
            .iter()
            .flat_map(|curve| curve.x.iter().copied())
            .collect();
        let values = self.curves.iter().flat_map(|curve| {
            let around = curve.mean.iter().zip(&curve.error);
            around.flat_map(|(mean, error)| [mean - error.max(0.0), mean + error.max(0.0)])
        });
        let mut panel = Panel::new(
            self.title,
            Axis::training_time(&steps),
            Axis::around(self.axis, values),
        );
        for (index, curve) in self.curves.iter().enumerate() {
            let colour = category(index);
            let Curve { x, mean, error, .. } = curve;
            panel.push(Series::band(x, mean, error, colour));
            let line = Mark::Line(2.0);
            panel.push(Series::new(&curve.label, points(x, mean), colour, line));
        }
        panel
    }
}

/// Panels of quantities over training time, side by side.
pub fn over_training(
    stem: &str,
    title: &str,
    explanation: &str,
    quantities: &[Quantity],
) -> Result<Figure, FigureError> {
    let drawn: Vec<Panel> = quantities.iter().map(Quantity::panel).collect();
    panels_with_legend(stem, title, explanation, &drawn, 2, SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_drawn_with_and_without_an_error() {
        let curve = |label: &str, error: f64| Curve {
            label: label.into(),
            x: vec![0.0, 10.0, 100.0],
            mean: vec![0.1, 0.2, f64::NAN],
            error: vec![error; 3],
        };
        let quantity = Quantity {
            title: "Moved",
            axis: "share",
            curves: vec![curve("morph 0.5", 0.01), curve("new texture", f64::NAN)],
        };
        let figure = over_training("s", "t", "e", &[quantity]).expect("drawn");
        for text in ["morph 0.5", "new texture", "Moved", "share"] {
            assert!(figure.svg.contains(text), "{text}");
        }
        assert!(!figure.svg.contains("NaN"));
    }
}
