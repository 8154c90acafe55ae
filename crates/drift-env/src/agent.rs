//! The walking agent, one step and one view at a time.

use std::f64::consts::{PI, TAU};

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use crate::error::{finite, within};
use crate::{Corridor, Error, FieldOfView, Limits, Motion, Pose};

/// How the change of heading in a step is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum HeadingChange {
    /// Heading after minus heading before, as the published code: about 2π at the first step (the
    /// start is not reduced modulo 2π) and whenever the heading passes 0, ±π at the ends. These
    /// jumps set the range of the column.
    #[default]
    Unwrapped,
    /// The same angle brought into (−π, π].
    Wrapped,
}

/// Which limits the agent was pushed back from in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Hit {
    /// Below the lowest x.
    pub x_low: bool,
    /// Above the highest x.
    pub x_high: bool,
    /// Below the lowest y (the near end).
    pub y_low: bool,
    /// Above the highest y (the far end).
    pub y_high: bool,
}

/// One step of an [`Agent`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// Pose before the step.
    pub before: Pose,
    /// Turn made in this step, in revolutions; drawn in the step before.
    pub turn: f64,
    /// Distance walked along the heading before the step (may be negative), in track units.
    pub speed: f64,
    /// Limits met.
    pub hit: Hit,
    /// Heading with which the next view was taken, in radians: an agent at an end looks before it
    /// turns round.
    pub heading_when_seeing: f64,
    /// Pose after the step, turned round if an end was met.
    pub after: Pose,
}

impl Step {
    /// Heading after minus heading before, in radians.
    #[must_use]
    pub fn heading_change(&self, convention: HeadingChange) -> f64 {
        let change = self.after.heading - self.before.heading;
        match convention {
            HeadingChange::Unwrapped => change,
            HeadingChange::Wrapped => {
                let wrapped = change.rem_euclid(TAU);
                if wrapped > PI { wrapped - TAU } else { wrapped }
            }
        }
    }
}

/// An agent that walks a [`Corridor`] and looks at its walls.
///
/// A step, in the order of the published code: speed = V0 + std·z; x += sin(heading)·speed and
/// y += cos(heading)·speed with the old heading; back to the limits; heading = (heading + 2π·turn)
/// mod 2π with the turn drawn in the step before (0 at first); the next view is taken; a new turn
/// std·z′ is drawn; and if an end was met, the heading becomes that end's.
///
/// ```
/// use drift_env::{Agent, Arena, Corridor, FieldOfView, Motion, Perimeter, Texture};
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let mut rng = ChaCha8Rng::seed_from_u64(1);
/// let arena = Arena::new(1.0, 14.0)?;
/// let texture = Texture::random(Texture::tile_count(&arena, 17)?, 0.09, &mut rng)?;
/// let corridor = Corridor::new(arena, texture, Perimeter::ArcLength);
/// let eye = FieldOfView::from_fraction(17, 8.0)?;
/// let mut agent = Agent::start(Motion::default(), corridor, eye, &mut rng);
/// for _ in 0..100 {
///     let step = agent.step_with_rng(&mut rng);
///     assert!(arena.contains(step.after.x, step.after.y));
///     assert_eq!(agent.view().len(), 17);
/// }
/// # Ok::<(), drift_env::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    motion: Motion,
    corridor: Corridor,
    field_of_view: FieldOfView,
    limits: Limits,
    pose: Pose,
    turn: f64,
    view: Vec<f64>,
}

impl Agent {
    /// An agent at the centre of `corridor`, its first heading from a `uniform` draw in [0, 1].
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a draw outside [0, 1].
    pub fn new(
        motion: Motion,
        corridor: Corridor,
        field_of_view: FieldOfView,
        uniform: f64,
    ) -> Result<Self, Error> {
        within("heading_uniform", uniform, 0.0..=1.0, "a draw in [0, 1]")?;
        Ok(Agent::at_centre(motion, corridor, field_of_view, uniform))
    }

