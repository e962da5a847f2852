//! Where a trust file is from: the policy's own place, or one that is given and that no change can write.

use std::path::Path;

use groundgate_trust::{TrustFile, read_trust};

use crate::{app::App, error::AppError, git::Git, policy_source::PolicySource};

/// The file beside the policy.
const NAME: &str = "trust.toml";

/// A trust file with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// What it says.
    pub file: TrustFile,
    /// Where it is from.
    pub place: String,
    /// Whether the change under test could not have written it.
    pub is_protected: bool,
}

/// Whether a path is outside of the checkout that `folder` is in.
pub(crate) fn is_outside(folder: &Path, path: &Path) -> bool {
    let Some(root) = Git::in_folder(folder).root_if_any() else {
        return true;
    };
    path.canonicalize()
        .is_ok_and(|path| !path.starts_with(root))
}

impl App {
    /// The trust file: the one that was given, else the one beside the policy; none where there is none.
    pub fn trusted(
        &self,
        beside: &PolicySource,
        folder: &Path,
    ) -> Result<Option<Trusted>, AppError> {
        let given = self.surroundings().trust.as_deref();
        let source = match given {
            Some(written) => PolicySource::parse(written, Git::in_folder(folder))?,
            None => beside.beside(NAME),
        };
        let place = source.to_string();
        let Some(text) = source.text_if_any()? else {
            return match given {
                Some(_) => Err(AppError::invalid(format!(
                    "there is no trust file `{place}`"
                ))),
                None => Ok(None),
            };
        };
        let is_protected = match &source {
            PolicySource::Git { .. } => source.is_protected(),
            PolicySource::File(path) => given.is_some() && is_outside(folder, path),
        };
        Ok(Some(Trusted {
            file: read_trust(&place, &text)?,
            place,
            is_protected,
        }))
    }
}
