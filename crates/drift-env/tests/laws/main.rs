//! What holds for every arena, agent and task, not only for the paper's.

mod agent;
mod change;
mod smoothing;
mod strategies;
mod tasks;
