//! The plain sentence of each finding, and all wording of verdicts and notes; what only one kind of rule
//! says is in its file.

use std::collections::BTreeSet;

use groundgate_model::{
    number::{NumberFormat, Scale, Toward, format_count, format_score, plural},
    trial::{Asked, ControlCounts},
    unit::{UnitInterval, count_to_f64, whole_number},
};
use groundgate_stats::{Estimate, interval::Passes};

use super::{
    controls::{Drift, Rates},
    facts::Waiver,
    summary::Clusters,
    verdict::{AllowedSide, Finding, Verdict},
};

/// A cascade whose cheaper judge the record does not have.
pub(super) fn cheaper_absent(metric: &str) -> String {
    format!(
        "the judge of {metric} is asked where a cheaper one is unsure, whose scores are not in the record"
    )
}

/// Labels and calibrations are for scores of all answers.
pub(super) fn not_corrected(metric: &str) -> String {
    format!(
        "the judge of {metric} is asked where a cheaper one is unsure, and labels or a calibration cannot be joined with its audits; leave one of the two out"
    )
}

/// So few audits show nothing.
pub(super) fn too_few_drawn(metric: &str, n: usize, min: usize) -> String {
    format!(
        "{n} of the answers of which the cheaper judge is sure were audited for {metric}, and at least {min} must be; ask more questions, or raise `audit`"
    )
}

/// How often the expensive judge of a cascade was asked.
pub(super) fn asked(metric: &str, asked: Asked) -> String {
    format!(
        "the judge of {metric} is asked where a cheaper one is unsure, and was asked about {asked}; an answer of which the cheaper one is sure counts as the best or the worst value, corrected by the audits"
    )
}

/// What was asked for is not what the judge alone says.
pub(super) fn labels_unusable(why: &str) -> String {
    format!("cannot tell by the labels that were given: {why}")
}

/// A finding that an estimate was tested for.
pub(super) struct Tested<'a> {
    pub(super) finding: &'a Finding,
    /// What was estimated: the metric, or a number made of it.
    pub(super) quantity: &'a str,
    pub(super) estimate: &'a Estimate,
    /// How many answers people labelled, where that is used.
    pub(super) n_labels: Option<usize>,
    /// What a fail is held against.
    pub(super) fails_at: f64,
    /// Whether its bounds are known to err more often than they say.
    pub(super) is_rough: bool,
}

impl Tested<'_> {
    /// Its sentence.
    pub(super) fn sentence(&self, alpha_pass: f64) -> String {
        let (finding, estimate) = (self.finding, self.estimate);
        let values: Vec<f64> = [Some(estimate.point), estimate.lower, estimate.upper]
            .into_iter()
            .flatten()
            .collect();
        let held_against = if finding.verdict == Verdict::Fail {
            self.fails_at
        } else {
            finding.threshold
        };
        let format = NumberFormat::new(
            Scale::of_unit(&finding.unit),
            finding.is_difference,
            &values,
            Some(held_against),
        );
        let subject = self.subject();
        let (shown, threshold) = (range(&format, estimate), format.bar(held_against));
        let scale = scale(finding, alpha_pass);
        let allowed = match finding.side {
            AllowedSide::AtLeast => format!("at least {threshold} is required{scale}"),
            AllowedSide::AtMost => format!("at most {threshold} is allowed{scale}"),
        };
        match (finding.verdict, finding.side) {
            (Verdict::Pass, AllowedSide::AtLeast) | (Verdict::Fail, AllowedSide::AtMost) => {
                let roughly = if self.is_rough { " (approximate)" } else { "" };
                format!(
                    "{subject} is {}{roughly}; {allowed}",
                    at_least(&format, estimate)
                )
            }
            (Verdict::Pass, AllowedSide::AtMost) | (Verdict::Fail, AllowedSide::AtLeast) => {
                format!("{subject} is {}; {allowed}", at_most(&format, estimate))
            }
            (Verdict::Waived | Verdict::Hold | Verdict::Inconclusive | Verdict::Error, _) => {
                let more = if self.is_rough {
                    APPROXIMATE.to_owned()
                } else {
                    more(finding, estimate)
                };
                format!("cannot tell yet: {subject} is {shown}; {allowed}{more}")
            }
        }
    }

    fn subject(&self) -> String {
        let place = (self.finding.slice.as_ref())
            .map(|slice| format!(" in {slice}"))
            .unwrap_or_default();
        let versus = if self.finding.is_difference {
            ", candidate minus baseline,"
        } else {
            ""
        };
        format!("{}{place}{versus}{}", self.quantity, self.basis())
    }

    /// What the number comes from, if not from the judge's scores as they stand.
    fn basis(&self) -> String {
        let Some(n) = self.n_labels else {
            return String::new();
        };
        let labels = plural(n, "label");
        if self.estimate.method.starts_with("labels alone") {
            format!(" by {labels} of people alone")
        } else {
            format!(" by {labels} of people and the judge's scores")
        }
    }
}

