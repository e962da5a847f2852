//! What the application may know of the process that it is part of.

use std::{fmt, sync::Arc};

use jiff::Timestamp;

/// How a variable of the environment is looked up.
pub type Variable = dyn Fn(&str) -> Option<String> + Send + Sync;

/// What the application may know of the process that it is part of. It asks nobody else.
#[derive(Clone)]
pub struct Surroundings {
    /// The time, for stamps, ages and run ids.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// A variable of the environment, for secrets and addresses that the configuration names.
    pub variable: Arc<Variable>,
    /// Tells run ids of processes that begin in the same millisecond apart.
    pub process: u32,
    /// Who started this, as the record will say.
    pub initiator: Option<String>,
    /// Whether this is a pipeline, where the working tree is what is under test.
    pub is_ci: bool,
    /// Whether nothing is decided here: pages show what a gate would say.
    pub only_looks: bool,
    /// Another trust file than the one beside the policy: `FILE` or `git:REF:FILE`.
    pub trust: Option<String>,
    /// The time that somebody gave instead of the system's; verdicts say so.
    pub as_of: Option<Timestamp>,
}

impl Surroundings {
    /// The system's clock, and what `variable` says of the environment: a pipeline is recognized by what its
    /// system sets, and who started it by what the system declares.
    pub fn of(variable: Arc<Variable>) -> Self {
        let is_ci = is_ci(variable.as_ref());
        Self {
            initiator: initiator(is_ci, variable.as_ref()),
            is_ci,
            variable,
            ..Self::system()
        }
    }

    /// A program's own: the system's clock, no variables, nobody who started it.
    pub fn system() -> Self {
        Self {
            now: Arc::new(Timestamp::now),
            variable: Arc::new(|_name| None),
            process: std::process::id(),
            initiator: None,
            is_ci: false,
            only_looks: false,
            trust: None,
            as_of: None,
        }
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("process", &self.process)
            .field("initiator", &self.initiator)
            .field("is_ci", &self.is_ci)
            .finish_non_exhaustive()
    }
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

/// Whether a pipeline started this process. An empty variable is none.
pub fn is_ci(variable: &Variable) -> bool {
    CI.into_iter().any(|name| said(variable, name).is_some())
}

/// Who started this process, as CI declares it; outside of CI the local user. A machine is nobody: in CI the
/// local user is one, and so is `root`.
fn initiator(is_ci: bool, variable: &Variable) -> Option<String> {
    let by_ci = [
        "GITHUB_TRIGGERING_ACTOR",
        "GITHUB_ACTOR",
        "GITLAB_USER_LOGIN",
        "BUILD_REQUESTEDFOREMAIL",
        "BUILD_USER_ID",
    ];
    let locally = ["USER", "LOGNAME", "USERNAME"];
    let locally = locally.into_iter().filter(|_| !is_ci);
    let mut names = by_ci
        .into_iter()
        .chain(locally)
        .filter_map(|name| said(variable, name));
    names.find(|name| name != "root")
}

fn said(variable: &Variable, name: &str) -> Option<String> {
    variable(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(set: &'static [(&'static str, &'static str)]) -> Surroundings {
        Surroundings::of(Arc::new(move |asked: &str| {
            let found = set.iter().find(|(name, _)| *name == asked);
            found.map(|(_, value)| (*value).to_owned())
        }))
    }

    #[test]
    fn every_pipeline_is_recognized_and_an_empty_variable_is_none() {
        for name in CI {
            let variable: Box<Variable> =
                Box::new(move |asked| (asked == name).then(|| "1".to_owned()));
            assert!(Surroundings::of(variable.into()).is_ci, "{name}");
        }
        assert!(!of(&[]).is_ci);
        assert!(!of(&[("CI", "")]).is_ci);
    }

    #[test]
    fn who_started_it_is_a_person() {
        let name = |set| of(set).initiator;
        assert_eq!(name(&[("USER", "ann")]).as_deref(), Some("ann"));
        assert_eq!(
            name(&[("USER", "root"), ("LOGNAME", "ann")]).as_deref(),
            Some("ann")
        );
        assert_eq!(name(&[("USER", "runner"), ("CI", "true")]), None);
        let by_ci = name(&[("CI", "true"), ("GITHUB_ACTOR", "bob")]);
        assert_eq!(by_ci.as_deref(), Some("bob"));
    }
}
