use drift_engine::{MOST_SAMPLES, Plan};
use drift_net::{Shape, Widths};

use super::text;
use super::{
    NamedFile, NoiseSpec, PerLayer, RuleSpec, Scenario, SpectrumKind, TaskSpec, UncheckedScenario,
};
use crate::check::{finite, in_range, not_negative, positive, within};
use crate::{Error, Masks, WeightPlace, parts};

impl TryFrom<UncheckedScenario> for Scenario {
    type Error = Error;

    fn try_from(unchecked: UncheckedScenario) -> Result<Self, Error> {
        general(&unchecked)?;
        task(&unchecked.task)?;
        rule(&unchecked.rule)?;
        noise(&unchecked)?;
        inner_noise(&unchecked)?;
        decay(&unchecked)?;
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
    let name = format!("{:?}", unchecked.name);
    let one_line = !unchecked.name.contains(['\n', '\r']);
    in_range("name", name, one_line, "one line")?;
    // TOML integers are 64-bit signed.
    within("seed", unchecked.seed, 0..=i64::MAX as u64)?;
    hidden(unchecked.network.hidden)?;
    let measures = &unchecked.measures;
    within("measures.bins", measures.bins, 1..=MOST_BINS)?;
    let spectra = unchecked.spectrum.samples;
    within("spectrum.samples", spectra, 0..=MOST_SAMPLES)?;
    let largest = unchecked.spectrum.largest.unwrap_or(0);
    within("spectrum.largest", largest, 0..=MOST_SAMPLES)?;
    not_negative("measures.smoothing", measures.smoothing)?;
    not_negative("measures.place_threshold", measures.place_threshold)?;
    not_negative("spectrum.tolerance", unchecked.spectrum.tolerance)?;
    within("measures.plane_bins", measures.plane_bins, 1..=1000)?;
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

fn hidden(widths: Widths) -> Result<(), Error> {
    let layers = widths.layers();
    in_range(
        "network.hidden",
        format!("a list of {layers} layers"),
        (1..=Shape::MAX_LAYERS).contains(&layers),
        format!("1 to {} layers", Shape::MAX_LAYERS),
    )?;
    for (layer, &width) in widths.as_slice().iter().enumerate() {
        let field = match layers {
            1 => "network.hidden".to_owned(),
            _ => format!("network.hidden[{layer}]"),
        };
        within(field, width, 1..=MOST_HIDDEN)?;
    }
    Ok(())
}

/// Scenarios are text, and so are the paths in them.
fn written_path(field: &str, file: &NamedFile) -> Result<(), Error> {
    let is_text = file.path().to_str().is_some_and(|path| !path.is_empty());
    let found = format!("{:?}", file.path());
    in_range(field, found, is_text, "a path in UTF-8, not empty")
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
    let path = |field: &str| text::path_in("task", task, field);
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
        (
            "noise.weight.distribution",
            &unchecked.noise.weight.distribution,
        ),
    ] {
        match noise {
            NoiseSpec::None | NoiseSpec::Own(_) => {}
            NoiseSpec::Gaussian(spec)
            | NoiseSpec::Proportional(spec)
            | NoiseSpec::LogNormal(spec) => not_negative(
                format!("{place}.{}.standard_deviation", noise.kind()),
                spec.standard_deviation,
            )?,
            NoiseSpec::Uniform(spec) => not_negative(format!("{place}.uniform.width"), spec.width)?,
        }
    }
    Ok(())
}

/// Noise inside the network, and batches of its data.
fn inner_noise(unchecked: &UncheckedScenario) -> Result<(), Error> {
    let noise = &unchecked.noise;
    let layers = unchecked.network.hidden.layers();
    for (field, numbers, below) in [
        (
            "noise.activity.before",
            &noise.activity.before,
            f64::INFINITY,
        ),
        ("noise.activity.after", &noise.activity.after, f64::INFINITY),
        ("noise.dropout.probability", &noise.dropout.probability, 1.0),
    ] {
        if let PerLayer::Each(values) = numbers {
            let expected = format!("one number, or one for each of {layers} hidden layers");
            let fits = values.len() == layers;
            in_range(field, format!("{values:?}"), fits, expected)?;
        }
        for &value in numbers.values() {
            let expected = match below {
                1.0 => "0 to less than 1",
                _ => "a finite number >= 0",
            };
            in_range(field, value, (0.0..below).contains(&value), expected)?;
        }
    }
    let hold = noise.dropout.hold;
    let holds = hold == 1 || (hold > 1 && noise.dropout.masks == Masks::PerBatch);
    let expected = "1, or more with noise.dropout.masks per_batch";
    in_range("noise.dropout.hold", hold, holds, expected)?;
    let weight = &noise.weight;
    let may_stand = match weight.distribution {
        NoiseSpec::None | NoiseSpec::Proportional(_) | NoiseSpec::LogNormal(_) => true,
        NoiseSpec::Own(_) => weight.place == WeightPlace::AfterStep,
        NoiseSpec::Gaussian(_) | NoiseSpec::Uniform(_) => false,
    };
    in_range(
        "noise.weight.distribution",
        weight.distribution.kind(),
        may_stand,
        "proportional or log_normal; what is added stands in noise.update",
    )?;
    let transmitted = weight.place == WeightPlace::Transmission;
    in_range(
        "noise.weight.place",
        "transmission",
        !(transmitted && matches!(unchecked.rule, RuleSpec::Sed(_))),
        "after_step with sed, whose two losses would differ by it",
    )?;
    let is_empty = unchecked.batch.as_ref().is_some_and(|b| b.size == 0);
    in_range("batch.size", 0, !is_empty, "at least 1")
}

fn decay(unchecked: &UncheckedScenario) -> Result<(), Error> {
    let Some(decay) = unchecked.decay else {
        return Ok(());
    };
    not_negative("decay.rate", decay.rate)?;
    let rule = unchecked.rule.kind();
    let decays = !matches!(unchecked.rule, RuleSpec::Sed(_) | RuleSpec::Own(_));
    let expected = format!("absent with rule.{rule}: it is for sgd, adam and rmsprop");
    in_range("decay", "set", decays, expected)
}

/// The step whose responses later ones of similarity matching are compared with.
fn reference(unchecked: &UncheckedScenario) -> Result<(), Error> {
    let reference = match &unchecked.task {
        TaskSpec::SimilarityMatching(settings) => settings.reference,
        TaskSpec::PrincipalSubspace(settings) => settings.reference,
        _ => return Ok(()),
    };
    let steps = unchecked.steps;
    let field = format!("task.{}.reference", unchecked.task.kind());
    let expected = format!("at most steps ({steps})");
    in_range(field, reference, reference <= steps, expected)
}

fn valley(unchecked: &UncheckedScenario) -> Result<(), Error> {
    if !unchecked.task.is_valley() {
        return Ok(());
    }
    for (field, noise) in [
        ("noise.label", &unchecked.noise.label),
        ("noise.input", &unchecked.noise.input),
    ] {
        let expected = "none: the valley has no data";
        in_range(field, noise.kind(), *noise == NoiseSpec::None, expected)?;
    }
    let noise = &unchecked.noise;
    let own = unchecked.measures.own.keys().next();
    let own = own.map_or_else(String::new, |name| format!("measures.own.{name}"));
    for (field, is_set) in [
        ("noise.activity", noise.activity != Default::default()),
        ("noise.dropout", noise.dropout != Default::default()),
        ("noise.weight", noise.weight != Default::default()),
        ("batch", unchecked.batch.is_some()),
        (own.as_str(), !own.is_empty()),
        ("network.initial", unchecked.network.initial.is_some()),
    ] {
        let expected = "absent: the valley has no network";
        in_range(field, "set", !is_set, expected)?;
    }
    let kind = unchecked.spectrum.kind;
    let known = unchecked.spectrum.samples == 0 || kind != SpectrumKind::GaussNewton;
    let expected = "trace or exact: the valley has no outputs";
    in_range("spectrum.kind", "gauss_newton", known, expected)
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
    Ok(())
}