/// Where the threshold comes from, when it is not the policy's own number.
fn scale(finding: &Finding, alpha_pass: f64) -> String {
    let Some(scaled) = finding.scaled else {
        return String::new();
    };
    let share = NumberFormat::plain(Scale::Share, &[]);
    let (side, j, toward) = if finding.verdict == Verdict::Fail {
        ("most", scaled.judge_j_upper, Toward::Up)
    } else {
        ("least", scaled.judge_j_lower, Toward::Down)
    };
    format!(
        " (the margin of {} points that people mean, as this judge sees it: {} J is at {side} {})",
        share.bar(scaled.margin).trim_end_matches('%'),
        confident(alpha_pass),
        NumberFormat::plain(Scale::Amount(""), &[j]).bare(j, toward),
    )
}

fn at_least(format: &NumberFormat<'_>, estimate: &Estimate) -> String {
    let point = format.with_unit(estimate.point, Toward::Nearest);
    match estimate.lower {
        Some(lower) => format!(
            "{point}, {} at least {}",
            confident(estimate.alpha_lower),
            format.with_unit(lower, Toward::Down)
        ),
        None => point,
    }
}

fn at_most(format: &NumberFormat<'_>, estimate: &Estimate) -> String {
    let point = format.with_unit(estimate.point, Toward::Nearest);
    match estimate.upper {
        Some(upper) => format!(
            "{point}, {} at most {}",
            confident(estimate.alpha_upper),
            format.with_unit(upper, Toward::Up)
        ),
        None => point,
    }
}

fn range(format: &NumberFormat<'_>, estimate: &Estimate) -> String {
    format!(
        "{} {}",
        format.with_unit(estimate.point, Toward::Nearest),
        format.interval(estimate.lower, estimate.upper)
    )
}

/// How many more observations would settle it, if the point estimate is right: the width of an
/// interval shrinks with the root of their number.
fn more(finding: &Finding, estimate: &Estimate) -> String {
    let distance = match finding.side {
        AllowedSide::AtLeast => estimate.point - finding.threshold,
        AllowedSide::AtMost => finding.threshold - estimate.point,
    };
    let arm = match finding.side {
        AllowedSide::AtLeast => estimate.lower.map(|lower| estimate.point - lower),
        AllowedSide::AtMost => estimate.upper.map(|upper| upper - estimate.point),
    };
    let Some(arm) = arm.filter(|arm| distance > 0.0 && *arm > distance) else {
        return String::new();
    };
    let factor = (arm / distance).powi(2);
    let needed = count_to_f64(estimate.n) * (factor - 1.0);
    if needed > 20_000.0 {
        return String::new();
    }
    let tens = whole_number((needed / 10.0).ceil() * 10.0);
    let rounded = tens.and_then(|tens| usize::try_from(tens).ok());
    rounded.map_or_else(String::new, |rounded| {
        format!(
            "; about {} more {} would settle it",
            format_count(rounded),
            estimate.unit.plural()
        )
    })
}

pub(super) fn not_measured(metric: &str) -> String {
    format!("no data: the run does not measure {metric}")
}

pub(super) fn impossible(metric: &str, value: f64) -> String {
    format!("a record holds {value} as a score of {metric}, which cannot be")
}

pub(super) fn no_controls(metric: &str) -> String {
    format!("no data: no call of the judge of {metric} carried controls of both kinds")
}

/// Who judges without anybody having measured how well.
pub(super) fn unmeasured(metrics: &[&str], counts: &ControlCounts, alpha: f64) -> String {
    let known = if counts.is_nothing() {
        "and its calls carried no controls".to_owned()
    } else {
        let Rates {
            sensitivity,
            specificity,
        } = Rates::of(counts);
        let rate = |name: &str, rate: Option<Passes>| {
            rate.map_or_else(
                || format!("no {name}"),
                |rate| {
                    format!(
                        "{name} {} (at least {}) on {}",
                        format_score(rate.share(), Toward::Nearest),
                        format_score(rate.clopper_pearson_lower(alpha), Toward::Down),
                        format_count(rate.trials())
                    )
                },
            )
        };
        format!(
            "controls only, which bound nothing subtler than they are: {}, {}; {} of {} calls missed easy ones",
            rate("sensitivity", sensitivity),
            rate("specificity", specificity),
            format_count(counts.calls_failed),
            format_count(counts.calls)
        )
    };
    format!(
        "{} measured by a language model that nobody has measured: no labels from people, no calibration; {known}",
        metrics.join(", ")
    )
}

