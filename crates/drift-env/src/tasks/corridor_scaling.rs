//! From the walk of a corridor task to the numbers a network sees.

use super::{CorridorTask, Walk};
use crate::error::length;
use crate::{Dataset, Error, Rescaling, Step};

/// The rescalings behind a corridor data set: views, next views and change of heading apart,
/// then inputs and targets as wholes.
///
/// Fitted on one walk it can be used on another: an animal's eyes do not recalibrate because a
/// wall was painted anew. Views outside the range of the first walk then leave the normalised
/// range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CorridorScaling {
    views: Rescaling,
    next_views: Rescaling,
    /// `None` where every step made the same change.
    heading_change: Option<Rescaling>,
    inputs: Rescaling,
    targets: Rescaling,
}

impl CorridorScaling {
    /// The rescalings that normalise a walk of `task`.
    ///
    /// # Errors
    /// [`Error::Constant`] when all views are the same.
    pub fn fit(task: &CorridorTask, walk: &Walk) -> Result<Self, Error> {
        let normalisation = task.parameters().normalisation;
        let views = normalisation.fit_field("views", walk.views.as_slice())?;
        let next_views = normalisation.fit_field("next views", walk.next_views.as_slice())?;
        let heading_change =
            match normalisation.fit_field("heading change", &heading_changes(task, walk)) {
                Ok(rescaling) => Some(rescaling),
                Err(Error::Constant { .. }) => None,
                Err(error) => return Err(error),
            };
        let mut inputs = walk.views.as_slice().to_vec();
        views.apply(&mut inputs);
        inputs.extend(rescaled_changes(task, walk, heading_change));
        let mut targets = walk.next_views.as_slice().to_vec();
        next_views.apply(&mut targets);
        Ok(CorridorScaling {
            views,
            next_views,
            heading_change,
            inputs: normalisation.fit_field("inputs", &inputs)?,
            targets: normalisation.fit_field("targets", &targets)?,
        })
    }

    /// The data set of a walk of `task` under these rescalings.
    ///
    /// # Errors
    /// [`Error::Length`] for a walk whose parts were given different lengths, and what [`Dataset`]
    /// refuses.
    pub fn dataset(&self, task: &CorridorTask, walk: Walk) -> Result<Dataset, Error> {
        length("steps", walk.steps.len(), walk.views.nrows())?;
        let change = rescaled_changes(task, &walk, self.heading_change);
        let mut views = walk.views;
        self.views.apply(views.as_mut_slice());
        let pixels = views.ncols();
        let mut inputs = views.insert_column(pixels, 0.0);
        inputs.column_mut(pixels).copy_from_slice(&change);
        self.inputs.apply(inputs.as_mut_slice());
        let mut targets = walk.next_views;
        self.next_views.apply(targets.as_mut_slice());
        self.targets.apply(targets.as_mut_slice());
        let before = |of: fn(&Step) -> f64| walk.steps.iter().map(of).collect::<Vec<f64>>();
        Dataset::new(inputs, targets)?
            .with_position(before(|step| step.before.y))?
            .with_heading(before(|step| step.before.heading))?
            .with_environment(walk.environment)
    }
}

fn heading_changes(task: &CorridorTask, walk: &Walk) -> Vec<f64> {
    let convention = task.parameters().heading_change;
    walk.steps
        .iter()
        .map(|step| step.heading_change(convention))
        .collect()
}

/// The turn column: without a range of its own, the middle of the range.
fn rescaled_changes(task: &CorridorTask, walk: &Walk, rescaling: Option<Rescaling>) -> Vec<f64> {
    let mut change = heading_changes(task, walk);
    match rescaling {
        Some(rescaling) => rescaling.apply(&mut change),
        None => change.fill(task.parameters().normalisation.middle()),
    }
    change
}
