//! The corridor of Figure 2A: its walls, the walk and what the agent sees.

use drift_sim::env::{
    Arena, CorridorDraws, CorridorParameters, CorridorTask, Pose, Wall, WallPoint,
};
use drift_sim::learn::{Stream, Streams};

use super::Figure;
use super::axis::Axis;
use super::live::Shown;
use super::panel::{Mark, Panel, Series};
use super::sheet::Rect;
use super::style::{AXIS, BLUE, ColourScale, GREY, VERMILLION, finite_range};
use crate::error::CliError;

const SIZE: (f64, f64) = (1060.0, 500.0);
/// Width of a drawn wall.
const THICK: f64 = 9.0;
/// Points of a wall that are drawn apart.
const PIECES: usize = 600;

/// The corridor's pixels: y to the right, x upwards, at one scale.
struct Place {
    plot: Rect,
    arena: Arena,
    scale: f64,
}

impl Place {
    fn new(arena: Arena, room: Rect) -> Self {
        let scale = (room.width / arena.size_y()).min(room.height / arena.size_x());
        let plot = Rect {
            width: scale * arena.size_y(),
            height: scale * arena.size_x(),
            ..room
        };
        Self { plot, arena, scale }
    }

    fn of(&self, x: f64, y: f64) -> (f64, f64) {
        let [x_low, _] = self.arena.x_bounds();
        let [y_low, _] = self.arena.y_bounds();
        (
            self.plot.x + self.scale * (y - y_low),
            self.plot.bottom() - self.scale * (x - x_low),
        )
    }

    fn on_wall(&self, point: WallPoint) -> (f64, f64) {
        let ([x_low, x_high], [y_low, y_high]) = (self.arena.x_bounds(), self.arena.y_bounds());
        let offset = point.offset;
        let (x, y) = match point.wall {
            Wall::Top => (x_low + offset, y_high),
            Wall::Right => (x_high, y_high - offset),
            Wall::Bottom => (x_high - offset, y_low),
            Wall::Left => (x_low, y_low + offset),
        };
        self.of(x, y)
    }
}

