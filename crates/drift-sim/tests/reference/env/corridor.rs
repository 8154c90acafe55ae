//! Formats `field_of_view*.json` and `agent_motion*.json`.

use std::path::Path;

use drift_sim::env::{
    ArenaParameters, CorridorDraws, CorridorParameters, CorridorTask, EnvironmentDraws,
    FieldOfView, FieldOfViewParameters, HeadingChange, MotionParameters, Pose, Step, Task,
};
use serde::Deserialize;

use super::{Comparison, read_json};

/// The README of the reference values: steep rays amplify round-off.
const TOLERANCE: f64 = 1e-11;

#[derive(Deserialize)]
struct ArenaCase {
    size_x: f64,
    size_y: f64,
    pixels: usize,
    smoothing_fraction: f64,
    half_angle: f64,
    n_texture: usize,
    raw_noise: Vec<f64>,
    texture: Vec<f64>,
    x_limits: [f64; 2],
    y_limits: [f64; 2],
    views: Vec<ViewCase>,
}

#[derive(Deserialize)]
struct ViewCase {
    x: f64,
    y: f64,
    heading: f64,
    view: Vec<f64>,
}

pub fn check_views(path: &Path, file: &str) -> usize {
    let mut comparison = Comparison::new(file, TOLERANCE);
    let cases: Vec<ArenaCase> = read_json(path);
    for (index, case) in cases.iter().enumerate() {
        let place = |what: &str| format!("arena {index}: {what}");
        let eye = FieldOfView::new(case.pixels, case.half_angle)
            .unwrap_or_else(|error| panic!("{file}: {}: {error}", place("half_angle")));
        let task = CorridorTask::try_from(CorridorParameters {
            arena: ArenaParameters {
                size_x: case.size_x,
                size_y: case.size_y,
                ..ArenaParameters::default()
            },
            field_of_view: FieldOfViewParameters::from(eye),
            kernel: case.smoothing_fraction,
            ..CorridorParameters::figure2()
        })
        .unwrap_or_else(|error| panic!("{file}: {}: {error}", place("task")));
        let corridor = task
            .corridor_from_draws(&case.raw_noise)
            .unwrap_or_else(|error| panic!("{file}: {}: {error}", place("raw_noise")));
        let limits = task.motion().limits(task.arena());
        comparison.equal(&place("n_texture"), task.tiles(), case.n_texture);
        comparison.slices(&place("x_limits"), &limits.x, &case.x_limits);
        comparison.slices(&place("y_limits"), &limits.y, &case.y_limits);
        comparison.slices(
            &place("texture"),
            corridor.texture().values(),
            &case.texture,
        );
        for (number, stored) in case.views.iter().enumerate() {
            let place = place(&format!("view {number}"));
            let pose = Pose {
                x: stored.x,
                y: stored.y,
                heading: stored.heading,
            };
            let view = eye
                .view(&corridor, pose)
                .unwrap_or_else(|error| panic!("{file}: {place}: {error}"));
            comparison.slices(&place, &view, &stored.view);
        }
    }
    comparison.values
}

