//! Whole plans against an independent reckoning: the formulas of docs/statistics.md, written
//! out in Python with scipy 1.17 for the same plain pilots.

use std::{collections::BTreeMap, fmt::Write as _};

use groundgate_model::{
    exchange::FailureKind,
    trial::{Cell, Column, DataType, Direction, ScoreTable, Unscored},
    unit::{Digest, UnitInterval},
};
use groundgate_stats::correction::Recognized;

use super::{
    tests::{floor, not_worse, planned, policy},
    *,
};
use crate::policy::Estimand;
use crate::policy::KnownMetrics;
use crate::policy::Slice;
use crate::{
    OnOpen, RunScores,
    policy::{CalibrationOrigin, CaseFilter, JudgeCalibration},
    rules::{
        Ceiling, Floor, MaxCount, MaxErrorRate, MeanMax, MustPass, NonInferior, Percentile,
        RatioMax, RuleKind, SliceFloor, Superior,
    },
    tests::table,
};
use groundgate_model::trial::MetricSpec;
use groundgate_stats::Unit;

const GOOD: &str = "groundedness";
const HELP: &str = "helpfulness";

/// Cases of which those from the 30th on come in pairs, unless all stand alone.
fn cases(n: usize, alone: bool) -> Vec<CaseInfo> {
    let mut cases = table("run", n, |_| Cell::NotApplicable).cases;
    for (index, case) in cases.iter_mut().enumerate() {
        if !alone && index >= 30 {
            case.cluster = format!("ticket-{}", index / 2);
        }
    }
    cases
}

fn is_not(rest: usize) -> f64 {
    f64::from(u8::from(rest != 0))
}

/// Attempt `a` at case `i`.
fn cell(metric: &str, i: usize, a: usize) -> Cell {
    Cell::Scored(match metric {
        GOOD => match (i, a) {
            (5, 0) => return Cell::Unscored(Unscored::NoAnswer(FailureKind::Timeout)),
            _ if i % 10 == 9 => return Cell::NotApplicable,
            _ => is_not((2 * i + a + 7) % 11),
        },
        HELP => 5.0 - count_to_f64((i * i + a + i / 3) % 4),
        "pii_leak" => 1.0 - is_not((2 * i + a + 14) % 17),
        _ => 100.0 + count_to_f64(10 * (5 * i % 7) + 3 * ((i + 2 * a) % 4)),
    })
}

fn before(metric: &str, i: usize, a: usize) -> Cell {
    match metric {
        GOOD => Cell::Scored(is_not((2 * i + a + 11) % 15)),
        _ => cell(metric, i + 1, a),
    }
}

fn helpfulness() -> MetricSpec {
    MetricSpec::score(HELP, DataType::Ordinal { low: 1, high: 5 })
}

fn run(attempts: usize, alone: bool, cell: impl Fn(&str, usize, usize) -> Cell) -> ScoreTable {
    let mut run = table("run", 60, |_| Cell::NotApplicable);
    run.columns.remove("faithfulness");
    let help = Column {
        metric: helpfulness(),
        ..run.columns[GOOD].clone()
    };
    run.columns.insert(HELP.to_owned(), help);
    for (name, column) in &mut run.columns {
        let cells = (0..60 * attempts).map(|trial| cell(name, trial / attempts, trial % attempts));
        column.cells = cells.collect();
    }
    run.attempts = u32::try_from(attempts).unwrap();
    run.cases = cases(60, alone);
    run
}

fn not_in_the_pilot() -> KnownMetrics {
    let toxicity = MetricSpec {
        direction: Direction::LowerIsBetter,
        ..MetricSpec::score("toxicity", DataType::Fraction)
    };
    let groundedness = MetricSpec::score(GOOD, DataType::Binary);
    [toxicity, groundedness, helpfulness()]
        .map(|spec| (spec.name.clone(), spec))
        .into()
}