/// Figure 2A: the first environment of a task with the draws of `seed`.
pub fn corridor(parameters: CorridorParameters, seed: u64) -> Result<Figure, CliError> {
    let wrong = |error: drift_sim::env::Error| CliError::Simulation(error.into());
    let task = CorridorTask::try_from(parameters).map_err(wrong)?;
    let streams = Streams::new(seed);
    let mut texture = streams.named(Stream::Texture);
    let mut trajectory = streams.named(Stream::Trajectory);
    let draws = CorridorDraws::sample_with(&task, &mut texture, &mut trajectory);
    let noise = &draws.environments[0].texture_noise;
    let corridor = task.corridor_from_draws(noise).map_err(wrong)?;
    let walk = task.walk_from_draws(&draws).map_err(wrong)?;
    let steps = &walk.steps[..task.steps()];
    let arena = *task.arena();

    // Every wall looked at from the middle of the room, straight ahead.
    let (x_middle, y_middle) = arena.centre();
    let mut painted: Vec<(WallPoint, f64)> = Vec::new();
    for wall in [Wall::Top, Wall::Right, Wall::Bottom, Wall::Left] {
        let length = wall.length(&arena);
        let pieces = ((PIECES as f64 * length / arena.size_y()) as usize).max(8);
        for piece in 0..pieces {
            let offset = (piece as f64 + 0.5) * length / pieces as f64;
            let ([x_low, x_high], [y_low, y_high]) = (arena.x_bounds(), arena.y_bounds());
            let quarter = std::f64::consts::FRAC_PI_2;
            let (x, y, direction) = match wall {
                Wall::Top => (x_low + offset, y_middle, 0.0),
                Wall::Right => (x_middle, y_high - offset, quarter),
                Wall::Bottom => (x_high - offset, y_middle, 2.0 * quarter),
                Wall::Left => (x_middle, y_low + offset, -quarter),
            };
            let point = WallPoint { wall, offset };
            painted.push((point, corridor.brightness(x, y, direction).map_err(wrong)?));
        }
    }
    let (low, high) = finite_range(painted.iter().map(|(_, value)| *value)).unwrap_or((0.0, 1.0));
    let brightness = ColourScale { low, high };

    // The agent near the middle of the track, on its way.
    let ahead = |pose: &Pose| (pose.y - y_middle).abs();
    let poses = steps.iter().map(|step| step.before);
    let pose = poses
        .min_by(|a, b| ahead(a).total_cmp(&ahead(b)))
        .unwrap_or(steps[0].before);
    let view = task.field_of_view().view(&corridor, pose).map_err(wrong)?;

    let numbered = |values: &[f64], colour| {
        let points = values.iter().enumerate();
        let points = points.map(|(index, value)| (index as f64, *value));
        Series::new("", points, colour, Mark::Line(1.8))
    };
    let track: Vec<f64> = steps.iter().map(|step| step.before.y).collect();
    let along = Panel::new(
        "Walk",
        Axis::linear("step", 0.0, steps.len() as f64),
        Axis::around("position along the track", track.iter().copied()),
    )
    .with(numbered(&track, BLUE));
    let seen = Panel::new(
        "What the agent sees there",
        Axis::linear("pixel", 0.0, view.len() as f64 - 1.0),
        Axis::around("brightness of the wall", view.iter().copied()),
    )
    .with(numbered(&view, VERMILLION));
    let room = Rect::new(60.0, 56.0, 940.0, 110.0);
    let place = Place::new(arena, room);
    let explanation = "The corridor from above, drawn to scale: the colour of its walls is their \
        texture, dots are the agent's positions at every sample, and rays from one of them end where \
        its pixels look. Left: the walk along the track. Right: the view of that position, which \
        with the turn made is the network's input; the next view is its target.";
    Ok(Figure::draw(
        "corridor",
        "The task: predicting the next view in a corridor (Figure 2A)",
        explanation,
        SIZE,
        |sheet| {
            let above = Rect {
                y: place.plot.y - THICK - 4.0,
                ..place.plot
            };
            super::frame::title(sheet, above, "Corridor, walk and field of view")?;
            sheet.show(Shown::Drawing);
            for (point, value) in &painted {
                let (x, y) = place.on_wall(*point);
                let side = match point.wall {
                    Wall::Right => (x, y - THICK),
                    Wall::Left => (x, y + THICK),
                    Wall::Top => (x + THICK, y),
                    Wall::Bottom => (x - THICK, y),
                };
                sheet.line(&[(x, y), side], brightness.colour(*value), 2.4)?;
            }
            for (pixel, value) in view.iter().enumerate() {
                let direction = task.field_of_view().direction(pose.heading, pixel);
                let Ok(point) = arena.wall_point(pose.x, pose.y, direction) else {
                    continue;
                };
                let ray = [place.of(pose.x, pose.y), place.on_wall(point)];
                sheet.line(&ray, GREY, 0.8)?;
                sheet.dot(ray[1], 3.0, brightness.colour(*value), 1.0)?;
            }
            for step in steps {
                sheet.dot(place.of(step.before.x, step.before.y), 2.0, BLUE, 0.6)?;
            }
            sheet.ring(place.of(pose.x, pose.y), 6.0, VERMILLION)?;
            sheet.frame(place.plot, AXIS, 1.0)?;
            along.draw(sheet, Rect::new(0.0, 190.0, 530.0, 300.0))?;
            seen.draw(sheet, Rect::new(530.0, 190.0, 530.0, 300.0))
        },
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ray_ends_on_the_wall_for_every_pixel() {
        let parameters = CorridorParameters::figure2();
        let figure = corridor(parameters, 3).expect("drawn");
        let task = CorridorTask::try_from(parameters).expect("in range");
        let (samples, pixels) = (task.steps(), task.field_of_view().pixels());
        // A dot a sample, one a ray, and the ring.
        assert_eq!(figure.svg.matches("<circle").count(), samples + pixels + 1);
        assert_eq!(figure, corridor(parameters, 3).expect("drawn"));
        assert!(figure.shown.contains(&Shown::Drawing));
        assert_ne!(figure.svg, corridor(parameters, 4).expect("drawn").svg);
    }
}
