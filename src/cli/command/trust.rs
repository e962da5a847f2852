//! `groundgate trust`, `attest`, `verify` and `publish`: from a run to a promotion.

use std::path::PathBuf;

use groundgate_app::{
    App, AppError, AttestRequest, Project, PublishRequest, Signer, StartRequest, StepName,
    VerifyRequest, VerifySummary, files, trust,
};
use groundgate_gate::Verdict;
use groundgate_report::{tally, visible_line};
use serde_json::{Value, json};

use super::{
    super::{
        args::{
            AttestArgs, Global, KeyArgs, PublishAliasArgs, PublishArgs, TrustCommand, VerifyArgs,
        },
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    gate, mlflow,
};

/// Who signs.
pub(super) fn signer(app: &App, args: &KeyArgs) -> Result<Signer, AppError> {
    app.signer(args.key.as_deref(), args.public_key.as_ref())
}

/// Runs `groundgate trust`.
pub(crate) fn run(
    global: &Global,
    command: &TrustCommand,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    match command {
        TrustCommand::Init {
            file,
            key,
            approver,
        } => {
            let approvers = approver.iter().map(|text| named(text));
            let approvers: Vec<_> = approvers.collect::<Result<_, _>>()?;
            let started = terminal.app().start_trust(&StartRequest {
                file,
                key,
                approvers: &approvers,
            })?;
            terminal.line(&format!(
                "{file}: commit it beside the policy, on the protected branch\n{key}: key {fingerprint}\n  \
                 put its content into a secret `GROUNDGATE_KEY` of the protected job only, then remove the file\n\
                 then: groundgate run --seal …, groundgate attest, groundgate verify, groundgate publish",
                file = file.display(),
                key = key.display(),
                fingerprint = started.fingerprint.chars().take(12).collect::<String>()
            ));
        }
        TrustCommand::Seal { run, key } => {
            let app = terminal.app();
            let project = Project::find(global.config.as_deref())?;
            app.seal(&project.runs_dir, run, &signer(&app, key)?)?;
            terminal.note(&format!("{}: its seal is signed", visible_line(run)));
        }
    }
    Ok(ExitCode::Done)
}

/// `NAME=ROLE=FILE`.
fn named(text: &str) -> Result<(String, String, PathBuf), AppError> {
    let mut parts = text.splitn(3, '=');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(name), Some(role), Some(file)) if !name.is_empty() && !role.is_empty() => {
            Ok((name.to_owned(), role.to_owned(), PathBuf::from(file)))
        }
        _ => Err(AppError::usage(format!("`{text}` is not NAME=ROLE=FILE"))),
    }
}

/// Runs `groundgate attest`.
pub(crate) fn attest(
    global: &Global,
    args: &AttestArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let app = terminal.app();
    let project = Project::find(global.config.as_deref())?;
    let attested = app.attest(&AttestRequest {
        gate: gate::request(&project, &args.against),
        signer: &signer(&app, &args.key)?,
        folder: &args.output,
    })?;
    let verdict = attested.gate.verdict();
    let files: Vec<String> = attested
        .files
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    if wants_json(global) {
        let document = json!({
            "subject": attested.subject.name,
            "subject_sha256": attested.subject.digest.to_string(),
            "verdict": verdict.name(),
            "files": files,
        });
        terminal.line(&document.to_string());
    } else {
        terminal.line(&format!(
            "{} {}: {}\n  {}\n  {}",
            visible_line(&attested.subject.name),
            attested.subject.digest.short(),
            verdict.name(),
            tally(&attested.gate.report.decision.findings),
            files.join("\n  ")
        ));
    }
    // A statement that something did not pass is a statement, too; the exit code is the verdict's.
    Ok(match verdict {
        Verdict::Pass | Verdict::Waived => ExitCode::Done,
        other @ (Verdict::Hold | Verdict::Inconclusive | Verdict::Fail | Verdict::Error) => {
            ExitCode::from(other)
        }
    })
}

/// The digest that the subject must have, as the arguments say it.
fn subject_digest(args: &VerifyArgs) -> Result<Option<String>, AppError> {
    match (&args.subject_manifest, &args.model) {
        (Some(path), Some(name)) => Ok(Some(trust::subject_digest(name, path)?.to_string())),
        _ => Ok(args.subject_digest.clone()),
    }
}

fn request<'a>(
    project: &'a Project,
    args: &'a VerifyArgs,
    subject_digest: Option<&'a str>,
) -> VerifyRequest<'a> {
    VerifyRequest {
        project,
        proof: &args.proof,
        environment: &args.env,
        model: args.model.as_deref(),
        subject_digest,
        policy: args.policy.as_deref(),
        policy_digests: &args.policy_digest,
        max_age: &args.max_age,
    }
}

