use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::{NoiseSpec, RuleSpec, Scenario, TaskSpec, UncheckedScenario};
use crate::{Error, error::nearest};

/// Tables with exactly one entry, named after the alternative it chooses. A bare string stands
/// for the alternative with every default, and setting another alternative replaces the entry.
const CHOICES: [&str; 10] = [
    "task",
    "network.activation",
    "rule",
    "sampling",
    "noise.update.distribution",
    "noise.label",
    "noise.input",
    "noise.weight.distribution",
    "task.similarity_matching.inputs",
    "task.similarity_matching.network.settling.start",
];

/// The choices among which a program's own parts stand, and what its registry calls them.
const OPEN: [(&str, Place); 6] = [
    ("task", Place::Task),
    ("rule", Place::Rule),
    ("noise.update.distribution", Place::Noise),
    ("noise.label", Place::Noise),
    ("noise.input", Place::Noise),
    ("noise.weight.distribution", Place::Noise),
];

/// The fields that every run has; the others are those of a network that learns a data set.
const COMMON: [&str; 6] = ["name", "seed", "steps", "task", "sampling", "checkpoint"];

/// Where in a scenario a part of one's own can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Task,
    System,
    Rule,
    Noise,
}

/// The names of the parts that a program brings along.
pub(crate) trait OwnNames {
    fn names(&self, place: Place) -> Vec<&str>;
}

