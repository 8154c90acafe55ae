//! Hebbian/anti-Hebbian similarity matching: a network whose local learning rules match the
//! similarities of its responses to those of its inputs, and whose representation drifts under
//! synaptic noise (Figure 4C of Ratzon et al. 2023).
//!
//! | question | answer |
//! |---|---|
//! | The network | [`SimilarityMatching`] with [`SimilarityMatchingSettings`] and [`Settling`] |
//! | Its inputs | [`RingInputs`], [`GridCellInputs`], [`SimilarityInputs`] chosen at run time |
//! | An experiment of the paper | [`SimilarityExperiment`], run by [`SimilarityRun`] |
//! | What is measured | [`similarity_matching_loss`], [`ActiveUnits`], [`population_vector_correlation`] |
//! | The linear network | [`PrincipalSubspace`] |
//!
//! Source: Qin, Farashahi, Lipshutz, Sengupta, Chklovskii and Pehlevan, "Coordinated drift of
//! receptive fields in Hebbian/anti-Hebbian network models during noisy representation learning",
//! Nature Neuroscience 2023, <https://doi.org/10.1038/s41593-022-01225-z>, and its published
//! code. Which of its experiments Figure 4C shows is not said: ring and place are both here.

mod columns;
mod experiment;
mod inputs;
mod kernels;
mod measures;
mod network;
mod principal_subspace;
mod run;
mod settings;
#[cfg(feature = "serde")]
mod stored;
mod synapses;

pub use experiment::SimilarityExperiment;
pub use inputs::{GridCellInputs, RingInputs, SimilarityInputs};
pub use measures::{
    ActiveUnits, population_vector_correlation, population_vector_correlations,
    similarity_matching_loss,
};
pub use network::SimilarityMatching;
pub use principal_subspace::{PrincipalSubspace, PrincipalSubspaceSettings};
pub use run::{SimilarityRow, SimilarityRun};
pub use settings::{NoisySynapses, Settling, SettlingStart, SimilarityMatchingSettings};
pub use synapses::Settled;