/// Runs `groundgate verify`.
pub(crate) fn verify(
    global: &Global,
    args: &VerifyArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let project = Project::find(global.config.as_deref())?;
    let digest = subject_digest(args)?;
    let verified = terminal
        .app()
        .verify(&request(&project, args, digest.as_deref()))?;
    if wants_json(global) {
        terminal.line(&document(&verified).to_string());
    } else {
        terminal.print(&steps(&verified));
    }
    Ok(code(&verified))
}

/// Runs `groundgate publish`.
pub(crate) fn publish(
    global: &Global,
    args: &PublishArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    match args {
        PublishArgs::Run(command) => mlflow::publish(global, command, terminal),
        PublishArgs::Alias(args) => publish_alias(global, args, terminal),
    }
}

fn publish_alias(
    global: &Global,
    args: &PublishAliasArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    let project = Project::find(global.config.as_deref())?;
    let digest = subject_digest(&args.verify)?;
    let published = terminal.app().publish(&PublishRequest {
        verify: request(&project, &args.verify, digest.as_deref()),
        registry: &args.registry,
        token: args.token_env.as_deref(),
        alias: &args.alias,
    })?;
    if wants_json(global) {
        let mut document = document(&published.verified);
        let promoted = published.promoted.as_ref();
        let promoted = promoted.map(|(name, version)| json!({"name": name, "version": version}));
        if let Some(fields) = document.as_object_mut() {
            fields.insert("promoted".to_owned(), json!(promoted));
            fields.insert("before".to_owned(), json!(published.before));
        }
        terminal.line(&document.to_string());
        return Ok(code(&published.verified));
    }
    terminal.print(&steps(&published.verified));
    if let Some((name, version)) = &published.promoted {
        terminal.line(&format!(
            "{}: alias {} is version {}{}",
            visible_line(name),
            visible_line(&args.alias),
            visible_line(version),
            match &published.before {
                Some(before) => format!(", was {}", visible_line(before)),
                None => String::new(),
            }
        ));
    }
    Ok(code(&published.verified))
}

fn code(verified: &VerifySummary) -> ExitCode {
    if verified.holds() {
        ExitCode::Done
    } else {
        ExitCode::Invalid
    }
}

/// Each step in a line; those after the first that fails were not gone.
fn steps(verified: &VerifySummary) -> String {
    let steps = (1..).zip(&verified.steps).map(|(number, step)| {
        let (mark, found) = match &step.result {
            Ok(found) => ("ok  ", found),
            Err(why) => ("FAIL", why),
        };
        let (asks, found) = (step.name.words(), visible_line(found));
        format!("{mark} {number:>2} {asks}: {found}\n")
    });
    let end = if verified.holds() {
        "verified: it may be promoted\n".to_owned()
    } else {
        let last = verified.steps.len();
        format!("refused at step {last} of 12: nothing is promoted\n")
    };
    steps.chain([end]).collect()
}

fn document(verified: &VerifySummary) -> Value {
    let steps = StepName::ALL.into_iter().zip(1..).map(|(name, number)| {
        let gone = verified.steps.iter().find(|step| step.name == name);
        let (state, found) = match gone.map(|step| &step.result) {
            None => ("not-reached", None),
            Some(Ok(found)) => ("ok", Some(found)),
            Some(Err(why)) => ("failed", Some(why)),
        };
        json!({"step": number, "asks": name.words(), "state": state, "found": found})
    });
    let steps: Vec<Value> = steps.collect();
    json!({
        "schema": "groundgate.verify/1",
        "verified": verified.holds(),
        "subject": verified.subject,
        "steps": steps,
    })
}

/// Signs the seal of a run that has just ended, and says so.
pub(super) fn seal(
    global: &Global,
    run: &str,
    key: &KeyArgs,
    terminal: &Terminal,
) -> Result<(), AppError> {
    let app = terminal.app();
    let project = Project::find(global.config.as_deref())?;
    app.seal(&project.runs_dir, run, &signer(&app, key)?)
}

/// The signer of an approval: ssh's key, or a key in PEM; nobody where neither is named.
pub(super) fn approver(
    app: &App,
    ssh: Option<&PathBuf>,
    key: &KeyArgs,
) -> Result<Option<Signer>, AppError> {
    if let Some(path) = ssh {
        // Better said by us than by ssh-keygen.
        files::read(path)?;
        return Ok(Some(Signer::Ssh(path.clone())));
    }
    key.key.as_ref().map(|_| signer(app, key)).transpose()
}
