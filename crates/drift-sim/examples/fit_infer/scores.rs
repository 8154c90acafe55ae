//! The tables of the book's page, from runs that nothing was fitted on.

use std::collections::BTreeMap;

use drift_sim::infer::{Classification, DriftRule, Measure, MeasureSet, Model, Record};

use crate::Failure;
use crate::cases::{FORMS, LATE, Part, Run};
use crate::look::Look;

/// Number of classes.
const RULES: usize = DriftRule::ALL.len();

/// A judged record: the true class where there is one, the kind of run, and what is said.
struct Judged<'a> {
    rule: Option<DriftRule>,
    kind: &'a str,
    found: Classification,
}

/// Judges a record of each test and foreign run by the measures in `allowed`; those without any are
/// left out.
fn judge<'a>(
    model: &Model,
    runs: &'a [Run],
    allowed: MeasureSet,
    record: impl Fn(&'a Run) -> Option<&'a Record>,
) -> Result<Vec<Judged<'a>>, Failure> {
    let mut judged = Vec::new();
    for run in runs {
        let Some(record) = record(run).filter(|record| {
            let usable = record.measures().intersection(allowed);
            let is_scored = matches!(run.part, Part::Test | Part::Foreign);
            is_scored && !usable.intersection(model.measures()).is_empty()
        }) else {
            continue;
        };
        judged.push(Judged {
            rule: run.rule,
            kind: &run.kind,
            found: model.classify(record, allowed)?,
        });
    }
    Ok(judged)
}

/// Those of a known class: the class, and what is said.
fn known<'a>(judged: &'a [Judged<'_>]) -> impl Iterator<Item = (DriftRule, &'a Classification)> {
    judged
        .iter()
        .filter_map(|one| Some((one.rule?, &one.found)))
}

fn share(hits: impl Iterator<Item = bool>) -> f64 {
    let (mut count, mut all) = (0, 0);
    for hit in hits {
        count += usize::from(hit);
        all += 1;
    }
    f64::from(count as u32) / f64::from(all as u32)
}

