//! The clock and the environment of this process.

use std::env;

use jiff::Timestamp;

/// Now, or what `SOURCE_DATE_EPOCH` says, so that reports can be made again byte by byte.
pub(crate) fn now(source_date_epoch: Option<&str>) -> Timestamp {
    source_date_epoch
        .and_then(|text| text.parse().ok())
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or_else(Timestamp::now)
}

/// A variable of the environment; an empty one is none.
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the environment is read"
    )]
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Who started this process, as CI declares it; outside of CI the local user.
pub(crate) fn initiator() -> Option<String> {
    let by_ci = [
        "GITHUB_TRIGGERING_ACTOR",
        "GITHUB_ACTOR",
        "GITLAB_USER_LOGIN",
    ];
    let locally = ["USER", "LOGNAME", "USERNAME"];
    // A machine is nobody: in CI the local user is one, and so is `root`.
    let locally = locally.into_iter().filter(|_| !is_set("CI"));
    let mut names = by_ci.into_iter().chain(locally).filter_map(variable);
    names.find(|name| name != "root")
}

/// Whether a variable says anything.
pub(crate) fn is_set(name: &str) -> bool {
    variable(name).is_some()
}