type Named = (&'static str, Option<Estimand>, RuleKind);

fn ceiling(metric: &str, max: f64) -> RuleKind {
    RuleKind::Ceiling(Ceiling {
        metric: metric.to_owned(),
        max,
        cap: None,
    })
}

fn judged() -> Vec<Named> {
    let slices = RuleKind::SliceFloor(SliceFloor {
        metric: GOOD.to_owned(),
        by: vec!["product".to_owned()],
        min: 0.8,
        min_cases: 25,
        on_thin: OnOpen::Hold,
        required: vec![Slice {
            tag: "product".to_owned(),
            value: "loans".to_owned(),
        }],
    });
    let help = |margin| {
        RuleKind::NonInferior(NonInferior {
            metric: HELP.to_owned(),
            margin,
        })
    };
    let least = RuleKind::Floor(Floor {
        metric: HELP.to_owned(),
        min: 3.25,
    });
    let improved = RuleKind::Superior(Superior {
        metric: HELP.to_owned(),
        by: 0.02,
    });
    let (suite, population) = (Some(Estimand::Suite), Some(Estimand::Population));
    vec![
        ("floor", None, floor(0.8)),
        ("ceiling", None, ceiling(GOOD, 0.94)),
        ("floor-suite", suite, floor(0.8)),
        ("ordinal-floor", None, least),
        ("ordinal-ceiling", suite, ceiling(HELP, 3.75)),
        ("toxicity", None, ceiling("toxicity", 0.25)),
        ("margin", None, not_worse(0.1)),
        ("margin-population", population, not_worse(0.1)),
        ("ordinal-margin", None, help(0.3)),
        ("improved", None, improved),
        ("equal", None, not_worse(0.0)),
        ("slices", None, slices),
    ]
}

/// `max_ratio`, `max_count` and `must` (so many critical cases) suit the pilot.
fn amounts(max_ratio: f64, max_count: u64, must: usize) -> Vec<Named> {
    let latency = || "latency_ms".to_owned();
    let mean = |max| {
        RuleKind::MeanMax(MeanMax {
            metric: latency(),
            max,
            cap: Some(1000.0),
        })
    };
    let ratio = RuleKind::RatioMax(RatioMax {
        metric: latency(),
        max: max_ratio,
        cap: Some(1000.0),
    });
    let count = RuleKind::MaxCount(MaxCount {
        metric: "pii_leak".to_owned(),
        max: max_count,
    });
    let errors = RuleKind::MaxErrorRate(MaxErrorRate {
        max: UnitInterval::new(0.01).unwrap(),
    });
    let tail = RuleKind::Percentile(Percentile {
        metric: latency(),
        quantile: 0.8,
        max: 155.0,
    });
    let must = RuleKind::MustPass(MustPass {
        metric: HELP.to_owned(),
        cases: CaseFilter::Critical,
        min: 2.0,
        min_cases: must,
        repeats: 1,
    });
    vec![
        ("amount", None, mean(138.0)),
        ("amount-suite", Some(Estimand::Suite), mean(136.0)),
        ("ratio", None, ratio),
        ("count", None, count),
        ("errors", None, errors),
        ("tail", None, tail),
        ("must", None, must),
    ]
}

fn of(rules: Vec<Named>) -> Policy {
    let (names, kinds): (Vec<_>, Vec<_>) = (rules.into_iter())
        .map(|(id, estimand, kind)| ((id, estimand), kind))
        .unzip();
    let mut policy = policy(kinds);
    for (rule, (id, estimand)) in policy.rules.iter_mut().zip(names) {
        rule.id = id.to_owned();
        rule.estimand = estimand;
    }
    policy
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "None".to_owned(), |value| format!("{value:.8}"))
}

fn told(policy: &Policy, plan: &Planned<'_>) -> String {
    let mut text = String::new();
    for power in rule_powers(policy, plan) {
        let RulePower {
            id, units, unit, ..
        } = &power;
        let (pass, fails) = (number(power.pass), number(power.fails_from));
        let source = power
            .source
            .map_or_else(|| "None".to_owned(), |source| format!("{source:?}"));
        let note = power.note.as_deref().unwrap_or("None");
        let _written = writeln!(text, "{id} {units} {unit:?} {pass} {fails} {source} {note}");
    }
    text
}

fn of_pilot<'a>(
    pilot: &'a ScoreTable,
    cases: &'a [CaseInfo],
    metrics: &'a KnownMetrics,
) -> Planned<'a> {
    let evidence = RunScores {
        candidate: pilot,
        baseline: None,
    };
    planned(cases, 1, Some(evidence), metrics)
}

