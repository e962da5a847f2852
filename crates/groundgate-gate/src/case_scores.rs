//! What each case has of a metric, and what it lost or won against the baseline: over the same pairs as the
//! rules' differences, with the same worst score where there is no answer. For reports; it decides nothing.

use groundgate_model::{
    trial::{Cell, Column, MetricSpec, ScoreTable},
    unit::count_to_f64,
};

use super::{run_scores::RunScores, summary};

/// One metric, case by case, by the case's place in the candidate's plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CaseScores {
    /// The candidate's mean over its attempts; where it did not answer, the worst score.
    pub candidate: Vec<Option<f64>>,
    /// Candidate − baseline, over the attempts that both have a number of.
    pub difference: Vec<Option<f64>>,
}

/// Where the baseline has each of the candidate's cases: one of the same id and the same text.
pub fn twins(evidence: RunScores<'_>) -> Vec<Option<usize>> {
    let none = vec![None; evidence.candidate.cases.len()];
    let Some(baseline) = evidence.baseline else {
        return none;
    };
    let pairs = summary::both(evidence.candidate, baseline).into_iter();
    let mut found = none;
    for (_, (ours, theirs)) in pairs {
        if let Some(place) = ours.and_then(|place| found.get_mut(place)) {
            *place = theirs;
        }
    }
    found
}

/// A metric case by case; `twins` are those of the same evidence.
pub fn case_scores(
    evidence: RunScores<'_>,
    twins: &[Option<usize>],
    metric: &str,
) -> Option<CaseScores> {
    let candidate = evidence.candidate;
    let ours = candidate.columns.get(metric)?;
    let baseline = evidence.baseline.and_then(|table| {
        let theirs = table.columns.get(metric)?;
        summary::comparable(ours, theirs).ok()?;
        Some((table, theirs))
    });
    let mut found = CaseScores::default();
    for (place, twin) in twins.iter().enumerate() {
        let own = values(candidate, ours, place, Some(&ours.metric));
        found.candidate.push(mean(own.iter().copied().flatten()));
        found
            .difference
            .push(baseline.zip(*twin).and_then(|(pair, twin)| {
                let theirs = values(pair.0, pair.1, twin, None);
                let by_question = candidate.attempts != pair.0.attempts
                    || candidate.repeats_itself
                    || pair.0.repeats_itself;
                difference(&own, &theirs, by_question)
            }));
    }
    Some(found)
}

/// What is known of a case's attempts; of the candidate's own failures, the worst score.
fn values(
    table: &ScoreTable,
    column: &Column,
    case: usize,
    failed_as: Option<&MetricSpec>,
) -> Vec<Option<f64>> {
    let attempts = usize::try_from(table.attempts).unwrap_or(usize::MAX);
    let first = case.saturating_mul(attempts);
    let cells = column.cells.get(first..first.saturating_add(attempts));
    let cells = cells.unwrap_or_default().iter();
    let value = |cell: &Cell| match cell {
        Cell::Scored(value) => Some(*value),
        Cell::Unscored(reason) if reason.is_product_failure() => failed_as?.worst(),
        Cell::NotApplicable | Cell::Unscored(_) => None,
    };
    cells.map(value).collect()
}

fn difference(ours: &[Option<f64>], theirs: &[Option<f64>], by_question: bool) -> Option<f64> {
    if by_question {
        let whole = |side: &[Option<f64>]| mean(side.iter().copied().flatten());
        return Some(whole(ours)? - whole(theirs)?);
    }
    let pairs = ours.iter().zip(theirs);
    mean(pairs.filter_map(|(one, other)| Some((*one)? - (*other)?)))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (n, sum) = values.fold((0_usize, 0.0), |(n, sum), value| (n + 1, sum + value));
    (n > 0).then(|| sum / count_to_f64(n))
}

#[cfg(test)]
mod tests {
    use groundgate_model::{
        exchange::FailureKind,
        trial::{Cell, Unscored},
        unit::Digest,
    };

