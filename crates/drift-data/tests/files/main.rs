//! Files of every format, made by the tests themselves, shared, or part of SciPy.

mod builder;
mod mat_features;
mod samples;
mod scipy;
mod shared;
