//! YAML where the ecosystem writes it: a list of tests, or a configuration with `tests`.
//!
//! Only data is read: no anchors, no tags, no second document.

use groundgate_model::diagnostic::{Mistake, MistakeList};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use serde_json::{Map, Value};

use super::{Kind, Record, Table};

/// How deep lists and maps may lie in each other.
const DEPTH_LIMIT: usize = 64;

/// Reads a list of maps, or a map that holds one under `tests`.
pub(super) fn read(file: &str, text: &str, mistakes: &mut MistakeList) -> Table {
    let mut notes = Vec::new();
    let records = match document(text) {
        Ok(node) => rows(file, node, &mut notes, mistakes),
        Err((line, message)) => {
            mistakes.push(Mistake::in_file(file, message).on_line(line));
            Vec::new()
        }
    };
    Table {
        kind: Kind::Yaml,
        records,
        notes,
        separator: None,
    }
}

/// A value with the lines of a list's items.
struct Node {
    value: Value,
    line: usize,
    items: Vec<usize>,
    /// Of a map, the lines of the items of its lists.
    lists: Vec<(String, Vec<usize>)>,
}

fn rows(
    file: &str,
    node: Node,
    notes: &mut Vec<String>,
    mistakes: &mut MistakeList,
) -> Vec<Record> {
    let (items, lines) = match node.value {
        Value::Array(items) => (items, node.items),
        Value::Object(mut fields) => {
            let name = ["tests", "cases", "data", "samples"]
                .into_iter()
                .find(|name| fields.get(*name).is_some_and(Value::is_array));
            let Some(name) = name else {
                let line = node.line;
                return vec![Record { line, fields }];
            };
            notes.push(format!("rows are those of `{name}`"));
            let lines = node.lists.into_iter().find(|(list, _)| list == name);
            let items = match fields.remove(name) {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            };
            let lines = lines.map(|(_, lines)| lines).unwrap_or_default();
            (items, lines)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            mistakes.push(Mistake::in_file(file, "the file holds no list of rows"));
            return Vec::new();
        }
    };
    let mut records = Vec::new();
    for (item, line) in items.into_iter().zip(lines) {
        match item {
            Value::Object(fields) => records.push(Record { line, fields }),
            other => {
                let help = "name the file with the rows itself";
                let message = format!("the row is {other}, not a map");
                let mistake = Mistake::in_file(file, message).on_line(line);
                mistakes.push(if other.is_string() {
                    mistake.with_help(help)
                } else {
                    mistake
                });
            }
        }
    }
    records
}

type Wrong = (usize, String);

fn document(text: &str) -> Result<Node, Wrong> {
    let mut events = Events {
        parser: Parser::new_from_str(text),
    };
    loop {
        let (event, span) = events.next()?;
        match event {
            Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
            Event::StreamEnd => return Err((1, "the file is empty".to_owned())),
            first => return events.node(first, span, 0),
        }
    }
}

struct Events<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
}

impl<'a> Events<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Wrong> {
        let of = |error: ScanError| (error.marker().line(), error.info().to_owned());
        match self.parser.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(of(error)),
            None => Err((1, "the file ends in the middle".to_owned())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Wrong> {
        let line = span.start.line();
        if depth > DEPTH_LIMIT {
            return Err((line, format!("lies deeper than {DEPTH_LIMIT} levels")));
        }
        let (mut items, mut lists) = (Vec::new(), Vec::new());
        let value = match event {
            Event::Scalar(text, style, ..) => scalar(&text, style),
            Event::SequenceStart(..) => {
                let mut values = Vec::new();
                loop {
                    let (event, span) = self.next()?;
                    if event == Event::SequenceEnd {
                        break Value::Array(values);
                    }
                    items.push(span.start.line());
                    values.push(self.node(event, span, depth + 1)?.value);
                }
            }
            Event::MappingStart(..) => {
                let mut map = Map::new();
                loop {
                    let (event, span) = self.next()?;
                    if event == Event::MappingEnd {
                        break Value::Object(map);
                    }
                    let (key, inner) = self.pair(event, span, depth)?;
                    lists.push((key.clone(), inner.items));
                    if map.insert(key.clone(), inner.value).is_some() {
                        return Err((span.start.line(), format!("`{key}` comes twice")));
                    }
                }
            }
            Event::Alias(_) => return Err((line, "aliases (`*name`) are not read".to_owned())),
            other => return Err((line, format!("cannot read {other:?}"))),
        };
        Ok(Node {
            value,
            line,
            items,
            lists,
        })
    }

    fn pair(
        &mut self,
        event: Event<'a>,
        span: Span,
        depth: usize,
    ) -> Result<(String, Node), Wrong> {
        let Event::Scalar(key, ..) = event else {
            return Err((span.start.line(), "a name is no text".to_owned()));
        };
        let (value, span) = self.next()?;
        Ok((key.into_owned(), self.node(value, span, depth + 1)?))
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => {
            let number = serde_json::from_str::<serde_json::Number>(text);
            number.map_or_else(|_text| Value::String(text.to_owned()), Value::Number)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Table, String> {
        let mut mistakes = MistakeList::default();
        let table = read("x.yaml", text, &mut mistakes);
        mistakes
            .finish(table)
            .map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn tests_are_rows_with_their_lines() {
        let text = "prompts: [p.txt]\ntests:\n  - vars:\n      question: |\n        Why?\n        So?\n      n: 3\n  # next\n  - vars: {question: \"how: then?\", ok: yes, none: ~}\n    assert:\n      - type: contains\n        value: bus\n";
        let records = table(text).unwrap().records;
        assert_eq!(records[0].line, 3);
        assert_eq!(records[1].line, 9);
        assert_eq!(records[0].fields["vars"]["question"], "Why?\nSo?\n");
        assert_eq!(records[0].fields["vars"]["n"], 3);
        assert_eq!(records[1].fields["vars"]["ok"], "yes");
        assert_eq!(records[1].fields["assert"][0]["value"], "bus");
    }

    #[test]
    fn what_is_not_read_is_named() {
        for (text, said) in [
            ("- a: 1\n  a: 2\n", "x.yaml:2: `a` comes twice"),
            ("- &x {a: 1}\n- *x\n", "x.yaml:2: aliases"),
            (
                "- file://tests.csv\n",
                "x.yaml:1: the row is \"file://tests.csv\"",
            ),
            ("tests: [\n", "x.yaml:"),
            ("", "x.yaml:1: the file is empty"),
        ] {
            let found = table(text).unwrap_err();
            assert!(found.starts_with(said), "{text:?}: {found}");
        }
    }
}
