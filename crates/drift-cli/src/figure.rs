//! `drift figure`: one command for each figure of the paper. It runs what is missing, goes on with
//! what was interrupted, and draws.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use drift_sim::engine::sweep::Shard;
use drift_sim::{RunRecord, Scenario, Sweep, presets, sweep as sweeps};
use toml::Value;

use crate::args::{Cli, FigureArgs, PaperFigure};
use crate::error::CliError;
use crate::figures::spectra::{NoisySpectra, sums_under_two_noises};
use crate::host::Host;
use crate::progress::Ending;
use crate::report::{Block, Report, Section};
use crate::{embed, run, run_report, sweep};

/// Fields of a scenario that a figure sets.
type Changes = &'static [&'static str];

/// What a figure is drawn from.
enum Source {
    /// A run, whose report holds these figures.
    Run(&'static str, Changes, Changes),
    /// Runs in directories of their presets' names.
    Runs(&'static [&'static str], Changes, Changes),
    /// A sweep; a quick one has so many runs of so many steps a group.
    Sweep(&'static str, u64, i64),
    /// Recordings, which the command line names.
    Recordings,
}

/// The spectrum of Figure 2's network after a hundredth of the run and at its end.
const TWO_SPECTRA: Changes = &[
    "spectrum.samples=101",
    "spectrum.kind=exact",
    "spectrum.first=2",
    "spectrum.last=1",
];
const FEW_STEPS_AND_UNITS: Changes = &["steps=20000", "network.hidden=60"];
const NONE: Changes = &[];

impl PaperFigure {
    /// What it is drawn from, and the names of its files without their ending.
    fn source(self) -> (Source, &'static [&'static str]) {
        match self {
            Self::Two => (
                Source::Run("figure2", NONE, &["steps=50000"]),
                &["corridor", "loss", "sparsity", "rate_maps", "correlation"],
            ),
            Self::Three => (Source::Recordings, &["figure3"]),
            Self::FourA => (
                Source::Sweep("table2", 2, 100_000),
                &["sparsification_of_all_runs"],
            ),
            Self::FourB => (
                Source::Sweep("noise-scale", 8, 1_000_000),
                &["rate_against_noise"],
            ),
            Self::FourC => (Source::Runs(&["ring", "place"], NONE, NONE), &["phases"]),
            Self::FiveA => (Source::Run("valley", NONE, &["steps=20000"]), &["valley"]),
            Self::FiveB => (
                Source::Sweep("grid-1e6", 4, 100_000),
                &["units_against_eigenvalues"],
            ),
            Self::FiveC => (
                Source::Run("figure2", TWO_SPECTRA, FEW_STEPS_AND_UNITS),
                &["hessian_pairs"],
            ),
            Self::FiveD => (
                Source::Runs(
                    &["random-sgd-update", "random-sgd-label"],
                    &["spectrum.samples=51", "spectrum.kind=exact"],
                    &["steps=20000", "spectrum.samples=11"],
                ),
                &["sums_under_two_noises"],
            ),
            Self::SOne => (
                Source::Sweep("table2", 2, 100_000),
                &["sparsification_by_kind"],
            ),
            Self::STwo => (
                Source::Sweep("grid-1e6", 4, 100_000),
                &["quantities_over_time", "distributions"],
            ),
        }
    }
}

/// `drift figure`.
pub fn draw(arguments: &FigureArgs, host: &Host<'_>) -> Result<Ending, CliError> {
    let (source, files) = arguments.figure.source();
    let (out, quick) = (&arguments.out, arguments.quick);
    if !matches!(source, Source::Recordings) && !arguments.recordings.is_empty() {
        return Err(CliError::Usage(
            "--recordings is for figure 3 alone; the others are simulated".into(),
        ));
    }
    let mut figures: Vec<PathBuf> = Vec::new();
    let mut collect = |directory: &Path| {
        let drawn = files
            .iter()
            .map(|stem| directory.join(format!("figures/{stem}.svg")));
        figures.extend(drawn.filter(|path| path.exists()));
    };
    let ending = match source {
        Source::Run(preset, changes, quicker) => {
            let scenario = scenario(preset, changes, quicker, quick)?;
            let ending = run::begin_or_go_on(&scenario, out, host)?;
            collect(out);
            ending
        }
        Source::Runs(names, changes, quicker) => {
            let mut records = Vec::new();
            let mut ending = Ending::Done;
            for name in names {
                let directory = out.join(name);
                let scenario = scenario(name, changes, quicker, quick)?;
                ending = run::begin_or_go_on(&scenario, &directory, host)?;
                if !matches!(ending, Ending::Done) {
                    return Ok(ending);
                }
                records.push(host.registry.read_run(&directory)?);
                collect(&directory);
            }
            if arguments.figure == PaperFigure::FiveD {
                two_noises(&records)?.write(out)?;
                collect(out);
            }
            ending
        }
        Source::Sweep(preset, runs, steps) => {
            let plan = quicker_sweep(sweeps::preset(preset)?, quick.then_some((runs, steps)))?;
            let ending = sweep::run(&plan, out, None, Shard::whole(), false, host)?;
            if matches!(ending, Ending::Done) {
                sweep::report(out, None, host)?;
                collect(out);
            }
            ending
        }
        Source::Recordings => {
            let [format, path] = arguments.recordings.as_slice() else {
                return Err(CliError::Usage(
                    "figure 3 is drawn from recordings, which are not part of the program: name \
                     them with --recordings FORMAT PATH (formats: `drift analyze --help`)"
                        .into(),
                ));
            };
            let mut words = ["drift", "analyze", format, path, "--out"]
                .map(OsStr::new)
                .to_vec();
            words.push(out.as_os_str());
            if quick {
                words.extend(["--shuffles", "100", "--subsamplings", "0"].map(OsStr::new));
            }
            let cli = Cli::try_parse_from(words).map_err(|error| embed::usage(&error))?;
            let ending = crate::execute(&cli, host)?;
            collect(out);
            ending
        }
    };
    let text: String = figures
        .iter()
        .map(|path| format!("figure: {}\n", path.display()))
        .collect();
    host.print(&text)?;
    Ok(ending)
}

