//! Which place of a record means what, as told.

use std::{collections::BTreeMap, fmt::Write as _};

use groundgate_model::diagnostic::{Mistake, Mistakes, nearest};

use crate::{
    path::Path,
    target::{PLAIN, Target},
};

const SCHEMA: &str = "groundgate.mapping/1";

/// Places by what they mean. Can be kept as a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    pub(crate) places: BTreeMap<Target, Path>,
    /// What separates the items of a list in a cell; `none`: every cell is one item.
    pub list_separator: Option<String>,
}

impl Mapping {
    /// The place of a target.
    pub fn get(&self, target: &Target) -> Option<&Path> {
        self.places.get(target)
    }

    /// Everything that is mapped.
    pub fn places(&self) -> impl Iterator<Item = (&Target, &Path)> {
        self.places.iter()
    }

    /// Adds `question=user_input`; says what is wrong with it.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let (target, path) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` maps nothing: write FIELD=COLUMN"))?;
        let target = known_target(target.trim())?;
        let path = Path::parse(path.trim())?;
        if self.places.insert(target.clone(), path).is_some() {
            return Err(format!("`{target}` is mapped twice"));
        }
        Ok(())
    }

    /// Reads a mapping that was kept as a file.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, Mistakes> {
        let mistake = |message: String| Mistakes(vec![Mistake::in_file(file, message)]);
        let table: toml::Table = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            Mistakes(vec![Mistake::at(file, text, at, error.message())])
        })?;
        let mut mapping = Self::default();
        for (name, value) in &table {
            match (name.as_str(), value) {
                ("schema", toml::Value::String(schema)) if schema == SCHEMA => {}
                ("schema", _) => {
                    return Err(mistake(format!("`schema` is {value}, not `{SCHEMA}`")));
                }
                ("list-separator", toml::Value::String(separator)) => {
                    mapping.list_separator = Some(separator.clone());
                }
                ("map", toml::Value::Table(map)) => {
                    for (target, path) in map {
                        let path = path
                            .as_str()
                            .ok_or_else(|| mistake(format!("`{target}` is {path}, not a text")))?;
                        let line = format!("{target}={path}");
                        mapping.add(&line).map_err(mistake)?;
                    }
                }
                _ => return Err(mistake(format!("nobody knows a setting `{name}`"))),
            }
        }
        Ok(mapping)
    }

    /// The text of a file that says the same.
    pub fn to_toml(&self) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let mut text = format!("schema = {}\n", quoted(SCHEMA));
        if let Some(separator) = &self.list_separator {
            let _written = writeln!(text, "list-separator = {}", quoted(separator));
        }
        text.push_str("\n[map]\n");
        for (target, path) in &self.places {
            let name = target.to_string();
            let bare = name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let name = if bare { name } else { quoted(&name) };
            let _written = writeln!(text, "{name} = {}", quoted(&path.to_string()));
        }
        text
    }
}

fn known_target(name: &str) -> Result<Target, String> {
    Target::parse(name).ok_or_else(|| {
        let known = PLAIN.map(|(known, _)| known);
        match nearest(name, known) {
            Some(near) => format!("nobody knows a field `{name}`: did you mean `{near}`?"),
            None => format!(
                "nobody knows a field `{name}`; fields are {}, tag:NAME and score:NAME",
                known.join(", ")
            ),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_comes_back_from_its_file() {
        let mut mapping = Mapping {
            list_separator: Some(";".to_owned()),
            ..Mapping::default()
        };
        for one in [
            "question=user_input",
            "passages=contexts[*]",
            "score:my faith=f",
            "tag:a=$.b['c d']",
        ] {
            mapping.add(one).unwrap();
        }
        let text = mapping.to_toml();
        assert_eq!(
            Mapping::from_toml("m.toml", &text).unwrap(),
            mapping,
            "{text}"
        );
    }

    #[test]
    fn what_maps_nothing_is_named() {
        let mut mapping = Mapping::default();
        mapping.add("question=a").unwrap();
        for (text, said) in [
            ("question", "`question` maps nothing"),
            (
                "qestion=a",
                "nobody knows a field `qestion`: did you mean `question`?",
            ),
            ("question=b", "`question` is mapped twice"),
            ("answer=a[", "`a[` is no path"),
        ] {
            let found = mapping.add(text).unwrap_err();
            assert!(found.starts_with(said), "{found}");
        }
        for (text, said) in [
            ("schema = \"x\"", "m.toml: `schema` is"),
            ("colour = 1", "m.toml: nobody knows a setting `colour`"),
            ("[map]\nquestion = 1", "m.toml: `question` is 1"),
            ("[map", "m.toml:1"),
        ] {
            let found = Mapping::from_toml("m.toml", text).unwrap_err().to_string();
            assert!(found.starts_with(said), "{found}");
        }
    }
}
