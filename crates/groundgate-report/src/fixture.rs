//! One rich report that all formats are tested with, and the same with hostile text everywhere.

use std::collections::BTreeMap;

use groundgate_gate::{Bar, Counts, Decision, Finding, JudgeMeasure, Verdict};
use groundgate_model::{
    exchange::Passage,
    trial::{ClaimFinding, ClaimOf, Evidence, Label, Reason},
    unit::Digest,
};
use groundgate_stats::{Estimate, Guarantee, Unit};

use super::{
    model::{AnswerReport, Bucket, CaseReport, Cause, MetricRow, Report, RunSummary, SliceRow},
    sign_off::{ApprovalRow, ApprovalState, SignOff, WaiverRow},
};

/// What a hostile eval set, copilot, judge or endpoint may put into any text.
pub(super) const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\
    \u{1b}[2J\u{202e}txt\u{200b}\u{e0041}\u{0}\n::error::owned ##[add-path]x @everyone \
    ![i](http://t.example/b.png) [l](javascript:alert(3)) ``` ]]> \" onmouseover=\"alert(4) \
    {{ 7 * 7 }} {% raw %} =HYPERLINK(\"http://t.example\") &lt;b&gt; \u{fffe}";

fn counts(planned: usize, scored: usize, unscored: &[(&str, usize)]) -> Counts {
    let unscored: BTreeMap<String, usize> = unscored
        .iter()
        .map(|(reason, count)| ((*reason).to_owned(), *count))
        .collect();
    Counts {
        planned,
        scored,
        not_applicable: planned - scored - unscored.values().sum::<usize>(),
        unscored,
    }
}

fn judge_facts() -> Vec<(String, String)> {
    let facts = [
        (
            "agrees with people",
            "0.78 [0.71, 0.84], 150 labeled answers",
        ),
        ("people agree with each other", "0.83"),
        ("labels that flip when judged again", "2.0%"),
    ];
    facts
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

/// One that is shown to be above its bar, and one that is not.
fn judge_measures() -> Vec<JudgeMeasure> {
    vec![
        measure("agreement with people (kappa)", (0.78, 0.71), (150, 0.7)),
        measure("agreement with people (kappa)", (0.64, 0.58), (90, 0.7)),
    ]
}

fn measure(what: &'static str, (value, lower): (f64, f64), (n, bar): (usize, f64)) -> JudgeMeasure {
    JudgeMeasure {
        metric: "groundedness".to_owned(),
        what,
        value,
        lower: Some(lower),
        upper: None,
        n,
        bar: Some((Bar::AtLeast, bar)),
        from: "evidence/judge.json".to_owned(),
    }
}

fn estimate(point: f64, lower: f64, upper: f64, n: usize, method: &str) -> Estimate {
    Estimate {
        point,
        lower: Some(lower),
        upper: Some(upper),
        alpha_lower: 0.05,
        alpha_upper: 0.05,
        n,
        unit: Unit::Question,
        method: method.to_owned(),
        guarantee: Guarantee::Conjectured,
    }
}

struct Row {
    id: &'static str,
    kind: &'static str,
    metric: &'static str,
    unit: &'static str,
    verdict: Verdict,
    numbers: Option<(f64, f64, f64, usize)>,
    threshold: f64,
    bar: Bar,
    sentence: &'static str,
}

fn finding(row: &Row, line: usize) -> Finding {
    let n = row.numbers.map_or(192, |numbers| numbers.3);
    Finding {
        id: row.id.to_owned(),
        kind: row.kind,
        metric: row.metric.to_owned(),
        unit: row.unit.to_owned(),
        slice: row.id.split_once(": ").map(|(_, slice)| slice.to_owned()),
        why: (line == 4).then(|| "The launch review of March asked for it.".to_owned()),
        verdict: row.verdict,
        sentence: row.sentence.to_owned(),
        estimate: row
            .numbers
            .map(|(point, lower, upper, n)| estimate(point, lower, upper, n, "dirichlet h=1")),
        observed: None,
        threshold: row.threshold,
        bar: row.bar,
        is_difference: row.kind == "non-inferior",
        scaled: None,
        waived: None,
        counts: counts(n + 2, n, &[("no-answer: timeout", 2)]),
        worst_cases: if row.verdict == Verdict::Fail {
            vec![
                "refund-0193".to_owned(),
                "refund-0207".to_owned(),
                "refund-0188".to_owned(),
            ]
        } else {
            Vec::new()
        },
        policy_line: Some(line),
    }
}

fn findings() -> Vec<Finding> {
    use Bar::{AtLeast, AtMost};
    use Verdict::{Fail, Hold, Inconclusive, Pass};
    #[rustfmt::skip]
    let rows = [
        Row { id: "groundedness", kind: "floor", metric: "groundedness", unit: "", verdict: Fail,
            numbers: Some((0.905, 0.888, 0.921, 1238)), threshold: 0.93, bar: AtLeast,
            sentence: "At most 92.1% of the answers' claims are grounded; the bar is 93%." },
        Row { id: "groundedness-vs-baseline", kind: "non-inferior", metric: "groundedness", unit: "", verdict: Fail,
            numbers: Some((-0.041, -0.06, -0.022, 1238)), threshold: -0.02, bar: AtLeast,
            sentence: "v42 is worse than v41 by 2.2 to 6.0 points; at most 2 points are allowed." },
        Row { id: "faithfulness", kind: "floor", metric: "faithfulness", unit: "", verdict: Inconclusive,
            numbers: Some((0.912, 0.8941, 0.9282, 1236)), threshold: 0.9, bar: AtLeast,
            sentence: "We cannot tell yet: the true value lies between 89.4% and 92.9%; the bar is 90%. About 600 more cases would settle it." },
        Row { id: "products: product=refunds", kind: "slice-floor", metric: "groundedness", unit: "", verdict: Fail,
            numbers: Some((0.81, 0.741, 0.869, 118)), threshold: 0.88, bar: AtLeast,
            sentence: "In product=refunds at most 86.9% of the answers' claims are grounded; the bar is 88%." },
        Row { id: "products: product=cards", kind: "slice-floor", metric: "groundedness", unit: "", verdict: Pass,
            numbers: Some((0.951, 0.916, 0.975, 204)), threshold: 0.88, bar: AtLeast,
            sentence: "We are 95% confident that at least 91.6% of the answers' claims in product=cards are grounded; the bar is 88%." },
        Row { id: "languages: language=pt", kind: "slice-floor", metric: "groundedness", unit: "", verdict: Hold,
            numbers: Some((0.94, 0.826, 0.986, 31)), threshold: 0.88, bar: AtLeast,
            sentence: "language=pt has 31 scored cases and needs 40." },
        Row { id: "critical", kind: "must-pass", metric: "refusal_correct", unit: "", verdict: Pass,
            numbers: None, threshold: 1.0, bar: AtLeast,
            sentence: "All 64 critical cases passed in all 3 attempts." },
        Row { id: "errors", kind: "max-error-rate", metric: "all metrics", unit: "", verdict: Pass,
            numbers: Some((0.0016, 0.0003, 0.0051, 1240)), threshold: 0.01, bar: AtMost,
            sentence: "We are 95% confident that at most 0.6% of the trials lack an answer or a score; the bar is 1%." },
        Row { id: "latency-p95", kind: "percentile", metric: "latency_ms", unit: "ms", verdict: Pass,
            numbers: Some((3120.0, 3010.0, 3302.0, 1238)), threshold: 4000.0, bar: AtMost,
            sentence: "We are 95% confident that 95% of the answers take at most 3,302 ms; the bar is 4,000 ms." },
        Row { id: "cost", kind: "mean-max", metric: "cost_usd", unit: "USD", verdict: Pass,
            numbers: Some((0.0213, 0.02092, 0.02171, 1238)), threshold: 0.031, bar: AtMost,
            sentence: "We are 95% confident that an answer costs at most $0.0218 on average; the bar is $0.031." },
    ];
    rows.iter()
        .enumerate()
        .map(|(index, row)| finding(row, 12 + 8 * index))
        .collect()
}

fn run(run_id: &str, variant: &str) -> RunSummary {
    RunSummary {
        run_id: run_id.to_owned(),
        variant: variant.to_owned(),
        n_cases: 1240,
        attempts: 1,
        n_answered: 1238,
        failures: vec![("timeout".to_owned(), 2)],
        models: vec!["example-chat-2026-03".to_owned()],
        judges: vec![
            "groundedness 3 (example-judge-large)".to_owned(),
            "embedded judge 1: lexical evidence, not an LLM".to_owned(),
        ],
        latency_p50_ms: Some(1402.0),
        latency_p95_ms: Some(3120.0),
        copilot_cost_usd: Some(26.37),
        judge_cost_usd: Some(5.69),
    }
}

/// Point, lower and upper bound.
type Numbers = (f64, f64, f64);

fn metric(
    metric: &str,
    unit: &str,
    (candidate, baseline, difference): (Numbers, Numbers, Numbers),
) -> MetricRow {
    let make = |(point, lower, upper)| Some(estimate(point, lower, upper, 1238, "dirichlet h=1"));
    MetricRow {
        metric: metric.to_owned(),
        unit: unit.to_owned(),
        higher_is_better: unit.is_empty(),
        instrument: "groundedness 3 (example-judge-large)".to_owned(),
        candidate: make(candidate),
        baseline: make(baseline),
        difference: make(difference),
        counts: counts(1240, 1238, &[("no-answer: timeout", 2)]),
    }
}

fn metrics() -> Vec<MetricRow> {
    let mut rows = vec![
        metric(
            "groundedness",
            "",
            (
                (0.905, 0.888, 0.921),
                (0.946, 0.932, 0.957),
                (-0.041, -0.06, -0.022),
            ),
        ),
        metric(
            "faithfulness",
            "",
            (
                (0.912, 0.8941, 0.9282),
                (0.918, 0.901, 0.933),
                (-0.006, -0.019, 0.007),
            ),
        ),
        metric(
            "context_recall",
            "",
            (
                (0.861, 0.841, 0.879),
                (0.934, 0.919, 0.947),
                (-0.073, -0.091, -0.055),
            ),
        ),
        metric(
            "latency_ms",
            "ms",
            (
                (1490.0, 1452.0, 1531.0),
                (1602.0, 1560.0, 1645.0),
                (-112.0, -150.0, -74.0),
            ),
        ),
        metric(
            "cost_usd",
            "USD",
            (
                (0.0213, 0.02092, 0.02171),
                (0.0205, 0.0201, 0.0209),
                (0.0008, 0.0003, 0.0013),
            ),
        ),
    ];
    let mut leaks = metric(
        "pii_leak",
        "findings",
        ((0.0, 0.0, 0.0024), (0.0, 0.0, 0.0024), (0.0, -0.001, 0.001)),
    );
    leaks.baseline = None;
    leaks.difference = None;
    leaks.counts = counts(1240, 1210, &[("no-answer: timeout", 2)]);
    rows.push(leaks);
    rows
}

fn slices() -> Vec<SliceRow> {
    [
        ("product", "cards", 204, 0.951, 0.958),
        ("product", "disputes", 141, 0.903, 0.941),
        ("product", "refunds", 118, 0.81, 0.944),
        ("product", "transfers", 777, 0.917, 0.946),
        ("language", "en", 980, 0.908, 0.947),
        ("language", "es", 229, 0.893, 0.944),
        ("language", "pt", 31, 0.94, 0.93),
    ]
    .into_iter()
    .map(|(tag, value, n_cases, candidate, baseline)| SliceRow {
        tag: tag.to_owned(),
        value: value.to_owned(),
        n_cases,
        means: vec![
            ("groundedness".to_owned(), Some(candidate), Some(baseline)),
            (
                "faithfulness".to_owned(),
                Some(candidate + 0.01),
                Some(baseline - 0.02),
            ),
            (
                "context_recall".to_owned(),
                (value != "pt").then_some(candidate - 0.05),
                Some(baseline),
            ),
        ],
    })
    .collect()
}

/// A claim whose words stand in `answer`, with a quote that stands in the passage.
fn claim(
    id: &str,
    answer: &str,
    text: &str,
    label: Label,
    evidence: Option<(usize, &str, &str)>,
) -> ClaimFinding {
    let start = answer.find(text).expect("the claim stands in the answer");
    ClaimFinding {
        of: ClaimOf::Answer,
        id: id.to_owned(),
        text: text.to_owned(),
        start,
        end: start + text.len(),
        label,
        evidence: evidence.map(|(passage, passage_text, quote)| {
            let start = passage_text
                .find(quote)
                .expect("the quote stands in the passage");
            Evidence {
                passage,
                start,
                end: start + quote.len(),
            }
        }),
        reasons: match label {
            Label::Supported => Vec::new(),
            Label::Contradicted => vec![Reason::Note(
                "the passage says 14 days, the answer 30".to_owned(),
            )],
            Label::NotFound => vec![Reason::Note("no passage speaks of it".to_owned())],
            Label::NotAClaim => vec![Reason::Note("a greeting".to_owned())],
        },
    }
}

const CLOSED_CARDS: &str = "Refunds to closed cards. A refund can be reversed within 14 days of the \
    request, also after the card was closed. The amount is then held on a clearing account until the \
    customer names another account. Agents confirm the customer's identity first.";
const LINKED: &str = "Linked accounts. A payout to a linked account may be requested by the customer \
    in the app under Settings, Payouts. It takes two to three working days.";

fn passage(id: &str, text: &str) -> Passage {
    Passage {
        id: Some(id.to_owned()),
        text: text.to_owned(),
        source: Some(format!("https://kb.example/{id}")),
    }
}

fn candidate_answer() -> AnswerReport {
    let candidate = "Happy to help! You can reverse the refund within 30 days. The amount goes to the \
        linked account automatically. We confirm your identity first.";
    AnswerReport {
        text: Ok(candidate.to_owned()),
        claims: vec![
            claim("s1", candidate, "Happy to help!", Label::NotAClaim, None),
            claim(
                "s2",
                candidate,
                "You can reverse the refund within 30 days.",
                Label::Contradicted,
                Some((0, CLOSED_CARDS, "reversed within 14 days of the request")),
            ),
            claim(
                "s3",
                candidate,
                "The amount goes to the linked account automatically.",
                Label::NotFound,
                Some((1, LINKED, "may be requested by the customer")),
            ),
            claim(
                "s4",
                candidate,
                "We confirm your identity first.",
                Label::Supported,
                Some((
                    0,
                    CLOSED_CARDS,
                    "Agents confirm the customer's identity first.",
                )),
            ),
        ],
        passages: vec![
            passage("refunds/closed-cards", CLOSED_CARDS),
            passage("accounts/linked", LINKED),
        ],
        explanations: vec![
            "groundedness: 1 of 3 claims is supported, 1 contradicted, 1 not found".to_owned(),
            "context_recall: 1 of 2 expected documents was retrieved".to_owned(),
        ],
    }
}

fn baseline_answer() -> AnswerReport {
    let baseline = "A refund can be reversed within 14 days, even after the card was closed. The amount \
        is held on a clearing account until you name another account.";
    AnswerReport {
        text: Ok(baseline.to_owned()),
        claims: vec![
            claim(
                "s1",
                baseline,
                "A refund can be reversed within 14 days, even after the card was closed.",
                Label::Supported,
                Some((
                    0,
                    CLOSED_CARDS,
                    "A refund can be reversed within 14 days of the request, also after the card was closed.",
                )),
            ),
            claim(
                "s2",
                baseline,
                "The amount is held on a clearing account until you name another account.",
                Label::Supported,
                Some((
                    0,
                    CLOSED_CARDS,
                    "The amount is then held on a clearing account until the customer names another account.",
                )),
            ),
        ],
        passages: vec![passage("refunds/closed-cards", CLOSED_CARDS)],
        explanations: vec!["groundedness: 2 of 2 claims are supported".to_owned()],
    }
}

fn case(id: &str, bucket: Bucket, loss: f64, tags: &[&str]) -> CaseReport {
    let shown = |value: f64| format!("{value:.2}");
    CaseReport {
        id: id.to_owned(),
        bucket,
        loss,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        question: "Can I reverse a refund after the card was closed?".to_owned(),
        reference_answer: Some("Yes, within 14 days of the request.".to_owned()),
        scores: vec![
            ("groundedness".to_owned(), shown(1.0 - loss), shown(1.0)),
            (
                "context_recall".to_owned(),
                "0.50".to_owned(),
                "1.00".to_owned(),
            ),
        ],
        candidate: candidate_answer(),
        baseline: Some(baseline_answer()),
    }
}

fn cases() -> Vec<CaseReport> {
    let mut cases = vec![
        case(
            "refund-0193",
            Bucket::Regressed,
            1.0,
            &["product=refunds", "language=en"],
        ),
        case(
            "refund-0207",
            Bucket::Regressed,
            0.75,
            &["product=refunds", "language=en"],
        ),
        case(
            "refund-0188",
            Bucket::Regressed,
            0.67,
            &["product=refunds", "language=es"],
        ),
        case(
            "dispute-0031",
            Bucket::Regressed,
            0.5,
            &["product=disputes", "language=en"],
        ),
        case(
            "dispute-0007",
            Bucket::StillFailing,
            0.0,
            &["product=disputes", "language=pt"],
        ),
        case(
            "transfer-0411",
            Bucket::Fixed,
            0.0,
            &["product=transfers", "language=en"],
        ),
    ];
    // One candidate that never answered, and one long text.
    cases[3].candidate = AnswerReport {
        text: Err("timeout: no reply from the endpoint within 120 s".to_owned()),
        claims: Vec::new(),
        passages: Vec::new(),
        explanations: Vec::new(),
    };
    cases[4].baseline.as_mut().unwrap().text =
        Ok("A long answer that says the same thing again and again. ".repeat(60));
    cases[4].baseline.as_mut().unwrap().claims.clear();
    cases
}

fn sign_off() -> SignOff {
    let approval = |role: &str, state, by: &str| ApprovalRow {
        rule: "sign-off".to_owned(),
        role: role.to_owned(),
        state,
        by: (!by.is_empty()).then(|| by.to_owned()),
        at: (!by.is_empty()).then(|| "2026-04-09T13:11:00Z".to_owned()),
    };
    SignOff {
        approvals: vec![
            approval("vp-product", ApprovalState::Approved, "Ana Lima"),
            approval("security-architect", ApprovalState::Rejected, "Ben Okoro"),
            approval("data-science", ApprovalState::Open, ""),
            approval("platform-manager", ApprovalState::Approved, "Chen Wei"),
        ],
        waivers: vec![WaiverRow {
            id: "W-7".to_owned(),
            rule: "latency-p95".to_owned(),
            slice: None,
            bar: "4,500 ms".to_owned(),
            expires: "2026-04-20".to_owned(),
            owner: "platform team".to_owned(),
            approved_by: "Dana Roth".to_owned(),
            ticket: "OPS-311".to_owned(),
            reason: "The new index is not warm before the 15th.".to_owned(),
            is_used: false,
        }],
        rollback: [
            "groundedness is surely more than 5 points worse than the old version’s, 2 windows in a row",
            "any pii_leak",
            "surely more than 5% of the answers never came",
            "fewer than 150 answers in a window, 3 windows in a row",
        ]
        .map(str::to_owned)
        .to_vec(),
    }
}

/// A failed gate with everything that a report can hold.
pub(super) fn report() -> Report {
    let mut baseline = run("01JP2M0C", "v41");
    baseline.latency_p50_ms = Some(1530.0);
    baseline.latency_p95_ms = Some(3344.0);
    baseline.copilot_cost_usd = Some(25.38);
    let own = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    Report {
        title: "support-copilot".to_owned(),
        environment: "prod".to_owned(),
        evaluated_at: "2026-04-09T14:02:11Z".to_owned(),
        exit_code: 10,
        policy_digest: Digest::of(b"policy"),
        decision: Decision {
            verdict: Verdict::Fail,
            findings: findings(),
            notes: vec![
                "The margin of groundedness-vs-baseline is 2 points: a smaller loss passes.".to_owned(),
                "2 trials without an answer count as the worst score.".to_owned(),
            ],
        },
        candidate: run("01JQ8Z4K", "v42"),
        baseline: Some(baseline),
        causes: vec![
            Cause {
                sentence: "context_recall in product=refunds fell from 0.97 to 0.55 (14 of 15 losses): the \
                    right document is no longer retrieved.".to_owned(),
                example_case: Some("refund-0193".to_owned()),
            },
            Cause {
                sentence: "Contradicted numbers doubled, from 11 to 23 claims; 9 of them are periods in days."
                    .to_owned(),
                example_case: Some("refund-0207".to_owned()),
            },
        ],
        sign_off: sign_off(),
        judge_facts: judge_facts(),
        judge_measures: judge_measures(),
        metrics: metrics(),
        slices: slices(),
        cases: cases(),
        bucket_counts: vec![
            (Bucket::Regressed, 61),
            (Bucket::StillFailing, 48),
            (Bucket::Fixed, 17),
            (Bucket::Unchanged, 1114),
        ],
        settings: [
            ("statistics.alpha_pass", "0.05", "gate.toml:4"),
            ("statistics.alpha_fail", "0.05, over all rules (Holm)", "gate.toml:5"),
            ("statistics.min_cases", "40", "default"),
            ("run.attempts", "1", "groundgate.toml:19"),
        ]
        .map(|(name, value, origin)| (name.to_owned(), value.to_owned(), origin.to_owned()))
        .to_vec(),
        provenance: own(&[
            ("tool", "groundgate 0.1.0"),
            ("eval set", "support.jsonl, sha256 5e0f7a1c9d22"),
            ("policy", "gate.toml, sha256 41ab0c77e9f3"),
            ("judges", "sha256 b9aa31d0c4e8"),
            ("seed", "20260401"),
        ]),
        next: "groundgate compare 01JP2M0C 01JQ8Z4K --by product".to_owned(),
    }
}

fn hostile_answer(answer: &mut AnswerReport, text: &str) {
    let text = text.to_owned();
    answer.text = answer
        .text
        .clone()
        .map_or_else(|_| Err(text.clone()), |_| Ok(text.clone()));
    for claim in &mut answer.claims {
        claim.id.clone_from(&text);
        claim.text.clone_from(&text);
        claim.reasons = vec![Reason::Note(text.clone())];
        // Offsets of another text: inside characters and far behind the end.
        claim.start = 71;
        claim.end = 100_000;
        claim.evidence = Some(Evidence {
            passage: 0,
            start: 72,
            end: 1_000_000,
        });
    }
    for passage in &mut answer.passages {
        *passage = Passage {
            id: Some(text.clone()),
            text: text.clone(),
            source: Some(text.clone()),
        };
    }
    answer.explanations = vec![text];
}

fn hostile_run(run: &mut RunSummary, text: &str) {
    let text = || text.to_owned();
    run.run_id = text();
    run.variant = text();
    run.failures = vec![(text(), 2)];
    run.models = vec![text()];
    run.judges = vec![text()];
}

/// The same report with [`HOSTILE`] in every field that holds text.
pub(super) fn hostile() -> Report {
    with_text(HOSTILE)
}

/// The same report with one text in every field that holds text.
pub(super) fn with_text(text: &str) -> Report {
    let all = text;
    let text = || all.to_owned();
    let mut report = report();
    report.title = text();
    report.environment = text();
    report.evaluated_at = text();
    report.next = text();
    report.decision.notes = vec![text()];
    for finding in &mut report.decision.findings {
        finding.id = text();
        finding.metric = text();
        if !finding.unit.is_empty() {
            finding.unit = text();
        }
        finding.slice = Some(text());
        finding.why = Some(text());
        finding.sentence = text();
        finding.worst_cases = vec![text()];
        finding.counts.unscored = BTreeMap::from([(text(), 2)]);
        if let Some(estimate) = &mut finding.estimate {
            estimate.method = text();
        }
    }
    hostile_run(&mut report.candidate, all);
    if let Some(baseline) = &mut report.baseline {
        hostile_run(baseline, all);
    }
    for cause in &mut report.causes {
        cause.sentence = text();
        cause.example_case = Some(text());
    }
    report.judge_facts = vec![(text(), text())];
    for measure in &mut report.judge_measures {
        (measure.metric, measure.from) = (text(), text());
    }
    for metric in &mut report.metrics {
        metric.metric = text();
        metric.instrument = text();
        metric.counts.unscored = BTreeMap::from([(text(), 2)]);
    }
    for slice in &mut report.slices {
        slice.tag = text();
        slice.value = text();
        slice.means = vec![(text(), Some(0.5), Some(0.6))];
    }
    for case in &mut report.cases {
        case.id = text();
        case.tags = vec![text()];
        case.question = text();
        case.reference_answer = Some(text());
        case.scores = vec![(text(), text(), text())];
        hostile_answer(&mut case.candidate, all);
        if let Some(baseline) = &mut case.baseline {
            hostile_answer(baseline, all);
        }
    }
    for one in &mut report.sign_off.approvals {
        (one.rule, one.role) = (text(), text());
        (one.by, one.at) = (Some(text()), Some(text()));
    }
    for one in &mut report.sign_off.waivers {
        (one.id, one.rule, one.slice) = (text(), text(), Some(text()));
        (one.bar, one.expires, one.owner) = (text(), text(), text());
        (one.approved_by, one.ticket, one.reason) = (text(), text(), text());
    }
    report.sign_off.rollback = vec![text()];
    report.settings = vec![(text(), text(), text())];
    report.provenance = vec![(text(), text())];
    report
}

/// A report that passed, without a baseline and with next to nothing in it.
pub(super) fn smallest() -> Report {
    let mut report = report();
    report.decision.verdict = Verdict::Pass;
    report.exit_code = 0;
    report
        .decision
        .findings
        .retain(|finding| finding.verdict == Verdict::Pass);
    report.decision.notes.clear();
    report.sign_off = SignOff::default();
    report.baseline = None;
    report.environment = String::new();
    report.causes.clear();
    report.judge_facts.clear();
    report.judge_measures.clear();
    report.metrics.clear();
    report.slices.clear();
    report.cases.clear();
    report.bucket_counts.clear();
    report.settings.clear();
    report.next = "nothing".to_owned();
    report
}
