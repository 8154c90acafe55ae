//! Decoders that age: position from activity, trained on one session and tested on another.
//!
//! | question | item |
//! |---|---|
//! | where is the animal, given these counts? | [`PoissonDecoder`], [`RidgeDecoder`] |
//! | how far off are they? | [`Space::distance`], [`Targets::errors`] |
//! | how does a decoder age over sessions? | [`error_matrix`], [`ErrorMatrix`] |
//! | which penalty suits a ridge decoder? | [`cross_validated_ridge`] |
//! | does it decode at all? | [`mean_pairing_error`], [`identity_test`] |
//!
//! The gap between a *stale* decoder, that of the first session, and one *refit* on each session is
//! drift; a fall of both is the recording. [`ErrorMatrix`] leaves the same laps out of training off
//! the diagonal as on it: otherwise the diagonal would have less data than the rest.

mod errors;
mod poisson;
mod ridge;

pub use errors::{
    ErrorByLag, ErrorMatrix, ErrorMatrixSettings, SessionDecoders, Space, error_matrix,
    error_matrix_of, mean_pairing_error,
};
pub use poisson::{
    Decoded, IdentityTest, PoissonDecoder, PoissonSettings, Prior, Windows, identity_test,
};
pub use ridge::{CrossValidation, RidgeDecoder, Targets, cross_validated_ridge, lap_folds};
