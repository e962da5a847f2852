//! The clock and the environment of this process.

use std::env;

use jiff::Timestamp;

/// What the system's clock says.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// What `SOURCE_DATE_EPOCH` says: for bytes that are the same again, and never for a decision.
pub(crate) fn source_date() -> Option<Timestamp> {
    let seconds = variable("SOURCE_DATE_EPOCH")?.parse().ok()?;
    Timestamp::from_second(seconds).ok()
}

/// Variables that CI systems set; most set `CI`, but Azure Pipelines, Jenkins and Databricks do not.
const CI: [&str; 22] = [
    "CI",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "TF_BUILD",
    "JENKINS_URL",
    "JENKINS_HOME",
    "DATABRICKS_RUNTIME_VERSION",
    "TEAMCITY_VERSION",
    "BITBUCKET_BUILD_NUMBER",
    "CODEBUILD_BUILD_ID",
    "BUILDKITE",
    "CIRCLECI",
    "DRONE",
    "GO_PIPELINE_NAME",
    "HARNESS_BUILD_ID",
    "SEMAPHORE",
    "APPVEYOR",
    "TRAVIS",
    "CIRRUS_CI",
    "bamboo_buildKey",
    "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
    "NETLIFY",
];

/// Whether a pipeline started this process.
pub(crate) fn is_ci() -> bool {
    CI.into_iter().any(is_set)
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
        "BUILD_REQUESTEDFOREMAIL",
        "BUILD_USER_ID",
    ];
    let locally = ["USER", "LOGNAME", "USERNAME"];
    // A machine is nobody: in CI the local user is one, and so is `root`.
    let locally = locally.into_iter().filter(|_| !is_ci());
    let mut names = by_ci.into_iter().chain(locally).filter_map(variable);
    names.find(|name| name != "root")
}

/// Whether a variable says anything.
pub(crate) fn is_set(name: &str) -> bool {
    variable(name).is_some()
}