    /// An agent at the centre of `corridor`, its first heading drawn from `rng` (one uniform).
    #[must_use]
    pub fn start<R: Rng + ?Sized>(
        motion: Motion,
        corridor: Corridor,
        field_of_view: FieldOfView,
        rng: &mut R,
    ) -> Self {
        Agent::at_centre(motion, corridor, field_of_view, rng.random())
    }

    fn at_centre(motion: Motion, corridor: Corridor, eye: FieldOfView, uniform: f64) -> Self {
        let (x, y) = corridor.arena().centre();
        let heading = motion.start_heading(uniform);
        Agent::placed(motion, corridor, eye, Pose { x, y, heading })
    }

    /// An agent at `pose`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when the pose is outside the arena or not finite.
    pub fn at(
        motion: Motion,
        corridor: Corridor,
        field_of_view: FieldOfView,
        pose: Pose,
    ) -> Result<Self, Error> {
        corridor.arena().check_inside(pose.x, pose.y)?;
        finite("heading", pose.heading)?;
        Ok(Agent::placed(motion, corridor, field_of_view, pose))
    }

    fn placed(motion: Motion, corridor: Corridor, field_of_view: FieldOfView, pose: Pose) -> Self {
        let mut view = vec![0.0; field_of_view.pixels()];
        field_of_view.look(&corridor, pose, &mut view);
        Agent {
            limits: motion.limits(corridor.arena()),
            motion,
            corridor,
            field_of_view,
            pose,
            turn: 0.0,
            view,
        }
    }

    /// Where the agent is now.
    #[must_use]
    pub fn pose(&self) -> Pose {
        self.pose
    }

    /// The last view taken (pixels). At an end it is the one from before turning round.
    #[must_use]
    pub fn view(&self) -> &[f64] {
        &self.view
    }

    /// The turn that the next step will make, in revolutions.
    #[must_use]
    pub fn turn(&self) -> f64 {
        self.turn
    }

    /// Where the agent may go.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The constants of its walk.
    #[must_use]
    pub fn motion(&self) -> &Motion {
        &self.motion
    }

    /// The corridor it walks.
    #[must_use]
    pub fn corridor(&self) -> &Corridor {
        &self.corridor
    }

    /// Its rays.
    #[must_use]
    pub fn field_of_view(&self) -> &FieldOfView {
        &self.field_of_view
    }

    /// One step from two standard normal draws: of the speed, and of the turn that the **next**
    /// step makes.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a draw that is NaN or larger than 10⁹ in size; the agent then
    /// has not moved.
    pub fn step(&mut self, speed_normal: f64, turn_normal: f64) -> Result<Step, Error> {
        let bounds = -1e9..=1e9;
        let expected = "a standard normal draw (within 1e9)";
        within("speed_normal", speed_normal, bounds.clone(), expected)?;
        within("turn_normal", turn_normal, bounds, expected)?;
        Ok(self.advance(speed_normal, turn_normal))
    }

    /// One step with both draws from `rng`: speed, then turn.
    pub fn step_with_rng<R: Rng + ?Sized>(&mut self, rng: &mut R) -> Step {
        let speed_normal = rng.sample(StandardNormal);
        let turn_normal = rng.sample(StandardNormal);
        self.advance(speed_normal, turn_normal)
    }

