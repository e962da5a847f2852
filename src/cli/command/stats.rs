//! `groundgate stats`: the statistics engine by itself, for notebooks and scripts.
//!
//! With a file of scores: estimates by the same decision table as a gate's, and a verdict where a bar
//! is given. With `--request`: any method by name (`stats_request`).

use std::{
    io::{self, Read as _},
    path::Path,
};

use groundgate_gate::Verdict;
use groundgate_model::{eval_set::unpack, unit::count_to_f64};
use groundgate_stats::{
    Alphas, Assessment, Bound, Comparison, Estimate, Plan, Resampling, Scale, StatsError, Unit,
    amount_mean, bounded_mean, holm,
    interval::Clusters,
    paired_difference, quantile_bound,
    scores::{ScoreList, ScoreType, Side},
};

use super::{
    super::{
        args::{BoundName, ClaimAbout, Global, ScoreKind, StatsArgs},
        exit_code::ExitCode,
        terminal::Terminal,
        wants_json,
    },
    stats_request, stats_table,
};
use groundgate_app::{AppError, ErrorClass, files, score_file};

/// More than this is not read from stdin.
const INPUT_LIMIT: u64 = 512 * 1024 * 1024;

/// A larger share of missing scores leaves every rule undecided, as in a gate.
const MISSING_MAX: f64 = 0.02;

/// Runs the command.
pub(crate) fn run(
    global: &Global,
    args: &StatsArgs,
    terminal: &Terminal,
) -> Result<ExitCode, AppError> {
    if let Some(path) = &args.request {
        let (name, text) = read(path)?;
        terminal.line(&stats_request::answers(&name, &text)?.to_string());
        return Ok(ExitCode::Done);
    }
    let Some(path) = &args.file else {
        return Err(AppError::usage("no file of scores was named"));
    };
    let settings = Settings::new(args)?;
    let (name, text) = read(path)?;
    let file = score_file::parse(&name, &text, settings.score_type)?;
    if file.rows.is_empty() {
        return Err(AppError::new(
            ErrorClass::NothingToDo,
            format!("`{name}` holds no score"),
        ));
    }
    let rules = rules(args, &settings, file.has_baseline)?;
    let analysis = Analysis::new(name, file, &settings, &rules);
    for warning in &analysis.warnings {
        terminal.report(&format!("warning: {warning}"));
    }
    if wants_json(global) {
        terminal.line(&stats_table::json(&analysis).to_string());
    } else {
        terminal.print(&stats_table::text(&analysis));
    }
    Ok(analysis.verdict().map_or(ExitCode::Done, ExitCode::from))
}

/// The text of a file or of stdin, with its name.
fn read(path: &Path) -> Result<(String, String), AppError> {
    if path != Path::new("-") {
        return Ok((path.display().to_string(), files::read_text(path)?));
    }
    let name = "stdin".to_owned();
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(INPUT_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|cause| AppError::invalid("failed to read stdin").because(cause))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > INPUT_LIMIT) {
        return Err(AppError::invalid(format!(
            "stdin holds more than {INPUT_LIMIT} bytes"
        )));
    }
    let text = String::from_utf8(unpack(&name, bytes)?)
        .map_err(|cause| AppError::invalid("stdin is not UTF-8 text").because(cause))?;
    Ok((name, text))
}

/// What was asked for, checked.
pub(super) struct Settings {
    pub(super) score_type: ScoreType,
    pub(super) level: f64,
    pub(super) quantile: Option<f64>,
    estimand: Option<ClaimAbout>,
    bound: Bound,
}

impl Settings {
    fn new(args: &StatsArgs) -> Result<Self, AppError> {
        if !(args.level > 0.5 && args.level < 1.0) {
            return Err(AppError::usage(format!(
                "--level {} is not a confidence above 0.5 and below 1",
                args.level
            )));
        }
        if let Some(q) = args.quantile.filter(|q| !(*q > 0.0 && *q < 1.0)) {
            return Err(AppError::usage(format!(
                "--quantile {q} is not above 0 and below 1"
            )));
        }
        Ok(Self {
            score_type: score_type(args)?,
            level: args.level,
            quantile: args.quantile,
            estimand: args.estimand,
            bound: match args.method {
                BoundName::Exact => Bound::Exact,
                BoundName::Calibrated => Bound::Calibrated,
                BoundName::Proven => Bound::Proven,
            },
        })
    }

    fn alpha(&self) -> f64 {
        1.0 - self.level
    }

    /// What the side's scores say, by the decision table.
    fn assess(&self, list: &ScoreList, side: Side) -> Result<Assessment, StatsError> {
        let of_suite = match self.estimand {
            Some(estimand) => estimand == ClaimAbout::Suite,
            None => side == Side::Difference,
        };
        let (observations, unit) = if of_suite || self.quantile.is_some() {
            (list.runs(side), Unit::Run)
        } else {
            list.population(side)
        };
        let alphas = Alphas {
            lower: self.alpha(),
            upper: self.alpha(),
        };
        let plan = Plan {
            bound: self.bound,
            unit,
            repeats: u32::try_from(list.attempts()).unwrap_or(u32::MAX),
            alphas,
        };
        match (self.quantile, self.score_type.scale()) {
            (Some(q), _) => quantile_bound(&observations, q, plan),
            (None, None) => amount_mean(&observations, plan, Resampling::default()),
            (None, Some(scale)) if side == Side::Difference => {
                paired_difference(&observations, scale, plan)
            }
            (None, Some(scale)) => bounded_mean(&observations, scale, plan),
        }
    }
}

