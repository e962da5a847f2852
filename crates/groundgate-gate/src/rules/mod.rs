//! One function per kind of rule: from scores to drafts.

mod amount;
mod count;
mod mean;
mod slices;

use std::collections::BTreeSet;

use groundgate_model::trial::{InstrumentKind, MetricSpec};
use groundgate_stats::{Assessment, StatsError};

use super::{
    calibration,
    decide::{Draft, State},
    look::View,
    policy::{Policy, Rule, RuleKind},
    sentence,
    summary::Sample,
    verdict::{Bar, Counts, Verdict},
    warning,
};

/// So many cases are named with a finding.
const WORST_CASES: usize = 5;

/// The drafts of one rule; never empty.
pub(super) fn drafts(policy: &Policy, rule: &Rule, view: &View<'_>) -> Vec<Draft> {
    let context = Context { policy, rule, view };
    match &rule.kind {
        RuleKind::Floor { metric, min } => {
            vec![context.absolute(metric, Bar::AtLeast, *min, None)]
        }
        RuleKind::Ceiling { metric, max } | RuleKind::MeanMax { metric, max } => {
            vec![context.absolute(metric, Bar::AtMost, *max, None)]
        }
        RuleKind::NonInferior { metric, margin } => vec![context.not_worse(metric, *margin)],
        RuleKind::Superior { metric, by } => vec![context.paired(metric, *by, -by)],
        RuleKind::SliceFloor {
            metric,
            by,
            min,
            min_cases,
            on_thin,
            required,
        } => context.slices(metric, by, (*min, *min_cases, *on_thin), required),
        RuleKind::MustPass {
            metric,
            cases,
            min,
            min_cases,
            repeats,
        } => {
            vec![context.must_pass(metric, cases, *min, (*min_cases, *repeats))]
        }
        RuleKind::MaxCount { metric, max } => vec![context.max_count(metric, *max)],
        RuleKind::MaxErrorRate { max } => vec![context.max_error_rate(*max)],
        RuleKind::Percentile {
            metric,
            quantile,
            max,
        } => {
            vec![context.percentile(metric, *quantile, *max)]
        }
        RuleKind::RatioMax { metric, max } => vec![context.ratio(metric, *max)],
    }
}

/// The draft of a rule that cannot be evaluated, and why.
pub(super) fn broken(policy: &Policy, rule: &Rule, view: &View<'_>, why: String) -> Draft {
    let context = Context { policy, rule, view };
    Draft {
        state: settled(Verdict::Error, why),
        ..context.blank(rule.kind.metric().unwrap_or("errors"), Bar::AtLeast, 0.0)
    }
}

/// What people must see beside the verdict.
pub(super) fn notes(policy: &Policy, view: &View<'_>) -> Vec<String> {
    let mut notes = view.notes(policy);
    notes.extend(warning::notes(policy));
    let used: BTreeSet<&str> = policy
        .rules
        .iter()
        .filter_map(|rule| rule.kind.metric())
        .collect();
    notes.extend(calibration::notes(policy, view, &used));
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
                && !view.labels.is_some_and(|labels| labels.has(name))
        })
        .map(|(name, _)| name.as_str())
        .collect();
    if !offline.is_empty() {
        let names: Vec<&str> = offline.into_iter().collect();
        notes.push(format!(
            "{} measured by the embedded judge (lexical evidence, not an LLM, not calibrated on your labels): these verdicts are on that judge's own scale",
            names.join(", ")
        ));
    }
    if let Some(baseline) = &view.baseline
        && baseline.eval_set_digest != view.candidate.eval_set_digest
    {
        notes.push(
            "candidate and baseline answered different eval sets; cases that only one of them has count as missing"
                .to_owned(),
        );
    }
    notes
}

struct Context<'a> {
    policy: &'a Policy,
    rule: &'a Rule,
    view: &'a View<'a>,
}

impl Context<'_> {
    fn spec(&self, metric: &str) -> Option<&MetricSpec> {
        self.view
            .candidate
            .columns
            .get(metric)
            .map(|column| &column.metric)
    }

    fn blank(&self, metric: &str, bar: Bar, threshold: f64) -> Draft {
        let spec = self.spec(metric);
        Draft {
            id: self.rule.id.clone(),
            metric: metric.to_owned(),
            unit: spec.map(MetricSpec::shown_unit).unwrap_or_default(),
            slice: None,
            threshold,
            bar,
            is_difference: false,
            scaled: None,
            counts: Counts::default(),
            worst_cases: Vec::new(),
            state: no_data(sentence::not_measured(metric)),
        }
    }
}

const fn settled(verdict: Verdict, why: String) -> State {
    State::Settled(verdict, why)
}

fn assessed(assessment: Result<Assessment, StatsError>) -> State {
    match assessment {
        Ok(assessment) => State::Tested(Box::new(assessment)),
        Err(error @ (StatsError::NoData | StatsError::TooFew { .. })) => no_data(error.to_string()),
        Err(error) => settled(Verdict::Error, error.to_string()),
    }
}

/// What cannot be measured is inconclusive, whatever the policy says of the undecided.
const fn no_data(why: String) -> State {
    settled(Verdict::Inconclusive, why)
}

fn worst(sample: &Sample<'_>, bar: Bar) -> Vec<String> {
    let ids = match bar {
        Bar::AtLeast => sample.lowest(WORST_CASES),
        Bar::AtMost => sample.highest(WORST_CASES),
    };
    ids.into_iter().map(|(id, _)| id.to_owned()).collect()
}
