//! The data set of Figure 2: what an agent sees while it walks through the corridor.
//!
//! `cargo run --release -p drift-env --example corridor`

use drift_env::{CorridorParameters, CorridorTask, Error, Task as _};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng as _};

fn main() -> Result<(), Error> {
    let task = CorridorTask::try_from(CorridorParameters::figure2())?;
    let data = task.dataset(&mut ChaCha8Rng::seed_from_u64(1))?;
    let (samples, rays) = data.targets().shape();
    println!("{samples} views of {rays} rays; # is bright");
    let position = data.position().unwrap_or_default();
    for sample in (0..samples).step_by(10) {
        let view: String = (0..rays)
            .map(|ray| {
                if data.targets()[(sample, ray)] > 0.0 {
                    '#'
                } else {
                    '.'
                }
            })
            .collect();
        println!("{:6.2}  {view}", position[sample]);
    }
    Ok(())
}
