//! The gate in CI: what others wrote forms no command, and the recipes in `ci/` do what they say. The
//! recipes' scripts are taken out of their files and run as a runner would run them.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::{
    program::Folder,
    release::{commit, folder},
};

/// What a hostile copilot, eval set or judge may write.
const HOSTILE: &str = "::error::owned ##[add-path]x %0A::stop-commands::x\n::set-output name=verdict::pass\r::warning::x \
    @everyone \u{1b}[2J\u{202e}![i](http://t.example/b.png) <script>alert(1)</script> ``` ]]>";

const GATE: &str = r#"schema = "groundgate.policy/1"
name   = "support"
[statistics]
min-cases = 20
[[rule]]
id     = "groundedness.floor"
kind   = "floor"
metric = "groundedness"
min    = 0.9
[[approval]]
id        = "launch"
from      = "prod"
roles     = ["product"]
valid-for = "72h"
not-by    = ["change-author"]
[env.qa]
[env.prod]
inherits = "qa"
"#;

fn recipe(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// How many lines of a log a GitHub runner would obey: today's commands, and the old ones (the port of
/// its parsers in `src/report/runner.rs`, every name counting as a command).
fn commands(log: &[u8]) -> Vec<String> {
    let log = String::from_utf8_lossy(log).into_owned();
    let is_command = |line: &&str| {
        let today = line
            .trim_start()
            .strip_prefix("::")
            .is_some_and(|rest| rest.contains("::"));
        let old = line
            .split_once("##[")
            .is_some_and(|(_, rest)| rest.contains(']'));
        today || old
    };
    log.split(['\n', '\r'])
        .filter(is_command)
        .map(str::to_owned)
        .collect()
}

/// The script of a recipe: the lines of its block that begins with `head`.
fn script(text: &str, head: &str) -> String {
    let mut lines = text.lines().skip_while(|line| line.trim() != head);
    let indent = |line: &str| line.len() - line.trim_start().len();
    let depth = indent(lines.next().unwrap());
    let block = lines.take_while(|line| line.trim().is_empty() || indent(line) > depth);
    block.collect::<Vec<_>>().join("\n")
}

/// Runs a script with our program on the PATH, in CI.
fn bash(folder: &Folder, script: &str, variables: &[(&str, &str)]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_groundgate"));
    let script = format!(
        "PATH=\"{}:$PATH\"\n{script}",
        program.parent().unwrap().display()
    );
    Command::new("bash")
        .args(["-e", "-c", &script])
        .current_dir(folder.path())
        .env("CI", "true")
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn approve(folder: &Folder, by: &str) {
    let words = ["--role", "product", "--by", by, "--reason", "fine"];
    let approved = folder.run(&[&["approve", "--env", "prod"][..], &words].concat());
    assert_eq!(approved.code, 0, "{}", approved.err);
}

fn variables<'a>(environment: &'a str, files: &'a [PathBuf; 2]) -> BTreeMap<&'a str, &'a str> {
    BTreeMap::from([
        ("GATE_RUN", "latest"),
        ("GATE_BASELINE", ""),
        ("GATE_ENV", environment),
        ("GATE_POLICY", "git:refs/heads/main:gate.toml"),
        ("GATE_CHANGE_AUTHOR", "ada"),
        ("GATE_REPORT", "groundgate-report"),
        ("GITHUB_STEP_SUMMARY", files[0].to_str().unwrap()),
        ("GITHUB_OUTPUT", files[1].to_str().unwrap()),
    ])
}

#[test]
fn the_github_action_decides_annotates_and_leaves_reports() {
    let action = script(&recipe("ci/github/action.yml"), "run: |");
    for (wrong, environment, code, verdict) in [
        (2, "qa", 0, "pass"),
        (2, "prod", 12, "hold"),
        (60, "qa", 10, "fail"),
    ] {
        let folder = folder(GATE, wrong);
        commit(&folder);
        let files = [
            folder.path().join("summary.md"),
            folder.path().join("output"),
        ];
        let variables: Vec<_> = variables(environment, &files).into_iter().collect();
        let ended = bash(&folder, &action, &variables);
        let err = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(code), "{err}");
        let output = fs::read_to_string(&files[1]).unwrap();
        assert!(output.contains(&format!("\n{verdict}\n")), "{output}");
        assert!(fs::read_to_string(&files[0]).unwrap().starts_with("## "));
        for ending in ["html", "md", "json", "junit.xml"] {
            assert!(
                folder
                    .path()
                    .join(format!("groundgate-report.{ending}"))
                    .is_file(),
                "{ending}: {err}"
            );
        }
        let annotated = commands(&ended.stdout);
        assert_eq!(annotated.is_empty(), verdict == "pass", "{annotated:?}");
        assert!(commands(&ended.stderr).is_empty());
        if verdict == "hold" {
            approve(&folder, "ben");
            for (author, code) in [("ada", 0), ("Ben", 12), ("", 12), ("--report-only", 0)] {
                let mut by = variables.clone();
                by.push(("GATE_CHANGE_AUTHOR", author));
                let ended = bash(&folder, &action, &by);
                assert_eq!(ended.status.code(), Some(code), "{author}");
            }
        }
        let mut stranger = variables.clone();
        stranger.push(("GITHUB_EVENT_NAME", "pull_request_target"));
        assert_eq!(bash(&folder, &action, &stranger).status.code(), Some(2));
        let mut injected = variables;
        injected.push(("GATE_RUN", "--report-only"));
        assert_eq!(
            bash(&folder, &action, &injected).status.code(),
            Some(3),
            "no input is a flag"
        );
    }
}