fn accuracy(judged: &[Judged<'_>]) -> f64 {
    share(known(judged).map(|(rule, found)| found.most_probable().0 == rule))
}

/// Accuracy where Adam and RMSprop count as one.
fn merged(judged: &[Judged<'_>]) -> f64 {
    let is_adaptive = |rule| matches!(rule, DriftRule::Adam | DriftRule::RmsProp);
    share(known(judged).map(|(rule, found)| {
        let p = found.probabilities;
        let adaptive = p[DriftRule::Adam as usize] + p[DriftRule::RmsProp as usize];
        let others = DriftRule::ALL
            .into_iter()
            .filter(|&rule| !is_adaptive(rule));
        let best = others.max_by(|&a, &b| p[a as usize].total_cmp(&p[b as usize]));
        let best = best.expect("there are others");
        match p[best as usize] > adaptive {
            true => best == rule,
            false => is_adaptive(rule),
        }
    }))
}

/// Mean squared distance of the probabilities from the truth, 0 to 2; 0.875 for 1/8 each.
fn brier(judged: &[Judged<'_>]) -> f64 {
    let squares: Vec<f64> = known(judged)
        .map(|(rule, found)| {
            let truth = |class: usize| f64::from(u8::from(class == rule as usize));
            let pairs = found.probabilities.iter().enumerate();
            pairs.map(|(class, p)| (p - truth(class)).powi(2)).sum()
        })
        .collect();
    squares.iter().sum::<f64>() / squares.len() as f64
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

const HEAD: &str = "runs | accuracy | Adam = RMSprop | Brier |\n|---|---|---|---|---|";

fn line(name: &str, judged: &[Judged<'_>]) {
    println!(
        "| {name} | {} | {} | {} | {:.2} |",
        known(judged).count(),
        percent(accuracy(judged)),
        percent(merged(judged)),
        brier(judged)
    );
}

/// How many records of each class are said to be of each.
fn confusion(judged: &[Judged<'_>]) {
    let names = DriftRule::ALL.map(DriftRule::name);
    println!("| true \\ said | {} |", names.join(" | "));
    println!("|---{}|", "|---".repeat(RULES));
    for truth in DriftRule::ALL {
        let mut counts = [0; RULES];
        for (_, found) in known(judged).filter(|(rule, _)| *rule == truth) {
            counts[found.most_probable().0 as usize] += 1;
        }
        let counts = counts.map(|count| count.to_string());
        println!("| {} | {} |", truth.name(), counts.join(" | "));
    }
}

/// How often the most probable class is right, by the probability that it is given.
fn calibration(judged: &[Judged<'_>]) {
    println!("\n| said | records | mean probability | right |\n|---|---|---|---|");
    let all = known(judged).count() as f64;
    let mut error = 0.0;
    for (low, high) in [(0.0, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 1.01)] {
        let within = known(judged).map(|(rule, found)| (rule, found.most_probable()));
        let within: Vec<_> = within
            .filter(|(_, (_, p))| (low..high).contains(p))
            .collect();
        if within.is_empty() {
            continue;
        }
        let count = within.len() as f64;
        let said = within.iter().map(|(_, (_, p))| p).sum::<f64>() / count;
        let right = share(within.iter().map(|(rule, (said, _))| rule == said));
        error += (said - right).abs() * count / all;
        let high = f64::min(high, 1.0);
        println!("| {low} to {high} | {count} | {said:.2} | {right:.2} |");
    }
    println!(
        "\nexpected calibration error {error:.3}, Brier {:.3}\n",
        brier(judged)
    );
}

/// Wrong and missed "none of these" against the typicality below which it is said.
fn none_of_these(judged: &[Judged<'_>]) {
    let mut kinds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for one in judged {
        let kind = if one.rule.is_some() {
            "known"
        } else {
            one.kind
        };
        kinds.entry(kind).or_default().push(one.found.typicality);
    }
    println!("Share called none of these, where that is said below a typicality:\n");
    let levels = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4];
    println!(
        "| runs | number | {} |",
        levels.map(|l| l.to_string()).join(" | ")
    );
    println!("|---|---{}|", "|---".repeat(levels.len()));
    for (kind, typicality) in &kinds {
        let called = levels.map(|level| percent(share(typicality.iter().map(|t| *t < level))));
        println!("| {kind} | {} | {} |", typicality.len(), called.join(" | "));
    }
    println!("\nWhat runs of other kinds are said to be, where not none of these:\n");
    for kind in kinds.keys().filter(|kind| **kind != "known") {
        let mut said: BTreeMap<&str, usize> = BTreeMap::new();
        for one in judged.iter().filter(|one| one.kind == *kind) {
            let name = one.found.rule().map_or("none of these", DriftRule::name);
            *said.entry(name).or_default() += 1;
        }
        println!("- {kind}: {said:?}");
    }
    println!();
}

/// What the model of whole networks makes of them.
pub fn print_whole(model: &Model, runs: &[Run]) -> Result<(), Failure> {
    let all = MeasureSet::all();
    let of =
        |set: MeasureSet, form: usize| judge(model, runs, set, move |run| Some(&run.forms[form]));
    let whole = of(all, 0)?;
    println!("## Whole networks, 41 samples, every measure there is\n");
    confusion(&whole);
    println!("\n| measures | {HEAD}");
    line("all", &whole);
    for measure in Measure::ALL {
        line(
            &format!("without `{}`", measure.column()),
            &of(all.without(measure), 0)?,
        );
    }
    for measure in Measure::ALL {
        let alone = [measure].into_iter().collect();
        line(&format!("`{}` alone", measure.column()), &of(alone, 0)?);
    }
    // Without the loss and its curvature, which no experiment sees.
    let recordable = all
        .without(Measure::Loss)
        .without(Measure::HessianTrace)
        .without(Measure::LogPseudoDeterminant);
    line("activity, correlation and information", &of(recordable, 0)?);
    println!("\n| record | {HEAD}");
    for (name, set) in [("all measures", all), ("recordable", recordable)] {
        for (form, (first, stride)) in FORMS.into_iter().enumerate() {
            let from = if first == LATE {
                "a fifth on"
            } else {
                "the start"
            };
            let samples = (41 - first).div_ceil(stride);
            line(&format!("{name}, from {from}, {samples}"), &of(set, form)?);
        }
    }
    println!("\nCalibration, all forms:");
    let mut pooled = Vec::new();
    for form in 0..FORMS.len() {
        pooled.extend(of(all, form)?);
    }
    calibration(&pooled);
    none_of_these(&whole);
    Ok(())
}

/// What the model of observed runs makes of them.
pub fn print_observed(model: &Model, runs: &[Run]) -> Result<(), Failure> {
    let all = MeasureSet::all();
    println!("## Observed runs: 100 cells over 8 sessions of 20 minutes\n\n| look | {HEAD}");
    for (index, look) in Look::standard().iter().enumerate() {
        let judged = judge(model, runs, all, |run| run.standard[index].as_ref())?;
        let name = format!("{} Hz, from {} of the run", look.peak_hz, look.from);
        line(&name, &judged);
    }
    for (index, name) in [(0, "5 Hz, from the start"), (3, "0.08 Hz, from a fifth on")] {
        let judged = judge(model, runs, all, |run| run.standard[index].as_ref())?;
        println!("\n{name}\n");
        confusion(&judged);
    }
    let first = judge(model, runs, all, |run| run.standard[0].as_ref())?;
    println!("\n| measures | {HEAD}");
    for measure in model.measures().iter() {
        let alone = [measure].into_iter().collect();
        let judged = judge(model, runs, alone, |run| run.standard[0].as_ref())?;
        line(&format!("`{}` alone", measure.column()), &judged);
    }
    println!("\nCalibration, looks by lot:");
    let mut pooled = Vec::new();
    for look in 0..runs.iter().map(|run| run.looks.len()).max().unwrap_or(0) {
        pooled.extend(judge(model, runs, all, |run| run.looks.get(look))?);
    }
    line("looks by lot", &pooled);
    calibration(&pooled);
    none_of_these(&first);
    Ok(())
}
