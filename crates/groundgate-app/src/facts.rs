//! What a gate is told besides scores: the files that its rules name, waivers, approvals, times.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use groundgate_gate::{
    Approval, Document, FactKind, Facts, HumanScores, Policy, Says, read_document,
};
use groundgate_model::unit::Digest;
use groundgate_record::Reader;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{assemble::Loaded, error::AppError, files, policy_source::PolicySource};

const SCHEMA: &str = "groundgate.approval/1";

/// An approval as its file has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenApproval {
    pub schema: String,
    /// The digest of the verdict.
    pub subject: String,
    /// For people: the run that the verdict is about.
    pub run: String,
    /// For people: where it was to go.
    pub environment: String,
    pub role: String,
    pub by: String,
    /// RFC 3339.
    pub at: String,
    /// `approve` or `reject`.
    pub says: String,
    pub reason: String,
}

/// Facts with the digests of the files that they come from.
pub struct Gathered {
    pub facts: Facts,
    /// Name and digest of everything that was read.
    pub provenance: Vec<(String, String)>,
}

/// What there is to know at a time.
pub struct Asked<'a> {
    pub policy: &'a Policy,
    pub environment: &'a str,
    pub candidate: &'a Loaded,
    pub baseline: Option<&'a Loaded>,
    pub at: Timestamp,
    /// Where approvals are; none are looked for without.
    pub approvals: Option<PathBuf>,
    /// Who made the change, as somebody declares.
    pub change_authors: Vec<String>,
    /// What people said of the candidate's answers.
    pub labels: Option<HumanScores>,
}

impl Asked<'_> {
    /// Reads everything. Files of facts that cannot be read are findings of their rules; waivers and
    /// approvals that cannot be read are errors, since a rejection could be among them.
    pub fn gather(self, waivers: Option<&PolicySource>) -> Result<Gathered, AppError> {
        let mut provenance = Vec::new();
        let documents = documents(self.policy, Path::new(""), &mut provenance);
        let waivers = match waivers {
            Some(source) => source.waivers(self.policy)?,
            None => Vec::new(),
        };
        for waiver in &waivers {
            provenance.push((format!("waiver {}", waiver.id), waiver.digest.to_string()));
        }
        let approvals = match &self.approvals {
            Some(folder) if !self.policy.outside.approvals.is_empty() => approvals(folder)?,
            Some(_) | None => Vec::new(),
        };
        let questions = questions(self.policy, &self.candidate.reader)?;
        let made = |loaded: &Loaded| loaded.reader.header().created_at.parse().ok();
        let facts = Facts {
            at: self.at,
            environment: self.environment.to_owned(),
            run_made: made(self.candidate),
            baseline_made: self.baseline.and_then(made),
            documents,
            questions,
            initiator: self.candidate.reader.header().initiator.clone(),
            change_authors: self.change_authors,
            waivers,
            approvals,
            labels: self.labels,
        };
        Ok(Gathered { facts, provenance })
    }
}

/// What the run asked, where a rule wants to know.
fn questions(policy: &Policy, reader: &Reader) -> Result<Vec<(String, String)>, AppError> {
    let mut rules = policy.outside.rules.iter();
    if !rules.any(|rule| matches!(rule.kind, FactKind::MaxOverlap { .. })) {
        return Ok(Vec::new());
    }
    let cases = reader.cases()?.into_iter();
    Ok(cases.map(|case| (case.id, case.question)).collect())
}

/// The files that a policy's rules name, below a folder.
pub fn documents(
    policy: &Policy,
    folder: &Path,
    provenance: &mut Vec<(String, String)>,
) -> BTreeMap<String, Document> {
    let mut documents = BTreeMap::new();
    for rule in &policy.outside.rules {
        let read = match rule.kind {
            FactKind::MaxOverlap { .. } => read_prompts,
            FactKind::Evidence { .. }
            | FactKind::Freshness { .. }
            | FactKind::JudgeHealth { .. } => |_: &str, bytes: &[u8]| read_document(bytes),
        };
        for name in rule.kind.files() {
            if documents.contains_key(name) {
                continue;
            }
            let document = match fs::read(folder.join(name)) {
                Err(error) => Err(error.to_string()),
                Ok(bytes) => {
                    let digest = Digest::of(&bytes).to_string();
                    provenance.push((format!("evidence {name}"), digest));
                    read(name, &bytes)
                }
            };
            documents.insert(name.clone(), document);
        }
    }
    documents
}

/// What a copilot was given: JSON, lines of JSON as a list, anything else as one text.
fn read_prompts(name: &str, bytes: &[u8]) -> Document {
    match Path::new(name).extension().and_then(OsStr::to_str) {
        Some("json") => read_document(bytes),
        Some("jsonl") => {
            let lines = bytes.split(|byte| *byte == b'\n');
            let lines = lines.filter(|line| !line.trim_ascii().is_empty());
            lines.map(read_document).collect()
        }
        Some(_) | None => match str::from_utf8(bytes) {
            Ok(text) => Ok(Value::from(text)),
            Err(error) => Err(error.to_string()),
        },
    }
}

/// All approvals of a folder, whatever verdict they are about.
fn approvals(folder: &Path) -> Result<Vec<Approval>, AppError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => {
            let what = format!("failed to read folder `{}`", folder.display());
            return Err(AppError::invalid(what).because(cause));
        }
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    paths.sort();
    paths.iter().map(|path| approval(path)).collect()
}

fn approval(path: &Path) -> Result<Approval, AppError> {
    let wrong =
        |why: String| AppError::invalid(format!("`{}` is no approval: {why}", path.display()));
    let document = read_document(&files::read(path)?).map_err(wrong)?;
    let written: WrittenApproval =
        serde_json::from_value(document).map_err(|error| wrong(error.to_string()))?;
    if written.schema != SCHEMA {
        return Err(wrong(format!("its schema is not `{SCHEMA}`")));
    }
    let says = match written.says.as_str() {
        "approve" => Says::Approve,
        "reject" => Says::Reject,
        other => return Err(wrong(format!("it says `{other}`"))),
    };
    let subject =
        Digest::parse(&written.subject).ok_or_else(|| wrong("it names no digest".to_owned()))?;
    let at = written.at.parse();
    Ok(Approval {
        subject,
        role: written.role,
        by: written.by,
        at: at.map_err(|cause: jiff::Error| wrong(format!("`at`: {cause}")))?,
        says,
    })
}

impl WrittenApproval {
    /// The name of its schema.
    pub const SCHEMA: &'static str = SCHEMA;

    /// Writes it into the folder, once: nobody's word is overwritten.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, AppError> {
        files::create_dir(folder)?;
        let text = serde_json::to_string_pretty(self).map_err(AppError::internal)? + "\n";
        let name = Digest::of(format!("{} {} {}", self.subject, self.role, self.by).as_bytes());
        let path = folder.join(format!("{}.json", name.short()));
        let failed = |cause: std::io::Error| {
            AppError::invalid(format!("failed to write `{}`", path.display())).because(cause)
        };
        let mut file = fs::File::create_new(&path).map_err(|cause| {
            if cause.kind() == std::io::ErrorKind::AlreadyExists {
                AppError::invalid(format!("{} has already said so as {}", self.by, self.role))
                    .with_help(format!("it stands in `{}`", path.display()))
            } else {
                failed(cause)
            }
        })?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
        Ok(path)
    }
}
