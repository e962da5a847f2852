//! What most likely moved a rule that did not pass: where the losses sit, and what the answers say
//! that they should not.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_gate::{
    Decision, Finding, Policy, RunScores, Slice, Statistics, Verdict, slice_means,
};
use groundgate_model::{
    number::{NumberFormat, Scale, Toward, format_score, plural},
    trial::{ClaimFinding, Label},
    unit::count_to_f64,
};

use super::{
    losses::CaseLoss,
    means::gain,
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
    policy: &Policy,
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
        .filter_map(|metric| place(metric, &policy.statistics, evidence, losses))
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

/// What a slice has of a metric's losses.
#[derive(Clone, Copy, Default)]
struct Lost {
    sum: f64,
    worse: usize,
    /// Cases with a difference to the baseline.
    n: usize,
}

/// The slice in which a metric's losses sit, if they sit in one.
fn place(
    metric: &str,
    statistics: &Statistics,
    evidence: RunScores<'_>,
    losses: &[CaseLoss],
) -> Option<(f64, Cause)> {
    let spec = &evidence.candidate.columns.get(metric)?.metric;
    let compared: Vec<&CaseLoss> = losses
        .iter()
        .filter(|loss| loss.compared.contains(metric))
        .collect();
    let lost = |loss: &CaseLoss| loss.by_metric.get(metric).copied().unwrap_or(0.0);
    let tags = |loss: &CaseLoss| {
        let case = evidence.candidate.cases.get(loss.case_index);
        case.map(|case| case.tags.clone()).unwrap_or_default()
    };
    let mut slices: BTreeMap<(String, String), Lost> = BTreeMap::new();
    for loss in &compared {
        let own = tags(loss);
        for (tag, value) in own.iter() {
            let slice = slices.entry((tag.clone(), value.clone())).or_default();
            slice.sum += lost(loss);
            slice.worse += usize::from(lost(loss) > 0.0);
            slice.n += 1;
        }
    }
    let total: f64 = compared.iter().map(|loss| lost(loss)).sum();
    let n_cases = count_to_f64(compared.len());
    let lift = |slice: &Lost| (slice.sum / total) / (count_to_f64(slice.n) / n_cases);
    let found = slices
        .into_iter()
        .filter(|(_, slice)| total > 0.0 && slice.sum >= LOSS_SHARE * total && lift(slice) >= LIFT)
        .filter_map(|((tag, value), slice)| {
            let named = Slice { tag, value };
            let means = slice_means(statistics, evidence, std::slice::from_ref(&named));
            let mean = means
                .into_iter()
                .flatten()
                .find(|mean| mean.metric == metric)?;
            Some((named, slice, mean.candidate.zip(mean.baseline)?))
        })
        // What was won there counts against what was lost: a slice that improved has not broken.
        .filter(|(_, _, (ours, theirs))| gain(spec, *ours, *theirs) < 0.0)
        .max_by(|(_, one, _), (_, other, _)| lift(one).total_cmp(&lift(other)));
    let (Slice { tag, value }, slice, (ours, theirs)) = found?;
    let n_all = compared.iter().filter(|loss| lost(loss) > 0.0).count();
    let is_in = |loss: &&&CaseLoss| tags(loss).get(&tag) == Some(&value);
    let example = compared.iter().filter(is_in);
    let example = example.max_by(|one, other| lost(one).total_cmp(&lost(other)));
    let example = example.map(|loss| loss.case_index);
    let example = example.and_then(|place| evidence.candidate.cases.get(place));
    let (unit, both) = (spec.shown_unit(), [ours, theirs]);
    let shown = |mean: f64| {
        NumberFormat::plain(Scale::of_unit(&unit), &both).with_unit(mean, Toward::Nearest)
    };
    let cause = Cause {
        sentence: format!(
            "{metric} broke in {tag}={value}: {} instead of {} ({} of its {} lost, {} of all that lost)",
            shown(ours),
            shown(theirs),
            slice.worse,
            plural(slice.n, "compared case"),
            share(slice.worse, n_all),
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

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use groundgate_gate::{decide, read_policy};
    use groundgate_model::trial::{CaseInfo, Cell, ScoreTable};

    use super::*;
    use crate::{csv::tests::table, losses::losses};

    const POLICY: &str = "schema = \"groundgate.policy/1\"\nname = \"test\"\n[[rule]]\nid = \"floor\"\nkind = \"floor\"\nmetric = \"groundedness\"\nmin = 0.95\n";

    /// One attempt at each of so many cases, of which the first ten are of one topic.
    fn scored(n: usize, good: impl Fn(usize) -> bool) -> ScoreTable {
        let mut table = table("0");
        table.attempts = 1;
        let case = table.cases[0].clone();
        table.cases = (0..n)
            .map(|place| CaseInfo {
                id: place.to_string(),
                tags: Arc::new(BTreeMap::from([(
                    "topic".to_owned(),
                    if place < 10 { "warranty" } else { "other" }.to_owned(),
                )])),
                ..case.clone()
            })
            .collect();
        for column in table.columns.values_mut() {
            column.cells = (0..n)
                .map(|place| Cell::Scored(f64::from(u8::from(good(place)))))
                .collect();
        }
        table
    }

    fn said(candidate: &ScoreTable, baseline: &ScoreTable) -> String {
        let known = candidate.columns.values();
        let known = known
            .map(|column| (column.metric.name.clone(), column.metric.clone()))
            .collect();
        let policy = read_policy("gate.toml", POLICY, None, &known).unwrap();
        let evidence = RunScores {
            candidate,
            baseline: Some(baseline),
        };
        let decision = decide(&policy, evidence);
        let losses = losses(&policy, &decision, evidence);
        let causes = of(&decision, &policy, evidence, &losses, &[]);
        let sentences = causes.into_iter().map(|cause| cause.sentence);
        sentences.collect::<Vec<_>>().join("; ")
    }

    /// One case lost and two won is no break, whatever share of all losses the one is.
    #[test]
    fn a_slice_that_improved_has_not_broken() {
        let baseline = scored(60, |place| !matches!(place, 0 | 1 | 20..40));
        let improved = scored(60, |place| !matches!(place, 2 | 20..40));
        let broken = scored(60, |place| !matches!(place, 0..=4 | 20..40));
        let of_improved = said(&improved, &baseline);
        assert!(!of_improved.contains("broke in"), "{of_improved}");
        let of_broken = said(&broken, &baseline);
        assert!(
            of_broken.contains("broke in topic=warranty: 50.0% instead of 80.0%"),
            "{of_broken}"
        );
    }

    /// A case that one side has not is in neither of the two means.
    #[test]
    fn both_means_of_a_slice_are_over_the_same_cases() {
        let broken = scored(60, |place| !matches!(place, 0..=4 | 20..40));
        let mut baseline = scored(60, |place| !matches!(place, 0 | 1 | 20..40));
        baseline.cases[9].id = "another".to_owned();
        let sentence = said(&broken, &baseline);
        let expected = "44.4% instead of 77.8% (3 of its 9 compared cases lost";
        assert!(sentence.contains(expected), "{sentence}");
    }
}
