//! Arena, view and walk.

use super::strategies::{arena, corridor, draws, field_of_view, motion, perimeter, texture};
use drift_env::{
    Agent, Arena, Corridor, HeadingChange, Motion, MotionParameters, Perimeter, Pose, Texture,
};
use proptest::prelude::*;
use std::f64::consts::{PI, TAU};

proptest! {
    #[test]
    fn every_step_stays_inside(
        corridor in corridor(),
        motion in motion(),
        eye in field_of_view(),
        uniform in 0.0..1.0,
        draws in draws(),
    ) {
        let mut agent = Agent::new(motion, corridor, eye, uniform).unwrap();
        let arena = *agent.corridor().arena();
        let limits = agent.limits();
        let mut last = agent.pose();
        for (speed, turn) in draws {
            let step = agent.step(speed, turn).unwrap();
            prop_assert_eq!(step.before, last);
            last = step.after;
            prop_assert!(arena.contains(last.x, last.y));
            prop_assert!(limits.x[0] <= last.x && last.x <= limits.x[1]);
            prop_assert!(limits.y[0] <= last.y && last.y <= limits.y[1]);
            prop_assert!((0.0..=TAU).contains(&last.heading));
            let wrapped = step.heading_change(HeadingChange::Wrapped);
            prop_assert!(-PI < wrapped && wrapped <= PI);
            let turns = (step.heading_change(HeadingChange::Unwrapped) - wrapped) / TAU;
            prop_assert!((turns - turns.round()).abs() < 1e-9);
        }
    }

    #[test]
    fn without_spread_the_speed_is_exactly_constant(
        corridor in corridor(),
        eye in field_of_view(),
        speed in 0.0..5.0,
        draws in draws(),
    ) {
        let motion = Motion::try_from(MotionParameters {
            speed,
            speed_std: 0.0,
            ..MotionParameters::default()
        })
        .unwrap();
        let mut agent = Agent::new(motion, corridor, eye, 0.5).unwrap();
        for (speed_normal, turn_normal) in draws {
            prop_assert_eq!(agent.step(speed_normal, turn_normal).unwrap().speed, speed);
        }
    }

    #[test]
    fn a_constant_texture_gives_constant_views(
        arena in arena(),
        perimeter in perimeter(),
        motion in motion(),
        eye in field_of_view(),
        brightness in -5.0..5.0,
        draws in draws(),
    ) {
        let texture = Texture::from_values(vec![brightness; 17]).unwrap();
        let mut agent =
            Agent::new(motion, Corridor::new(arena, texture, perimeter), eye, 0.2).unwrap();
        for (speed, turn) in draws {
            agent.step(speed, turn).unwrap();
            prop_assert!(agent.view().iter().all(|pixel| *pixel == brightness));
        }
    }

    #[test]
    fn views_stay_within_the_textures_range(
        corridor in corridor(),
        eye in field_of_view(),
        (across, along) in (0.0..=1.0f64, 0.0..=1.0f64),
        heading in -20.0..20.0,
    ) {
        let [x_min, x_max] = corridor.arena().x_bounds();
        let [y_min, y_max] = corridor.arena().y_bounds();
        let pose = Pose {
            x: (x_min + across * (x_max - x_min)).clamp(x_min, x_max),
            y: (y_min + along * (y_max - y_min)).clamp(y_min, y_max),
            heading,
        };
        let values = corridor.texture().values();
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for pixel in eye.view(&corridor, pose).unwrap() {
            prop_assert!(lowest - 1e-12 <= pixel && pixel <= highest + 1e-12);
        }
    }

    #[test]
    fn on_a_square_both_perimeters_see_the_same(
        size in 0.3..20.0,
        texture in texture(),
        eye in field_of_view(),
        (across, along) in (-0.5..0.5, -0.5..0.5),
        heading in -7.0..7.0,
    ) {
        let arena = Arena::new(size, size).unwrap();
        let pose = Pose { x: across * size, y: along * size, heading };
        let see = |perimeter| {
            eye.view(&Corridor::new(arena, texture.clone(), perimeter), pose).unwrap()
        };
        let pairs = see(Perimeter::Quarters).into_iter().zip(see(Perimeter::ArcLength));
        for (quarters, arc_length) in pairs {
            prop_assert!((quarters - arc_length).abs() < 1e-9);
        }
    }

    #[test]
    fn a_wall_point_lies_where_the_ray_points(
        arena in arena(),
        (across, along) in (0.01..0.99, 0.01..0.99),
        direction in -7.0..7.0,
    ) {
        let [x_min, _] = arena.x_bounds();
        let [y_min, y_max] = arena.y_bounds();
        let [_, x_max] = arena.x_bounds();
        let (x, y) = (x_min + across * arena.size_x(), y_min + along * arena.size_y());
        let point = arena.wall_point(x, y, direction).unwrap();
        let (wall_x, wall_y) = match point.wall.index() {
            0 => (x_min + point.offset, y_max),
            1 => (x_max, y_max - point.offset),
            2 => (x_max - point.offset, y_min),
            _ => (x_min, y_min + point.offset),
        };
        let distance = (wall_x - x).hypot(wall_y - y);
        prop_assert!((x + distance * direction.sin() - wall_x).abs() < 1e-9 * (1.0 + distance));
        prop_assert!((y + distance * direction.cos() - wall_y).abs() < 1e-9 * (1.0 + distance));
    }

    #[test]
    fn arc_length_runs_once_round_without_a_gap(arena in arena(), direction in 0.0..TAU) {
        let (x, y) = arena.centre();
        let coordinate = |direction: f64| {
            let point = arena.wall_point(x, y, direction).unwrap();
            Perimeter::ArcLength.coordinate(&arena, point)
        };
        // A slightly larger direction meets a slightly larger coordinate, or has passed the seam.
        let step = coordinate(direction + 1e-7) - coordinate(direction);
        let step = step - step.round();
        prop_assert!(step > 0.0 && step < 1e-2);
    }
}

#[test]
fn an_agent_can_be_walked_from_a_generator_or_from_its_draws() {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use rand_distr::StandardNormal;

    let texture = Texture::from_values((0..40).map(f64::from).collect()).unwrap();
    let corridor = Corridor::new(Arena::new(2.0, 9.0).unwrap(), texture, Perimeter::ArcLength);
    let eye = drift_env::FieldOfView::from_fraction(4, 6.0).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut drawn = rng.clone();
    let mut walker = Agent::start(Motion::default(), corridor.clone(), eye, &mut rng);
    let uniform = drawn.random();
    let mut follower = Agent::new(Motion::default(), corridor, eye, uniform).unwrap();
    for _ in 0..50 {
        let (speed, turn) = (drawn.sample(StandardNormal), drawn.sample(StandardNormal));
        let step = walker.step_with_rng(&mut rng);
        assert_eq!(step, follower.step(speed, turn).unwrap());
        assert_eq!(walker, follower);
    }
}
