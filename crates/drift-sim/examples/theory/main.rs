//! What theory predicts for drift and what simulation measures, side by side: in the valley of
//! Figure 5A and for small networks on their manifold of zero loss.
//!
//! `cargo run --release -p drift-sim --example theory -- [NETWORKS]`
//!
//! The predictions are those of `drift_net` (Blanc et al. 2020; Li, Wang & Arora 2022). How the
//! variance of the measurement is brought down, and why its mean stays, is said at `Recorded` and
//! at `MirroredNoise`; the displacement as it is stands beside. The same seeds give the same
//! numbers on any number of threads.

mod ensemble;
mod mirror;
mod network;
mod valley;

use drift_sim::net::{Hessian, ZeroLossPoint};
use drift_sim::{Error, engine};
use network::{Kind, NetworkEnsemble, Rest, TOLERANCE};
use valley::ValleyEnsemble;

/// Standard deviations of update noise; label noise is ten times as wide.
const SIZES: [f64; 2] = [1e-4, 1e-2];

/// A point with all preactivations further than this from 0 counts as smooth.
const SMOOTH: f64 = 1e-3;

fn main() -> Result<(), Error> {
    let count = std::env::args().nth(1).map_or(Ok(3), |text| {
        let parsed = text.parse::<usize>();
        parsed.map_err(|_| engine::Error::range("NETWORKS", text, "a whole number"))
    })?;
    print_valley()?;

    let rests: Vec<Rest> = (0..40).map(network::rest).collect::<Result<_, _>>()?;
    println!("\nWhere descent without noise rests: the preactivation nearest to 0, by seed\n");
    for rest in &rests {
        print!("{:.0e} ", rest.nearest_kink());
    }
    let below = |limit: f64| {
        rests
            .iter()
            .filter(|rest| rest.nearest_kink() < limit)
            .count()
    };
    println!(
        "\nbelow 1e-6: {}, below {SMOOTH}: {}, of {}",
        below(1e-6),
        below(SMOOTH),
        rests.len()
    );

    let (smooth, kinked): (Vec<_>, Vec<_>) =
        rests.iter().partition(|rest| rest.nearest_kink() > SMOOTH);
    for rest in smooth.iter().take(count).chain(kinked.iter().take(1)) {
        print_network(rest)?;
    }
    Ok(())
}

fn print_valley() -> Result<(), Error> {
    println!("Valley x^2 y^2, update noise: mean of dx per step, times 1e7\n");
    println!(
        "| eta | s | x | eta lambda | -eta^2 s^2/(2x) | finite step | displacement | z | \
         gradient alone | variance / (eta^2 s^2) |\n|---|---|---|---|---|---|---|---|---|---|"
    );
    for (learning_rate, noise, x) in [(0.02, 0.2, 1.0), (0.01, 0.3, 1.0), (0.01, 0.3, 1.4)] {
        let ensemble = ValleyEnsemble {
            learning_rate,
            noise,
            x,
            runs: 200_000,
            seed: 1,
        };
        println!(
            "| {learning_rate} | {noise} | {x} | {} |",
            ensemble.measure()?
        );
    }
    Ok(())
}

fn print_network(rest: &Rest) -> Result<(), Error> {
    let data = &rest.dataset;
    let hessian = Hessian::at(
        &rest.network,
        data.inputs().as_view(),
        data.targets().as_view(),
    )?;
    let point = ZeroLossPoint::at(&hessian, TOLERANCE)?;
    let curvatures = point.normal_eigenvalues();
    println!(
        "\nNetwork, {rest}: loss {:.1e}, {} of {} eigenvalues above {TOLERANCE:e}, from {:.3} to \
         {:.3}, {} of {} units active",
        hessian.loss(),
        curvatures.len(),
        hessian.size(),
        curvatures[0],
        curvatures[curvatures.len() - 1],
        hessian.active_units().len(),
        hessian.shape().hidden(),
    );
    let updates = SIZES.map(Kind::Update).into_iter();
    for kind in updates.chain(SIZES.map(|size| Kind::Label(10.0 * size))) {
        let ensemble = NetworkEnsemble {
            kind,
            step_times_curvature: 0.2,
            pairs: 250,
            seed: 1,
        };
        let drift = ensemble.measure(rest)?;
        println!(
            "\n{kind:?}, eta lambda_max {}\n\n| measured from | cosine | slope | share of \
             sampling noise |\n|---|---|---|---|\n{drift}; without noise {:.0e} in all",
            ensemble.step_times_curvature,
            network::distance_without_noise(rest, &drift.window)?,
        );
    }
    Ok(())
}