/// A tenth of the pilot's answers has no latency to measure, and so will a tenth of those planned.
#[test]
fn a_ratio_has_as_many_units_as_there_is_something_to_measure_of() {
    let pilot = run(1, true, |metric, i, a| match metric {
        "latency_ms" if i % 10 == 9 => Cell::NotApplicable,
        _ => cell(metric, i, a),
    });
    let (cases, metrics) = (cases(80, true), not_in_the_pilot());
    let kind = RuleKind::RatioMax(RatioMax {
        metric: "latency_ms".to_owned(),
        max: 1.1,
        cap: Some(1000.0),
    });
    let powers = rule_powers(&policy(vec![kind]), &of_pilot(&pilot, &cases, &metrics));
    assert_eq!((powers[0].units, powers[0].unit), (72, Unit::Question));
}

/// Two runs of each question in the pilot, three are planned, and three votes on each.
#[test]
fn a_pilot_with_repeats() {
    let (pilot, cases, metrics) = (run(2, false, cell), cases(80, false), not_in_the_pilot());
    let mut plan = Planned {
        attempts: 3,
        votes: 3,
        ..of_pilot(&pilot, &cases, &metrics)
    };
    plan.assumptions.flips = 0.04;
    let rules = [judged(), amounts(1.005, 20, 27)].concat();
    assert_eq!(told(&of(rules), &plan), REPEATS);
}

/// One run of each question, and one of another system before.
#[test]
fn a_pilot_with_a_baseline() {
    let (pilot, cases, metrics) = (run(1, true, cell), cases(70, true), not_in_the_pilot());
    let baseline = run(1, true, before);
    let mut plan = Planned {
        votes: 2,
        ..of_pilot(&pilot, &cases, &metrics)
    };
    plan.pilot = Some(RunScores {
        candidate: &pilot,
        baseline: Some(&baseline),
    });
    plan.assumptions.flips = 0.02;
    plan.assumptions.correlation = 0.7;
    let rules = [judged(), amounts(1.06, 6, 24)].concat();
    assert_eq!(told(&of(rules), &plan), PAIRS);
}

/// 95 % of 10,000 good answers are recognized and 90 % of 10,000 bad ones: the margin of 0.1 is one of
/// 0.0839 on the judge's scale, by beta quantiles of scipy.
#[test]
fn a_pilot_of_a_calibrated_judge() {
    let (pilot, cases, metrics) = (run(1, true, cell), cases(70, true), not_in_the_pilot());
    let mut plan = Planned {
        votes: 2,
        ..of_pilot(&pilot, &cases, &metrics)
    };
    plan.assumptions.flips = 0.02;
    plan.assumptions.correlation = 0.7;
    let mut policy = of([judged(), amounts(1.06, 6, 24)].concat());
    let calibration = JudgeCalibration {
        judge: pilot.columns[GOOD].instrument.to_string(),
        good: Recognized::new(9500, 10_000).unwrap(),
        bad: Recognized::new(9000, 10_000).unwrap(),
        origin: CalibrationOrigin::default(),
    };
    policy.calibrations = BTreeMap::from([(GOOD.to_owned(), calibration)]);
    assert_eq!(told(&policy, &plan), CALIBRATED);
    // Of another judge nothing is known, and a margin of 0 needs no scale.
    let known = policy.calibrations.get_mut(GOOD).unwrap();
    known.judge = Digest::of(b"another").to_string();
    let of_another = rule_powers(&policy, &plan);
    let [margin, equal] = ["margin", "equal"].map(|id| {
        let found = of_another.iter().find(|power| power.id == id);
        found.unwrap()
    });
    assert_eq!((margin.pass, margin.fails_from), (Some(0.0), None));
    assert_eq!((margin.units, margin.unit), (63, Unit::Run));
    assert_eq!(margin.source, Some(Source::AssumedCorrelation));
    let note = margin.note.as_ref().unwrap();
    assert!(note.contains("judge"), "{note}");
    assert!(equal.pass.unwrap() > 0.01, "{equal:?}");
}