/// A walk with its draws, as in `agent_motion*.json` and, without steps, in `tasks*.json`.
#[derive(Deserialize)]
pub struct WalkCase {
    size_x: f64,
    size_y: f64,
    smoothing_fraction: f64,
    fov_angle_fraction: f64,
    half_angle: f64,
    pixels: usize,
    #[serde(rename = "V0")]
    speed: f64,
    n_texture: usize,
    num_envs: usize,
    n_samples: usize,
    x_limits: [f64; 2],
    y_limits: [f64; 2],
    draws: Vec<DrawsCase>,
    #[serde(default)]
    steps: Option<Vec<StepCase>>,
    position: Vec<f64>,
    heading: Vec<f64>,
    views_raw: Vec<Vec<f64>>,
    heading_change_raw: Vec<f64>,
    next_views_raw: Vec<Vec<f64>>,
    inputs: Vec<Vec<f64>>,
    targets: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct DrawsCase {
    texture_noise: Vec<f64>,
    heading_uniform: f64,
    speed_normal: Vec<f64>,
    heading_normal: Vec<f64>,
}

#[derive(Deserialize)]
struct StepCase {
    environment: usize,
    x: f64,
    y: f64,
    heading: f64,
    heading_velocity: f64,
    speed: f64,
    hit: [bool; 4],
    heading_when_seeing_next: f64,
    next_x: f64,
    next_y: f64,
    next_heading: f64,
}

pub fn check_motion(path: &Path, file: &str) -> usize {
    let mut comparison = Comparison::new(file, TOLERANCE);
    let cases: Vec<WalkCase> = read_json(path);
    for (index, case) in cases.iter().enumerate() {
        assert!(case.steps.is_some(), "{file}: run {index}: no steps");
        check_walk(&mut comparison, &format!("run {index}"), case);
    }
    comparison.values
}

pub fn check_walk(comparison: &mut Comparison<'_>, run: &str, case: &WalkCase) {
    let file = comparison.file;
    let place = |what: &str| format!("{run}: {what}");
    let task = CorridorTask::try_from(CorridorParameters {
        samples: case.n_samples,
        num_envs: case.num_envs,
        arena: ArenaParameters {
            size_x: case.size_x,
            size_y: case.size_y,
            ..ArenaParameters::default()
        },
        field_of_view: FieldOfViewParameters {
            pixels: case.pixels,
            angle_fraction: case.fov_angle_fraction,
        },
        motion: MotionParameters {
            speed: case.speed,
            ..MotionParameters::default()
        },
        kernel: case.smoothing_fraction,
        ..CorridorParameters::figure2()
    })
    .unwrap_or_else(|error| panic!("{file}: {run}: {error}"));
    let limits = task.motion().limits(task.arena());
    comparison.equal(&place("n_texture"), task.tiles(), case.n_texture);
    comparison.equal(&place("samples"), task.samples(), case.position.len());
    comparison.number(
        &place("half_angle"),
        task.field_of_view().half_angle(),
        case.half_angle,
    );
    comparison.slices(&place("x_limits"), &limits.x, &case.x_limits);
    comparison.slices(&place("y_limits"), &limits.y, &case.y_limits);

    let draws = CorridorDraws {
        environments: case.draws.iter().map(EnvironmentDraws::from).collect(),
    };
    let walk = task
        .walk_from_draws(&draws)
        .unwrap_or_else(|error| panic!("{file}: {run}: {error}"));
    if let Some(steps) = &case.steps {
        assert_eq!(steps.len(), walk.steps.len(), "{file}: {run}: steps");
        for (number, (ours, stored)) in walk.steps.iter().zip(steps).enumerate() {
            let place = place(&format!("step {number}"));
            comparison.equal(&place, walk.environment[number], stored.environment);
            check_step(comparison, &place, ours, stored);
        }
    }
    let change: Vec<f64> = walk
        .steps
        .iter()
        .map(|step| step.heading_change(HeadingChange::Unwrapped))
        .collect();
    comparison.matrices(&place("views_raw"), &walk.views, &case.views_raw);
    comparison.matrices(
        &place("next_views_raw"),
        &walk.next_views,
        &case.next_views_raw,
    );
    comparison.slices(
        &place("heading_change_raw"),
        &change,
        &case.heading_change_raw,
    );

    let dataset = task
        .dataset_from_draws(&draws)
        .unwrap_or_else(|error| panic!("{file}: {run}: {error}"));
    let position = dataset.position().expect("a corridor has positions");
    let heading = dataset.heading().expect("a corridor has headings");
    comparison.slices(&place("position"), position, &case.position);
    comparison.slices(&place("heading"), heading, &case.heading);
    comparison.matrices(&place("inputs"), dataset.inputs(), &case.inputs);
    comparison.matrices(&place("targets"), dataset.targets(), &case.targets);
}

fn check_step(comparison: &mut Comparison<'_>, place: &str, ours: &Step, stored: &StepCase) {
    let hit = [
        ours.hit.x_low,
        ours.hit.x_high,
        ours.hit.y_low,
        ours.hit.y_high,
    ];
    comparison.equal(place, hit, stored.hit);
    for (name, ours, stored) in [
        ("x", ours.before.x, stored.x),
        ("y", ours.before.y, stored.y),
        ("heading", ours.before.heading, stored.heading),
        ("heading_velocity", ours.turn, stored.heading_velocity),
        ("speed", ours.speed, stored.speed),
        (
            "heading_when_seeing_next",
            ours.heading_when_seeing,
            stored.heading_when_seeing_next,
        ),
        ("next_x", ours.after.x, stored.next_x),
        ("next_y", ours.after.y, stored.next_y),
        ("next_heading", ours.after.heading, stored.next_heading),
    ] {
        comparison.number(&format!("{place}: {name}"), ours, stored);
    }
}

impl From<&DrawsCase> for EnvironmentDraws {
    fn from(case: &DrawsCase) -> Self {
        EnvironmentDraws {
            texture_noise: case.texture_noise.clone(),
            heading_uniform: case.heading_uniform,
            speed_normal: case.speed_normal.clone(),
            turn_normal: case.heading_normal.clone(),
        }
    }
}
