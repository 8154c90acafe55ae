"""Measures of drifting representations, for simulated units and recorded cells alike.

| question | module |
|---|---|
| How many units respond? | `activity` |
| Which bin or state is this sample in, and which way does the animal move? | `binning` |
| Where does a unit respond, and where are its fields? | `maps` |
| How much does a unit tell about place? | `information` |
| How much of the information is the bias of a short recording? | `bias` |
| Is a cell tuned, or is it chance? | `shuffle` |
| Do two times share a code? | `similarity` |
| Is the code of registered cells the same on two days? Who joins it, who leaves? | `sessions` |
| Does a decoder age? | `decoding` |
| In which directions does the code move, beside its variability? | `geometry` |
| How far does tuning move, in rate and in field? | `increments` |
| What do several animals show? | `cohort` |
| How curved is the loss? | `spectrum` |
| How fast does a curve settle? | `timescale` |
| Is this convergence, directed drift or null drift? | `phases` |
| Do two lists of results agree? | `statistics` |
| The choices of Ratzon et al. (2023). | `paper` |

What is used most stands here as well. Arguments are arrays, or anything that NumPy makes one of:
lists, pandas, pynapple's Tsd and TsdFrame; a TsGroup is counted at the times of a Tsd position.
Results are arrays, numbers, or records with named fields and `to_dict()` and `to_xarray()`.
"""

from . import (
    activity,
    bias,
    binning,
    cohort,
    decoding,
    geometry,
    increments,
    information,
    maps,
    paper,
    phases,
    sessions,
    shuffle,
    similarity,
    spectrum,
    statistics,
    timescale,
)
from .activity import SparseActivity, active_fraction, active_units, fraction_active_units
from .binning import BinEdges, BinnedPositions, States, signed_position
from .information import spatial_information, spatial_information_rate
from .maps import RateMap, event_rate_map, order_by_peak, place_units, rate_map, rate_map_of, smooth
from .sessions import BinnedSession, RegisteredSession
from .similarity import pearson, rate_map_correlation

__all__ = [
    "BinEdges",
    "BinnedPositions",
    "BinnedSession",
    "RateMap",
    "RegisteredSession",
    "SparseActivity",
    "States",
    "active_fraction",
    "active_units",
    "activity",
    "bias",
    "binning",
    "cohort",
    "decoding",
    "event_rate_map",
    "fraction_active_units",
    "geometry",
    "increments",
    "information",
    "maps",
    "order_by_peak",
    "paper",
    "pearson",
    "phases",
    "place_units",
    "rate_map",
    "rate_map_correlation",
    "rate_map_of",
    "sessions",
    "shuffle",
    "signed_position",
    "similarity",
    "smooth",
    "spatial_information",
    "spatial_information_rate",
    "spectrum",
    "statistics",
    "timescale",
]
