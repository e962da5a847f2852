//! Git asked in repositories that somebody else has prepared.

#[cfg(unix)]
use std::os::unix::fs::symlink;
use std::{fs, path::Path, process::Command};

use super::*;
use crate::test_values::Folder;

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example"])
        .args(["-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A repository whose remote's branch `main` says `right`, with a commit beside it that says `wrong`.
fn repository() -> (Folder, String, String) {
    let folder = Folder::new();
    let at = folder.path();
    git(at, &["init", "-q"]);
    let commit = |text: &str| {
        folder.write("gate.toml", text);
        git(at, &["add", "-A"]);
        git(at, &["commit", "-q", "-m", text]);
        git(at, &["rev-parse", "HEAD"])
    };
    let (right, wrong) = (commit("right"), commit("wrong"));
    git(at, &["update-ref", "refs/remotes/origin/main", &right]);
    (folder, right, wrong)
}

fn shown(folder: &Folder, revision: &str) -> Result<String, AppError> {
    let text = Git::in_folder(folder.path()).show(revision, "gate.toml")?;
    Ok(text.unwrap())
}

#[test]
fn a_remote_s_branch_a_full_ref_and_a_commit_are_read() {
    let (folder, right, wrong) = repository();
    for (revision, said) in [
        ("origin/main", "right"),
        ("refs/remotes/origin/main", "right"),
        (right.as_str(), "right"),
        (wrong.as_str(), "wrong"),
        ("HEAD", "wrong"),
        ("refs/heads/main", "wrong"),
    ] {
        assert_eq!(shown(&folder, revision).unwrap(), said, "{revision}");
    }
    git(folder.path(), &["tag", "-a", "v1", "-m", "x", &right]);
    assert_eq!(shown(&folder, "refs/tags/v1").unwrap(), "right");
    git(folder.path(), &["pack-refs", "--all"]);
    assert_eq!(shown(&folder, "origin/main").unwrap(), "right");
    assert_eq!(shown(&folder, "refs/tags/v1").unwrap(), "right");
}

#[test]
fn what_git_would_prefer_makes_a_short_name_ambiguous() {
    for (rival, is_packed) in [
        ("refs/tags/origin/main", false),
        ("refs/tags/origin/main", true),
        ("refs/heads/origin/main", false),
        ("refs/origin/main", false),
    ] {
        let (folder, _, wrong) = repository();
        git(folder.path(), &["update-ref", rival, &wrong]);
        if is_packed {
            git(folder.path(), &["pack-refs", "--all"]);
        }
        let error = shown(&folder, "origin/main").unwrap_err();
        assert!(error.to_string().contains("is ambiguous"), "{error}");
        assert_eq!(shown(&folder, "refs/remotes/origin/main").unwrap(), "right");
    }
    let (folder, _, wrong) = repository();
    fs::create_dir(folder.path().join(".git/origin")).unwrap();
    fs::write(folder.path().join(".git/origin/main"), wrong).unwrap();
    assert!(shown(&folder, "origin/main").is_err());
}

#[test]
fn other_short_names_are_no_revisions() {
    let (folder, right, _) = repository();
    git(folder.path(), &["tag", "v1", &right]);
    for revision in [
        "main",
        "v1",
        &right[..12],
        "HEAD~1",
        "@",
        "origin/main~1",
        "refs/heads/../../HEAD",
        "refs/heads/nowhere",
        "refs/replace/x",
        "-x",
        "",
    ] {
        assert!(shown(&folder, revision).is_err(), "{revision}");
    }
}

#[test]
fn replaced_objects_symbolic_links_folders_and_submodules_are_not_read() {
    let (folder, right, wrong) = repository();
    let at = folder.path();
    git(at, &["replace", &right, &wrong]);
    assert_eq!(shown(&folder, "origin/main").unwrap(), "right");
    git(
        at,
        &[
            "update-index",
            "--add",
            "--cacheinfo",
            &format!("160000,{right},sub"),
        ],
    );
    let link = folder.write("elsewhere", "gate.toml");
    let blob = git(at, &["hash-object", "-w", link.to_str().unwrap()]);
    git(
        at,
        &[
            "update-index",
            "--add",
            "--cacheinfo",
            &format!("120000,{blob},link"),
        ],
    );
    let blob = git(at, &["rev-parse", "HEAD:gate.toml"]);
    git(
        at,
        &[
            "update-index",
            "--add",
            "--cacheinfo",
            &format!("100644,{blob},d/a"),
        ],
    );
    git(at, &["commit", "-q", "-m", "odd"]);
    for (path, kind) in [
        ("sub", "a submodule"),
        ("link", "a symbolic link"),
        ("d", "a folder"),
    ] {
        let error = Git::in_folder(at).show("HEAD", path).unwrap_err();
        assert!(error.to_string().contains(kind), "{error}");
    }
    assert_eq!(Git::in_folder(at).show("HEAD", "none").unwrap(), None);
    assert!(Git::in_folder(at).show("HEAD", "d/a").unwrap().is_some());
    #[cfg(unix)]
    {
        let loose = at.join(".git/refs/remotes/origin/linked");
        symlink("main", loose).unwrap();
        assert!(shown(&folder, "origin/linked").is_err());
    }
}

/// Each of these starts a program when git itself is asked here.
#[test]
fn nothing_that_a_repository_configures_is_started() {
    let (folder, right, _) = repository();
    let at = folder.path();
    let mark = at.join("started");
    let touch = format!("touch {}", mark.display());
    for (key, value) in [
        ("core.fsmonitor", touch.as_str()),
        ("core.hooksPath", "hooks"),
        ("diff.external", &touch),
        ("filter.x.clean", &touch),
        ("core.pager", &touch),
        ("core.sshCommand", &touch),
    ] {
        git(at, &["config", key, value]);
    }
    folder.write(".gitattributes", "* filter=x diff=x\n");
    folder.write("gate.toml", "edited");
    let asked = Git::in_folder(at);
    assert!(asked.revision().unwrap().ends_with('+'));
    assert_eq!(shown(&folder, &right).unwrap(), "right");
    assert!(asked.tracks(&at.join("gate.toml")).unwrap());
    assert!(!asked.tracks(&at.join(".gitattributes")).unwrap());
    assert!(!mark.exists());
}

/// A bare repository as files of the checkout, with a missing object that git would fetch.
#[test]
fn a_bare_repository_among_the_files_is_no_repository() {
    let (folder, _, _) = repository();
    let inside = folder.path().join("eval");
    git(folder.path(), &["clone", "-q", "--bare", ".", "eval"]);
    let mark = folder.path().join("started");
    let upload = format!("touch {}; git-upload-pack", mark.display());
    for (key, value) in [
        ("core.repositoryformatversion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", &upload),
        ("core.fsmonitor", &upload),
    ] {
        git(&inside, &["config", key, value]);
    }
    let asked = Git::in_folder(&inside);
    assert_eq!(asked.root().unwrap(), folder.path().canonicalize().unwrap());
    let text = asked.show("origin/main", "gate.toml").unwrap();
    assert_eq!(text.as_deref(), Some("right"));
    assert!(asked.revision().is_some());
    assert!(!mark.exists());
}

#[test]
fn a_worktree_of_another_folder_is_read() {
    let (folder, _, wrong) = repository();
    let other = Folder::new();
    let beside = other.path().join("beside");
    git(
        folder.path(),
        &[
            "worktree",
            "add",
            "-q",
            "--detach",
            beside.to_str().unwrap(),
        ],
    );
    let asked = Git::in_folder(&beside);
    let text = asked.show("origin/main", "gate.toml").unwrap();
    assert_eq!(text.as_deref(), Some("right"));
    assert_eq!(asked.revision(), Some(wrong));
    assert!(asked.tracks(&beside.join("gate.toml")).unwrap());
}

#[test]
fn outside_of_a_repository_there_is_none() {
    let folder = Folder::new();
    let asked = Git::in_folder(folder.path());
    assert_eq!(asked.revision(), None);
    assert!(asked.root().is_err());
    let file = folder.write("a", "");
    assert!(!asked.tracks(&file).unwrap());
}
