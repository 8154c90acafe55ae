//! The animal's path: drift-env's agent on a track without a pattern.

use drift_data::TrackDirection;
use drift_env::{
    Agent, Arena, Corridor, FieldOfView, Motion, MotionParameters, Perimeter, Pose, Texture,
};
use rand::{Rng, RngExt};

use super::Observation;
use crate::Error;

/// A path along the track, frame by frame.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Walk {
    /// Position as a share of the track, 0 to 1.
    pub(super) share: Vec<f64>,
    /// Direction of running.
    pub(super) running: Vec<TrackDirection>,
}

impl Walk {
    /// Runs to and fro from a place and in a direction by lot; a frame's step has half its mean as
    /// standard deviation, as the published agent's has.
    pub(super) fn draw<R: Rng + ?Sized>(
        how: &Observation,
        frames: usize,
        rng: &mut R,
    ) -> Result<Self, Error> {
        let step = how.speed_cm_s / how.frame_hz;
        let length = how.track_cm;
        let motion = Motion::try_from(MotionParameters {
            speed: step,
            speed_std: 0.5 * step,
            end_buffer: 0.0,
            ..MotionParameters::without_wandering()
        })?;
        let arena = Arena::new(1.0, length)?;
        let blank = Texture::from_values(vec![0.0; 4])?;
        let corridor = Corridor::new(arena, blank, Perimeter::ArcLength);
        let (x, middle) = arena.centre();
        let heading = match rng.random() {
            true => motion.parameters().near_end_heading,
            false => motion.parameters().far_end_heading,
        };
        let start = Pose {
            x,
            y: middle + length * (rng.random::<f64>() - 0.5),
            heading,
        };
        let mut agent = Agent::at(motion, corridor, FieldOfView::from_fraction(1, 8.0)?, start)?;
        let (mut share, mut running) = (Vec::with_capacity(frames), Vec::with_capacity(frames));
        for _ in 0..frames {
            let Pose { y, heading, .. } = agent.pose();
            share.push(((y - middle) / length + 0.5).clamp(0.0, 1.0));
            running.push(match heading.cos() > 0.0 {
                true => TrackDirection::Right,
                false => TrackDirection::Left,
            });
            agent.step_with_rng(rng);
        }
        Ok(Self { share, running })
    }
}
