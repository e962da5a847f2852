//! The policy as meant: rules that a release must meet. `policy_file` reads it from TOML.

use std::collections::BTreeMap;

use groundgate_model::unit::Digest;

use super::{
    release_terms::ReleaseTerms,
    terms::{Estimand, JudgeCalibration, OnOpen, Statistics},
};
use crate::rules::RuleKind;

/// The rules of one release, for one environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// For reports.
    pub name: String,
    /// Who may change it.
    pub owner: Option<String>,
    /// How numbers become bounds.
    pub statistics: Statistics,
    /// What becomes of a rule that cannot tell.
    pub on_inconclusive: OnOpen,
    /// Never empty; in the order of the file.
    pub rules: Vec<Rule>,
    /// How well the judge of a metric did on labelled answers, by metric.
    pub calibrations: BTreeMap<String, JudgeCalibration>,
    /// What is not about scores.
    pub release: ReleaseTerms,
    /// Over the resolved policy, so that comments and order of keys do not matter.
    pub digest: Digest,
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Unique in the policy.
    pub id: String,
    /// Why it is there.
    pub why: Option<String>,
    /// Where it stands in the file, from 1.
    pub line: Option<usize>,
    /// What a rule about a mean speaks of; `None`: as the policy's statistics say.
    pub estimand: Option<Estimand>,
    /// What it asks.
    pub kind: RuleKind,
}