fn scenario(
    preset: &str,
    changes: Changes,
    quicker: Changes,
    quick: bool,
) -> Result<Scenario, CliError> {
    let mut unchecked = presets::preset(preset)?.into_unchecked();
    for change in changes.iter().chain(if quick { quicker } else { NONE }) {
        unchecked.set(change)?;
    }
    Ok(unchecked.try_into()?)
}

/// The sweep, or one of its kind with at most so many runs a group and so many steps.
fn quicker_sweep(sweep: Sweep, quick: Option<(u64, i64)>) -> Result<Sweep, CliError> {
    let Some((runs, steps)) = quick else {
        return Ok(sweep);
    };
    let mut unchecked = sweep.spec().clone();
    unchecked.name += "-quick";
    for group in &mut unchecked.group {
        group.runs = Some(group.runs.map_or(runs, |all| all.min(runs)));
        for (field, value) in [("steps", steps), ("sampling.linear.samples", 1001)] {
            group.set.insert(field.to_owned(), Value::Integer(value));
        }
    }
    Ok(unchecked.try_into()?)
}

/// Figure 5D of a run under update noise and one under label noise.
fn two_noises(records: &[RunRecord]) -> Result<Report, CliError> {
    let mut noises = Vec::new();
    for record in records {
        let spectra = record.spectra()?;
        let column = |name: &str| -> Vec<(f64, f64)> {
            let values = record
                .trace
                .steps()
                .into_iter()
                .zip(record.trace.column(name));
            let known = values.filter_map(|(step, value)| Some((step, value?)));
            known.collect()
        };
        let rows = spectra.steps.iter().zip(spectra.values.row_iter());
        let positive = rows.map(|(step, row)| {
            let kept = row.iter().filter(|value| **value > 0.0);
            (*step as f64, kept.map(|value| value.ln()).sum())
        });
        noises.push(NoisySpectra {
            name: record.scenario.name().to_owned(),
            sum: column("hessian_trace"),
            log_sum: column("log_pseudo_determinant"),
            positive_log_sum: positive.collect(),
        });
    }
    let spectrum = records
        .first()
        .map(|record| record.scenario.spec().spectrum);
    let figure = sums_under_two_noises(&noises, spectrum.map_or(0.0, |spec| spec.tolerance))?;
    let kind = spectrum.map_or("", |spec| run_report::kind_in_words(spec.kind));
    Ok(Report {
        title: "Figure 5D".to_owned(),
        summary: format!("Eigenvalues of {kind} under update noise and under label noise."),
        highlights: Vec::new(),
        sections: vec![Section::new(
            "Sums over the spectrum",
            vec![Block::Figure(figure)],
        )],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum as _;

    #[test]
    fn every_figure_has_its_scenarios_whole_and_quick() {
        for figure in PaperFigure::value_variants() {
            let (source, files) = figure.source();
            assert!(!files.is_empty());
            for quick in [false, true] {
                match source {
                    Source::Run(preset, changes, quicker) => {
                        scenario(preset, changes, quicker, quick).expect("a scenario");
                    }
                    Source::Runs(names, changes, quicker) => {
                        for name in names {
                            scenario(name, changes, quicker, quick).expect("a scenario");
                        }
                    }
                    Source::Sweep(preset, runs, steps) => {
                        let whole = sweeps::preset(preset).expect("a sweep");
                        let all = whole.runs();
                        let quick = quicker_sweep(whole, quick.then_some((runs, steps)));
                        assert!(quick.expect("a sweep").runs() <= all);
                    }
                    Source::Recordings => {}
                }
            }
        }
    }
}