#[test]
fn no_pilot() {
    let (cases, metrics) = (cases(80, false), not_in_the_pilot());
    let mut plan = Planned {
        votes: 2,
        ..planned(&cases, 2, None, &metrics)
    };
    plan.assumptions = Assumptions {
        mean: 0.8,
        sd: 0.25,
        correlation: 0.6,
        flips: 0.05,
    };
    assert_eq!(told(&of(judged()), &plan), ASSUMED);
}

/// Nine in ten questions have something to measure: 33 are as good as 30, and 32 are not.
#[test]
fn as_many_cases_as_the_policy_wants_are_enough() {
    let (pilot, metrics) = (run(2, true, cell), not_in_the_pilot());
    let few = |n| {
        let cases = cases(n, true);
        let kinds = vec![floor(0.5), not_worse(0.3)];
        rule_powers(&policy(kinds), &of_pilot(&pilot, &cases, &metrics))
    };
    for power in few(33) {
        assert!(
            power.pass.unwrap() > 0.0 && power.note.is_none(),
            "{power:?}"
        );
    }
    let units = [Unit::Question, Unit::Run];
    for (power, unit) in few(32).into_iter().zip(units) {
        assert_eq!((power.pass, power.fails_from), (Some(0.0), None));
        assert_eq!((power.units, power.unit), (29, unit));
        assert_eq!(power.source, Some(Source::Repeats));
        let note = "29 cases, the policy requires 30: never passes";
        assert_eq!(power.note.as_deref(), Some(note));
    }
}

#[test]
fn drops_that_are_seen_overall_and_in_required_slices() {
    let (pilot, cases, metrics) = (run(2, false, cell), cases(80, false), not_in_the_pilot());
    let mut plan = Planned {
        attempts: 3,
        votes: 3,
        ..of_pilot(&pilot, &cases, &metrics)
    };
    plan.assumptions.flips = 0.04;
    let mut rules = judged();
    if let RuleKind::SliceFloor(SliceFloor { required, .. }) = &mut rules.last_mut().unwrap().2 {
        required[0].value = "cards".to_owned();
    }
    let mut policy = of(rules);
    let mut text = String::new();
    for estimand in [Estimand::Suite, Estimand::Population] {
        policy.statistics.versus_baseline = estimand;
        for effect in minimum_detectable_effects(&policy, &plan) {
            let slice = effect
                .slice
                .map_or(String::new(), |slice| format!(" {}", slice.value));
            let _written = writeln!(
                text,
                "{}{slice} {} {:?} {} {:?}",
                effect.metric,
                effect.units,
                effect.unit,
                number(effect.drop),
                effect.source
            );
        }
    }
    assert_eq!(text, SIGHTS);
}

#[test]
fn what_can_be_bought_and_for_how_much() {
    let (pilot, cases, metrics) = (run(2, false, cell), cases(80, false), not_in_the_pilot());
    let prices = Prices {
        question: 2.0,
        copilot: 0.01,
        vote: 0.002,
    };
    let says = |design: Option<RunDesign>| {
        design.map_or_else(
            || "None".to_owned(),
            |one| {
                let RunDesign {
                    questions,
                    attempts,
                    votes,
                    price,
                } = one;
                format!("{questions} {attempts} {votes} {price:.8}")
            },
        )
    };
    let mut text = String::new();
    for (estimand, wanted) in [
        (Estimand::Suite, 0.1),
        (Estimand::Suite, 0.06),
        (Estimand::Population, 0.1),
    ] {
        let mut plan = Planned {
            attempts: 3,
            votes: 3,
            ..of_pilot(&pilot, &cases, &metrics)
        };
        plan.assumptions.flips = 0.04;
        let mut policy = policy(vec![not_worse(0.1)]);
        policy.statistics.versus_baseline = estimand;
        let one = design_options(&policy, &plan, wanted, prices).remove(0);
        let _written = write!(
            text,
            "now {} {}\nquestions {}\nattempts {}\nvotes {}\ncheapest {}\n",
            says(Some(one.now)),
            number(one.drop_now),
            says(one.more_questions),
            says(one.more_attempts),
            says(one.more_votes),
            says(one.cheapest)
        );
    }
    assert_eq!(text, BOUGHT);
    // Of a slice without a case nothing is for sale.
    let fees: Vec<CaseInfo> = cases.iter().skip(1).step_by(2).cloned().collect();
    let mut policy = of(judged());
    if let RuleKind::SliceFloor(SliceFloor { required, .. }) =
        &mut policy.rules.last_mut().unwrap().kind
    {
        required[0].value = "cards".to_owned();
    }
    let plan = of_pilot(&pilot, &fees, &metrics);
    let options = design_options(&policy, &plan, 0.3, prices);
    assert_eq!(options.len(), 2, "{options:?}");
    assert!(options.iter().all(|one| one.slice.is_none()));
}