/// A judge whose calls carried no claims of known label.
pub(super) fn unwatched(metrics: &[&str]) -> String {
    format!(
        "nothing watched the judge of {} while it judged: its calls carried no controls",
        metrics.join(", ")
    )
}

/// A judge that tells controls otherwise than in the baseline's run.
pub(super) fn judge_drifted(metric: &str, drift: &Drift) -> String {
    let told = |rate: Passes| {
        let share = format_score(rate.share(), Toward::Nearest);
        format!("{share} of {}", format_count(rate.trials()))
    };
    format!(
        "warning: the judge of {metric} has changed since the baseline's run: its {} on controls was {} and is {} (p = {:.4}); comparisons with that run compare two judges",
        drift.rate,
        told(drift.before),
        told(drift.now),
        drift.p_value
    )
}

pub(super) fn no_scores(metric: &str, slice: Option<&str>) -> String {
    let place = slice
        .map(|slice| format!(" in {slice}"))
        .unwrap_or_default();
    format!("no data: no trial has a score of {metric}{place}")
}

pub(super) fn too_few(n: usize, min: usize) -> String {
    format!(
        "too few to tell: {} scored, the policy requires {}",
        plural(n, "case"),
        format_count(min)
    )
}

pub(super) fn too_many_missing(n: usize, planned: usize, max: UnitInterval) -> String {
    format!(
        "run invalid for this rule: {} of {} trials have no measurement, more than the {} allowed",
        format_count(n),
        format_count(planned),
        format_score(max.value(), Toward::Nearest)
    )
}

pub(super) fn too_few_applicable(n: usize, of: usize, min: UnitInterval) -> String {
    format!(
        "not applicable to {} of {} answerable trials, which refused or claimed nothing: fewer than the \
         {} that have to be judged",
        format_count(n),
        format_count(of),
        format_score(min.value(), Toward::Nearest)
    )
}

pub(super) fn no_baseline() -> String {
    "there is no baseline to compare with".to_owned()
}

pub(super) fn instruments_differ(metric: &str) -> String {
    format!(
        "candidate and baseline were measured by different judges of `{metric}`; judge the baseline again"
    )
}

/// Five of five is no less than six of ten.
pub(super) fn scales_differ(metric: &str) -> String {
    format!(
        "candidate and baseline have `{metric}` on different scales, which cannot be compared; measure both with the same metric"
    )
}

/// One vote for two hundred questions.
pub(super) fn one_cluster_decides(
    metric: &str,
    unit: &str,
    clusters: Clusters,
    plain: f64,
) -> String {
    let format = NumberFormat::new(Scale::of_unit(unit), false, &[plain], None);
    format!(
        "one cluster has {} of the {} questions and one vote of its mean: over all questions {metric} is {}, so that the means of clusters hide what most customers get; split the cluster, ask more questions of others, or say `estimand = \"suite\"`",
        format_count(clusters.largest),
        format_count(clusters.questions),
        format.with_unit(plain, Toward::Nearest),
    )
}

/// Attempts that differ in number, or not at all.
pub(super) fn attempts_not_paired(candidate: u32, baseline: u32) -> String {
    format!(
        "the candidate was asked {candidate} times and the baseline {baseline} times: against the baseline the questions' means over all attempts are compared, one for each question"
    )
}

/// What is disputed or failed counts for nobody.
pub(super) fn open_scores(metric: &str, n: usize, cells: usize) -> String {
    format!(
        "{metric}: {} of {} scores are known from one end to another only, since a claim is disputed or a vote failed; a pass counts their worst end, a fail their best",
        format_count(n),
        format_count(cells)
    )
}

/// The same question is not asked of another customer because it has another id.
pub(super) fn questions_alike(n: usize, cases: usize) -> String {
    format!(
        "{} of {} questions are asked more than once under different ids, word for word: they count as questions of their own, and what they show is not independent; give those that belong together one `cluster`",
        format_count(n),
        format_count(cases)
    )
}

/// A cache answers, not a copilot.
pub(super) fn attempts_repeat(side: &str) -> String {
    format!(
        "most answers of the {side} to the same question are equal to the letter (a cache, or a model without chance): all attempts at a question count as one"
    )
}

/// The policy's limit is none.
pub(super) fn above_the_cap(metric: &str, above: f64, cap: f64) -> String {
    format!("the policy says that no {metric} is above {cap} (`cap`), and one is {above}")
}

/// A bound that is approximate shows nothing by itself.
const APPROXIMATE: &str = "; the bound is approximate, since the mean of an amount without a limit can hide rare large ones, and passes nothing by itself: state with `cap` what no answer can exceed";

