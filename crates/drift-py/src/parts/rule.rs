//! A learning rule written in Python.

use std::sync::Arc;

use drift_sim::learn::{LearningRule, LossGradient, NoiseSource, Stream, Streams, UpdateNoise};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use toml::Table;

use super::{array, generator, numbers};
use crate::error::Raised;
use crate::registry::{Spent, keywords};

/// An object with `step(parameters, gradient, loss)`.
#[derive(Debug)]
pub struct PyRule {
    rule: Py<PyAny>,
    gradient: Vec<f64>,
    /// Where its step draws.
    source: Option<NoiseSource>,
    spent: Arc<Spent>,
}

impl PyRule {
    /// What `make` makes of a rule's settings.
    pub fn new(
        make: &Py<PyAny>,
        settings: &Table,
        parameters: usize,
        streams: &Streams,
        spent: Arc<Spent>,
    ) -> Result<Self, Raised> {
        Python::attach(|py| {
            let rule = make
                .bind(py)
                .call((parameters,), Some(&keywords(py, settings)?))?;
            let signature = py
                .import("inspect")?
                .call_method1("signature", (rule.getattr("step")?,))?;
            let draws = signature.getattr("parameters")?.contains("rng")?;
            let source = draws
                .then(|| streams.noise_source(Stream::Sed))
                .transpose()?;
            Ok(Self {
                rule: rule.unbind(),
                gradient: vec![0.0; parameters],
                source,
                spent,
            })
        })
    }

    /// The list that an attribute of the rule holds; empty where it has none.
    fn list<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyList>> {
        match self.rule.bind(py).getattr_opt(name)? {
            Some(list) => Ok(list.cast_into::<PyList>()?),
            None => Ok(PyList::empty(py)),
        }
    }
}

impl Clone for PyRule {
    fn clone(&self) -> Self {
        let rule = self.spent.call(|py| {
            let copied = py.import("copy")?.call_method1("deepcopy", (&self.rule,))?;
            Ok(copied.unbind())
        });
        Self {
            rule,
            gradient: self.gradient.clone(),
            source: self.source.clone(),
            spent: Arc::clone(&self.spent),
        }
    }
}

impl<P: LossGradient + ?Sized> LearningRule<P> for PyRule {
    fn step(&mut self, problem: &mut P, parameters: &mut [f64], noise: &mut UpdateNoise) -> f64 {
        let loss = problem.loss_gradient(parameters, &mut self.gradient);
        noise.perturb_gradient(&mut self.gradient);
        let (rule, gradient, source) = (&self.rule, &self.gradient, &mut self.source);
        self.spent.call(|py| {
            let arguments = (array(py, parameters), array(py, gradient), loss);
            let keywords = PyDict::new(py);
            if let Some(source) = source {
                keywords.set_item("rng", generator(py, source)?)?;
            }
            let moved = rule
                .bind(py)
                .call_method("step", arguments, Some(&keywords))?;
            parameters.copy_from_slice(&numbers(&moved, "step of the rule", parameters.len())?);
            Ok(())
        });
        noise.perturb_parameters(parameters);
        loss
    }

    fn visit_memory(&mut self, visit: &mut dyn FnMut(&mut [f64])) {
        self.spent.call(|py| {
            let memory = self.list(py, "memory")?;
            for index in 0..memory.len() {
                let mut values = numbers(
                    &memory.get_item(index)?,
                    "an array in memory of the rule",
                    self.gradient.len(),
                )?
                .to_vec();
                visit(&mut values);
                memory.set_item(index, PyArray1::from_vec(py, values))?;
            }
            Ok(())
        });
    }

    fn visit_numbers(&mut self, visit: &mut dyn FnMut(&mut f64)) {
        self.spent.call(|py| {
            let list = self.list(py, "numbers")?;
            for index in 0..list.len() {
                let mut number: f64 = list.get_item(index)?.extract()?;
                visit(&mut number);
                list.set_item(index, number)?;
            }
            Ok(())
        });
    }

    fn visit_sources(&mut self, visit: &mut dyn FnMut(&mut NoiseSource)) {
        self.source.iter_mut().for_each(visit);
    }
}