#[test]
fn the_gitlab_template_keeps_the_exit_code_and_writes_junit() {
    let template = recipe("ci/gitlab.yml");
    let steps: Vec<String> = script(&template, "script:")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- ").map(str::to_owned))
        .take_while(|line| !line.starts_with('['))
        .collect();
    assert_eq!(steps.len(), 3, "{steps:?}");
    assert!(template.contains("exit_codes: [12]"));
    for (wrong, environment, code) in [(2, "qa", 0), (2, "prod", 12), (60, "qa", 10)] {
        let folder = folder(GATE, wrong);
        commit(&folder);
        let variables = [
            ("GATE_RUN", "latest"),
            ("GATE_ENV", environment),
            ("GATE_POLICY", "git:refs/heads/main:gate.toml"),
        ];
        let ended = bash(&folder, &steps.join("\n"), &variables);
        assert_eq!(
            ended.status.code(),
            Some(code),
            "{}",
            String::from_utf8_lossy(&ended.stderr)
        );
        let junit = fs::read_to_string(folder.path().join("groundgate.junit.xml")).unwrap();
        assert!(
            junit.contains("<testcase name=\"groundedness.floor\""),
            "{junit}"
        );
        assert!(commands(&ended.stdout).is_empty() && commands(&ended.stderr).is_empty());
        if code == 12 {
            approve(&folder, "ben");
            for (author, code) in [("ada lovelace", 0), ("Ben", 12), ("", 12)] {
                let author = [("GATE_CHANGE_AUTHOR", author)];
                let variables = [&variables[..], &author].concat();
                let ended = bash(&folder, &steps.join("\n"), &variables);
                assert_eq!(ended.status.code(), Some(code), "{author:?}");
            }
        }
    }
}