/// The scale of the embedded judge is its own.
pub(super) fn embedded(metrics: BTreeSet<&str>) -> String {
    let metrics: Vec<&str> = metrics.into_iter().collect();
    format!(
        "{} measured by the embedded judge (lexical evidence, not an LLM, not calibrated on your labels): these verdicts are on that judge's own scale",
        metrics.join(", ")
    )
}

pub(super) fn eval_sets_differ() -> String {
    "candidate and baseline answered different eval sets; cases that only one of them has count as missing"
        .to_owned()
}

/// What cannot be told, why, and what was measured all the same.
pub(super) fn cannot_be_told(why: &str, measured: &str) -> String {
    format!("cannot be told: {why}; measured: {measured}")
}

/// What a file says that the change under test could have written.
pub(super) fn unprotected(file: &str, found: &str) -> String {
    format!(
        "`{file}` is from the working tree, where the change under test could have written it; it says: {found}"
    )
}

/// Why nothing that a judge measured can be told.
pub(super) fn unhealthy_judge(rule: &str) -> String {
    format!("its judge is not shown to be healthy (rule {rule})")
}

pub(super) fn waived(waiver: &Waiver, found: &str) -> String {
    format!(
        "waived until {} by {} ({}, to be mended by {}): {found}",
        waiver.expires, waiver.approved_by, waiver.id, waiver.owner
    )
}

pub(super) fn too_many_waivers(used: usize, max: usize) -> String {
    format!("{used} waivers would be used and the policy allows {max}: none of them counts")
}

/// How far a sequential run has come.
pub(super) fn interim(at: &Interim, level: f64) -> String {
    let Interim {
        number,
        of,
        n_seen,
        n_planned,
    } = at;
    format!(
        "sequential run, interim analysis {number} of {of}: {n_seen} of {n_planned} cases; a rule passes here at {}",
        percent(level)
    )
}

/// One interim analysis of a sequential run.
pub(super) struct Interim {
    /// From 1.
    pub(super) number: usize,
    /// How many are planned.
    pub(super) of: usize,
    /// Cases that count in it.
    pub(super) n_seen: usize,
    /// Cases of the whole run.
    pub(super) n_planned: usize,
}

/// Trying again does not help.
pub(super) fn further_try(number: usize, level: f64, first: f64) -> String {
    format!(
        "try {number} of the same plan: a rule passes at {} instead of {}, so that trying again until it passes does not help",
        percent(level),
        percent(first)
    )
}

pub(super) fn no_interim_reached() -> String {
    "no planned interim analysis has been reached".to_owned()
}

pub(super) fn stopped_by_another_policy() -> String {
    "the run was stopped early by another policy, and cannot be judged by this one".to_owned()
}

pub(super) fn stopped_against_another_baseline() -> String {
    "the run was stopped early against another baseline".to_owned()
}

/// What a metric's floors and ceilings speak of, where the policy knows how its judge errs.
pub(super) fn corrected(metric: &str, good: f64, bad: f64) -> String {
    format!(
        "{metric} in floors and ceilings is what people would say, corrected by the judge's calibration (it recognizes {:.0} % of good and {:.0} % of bad answers); this assumes that the judge is as good on this run",
        100.0 * good,
        100.0 * bad
    )
}

/// How confident a one-sided bound of this error rate makes: `95 % confident that`. Never more than it is.
pub fn confident(alpha: f64) -> String {
    // A little more than 0, so that 95 % is not rounded down to 94.99 %.
    let hundredths = ((1.0 - alpha) * 10_000.0 + 1e-6).floor();
    let percent = format!("{:.2}", hundredths / 100.0);
    let percent = percent.trim_end_matches('0').trim_end_matches('.');
    format!("{percent} % confident that")
}

/// A level, with the digits that it needs.
fn percent(level: f64) -> String {
    let percent = level * 100.0;
    if percent >= 0.1 {
        format!("{percent:.2} %")
    } else {
        format!("{percent:.1e} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_is_that_of_the_bound_and_never_more() {
        let shown = [0.05, 0.1, 0.025, 0.012_5, 0.05 / 12.0, 1e-9, 0.2].map(confident);
        let percents = ["95", "90", "97.5", "98.75", "99.58", "99.99", "80"];
        assert_eq!(
            shown,
            percents.map(|percent| format!("{percent} % confident that"))
        );
    }

    #[test]
    fn levels_are_shown_with_the_digits_that_they_need() {
        let shown = [0.05, 0.001, 0.000_99, 1e-9].map(percent);
        assert_eq!(shown, ["5.00 %", "0.10 %", "9.9e-2 %", "1.0e-7 %"]);
    }
}