fn score_type(args: &StatsArgs) -> Result<ScoreType, AppError> {
    let scale = match args.range.as_slice() {
        [] => None,
        [low, high] => Some(
            Scale::new(*low, *high)
                .map_err(|error| AppError::usage("--range makes no scale").because(error))?,
        ),
        _ => return Err(AppError::usage("--range is not two numbers as LO,HI")),
    };
    match (args.kind, scale) {
        (ScoreKind::Binary, None) => Ok(ScoreType::Binary),
        (ScoreKind::Fraction, scale) => Ok(ScoreType::Bounded(scale.unwrap_or(Scale::UNIT))),
        (ScoreKind::Ordinal, Some(scale)) => Ok(ScoreType::Ordinal(scale)),
        (ScoreKind::Amount, None) => Ok(ScoreType::Amount),
        (ScoreKind::Ordinal, None) => Err(AppError::usage(
            "--type ordinal needs its scale, such as --range 1,5",
        )),
        (ScoreKind::Binary | ScoreKind::Amount, Some(_)) => Err(AppError::usage(
            "--range is for scores on a scale of their own: --type fraction or ordinal",
        )),
    }
}

/// A bar that a side must be shown to be on the right side of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) side: Side,
    pub(super) threshold: f64,
    /// Passes above the threshold, or else below.
    pub(super) above: bool,
}

fn rules(args: &StatsArgs, settings: &Settings, has_baseline: bool) -> Result<Vec<Rule>, AppError> {
    let mut rules = Vec::new();
    for (name, bar, above) in [
        ("floor", args.floor, true),
        ("ceiling", args.ceiling, false),
    ] {
        let Some(threshold) = bar else { continue };
        let inside = match settings.score_type.scale() {
            Some(scale) => threshold > scale.low() && threshold < scale.high(),
            None => threshold > 0.0 && threshold.is_finite(),
        };
        if !inside {
            return Err(AppError::usage(format!(
                "--{name} {threshold} is not inside the range of the scores, ends excluded"
            )));
        }
        rules.push(Rule {
            name,
            side: Side::Candidate,
            threshold,
            above,
        });
    }
    if let Some(margin) = args.margin {
        let width = settings
            .score_type
            .scale()
            .map_or(f64::INFINITY, Scale::width);
        if !(margin >= 0.0 && margin < width) {
            return Err(AppError::usage(format!(
                "--margin {margin} is not from 0 to below the width of the scores' range"
            )));
        }
        if !has_baseline {
            return Err(AppError::usage("--margin needs a column `baseline`"));
        }
        let above = !args.lower_is_better;
        rules.push(Rule {
            name: "margin",
            side: Side::Difference,
            // 0 − 0 is not minus zero.
            threshold: if above { 0.0 - margin } else { margin },
            above,
        });
    }
    Ok(rules)
}

/// What a rule found.
pub(super) struct Finding {
    pub(super) rule: Rule,
    pub(super) verdict: Verdict,
    /// p-values for pass and fail.
    pub(super) p: Option<(f64, f64)>,
    /// The error rate that Holm's procedure leaves to this rule's fail.
    pub(super) fail_level: f64,
    /// Why it could not be decided, where that is not the numbers' doing.
    pub(super) reason: Option<String>,
}

/// Everything that is printed.
pub(super) struct Analysis {
    pub(super) name: String,
    pub(super) score_type: ScoreType,
    pub(super) level: f64,
    pub(super) quantile: Option<f64>,
    pub(super) n_rows: usize,
    pub(super) n_cases: usize,
    /// Where the file has clusters: how many, and how they hang together.
    pub(super) clusters: Option<(usize, Option<Clusters>)>,
    /// By side: missing scores and the estimate.
    pub(super) sides: Vec<(Side, usize, Result<Estimate, StatsError>)>,
    pub(super) findings: Vec<Finding>,
    pub(super) warnings: Vec<String>,
}

