//! Who said what of a verdict, what is waived, and when the release is taken back.
//!
//! `cli` makes it from the facts that the gate was given; `html` and `json` show it. It decides
//! nothing: what stands here is what the findings were made from.

use groundgate_gate::{
    Canary, Facts, Finding, Policy, ReleaseDecision, Review, RollbackKind, RollbackRule, confident,
    reviews_by_role,
};
use groundgate_model::{
    number::{NumberFormat, Scale, plural},
    trial::{MetricSpec, ScoreTable},
};
use serde::Serialize;

/// What people see of approvals, waivers and rollback.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SignOff {
    /// One for each role that the policy wants, in its order.
    pub approvals: Vec<ApprovalRow>,
    /// Those in force where the candidate is to go, used or not.
    pub waivers: Vec<WaiverRow>,
    /// When the release is taken back, one condition each; empty where the policy has no canary.
    pub rollback: Vec<String>,
}

/// One role's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApprovalRow {
    /// The policy's rule that wants it.
    pub rule: String,
    /// In which role.
    pub role: String,
    /// What was said.
    pub state: ApprovalState,
    /// Who said it; `None` while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When, RFC 3339 in UTC; `None` while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// What was said in a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalState {
    /// Nothing that counts.
    Open,
    /// Yes.
    Approved,
    /// No.
    Rejected,
}

/// A waiver in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaiverRow {
    /// Its id.
    pub id: String,
    /// The rule's id.
    pub rule: String,
    /// Only that slice of a rule about slices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice: Option<String>,
    /// What has to be shown instead of the rule's own bar, with its unit.
    pub bar: String,
    /// Its last day.
    pub expires: String,
    /// Who has to mend it.
    pub owner: String,
    /// Who allowed it.
    pub approved_by: String,
    /// Where the mending is tracked.
    pub ticket: String,
    /// Why.
    pub reason: String,
    /// Whether this verdict needed it.
    pub is_used: bool,
}

impl SignOff {
    /// From what the gate was told and what it said.
    pub fn new(
        policy: &Policy,
        facts: &Facts,
        settled: &ReleaseDecision,
        candidate: &ScoreTable,
    ) -> Self {
        let findings = &settled.decision.findings;
        let rules = policy.release.approvals.iter();
        let approvals = rules.flat_map(|rule| {
            let reviews = reviews_by_role(rule, settled.subject, facts).into_iter();
            reviews.map(|one| ApprovalRow {
                rule: rule.id.clone(),
                role: one.role.to_owned(),
                state: match one.given.map(|given| given.review) {
                    None => ApprovalState::Open,
                    Some(Review::Approve) => ApprovalState::Approved,
                    Some(Review::Reject) => ApprovalState::Rejected,
                },
                by: one.given.map(|given| given.by.clone()),
                at: one.given.map(|given| given.at.to_string()),
            })
        });
        let waivers = facts.waivers.iter();
        let waivers = waivers
            .filter(|one| one.is_in_force(facts.at) && one.holds_in(&facts.environment))
            .map(|one| WaiverRow {
                id: one.id.clone(),
                rule: one.rule.clone(),
                slice: one.slice.clone(),
                bar: waived_bar(&one.rule, one.threshold, findings),
                expires: one.expires.to_string(),
                owner: one.owner.clone(),
                approved_by: one.approved_by.clone(),
                ticket: one.ticket.clone(),
                reason: one.reason.clone(),
                is_used: findings
                    .iter()
                    .filter_map(|finding| finding.waived.as_ref())
                    .any(|waived| waived.id == one.id),
            });
        let canary = policy.release.canary.as_ref();
        Self {
            approvals: approvals.collect(),
            waivers: waivers.collect(),
            rollback: canary.map_or_else(Vec::new, |canary| {
                conditions(canary, candidate, policy.statistics.alpha_pass)
            }),
        }
    }
}

