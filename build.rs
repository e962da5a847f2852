//! Names the commit for `--version`: what `GROUNDGATE_COMMIT` says, else git in a release build. A debug build
//! names none, so that a commit rebuilds nothing. Strips the binary of a release.
#![expect(
    clippy::disallowed_methods,
    reason = "this is how Cargo tells a build script what it builds"
)]

use std::{env, process::Command};

fn main() {
    println!("cargo:rerun-if-env-changed=GROUNDGATE_COMMIT");
    println!("cargo:rerun-if-changed=build.rs");
    let target = env::var("TARGET").unwrap_or_default();
    let profile = env::var("PROFILE").unwrap_or_default();
    let is_linux = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux");
    if profile == "release" && is_linux {
        // Without symbols: Cargo's own `strip` does not reach a package with settings of its own.
        println!("cargo:rustc-link-arg-bins=-Wl,--strip-all");
    }
    let told = env::var("GROUNDGATE_COMMIT").ok();
    let commit = told.filter(|told| !told.is_empty()).or_else(|| {
        let is_release = profile == "release";
        is_release.then(commit).flatten()
    });
    let commit = commit.unwrap_or_else(|| "not named".to_owned());
    println!("cargo:rustc-env=GROUNDGATE_COMMIT={commit}");
    println!("cargo:rustc-env=GROUNDGATE_TARGET={target}");
    println!("cargo:rustc-env=GROUNDGATE_PROFILE={profile}");
}

/// The commit that is checked out, marked where files differ from it.
fn commit() -> Option<String> {
    println!("cargo:rerun-if-changed=.git/HEAD");
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let is_changed = git(&["status", "--porcelain", "--untracked-files=no"])
        .is_some_and(|changes| !changes.is_empty());
    Some(if is_changed {
        format!("{commit}, changed")
    } else {
        commit
    })
}
