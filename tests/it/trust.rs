//! From a run to a promotion, through the binary, with git, ssh-keygen and others' verifiers as they are.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    program::{Ended, Folder},
    release::commit,
};

pub(crate) const CONFIG: &str = r#"schema = "groundgate.config/1"
eval-set = "set.jsonl"
policy = "gate.toml"
[[copilot]]
name = "candidate"
kind = "recorded"
file = "answers.jsonl"
[checks]
metrics = ["pii_leak"]
"#;

const POLICY: &str = r#"schema = "groundgate.policy/1"
name   = "support"
[statistics]
min-cases = 5
[[rule]]
id     = "leak.none"
kind   = "max-count"
metric = "pii_leak"
max    = 0
[[approval]]
id        = "launch"
roles     = ["security"]
valid-for = "72h"
not-by    = ["change-author"]
[env.prod]
protected = true
"#;

pub(crate) const REF: &str = "git:refs/remotes/origin/main:gate.toml";

/// A project on a protected branch, with a trust file, the key of CI, and Ben's key of ssh.
pub(crate) struct Estate {
    pub(crate) folder: Folder,
}

fn ssh_key(folder: &Folder, name: &str, kind: &str) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-N", "", "-t", kind, "-C", name, "-f", name])
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(made.success());
}

pub(crate) fn git(folder: &Folder, arguments: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example"])
        .args(arguments)
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(done.success(), "{arguments:?}");
}

impl Estate {
    pub(crate) fn new(kind: &str) -> Self {
        let lines = |line: &dyn Fn(usize) -> Value| {
            (0..24)
                .map(|n| line(n).to_string() + "\n")
                .collect::<String>()
        };
        let set =
            lines(&|n| json!({"id": format!("q{n}"), "question": format!("What is fee {n}?")}));
        let answers = lines(
            &|n| json!({"case_id": format!("q{n}"), "answer": format!("It is {n} EUR."), "latency_ms": 30}),
        );
        let folder = Folder::with(&[
            ("groundgate.toml", CONFIG),
            ("gate.toml", POLICY),
            ("set.jsonl", &set),
            ("answers.jsonl", &answers),
            (".gitignore", "runs/\nattest/\n*.key\n"),
        ]);
        ssh_key(&folder, "ben", kind);
        let started = folder.run(&[
            "trust",
            "init",
            "--key",
            "ci.key",
            "--approver",
            "ben=security=ben.pub",
        ]);
        assert_eq!(started.code, 0, "{}", started.err);
        let trust = fs::read_to_string(folder.path().join("trust.toml")).unwrap();
        let trust = trust.replacen(
            "sealed-by = [\"ci\"]",
            "sealed-by = [\"ci\"]\ncopilot = { kinds = [\"recorded\"] }",
            1,
        );
        folder.write("trust.toml", &trust);
        commit(&folder);
        git(&folder, &["add", "trust.toml"]);
        git(&folder, &["commit", "-q", "--allow-empty", "-m", "trust"]);
        git(&folder, &["update-ref", "refs/remotes/origin/main", "HEAD"]);
        Self { folder }
    }

