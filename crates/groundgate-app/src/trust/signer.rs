//! Who signs: a key in a file, in the environment, behind a command, or OpenSSH with the keys that people
//! have.

use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use groundgate_trust::{APPROVAL_TYPE, Envelope, PublicKey, SSH_NAMESPACE, SigningKey, pae};

use crate::{app::App, error::AppError, files};

/// Where a key of the environment is.
const VARIABLE: &str = "GROUNDGATE_KEY";

/// What signs.
#[derive(Debug)]
pub enum Signer {
    /// A key that is here.
    Key(Box<SigningKey>),
    /// A program that signs what it reads from its standard input and prints the signature in base64; for
    /// keys that never leave where they are.
    Command {
        /// The program and its arguments.
        words: Vec<String>,
        /// What its signatures are checked with.
        public: PublicKey,
    },
    /// `ssh-keygen`, with a key's file or one that the agent holds.
    Ssh(PathBuf),
}

impl App {
    /// The signer that is written: a file, `env:NAME`, or `command:PROGRAM ARGUMENT…` with the file of its
    /// public key; without any, the key in `GROUNDGATE_KEY`.
    pub fn signer(
        &self,
        written: Option<&str>,
        public: Option<&PathBuf>,
    ) -> Result<Signer, AppError> {
        let (text, place) = match written {
            None => (self.variable(VARIABLE)?, VARIABLE.to_owned()),
            Some(written) => match (
                written.strip_prefix("env:"),
                written.strip_prefix("command:"),
            ) {
                (Some(name), _) => (self.variable(name)?, name.to_owned()),
                (None, Some(command)) => return by_command(command, public),
                (None, None) => (
                    files::read_text(&PathBuf::from(written))?,
                    written.to_owned(),
                ),
            },
        };
        let key = SigningKey::parse(&text)
            .map_err(|error| AppError::invalid(format!("`{place}` holds no key: {error}")))?;
        Ok(Signer::Key(Box::new(key)))
    }

    fn variable(&self, name: &str) -> Result<String, AppError> {
        (self.surroundings().variable)(name).ok_or_else(|| {
            AppError::usage("nothing says which key signs").with_help(format!(
                "--key FILE, --key env:NAME, --key \"command:PROGRAM …\", or the key in {name}"
            ))
        })
    }
}

fn by_command(command: &str, public: Option<&PathBuf>) -> Result<Signer, AppError> {
    let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    let Some(public) = public.filter(|_| !words.is_empty()) else {
        return Err(AppError::usage("a command that signs needs its public key")
            .with_help("--key \"command:PROGRAM …\" --public-key FILE"));
    };
    let public = PublicKey::parse(&files::read_text(public)?)
        .map_err(|error| AppError::invalid(format!("`{}`: {error}", public.display())))?;
    Ok(Signer::Command { words, public })
}

impl Signer {
    /// An envelope around a payload.
    pub(crate) fn envelope(&self, kind: &str, payload: Vec<u8>) -> Result<Envelope, AppError> {
        match self {
            Self::Key(key) => Envelope::sign(kind, payload, key)
                .map_err(|error| AppError::internal(error.to_string())),
            Self::Command { words, public } => {
                let message = pae(kind, &payload);
                let printed = run(words, &message)?;
                let signature = STANDARD.decode(printed.trim_ascii()).map_err(|error| {
                    AppError::invalid(format!("the command printed no base64: {error}"))
                })?;
                if !public.verifies(&message, &signature) {
                    return Err(AppError::invalid(
                        "what the command printed is no signature of its public key",
                    ));
                }
                let id = public.fingerprint().to_string();
                Ok(Envelope::with(kind, payload, signature, id))
            }
            Self::Ssh(_) => Err(AppError::usage(
                "OpenSSH signs approvals; statements need a key in PEM",
            )),
        }
    }

    /// A signature over an approval, as it stands beside it.
    pub(crate) fn approval(&self, text: &str) -> Result<String, AppError> {
        match self {
            Self::Ssh(key) => {
                let words = ["ssh-keygen", "-Y", "sign", "-q", "-n", SSH_NAMESPACE, "-f"];
                let mut words: Vec<String> = words.map(str::to_owned).into();
                words.push(key.display().to_string());
                let printed = run(&words, text.as_bytes())?;
                String::from_utf8(printed)
                    .map_err(|_bytes| AppError::invalid("ssh-keygen printed no text"))
            }
            Self::Key(_) | Self::Command { .. } => {
                let envelope = self.envelope(APPROVAL_TYPE, text.as_bytes().to_vec())?;
                Ok(envelope.to_json())
            }
        }
    }
}

/// What a program prints that reads `input`.
fn run(words: &[String], input: &[u8]) -> Result<Vec<u8>, AppError> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(AppError::usage("no program was named"));
    };
    let failed = |cause: std::io::Error| {
        AppError::invalid(format!("failed to run `{program}`")).because(cause)
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(input).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    if !output.status.success() {
        return Err(AppError::invalid(format!(
            "`{program}` failed with {}",
            output.status
        )));
    }
    Ok(output.stdout)
}
