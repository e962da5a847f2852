//! Where in a record a value stands: `user_input`, `contexts[*]`, `outputs.answer`, `$.messages[-1].content`.

use std::fmt;

use serde_json::Value;

/// A place in a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    written: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Index(i64),
    All,
}

impl Path {
    /// Reads a path; says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| Err(format!("`{text}` is no path: {why}"));
        let mut steps = Vec::new();
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        if rest.is_empty() {
            return wrong("it names nothing");
        }
        let mut begins = true;
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let Some((step, after)) = bracket(inner) else {
                    return wrong("in brackets stands `*`, a whole number or a quoted name");
                };
                steps.push(step);
                rest = after;
            } else {
                let name = match rest.strip_prefix('.') {
                    Some(name) => name,
                    None if begins => rest,
                    None => return wrong("after `]` comes `.` or `[`"),
                };
                let end = name.find(['.', '[']).unwrap_or(name.len());
                let (key, after) = name.split_at(end);
                if key.is_empty() {
                    return wrong("a name is empty");
                }
                steps.push(match key {
                    "*" => Step::All,
                    key => Step::Key(key.to_owned()),
                });
                rest = after;
            }
            begins = false;
        }
        Ok(Self {
            written: text.to_owned(),
            steps,
        })
    }

    /// One name at the top, whatever characters it holds.
    pub(crate) fn of_key(key: &str) -> Self {
        Self {
            written: key.to_owned(),
            steps: vec![Step::Key(key.to_owned())],
        }
    }

    /// The name at the top that it goes through.
    pub(crate) fn top(&self) -> Option<&str> {
        match self.steps.first() {
            Some(Step::Key(key)) => Some(key),
            Some(Step::Index(_) | Step::All) | None => None,
        }
    }

    /// The value there. `[*]` gathers a list, flat; a text that holds JSON is opened where the path goes
    /// on behind it.
    pub(crate) fn find(&self, record: &Value) -> Option<Value> {
        // A whole name may hold dots and brackets itself, as flat exports write them.
        if let Some(value) = record.get(&self.written) {
            return Some(value.clone());
        }
        walk(record, &self.steps)
    }
}

fn bracket(inner: &str) -> Option<(Step, &str)> {
    if let Some(quote) = inner.chars().next().filter(|c| matches!(c, '\'' | '"')) {
        let (name, after) = inner.get(1..)?.split_once(quote)?;
        return Some((Step::Key(name.to_owned()), after.strip_prefix(']')?));
    }
    let (text, after) = inner.split_once(']')?;
    let step = match text.trim() {
        "*" | "" => Step::All,
        number => Step::Index(number.parse().ok()?),
    };
    Some((step, after))
}

fn walk(value: &Value, steps: &[Step]) -> Option<Value> {
    let Some((step, rest)) = steps.split_first() else {
        return Some(value.clone());
    };
    if let Value::String(text) = value {
        let inner: Value = serde_json::from_str(text).ok()?;
        return (inner.is_array() || inner.is_object())
            .then(|| walk(&inner, steps))
            .flatten();
    }
    match step {
        Step::Key(key) => walk(value.get(key)?, rest),
        Step::Index(index) => {
            let list = value.as_array()?;
            let at = if *index < 0 {
                list.len()
                    .checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?
            } else {
                usize::try_from(*index).ok()?
            };
            walk(list.get(at)?, rest)
        }
        Step::All => {
            let found = value.as_array()?.iter().filter_map(|item| walk(item, rest));
            let more_lists = rest.contains(&Step::All);
            let flat = found.flat_map(|one| match one {
                Value::Array(items) if more_lists => items,
                other => vec![other],
            });
            Some(Value::Array(flat.collect()))
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_finds_what_it_names() {
        let record = json!({
            "a": {"b": [{"c": 1}, {"c": 2}, {"d": 3}]}, "x.y": 4, "t": "{\"u\": [5]}",
            "n": [[{"m": 6}], [{"m": 7}]],
        });
        for (path, found) in [
            ("a.b[*].c", Some(json!([1, 2]))),
            ("$.a.b[0].c", Some(json!(1))),
            ("a.b[-2].c", Some(json!(2))),
            ("a['b'][1]", Some(json!({"c": 2}))),
            ("x.y", Some(json!(4))),
            ("t.u[0]", Some(json!(5))),
            ("n[*][*].m", Some(json!([6, 7]))),
            ("a.z", None),
            ("a.b[9]", None),
        ] {
            assert_eq!(Path::parse(path).unwrap().find(&record), found, "{path}");
        }
        for wrong in ["", "$", "a..b", "a[", "a[x]", "a[0]b", "a."] {
            assert!(Path::parse(wrong).is_err(), "{wrong}");
        }
    }
}
