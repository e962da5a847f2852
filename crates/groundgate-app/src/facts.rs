//! What a gate is told besides scores: the files that its rules name, waivers, approvals, times.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use groundgate_gate::{Concern, Document, Facts, HumanScores, Policy, read_document};
use groundgate_model::unit::Digest;
use groundgate_record::Reader;
use groundgate_report::Named;
use groundgate_trust::TrustFile;
use jiff::Timestamp;
use serde_json::Value;

use super::{
    approval_file, assemble::Loaded, error::AppError, git::Git, policy_source::PolicySource,
    trust::is_outside,
};

/// Facts with the digests of the files that they come from.
#[derive(Debug)]
pub struct GatheredFacts {
    /// What the rules may know.
    pub facts: Facts,
    /// Name and digest of everything that was read.
    pub provenance: Vec<Named>,
}

/// What there is to know at a time.
#[derive(Debug)]
pub struct FactSources<'a> {
    /// Whose rules want to know.
    pub policy: &'a Policy,
    /// Where the run is to go; empty where nobody says.
    pub environment: &'a str,
    /// The run.
    pub candidate: &'a Loaded,
    /// What it is compared with.
    pub baseline: Option<&'a Loaded>,
    /// When the gate is asked.
    pub at: Timestamp,
    /// What the files that rules name are relative to.
    pub folder: &'a Path,
    /// Where evidence is instead of in the folder: a place that the change under test cannot write.
    pub evidence: Option<&'a Path>,
    /// Whether only what the change under test could not have written decides.
    pub is_protected: bool,
    /// Whose signed word counts, where there is a trust file.
    pub trust: Option<&'a TrustFile>,
    /// What speaks against believing the run.
    pub concerns: Vec<Concern>,
    /// What approvals are bound to.
    pub bound_to: Vec<(String, Digest)>,
    /// Where approvals are; none are looked for without.
    pub approvals: Option<PathBuf>,
    /// Who made the change, as somebody declares.
    pub change_authors: Vec<String>,
    /// What people said of the candidate's answers.
    pub labels: Option<HumanScores>,
}

impl FactSources<'_> {
    /// Reads everything. Files of facts that cannot be read are findings of their rules; waivers and
    /// approvals that cannot be read are errors, since a rejection could be among them.
    pub fn gather(self, waivers: Option<&PolicySource>) -> Result<GatheredFacts, AppError> {
        let mut provenance = Vec::new();
        let (documents, unprotected) = self.documents(&mut provenance)?;
        let waivers = match waivers {
            Some(source) => source.waivers(self.policy)?,
            None => Vec::new(),
        };
        for waiver in &waivers {
            provenance.push(Named::new(
                format!("waiver {}", waiver.id),
                waiver.digest.to_string(),
            ));
        }
        let approvals = match &self.approvals {
            Some(folder) if !self.policy.release.approvals.is_empty() => {
                let signed = approval_file::Signed {
                    trust: self.trust.filter(|trust| trust.wants_signed_approvals()),
                    environment: self.environment,
                    at: self.at,
                };
                approval_file::read_all(folder, &signed)?
            }
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
            concerns: self.concerns,
            unprotected,
            bound_to: self.bound_to,
        };
        Ok(GatheredFacts { facts, provenance })
    }
}

impl FactSources<'_> {
    /// The files that the rules name, and those that the change under test could have written although
    /// only others count.
    fn documents(
        &self,
        provenance: &mut Vec<Named>,
    ) -> Result<(BTreeMap<String, Document>, BTreeSet<String>), AppError> {
        let folder = match self.evidence {
            None => self.folder,
            Some(folder) if is_outside(self.folder, folder) => folder,
            Some(folder) => {
                return Err(AppError::usage(format!(
                    "--evidence {} is in the checkout, where the change under test could have written it",
                    folder.display()
                )));
            }
        };
        let mut unprotected = BTreeSet::new();
        if self.is_protected && self.evidence.is_none() {
            for rule in &self.policy.release.facts {
                let files = rule.kind.files().iter();
                unprotected.extend(files.filter(|name| !is_of_a_revision(name)).cloned());
            }
        }
        Ok((documents(self.policy, folder, provenance), unprotected))
    }
}

/// Whether a file is named as a protected revision has it.
fn is_of_a_revision(name: &str) -> bool {
    PolicySource::parse(name, Git::default()).is_ok_and(|source| source.is_protected())
}

/// A file's bytes: below the folder, or as a revision has them.
fn evidence(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    if name.starts_with("git:") {
        let source = PolicySource::parse(name, Git::in_folder(folder));
        let bytes = source.and_then(|source| source.bytes());
        return bytes.map_err(|error| error.to_string());
    }
    fs::read(folder.join(name)).map_err(|error| error.to_string())
}

/// What the run asked, where a rule wants to know.
fn questions(policy: &Policy, reader: &Reader) -> Result<Vec<(String, String)>, AppError> {
    let mut rules = policy.release.facts.iter();
    if !rules.any(|rule| rule.kind.is_about_prompts()) {
        return Ok(Vec::new());
    }
    let cases = reader.cases()?.into_iter();
    Ok(cases.map(|case| (case.id, case.question)).collect())
}

/// The files that a policy's rules name, below a folder.
pub fn documents(
    policy: &Policy,
    folder: &Path,
    provenance: &mut Vec<Named>,
) -> BTreeMap<String, Document> {
    let mut documents = BTreeMap::new();
    for rule in &policy.release.facts {
        let read = if rule.kind.is_about_prompts() {
            read_prompts
        } else {
            |_: &str, bytes: &[u8]| read_document(bytes)
        };
        for name in rule.kind.files() {
            if documents.contains_key(name) {
                continue;
            }
            let document = match evidence(folder, name) {
                Err(error) => Err(error),
                Ok(bytes) => {
                    let digest = Digest::of(&bytes).to_string();
                    provenance.push(Named::new(format!("evidence {name}"), digest));
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
