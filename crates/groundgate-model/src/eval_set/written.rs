//! A case as people write it, and what is checked before it becomes a [`Case`].

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};

use super::{Case, Role, Turn};

/// The longest id, in characters: ids stand in tables and file names.
const ID_LIMIT: usize = 200;

/// A case as written in JSON; the other formats are brought into this form.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenCase {
    pub(super) id: String,
    pub(super) question: String,
    #[serde(default)]
    pub(super) history: Vec<WrittenTurn>,
    pub(super) reference_answer: Option<String>,
    #[serde(default)]
    pub(super) expected_facts: Vec<String>,
    #[serde(default)]
    pub(super) expected_documents: Vec<String>,
    pub(super) answerable: Option<bool>,
    #[serde(default, deserialize_with = "unique_keys")]
    pub(super) tags: BTreeMap<String, String>,
    pub(super) cluster: Option<String>,
    #[serde(default)]
    pub(super) critical: bool,
}

/// One earlier turn as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenTurn {
    role: Role,
    text: String,
}

impl WrittenCase {
    /// A case as another file says it: id, question and the turns before it.
    pub fn new(
        id: String,
        question: String,
        history: impl IntoIterator<Item = (Role, String)>,
    ) -> Self {
        let turns = history.into_iter();
        Self {
            id,
            question,
            history: turns
                .map(|(role, text)| WrittenTurn { role, text })
                .collect(),
            ..Self::default()
        }
    }

    /// With what is known about a right answer.
    #[must_use]
    pub fn known(
        mut self,
        reference: Option<String>,
        facts: Vec<String>,
        documents: Vec<String>,
    ) -> Self {
        self.reference_answer = reference;
        self.expected_facts = facts;
        self.expected_documents = documents;
        self
    }

    /// With its place among the others.
    #[must_use]
    pub fn placed(
        mut self,
        answerable: Option<bool>,
        tags: BTreeMap<String, String>,
        cluster: Option<String>,
        critical: bool,
    ) -> Self {
        self.answerable = answerable;
        self.tags = tags;
        self.cluster = cluster;
        self.critical = critical;
        self
    }

    /// The case, or everything that is wrong with it.
    pub fn into_case(self) -> Result<Case, Vec<String>> {
        let wrong = self.wrong();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Case {
            id: self.id,
            history: self
                .history
                .into_iter()
                .map(|turn| Turn {
                    role: turn.role,
                    text: turn.text,
                })
                .collect(),
            question: self.question,
            reference_answer: self.reference_answer,
            expected_facts: self.expected_facts,
            expected_documents: self.expected_documents,
            answerable: self.answerable,
            tags: self.tags,
            cluster: self.cluster,
            critical: self.critical,
        })
    }

    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (field, text) in self.texts() {
            if text.trim().is_empty() {
                wrong.push(format!("`{field}` is empty"));
            } else if text.contains('\0') {
                wrong.push(format!("`{field}` holds a NUL"));
            }
        }
        if self.id.chars().any(char::is_control) {
            wrong.push("`id` holds control characters".to_owned());
        }
        if self.id.trim() != self.id {
            wrong.push("`id` begins or ends with white space".to_owned());
        }
        if self.id.chars().count() > ID_LIMIT {
            wrong.push(format!("`id` is longer than {ID_LIMIT} characters"));
        }
        for tag in self.tags.keys().filter(|tag| tag.contains('=')) {
            wrong.push(format!(
                "tag `{tag}` holds `=`, which separates tags from values"
            ));
        }
        let mut documents = self.expected_documents.clone();
        documents.sort_unstable();
        for pair in documents.windows(2) {
            if let [left, right] = pair
                && left == right
            {
                wrong.push(format!("`expected_documents` names `{left}` twice"));
            }
        }
        wrong
    }

    /// Every text with its field's name.
    fn texts(&self) -> Vec<(&'static str, &str)> {
        let mut texts = vec![("id", self.id.as_str()), ("question", &self.question)];
        let mut add = |field, text| texts.push((field, text));
        if let Some(answer) = &self.reference_answer {
            add("reference_answer", answer);
        }
        if let Some(cluster) = &self.cluster {
            add("cluster", cluster);
        }
        for turn in &self.history {
            add("history", &turn.text);
        }
        for fact in &self.expected_facts {
            add("expected_facts", fact);
        }
        for id in &self.expected_documents {
            add("expected_documents", id);
        }
        for (tag, value) in &self.tags {
            add("tags", tag);
            add("tags", value);
        }
        texts
    }
}

/// Reads a JSON object of texts; a key that comes twice is an error instead of a silent choice.
fn unique_keys<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    struct UniqueKeys;
    impl<'de> Visitor<'de> for UniqueKeys {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object whose values are texts")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((key, value)) = access.next_entry::<String, String>()? {
                if map.contains_key(&key) {
                    return Err(A::Error::custom(format!("duplicate tag `{key}`")));
                }
                map.insert(key, value);
            }
            Ok(map)
        }
    }
    deserializer.deserialize_map(UniqueKeys)
}
