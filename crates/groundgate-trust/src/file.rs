//! `trust.toml`: whose word counts. It is read from the same protected place as the policy.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_model::{
    diagnostic::Mistakes,
    toml_reader::{Document, Table},
    unit::Digest,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{hosts::HostPattern, key::PublicKey, statement::DEFAULT_VERIFIER};

const SCHEMA: &str = "groundgate.trust/1";

/// What a trust file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustFile {
    /// Who gives verdicts, as statements name it.
    pub verifier: String,
    /// What a run must be to count; `None`: nothing is asked.
    pub measurement: Option<Measurement>,
    /// The hosts that a secret may be sent to, by the name of its variable; `None`: nothing is said.
    pub secrets: Option<BTreeMap<String, Vec<HostPattern>>>,
    /// Whose signatures count for what.
    pub keys: Vec<TrustedKey>,
    /// Over the text.
    pub digest: Digest,
}

/// What a run must be to count. An empty list asks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Measurement {
    /// Kinds of copilots; `recorded` counts only where it is named.
    pub kinds: Vec<String>,
    /// Where the copilot is.
    pub hosts: Vec<HostPattern>,
    /// Eval sets: digests, or `git:REF:FILE`.
    pub eval_sets: Vec<String>,
    /// Digests of instruments.
    pub judges: Vec<Digest>,
    /// Keys that may seal.
    pub sealed_by: Vec<String>,
}

/// What a key may say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grant {
    /// That a record is what a run left.
    Seal,
    /// What a verdict was.
    Attest,
    /// Yes or no, in a role.
    Approve(String),
}

/// A key and what it may say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// Unique in the file; the name of whoever holds it.
    pub id: String,
    /// What its signatures are checked with.
    pub public: PublicKey,
    /// What it may say.
    pub may: BTreeSet<Grant>,
    /// Where; empty: everywhere.
    pub environments: Vec<String>,
    /// After that day it says nothing more.
    pub expires: Option<Date>,
    /// Whether nothing that it ever said counts.
    pub is_revoked: bool,
}

impl TrustedKey {
    /// Why it may not say that, there and now; `None` where it may.
    pub fn fault(&self, grant: &Grant, environment: &str, at: Timestamp) -> Option<String> {
        let id = &self.id;
        if self.is_revoked {
            return Some(format!("key `{id}` is revoked"));
        }
        let today = TimeZone::UTC.to_datetime(at).date();
        if let Some(end) = self.expires.filter(|end| today > *end) {
            return Some(format!("key `{id}` has expired on {end}"));
        }
        if !self.environments.is_empty() && !self.environments.iter().any(|one| one == environment)
        {
            return Some(format!("key `{id}` says nothing about `{environment}`"));
        }
        if !self.may.contains(grant) {
            return Some(format!("key `{id}` may not {}", grant.words()));
        }
        None
    }
}

impl Grant {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "seal" => Some(Self::Seal),
            "attest" => Some(Self::Attest),
            other => {
                let role = other.strip_prefix("approve:")?.trim();
                (!role.is_empty()).then(|| Self::Approve(role.to_owned()))
            }
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Seal => "seal".to_owned(),
            Self::Attest => "attest".to_owned(),
            Self::Approve(role) => format!("approve as {role}"),
        }
    }
}

impl TrustFile {
    /// The key of an id.
    pub fn key(&self, id: &str) -> Option<&TrustedKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// Whether anybody's signed approval counts: then no unsigned one does.
    pub fn wants_signed_approvals(&self) -> bool {
        let mut grants = self.keys.iter().flat_map(|key| &key.may);
        grants.any(|grant| matches!(grant, Grant::Approve(_)))
    }
}

/// Reads a trust file; on failure, every mistake in it.
pub fn read_trust(file: &str, text: &str) -> Result<TrustFile, Mistakes> {
    let document = Document::parse(file, text)?;
    let read = trust(document.root(), text);
    document.finish(read)
}

fn trust(root: Table<'_, '_>, text: &str) -> Option<TrustFile> {
    root.only(&["schema", "verifier", "measurement", "secrets", "key"]);
    root.check_schema(SCHEMA);
    let verifier = root.text("verifier").unwrap_or(DEFAULT_VERIFIER).to_owned();
    let keys = keys(root)?;
    let measurement = match root.table("measurement") {
        Some(table) => Some(measurement(table, &keys)?),
        None => None,
    };
    let secrets = match root.table("secrets") {
        Some(table) => Some(secrets(table)?),
        None => None,
    };
    Some(TrustFile {
        verifier,
        measurement,
        secrets,
        keys,
        digest: Digest::of(text.as_bytes()),
    })
}

