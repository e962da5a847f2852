//! Approvals and rejections as files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use groundgate_gate::{Approval, Review, read_document};
use groundgate_model::unit::Digest;
use serde::{Deserialize, Serialize};

use super::{error::AppError, files};

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

/// All approvals of a folder, whatever verdict they are about; one that cannot be read is an error,
/// since it could be a rejection.
pub(crate) fn read_all(folder: &Path) -> Result<Vec<Approval>, AppError> {
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
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Approval, AppError> {
    let wrong =
        |why: String| AppError::invalid(format!("`{}` is no approval: {why}", path.display()));
    let document = read_document(&files::read(path)?).map_err(wrong)?;
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
