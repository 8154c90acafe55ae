//! The `drift` program from outside: exit codes, messages, and what stands on the disk afterwards.

mod bench;
mod interruption;
mod run;