    use super::*;
    use crate::{
        compare,
        policy::{Slice, Statistics},
        slice_means,
        tests::table,
    };

    /// The candidate: no answer to 0, nothing measured of 1, nothing to measure in 2, another text of 3.
    fn runs() -> (ScoreTable, ScoreTable) {
        let baseline = table("base", 12, |_| Cell::Scored(1.0));
        let mut candidate = table("new", 12, |index| match index {
            0 => Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout)),
            1 => Cell::Unscored(Unscored::NotRun),
            2 => Cell::NotApplicable,
            _ => Cell::Scored(f64::from(u8::from(index > 4))),
        });
        candidate.cases[3].digest = Digest::of(b"another text");
        (candidate, baseline)
    }

    #[test]
    fn no_answer_is_a_loss_and_what_has_no_pair_is_none() {
        let (candidate, baseline) = runs();
        let evidence = RunScores {
            candidate: &candidate,
            baseline: Some(&baseline),
        };
        let twins = twins(evidence);
        assert_eq!((twins[2], twins[3], twins[4]), (Some(2), None, Some(4)));
        let scores = case_scores(evidence, &twins, "groundedness").unwrap();
        let lost = [Some(-1.0), None, None, None, Some(-1.0), Some(0.0)];
        assert_eq!(scores.difference[..6], lost);
        let own = [Some(0.0), None, None, Some(0.0), Some(0.0), Some(1.0)];
        assert_eq!(scores.candidate[..6], own);
        // `compare` counts the same cases.
        let found = compare(&Statistics::default(), evidence, None);
        let one = found.iter().find(|one| one.metric.name == "groundedness");
        assert_eq!(one.unwrap().wins_ties_losses, (0, 7, 2));
    }

    #[test]
    fn attempts_are_paired_as_the_rules_pair_them() {
        let (mut candidate, mut baseline) = (
            table("new", 2, |_| Cell::Scored(1.0)),
            table("base", 2, |_| Cell::Scored(1.0)),
        );
        let set = |table: &mut ScoreTable, cells: [f64; 4]| {
            table.attempts = 2;
            let column = table.columns.get_mut("groundedness").unwrap();
            column.cells = cells.map(Cell::Scored).to_vec();
        };
        set(&mut candidate, [0.0, 1.0, 1.0, 1.0]);
        set(&mut baseline, [1.0, 1.0, 0.0, 1.0]);
        let column = baseline.columns.get_mut("groundedness").unwrap();
        column.cells[1] = Cell::Unscored(Unscored::NotRun);
        let differences = |candidate: &ScoreTable| {
            let evidence = RunScores {
                candidate,
                baseline: Some(&baseline),
            };
            let scores = case_scores(evidence, &twins(evidence), "groundedness");
            scores.unwrap().difference
        };
        assert_eq!(differences(&candidate), [Some(-1.0), Some(0.5)]);
        candidate.repeats_itself = true;
        assert_eq!(differences(&candidate), [Some(-0.5), Some(0.5)]);
    }

    #[test]
    fn means_of_a_slice_are_those_of_its_comparison() {
        let (candidate, baseline) = runs();
        for baseline in [Some(&baseline), None] {
            let evidence = RunScores {
                candidate: &candidate,
                baseline,
            };
            let slices = ["cards", "fees"].map(|value| Slice {
                tag: "product".to_owned(),
                value: value.to_owned(),
            });
            let statistics = Statistics::default();
            let found = slice_means(&statistics, evidence, &slices);
            for (slice, means) in slices.iter().zip(found) {
                for (one, mean) in compare(&statistics, evidence, Some(slice))
                    .iter()
                    .zip(means)
                {
                    assert_eq!(one.metric.name, mean.metric);
                    let point = |estimate: &Option<groundgate_stats::Estimate>| {
                        estimate.as_ref().map(|estimate| estimate.point)
                    };
                    assert_eq!(point(&one.candidate), mean.candidate, "{slice:?} {mean:?}");
                    assert_eq!(point(&one.baseline), mean.baseline, "{slice:?} {mean:?}");
                }
            }
        }
    }
}
