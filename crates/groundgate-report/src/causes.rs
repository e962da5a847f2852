//! What most likely moved a rule that did not pass: where the losses sit, and what the answers say
//! that they should not.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_gate::{Decision, Finding, RunScores, Verdict};
use groundgate_model::{
    number::{Toward, format_score, plural},
    trial::{ClaimFinding, Label},
    unit::count_to_f64,
};

use super::{
    losses::CaseLoss,
    means::slice_mean,
    model::{Bucket, CaseReport, Cause},
};

/// So many causes are named.
const CAUSES: usize = 4;
/// A slice is named where it holds at least this share of a metric's loss …
const LOSS_SHARE: f64 = 0.5;
/// … and so many times its share of the cases.
const LIFT: f64 = 2.0;

/// The causes of the rules that did not pass, strongest first.
pub(super) fn of(
    decision: &Decision,
    evidence: RunScores<'_>,
    losses: &[CaseLoss],
    cases: &[CaseReport],
) -> Vec<Cause> {
    let worst = decision
        .findings
        .iter()
        .map(|finding| finding.verdict)
        .max();
    let open = decision
        .findings
        .iter()
        .filter(|finding| finding.verdict > Verdict::Pass && Some(finding.verdict) == worst);
    let metrics: BTreeSet<&str> = open
        .clone()
        .map(|finding| finding.metric.as_str())
        .collect();
    let mut places: Vec<(f64, Cause)> = metrics
        .iter()
        .filter_map(|metric| place(metric, evidence, losses))
        .collect();
    places.sort_by(|one, other| other.0.total_cmp(&one.0));
    let said = [Label::Contradicted, Label::NotFound];
    let said = said.into_iter().filter_map(|label| sentences(cases, label));
    let mut found: Vec<Cause> = said
        .chain(places.into_iter().map(|(_, place)| place))
        .collect();
    if found.is_empty() {
        found.extend(open.map(without_place));
    }
    found.truncate(CAUSES);
    found
}

/// The slice in which a metric's losses sit, if they sit in one.
fn place(metric: &str, evidence: RunScores<'_>, losses: &[CaseLoss]) -> Option<(f64, Cause)> {
    let table = evidence.candidate;
    let total: f64 = losses
        .iter()
        .filter_map(|loss| loss.by_metric.get(metric))
        .sum();
    let mut slices: BTreeMap<(&str, &str), (f64, usize, usize)> = BTreeMap::new();
    for loss in losses {
        let lost = loss.by_metric.get(metric).copied().unwrap_or(0.0);
        let case = table.cases.get(loss.case_index);
        for (tag, value) in case.into_iter().flat_map(|case| case.tags.iter()) {
            let slice = slices.entry((tag, value)).or_insert((0.0, 0, 0));
            slice.0 += lost;
            slice.1 += usize::from(lost > 0.0);
            slice.2 += 1;
        }
    }
    let n_cases = count_to_f64(losses.len());
    let lift = |(lost, _, n): &(f64, usize, usize)| (lost / total) / (count_to_f64(*n) / n_cases);
    let ((tag, value), (_, n_lost, n)) = slices
        .iter()
        .filter(|(_, slice)| total > 0.0 && slice.0 >= LOSS_SHARE * total && lift(slice) >= LIFT)
        .max_by(|(_, one), (_, other)| lift(one).total_cmp(&lift(other)))?;
    let ours = slice_mean(table, table.columns.get(metric)?, tag, value)?;
    let baseline = evidence.baseline?;
    let theirs = slice_mean(baseline, baseline.columns.get(metric)?, tag, value)?;
    let n_all = losses
        .iter()
        .filter(|loss| loss.by_metric.contains_key(metric))
        .count();
    let example = losses
        .iter()
        .filter(|loss| {
            let case = table.cases.get(loss.case_index);
            case.is_some_and(|case| case.tags.get(*tag).is_some_and(|v| v == value))
        })
        .max_by(|one, other| {
            let lost = |loss: &CaseLoss| loss.by_metric.get(metric).copied().unwrap_or(0.0);
            lost(one).total_cmp(&lost(other))
        })
        .and_then(|loss| table.cases.get(loss.case_index));
    let cause = Cause {
        sentence: format!(
            "{metric} broke in {tag}={value}: {} instead of {} ({n_lost} of its {} lost, {} of all losses)",
            format_score(ours, Toward::Nearest),
            format_score(theirs, Toward::Nearest),
            plural(*n, "case"),
            share(*n_lost, n_all),
        ),
        example_case: example.map(|case| case.id.clone()),
    };
    Some((total, cause))
}

fn share(part: usize, whole: usize) -> String {
    format_score(
        count_to_f64(part) / count_to_f64(whole.max(1)),
        Toward::Nearest,
    )
}

/// Sentences of regressed answers with a label that those of the baseline do not have.
fn sentences(cases: &[CaseReport], label: Label) -> Option<Cause> {
    let labelled =
        |claims: &[ClaimFinding]| claims.iter().filter(|claim| claim.label == label).count();
    let regressed = cases.iter().filter(|case| case.bucket == Bucket::Regressed);
    let with: Vec<&CaseReport> = regressed
        .filter(|case| {
            let theirs = case
                .baseline
                .as_ref()
                .map_or(0, |answer| labelled(&answer.claims));
            labelled(&case.candidate.claims) > theirs
        })
        .collect();
    let first = with.first()?;
    let claim = first
        .candidate
        .claims
        .iter()
        .find(|claim| claim.label == label)?;
    let what = match label {
        Label::Contradicted => "contradict their passages",
        Label::NotFound => "say what no passage says",
        Label::Supported | Label::NotAClaim => return None,
    };
    let reason = claim
        .reasons
        .first()
        .map(|reason| format!(" ({reason})"))
        .unwrap_or_default();
    (with.len() >= 3).then(|| Cause {
        sentence: format!(
            "{} {what}, as: “{}”{reason}",
            plural(with.len(), "regressed answer"),
            claim.text
        ),
        example_case: Some(first.id.clone()),
    })
}

fn without_place(finding: &Finding) -> Cause {
    Cause {
        sentence: finding.sentence.clone(),
        example_case: finding.worst_cases.first().cloned(),
    }
}
