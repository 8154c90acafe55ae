//! Files of every format, made by the tests themselves, shared, or part of SciPy.

mod scipy;
mod shared;
