use drift_engine::{MOST_SAMPLES, Plan};
use drift_net::Activation;

use super::text;
use super::{NamedFile, NoiseSpec, RuleSpec, Scenario, SpectrumKind, TaskSpec, UncheckedScenario};
use crate::{Error, parts};

impl TryFrom<UncheckedScenario> for Scenario {
    type Error = Error;

    fn try_from(unchecked: UncheckedScenario) -> Result<Self, Error> {
        general(&unchecked)?;
        task(&unchecked.task)?;
        rule(&unchecked.rule)?;
        noise(&unchecked)?;
        let plan = Plan::new(unchecked.steps, unchecked.sampling.clone())?
            .with_checkpoint(unchecked.checkpoint)?;
        if let Some(remapping) = &unchecked.measures.remapping {
            remapping.check(&unchecked.task, &unchecked.measures, unchecked.steps)?;
        }
        reference(&unchecked)?;
        valley(&unchecked)?;
        activation(&unchecked)?;
        // Whatever is checked can be written.
        text::tree_of(&unchecked)?;
        Ok(Scenario {
            spec: unchecked,
            plan,
        })
    }
}

/// A slip in a size shall be an error, not an exhausted memory.
const MOST_HIDDEN: usize = 10_000_000;
const MOST_BINS: usize = 1_000_000;
fn general(unchecked: &UncheckedScenario) -> Result<(), Error> {
    if unchecked.name.contains(['\n', '\r']) {
        return Err(Error::range(
            "name",
            format!("{:?}", unchecked.name),
            "one line",
        ));
    }
    // TOML integers are 64-bit signed.
    if unchecked.seed > i64::MAX as u64 {
        return Err(Error::range(
            "seed",
            unchecked.seed,
            format!("0 to {}", i64::MAX),
        ));
    }
    within("network.hidden", unchecked.network.hidden, 1, MOST_HIDDEN)?;
    let measures = &unchecked.measures;
    within("measures.bins", measures.bins, 1, MOST_BINS)?;
    within(
        "spectrum.samples",
        unchecked.spectrum.samples,
        0,
        MOST_SAMPLES,
    )?;
    let largest = unchecked.spectrum.largest.unwrap_or(0);
    within("spectrum.largest", largest, 0, MOST_SAMPLES)?;
    not_negative("measures.smoothing", measures.smoothing)?;
    not_negative("measures.place_threshold", measures.place_threshold)?;
    not_negative("spectrum.tolerance", unchecked.spectrum.tolerance)?;
    within("measures.plane_bins", measures.plane_bins, 1, 1000)?;
    if let Some((name, settings)) = measures.own.iter().find(|(_, own)| !own.is_table()) {
        return Err(Error::range(
            format!("measures.own.{name}"),
            settings,
            "a table of its settings; {} for none",
        ));
    }
    positive("stop.maximum_loss", unchecked.stop.maximum_loss)?;
    match &unchecked.network.initial {
        Some(file) => written_path("network.initial", file),
        None => Ok(()),
    }
}

/// Scenarios are text, and so are the paths in them.
fn written_path(field: &str, file: &NamedFile) -> Result<(), Error> {
    if file.path().to_str().is_none_or(str::is_empty) {
        let found = format!("{:?}", file.path());
        return Err(Error::range(field, found, "a path in UTF-8, not empty"));
    }
    Ok(())
}

