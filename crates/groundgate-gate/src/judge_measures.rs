//! What is known of the judges behind a verdict, for people to look at: the numbers that rules about
//! judges, calibrations and labels rest on, each with its bounds and its threshold.

use std::collections::BTreeSet;

use groundgate_model::trial::ScoreTable;
use groundgate_stats::{agreement::KappaBound, correction::Recognized, interval::Passes};
use serde::Serialize;

use super::{
    controls::{Rates, calls_passed},
    facts::Facts,
    policy::Policy,
    rules::{
        FactKind, Flips, Health, JudgeHealth, Measure, Source as MeasuredIn, Threshold, of_judge,
    },
    verdict::AllowedSide,
};

/// One number about a judge.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgeMeasure {
    /// The metric that it measures.
    pub metric: String,
    /// What was measured of it, in words.
    pub what: &'static str,
    /// The point, a share; kappa may be below 0.
    pub value: f64,
    /// One-sided bound; `None`: there is none.
    pub lower: Option<f64>,
    /// One-sided bound; `None`: there is none.
    pub upper: Option<f64>,
    /// Answers behind it.
    pub n: usize,
    /// What a rule holds it against: the allowed side, and the threshold.
    pub bar: Option<(AllowedSide, f64)>,
    /// Where it comes from: a file, the policy, the labels.
    pub from: String,
}

/// Everything that is known of the judges of a run, rule by rule, then what calibrations and labels say
/// of metrics that no rule about agreement speaks of. A file about another judge says nothing.
pub fn judge_measures(policy: &Policy, facts: &Facts, candidate: &ScoreTable) -> Vec<JudgeMeasure> {
    let alpha = policy.statistics.alpha_pass;
    let mut all = Vec::new();
    for rule in &policy.release.facts {
        let FactKind::JudgeHealth(JudgeHealth {
            source: MeasuredIn::File { file, .. },
            metric,
            measure,
            threshold,
            ..
        }) = &rule.kind
        else {
            continue;
        };
        let instrument = candidate
            .columns
            .get(metric)
            .map(|column| column.instrument);
        let health = (facts.documents.get(file))
            .and_then(|document| document.as_ref().ok())
            .and_then(|document| of_judge(document, instrument).ok());
        if let Some(health) = health {
            let source = Source {
                metric,
                from: file,
                alpha,
            };
            let threshold = Threshold {
                side: measure.side(),
                value: *threshold,
            };
            all.extend(of_health(&health, *measure, threshold, source));
        }
    }
    let known: Vec<String> = (all.iter())
        .filter(|one| one.what == AGREEMENT)
        .map(|one| one.metric.clone())
        .collect();
    for (metric, calibration) in &policy.calibrations {
        let is_of_judge = (candidate.columns.get(metric)).is_some_and(|column| {
            column
                .instrument
                .to_string()
                .starts_with(&calibration.judge)
        });
        if is_of_judge && !known.contains(metric) {
            let source = Source {
                metric,
                from: "the policy's calibration",
                alpha,
            };
            let both = [calibration.good, calibration.bad];
            all.extend(of_labels(both, None, source));
        }
    }
    all.extend(of_controls(candidate, alpha));
    for column in candidate.columns.values() {
        let labels = facts.labels.as_ref();
        if let Some(both) = labels.and_then(|labels| labels.recognized(column)) {
            let source = Source {
                metric: &column.metric.name,
                from: "labels of this run",
                alpha,
            };
            all.extend(of_labels(both, None, source));
        }
    }
    all
}

/// What the run's own controls say of each of its judges, under the first of its metrics.
fn of_controls(candidate: &ScoreTable, alpha: f64) -> Vec<JudgeMeasure> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for column in candidate.columns.values() {
        if column.controls.is_nothing() || !seen.insert(column.instrument) {
            continue;
        }
        let source = Source {
            metric: &column.metric.name,
            from: "controls of this run",
            alpha,
        };
        let rates = Rates::of(&column.controls);
        let measures = [
            ("supported controls recognized", rates.sensitivity),
            ("unsupported controls recognized", rates.specificity),
            (
                "calls that told easy controls right",
                calls_passed(&column.controls),
            ),
        ];
        let known = measures
            .into_iter()
            .filter_map(|(what, rate)| Some((what, rate?)));
        all.extend(known.map(|(what, rate)| share(what, rate, source)));
    }
    all
}

const AGREEMENT: &str = "agreement with people (kappa)";

/// What numbers about a judge are of, and at which error rate their bounds are.
#[derive(Clone, Copy)]
struct Source<'a> {
    metric: &'a str,
    from: &'a str,
    alpha: f64,
}

fn of_health(
    health: &Health,
    measure: Measure,
    threshold: Threshold,
    source: Source<'_>,
) -> Vec<JudgeMeasure> {
    let flips = |what, flips: Option<Flips>| {
        let passes = flips.and_then(|flips| Passes::new(flips.flipped, flips.n).ok());
        let measured = passes.map(|passes| JudgeMeasure {
            bar: Some((threshold.side, threshold.value)),
            ..share(what, passes, source)
        });
        measured.into_iter().collect()
    };
    match measure {
        Measure::Agreement => {
            let both = health.recognized();
            both.map_or_else(Vec::new, |both| of_labels(both, Some(threshold), source))
        }
        Measure::FlipRate => flips("judged otherwise when asked again", health.flips),
        Measure::AttackFlipRate => flips("turned good by an attack", health.attacked_answers),
        Measure::Controls => Vec::new(),
    }
}

/// What labels say: kappa, and how many of the good and of the bad answers the judge recognizes.
fn of_labels(
    [good, bad]: [Recognized; 2],
    threshold: Option<Threshold>,
    source: Source<'_>,
) -> Vec<JudgeMeasure> {
    let kappa = KappaBound::new(good, bad, source.alpha);
    let ((right_good, n_good), (right_bad, n_bad)) = (good.counts(), bad.counts());
    let agreement = JudgeMeasure {
        metric: source.metric.to_owned(),
        what: AGREEMENT,
        value: kappa.value,
        lower: Some(kappa.lower),
        upper: None,
        n: n_good.saturating_add(n_bad),
        bar: threshold.map(|threshold| (threshold.side, threshold.value)),
        from: source.from.to_owned(),
    };
    let shares = [
        ("good answers recognized", right_good, n_good),
        ("bad answers recognized", right_bad, n_bad),
    ];
    let shares = shares
        .into_iter()
        .filter_map(|(what, right, n)| Some(share(what, Passes::new(right, n).ok()?, source)));
    std::iter::once(agreement).chain(shares).collect()
}

fn share(what: &'static str, passes: Passes, source: Source<'_>) -> JudgeMeasure {
    JudgeMeasure {
        metric: source.metric.to_owned(),
        what,
        value: passes.share(),
        lower: Some(passes.clopper_pearson_lower(source.alpha)),
        upper: Some(passes.clopper_pearson_upper(source.alpha)),
        n: passes.trials(),
        bar: None,
        from: source.from.to_owned(),
    }
}
