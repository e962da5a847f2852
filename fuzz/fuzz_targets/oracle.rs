//! A second reader of judges' replies, from the schema that was sent: what it refuses, the program must
//! refuse, and what it accepts, the program must accept.

use std::collections::BTreeSet;

use groundgate_judge::Ask;
use serde_json::Value;

/// What a reply must look like, taken from the schema that was sent.
pub struct Schema {
    /// The list's name; `None` where one label is asked for.
    list: Option<String>,
    ids: Vec<String>,
    labels: Vec<String>,
    has_passage: bool,
}

impl Schema {
    /// What was sent with a call.
    pub fn of(ask: &Ask<'_>) -> Option<Self> {
        let (_, schema) = ask.request().json_schema.as_ref()?;
        let properties = schema.get("properties")?.as_object()?;
        let texts = |value: &Value| -> Option<Vec<String>> {
            let list = value.get("enum")?.as_array()?;
            Some(
                list.iter()
                    .filter_map(|text| text.as_str().map(str::to_owned))
                    .collect(),
            )
        };
        if let Some(label) = properties.get("label") {
            return Some(Self {
                list: None,
                ids: Vec::new(),
                labels: texts(label)?,
                has_passage: false,
            });
        }
        let (list, items) = properties.iter().next()?;
        let item = items.pointer("/items/properties")?;
        Some(Self {
            list: Some(list.clone()),
            ids: texts(item.get("id")?)?,
            labels: texts(item.get("label")?)?,
            has_passage: item.get("passage").is_some(),
        })
    }

    /// Whether a text is a reply.
    pub fn accepts(&self, reply: &str) -> bool {
        let Some(Tree::Object(fields)) = read(reply) else {
            return false;
        };
        match &self.list {
            None => {
                let text = |key: &str| match get(&fields, key) {
                    Some(Tree::Text(text)) => Some(text.clone()),
                    _ => None,
                };
                fields.len() == 2
                    && text("reason").is_some()
                    && text("label").is_some_and(|label| self.labels.contains(&label))
            }
            Some(list) => match get(&fields, list) {
                Some(Tree::List(items)) if fields.len() == 1 => self.accepts_items(items),
                _ => false,
            },
        }
    }

    fn accepts_items(&self, items: &[Tree]) -> bool {
        let ids: Option<Vec<&str>> = items.iter().map(|item| self.id_of(item)).collect();
        let Some(ids) = ids else { return false };
        let distinct: BTreeSet<&str> = ids.iter().copied().collect();
        distinct.len() == ids.len() && distinct.len() == self.ids.len()
    }

    /// The id of a valid item.
    fn id_of<'t>(&self, item: &'t Tree) -> Option<&'t str> {
        let Tree::Object(fields) = item else {
            return None;
        };
        let known = |key: &str| {
            ["id", "label", "quote", "reason"].contains(&key) || (key == "passage" && self.has_passage)
        };
        let passage = match get(fields, "passage") {
            None | Some(Tree::Null) => true,
            Some(Tree::Number(number)) => ["1", "2"].contains(&number.as_str()),
            Some(_) => false,
        };
        let quote = matches!(
            get(fields, "quote"),
            None | Some(Tree::Null | Tree::Text(_))
        );
        match (get(fields, "id"), get(fields, "label")) {
            (Some(Tree::Text(id)), Some(Tree::Text(label)))
                if self.ids.contains(id)
                    && self.labels.contains(label)
                    && passage
                    && quote
                    && fields.iter().all(|(key, _)| known(key)) =>
            {
                Some(id)
            }
            _ => None,
        }
    }
}

/// A JSON value as the oracle reads it.
enum Tree {
    Null,
    Bool,
    Number(String),
    Text(String),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

fn get<'t>(fields: &'t [(String, Tree)], key: &str) -> Option<&'t Tree> {
    fields
        .iter()
        .find(|(name, _)| name == key)
        .map(|(_, value)| value)
}

/// One whole JSON text without repeated keys.
fn read(text: &str) -> Option<Tree> {
    let mut reader = Reader {
        rest: text,
        depth: 0,
    };
    let value = reader.value()?;
    reader.skip();
    reader.rest.is_empty().then_some(value)
}

struct Reader<'t> {
    rest: &'t str,
    depth: u32,
}

impl Reader<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self) -> Option<Tree> {
        self.skip();
        self.depth += 1;
        let value = match self.rest.chars().next()? {
            '{' if self.depth < 127 => self.object(),
            '[' if self.depth < 127 => self.list(),
            '"' => self.text().map(Tree::Text),
            'n' => self.eat("null").then_some(Tree::Null),
            't' => self.eat("true").then_some(Tree::Bool),
            'f' => self.eat("false").then_some(Tree::Bool),
            _ => self.number(),
        };
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Option<Tree> {
        self.eat("{");
        let mut fields: Vec<(String, Tree)> = Vec::new();
        if self.eat("}") {
            return Some(Tree::Object(fields));
        }
        loop {
            self.skip();
            let key = self.text()?;
            if !self.eat(":") || get(&fields, &key).is_some() {
                return None;
            }
            fields.push((key, self.value()?));
            if self.eat("}") {
                return Some(Tree::Object(fields));
            }
            if !self.eat(",") {
                return None;
            }
        }
    }

    fn list(&mut self) -> Option<Tree> {
        self.eat("[");
        let mut items = Vec::new();
        if self.eat("]") {
            return Some(Tree::List(items));
        }
        loop {
            items.push(self.value()?);
            if self.eat("]") {
                return Some(Tree::List(items));
            }
            if !self.eat(",") {
                return None;
            }
        }
    }

    /// A string, by the rules of the language itself; what it means is left to a reader of strings.
    fn text(&mut self) -> Option<String> {
        let mut escaped = false;
        let inside = self.rest.strip_prefix('"')?;
        let end = inside.char_indices().find_map(|(place, c)| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends.then_some(place)
        })?;
        let whole = self.rest.get(..end + 2)?;
        self.rest = self.rest.get(end + 2..)?;
        serde_json::from_str(whole).ok()
    }

    fn number(&mut self) -> Option<Tree> {
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let length = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(length);
        self.rest = rest;
        let number: serde_json::Number = serde_json::from_str(number).ok()?;
        Some(Tree::Number(number.to_string()))
    }
}
