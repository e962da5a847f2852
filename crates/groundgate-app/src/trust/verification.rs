//! From statements in a folder to a yes or no, offline: no record, no model, no key of one.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use groundgate_gate::{Age, NotBy, Policy, person};
use groundgate_model::{manifest::Manifest, unit::Digest};
use groundgate_trust::{Expected, Step, StepName, Wanted, verify};

use super::{measurement::eval_sets, place::Trusted};
use crate::{
    app::App, error::AppError, files, git::Git, policy_source::PolicySource, project::Project,
};

/// The file of a folder that says it all.
const SUMMARY: &str = "vsa.dsse.json";
/// The largest file beside it, in bytes.
const SIZE_LIMIT: u64 = 4 << 20;

/// What is verified, and against what.
#[derive(Debug, Clone, Copy)]
pub struct VerifyRequest<'a> {
    /// Where git is asked, and what metrics there are.
    pub project: &'a Project,
    /// The folder of the statements, or the summary itself.
    pub proof: &'a Path,
    /// Where it is to go.
    pub environment: &'a str,
    /// The model and version that is to be promoted: `models:/NAME/VERSION`.
    pub model: Option<&'a str>,
    /// The digest that the subject must have.
    pub subject_digest: Option<&'a str>,
    /// The protected policy.
    pub policy: Option<&'a str>,
    /// The digests of earlier policies that are still good, and of the policy where it is pinned.
    pub policy_digests: &'a [String],
    /// How old it may be.
    pub max_age: &'a str,
}

/// How it went.
#[derive(Debug)]
pub struct VerifySummary {
    /// The steps that were gone.
    pub steps: Vec<Step>,
    /// What may be promoted, where all twelve hold.
    pub subject: Option<String>,
}

impl VerifySummary {
    /// Whether all twelve steps hold.
    pub fn holds(&self) -> bool {
        self.steps.len() == StepName::ALL.len() && self.steps.iter().all(|step| step.result.is_ok())
    }
}

impl App {
    /// Goes the twelve steps.
    pub fn verify(&self, request: &VerifyRequest<'_>) -> Result<VerifySummary, AppError> {
        let source = request.project.policy_source(request.policy)?;
        let trusted = self.trust_for(request, &source)?;
        let policy = source.policy(Some(request.environment), &request.project.known_metrics())?;
        let policies = policies(request, &source, &policy, self)?;
        let (summary, files) = proof(request.proof)?;
        let allowed = match &trusted.file.measurement {
            Some(rules) => eval_sets(rules, &Git::in_folder(&request.project.folder))?,
            None => Vec::new(),
        };
        let max_age = Age::parse(request.max_age).ok_or_else(|| {
            AppError::usage(format!("`{}` is no age", request.max_age))
                .with_help("write 72h or 14d")
        })?;
        let subject_digest = match request.subject_digest {
            None => None,
            Some(text) => Some(
                Digest::parse(text.strip_prefix("sha256:").unwrap_or(text))
                    .ok_or_else(|| AppError::usage(format!("`{text}` is no digest")))?,
            ),
        };
        let steps = verify(
            &summary,
            &Expected {
                trust: &trusted.file,
                environment: request.environment,
                subject: request.model,
                subject_digest,
                policies: &policies,
                eval_sets: &allowed,
                approvals: &wanted(&policy),
                same_name: person,
                max_age: max_age.seconds(),
                at: self.now(),
                files: &files,
            },
        );
        let mut verified = VerifySummary {
            steps,
            subject: None,
        };
        if verified.holds() {
            verified.subject = subject_name(&summary);
        }
        Ok(verified)
    }