/// The names that a scenario already uses.
impl OwnNames for UncheckedScenario {
    fn names(&self, place: Place) -> Vec<&str> {
        let noise = [
            &self.noise.update.distribution,
            &self.noise.label,
            &self.noise.input,
            &self.noise.weight.distribution,
        ];
        match (place, &self.task, &self.rule) {
            (Place::Task, TaskSpec::Own(own), _) | (Place::System, TaskSpec::OwnSystem(own), _) => {
                vec![&own.name]
            }
            (Place::Rule, _, RuleSpec::Own(own)) => vec![&own.name],
            (Place::Noise, ..) => noise
                .into_iter()
                .filter_map(|noise| match noise {
                    NoiseSpec::Own(own) => Some(own.name.as_str()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// None: for what is ours alone.
impl OwnNames for () {
    fn names(&self, _place: Place) -> Vec<&str> {
        Vec::new()
    }
}

impl UncheckedScenario {
    /// Reads TOML, without checking ranges.
    ///
    /// # Errors
    /// [`Syntax`](drift_engine::Error::Syntax) with the line for text that is not TOML or a value of the wrong type,
    /// [`Error::UnknownField`] with the nearest name for a field that does not exist.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        Self::from_toml_with(text, &())
    }

    pub(crate) fn from_toml_with(text: &str, own: &dyn OwnNames) -> Result<Self, Error> {
        Self::read(Value::Table(table_of(text, "scenario (TOML)")?), own)
    }

    fn read(fields: Value, own: &dyn OwnNames) -> Result<Self, Error> {
        let scenario = from_value(fields.clone(), own)?;
        refuse_unused(&fields, &scenario)?;
        Ok(scenario)
    }

    /// Reads JSON, without checking ranges.
    ///
    /// # Errors
    /// As [`from_toml`](Self::from_toml).
    pub fn from_json(text: &str) -> Result<Self, Error> {
        Self::from_json_with(text, &())
    }

    pub(crate) fn from_json_with(text: &str, own: &dyn OwnNames) -> Result<Self, Error> {
        let wrong = |message| drift_engine::Error::syntax("scenario (JSON)", message);
        // Some editors begin a file with a byte order mark.
        let text = text.trim_start_matches('\u{feff}');
        let json: serde_json::Value =
            serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let null = |value: &serde_json::Value| value.is_null().then_some(());
        if let Some((path, ())) = first_in(&json, String::new(), &null) {
            let message = format!("{path} is null; leave a field out for its default");
            return Err(wrong(message).into());
        }
        let fields = Value::try_from(json).map_err(|error| wrong(error.to_string()))?;
        Self::read(fields, own)
    }

    /// Changes one field, given as `field.path=value` with the value in TOML; a bare word is a
    /// string.
    ///
    /// ```
    /// use drift_sim::{Scenario, presets};
    ///
    /// let mut unchecked = presets::preset("figure2")?.into_unchecked();
    /// unchecked.set("network.regime=rich")?;
    /// unchecked.set("rule.adam.learning_rate=0.002")?;
    /// let scenario: Scenario = unchecked.try_into()?;
    /// assert_eq!(scenario.spec().rule.kind(), "adam");
    /// # Ok::<(), drift_sim::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Override`] for a text of another form, [`Error::UnknownField`] or
    /// [`Syntax`](drift_engine::Error::Syntax) where the field does not exist or takes no such value,
    /// [`OutOfRange`](drift_engine::Error::OutOfRange) where another field holds what TOML cannot; the scenario is then
    /// unchanged.
    pub fn set(&mut self, assignment: &str) -> Result<(), Error> {
        let own = self.clone();
        self.set_with(assignment, &own)
    }

    pub(crate) fn set_with(&mut self, assignment: &str, own: &dyn OwnNames) -> Result<(), Error> {
        let (path, value) = parse_assignment(assignment)?;
        let mut tree = tree_of(self)?;
        let path = self.full_path(path);
        set_value(&mut tree, &path, value).map_err(|reason| Error::Override {
            text: assignment.to_owned(),
            reason,
        })?;
        *self = from_value(tree, own)?;
        Ok(())
    }

    /// A path from the scenario's own fields on: of a system without a network, the fields of the
    /// system can be named alone.
    pub(crate) fn full_path(&self, path: &str) -> String {
        let first = path.split('.').next().unwrap_or_default();
        if self.task.is_trained() || COMMON.contains(&first) {
            return path.to_owned();
        }
        format!("task.{}.{path}", self.task.kind())
    }
}

impl Scenario {
    /// Reads and checks TOML.
    ///
    /// # Errors
    /// [`Syntax`](drift_engine::Error::Syntax), [`Error::UnknownField`] or [`OutOfRange`](drift_engine::Error::OutOfRange).
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        UncheckedScenario::from_toml(text)?.try_into()
    }

    /// Reads and checks JSON.
    ///
    /// # Errors
    /// [`Syntax`](drift_engine::Error::Syntax), [`Error::UnknownField`] or [`OutOfRange`](drift_engine::Error::OutOfRange).
    pub fn from_json(text: &str) -> Result<Self, Error> {
        UncheckedScenario::from_json(text)?.try_into()
    }

    /// The whole scenario as TOML, defaults written out: running it again gives the same bits.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let tree = tree_of(&self.spec).expect("the check has made this tree");
        toml::to_string(&tree).expect("a tree of plain values is TOML")
    }

    /// The whole scenario as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let tree = tree_of(&self.spec).expect("the check has made this tree");
        serde_json::to_string(&tree).expect("a tree of plain values is JSON")
    }
}

/// Splits `field.path=value`; a value that is not TOML is a string, and so is every name.
pub(crate) fn parse_assignment(assignment: &str) -> Result<(&str, Value), Error> {
    let (path, text) = assignment.split_once('=').ok_or_else(|| Error::Override {
        text: assignment.to_owned(),
        reason: "there is no `=`".to_owned(),
    })?;
    let (path, text) = (path.trim(), text.trim());
    let word = || Value::String(text.to_owned());
    if path == "name" {
        return Ok((path, word()));
    }
    let parse = |text: &str| -> Option<Value> {
        // A line break would begin another field.
        let mut table: Table = format!("value = {text}").parse().ok()?;
        let value = table.remove("value");
        value.filter(|_| table.is_empty())
    };
    if text.contains(['\n', '\r']) && parse(text).is_none() {
        return Err(Error::Override {
            text: assignment.to_owned(),
            reason: "a value with a line break".to_owned(),
        });
    }
    // People write .5 and 5. as well, which TOML does not know.
    let number = || {
        let plain = text.trim_start_matches(['+', '-']);
        let digits = plain.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        digits
            .then(|| text.parse().ok().map(Value::Float))
            .flatten()
    };
    Ok((path, parse(text).or_else(number).unwrap_or_else(word)))
}

/// A scenario as a tree, in which fields can be set by path; an error where a field, read from
/// JSON or set in code, has a value that TOML cannot hold.
pub(crate) fn tree_of(scenario: &UncheckedScenario) -> Result<Value, Error> {
    let mut tree = tree(scenario)?;
    for (path, _) in OPEN {
        if let Some(Value::Table(node)) = node_mut(&mut tree, path)
            && let Some(Value::Table(mut own)) =
                node.remove("own").or_else(|| node.remove("own_system"))
            && let (Some(Value::String(name)), Some(settings)) =
                (own.remove("name"), own.remove("settings"))
        {
            node.insert(name, settings);
        }
    }
    if let Value::Table(fields) = &mut tree
        && !scenario.task.is_trained()
    {
        fields.retain(|field, _| COMMON.contains(&field));
    }
    Ok(tree)
}

/// Any of our types as a tree.
pub(crate) fn tree(fields: &impl Serialize) -> Result<Value, Error> {
    Value::try_from(fields).map_err(|error| {
        let tree = serde_json::to_value(fields).ok();
        // TOML's integers have 64 bits with a sign.
        let beyond = |value: &serde_json::Value| {
            let value = value.as_u64();
            value.filter(|&value| value > i64::MAX as u64)
        };
        match tree.and_then(|tree| first_in(&tree, String::new(), &beyond)) {
            Some((field, value)) => Error::range(field, value, format!("at most {}", i64::MAX)),
            None => drift_engine::Error::syntax("TOML", error).into(),
        }
    })
}

/// The first value of which `found` says something, with its path.
fn first_in<T>(
    tree: &serde_json::Value,
    path: String,
    found: &impl Fn(&serde_json::Value) -> Option<T>,
) -> Option<(String, T)> {
    if let Some(said) = found(tree) {
        return Some((path, said));
    }
    let inside = |key: &dyn std::fmt::Display| match path.as_str() {
        "" => key.to_string(),
        path => format!("{path}.{key}"),
    };
    match tree {
        serde_json::Value::Object(fields) => fields
            .iter()
            .find_map(|(key, value)| first_in(value, inside(key), found)),
        serde_json::Value::Array(values) => values
            .iter()
            .enumerate()
            .find_map(|(index, value)| first_in(value, inside(&index), found)),
        _ => None,
    }
}

/// The table that a text of TOML is.
pub(crate) fn table_of(text: &str, what: &'static str) -> Result<Table, Error> {
    text.parse()
        .map_err(|error: toml::de::Error| drift_engine::Error::syntax(what, error).into())
}

/// Reads a scenario from a tree, in which parts of one's own stand under the names of `own`.
pub(crate) fn from_value(mut tree: Value, own: &dyn OwnNames) -> Result<UncheckedScenario, Error> {
    for path in CHOICES {
        if let Some(node) = node_mut(&mut tree, path)
            && let Value::String(name) = node
            && name != "none"
        {
            *node = Value::Table(Table::from_iter([(
                name.clone(),
                Value::Table(Table::new()),
            )]));
        }
    }
    for (path, place) in OPEN {
        let Some(Value::Table(node)) = node_mut(&mut tree, path) else {
            continue;
        };
        let Some(name) = node.keys().next().cloned() else {
            continue;
        };
        let tag = if own.names(place).contains(&name.as_str()) {
            "own"
        } else if place == Place::Task && own.names(Place::System).contains(&name.as_str()) {
            "own_system"
        } else {
            continue;
        };
        if let Some(settings) = node.remove(&name) {
            let part = [
                ("name".to_owned(), Value::from(name)),
                ("settings".to_owned(), settings),
            ];
            node.insert(tag.to_owned(), Value::Table(Table::from_iter(part)));
        }
    }
    deserialize(tree, "scenario").map_err(|error| with_own_names(error, own))
}

/// Adds the names of a program's own parts to those that are allowed where a part is unknown.
fn with_own_names(error: Error, own: &dyn OwnNames) -> Error {
    let Error::UnknownField { field, allowed, .. } = &error else {
        return error;
    };
    let Some((path, name)) = field.rsplit_once('.') else {
        return error;
    };
    let Some((_, place)) = OPEN.into_iter().find(|(open, _)| *open == path) else {
        return error;
    };
    let mut names = own.names(place);
    if path == "task" {
        names.extend(own.names(Place::System));
    }
    names.extend(allowed.split(", "));
    Error::UnknownField {
        field: field.clone(),
        nearest: nearest(name, names.iter().copied()),
        allowed: names.join(", "),
    }
}

/// Whether a path leads to a setting of a program's own part.
pub(crate) fn is_own(path: &str, own: &dyn OwnNames) -> bool {
    let is_in = |open: &str, place: Place| {
        let inside = path.strip_prefix(open).and_then(|p| p.strip_prefix('.'));
        let name = inside.and_then(|inside| inside.split('.').next());
        name.is_some_and(|name| own.names(place).contains(&name))
    };
    path.starts_with("measures.own.") || OPEN.iter().any(|(open, place)| is_in(open, *place))
}

/// Refuses fields of a network's training where no network is trained: they would do nothing.
fn refuse_unused(fields: &Value, scenario: &UncheckedScenario) -> Result<(), Error> {
    if scenario.task.is_trained() {
        return Ok(());
    }
    let mut names = fields.as_table().into_iter().flat_map(Table::keys);
    match names.find(|name| !COMMON.contains(&name.as_str())) {
        Some(name) => Err(Error::range(
            name,
            "set",
            format!("absent: {} trains no network", scenario.task.kind()),
        )),
        None => Ok(()),
    }
}

/// Reads any of our types from a tree, with the nearest name for one that is unknown.
pub(crate) fn deserialize<T: DeserializeOwned>(
    tree: Value,
    what: &'static str,
) -> Result<T, Error> {
    let copy = tree.clone();
    tree.try_into().map_err(|error: toml::de::Error| {
        unknown_name(error.message(), &copy).unwrap_or_else(|| {
            let message = error.to_string().trim_end().replace('\n', " ");
            drift_engine::Error::syntax(what, message).into()
        })
    })
}

/// Reads serde's "unknown field `x`, expected one of `a`, `b`" (or "unknown variant"), which is
/// the only place that knows which names were allowed.
fn unknown_name(message: &str, tree: &Value) -> Option<Error> {
    if !(message.starts_with("unknown field") || message.starts_with("unknown variant")) {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let name = quoted.next()?;
    // A part of one's own is named by its own name.
    let allowed: Vec<&str> = quoted.filter(|name| !name.starts_with("own")).collect();
    Some(Error::UnknownField {
        field: path_of(tree, name).unwrap_or_else(|| name.to_owned()),
        nearest: nearest(name, allowed.iter().copied()),
        allowed: if allowed.is_empty() {
            "nothing".to_owned()
        } else {
            allowed.join(", ")
        },
    })
}

/// The path of a field of `settings`, which stand at `at`.
pub(crate) fn path_in(at: &str, settings: &impl Serialize, field: &str) -> String {
    let inside = tree(settings).ok().and_then(|tree| path_of(&tree, field));
    inside.map_or(field.to_owned(), |inside| format!("{at}.{inside}"))
}

/// Dotted path of the first key or string of this name.
fn path_of(tree: &Value, name: &str) -> Option<String> {
    match tree {
        Value::Table(table) => table.iter().find_map(|(key, value)| {
            if key == name {
                return Some(key.clone());
            }
            if value.as_str() == Some(name) {
                return Some(format!("{key} = {name}"));
            }
            path_of(value, name).map(|rest| format!("{key}.{rest}"))
        }),
        _ => None,
    }
}

fn node_mut<'a>(tree: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.')
        .try_fold(tree, |node, key| node.get_mut(key))
}

/// Sets the value at a dotted path of a scenario, making tables on the way.
pub(crate) fn set_value(tree: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() || path.split('.').any(str::is_empty) {
        return Err(format!("{path:?} is not a path"));
    }
    let mut node = tree;
    let mut walked = String::new();
    let mut keys = path.split('.').peekable();
    while let Some(key) = keys.next() {
        let choice = CHOICES.contains(&walked.as_str());
        if choice && !node.is_table() {
            *node = Value::Table(Table::new());
        }
        let Value::Table(table) = node else {
            return Err(format!("{walked} has no fields"));
        };
        if choice && !table.contains_key(key) {
            table.clear();
        }
        if keys.peek().is_none() {
            table.insert(key.to_owned(), value);
            return Ok(());
        }
        if !walked.is_empty() {
            walked.push('.');
        }
        walked.push_str(key);
        node = table
            .entry(key.to_owned())
            .or_insert_with(|| Value::Table(Table::new()));
    }
    unreachable!("the last key returns")
}