/// A waiver's bar in the unit of the rule that it is about.
fn waived_bar(rule: &str, bar: f64, findings: &[Finding]) -> String {
    let of_slices = format!("{rule}/");
    let about = findings
        .iter()
        .find(|finding| finding.id == rule || finding.id.starts_with(&of_slices));
    match about {
        None => bar.to_string(),
        Some(finding) => with_unit(bar, &finding.unit, finding.is_difference),
    }
}

/// All digits of a bar, without the sign of a gain.
fn with_unit(bar: f64, unit: &str, is_difference: bool) -> String {
    let format = NumberFormat::new(Scale::of_unit(unit), is_difference, &[bar], Some(bar));
    format.bar(bar).trim_start_matches('+').to_owned()
}

/// `alpha` is the error rate of each bound that a window is held against.
fn conditions(canary: &Canary, candidate: &ScoreTable, alpha: f64) -> Vec<String> {
    let rules = canary.rules.iter();
    let mut all: Vec<String> = rules
        .map(|rule| condition(rule, candidate, alpha))
        .collect();
    let thin = plural(canary.min_answers, "answer");
    all.push(in_a_row(
        &format!("fewer than {thin} in a window"),
        canary.thin_windows,
    ));
    all
}

/// `95 % confident that groundedness is more than 5 points worse than before, 2 windows in a row`
fn condition(rule: &RollbackRule, candidate: &ScoreTable, alpha: f64) -> String {
    let confident = confident(alpha);
    let what = match &rule.kind {
        RollbackKind::NonInferior { metric, margin } => {
            let spec = candidate.columns.get(metric).map(|column| &column.metric);
            let unit = spec.map_or_else(String::new, MetricSpec::shown_unit);
            let margin = with_unit(*margin, &unit, true);
            format!("{confident} {metric} is more than {margin} worse than the old version’s")
        }
        RollbackKind::MaxCount { metric, max: 0 } => format!("any {metric}"),
        RollbackKind::MaxCount { metric, max } => format!("more than {max} of {metric}"),
        RollbackKind::RateMax { metric, max, .. } => {
            let spec = candidate.columns.get(metric).map(|column| &column.metric);
            let unit = spec.map_or_else(String::new, MetricSpec::shown_unit);
            format!("{metric} above {} an hour", with_unit(*max, &unit, false))
        }
        RollbackKind::MaxErrorRate { max } => {
            let max = with_unit(max.value(), "", false);
            format!("{confident} more than {max} of the answers never came")
        }
    };
    in_a_row(&what, rule.consecutive)
}

