//! The `drift` program from outside: exit codes, messages, and what stands on the disk afterwards.

mod analyze;
mod bench;
mod compare;
mod faults;
mod figure3;
mod infer;
mod interruption;
mod kills;
mod mat;
mod matching;
mod observe;
mod remapping;
mod run;
mod slurm;
mod sweep;
