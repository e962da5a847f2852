//! What people must see beside a verdict.

use std::collections::BTreeSet;

use groundgate_model::trial::InstrumentKind;

use super::{calibration, interim::View, policy::Policy, sentence, warning};

/// What people must see beside the verdict.
pub(super) fn notes(policy: &Policy, view: &View<'_>) -> Vec<String> {
    let mut notes = view.notes(&policy.statistics);
    notes.extend(warning::notes(policy));
    let used: BTreeSet<&str> = policy
        .rules
        .iter()
        .filter_map(|rule| rule.kind.metric())
        .collect();
    notes.extend(calibration::notes(&policy.calibrations, view, &used));
    let asked = view
        .candidate
        .asked()
        .into_iter()
        .filter(|(name, _)| used.contains(name));
    notes.extend(asked.map(|(name, asked)| sentence::asked(name, asked)));
    let offline: BTreeSet<&str> = view
        .candidate
        .columns
        .iter()
        .filter(|(name, column)| {
            used.contains(name.as_str())
                && column.instrument_kind == InstrumentKind::Embedded
                && !policy.calibrations.contains_key(*name)
                && !view
                    .labels
                    .as_deref()
                    .is_some_and(|labels| labels.has(name))
        })
        .map(|(name, _)| name.as_str())
        .collect();
    if !offline.is_empty() {
        notes.push(sentence::embedded(offline));
    }
    if view.candidate.n_alike > 0 {
        let cases = view.candidate.cases.len();
        notes.push(sentence::questions_alike(view.candidate.n_alike, cases));
    }
    if view.candidate.repeats_itself {
        notes.push(sentence::attempts_repeat("candidate"));
    }
    if let Some(baseline) = &view.baseline {
        let (ours, theirs) = (view.candidate.attempts, baseline.attempts);
        if baseline.repeats_itself {
            notes.push(sentence::attempts_repeat("baseline"));
        }
        if ours != theirs {
            notes.push(sentence::attempts_not_paired(ours, theirs));
        }
    }
    if let Some(baseline) = &view.baseline
        && baseline.eval_set_digest != view.candidate.eval_set_digest
    {
        notes.push(sentence::eval_sets_differ());
    }
    notes
}