    /// As CI runs it.
    pub(crate) fn ci(&self, arguments: &[&str]) -> Ended {
        let output = self
            .folder
            .command(arguments)
            .env("CI", "true")
            .output()
            .unwrap();
        Ended {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// A sealed run of a version.
    pub(crate) fn evaluated(&self, version: &str) -> String {
        let model = format!("models:/support/{version}");
        let ran = self.ci(&["run", "-q", "--model-version", &model, "--seal", "ci.key"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out.trim().to_owned()
    }

    pub(crate) fn about<'a>(command: &'a str, run: &'a str) -> Vec<&'a str> {
        vec![
            command,
            run,
            "--env",
            "prod",
            "--policy",
            REF,
            "--change-author",
            "dora",
        ]
    }

    fn gate(&self, run: &str) -> Ended {
        self.ci(&Estate::about("gate", run))
    }

    pub(crate) fn approve(&self, run: &str, more: &[&str]) -> Ended {
        let words = ["--role", "security", "--reason", "fine"];
        self.ci(&[&Estate::about("approve", run)[..], &words, more].concat())
    }

    pub(crate) fn attest(&self, run: &str) -> Ended {
        self.ci(&[&Estate::about("attest", run)[..], &["--key", "ci.key"]].concat())
    }

    fn verify(&self, more: &[&str]) -> Ended {
        let own = ["verify", "attest", "--env", "prod", "--policy", REF];
        self.ci(&[&own[..], more].concat())
    }
}

pub(crate) fn has_ssh() -> bool {
    let found = Command::new("ssh-keygen").arg("-?").output().is_ok();
    if !found {
        assert!(env::var_os("CI").is_none(), "CI has ssh-keygen");
        eprintln!("SKIPPED: no ssh-keygen");
    }
    found
}

#[test]
fn a_signed_chain_leads_to_exactly_the_version_that_was_evaluated() {
    if !has_ssh() {
        return;
    }
    for kind in ["ed25519", "ecdsa"] {
        let estate = Estate::new(kind);
        let run = estate.evaluated("7");
        let open = estate.gate(&run);
        assert_eq!(open.code, 12, "{}{}", open.out, open.err);
        // Unsigned, or signed by a key that may not: nobody has approved.
        assert_eq!(estate.approve(&run, &["--by", "ben"]).code, 0);
        assert_eq!(estate.gate(&run).code, 12);
        fs::remove_dir_all(estate.folder.path().join("runs/approvals")).unwrap();
        assert_eq!(
            estate
                .approve(&run, &["--by", "ben", "--key", "ci.key"])
                .code,
            0
        );
        assert_eq!(estate.gate(&run).code, 12);
        fs::remove_dir_all(estate.folder.path().join("runs/approvals")).unwrap();
        let approved = estate.approve(&run, &["--by", "ben", "--ssh-key", "ben"]);
        assert_eq!(approved.code, 0, "{}", approved.err);
        let passed = estate.gate(&run);
        assert_eq!(passed.code, 0, "{}{}", passed.out, passed.err);
        let attested = estate.attest(&run);
        assert_eq!(attested.code, 0, "{}{}", attested.out, attested.err);
        let verified = estate.verify(&["--model", "models:/support/7"]);
        assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
        let other = estate.verify(&["--model", "models:/support/9"]);
        assert_eq!(other.code, 3);
        assert!(other.out.contains("FAIL  4"), "{}", other.out);
        // A no beats the yes that was given before.
        assert_eq!(
            estate
                .approve(&run, &["--by", "ben", "--ssh-key", "ben", "--reject"])
                .code,
            0
        );
        assert_eq!(estate.gate(&run).code, 10);
    }
}

#[test]
fn a_record_that_was_changed_or_that_nobody_sealed_never_passes() {
    if !has_ssh() {
        return;
    }
    let estate = Estate::new("ed25519");
    let run = estate.evaluated("7");
    let path = estate.folder.path().join(format!("runs/{run}.sqlite"));
    let whole = fs::read(&path).unwrap();
    let edit = |sql: &str| {
        fs::write(&path, &whole).unwrap();
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        estate.gate(&run)
    };
    let changed = edit("UPDATE scores SET value = 1.0 WHERE trial = 3");
    assert_eq!(changed.code, 3);
    assert!(changed.err.contains("table `scores`"), "{}", changed.err);
    let unsigned = edit("DELETE FROM header WHERE key = 'seal-signature'");
    assert_eq!(unsigned.code, 11, "{}", unsigned.out);
    assert!(
        unsigned.out.contains("nobody has signed its seal"),
        "{}",
        unsigned.out
    );
    let unsealed = edit("DELETE FROM header WHERE key IN ('seal', 'seal-signature')");
    assert_eq!(unsealed.code, 11, "{}", unsealed.out);
    assert!(unsealed.out.contains("has no seal"), "{}", unsealed.out);
    // Somebody else's run, with its own good seal, is not sealed by CI.
    let ran = estate.ci(&["run", "-q"]);
    let own = estate.gate(ran.out.trim());
    assert_eq!(own.code, 11, "{}", own.out);
}

/// The run stays the same; what trust.toml asks of it does not.
#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn a_run_that_is_not_what_trust_toml_asks_cannot_pass() {
    if !has_ssh() {
        return;
    }
    let estate = Estate::new("ed25519");
    let run = estate.evaluated("7");
    assert_eq!(
        estate
            .approve(&run, &["--by", "ben", "--ssh-key", "ben"])
            .code,
        0
    );
    let trust = fs::read_to_string(estate.folder.path().join("trust.toml")).unwrap();
    let kinds = "copilot = { kinds = [\"recorded\"] }";
    let judged = |section: &str| {
        estate
            .folder
            .write("trust.toml", &trust.replacen(kinds, section, 1));
        git(
            &estate.folder,
            &["commit", "-qam", "trust", "--allow-empty"],
        );
        git(
            &estate.folder,
            &["update-ref", "refs/remotes/origin/main", "HEAD"],
        );
        estate.gate(&run)
    };
    let set = format!("{kinds}\neval-set = \"git:refs/remotes/origin/main:set.jsonl\"");
    for (section, code, said) in [
        (kinds.to_owned(), 0, ""),
        (set.clone(), 0, ""),
        (
            String::new(),
            11,
            "a copilot of kind `recorded` does not count",
        ),
        (
            "copilot = { kinds = [\"databricks\"] }".to_owned(),
            11,
            "a copilot of kind `recorded` does not count",
        ),
        (
            "copilot = { kinds = [\"recorded\"], hosts = [\"a.example\"] }".to_owned(),
            11,
            "does not say where the copilot is",
        ),
        (
            format!("{kinds}\neval-set = \"sha256:{}\"", "0".repeat(64)),
            11,
            "does not count",
        ),
        (
            format!("{kinds}\neval-set = \"set.jsonl\""),
            3,
            "neither a digest nor a file of a protected revision",
        ),
    ] {
        let gated = judged(&section);
        assert_eq!(gated.code, code, "{section}: {}{}", gated.out, gated.err);
        assert!(
            [&*gated.out, &gated.err].concat().contains(said),
            "{section}: {}",
            gated.out
        );
    }
    // An eval set without the questions that fail is another one, whatever the branch's file says.
    let lines = fs::read_to_string(estate.folder.path().join("set.jsonl")).unwrap();
    assert_eq!(judged(&set).code, 0);
    estate.folder.write(
        "set.jsonl",
        &lines
            .lines()
            .skip(3)
            .flat_map(|line| [line, "\n"])
            .collect::<String>(),
    );
    let fewer = estate.evaluated("7");
    let gated = estate.gate(&fewer);
    assert_eq!(gated.code, 11, "{}", gated.out);
    assert!(gated.out.contains("eval set"), "{}", gated.out);
    // A trust file of the working tree is nobody's word in CI.
    let own = estate.ci(&[&Estate::about("gate", &run)[..], &["--trust", "trust.toml"]].concat());
    assert_eq!(own.code, 2, "{}", own.err);
}

#[test]
fn output_that_is_lost_is_an_error() {
    let folder = Folder::with(&[("gate.toml", POLICY)]);
    for arguments in [&["policy", "show"][..], &["schema", "policy"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full");
        let Ok(full) = full else {
            eprintln!("SKIPPED: no /dev/full");
            return;
        };
        let output = folder.command(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(err.contains("failed to write all of it to stdout"), "{err}");
    }
}

/// A folder of tools that are not ours.
fn signing_tools() -> Option<PathBuf> {
    let found = env::var_os("GROUNDGATE_SIGNING_VENV")
        .map(|venv| PathBuf::from(venv).join("bin/python"))
        .filter(|path| path.is_file());
    if found.is_none() {
        assert!(env::var_os("CI").is_none(), "CI has others' verifiers");
        eprintln!("SKIPPED: GROUNDGATE_SIGNING_VENV has no python with sigstore in it");
    }
    found
}

/// Changes that anybody could make to an envelope: all of them are refused by everybody.
fn tampered(envelope: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(envelope).unwrap();
    let payload = STANDARD
        .decode(document["payload"].as_str().unwrap())
        .unwrap();
    let payload = String::from_utf8(payload).unwrap();
    let with = |key: &str, value: Value| {
        let mut document = document.clone();
        document[key] = value;
        document.to_string()
    };
    let mut all: Vec<String> = [
        payload.replace("/7", "/9"),
        payload.replace("env=prod", "env=qa"),
        payload.replace("PASSED", "FAILED"),
        payload.replace("gate.toml", "lax.toml"),
        payload.replace("support", "suppord"),
        payload.replacen('{', "{ ", 1),
        format!("{payload} "),
        payload[1..].to_owned(),
        String::new(),
    ]
    .iter()
    .filter(|text| **text != payload)
    .map(|text| with("payload", STANDARD.encode(text).into()))
    .collect();
    let signature = &document["signatures"][0];
    let bytes = STANDARD.decode(signature["sig"].as_str().unwrap()).unwrap();
    for place in [0, 1, 2, 3, 4, 9, 20, 33, 40, 55, 66] {
        let mut bytes = bytes.clone();
        let place = place % bytes.len();
        bytes[place] ^= 4;
        let one = json!({"keyid": signature["keyid"], "sig": STANDARD.encode(bytes)});
        all.push(with("signatures", json!([one])));
    }
    all.push(with("payloadType", "application/json".into()));
    all.push(with("signatures", json!([])));
    all.push(with(
        "signatures",
        json!([{"keyid": signature["keyid"], "sig": ""}]),
    ));
    all.push(envelope[..envelope.len() / 2].to_owned());
    all
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn others_verify_what_we_sign_and_refuse_what_we_refuse() {
    let Some(python) = signing_tools() else {
        return;
    };
    if !has_ssh() {
        return;
    }
    let estate = Estate::new("ed25519");
    let run = estate.evaluated("7");
    assert_eq!(
        estate
            .approve(&run, &["--by", "ben", "--ssh-key", "ben"])
            .code,
        0
    );
    assert_eq!(estate.attest(&run).code, 0);
    let at = |name: &str| estate.folder.path().join(name);
    let envelope = fs::read_to_string(at("attest/vsa.dsse.json")).unwrap();
    let document: Value = serde_json::from_str(&envelope).unwrap();
    let key_id = document["signatures"][0]["keyid"].as_str().unwrap();
    let trust: toml::Table = fs::read_to_string(at("trust.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let public = trust["key"][0]["public"].as_str().unwrap();
    estate.folder.write(
        "ci.pub.pem",
        &format!("-----BEGIN PUBLIC KEY-----\n{public}\n-----END PUBLIC KEY-----\n"),
    );
    let others = |files: &[PathBuf]| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/others.py");
        let output = Command::new(&python)
            .arg(script)
            .arg(at("ci.pub.pem"))
            .arg(key_id)
            .args(files)
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        let out = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<String> = out.lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), files.len(), "{err}");
        (lines, err)
    };
    let ours = [
        "vsa.dsse.json",
        "test-result.dsse.json",
        "vsa.sigstore.json",
        "test-result.sigstore.json",
    ];
    let (said, err) = others(&ours.map(|name| at("attest").join(name)));
    assert_eq!(said, vec!["ok ok ok"; 4], "{err}");
    let all = tampered(&envelope);
    assert!(all.len() >= 20, "{}", all.len());
    let mut files = Vec::new();
    for (number, text) in all.iter().enumerate() {
        let name = format!("attest/tampered-{number}.json");
        estate.folder.write(&name, text);
        files.push(at(&name));
        let ours = estate.ci(&[
            "verify",
            &name,
            "--env",
            "prod",
            "--policy",
            REF,
            "--model",
            "models:/support/7",
        ]);
        assert_eq!(ours.code, 3, "{number}: {}", ours.out);
    }
    let (said, _) = others(&files);
    assert_eq!(said, vec!["refused refused refused"; files.len()]);
    ssh_verifies(&estate);
}

/// `ssh-keygen -Y verify` says the same of the approval.
fn ssh_verifies(estate: &Estate) {
    let approvals = estate.folder.path().join("runs/approvals");
    let text = fs::read_dir(&approvals)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let text = text
        .into_iter()
        .find(|path| path.extension().is_some_and(|ending| ending == "json"))
        .unwrap();
    let public = fs::read_to_string(estate.folder.path().join("ben.pub")).unwrap();
    estate.folder.write("signers", &format!("ben {public}"));
    let verify = |text: &Path| {
        Command::new("ssh-keygen")
            .args([
                "-Y",
                "verify",
                "-I",
                "ben",
                "-n",
                "approval@groundgate",
                "-f",
            ])
            .arg(estate.folder.path().join("signers"))
            .arg("-s")
            .arg(approvals.join(format!(
                "{}.sig",
                text.file_name().unwrap().to_str().unwrap()
            )))
            .stdin(fs::File::open(text).unwrap())
            .output()
            .unwrap()
            .status
            .success()
    };
    assert!(verify(&text));
    let bytes = fs::read_to_string(&text).unwrap();
    fs::write(&text, bytes.replace("fine", "bad!")).unwrap();
    assert!(!verify(&text));
}