fn secrets(table: Table<'_, '_>) -> Option<BTreeMap<String, Vec<HostPattern>>> {
    let names = table.keys().into_iter();
    names
        .map(|(name, _)| Some((name.to_owned(), hosts(table, name)?)))
        .collect()
}

/// A list of hosts; an empty one where the key is not there.
fn hosts(table: Table<'_, '_>, key: &str) -> Option<Vec<HostPattern>> {
    let mut read = Vec::new();
    let mut is_right = true;
    for (text, at) in texts(table, key)? {
        if let Some(pattern) = HostPattern::parse(text) {
            read.push(pattern);
        } else {
            is_right = false;
            table.document().report_with_help(
                at,
                format!("`{text}` is no host"),
                "write `api.example.com` or `*.example.com`",
            );
        }
    }
    is_right.then_some(read)
}

/// A list of texts; an empty one where the key is not there.
fn texts<'d>(table: Table<'d, '_>, key: &str) -> Option<Vec<(&'d str, usize)>> {
    if table.has(key) {
        table.texts(key)
    } else {
        Some(Vec::new())
    }
}

fn measurement(table: Table<'_, '_>, keys: &[TrustedKey]) -> Option<Measurement> {
    table.only(&["copilot", "eval-set", "judges", "sealed-by"]);
    let (kinds, hosts) = match table.table("copilot") {
        Some(copilot) => {
            copilot.only(&["kinds", "hosts"]);
            let kinds = texts(copilot, "kinds")?.into_iter();
            let kinds = kinds.map(|(kind, _)| kind.to_owned()).collect();
            (kinds, hosts(copilot, "hosts")?)
        }
        None => (Vec::new(), Vec::new()),
    };
    let eval_sets = if table.has_text("eval-set") {
        vec![table.text("eval-set")?.to_owned()]
    } else {
        let listed = texts(table, "eval-set")?.into_iter();
        listed.map(|(one, _)| one.to_owned()).collect()
    };
    let mut judges = Vec::new();
    for (text, at) in texts(table, "judges")? {
        match Digest::parse(text.strip_prefix("sha256:").unwrap_or(text)) {
            Some(digest) => judges.push(digest),
            None => table
                .document()
                .report(at, format!("`{text}` is no digest of a judge")),
        }
    }
    let mut sealed_by = Vec::new();
    for (id, at) in texts(table, "sealed-by")? {
        let may = keys
            .iter()
            .any(|key| key.id == id && key.may.contains(&Grant::Seal));
        if !may {
            table
                .document()
                .report(at, format!("there is no key `{id}` that may seal"));
        }
        sealed_by.push(id.to_owned());
    }
    Some(Measurement {
        kinds,
        hosts,
        eval_sets,
        judges,
        sealed_by,
    })
}

fn keys(root: Table<'_, '_>) -> Option<Vec<TrustedKey>> {
    let mut read: Vec<TrustedKey> = Vec::new();
    let mut is_right = true;
    for table in root.tables("key") {
        table.only(&["id", "kind", "public", "may", "env", "expires", "revoked"]);
        table.needs(&["id", "kind", "public", "may"]);
        let Some(key) = key(table) else {
            is_right = false;
            continue;
        };
        if read.iter().any(|one| one.id == key.id) {
            table.report("id", format!("id `{}` is taken", key.id));
        }
        // One key under two names would be two people.
        if let Some(other) = read.iter().find(|one| one.public == key.public) {
            let message = format!("it is the key of `{}`, too", other.id);
            table.report("public", message);
        }
        read.push(key);
    }
    is_right.then_some(read)
}

fn key(table: Table<'_, '_>) -> Option<TrustedKey> {
    let id = table.text("id");
    let kind = table.text("kind");
    let public = table.text("public").and_then(|text| {
        let parsed = PublicKey::parse(text);
        parsed
            .map_err(|error| table.report("public", error.to_string()))
            .ok()
    });
    if let (Some(kind), Some(public)) = (kind, &public)
        && kind != public.kind()
    {
        table.report("kind", format!("it is a key of kind `{}`", public.kind()));
    }
    let mut may = BTreeSet::new();
    for (text, at) in texts(table, "may")? {
        match Grant::parse(text) {
            Some(grant) => {
                may.insert(grant);
            }
            None => table.document().report_with_help(
                at,
                format!("`{text}` is nothing that a key may do"),
                "`seal`, `attest`, or `approve:ROLE`",
            ),
        }
    }
    let environments = texts(table, "env")?.into_iter();
    let expires = if table.has("expires") {
        Some(table.date("expires")?)
    } else {
        None
    };
    let is_revoked = table.has("revoked") && table.flag("revoked")?;
    Some(TrustedKey {
        id: id?.to_owned(),
        public: public?,
        may,
        environments: environments.map(|(name, _)| name.to_owned()).collect(),
        expires,
        is_revoked,
    })
}
