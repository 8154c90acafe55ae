//! The tables of the book's page, from runs that nothing was fitted on.

use drift_sim::infer::{DriftRule, Measure, MeasureSet, Model};

use crate::{Failure, LATE, Labelled, Part};

/// One judged record: the true class, and the probabilities given to all.
type Judged = (DriftRule, [f64; 5]);

/// The test runs, thinned, judged by the measures in `allowed`; those without any are left out.
fn judge(
    model: &Model,
    runs: &[Labelled],
    allowed: MeasureSet,
    (first, stride): (usize, usize),
) -> Result<Vec<Judged>, Failure> {
    let mut judged = Vec::new();
    for run in runs.iter().filter(|run| run.part == Part::Test) {
        let record = run.record.thinned(first, stride)?;
        if record.measures().intersection(allowed).is_empty() {
            continue;
        }
        let found = model.classify(&record, allowed)?;
        judged.push((run.rule, found.probabilities));
    }
    Ok(judged)
}

fn guess(probabilities: &[f64; 5]) -> usize {
    (0..5)
        .max_by(|&one, &other| probabilities[one].total_cmp(&probabilities[other]))
        .expect("there are classes")
}

fn accuracy(judged: &[Judged]) -> f64 {
    let right = judged
        .iter()
        .filter(|(rule, probabilities)| guess(probabilities) == *rule as usize)
        .count();
    right as f64 / judged.len() as f64
}

/// Accuracy where Adam and RMSprop count as one.
fn merged(judged: &[Judged]) -> f64 {
    let right = judged
        .iter()
        .filter(|(rule, p)| {
            let p = [p[0], p[1], p[2] + p[3], p[4]];
            let best = (0..4)
                .max_by(|&one, &other| p[one].total_cmp(&p[other]))
                .expect("there are classes");
            best == [0, 1, 2, 2, 3][*rule as usize]
        })
        .count();
    right as f64 / judged.len() as f64
}

/// Mean squared distance of the probabilities from the truth, 0 to 2; 0.8 for 1/5 each.
fn brier(judged: &[Judged]) -> f64 {
    let squares = judged.iter().map(|(rule, probabilities)| {
        let truth = |class: usize| f64::from(u8::from(class == *rule as usize));
        (0..5)
            .map(|class| (probabilities[class] - truth(class)).powi(2))
            .sum::<f64>()
    });
    squares.sum::<f64>() / judged.len() as f64
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

fn line(name: &str, judged: &[Judged]) {
    println!(
        "| {name} | {} | {} | {} | {:.2} |",
        judged.len(),
        percent(accuracy(judged)),
        percent(merged(judged)),
        brier(judged)
    );
}

const HEAD: &str = "runs | accuracy | Adam = RMSprop | Brier |\n|---|---|---|---|---|";

/// Prints every table as Markdown.
pub fn print(model: &Model, runs: &[Labelled]) -> Result<(), Failure> {
    let all = MeasureSet::all();
    let whole = judge(model, runs, all, (0, 1))?;
    println!("Confusion, 101 samples, every measure there is:\n");
    let names: Vec<_> = DriftRule::ALL.iter().map(|rule| rule.name()).collect();
    println!(
        "| true \\ said | {} |\n|---|---|---|---|---|---|",
        names.join(" | ")
    );
    for truth in DriftRule::ALL {
        let mut counts = [0; 5];
        for (_, probabilities) in whole.iter().filter(|(rule, _)| *rule == truth) {
            counts[guess(probabilities)] += 1;
        }
        println!(
            "| {} | {} |",
            truth.name(),
            counts.map(|count| count.to_string()).join(" | ")
        );
    }

    println!("\nMeasures (101 samples):\n\n| measures | {HEAD}");
    line("all", &whole);
    for measure in Measure::ALL {
        let judged = judge(model, runs, all.without(measure), (0, 1))?;
        line(&format!("without `{}`", measure.column()), &judged);
    }
    for measure in Measure::ALL {
        let judged = judge(model, runs, [measure].into_iter().collect(), (0, 1))?;
        line(&format!("`{}` alone", measure.column()), &judged);
    }
    let experiment = recordable();
    line(
        "what an experimenter can record",
        &judge(model, runs, experiment, (0, 1))?,
    );

    println!("\nSamples:\n\n| record | {HEAD}");
    for (start, forms) in [
        (
            "from the start",
            [(0, 50), (0, 25), (0, 10), (0, 5), (0, 1)],
        ),
        (
            "from a fifth on",
            [(LATE, 40), (LATE, 20), (LATE, 10), (LATE, 5), (LATE, 1)],
        ),
    ] {
        for (kind, set) in [("all measures", all), ("recordable", experiment)] {
            for (first, stride) in forms {
                let samples = (101 - first).div_ceil(stride);
                let judged = judge(model, runs, set, (first, stride))?;
                line(&format!("{start}, {kind}, {samples} samples"), &judged);
            }
        }
    }

    println!("\nCalibration of the most probable class, all forms of the test records:\n");
    println!("| said | records | mean probability | right |\n|---|---|---|---|");
    let mut pooled = Vec::new();
    for form in crate::FORMS {
        pooled.extend(judge(model, runs, all, form)?);
    }
    let mut error = 0.0;
    for (low, high) in [(0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 1.01)] {
        let within: Vec<Judged> = pooled
            .iter()
            .filter(|(_, probabilities)| (low..high).contains(&probabilities[guess(probabilities)]))
            .copied()
            .collect();
        if within.is_empty() {
            continue;
        }
        let said = within
            .iter()
            .map(|(_, probabilities)| probabilities[guess(probabilities)])
            .sum::<f64>()
            / within.len() as f64;
        let right = accuracy(&within);
        error += (said - right).abs() * within.len() as f64 / pooled.len() as f64;
        let high = high.min(1.0);
        println!(
            "| {low} to {high} | {} | {said:.2} | {right:.2} |",
            within.len()
        );
    }
    println!(
        "\nexpected calibration error {error:.3}, Brier {:.3}",
        brier(&pooled)
    );
    Ok(())
}

/// Without the loss and its curvature, which no experiment sees.
fn recordable() -> MeasureSet {
    MeasureSet::all()
        .without(Measure::Loss)
        .without(Measure::HessianTrace)
        .without(Measure::LogPseudoDeterminant)
}