fn in_a_row(what: &str, windows: usize) -> String {
    if windows > 1 {
        format!("{what}, {windows} windows in a row")
    } else {
        what.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use groundgate_gate::{Approval, ApprovalRule, RunScores, Waiver, decide_release, read_policy};
    use groundgate_model::{
        trial::{Column, ControlCounts, DataType, InstrumentKind},
        unit::Digest,
    };
    use jiff::Timestamp;

    use super::*;

    const POLICY: &str = r#"
schema = "groundgate.policy/1"
name   = "test"
[[rule]]
id     = "floor"
kind   = "floor"
metric = "groundedness"
min    = 0.9
[canary]
min-answers = 150
[[canary.rollback]]
id          = "quality"
kind        = "non-inferior"
metric      = "groundedness"
margin      = 0.05
consecutive = 2
[[canary.rollback]]
id     = "leak"
kind   = "max-count"
metric = "pii_leak"
max    = 0
[[canary.rollback]]
id   = "errors"
kind = "max-error-rate"
max  = 0.02
"#;

    fn policy() -> Policy {
        let spec = MetricSpec::score("groundedness", DataType::Fraction);
        let known = BTreeMap::from([(spec.name.clone(), spec)]);
        let mut policy = read_policy("gate.toml", POLICY, None, &known).unwrap();
        policy.release.approvals = vec![ApprovalRule {
            id: "launch".to_owned(),
            why: None,
            line: None,
            roles: vec!["product".to_owned(), "security".to_owned()],
            valid_for: groundgate_gate::Age::parse("72h").unwrap(),
            not_by: std::collections::BTreeSet::new(),
        }];
        policy
    }

    fn candidate() -> ScoreTable {
        let column = Column {
            metric: MetricSpec::score("groundedness", DataType::Fraction),
            instrument: Digest::of(b"judge"),
            instrument_name: "a judge".to_owned(),
            instrument_kind: InstrumentKind::Model,
            cells: Vec::new(),
            up_to: BTreeMap::new(),
            cascade: None,
            controls: ControlCounts::default(),
        };
        ScoreTable {
            looks: None,
            repeats_itself: false,
            n_alike: 0,
            earlier_tries: Vec::new(),
            run_id: "run".to_owned(),
            variant: "v42".to_owned(),
            eval_set_digest: Digest::of(b"set"),
            cases: Vec::new(),
            attempts: 1,
            columns: BTreeMap::from([("groundedness".to_owned(), column)]),
        }
    }

    fn waiver(id: &str, environment: &str, expires: &str) -> Waiver {
        Waiver {
            id: id.to_owned(),
            rule: "floor".to_owned(),
            slice: None,
            environments: vec![environment.to_owned()],
            threshold: 0.85,
            reason: "re-index".to_owned(),
            owner: "ana".to_owned(),
            approved_by: "ben".to_owned(),
            ticket: "T-1".to_owned(),
            created: "2026-11-01".parse().unwrap(),
            expires: expires.parse().unwrap(),
            digest: Digest::of(b"w"),
        }
    }

    fn sign_off(at: Timestamp) -> SignOff {
        let (policy, candidate) = (policy(), candidate());
        let evidence = RunScores {
            candidate: &candidate,
            baseline: None,
        };
        let mut facts = Facts {
            environment: "prod".to_owned(),
            waivers: vec![
                waiver("W-1", "prod", "2026-11-30"),
                waiver("W-2", "prod", "2026-11-20"),
                waiver("W-3", "test", "2026-11-30"),
            ],
            ..Facts::none(at)
        };
        let subject = decide_release(&policy, evidence, &facts).subject;
        facts.approvals = vec![Approval {
            subject,
            role: "product".to_owned(),
            by: "ana".to_owned(),
            at,
            review: Review::Approve,
        }];
        let settled = decide_release(&policy, evidence, &facts);
        SignOff::new(&policy, &facts, &settled, &candidate)
    }

    #[test]
    fn roles_are_given_or_open_and_only_waivers_in_force_here_stand() {
        let at = "2026-11-25T12:00:00Z".parse().unwrap();
        let sign_off = sign_off(at);
        let said: Vec<(&str, ApprovalState, Option<&str>)> = (sign_off.approvals.iter())
            .map(|row| (row.role.as_str(), row.state, row.by.as_deref()))
            .collect();
        assert_eq!(
            said,
            [
                ("product", ApprovalState::Approved, Some("ana")),
                ("security", ApprovalState::Open, None),
            ]
        );
        let waivers: Vec<(&str, &str, &str, bool)> = (sign_off.waivers.iter())
            .map(|row| {
                (
                    row.id.as_str(),
                    row.bar.as_str(),
                    row.expires.as_str(),
                    row.is_used,
                )
            })
            .collect();
        assert_eq!(waivers, [("W-1", "85%", "2026-11-30", false)]);
    }

    #[test]
    fn rollback_is_said_in_words() {
        let sign_off = sign_off("2026-11-25T12:00:00Z".parse().unwrap());
        assert_eq!(
            sign_off.rollback,
            [
                "95 % confident that groundedness is more than 5 points worse than the old version’s, 2 windows in a row",
                "any pii_leak",
                "95 % confident that more than 2% of the answers never came",
                "fewer than 150 answers in a window, 3 windows in a row",
            ]
        );
    }
}
