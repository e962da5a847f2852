//! What a policy allows and people should think about twice: never a mistake, never a verdict.

use groundgate_model::diagnostic::Mistake;

use super::policy::{Policy, Rule, RuleKind};

/// What is odd about a policy, in the order of its rules, each at the line of its rule.
pub fn policy_warnings(file: &str, policy: &Policy) -> Vec<Mistake> {
    let found = policy.rules.iter().filter(|rule| has_no_margin(rule));
    found
        .map(|rule| {
            let warning = Mistake::in_file(file, no_margin(rule))
                .with_help("say how much worse is still acceptable; `groundgate plan` says what the questions can show");
            match rule.line {
                Some(line) => warning.on_line(line),
                None => warning,
            }
        })
        .collect()
}

/// The same warnings for the notes of a decision, which name no file.
pub(super) fn notes(policy: &Policy) -> impl Iterator<Item = String> {
    let found = policy.rules.iter().filter(|rule| has_no_margin(rule));
    found.map(|rule| match rule.line {
        Some(line) => format!("line {line} of the policy: {}", no_margin(rule)),
        None => no_margin(rule),
    })
}

fn has_no_margin(rule: &Rule) -> bool {
    matches!(rule.kind, RuleKind::NonInferior { margin, .. } if margin <= 0.0)
}

fn no_margin(rule: &Rule) -> String {
    format!(
        "rule `{}` has a margin of 0: an equal candidate would almost never pass",
        rule.id
    )
}
