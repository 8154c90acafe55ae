//! Sweeps: what a file asks for, what a run gives, how shards are worked on and collected.

mod files;
mod one_run;
mod shards;
mod small;
