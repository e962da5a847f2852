//! What people must see beside a verdict.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_model::{
    trial::{ControlCounts, InstrumentKind},
    unit::Digest,
};

use super::{
    calibration, controls,
    interim::View,
    policy::Policy,
    rules::{FactKind, Measure},
    sentence, warning,
};

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
    notes.extend(unmeasured(policy, view, &used));
    notes.extend(open_scores(view, &used));
    notes.extend(drifts(view, &used));
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

/// Scores that are known from one end to another only.
fn open_scores(view: &View<'_>, used: &BTreeSet<&str>) -> Vec<String> {
    let columns = view.candidate.columns.iter();
    let open =
        columns.filter(|(name, column)| used.contains(name.as_str()) && !column.up_to.is_empty());
    open.map(|(name, column)| sentence::open_scores(name, column.up_to.len(), column.cells.len()))
        .collect()
}

/// Judges of which nobody has measured how well they judge, and those that nothing watched: said once for
/// each of them.
fn unmeasured(policy: &Policy, view: &View<'_>, used: &BTreeSet<&str>) -> Vec<String> {
    let has_rule = |metric: &str| {
        policy.release.facts.iter().any(|rule| match &rule.kind {
            FactKind::JudgeHealth(health) => {
                health.measure == Measure::Agreement && health.metric == metric
            }
            FactKind::Evidence(_) | FactKind::Freshness(_) | FactKind::MaxOverlap(_) => false,
        })
    };
    let mut judges: BTreeMap<(bool, Digest), (Vec<&str>, &ControlCounts)> = BTreeMap::new();
    for (name, column) in &view.candidate.columns {
        let is_measured = policy.calibrations.contains_key(name)
            || (view.labels.as_ref()).is_some_and(|labels| labels.has(name))
            || has_rule(name);
        if used.contains(name.as_str()) && column.instrument_kind == InstrumentKind::Model {
            let judge = judges.entry((is_measured, column.instrument));
            let (metrics, _) = judge.or_insert_with(|| (Vec::new(), &column.controls));
            metrics.push(name);
        }
    }
    let alpha = policy.statistics.alpha_pass;
    let judges = judges.iter();
    judges
        .filter_map(|((is_measured, _), (metrics, counts))| {
            if !is_measured {
                return Some(sentence::unmeasured(metrics, counts, alpha));
            }
            counts.is_nothing().then(|| sentence::unwatched(metrics))
        })
        .collect()
}

/// Judges that tell controls otherwise than in the baseline's run: said once for each of them.
fn drifts(view: &View<'_>, used: &BTreeSet<&str>) -> Vec<String> {
    let Some(baseline) = &view.baseline else {
        return Vec::new();
    };
    let mut seen = BTreeSet::new();
    let mut said = Vec::new();
    for (name, column) in &view.candidate.columns {
        let before = baseline.columns.get(name);
        let (Some(before), true) = (before, used.contains(name.as_str())) else {
            continue;
        };
        if seen.insert(column.instrument) {
            let drifts = controls::drift(before, column);
            said.extend(
                drifts
                    .iter()
                    .map(|drift| sentence::judge_drifted(name, drift)),
            );
        }
    }
    said
}
