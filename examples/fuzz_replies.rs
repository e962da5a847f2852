//! Damages valid replies of judges for as long as it is told, and has each read twice: by the program
//! and by a small reader of its own. The two must agree on what is a reply, and nothing may panic.
//!
//! `cargo run --release --example fuzz_replies -- 600`

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "it says what it found, and stops by the clock"
)]

use std::{
    collections::BTreeSet,
    env,
    error::Error,
    time::{Duration, Instant},
};

use groundgate::{
    copilot::{Answer, Passage, Timing, Usage},
    eval_set::Case,
    judge::{Ask, Draw, JudgeSpec, Prepared, Subject, bundled, prepare},
};
use rand_core::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::{Value, json};

const ANSWER: &str =
    "Request the refund in the app under Payments. Card payments are refunded within 14 days.";
const PASSAGES: [&str; 2] = [
    "Refunds for card payments are paid within 14 days of the request.",
    "A request for a refund must be made in the app under Payments.",
];

/// Pieces that are put into replies.
const PIECES: [&str; 24] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "null",
    "true",
    "1",
    "-1",
    "1e9",
    "0.5",
    "\\u0000",
    "\\ud800",
    "\"id\":\"s1\",",
    "\"label\":\"supported\",",
    "\"score\":10,",
    "\"claims\":[],",
    "```json\n",
    "\u{feff}",
    "\u{202e}",
    " \n",
    "\"passage\":2,",
];

fn main() -> Result<(), Box<dyn Error>> {
    let seconds: u64 = env::args().nth(1).unwrap_or_default().parse().unwrap_or(60);
    let case: Case = serde_json::from_value(json!({
        "id": "c", "question": "How?", "expected_facts": ["It takes 14 days.", "It is free."]}))?;
    let answer = answer();
    let subject = Subject {
        case: &case,
        answer: &answer,
    };
    let mut specs = Vec::new();
    for name in [
        "groundedness",
        "correctness",
        "answer_relevance",
        "context_sufficiency",
    ] {
        let text = bundled(name).ok_or("no such judge")?.spec;
        specs.push(JudgeSpec::parse(name, text)?);
    }
    let mut asks = Vec::new();
    for spec in &specs {
        match prepare(
            spec,
            subject,
            Draw {
                seed: b"fuzz",
                vote: 0,
            },
        ) {
            Prepared::Ask(ask) => asks.push(ask),
            Prepared::Settled(_) | Prepared::Parts(_) => return Err("not one call".into()),
        }
    }
    let mut random = Random(Xoshiro256PlusPlus::seed_from_u64(20_261_125));
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut tried, mut accepted) = (0_u64, 0_u64);
    while Instant::now() < end {
        for ask in &asks {
            let schema = Schema::of(ask).ok_or("a request without a schema")?;
            for _ in 0..500 {
                let reply = random.damaged(&schema);
                let read = ask.read_reply(&reply).is_ok();
                if read != schema.accepts(&reply) {
                    return Err(format!("program: {read}, oracle: {}: {reply:?}", !read).into());
                }
                tried += 1;
                accepted += u64::from(read);
            }
        }
    }
    println!("{tried} replies in {seconds} s, {accepted} of them valid; no panic, no disagreement");
    Ok(())
}

fn answer() -> Answer {
    let passage = |text: &str| Passage {
        id: None,
        text: text.to_owned(),
        source: None,
    };
    Answer {
        text: ANSWER.to_owned(),
        passages: Some(PASSAGES.into_iter().map(passage).collect()),
        usage: Usage::default(),
        cost: None,
        model: None,
        finish_reason: None,
        timing: Timing::default(),
    }
}

/// What a reply must look like, taken from the schema that was sent.
struct Schema {
    /// The list's name; `None` where one label is asked for.
    list: Option<String>,
    ids: Vec<String>,
    labels: Vec<String>,
    has_passage: bool,
}

impl Schema {
    fn of(ask: &Ask<'_>) -> Option<Self> {
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

    fn accepts(&self, reply: &str) -> bool {
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
            ["id", "label", "quote"].contains(&key) || (key == "passage" && self.has_passage)
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

struct Random(Xoshiro256PlusPlus);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        let bound = u64::try_from(n.max(1)).unwrap_or(1);
        usize::try_from(self.0.next_u64() % bound).unwrap_or(0)
    }

    fn of<'v>(&mut self, values: &'v [String]) -> &'v str {
        let place = self.below(values.len());
        values.get(place).map_or("", String::as_str)
    }

    /// A valid reply, damaged up to three times; sometimes not at all.
    fn damaged(&mut self, schema: &Schema) -> String {
        let mut reply: Vec<char> = self.valid(schema).chars().collect();
        for _ in 0..self.below(4) {
            let from = self.below(reply.len() + 1);
            let to = (from + self.below(12)).min(reply.len());
            match self.below(6) {
                0 => drop(reply.drain(from..to)),
                1 => {
                    let copied: Vec<char> = reply.get(from..to).unwrap_or_default().to_vec();
                    drop(reply.splice(from..from, copied));
                }
                2 | 3 => {
                    let place = self.below(PIECES.len());
                    let piece = PIECES.get(place).copied().unwrap_or("");
                    drop(reply.splice(from..from, piece.chars()));
                }
                4 => {
                    let code = u32::try_from(self.below(0x11_0000)).unwrap_or(0);
                    drop(reply.splice(from..to, char::from_u32(code)));
                }
                _ => reply.truncate(from),
            }
        }
        reply.into_iter().collect()
    }

    fn valid(&mut self, schema: &Schema) -> String {
        let Some(list) = &schema.list else {
            let label = self.of(&schema.labels).to_owned();
            return json!({"reason": "so it is", "label": label}).to_string();
        };
        let items: Vec<Value> = (schema.ids.iter())
            .map(|id| {
                let mut item = json!({"id": id, "label": self.of(&schema.labels)});
                if let Some(fields) = item.as_object_mut() {
                    if schema.has_passage && self.below(2) == 0 {
                        fields.insert("passage".to_owned(), json!(1 + self.below(2)));
                    }
                    if self.below(2) == 0 {
                        fields.insert("quote".to_owned(), json!("within 14 days"));
                    }
                }
                item
            })
            .collect();
        json!({ list: items }).to_string()
    }
}