const REPEATS: &str = "\
floor 50 Cluster 0.99896521 0.35403451 Repeats None
ceiling 50 Cluster 0.73790783 None Repeats None
floor-suite 216 Run 0.99886788 0.22521303 Repeats None
ordinal-floor 55 Cluster 0.89145720 1.21023040 Repeats None
ordinal-ceiling 240 Run 0.98461752 0.68241386 Repeats None
toxicity 55 Cluster 0.99592423 0.41972599 Assumed None
margin 216 Run 0.95567624 0.25313123 Repeats None
margin-population 50 Cluster 0.82465522 0.39571638 Repeats None
ordinal-margin 240 Run 0.93918769 0.80975593 Repeats None
improved 240 Run 0.01983517 0.42651465 Repeats asks for an improvement: without one it does not pass
equal 216 Run 0.03541505 0.13769245 Repeats margin 0: an equal candidate would almost never pass
slices/product=loans 0 Run 0.00000000 None None required, and the eval set has no case of it
slices/product=cards 40 Question 0.99848833 0.41143269 Repeats None
slices/product=fees 32 Question 0.57727281 0.40866145 Repeats None
amount 55 Cluster 0.48015224 None Repeats by normal theory
amount-suite 240 Run 0.43216805 None Repeats by normal theory
ratio 80 Question 0.53218371 None Repeats by normal theory
count 240 Run 0.95209159 None None 7 found in 120 answers of the pilot
errors 240 Run 0.67667800 None None 1 of 120 trials failed in the pilot
tail 240 Run 0.02069595 None None 95 of 120 within the threshold in the pilot
must 81 Run 1.00000000 None None 0 of 40 such answers failed in the pilot
";

const PAIRS: &str = "\
floor 63 Question 0.41877462 0.27981348 AssumedCorrelation None
ceiling 63 Question 0.58122538 None AssumedCorrelation None
floor-suite 63 Run 0.30483916 0.32567418 AssumedCorrelation None
ordinal-floor 70 Question 0.90962124 1.38134823 AssumedCorrelation None
ordinal-ceiling 70 Run 0.01174466 0.97026199 AssumedCorrelation None
toxicity 70 Question 0.99067005 0.39847405 Assumed None
margin 63 Run 0.52948896 0.40300405 Pairs None
margin-population 63 Question 0.52948896 0.40300405 Pairs None
ordinal-margin 70 Run 0.36299890 1.43434943 Pairs None
improved 70 Run 0.02016357 1.06013078 Pairs asks for an improvement: without one it does not pass
equal 63 Run 0.02481396 0.28841202 Pairs margin 0: an equal candidate would almost never pass
slices/product=loans 0 Run 0.00000000 None None required, and the eval set has no case of it
slices/product=cards 35 Question 0.30625026 0.38548321 AssumedCorrelation None
slices/product=fees 28 Question 0.04003769 0.35916767 AssumedCorrelation None
amount 70 Question 0.49513707 None AssumedCorrelation by normal theory
amount-suite 70 Run 0.20368754 None AssumedCorrelation by normal theory
ratio 70 Question 0.99302399 None AssumedCorrelation by normal theory
count 70 Run 0.93471190 None None 3 found in 60 answers of the pilot
errors 70 Run 0.30835663 None None 1 of 60 trials failed in the pilot
tail 70 Run 0.04371319 None None 48 of 60 within the threshold in the pilot
must 24 Run 1.00000000 None None 0 of 20 such answers failed in the pilot
";

