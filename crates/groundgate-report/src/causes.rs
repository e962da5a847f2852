//! What most likely moved a rule that did not pass: where the losses sit, and what the answers say
//! that they should not.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_gate::{Decision, Finding, RunScores, Verdict};
use groundgate_model::{
    number::{Toward, format_score, plural},
    trial::{ClaimFinding, Column, Label, ScoreTable},
    unit::count_to_f64,
};

use super::{
    losses::CaseLoss,
    means::{case_mean, gain},
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
    let (column, baseline) = (table.columns.get(metric)?, evidence.baseline?);
    let pair = Pair {
        ours: (table, column),
        theirs: (baseline, baseline.columns.get(metric)?),
    };
    let n_cases = count_to_f64(losses.len());
    let lift = |(lost, _, n): &(f64, usize, usize)| (lost / total) / (count_to_f64(*n) / n_cases);
    let ((tag, value), (_, n_lost, n)) = slices
        .iter()
        .filter(|(_, slice)| total > 0.0 && slice.0 >= LOSS_SHARE * total && lift(slice) >= LIFT)
        // What was won there counts against what was lost: a slice that improved has not broken.
        .filter(|((tag, value), _)| pair.is_worse_in(losses, tag, value))
        .max_by(|(_, one), (_, other)| lift(one).total_cmp(&lift(other)))?;
    let (ours, theirs) = pair.means_in(losses, tag, value)?;
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

/// A metric on both sides.
struct Pair<'a> {
    ours: (&'a ScoreTable, &'a Column),
    theirs: (&'a ScoreTable, &'a Column),
}

impl Pair<'_> {
    /// Both means over the slice's cases that have one on both sides, as the paired difference has them.
    fn means_in(&self, losses: &[CaseLoss], tag: &str, value: &str) -> Option<(f64, f64)> {
        let is_in = |loss: &&CaseLoss| {
            let case = self.ours.0.cases.get(loss.case_index);
            case.is_some_and(|case| case.tags.get(tag).is_some_and(|own| own == value))
        };
        let both = losses.iter().filter(is_in).filter_map(|loss| {
            let ours = case_mean(self.ours.0, self.ours.1, loss.case_index)?;
            let theirs = case_mean(self.theirs.0, self.theirs.1, loss.twin?)?;
            Some((ours, theirs))
        });
        let (n, ours, theirs) = both.fold((0_usize, 0.0, 0.0), |(n, ours, theirs), one| {
            (n + 1, ours + one.0, theirs + one.1)
        });
        let n_cases = count_to_f64(n);
        (n > 0).then(|| (ours / n_cases, theirs / n_cases))
    }

    fn is_worse_in(&self, losses: &[CaseLoss], tag: &str, value: &str) -> bool {
        let means = self.means_in(losses, tag, value);
        means.is_some_and(|(ours, theirs)| gain(&self.ours.1.metric, ours, theirs) < 0.0)
    }
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
    use groundgate_model::trial::{CaseInfo, Cell};

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
        let causes = of(&decision, evidence, &losses, &[]);
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
        assert!(sentence.contains("44.4% instead of 77.8%"), "{sentence}");
    }
}
