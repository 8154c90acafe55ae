//! Progress on a terminal, and the wish to stop.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use drift_sim::engine::Error;
use drift_sim::{Moment, Observer};
use indicatif::{ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::error::CliError;

/// Without a terminal each line of progress stays: one a minute tells that the work goes on.
pub const LINE_EVERY: Duration = Duration::from_secs(60);
/// How often the bar on a terminal is drawn.
const DRAW_EVERY: Duration = Duration::from_millis(60);

/// A bar to `length` that looks as one of the program's own templates says.
pub fn bar(length: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template);
    ProgressBar::new(length).with_style(style.expect("the program's templates are well formed"))
}

/// The number of the signal that asks to stop; 0 until there is one.
#[derive(Debug, Clone)]
pub struct StopSignal(Arc<AtomicUsize>);

impl StopSignal {
    /// Set by another program.
    pub fn set_by(number: Arc<AtomicUsize>) -> Self {
        Self(number)
    }

    /// Set by Ctrl-C, SIGTERM and SIGHUP. A second signal ends the program at once.
    pub fn listen() -> Result<Self, CliError> {
        let received = Arc::new(AtomicUsize::new(0));
        let armed = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // In this order the first signal finds the shutdown not armed and arms it.
            signal_hook::flag::register_conditional_shutdown(
                signal,
                128 + signal,
                Arc::clone(&armed),
            )
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&armed)))
            .and_then(|_| {
                signal_hook::flag::register_usize(signal, Arc::clone(&received), signal as usize)
            })
            .map_err(CliError::Signal)?;
        }
        Ok(Self(received))
    }

    /// The signal received, if any.
    pub fn received(&self) -> Option<u8> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            signal => Some(signal as u8),
        }
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All done.
    Done,
    /// Done, and a run has ended because its loss is not finite.
    NotFinite,
    /// Stopped by this signal, with everything kept.
    Signal(u8),
}

/// Watches a run: draws the bar on a terminal, prints a line a minute elsewhere, stops at a signal.
#[derive(Debug)]
pub struct RunProgress {
    bar: ProgressBar,
    stop: StopSignal,
    started: Instant,
    first_step: Option<u64>,
    last_drawn: Instant,
    /// Looks at the clock every so many steps, so that steps of a microsecond are not slowed.
    stride: u64,
    /// What the loss shown is divided by.
    loss_scale: f64,
}

impl RunProgress {
    /// For a run of `steps`.
    pub fn new(steps: u64, stop: StopSignal) -> Self {
        let template = "{bar:32.cyan/blue} {percent:>3}%  step {human_pos}/{human_len}  {msg}";
        let now = Instant::now();
        Self {
            bar: bar(steps, template),
            stop,
            started: now,
            first_step: None,
            last_drawn: now,
            stride: 16,
            loss_scale: 1.0,
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn draw(&mut self, step: u64, loss: f64) {
        let now = Instant::now();
        let since = now.duration_since(self.last_drawn);
        let interval = if self.bar.is_hidden() {
            LINE_EVERY
        } else {
            DRAW_EVERY
        };
        if since < interval {
            self.stride = (self.stride * 2).min(1 << 12);
            return;
        }
        if since > interval + Duration::from_millis(190) {
            self.stride = (self.stride / 2).max(1);
        }
        self.last_drawn = now;
        let done = step - self.first_step.unwrap_or(step);
        let rate = done as f64 / now.duration_since(self.started).as_secs_f64();
        let rest = self.bar.length().unwrap_or(step).saturating_sub(step) as f64 / rate;
        let message = format!(
            "{}/s  {} left  log10 loss {:.3}",
            short(rate),
            clock(rest),
            (loss / self.loss_scale).log10()
        );
        if self.bar.is_hidden() {
            let steps = self.bar.length().unwrap_or(step);
            eprintln!("step {step} of {steps}  {message}");
        } else {
            self.bar.set_position(step);
            self.bar.set_message(message);
        }
    }
}

impl<S: ?Sized> Observer<S> for RunProgress {
    #[inline]
    fn step(&mut self, step: u64, loss: f64) -> ControlFlow<()> {
        if self.stop.received().is_some() {
            return ControlFlow::Break(());
        }
        if step.is_multiple_of(self.stride) {
            self.first_step.get_or_insert(step);
            self.draw(step, loss);
        }
        ControlFlow::Continue(())
    }

    fn sample(&mut self, moment: &Moment<'_, S>) -> Result<ControlFlow<()>, Error> {
        let sample = moment.sample;
        if let (Some(loss), Some(normalised)) =
            (sample.get("loss"), sample.get("log10_normalised_loss"))
        {
            let scale = loss / 10f64.powf(normalised);
            if scale > 0.0 && scale.is_finite() {
                self.loss_scale = scale;
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

fn short(rate: f64) -> String {
    match rate {
        rate if rate >= 1e6 => format!("{:.2} M", rate / 1e6),
        rate if rate >= 1e3 => format!("{:.1} k", rate / 1e3),
        rate => format!("{rate:.1} "),
    }
}

fn clock(seconds: f64) -> String {
    if !(seconds < 360_000.0) {
        return "–".into();
    }
    let whole = seconds as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_times_are_short() {
        assert_eq!(short(1_234_567.0), "1.23 M");
        assert_eq!(short(12.34), "12.3 ");
        assert_eq!(clock(75.0), "1:15");
        assert_eq!(clock(7_261.0), "2:01:01");
        assert_eq!(clock(f64::INFINITY), "–");
    }
}
