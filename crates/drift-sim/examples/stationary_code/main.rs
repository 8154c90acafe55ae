//! What naive and corrected measures of drift say of codes whose drift is known: the table of the
//! book's page "Measures of drift".
//!
//! `cargo run --release -p drift-sim --example stationary_code [REPEATS]`

mod conditions;

use conditions::{conditions, said};
use drift_sim::metrics::statistics::Mean;

/// Bootstraps behind each interval.
const RESAMPLES: usize = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let repeats: u64 = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 200,
    };
    println!("{repeats} repeats. Naive → corrected: mean (standard deviation of one repeat);");
    println!("[share of repeats whose 95 % interval holds the value of a code without drift].\n");
    let mut lines: Vec<String> = Vec::new();
    let mut header = String::from("| ");
    for condition in conditions() {
        header += &format!("| {} ", condition.name);
        let mut all = Vec::new();
        for seed in 0..repeats {
            all.push(said(&condition, seed, RESAMPLES)?);
        }
        for measure in 0..all[0].len() {
            let of = |value: &dyn Fn(&conditions::Said) -> f64| {
                let values: Vec<f64> = all.iter().map(|repeat| value(&repeat[measure])).collect();
                let mean = Mean::of(values.iter().copied());
                let deviation = mean.standard_error * (mean.count as f64).sqrt();
                (mean.mean, deviation)
            };
            let (naive, _) = of(&|said| said.naive);
            let (corrected, deviation) = of(&|said| said.corrected);
            let held = all[0][measure].interval.map(|_| {
                let holds = |said: &conditions::Said| {
                    let (low, high) = said.interval.unwrap_or((f64::NAN, f64::NAN));
                    f64::from(u8::from((low..=high).contains(&said.still)))
                };
                of(&holds).0
            });
            let mut cell = format!("| {naive:.2} → {corrected:.2} ({deviation:.2}) ");
            if let Some(held) = held {
                cell += &format!("[{held:.2}] ");
            }
            if lines.len() <= measure {
                lines.push(format!("| {} ", all[0][measure].measure));
            }
            lines[measure] += &cell;
        }
        eprintln!("{} done", condition.name);
    }
    println!("{header}|\n|---{}|", "|---".repeat(conditions().len()));
    lines.iter().for_each(|line| println!("{line}|"));
    Ok(())
}
