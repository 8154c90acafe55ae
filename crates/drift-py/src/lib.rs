//! The extension module behind the Python package `drift`: no numerics of its own, every function is
//! a call of the library's.
#![forbid(unsafe_code)]

mod convert;
mod error;
mod hessian;
mod metrics;
mod network;
mod parts;
mod recordings;
mod registry;
mod run;
mod settings;

use pyo3::prelude::pymodule;

/// The library; `drift` and `drift.metrics` are what to import.
#[pymodule]
mod _drift {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::hessian::Hessian;
    #[pymodule_export]
    use crate::network::Network;
    #[pymodule_export]
    use crate::parts::measure::Moment;
    #[pymodule_export]
    use crate::recordings::{Recording, Session, classify, command, load_recordings};
    #[pymodule_export]
    use crate::registry::Parts;
    #[pymodule_export]
    use crate::run::execute::{resume_in, run_in};
    #[pymodule_export]
    use crate::run::record::Record;
    #[pymodule_export]
    use crate::run::scenario::{presets_by_name, scenario_text};
    #[pymodule_export]
    use crate::run::simulation::Simulation;
    #[pymodule_export]
    use crate::run::sweep::{sweep_in, sweeps_by_name};

    /// How many units respond?
    #[pymodule]
    mod activity {
        #[pymodule_export]
        use crate::metrics::activity::{
            SparseActivity, active_fraction, active_units, fraction_active_units,
        };
    }

    /// Which bin or state is this sample in, and which way does the animal move?
    #[pymodule]
    mod binning {
        #[pymodule_export]
        use crate::metrics::binning::{
            BinEdges, BinnedPositions, States, directed_rate_maps, signed_position, velocity,
        };
    }

    /// Where does a unit respond, and where are its fields?
    #[pymodule]
    mod maps {
        #[pymodule_export]
        use crate::metrics::maps::{
            PlaceField, RateMap, centroid, event_rate_map, order_by_peak, peak_bins, place_fields,
            place_units, rate_map, rate_map_of, rate_map_per_second, smooth,
        };
    }

    /// How much does a unit tell about place?
    #[pymodule]
    mod information {
        #[pymodule_export]
        use crate::metrics::information::{
            information, information_rate, mean_information, mutual_information,
            mutual_information_of_labels, offset_information, spatial_information,
            spatial_information_rate,
        };
    }

    /// How much of the information is the bias of a short recording?
    #[pymodule]
    mod bias {
        #[pymodule_export]
        use crate::metrics::bias::{
            InformationCurves, InformationEstimate, InformationReport, NaiveInformation,
            SubsampledInformation, WeightedInformation, estimate, naive_information,
            subsampled_information,
        };
        #[pymodule_export]
        use crate::metrics::extrapolation::{
            BoundedExtrapolation, CorrectedInformation, ScaledShuffleReduction,
            UnboundedExtrapolation, bounded_extrapolation, corrected_information,
            scaled_shuffle_reduction, unbounded_extrapolation,
        };
    }

    /// Is a cell tuned, or is it chance?
    #[pymodule]
    mod shuffle {
        #[pymodule_export]
        use crate::metrics::shuffle::{
            PlaceCellTest, ShuffleTest, cyclic_shift, cyclic_shift_test, place_cell_test,
            shuffle_activity, shuffle_test, shuffle_train,
        };
    }

    /// Do two times share a code?
    #[pymodule]
    mod similarity {
        #[pymodule_export]
        use crate::metrics::similarity::{
            Procrustes, RateMapCorrelation, SessionCorrelation, SharedCode, centroid_shift,
            code_similarity, compare_dissimilarities, dissimilarity, ensemble_rate_correlation,
            pearson, population_vector_correlation, procrustes, rate_map_correlation, shared_code,
            spearman_brown, tuning_curve_correlation,
        };
    }

    /// Is the code of registered cells the same on two days? Who joins it, who leaves?
    #[pymodule]
    mod sessions {
        #[pymodule_export]
        use crate::metrics::sessions::{
            BinnedSession, MatchedHalves, RegisteredSession, SessionPairs, Turnover,
            compare_sessions, matched_halves, matched_halves_interval, session_turnover, turnover,
        };
    }

    /// Does a decoder age?
    #[pymodule]
    mod decoding {
        #[pymodule_export]
        use crate::metrics::decoding::{
            Decoded, ErrorByLag, ErrorMatrix, IdentityTest, PoissonDecoder, Windows, bin_distance,
            error_matrix, identity_test, mean_pairing_error,
        };
        #[pymodule_export]
        use crate::metrics::ridge::{
            CrossValidation, RidgeDecoder, Targets, cross_validated_ridge, lap_folds,
        };
    }

    /// In which directions does the code move, beside its variability?
    #[pymodule]
    mod geometry {
        #[pymodule_export]
        use crate::metrics::geometry::{Drift, LapCloud, PooledDrift, cosine, pool};
    }

    /// How far does tuning move, in rate and in field?
    #[pymodule]
    mod increments {
        #[pymodule_export]
        use crate::metrics::increments::{
            CorrectedTails, DriftVelocity, RateAndField, RateAndFieldByHalves, SquaredDisplacement,
            Tails, corrected_tails, drift_velocity, exponent, peak_positions, rate_and_field,
            rate_and_field_by_halves, relative_rate_change, saturation, squared_displacement,
            tails,
        };
    }

    /// What do several animals show?
    #[pymodule]
    mod cohort {
        #[pymodule_export]
        use crate::metrics::cohort::{CohortRow, Trend, cohort, normalised_to_first, trend};
    }

    /// How curved is the loss?
    #[pymodule]
    mod spectrum {
        #[pymodule_export]
        use crate::metrics::spectrum::{
            Comparison, Log10Histogram, LogSum, Summary, compare, effective_rank, fraction_nonzero,
            log_sum, log10_histogram, published_fraction_positive, summarise,
        };
    }

    /// How fast does a curve settle?
    #[pymodule]
    mod timescale {
        #[pymodule_export]
        use crate::metrics::timescale::{
            DecayFit, PublishedRate, fit_decay, fit_delayed_decay, published_log_tau,
            published_rate,
        };
    }

    /// Is this convergence, directed drift or null drift?
    #[pymodule]
    mod phases {
        #[pymodule_export]
        use crate::metrics::phases::{Border, NullDrift, Phases, find_phases};
    }

    /// Do two lists of results agree?
    #[pymodule]
    mod statistics {
        #[pymodule_export]
        use crate::metrics::statistics::{
            KolmogorovSmirnov, LineFit, Mean, by_lag, fit_line, kolmogorov_smirnov, mean, quantile,
            sign_test, spearman,
        };
    }

    /// The choices of Ratzon et al. (2023).
    #[pymodule]
    mod paper {
        #[pymodule_export]
        use crate::metrics::paper::{
            bin_positions, mean_place_unit_information, place_units, rate_map,
            rate_map_correlation, rate_map_in, smoothed, spatial_information,
        };
    }
}
