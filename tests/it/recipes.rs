//! The recipes in `ci/` as the services' own schemas see them: GitHub's and GitLab's JSON Schemas,
//! Databricks' own classes, and pre-commit itself. Skipped, and said so, without the tests' Python.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::{
    program::{Folder, POLICY},
    release::commit,
};

/// Reads the jobs of a bundle into Databricks' own classes, and back again.
const READ_BUNDLE: &str = "
import sys, yaml
from databricks.bundles.jobs import Job
for job in yaml.safe_load(open(sys.argv[1]))['resources']['jobs'].values():
    assert Job.from_dict(job).as_dict() == job, 'a key is lost'
    print([task['task_key'] for task in job['tasks']])
";

fn tool(name: &str) -> Option<PathBuf> {
    let found = env::var_os("GROUNDGATE_TEST_VENV")
        .map(|venv| PathBuf::from(venv).join("bin").join(name))
        .filter(|path| path.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: {name} is not installed in GROUNDGATE_TEST_VENV");
    }
    found
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes))
        .concat()
}

#[test]
fn github_and_gitlab_accept_the_recipes_by_their_schemas() {
    let Some(check) = tool("check-jsonschema") else {
        return;
    };
    let folder = Folder::with(&[]);
    let check = |schema: &str, file: &Path| {
        let mut command = Command::new(&check);
        command.args(["--builtin-schema", schema]).arg(file);
        command.output().unwrap()
    };
    for (schema, recipe) in [
        ("vendor.github-actions", "ci/github/action.yml"),
        ("vendor.github-workflows", "ci/github/release-gate.yml"),
        ("vendor.github-workflows", "ci/github/release.yml"),
        ("vendor.gitlab-ci", "ci/gitlab.yml"),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(recipe);
        let output = check(schema, &path);
        assert!(output.status.success(), "{recipe}: {}", said(&output));
        folder.write("broken.yml", "jobs: {gate: {steps: 1, script: {}}}");
        assert!(
            !check(schema, &folder.path().join("broken.yml"))
                .status
                .success()
        );
    }
}

#[test]
fn databricks_classes_read_every_key_of_the_bundle_s_job() {
    let Some(python) = tool("python") else { return };
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("ci/databricks/databricks.yml");
    let mut command = Command::new(python);
    let output = command
        .args(["-c", READ_BUNDLE])
        .arg(recipe)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(
        said(&output).trim(),
        "['evaluate', 'approve', 'promote']",
        "the tasks in their order"
    );
}

#[test]
fn pre_commit_runs_the_hooks_and_stops_a_broken_policy() {
    let Some(pre_commit) = tool("pre-commit") else {
        return;
    };
    let hooks = include_str!("../../.pre-commit-hooks.yaml");
    let ours = Folder::with(&[(".pre-commit-hooks.yaml", hooks), ("gate.toml", POLICY)]);
    let theirs = Folder::project("http://127.0.0.1:9", 6);
    commit(&ours);
    commit(&theirs);
    let program = Path::new(env!("CARGO_BIN_EXE_groundgate"));
    let path = env::var_os("PATH").unwrap();
    let ours_first = [program.parent().unwrap().to_owned()].into_iter();
    let path = env::join_paths(ours_first.chain(env::split_paths(&path))).unwrap();
    let run = || {
        Command::new(&pre_commit)
            .arg("try-repo")
            .arg(ours.path())
            .arg("--all-files")
            .current_dir(theirs.path())
            .env("PATH", &path)
            .env("PRE_COMMIT_HOME", ours.path().join("home"))
            .output()
            .unwrap()
    };
    let good = run();
    assert!(good.status.success(), "{}", said(&good));
    assert_eq!(said(&good).matches("Passed").count(), 2, "{}", said(&good));
    theirs.write("gate.toml", &POLICY.replace("min    = 0.5", "min    = nan"));
    let bad = run();
    assert_eq!(bad.status.code(), Some(1));
    assert_eq!(said(&bad).matches("Failed").count(), 2, "{}", said(&bad));
    assert!(said(&bad).contains("gate.toml:"), "{}", said(&bad));
}
