use super::{Simulation, Subject};
use crate::{Checkpoint, Error, Trace};

impl Simulation {
    /// Everything that the steps to come depend on.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            scenario: self.scenario.to_toml(),
            step: self.step,
            samples: self.trace.samples().len(),
            next_point: self.next_point,
            parameters: self.parameters.clone(),
            order: self.sorter.as_ref().map(|sorter| sorter.order().clone()),
            rule: self.rule.clone(),
            update_noise: self.update_noise.clone(),
            data_noise: match &self.subject {
                Subject::Network(problem) => Some(problem.noise().clone()),
                Subject::Valley(_) => None,
            },
            outcome: self.outcome,
        }
    }

    /// Goes to where a checkpoint of the same scenario was taken. `trace` holds at least the
    /// samples taken until then; later ones are dropped.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a checkpoint of another scenario or a trace that is too short,
    /// [`Error::ShapeMismatch`] for one of another network; the simulation is then unchanged.
    pub fn restore(&mut self, checkpoint: Checkpoint, mut trace: Trace) -> Result<(), Error> {
        if checkpoint.scenario != self.scenario.to_toml() {
            return Err(Error::range(
                "checkpoint",
                "of another scenario",
                "one of this scenario",
            ));
        }
        let fits = matches!(
            (&self.subject, &checkpoint.data_noise),
            (Subject::Network(_), Some(_)) | (Subject::Valley(_), None)
        );
        if !fits || checkpoint.parameters.len() != self.parameters.len() {
            return Err(Error::ShapeMismatch {
                field: "parameters of the checkpoint".to_owned(),
                found: checkpoint.parameters.len(),
                expected: self.parameters.len(),
            });
        }
        if checkpoint.rule.dimension() != self.parameters.len() {
            return Err(Error::ShapeMismatch {
                field: "parameters of the checkpoint's rule".to_owned(),
                found: checkpoint.rule.dimension(),
                expected: self.parameters.len(),
            });
        }
        if trace.samples().len() < checkpoint.samples {
            return Err(Error::range(
                "samples of the trace",
                trace.samples().len(),
                format!("at least the checkpoint's {}", checkpoint.samples),
            ));
        }
        if let (Some(sorter), Some(order)) = (&mut self.sorter, checkpoint.order) {
            sorter.set_order(order)?;
        }
        if let (Subject::Network(problem), Some(noise)) = (&mut self.subject, checkpoint.data_noise)
        {
            problem.restore_noise(noise);
        }
        trace.truncate(checkpoint.samples);
        self.trace = trace;
        self.step = checkpoint.step;
        self.next_point = checkpoint.next_point;
        self.parameters = checkpoint.parameters;
        self.rule = checkpoint.rule;
        self.update_noise = checkpoint.update_noise;
        self.outcome = checkpoint.outcome;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drift_learn::{Sgd, SgdSettings};

    #[test]
    fn a_rule_of_another_size_is_refused_and_nothing_is_changed() {
        let scenario = crate::presets::preset("random-sgd-label").expect("a preset");
        let mut simulation = Simulation::new(&scenario).expect("a simulation");
        let before = simulation.checkpoint();
        // Its noise goes on from elsewhere.
        let mut ahead = Simulation::new(&scenario).expect("a simulation");
        ahead.step();
        let mut checkpoint = ahead.checkpoint();
        assert_ne!(checkpoint.data_noise, before.data_noise);
        let settings = SgdSettings { learning_rate: 0.1 };
        checkpoint.rule = Sgd::new(settings, 7).expect("a rule").into();
        let refused = simulation.restore(checkpoint, Trace::default());
        assert!(
            matches!(refused, Err(Error::ShapeMismatch { found: 7, .. })),
            "{refused:?}"
        );
        assert_eq!(simulation.checkpoint(), before);
    }
}