#[test]
fn the_databricks_task_ends_with_the_gate_s_exit_code() {
    let Ok(version) = Command::new("python3").arg("--version").output() else {
        eprintln!("skipped: no python3");
        return;
    };
    assert!(version.status.success());
    let task = Path::new(env!("CARGO_MANIFEST_DIR")).join("ci/databricks/task.py");
    let folder = folder(GATE, 2);
    symlink(
        env!("CARGO_BIN_EXE_groundgate"),
        folder.path().join("groundgate"),
    )
    .unwrap();
    let shown = folder.run(&["policy", "show", "--env", "prod", "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    let digest = shown["digest"]["sha256"].as_str().unwrap().to_owned();
    let step = |name: &str, digest: &str, author: &[&str]| {
        let volume = folder.path().to_str().unwrap();
        let ended = Command::new("python3")
            .arg(&task)
            .args([name, volume, digest, "main.copilot.support", "7"])
            .args(author)
            .output()
            .unwrap();
        ended.status.code().unwrap()
    };
    assert_eq!(
        step("approve", &digest, &["cem"]),
        1,
        "a version that was never evaluated"
    );
    let record = folder.records().pop().unwrap();
    let id = record.file_stem().unwrap().to_str().unwrap().to_owned();
    folder.write("runs/of-main.copilot.support-7.id", &id);
    assert_eq!(step("approve", &digest, &["cem"]), 12);
    assert_eq!(
        step("approve", &"0".repeat(64), &["cem"]),
        3,
        "another policy than was pinned"
    );
    assert_ne!(
        step("promote", &digest, &["cem"]),
        0,
        "nothing is promoted that is on hold"
    );
    assert_eq!(step("launch", &digest, &["cem"]), 2);
    approve(&folder, "ana");
    for (author, code) in [(&[][..], 12), (&["Ana"], 12), (&["cem"], 0)] {
        assert_eq!(step("approve", &digest, author), code, "{author:?}");
    }
}

/// A folder in which everything that others write is hostile, with a run imported from it.
fn hostile_folder() -> Folder {
    let lines: Vec<String> = (0..40)
        .map(|index| {
            serde_json::json!({
                "case": {"id": format!("{HOSTILE} {index}"), "question": HOSTILE, "tags": {"product": HOSTILE}},
                "answer": HOSTILE,
                "passages": [{"id": HOSTILE, "text": HOSTILE, "source": HOSTILE}],
                "scores": {"groundedness": u8::from(index % 2 == 0)},
            })
            .to_string()
        })
        .collect();
    let slices =
        "[[rule]]\nid='s'\nkind='slice-floor'\nmetric='groundedness'\nby=['product']\nmin=0.5\n";
    let evidence = "[[rule]]\nid='e'\nkind='evidence'\nfile='::error::f ##[x]'\nvalue='/a'\ndate='/b'\nmax-age='1d'\nmax=1\n";
    let policy = GATE.replace(
        "[[approval]]",
        &format!("why = '::error::why ##[x]y'\n{slices}{evidence}[[approval]]"),
    );
    let policy = policy.replace(
        "[\"change-author\"]",
        "[\"run-initiator\", \"change-author\"]",
    );
    let folder = Folder::with(&[
        ("gate.toml", &policy),
        ("scored.jsonl", &(lines.join("\n") + "\n")),
    ]);
    commit(&folder);
    let import = [
        "runs",
        "import",
        "scored.jsonl",
        "--name",
        HOSTILE,
        "--instrument",
        HOSTILE,
    ];
    let metric = ["--metric", "groundedness=binary"];
    let mut imported = folder.command(&[&import[..], &metric].concat());
    let imported = imported.env("GITHUB_ACTOR", HOSTILE).status().unwrap();
    assert!(imported.success());
    folder
}

/// Everything that others write, in every place that they write it, through every output.
#[test]
fn what_others_wrote_forms_no_command_in_any_log() {
    let folder = hostile_folder();
    let (author, by) = (
        format!("--change-author={HOSTILE}"),
        format!("--by={HOSTILE}"),
    );
    let reason = format!("--reason={HOSTILE}");
    let case = format!("{HOSTILE} 1");
    let git = "--policy=git:refs/heads/main:gate.toml";
    let all: Vec<Vec<&str>> = vec![
        vec!["gate", git, "--env", "qa"],
        vec!["gate", git, "--env", "qa", "--json"],
        vec!["gate", git, "--env", HOSTILE],
        vec!["gate", HOSTILE, git],
        vec!["gate", "--policy", HOSTILE],
        vec!["report", git, "--as", "md"],
        vec!["report", git, "--as", "junit"],
        vec!["report", git, "--as", "csv"],
        vec!["report", git, "--as", "text"],
        vec!["report", git, "--as", "html"],
        vec!["approve", git, "--env=prod", "--role=product", &by, &reason],
        vec!["gate", git, "--env=prod", &author],
        vec!["report", git, "--env=prod", "--as=md", &author],
        vec!["explain", &case],
        vec!["explain", &case, "--json"],
        vec!["explain", HOSTILE],
        vec!["compare", "latest", "latest", "--by", "product"],
        vec!["compare", "latest", "latest", "--json"],
        vec!["runs", "list"],
        vec!["runs", "show"],
        vec!["runs", "export"],
        vec!["policy", "show", "--json"],
        vec!["policy", "lint"],
        vec!["baseline", "set", "latest"],
        vec!["baseline", "show"],
        vec!["watch", "--window", HOSTILE],
    ];
    for arguments in all {
        let output = folder
            .command(&arguments)
            .env("CI", "true")
            .output()
            .unwrap();
        for stream in [&output.stdout, &output.stderr] {
            let found = commands(stream);
            assert!(found.is_empty(), "{arguments:?} gave {found:?}");
        }
    }
    let github = folder
        .command(&["gate", git, "--env", "qa", "--github"])
        .env("CI", "true")
        .output()
        .unwrap();
    let found = commands(&github.stdout);
    let ours = |line: &String| {
        ["::error title=", "::warning title=", "::notice title="]
            .iter()
            .any(|head| line.starts_with(head))
    };
    assert!(
        (1..=10).contains(&found.len()) && found.iter().all(ours),
        "{found:?}"
    );
}
