//! The labels of the columns, which pandas stores as a pickle of protocol 0 in an attribute.
//!
//! Only lists and tuples of text and whole numbers are understood, which is what labels are made of.
//! Nothing is run: the instructions that could call something are unknown here, and end the reading.

use std::collections::HashMap;
use std::rc::Rc;

/// Lists inside each other; labels are three deep.
const DEEPEST: usize = 8;

/// A value of the pickle.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(Rc<str>),
    Number(i64),
    Nothing,
    List(Vec<Value>, usize),
    /// Where a list or a tuple begins.
    Mark,
}

impl Value {
    fn depth(&self) -> usize {
        match self {
            Self::List(_, depth) => *depth,
            _ => 0,
        }
    }
}

/// The tuples of text in a list of labels: `[(1, [(scorer, …, coordinate), …])]`, or the inner list
/// alone. What cannot be understood is the error.
pub(super) fn parse(pickle: &str) -> Result<Vec<Vec<String>>, String> {
    let value = unpickle(pickle)?;
    let not = || "no list of column names".to_owned();
    let Value::List(mut labels, _) = value else {
        return Err(not());
    };
    if let [Value::List(axis, _)] = labels.as_mut_slice()
        && let [Value::Number(1), Value::List(names, _)] = axis.as_mut_slice()
    {
        labels = std::mem::take(names);
    }
    let label = |value: Value| match value {
        Value::List(parts, _) => {
            let text = |part: Value| match part {
                Value::Text(text) => Ok(text.to_string()),
                _ => Err(not()),
            };
            parts.into_iter().map(text).collect()
        }
        _ => Err(not()),
    };
    labels.into_iter().map(label).collect()
}

fn unpickle(pickle: &str) -> Result<Value, String> {
    let mut stack: Vec<Value> = Vec::new();
    let mut memo: HashMap<&str, Value> = HashMap::new();
    let mut rest = pickle;
    let under = || "a pickle that takes more than it has".to_owned();
    loop {
        let Some(code) = rest.chars().next() else {
            return Err("a pickle that is cut off".to_owned());
        };
        rest = &rest[code.len_utf8()..];
        let mut line = || -> Result<&str, String> {
            let (line, after) = rest.split_once('\n').ok_or("a pickle that is cut off")?;
            rest = after;
            Ok(line)
        };
        match code {
            '(' => stack.push(Value::Mark),
            'l' | 't' => {
                let mark = stack.iter().rposition(|value| *value == Value::Mark);
                let items = stack.split_off(mark.ok_or_else(under)?);
                stack.push(list(items.into_iter().skip(1).collect())?);
            }
            ']' | ')' => stack.push(list(Vec::new())?),
            'a' => {
                let item = stack.pop().ok_or_else(under)?;
                let Some(Value::List(items, depth)) = stack.last_mut() else {
                    return Err(under());
                };
                *depth = deeper(&item, *depth)?;
                items.push(item);
            }
            'V' => stack.push(Value::Text(text(line()?)?.into())),
            'S' => {
                let quoted = line()?.trim();
                let inside = quoted
                    .strip_prefix('\'')
                    .and_then(|text| text.strip_suffix('\''))
                    .filter(|text| !text.contains(['\\', '\'']));
                stack.push(Value::Text(inside.ok_or("text with escapes")?.into()));
            }
            'I' | 'L' => {
                let number = line()?.trim_end_matches('L').parse();
                stack.push(Value::Number(number.map_err(|_| "a number that is none")?));
            }
            'N' => stack.push(Value::Nothing),
            'p' => {
                // Lists are remembered by pickle but never asked for again in labels; only text is.
                let key = line()?;
                match stack.last().ok_or_else(under)? {
                    text @ (Value::Text(_) | Value::Number(_)) => {
                        memo.insert(key, text.clone());
                    }
                    _ => {
                        memo.remove(key);
                    }
                }
            }
            'g' => {
                let key = line()?;
                stack.push(
                    memo.get(key)
                        .cloned()
                        .ok_or("a pickle that repeats lists")?,
                );
            }
            '.' => {
                let value = stack.pop().ok_or_else(under)?;
                return if stack.is_empty() {
                    Ok(value)
                } else {
                    Err(under())
                };
            }
            other => return Err(format!("a pickle with the instruction {other:?}")),
        }
    }
}

fn list(items: Vec<Value>) -> Result<Value, String> {
    let mut depth = 1;
    for item in &items {
        depth = deeper(item, depth)?;
    }
    Ok(Value::List(items, depth))
}

/// The depth of a list of this depth once it holds `item`.
fn deeper(item: &Value, depth: usize) -> Result<usize, String> {
    let depth = depth.max(item.depth() + 1);
    if depth > DEEPEST {
        return Err(format!("lists more than {DEEPEST} deep"));
    }
    Ok(depth)
}

/// Text with the escapes `\uXXXX` and `\UXXXXXXXX` of pickle.
fn text(line: &str) -> Result<String, String> {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let digits = match rest[at + 1..].chars().next() {
            Some('u') => 4,
            Some('U') => 8,
            _ => {
                text.push('\\');
                rest = &rest[at + 1..];
                continue;
            }
        };
        let code = rest.get(at + 2..at + 2 + digits);
        let code = code.and_then(|code| u32::from_str_radix(code, 16).ok());
        text.push(
            code.and_then(char::from_u32)
                .ok_or("an escape that is no letter")?,
        );
        rest = &rest[at + 2 + digits..];
    }
    text.push_str(rest);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_pandas_writes_them() {
        let pickle = "(lp0\n(I1\n(lp1\n(VDLC\np2\nVmouse\\u00e9\np3\nVback\np4\nVx\np5\ntp6\na(g2\ng3\ng4\n\
                      Vy\np7\ntp8\natp9\na.";
        let labels = parse(pickle).unwrap();
        assert_eq!(
            labels,
            [
                ["DLC", "mouseé", "back", "x"],
                ["DLC", "mouseé", "back", "y"]
            ]
        );
        let alone = "(lp0\n(Vs\np1\nVx\np2\ntp3\na.";
        assert_eq!(parse(alone).unwrap(), [["s", "x"]]);
    }

    #[test]
    fn what_could_run_something_is_refused() {
        for pickle in [
            "cos\nsystem\n(S'true'\ntR.",
            "(lp0\ng0\na.",
            ".",
            "(",
            "a.",
            "l.",
            "V",
            "Vx\n",
            &"(".repeat(9),
            "\u{80}\u{4}",
        ] {
            assert!(parse(pickle).is_err(), "{pickle:?}");
        }
        let deep = format!("{}{}.", "(".repeat(40_000), "l".repeat(40_000));
        assert_eq!(parse(&deep).unwrap_err(), "lists more than 8 deep");
    }
}
