//! Bounded random arenas, walks and textures for the laws.

use drift_env::{
    Arena, ArenaParameters, Corridor, FieldOfView, FieldOfViewParameters, Motion, MotionParameters,
    Perimeter, Texture,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Any arena, its centre anywhere near.
pub fn arena_parameters() -> impl Strategy<Value = ArenaParameters> {
    (0.3..20.0, 0.3..20.0, -30.0..30.0, -30.0..30.0).prop_map(
        |(size_x, size_y, centre_x, centre_y)| ArenaParameters {
            size_x,
            size_y,
            centre_x,
            centre_y,
        },
    )
}

pub fn arena() -> impl Strategy<Value = Arena> {
    arena_parameters().prop_map(|parameters| Arena::try_from(parameters).unwrap())
}

pub fn perimeter() -> impl Strategy<Value = Perimeter> {
    prop_oneof![Just(Perimeter::Quarters), Just(Perimeter::ArcLength)]
}

pub fn texture() -> impl Strategy<Value = Texture> {
    vec(-3.0..3.0, 1..60).prop_map(|values| Texture::from_values(values).unwrap())
}

pub fn corridor() -> impl Strategy<Value = Corridor> {
    (arena(), texture(), perimeter())
        .prop_map(|(arena, texture, perimeter)| Corridor::new(arena, texture, perimeter))
}

pub fn field_of_view() -> impl Strategy<Value = FieldOfView> {
    (1..12usize, 1.0..20.0)
        .prop_map(|(pixels, fraction)| FieldOfView::from_fraction(pixels, fraction).unwrap())
}

pub fn field_of_view_parameters() -> impl Strategy<Value = FieldOfViewParameters> {
    field_of_view().prop_map(FieldOfViewParameters::from)
}

/// Slow and fast walks, straight and winding, with and without room at the sides.
pub fn motion_parameters() -> impl Strategy<Value = MotionParameters> {
    (
        0.0..30.0,
        0.0..10.0,
        0.0..0.3,
        0.0..=0.5,
        0.0..=0.5,
        -7.0..7.0,
    )
        .prop_map(
            |(speed, speed_std, turn_std, side_buffer, end_buffer, start)| MotionParameters {
                speed,
                speed_std,
                turn_std,
                side_buffer,
                end_buffer,
                start_heading_min: start,
                start_heading_max: start + 1.0,
                ..MotionParameters::default()
            },
        )
}

pub fn motion() -> impl Strategy<Value = Motion> {
    motion_parameters().prop_map(|parameters| Motion::try_from(parameters).unwrap())
}

/// Pairs of standard-normal-like draws.
pub fn draws() -> impl Strategy<Value = Vec<(f64, f64)>> {
    vec((-4.0..4.0, -4.0..4.0), 1..80)
}