const CALIBRATED: &str = "\
floor 63 Question 0.56784636 0.29594879 AssumedCorrelation as if the judge's rates were known exactly: the calibration's own uncertainty costs some of this
ceiling 63 Question 0.18735236 0.12609393 AssumedCorrelation as if the judge's rates were known exactly: the calibration's own uncertainty costs some of this
floor-suite 63 Run 0.66589445 0.34908210 AssumedCorrelation as if the judge's rates were known exactly: the calibration's own uncertainty costs some of this
ordinal-floor 70 Question 0.90962124 1.38134823 AssumedCorrelation None
ordinal-ceiling 70 Run 0.01174466 0.97026199 AssumedCorrelation None
toxicity 70 Question 0.99067005 0.39847405 Assumed None
margin 63 Run 0.73306725 0.34262439 AssumedCorrelation None
margin-population 63 Question 0.73306725 0.34262439 AssumedCorrelation None
ordinal-margin 70 Run 0.85470787 1.21828638 AssumedCorrelation None
improved 70 Run 0.00636418 0.79879729 AssumedCorrelation asks for an improvement: without one it does not pass
equal 63 Run 0.01524528 0.23795789 AssumedCorrelation margin 0: an equal candidate would almost never pass
slices/product=loans 0 Run 0.00000000 None None required, and the eval set has no case of it
slices/product=cards 35 Question 0.53098487 0.41397513 AssumedCorrelation as if the judge's rates were known exactly: the calibration's own uncertainty costs some of this
slices/product=fees 28 Question 0.13176041 0.39426322 AssumedCorrelation as if the judge's rates were known exactly: the calibration's own uncertainty costs some of this
amount 70 Question 0.49513707 None AssumedCorrelation by normal theory
amount-suite 70 Run 0.20368754 None AssumedCorrelation by normal theory
ratio 70 Question 0.99302399 None AssumedCorrelation by normal theory
count 70 Run 0.93471190 None None 3 found in 60 answers of the pilot
errors 70 Run 0.30835663 None None 1 of 60 trials failed in the pilot
tail 70 Run 0.04371319 None None 48 of 60 within the threshold in the pilot
must 24 Run 1.00000000 None None 0 of 20 such answers failed in the pilot
";

const ASSUMED: &str = "\
floor 55 Cluster 0.01536389 0.22428637 Assumed None
ceiling 55 Cluster 0.99948158 None Assumed None
floor-suite 160 Run 0.00005777 0.10200781 Assumed None
ordinal-floor 55 Cluster 1.00000000 2.00697311 Assumed None
ordinal-ceiling 160 Run 0.00000000 0.00000000 Assumed None
toxicity 55 Cluster 0.36109371 0.29101702 Assumed None
margin 160 Run 1.00000000 0.23181253 Assumed None
margin-population 55 Cluster 0.99995249 0.35193710 Assumed None
ordinal-margin 160 Run 0.99995042 0.80478920 Assumed None
improved 160 Run 0.00542717 0.37138629 Assumed asks for an improvement: without one it does not pass
equal 160 Run 0.01598228 0.10039867 Assumed margin 0: an equal candidate would almost never pass
slices/product=loans 0 Run 0.00000000 None None required, and the eval set has no case of it
slices/product=cards 40 Question 0.01223728 0.27954183 Assumed None
slices/product=fees 40 Question 0.01223728 0.27954183 Assumed None
";

const SIGHTS: &str = "\
groundedness 216 Run 0.09083335 Repeats
helpfulness 240 Run 0.29458003 Repeats
groundedness cards 120 Run 0.12099442 Repeats
helpfulness cards 120 Run 0.46012496 Repeats
groundedness 50 Cluster 0.17535499 Repeats
helpfulness 55 Cluster 0.61433797 Repeats
groundedness cards 40 Question 0.20501131 Repeats
helpfulness cards 40 Question 0.80379092 Repeats
";

const BOUGHT: &str = "\
now 80 3 3 3.84000000 0.09083335
questions 80 3 3 3.84000000
attempts 80 3 3 3.84000000
votes 80 3 3 3.84000000
cheapest 80 3 3 3.84000000
now 80 3 3 3.84000000 0.09083335
questions 161 3 3 169.72800000
attempts 80 7 3 8.96000000
votes None
cheapest 80 6 4 8.64000000
now 80 3 3 3.84000000 0.17535499
questions 171 3 3 190.20800000
attempts None
votes None
cheapest 132 13 3 131.45600000
";
