//! A port of the parsers by which a GitHub runner finds commands in a log (`ActionCommand.cs`,
//! `TryParseV2` and `TryParse`) and reads outputs (`FileCommandManager.cs`), for tests: every command
//! name counts as registered, so that the port sees more commands than a runner does.

use std::collections::BTreeMap;

/// A command as a runner understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) name: String,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) data: String,
}

/// All commands of a log; each line is tried as today's form first, then as the old one.
pub(crate) fn commands(log: &str) -> Vec<Command> {
    log.lines()
        .filter_map(|line| today(line).or_else(|| old(line)))
        .collect()
}

fn today(line: &str) -> Option<Command> {
    let rest = line.trim_start().strip_prefix("::")?;
    let (info, data) = rest.split_once("::")?;
    let (name, properties) = head(info, ',');
    Some(Command {
        name,
        properties,
        data: unescaped(data),
    })
}

fn old(line: &str) -> Option<Command> {
    let (_, rest) = line.split_once("##[")?;
    let (info, data) = rest.split_once(']')?;
    let (name, properties) = head(info, ';');
    Some(Command {
        name,
        properties,
        data: data.to_owned(),
    })
}

fn head(info: &str, separator: char) -> (String, BTreeMap<String, String>) {
    let (name, properties) = info.split_once(' ').unwrap_or((info, ""));
    let pairs = properties.trim().split(separator).filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        Some((key.to_owned(), unescaped(value)))
    });
    (name.to_owned(), pairs.collect())
}

fn unescaped(text: &str) -> String {
    [
        ("%0D", "\r"),
        ("%0A", "\n"),
        ("%3A", ":"),
        ("%2C", ","),
        ("%25", "%"),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (code, sign)| {
        text.replace(code, sign)
    })
}

/// The outputs of a file; nothing where a runner would refuse it.
pub(crate) fn outputs(text: &str) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let heredoc = line.find("<<");
        let equals = line.find('=');
        if equals.is_some_and(|at| heredoc.is_none_or(|other| at < other)) {
            let (name, value) = line.split_once('=')?;
            found.insert(name.to_owned(), value.to_owned());
            continue;
        }
        let (name, end) = line.split_once("<<")?;
        let mut value = Vec::new();
        loop {
            match lines.next()? {
                line if line == end => break,
                line => value.push(line),
            }
        }
        found.insert(name.to_owned(), value.join("\n"));
    }
    Some(found)
}

#[test]
fn the_port_sees_what_a_runner_sees() {
    for (line, expected) in [
        (
            "::error file=a.js,line=1::Missing%0Asemicolon",
            Some("error"),
        ),
        ("   ::add-mask::x", Some("add-mask")),
        ("text ##[group]x", Some("group")),
        ("text ::error::x", None),
        ("::error", None),
        ("##[group", None),
    ] {
        let found = commands(line);
        assert_eq!(
            found.first().map(|one| one.name.as_str()),
            expected,
            "{line}"
        );
    }
    assert_eq!(
        commands("::error file=a.js,line=1::Missing%0Asemicolon")[0].data,
        "Missing\nsemicolon"
    );
    let read = outputs("a=1\nb<<E\nx\ny\nE\n").unwrap();
    assert_eq!((read["a"].as_str(), read["b"].as_str()), ("1", "x\ny"));
    assert_eq!(outputs("b<<E\nx\n"), None);
}
