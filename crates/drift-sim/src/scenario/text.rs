use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::{Scenario, UncheckedScenario};
use crate::{Error, error::nearest};

/// Tables with exactly one entry, named after the alternative it chooses. A bare string stands
/// for the alternative with every default, and setting another alternative replaces the entry.
const CHOICES: [&str; 7] = [
    "task",
    "network.activation",
    "rule",
    "sampling",
    "noise.update.distribution",
    "noise.label",
    "noise.input",
];

impl UncheckedScenario {
    /// Reads TOML, without checking ranges.
    ///
    /// # Errors
    /// [`Error::Syntax`] with the line for text that is not TOML or a value of the wrong type,
    /// [`Error::UnknownField`] with the nearest name for a field that does not exist.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let table: Table = text
            .parse()
            .map_err(|error: toml::de::Error| Error::Syntax {
                what: "scenario (TOML)",
                message: error.to_string().trim_end().to_owned(),
            })?;
        from_value(Value::Table(table))
    }

    /// Reads JSON, without checking ranges.
    ///
    /// # Errors
    /// As [`from_toml`](Self::from_toml).
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let value: Value = serde_json::from_str(text).map_err(|error| Error::Syntax {
            what: "scenario (JSON)",
            message: error.to_string(),
        })?;
        from_value(value)
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
    /// [`Error::Syntax`] where the field does not exist or takes no such value,
    /// [`Error::OutOfRange`] where another field holds what TOML cannot; the scenario is then
    /// unchanged.
    pub fn set(&mut self, assignment: &str) -> Result<(), Error> {
        let (path, value) = parse_assignment(assignment)?;
        let mut tree = tree_of(self)?;
        set_value(&mut tree, path, value).map_err(|reason| Error::Override {
            text: assignment.to_owned(),
            reason,
        })?;
        *self = from_value(tree)?;
        Ok(())
    }
}

impl Scenario {
    /// Reads and checks TOML.
    ///
    /// # Errors
    /// [`Error::Syntax`], [`Error::UnknownField`] or [`Error::OutOfRange`].
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        UncheckedScenario::from_toml(text)?.try_into()
    }

    /// Reads and checks JSON.
    ///
    /// # Errors
    /// [`Error::Syntax`], [`Error::UnknownField`] or [`Error::OutOfRange`].
    pub fn from_json(text: &str) -> Result<Self, Error> {
        UncheckedScenario::from_json(text)?.try_into()
    }

    /// The whole scenario as TOML, defaults written out: running it again gives the same bits.
    #[must_use]
    pub fn to_toml(&self) -> String {
        checked_to_toml(&self.0)
    }

    /// The whole scenario as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).expect("a checked scenario has no NaN")
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
    let value = format!("value = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut table| table.remove("value"));
    Ok((path, value.unwrap_or_else(word)))
}

/// The fields as a tree, in which they can be set by path; an error where a field, read from JSON
/// or set in code, has a value that TOML cannot hold.
pub(crate) fn tree_of(fields: &impl Serialize) -> Result<Value, Error> {
    Value::try_from(fields).map_err(|error| {
        let tree = serde_json::to_value(fields).ok();
        match tree.and_then(|tree| too_large(&tree, String::new())) {
            Some((field, value)) => Error::range(field, value, format!("at most {}", i64::MAX)),
            None => Error::Syntax {
                what: "TOML",
                message: error.to_string(),
            },
        }
    })
}

/// Fields whose check has found that [`tree_of`] takes them, as TOML.
pub(crate) fn checked_to_toml(fields: &impl Serialize) -> String {
    let tree = tree_of(fields).expect("the check has made this tree");
    toml::to_string(&tree).expect("a tree of plain values is TOML")
}

/// The first integer beyond TOML's, which have 64 bits with a sign, and its path.
fn too_large(tree: &serde_json::Value, path: String) -> Option<(String, u64)> {
    let inside = |key: &dyn std::fmt::Display| match path.as_str() {
        "" => key.to_string(),
        path => format!("{path}.{key}"),
    };
    match tree {
        serde_json::Value::Object(fields) => fields
            .iter()
            .find_map(|(key, value)| too_large(value, inside(key))),
        serde_json::Value::Array(values) => values
            .iter()
            .enumerate()
            .find_map(|(index, value)| too_large(value, inside(&index))),
        value => value
            .as_u64()
            .filter(|&value| value > i64::MAX as u64)
            .map(|value| (path, value)),
    }
}

/// Reads a scenario from a tree.
pub(crate) fn from_value(mut tree: Value) -> Result<UncheckedScenario, Error> {
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
    deserialize(tree, "scenario")
}

/// Reads any of our types from a tree, with the nearest name for one that is unknown.
pub(crate) fn deserialize<T: DeserializeOwned>(
    tree: Value,
    what: &'static str,
) -> Result<T, Error> {
    let copy = tree.clone();
    tree.try_into().map_err(|error: toml::de::Error| {
        unknown_name(error.message(), &copy).unwrap_or_else(|| Error::Syntax {
            what,
            message: error.to_string().trim_end().replace('\n', " "),
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
    let allowed: Vec<&str> = quoted.collect();
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

/// Dotted path of the first key or string of this name.
pub(crate) fn path_of(tree: &Value, name: &str) -> Option<String> {
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
    set_value_among(tree, path, value, &CHOICES)
}

/// Sets the value at a dotted path, making tables on the way; those in `choices` have one entry.
pub(crate) fn set_value_among(
    tree: &mut Value,
    path: &str,
    value: Value,
    choices: &[&str],
) -> Result<(), String> {
    if path.is_empty() || path.split('.').any(str::is_empty) {
        return Err(format!("{path:?} is not a path"));
    }
    let mut node = tree;
    let mut walked = String::new();
    let mut keys = path.split('.').peekable();
    while let Some(key) = keys.next() {
        let choice = choices.contains(&walked.as_str());
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
