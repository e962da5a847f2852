//! A first trust file: a key for the pipeline, and what is to be done with both.

#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use groundgate_trust::SigningKey;

use crate::{app::App, error::AppError, files};

/// Where it is written.
#[derive(Debug, Clone, Copy)]
pub struct StartRequest<'a> {
    /// The trust file, which is committed.
    pub file: &'a Path,
    /// The key, which is not.
    pub key: &'a Path,
    /// People with their public key of OpenSSH and their role: `NAME=ROLE=FILE`.
    pub approvers: &'a [(String, String, PathBuf)],
}

/// What was written.
#[derive(Debug)]
pub struct StartSummary {
    /// The fingerprint of the key.
    pub fingerprint: String,
}

impl App {
    /// Writes a trust file and a key. Nothing that is there is overwritten.
    pub fn start_trust(&self, request: &StartRequest<'_>) -> Result<StartSummary, AppError> {
        for path in [request.file, request.key] {
            if path.exists() {
                return Err(AppError::invalid(format!(
                    "`{}` is there already",
                    path.display()
                )));
            }
        }
        let failed = |error: groundgate_trust::KeyError| AppError::internal(error.to_string());
        let pem = SigningKey::generate().map_err(failed)?;
        let public = SigningKey::parse(&pem).map_err(failed)?.public();
        let mut text = format!(
            "# Whose word counts. Keep it where the policy is, under the same review.\n\
             schema = \"groundgate.trust/1\"\n\n\
             [measurement]\n\
             sealed-by = [\"ci\"]\n\
             # copilot  = {{ kinds = [\"databricks\"], hosts = [\"*.cloud.databricks.com\"] }}\n\
             # eval-set = \"git:refs/remotes/origin/main:eval_sets/support.jsonl\"\n\
             # judges   = [\"sha256:…\"]   # `groundgate runs show` prints them\n\n\
             # Where a key may go, whatever the configuration says. Without this section they go where it says.\n\
             # [secrets]\n\
             # COPILOT_API_KEY = [\"api.example.com\"]\n\n\
             [[key]]\n\
             id     = \"ci\"\n\
             kind   = \"{}\"\n\
             public = \"{}\"\n\
             may    = [\"seal\", \"attest\"]\n",
            public.kind(),
            public.to_line()
        );
        for (name, role, path) in request.approvers {
            let line = files::read_text(path)?;
            let key = groundgate_trust::PublicKey::parse(&line)
                .map_err(|error| AppError::invalid(format!("`{}`: {error}", path.display())))?;
            let key = format!(
                "\n[[key]]\nid     = {}\nkind   = \"{}\"\npublic = \"{}\"\nmay    = [{}]\n",
                quoted(name),
                key.kind(),
                key.to_line(),
                quoted(&format!("approve:{role}"))
            );
            text.push_str(&key);
        }
        write_secret(request.key, &pem)?;
        files::write(request.file, &text)?;
        Ok(StartSummary {
            fingerprint: public.fingerprint().to_string(),
        })
    }
}

/// A text as TOML writes it: JSON's strings are TOML's, too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A file that nobody else may read.
fn write_secret(path: &Path, text: &str) -> Result<(), AppError> {
    let failed = |cause: std::io::Error| {
        AppError::invalid(format!("failed to write `{}`", path.display())).because(cause)
    };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}