    fn trust_for(
        &self,
        request: &VerifyRequest<'_>,
        source: &PolicySource,
    ) -> Result<Trusted, AppError> {
        let folder = &request.project.folder;
        let trusted = self.trusted(source, folder)?.ok_or_else(|| {
            AppError::usage("there is no trust file: nobody's word counts")
                .with_help("name it: --trust git:refs/remotes/origin/main:trust.toml; `groundgate trust init` writes one")
        })?;
        if self.surroundings().is_ci && !trusted.is_protected {
            return Err(AppError::usage(format!(
                "the trust file {} is of the working tree: a change could name its own keys",
                trusted.place
            ))
            .with_help("--trust git:refs/remotes/origin/main:trust.toml, or a file outside of the checkout"));
        }
        Ok(trusted)
    }
}

/// The policies that a verdict may be by.
fn policies(
    request: &VerifyRequest<'_>,
    source: &PolicySource,
    policy: &Policy,
    app: &App,
) -> Result<Vec<Digest>, AppError> {
    let mut good = Vec::new();
    for text in request.policy_digests {
        let digest =
            Digest::parse(text).ok_or_else(|| AppError::usage(format!("`{text}` is no digest")))?;
        good.push(digest);
    }
    if good.is_empty() || source.is_protected() {
        source.check_trusted(policy, None, app.surroundings())?;
        good.push(policy.digest);
    } else if !good.contains(&policy.digest) {
        // Its approvals are asked for below: it must be one of those that were named.
        return Err(AppError::invalid(format!(
            "the policy's digest is {}, and --policy-digest does not name it",
            policy.digest
        )));
    }
    Ok(good)
}

fn wanted(policy: &Policy) -> Vec<Wanted> {
    let rules = policy.release.approvals.iter();
    rules
        .map(|rule| Wanted {
            roles: rule.roles.clone(),
            valid_for: rule.valid_for.seconds(),
            not_by_initiator: rule.not_by.contains(&NotBy::RunInitiator),
            not_by_author: rule.not_by.contains(&NotBy::ChangeAuthor),
        })
        .collect()
}

/// The summary, and the files beside it by name.
type Proof = (Vec<u8>, BTreeMap<String, Vec<u8>>);

fn proof(path: &Path) -> Result<Proof, AppError> {
    let (folder, summary) = if path.is_dir() {
        (path.to_owned(), path.join(SUMMARY))
    } else {
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        (folder, path.to_owned())
    };
    let failed = |path: &Path, cause: std::io::Error| {
        AppError::invalid(format!("failed to read `{}`", path.display())).because(cause)
    };
    let read = |path: &Path| -> Result<Vec<u8>, AppError> {
        let size = fs::metadata(path)
            .map_err(|cause| failed(path, cause))?
            .len();
        if size > SIZE_LIMIT {
            return Err(AppError::invalid(format!(
                "`{}` has {size} bytes, and no statement has more than {SIZE_LIMIT}",
                path.display()
            )));
        }
        fs::read(path).map_err(|cause| failed(path, cause))
    };
    let folder_or_here = if folder.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        folder
    };
    let entries = fs::read_dir(&folder_or_here).map_err(|cause| failed(&folder_or_here, cause))?;
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry
            .map_err(|cause| failed(&folder_or_here, cause))?
            .path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_statement = path
            .extension()
            .is_some_and(|kind| kind == "json" || kind == "sig");
        if path.is_file() && is_statement {
            files.insert(name, read(&path)?);
        }
    }
    Ok((read(&summary)?, files))
}

/// The name of what a verified summary is about.
fn subject_name(summary: &[u8]) -> Option<String> {
    let envelope = groundgate_trust::envelope_of_bundle(summary).ok()?;
    let statement: serde_json::Value = serde_json::from_slice(&envelope.payload).ok()?;
    Some(statement.pointer("/subject/0/name")?.as_str()?.to_owned())
}

/// The digest of a subject whose manifest stands in a file, under the name that statements give it.
pub fn subject_digest(name: &str, manifest: &Path) -> Result<Digest, AppError> {
    let manifest: Manifest = serde_json::from_slice(&files::read(manifest)?).map_err(|cause| {
        AppError::invalid("the subject's manifest cannot be read").because(cause)
    })?;
    let target = manifest.digest().to_string();
    Ok(Digest::of_parts([name.as_bytes(), target.as_bytes()]))
}
