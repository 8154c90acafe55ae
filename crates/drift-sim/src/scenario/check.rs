use drift_engine::{MOST_SAMPLES, Plan};
use drift_net::{Shape, Widths};

use super::text;
use super::{
    NamedFile, NoiseSpec, PerLayer, RuleSpec, Scenario, SpectrumKind, TaskSpec, UncheckedScenario,
};
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
    hidden(unchecked.network.hidden)?;
    let measures = &unchecked.measures;
    within("measures.bins", measures.bins, 1, MOST_BINS)?;
    within(
        "spectrum.samples",
        unchecked.spectrum.samples,
        0,
        MOST_SAMPLES,
    )?;
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

fn hidden(widths: Widths) -> Result<(), Error> {
    let layers = widths.layers();
    if !(1..=Shape::MAX_LAYERS).contains(&layers) {
        let expected = format!("1 to {} layers", Shape::MAX_LAYERS);
        return Err(Error::range(
            "network.hidden",
            format!("a list of {layers} layers"),
            expected,
        ));
    }
    for (layer, &width) in widths.as_slice().iter().enumerate() {
        let field = match layers {
            1 => "network.hidden".to_owned(),
            _ => format!("network.hidden[{layer}]"),
        };
        within(field, width, 1, MOST_HIDDEN)?;
    }
    Ok(())
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
        if let PerLayer::Each(values) = numbers
            && values.len() != layers
        {
            return Err(Error::range(
                field,
                format!("{values:?}"),
                format!("one number, or one for each of {layers} hidden layers"),
            ));
        }
        for &value in numbers.values() {
            if !(0.0..below).contains(&value) {
                let expected = match below {
                    1.0 => "0 to less than 1",
                    _ => "a finite number >= 0",
                };
                return Err(Error::range(field, value, expected));
            }
        }
    }
    let dropout = &noise.dropout;
    if dropout.hold == 0 || (dropout.hold > 1 && dropout.masks == Masks::PerSample) {
        return Err(Error::range(
            "noise.dropout.hold",
            dropout.hold,
            "1, or more with noise.dropout.masks per_batch",
        ));
    }
    let weight = &noise.weight;
    let may_stand = match weight.distribution {
        NoiseSpec::None | NoiseSpec::Proportional(_) | NoiseSpec::LogNormal(_) => true,
        NoiseSpec::Own(_) => weight.place == WeightPlace::AfterStep,
        NoiseSpec::Gaussian(_) | NoiseSpec::Uniform(_) => false,
    };
    if !may_stand {
        return Err(Error::range(
            "noise.weight.distribution",
            weight.distribution.kind(),
            "proportional or log_normal; what is added stands in noise.update",
        ));
    }
    let transmitted = weight.place == WeightPlace::Transmission;
    if transmitted && matches!(unchecked.rule, RuleSpec::Sed(_)) {
        return Err(Error::range(
            "noise.weight.place",
            "transmission",
            "after_step with sed, whose two losses would differ by it",
        ));
    }
    match &unchecked.batch {
        Some(batch) if batch.size == 0 => Err(Error::range("batch.size", 0, "at least 1")),
        _ => Ok(()),
    }
}

fn decay(unchecked: &UncheckedScenario) -> Result<(), Error> {
    let Some(decay) = unchecked.decay else {
        return Ok(());
    };
    not_negative("decay.rate", decay.rate)?;
    match &unchecked.rule {
        RuleSpec::Sed(_) | RuleSpec::Own(_) => Err(Error::range(
            "decay",
            "set",
            format!(
                "absent with rule.{}: it is for sgd, adam and rmsprop",
                unchecked.rule.kind()
            ),
        )),
        _ => Ok(()),
    }
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
    let noise = &unchecked.noise;
    for (field, is_set) in [
        ("noise.activity", noise.activity != Default::default()),
        ("noise.dropout", noise.dropout != Default::default()),
        ("noise.weight", noise.weight != Default::default()),
        ("batch", unchecked.batch.is_some()),
    ] {
        if is_set {
            return Err(Error::range(
                field,
                "set",
                "absent: the valley has no network",
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