fn task(task: &TaskSpec) -> Result<(), Error> {
    match task {
        TaskSpec::File(file) => written_path("task.file", file),
        TaskSpec::Valley(start) => {
            finite("task.valley.x", start.x)?;
            finite("task.valley.y", start.y)
        }
        TaskSpec::SimilarityMatching(settings) => crate::similarity::check(settings),
        TaskSpec::PrincipalSubspace(settings) => settings.check(),
        TaskSpec::Given {} | TaskSpec::Own(_) | TaskSpec::OwnSystem(_) => Ok(()),
        _ => match parts::sizes(task) {
            Ok(Some([samples, _, outputs])) if samples.saturating_mul(outputs) < 2 => {
                Err(Error::range(
                    format!("task.{}.samples", task.kind()),
                    samples,
                    "at least 2 targets over all samples and outputs: the loss is divided by \
                     their variance",
                ))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(located(error, task)),
        },
    }
}

/// An error of drift-env with the whole path of its field.
fn located(error: drift_env::Error, task: &TaskSpec) -> Error {
    let path = |field: &str| {
        let tree = toml::Value::try_from(task).ok();
        let inside = tree.and_then(|tree| text::path_of(&tree, field));
        inside.map_or(field.to_owned(), |inside| format!("task.{inside}"))
    };
    match error {
        drift_env::Error::OutOfRange {
            field,
            value,
            expected,
        } => Error::range(path(field), value, expected),
        drift_env::Error::Count {
            field,
            value,
            expected,
        } => Error::range(path(field), value, expected),
        other => Error::Env(other),
    }
}

fn rule(rule: &RuleSpec) -> Result<(), Error> {
    rule.check().map_err(|error| match error {
        drift_learn::Error::OutOfRange {
            field,
            value,
            expected,
        } => Error::range(format!("rule.{}.{field}", rule.kind()), value, expected),
        other => Error::Learn(other),
    })
}

fn noise(unchecked: &UncheckedScenario) -> Result<(), Error> {
    for (place, noise) in [
        (
            "noise.update.distribution",
            &unchecked.noise.update.distribution,
        ),
        ("noise.label", &unchecked.noise.label),
        ("noise.input", &unchecked.noise.input),
    ] {
        match noise {
            NoiseSpec::None | NoiseSpec::Own(_) => {}
            NoiseSpec::Gaussian(spec) => not_negative(
                format!("{place}.gaussian.standard_deviation"),
                spec.standard_deviation,
            )?,
            NoiseSpec::Uniform(spec) => not_negative(format!("{place}.uniform.width"), spec.width)?,
        }
    }
    Ok(())
}

/// The step whose responses later ones of similarity matching are compared with.
fn reference(unchecked: &UncheckedScenario) -> Result<(), Error> {
    let reference = match &unchecked.task {
        TaskSpec::SimilarityMatching(settings) => settings.reference,
        TaskSpec::PrincipalSubspace(settings) => settings.reference,
        _ => return Ok(()),
    };
    if reference > unchecked.steps {
        return Err(Error::range(
            format!("task.{}.reference", unchecked.task.kind()),
            reference,
            format!("at most steps ({})", unchecked.steps),
        ));
    }
    Ok(())
}

fn valley(unchecked: &UncheckedScenario) -> Result<(), Error> {
    if !matches!(unchecked.task, TaskSpec::Valley(_)) {
        return Ok(());
    }
    for (field, noise) in [
        ("noise.label", &unchecked.noise.label),
        ("noise.input", &unchecked.noise.input),
    ] {
        if *noise != NoiseSpec::None {
            return Err(Error::range(
                field,
                noise.kind(),
                "none: the valley has no data",
            ));
        }
    }
    if let Some(name) = unchecked.measures.own.keys().next() {
        return Err(Error::range(
            format!("measures.own.{name}"),
            "set",
            "absent: the valley has no network",
        ));
    }
    if unchecked.network.initial.is_some() {
        return Err(Error::range(
            "network.initial",
            "set",
            "absent: the valley has no network",
        ));
    }
    if unchecked.spectrum.samples > 0 && unchecked.spectrum.kind == SpectrumKind::GaussNewton {
        return Err(Error::range(
            "spectrum.kind",
            "gauss_newton",
            "trace or exact: the valley has no outputs",
        ));
    }
    Ok(())
}

fn activation(unchecked: &UncheckedScenario) -> Result<(), Error> {
    let activation = unchecked.network.activation;
    activation.checked().map_err(|error| match error {
        drift_net::Error::OutOfRange {
            field,
            value,
            expected,
        } => Error::range(
            format!("network.activation.{activation}.{field}"),
            value,
            expected,
        ),
        other => Error::Net(other),
    })?;
    let spectrum = &unchecked.spectrum;
    let kind = match spectrum.kind {
        SpectrumKind::Trace => return Ok(()),
        SpectrumKind::GaussNewton => "gauss_newton",
        SpectrumKind::Exact => "exact",
    };
    if spectrum.samples > 0 && activation != Activation::Relu {
        return Err(Error::range(
            "spectrum.kind",
            kind,
            format!("trace, as network.activation is {activation}: whole spectra need relu"),
        ));
    }
    Ok(())
}

fn within(field: impl Into<String>, value: usize, least: usize, most: usize) -> Result<(), Error> {
    if !(least..=most).contains(&value) {
        return Err(Error::range(field, value, format!("{least} to {most}")));
    }
    Ok(())
}

fn positive(field: impl Into<String>, value: f64) -> Result<(), Error> {
    if !(value > 0.0 && value.is_finite()) {
        return Err(Error::range(field, value, "a finite number > 0"));
    }
    Ok(())
}

fn not_negative(field: impl Into<String>, value: f64) -> Result<(), Error> {
    if !(value >= 0.0 && value.is_finite()) {
        return Err(Error::range(field, value, "a finite number >= 0"));
    }
    Ok(())
}

fn finite(field: impl Into<String>, value: f64) -> Result<(), Error> {
    if !value.is_finite() {
        return Err(Error::range(field, value, "a finite number"));
    }
    Ok(())
}