    fn advance(&mut self, speed_normal: f64, turn_normal: f64) -> Step {
        let constants = self.motion.parameters();
        let (before, turn) = (self.pose, self.turn);
        let speed = constants.speed + constants.speed_std * speed_normal;
        let x = before.x + before.heading.sin() * speed;
        let y = before.y + before.heading.cos() * speed;
        let Limits {
            x: [x_min, x_max],
            y: [y_min, y_max],
        } = self.limits;
        let hit = Hit {
            x_low: x < x_min,
            x_high: x > x_max,
            y_low: y < y_min,
            y_high: y > y_max,
        };
        let heading_when_seeing = (before.heading + TAU * turn).rem_euclid(TAU);
        self.pose = Pose {
            x: x.clamp(x_min, x_max),
            y: y.clamp(y_min, y_max),
            heading: heading_when_seeing,
        };
        self.field_of_view
            .look(&self.corridor, self.pose, &mut self.view);
        self.turn = constants.turn_std * turn_normal;
        if hit.y_low {
            self.pose.heading = constants.near_end_heading;
        } else if hit.y_high {
            self.pose.heading = constants.far_end_heading;
        }
        Step {
            before,
            turn,
            speed,
            hit,
            heading_when_seeing,
            after: self.pose,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arena, MotionParameters, Perimeter, Texture};
    use approx::assert_relative_eq;

    fn agent(constants: MotionParameters) -> Agent {
        let texture = Texture::from_values((0..90).map(f64::from).collect()).unwrap();
        let corridor = Corridor::new(
            Arena::new(1.0, 10.0).unwrap(),
            texture,
            Perimeter::ArcLength,
        );
        let motion = Motion::try_from(constants).unwrap();
        let eye = FieldOfView::from_fraction(5, 6.0).unwrap();
        Agent::new(motion, corridor, eye, 1.0).unwrap()
    }

    #[test]
    fn the_turn_drawn_in_one_step_is_made_in_the_next() {
        let mut agent = agent(MotionParameters {
            turn_std: 0.01,
            speed_std: 0.0,
            ..MotionParameters::default()
        });
        let first = agent.step(5.0, 2.0).unwrap();
        assert_eq!(
            (first.speed, first.turn, first.after.heading),
            (0.2, 0.0, 0.0)
        );
        assert_eq!(agent.turn(), 0.02);
        let second = agent.step(0.0, 0.0).unwrap();
        assert_relative_eq!(second.after.heading, TAU * 0.02);
        // Still walking straight: the heading turns after the move.
        assert_relative_eq!(second.after.y, 0.4);
        assert_eq!(second.heading_change(HeadingChange::Wrapped), TAU * 0.02);
    }

    #[test]
    fn it_turns_round_at_the_ends_after_looking() {
        let mut agent = agent(MotionParameters {
            speed: 3.0,
            ..MotionParameters::without_wandering()
        });
        agent.step(0.0, 0.0).unwrap();
        let far = agent.step(0.0, 0.0).unwrap();
        assert!(far.hit.y_high && !far.hit.y_low);
        assert_eq!((far.after.y, far.after.heading), (4.0, PI));
        assert_eq!(far.heading_when_seeing, 0.0);
        let ahead = Pose {
            heading: 0.0,
            ..far.after
        };
        let seen = agent.field_of_view.view(&agent.corridor, ahead).unwrap();
        assert_eq!(agent.view(), seen);
        for _ in 0..2 {
            agent.step(0.0, 0.0).unwrap();
        }
        let near = agent.step(0.0, 0.0).unwrap();
        assert!(near.hit.y_low);
        assert_eq!((near.after.y, near.after.heading), (-4.0, 0.0));
    }

    #[test]
    fn heading_changes_by_both_conventions() {
        let at = |heading| Pose {
            heading,
            ..Pose::default()
        };
        let step = |before, after| Step {
            before: at(before),
            turn: 0.0,
            speed: 0.0,
            hit: Hit::default(),
            heading_when_seeing: 0.0,
            after: at(after),
        };
        let through_zero = step(0.1, TAU - 0.1);
        assert_relative_eq!(
            through_zero.heading_change(HeadingChange::Unwrapped),
            TAU - 0.2
        );
        assert_relative_eq!(
            through_zero.heading_change(HeadingChange::Wrapped),
            -0.2,
            epsilon = 1e-12
        );
        assert_eq!(step(PI, 0.0).heading_change(HeadingChange::Wrapped), PI);
    }

    #[test]
    fn bad_draws_do_not_move_it() {
        let mut agent = agent(MotionParameters::default());
        let before = agent.clone();
        assert!(agent.step(f64::NAN, 0.0).is_err());
        assert!(agent.step(0.0, f64::INFINITY).is_err());
        assert_eq!(agent, before);
        let Agent {
            motion,
            corridor,
            field_of_view,
            ..
        } = before;
        assert!(Agent::new(motion, corridor.clone(), field_of_view, 1.5).is_err());
        let outside = Pose {
            x: 0.51,
            ..Pose::default()
        };
        assert!(Agent::at(motion, corridor, field_of_view, outside).is_err());
    }
}
