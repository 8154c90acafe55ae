use drift_sim::engine::{Column, End, Error, Sample, System, state};
use drift_sim::learn::{NoiseSource, Stream, Streams};

/// Kuramoto's oscillators on a ring, each pulled by its two neighbours, in time steps of 0.01.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Ring {
    settings: Settings,
    phases: Vec<f64>,
    source: NoiseSource,
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Settings {
    oscillators: usize,
    coupling: f64,
    noise: f64,
}

impl Ring {
    pub fn new(settings: Settings, streams: &Streams) -> Result<Self, drift_sim::OwnError> {
        // One radian apart.
        Ok(Self {
            phases: (0..settings.oscillators).map(|i| i as f64).collect(),
            source: streams.noise_source(Stream::UpdateNoise)?,
            settings,
        })
    }
}

impl System for Ring {
    fn columns(&self) -> Vec<Column> {
        vec![Column::new("order", "", "length of the phases' mean")]
    }

    fn step(&mut self) -> f64 {
        let n = self.phases.len();
        for i in 0..n {
            let pull = |other: usize| (self.phases[other % n] - self.phases[i]).sin();
            self.phases[i] += 0.01 * self.settings.coupling * (pull(i + 1) + pull(i + n - 1));
        }
        self.source
            .add_normal(0.1 * self.settings.noise, &mut self.phases);
        self.phases.iter().sum()
    }

    fn sample(&mut self, _step: u64, sample: &mut Sample) -> Result<Option<End>, Error> {
        let sum = |of: fn(f64) -> f64| self.phases.iter().map(|&phase| of(phase)).sum::<f64>();
        let order = sum(f64::cos).hypot(sum(f64::sin)) / self.phases.len() as f64;
        sample.set("order", order);
        Ok(None)
    }

    fn state(&self) -> Option<Vec<u8>> {
        Some(state::save(self))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        state::load(bytes).map(|ring| *self = ring)
    }
}