impl Analysis {
    fn new(name: String, file: score_file::ScoreFile, settings: &Settings, rules: &[Rule]) -> Self {
        let n_rows = file.rows.len();
        let list = ScoreList::new(settings.score_type, file.rows);
        let mut chosen = vec![Side::Candidate];
        if file.has_baseline {
            chosen.push(Side::Baseline);
            chosen.extend(settings.quantile.is_none().then_some(Side::Difference));
        }
        let assessed: Vec<_> = chosen
            .into_iter()
            .map(|side| (side, settings.assess(&list, side)))
            .collect();
        let clusters = file.has_clusters.then(|| {
            let clusters = list.clustering(Side::Candidate).ok();
            (list.n_clusters(), clusters)
        });
        let findings = findings(rules, &assessed, &list, settings.alpha());
        let sides = assessed.into_iter().map(|(side, assessed)| {
            let estimate = assessed.map(|assessed| assessed.estimate());
            (side, list.n_missing(side), estimate)
        });
        let mut this = Self {
            score_type: settings.score_type,
            level: settings.level,
            quantile: settings.quantile,
            n_rows,
            n_cases: list.n_cases(),
            clusters,
            sides: sides.collect(),
            findings,
            warnings: Vec::new(),
            name,
        };
        this.warnings = this.warnings();
        this
    }

    /// The worst finding; none without a rule.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        self.findings.iter().map(|finding| finding.verdict).max()
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let no_margin = |finding: &Finding| {
            finding.rule.name == "margin" && finding.rule.threshold.abs() <= 0.0
        };
        if self.findings.iter().any(no_margin) {
            warnings.push(format!(
                "with a margin of 0 an equal candidate passes only {:.1}% of the time: it would almost never pass",
                100.0 * (1.0 - self.level)
            ));
        }
        let of_clusters = |one: &Estimate| one.unit == Unit::Cluster;
        let estimates = self
            .sides
            .iter()
            .filter_map(|(_, _, one)| one.as_ref().ok());
        let is_clustered = estimates.into_iter().any(of_clusters);
        if let (true, Some((_, Some(clusters)))) = (is_clustered, &self.clusters) {
            let effective = clusters.effective_count();
            if effective < 20.0 {
                warnings.push(format!(
                    "the clusters are worth {effective:.1} of equal size; a claim about the population stands on little below 20"
                ));
            }
            let largest = clusters.largest_share();
            if largest > 0.2 {
                warnings.push(format!(
                    "one cluster holds {:.0}% of the cases",
                    100.0 * largest
                ));
            }
        }
        warnings
    }
}

/// Bounds and p-values against a rule's bar; nothing where its side has not been assessed.
type Compared = Option<Result<Comparison, StatsError>>;

/// Passes each need their own evidence; fails share the error rate (Holm).
fn findings(
    rules: &[Rule],
    assessed: &[(Side, Result<Assessment, StatsError>)],
    list: &ScoreList,
    alpha: f64,
) -> Vec<Finding> {
    let compared = |rule: &Rule, alphas| -> Compared {
        let (_, assessment) = assessed.iter().find(|(side, _)| *side == rule.side)?;
        let comparison = assessment.as_ref().map_err(|error| *error);
        Some(comparison.and_then(|one| one.against_at(rule.threshold, alphas)))
    };
    let p_values = |rule: &Rule| {
        let alphas = Alphas {
            lower: alpha,
            upper: alpha,
        };
        let comparison = compared(rule, alphas)?.ok()?;
        Some(if rule.above {
            (comparison.p_above, comparison.p_below)
        } else {
            (comparison.p_below, comparison.p_above)
        })
    };
    let p_values: Vec<_> = rules.iter().map(p_values).collect();
    let p_fails: Vec<f64> = (p_values.iter())
        .map(|p| p.map_or(1.0, |(_, p_fail)| p_fail))
        .collect();
    let adjusted = holm(&p_fails, alpha);
    let levels = adjusted.iter().map(|one| one.level);
    (rules.iter().zip(p_values).zip(levels))
        .map(|((rule, p), fail_level)| {
            let (verdict, reason) = decide(
                rule,
                (alpha, fail_level),
                |alphas| compared(rule, alphas),
                list,
            );
            Finding {
                rule: *rule,
                verdict,
                p,
                fail_level,
                reason,
            }
        })
        .collect()
}

fn decide(
    rule: &Rule,
    (pass_level, fail_level): (f64, f64),
    compared: impl Fn(Alphas) -> Compared,
    list: &ScoreList,
) -> (Verdict, Option<String>) {
    let n = list.runs(rule.side).len();
    let n_missing = list.n_missing(rule.side);
    if count_to_f64(n_missing) > MISSING_MAX * count_to_f64(n) {
        let reason = format!("{n_missing} of {n} scores are missing, more than 2%");
        return (Verdict::Inconclusive, Some(reason));
    }
    let (lower, upper) = if rule.above {
        (pass_level, fail_level)
    } else {
        (fail_level, pass_level)
    };
    match compared(Alphas { lower, upper }) {
        None => (Verdict::Inconclusive, Some("nothing to compare".to_owned())),
        Some(Err(error)) => (Verdict::Inconclusive, Some(error.to_string())),
        Some(Ok(comparison)) => {
            let (is_above, is_below) = (comparison.is_above(), comparison.is_below());
            let verdict = if (rule.above && is_above) || (!rule.above && is_below) {
                Verdict::Pass
            } else if is_above || is_below {
                Verdict::Fail
            } else {
                Verdict::Inconclusive
            };
            (verdict, None)
        }
    }
}
