//! Approvals and rejections as files.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use groundgate_gate::{Approval, Review, person, read_document};
use groundgate_model::unit::Digest;
use groundgate_trust::{Grant, SignedApproval, SignedBy, TrustFile, check_approval};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{error::AppError, files, trust::Signer};

const SCHEMA: &str = "groundgate.approval/1";

/// An approval as its file has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenApproval {
    /// The name of the form.
    pub schema: String,
    /// The digest of the verdict.
    pub subject: String,
    /// For people: the run that the verdict is about.
    pub run: String,
    /// For people: where it was to go.
    pub environment: String,
    /// In which role.
    pub role: String,
    /// Who.
    pub by: String,
    /// RFC 3339.
    pub at: String,
    /// `approve` or `reject`.
    pub says: String,
    /// Why.
    pub reason: String,
}

impl WrittenApproval {
    /// The name of its schema.
    pub const SCHEMA: &'static str = SCHEMA;

    /// Writes it into the folder, once: nobody's word is overwritten. What was said otherwise before stands
    /// beside it. Its signature, where somebody signs, comes first: no approval stands without it.
    pub fn write(&self, folder: &Path, signer: Option<&Signer>) -> Result<PathBuf, AppError> {
        files::create_dir(folder)?;
        let text = serde_json::to_string_pretty(self).map_err(AppError::internal)? + "\n";
        let said = format!("{} {} {} {}", self.subject, self.role, self.by, self.says);
        let name = Digest::of(said.as_bytes());
        let path = folder.join(format!("{}.json", name.short()));
        if let Some(signer) = signer.filter(|_| !path.exists()) {
            files::write(&signature_of(&path), &signer.approval(&text)?)?;
        }
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

/// Whose signed word counts, where and when.
pub(crate) struct Signed<'a> {
    /// `None`: nobody signs, and everybody counts.
    pub(crate) trust: Option<&'a TrustFile>,
    pub(crate) environment: &'a str,
    pub(crate) at: Timestamp,
}

/// Where the signature of an approval stands.
fn signature_of(path: &Path) -> PathBuf {
    path.with_extension("json.sig")
}

/// All approvals of a folder that count, whatever verdict they are about; one that cannot be read is an
/// error, since it could be a rejection. A no counts unsigned, too.
pub(crate) fn read_all(folder: &Path, signed: &Signed<'_>) -> Result<Vec<Approval>, AppError> {
    let mut approvals = Vec::new();
    for path in paths(folder)? {
        let bytes = files::read(&path)?;
        let approval = read(&path, &bytes)?;
        let approval = match signed.trust {
            None => Some(approval),
            Some(trust) => signed.counted(&path, &bytes, approval, trust)?,
        };
        approvals.extend(approval);
    }
    Ok(approvals)
}

impl Signed<'_> {
    /// The approval under the name of its key; none where nobody signed it who may say so.
    fn counted(
        &self,
        path: &Path,
        text: &[u8],
        approval: Approval,
        trust: &TrustFile,
    ) -> Result<Option<Approval>, AppError> {
        let is_no = approval.review == Review::Reject;
        let signature = match signature_of(path) {
            path if path.is_file() => files::read(&path)?,
            _ => return Ok(is_no.then_some(approval)),
        };
        let signed = SignedApproval {
            text,
            signature: &signature,
        };
        let SignedBy::Key(key) = check_approval(signed, trust) else {
            return Ok(is_no.then_some(approval));
        };
        let grant = Grant::Approve(approval.role.clone());
        let may = key.fault(&grant, self.environment, self.at).is_none();
        if (!may || person(&key.id) != person(&approval.by)) && !is_no {
            return Ok(None);
        }
        Ok(Some(Approval {
            by: key.id.clone(),
            ..approval
        }))
    }
}

/// The signed approvals of one verdict, with their signatures, by the names of their files.
pub(crate) fn signed_files(
    folder: &Path,
    subject: Digest,
) -> Result<BTreeMap<String, Vec<u8>>, AppError> {
    let mut found = BTreeMap::new();
    for path in paths(folder)? {
        let bytes = files::read(&path)?;
        let signature = signature_of(&path);
        if read(&path, &bytes)?.subject != subject || !signature.is_file() {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        found.insert(format!("approval-{name}.sig"), files::read(&signature)?);
        found.insert(format!("approval-{name}"), bytes);
    }
    Ok(found)
}

fn paths(folder: &Path) -> Result<Vec<PathBuf>, AppError> {
    let failed = |cause: std::io::Error| {
        AppError::invalid(format!("failed to read folder `{}`", folder.display())).because(cause)
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(failed(cause)),
    };
    let paths: Result<Vec<PathBuf>, std::io::Error> =
        entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(failed)?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    Ok(paths)
}

fn read(path: &Path, bytes: &[u8]) -> Result<Approval, AppError> {
    let wrong =
        |why: String| AppError::invalid(format!("`{}` is no approval: {why}", path.display()));
    let document = read_document(bytes).map_err(wrong)?;
    let written: WrittenApproval =
        serde_json::from_value(document).map_err(|error| wrong(error.to_string()))?;
    if written.schema != SCHEMA {
        return Err(wrong(format!("its schema is not `{SCHEMA}`")));
    }
    let says = match written.says.as_str() {
        "approve" => Review::Approve,
        "reject" => Review::Reject,
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
        review: says,
    })
}
