//! What a policy allows and people should think about twice: never a mistake, never a verdict.

use groundgate_model::diagnostic::Mistake;

use super::policy::Policy;

/// What is odd about a policy, in the order of its rules, each at the line of its rule.
pub fn policy_warnings(file: &str, policy: &Policy) -> Vec<Mistake> {
    let found = warnings(policy).map(|warning| {
        let mistake = Mistake::in_file(file, warning.says)
            .with_help("say how much worse is still acceptable; `groundgate plan` says what the questions can show");
        match warning.line {
            Some(line) => mistake.on_line(line),
            None => mistake,
        }
    });
    found.collect()
}

/// The same warnings for the notes of a decision, which name no file.
pub(super) fn notes(policy: &Policy) -> impl Iterator<Item = String> {
    warnings(policy).map(|warning| match warning.line {
        Some(line) => format!("line {line} of the policy: {}", warning.says),
        None => warning.says,
    })
}

/// What is odd about one rule.
struct Warning {
    line: Option<usize>,
    says: String,
}

fn warnings(policy: &Policy) -> impl Iterator<Item = Warning> {
    policy.rules.iter().filter_map(|rule| {
        Some(Warning {
            line: rule.line,
            says: format!("rule `{}` {}", rule.id, rule.kind.warning()?),
        })
    })
}
