//! Estimates and verdicts for a list of scores: the statistics of a gate without runs or policies.

use groundgate_formats::Options;
use groundgate_gate::Verdict;
use groundgate_model::unit::count_to_f64;
use groundgate_stats::{
    Alphas, Assessment, Bound, Comparison, Estimate, Plan, Resampling, Scale, StatsError, Unit,
    amount_mean, bounded_mean, holm,
    interval::Clusters,
    paired_difference, quantile_bound,
    scores::{ScoreList, ScoreType, Side},
};

use crate::{App, AppError, ErrorClass, observer::Notice, score_file};

/// A larger share of missing scores leaves every rule undecided, as in a gate.
const MISSING_MAX: f64 = 0.02;

/// What is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimAbout {
    /// These very questions, run afresh: every row counts.
    Suite,
    /// The population of questions: every cluster counts once.
    Population,
}

/// Scores to be estimated, and what they must show.
#[derive(Debug, Clone, Copy)]
pub struct ScoresRequest<'a> {
    /// The file's name, for messages; its ending says the format.
    pub name: &'a str,
    /// The file's bytes.
    pub bytes: &'a [u8],
    /// How they are to be read.
    pub reading: &'a Options,
    /// Which metric, where the file holds several.
    pub metric: Option<&'a str>,
    /// What values a score takes.
    pub score_type: ScoreType,
    /// The confidence of each one-sided bound.
    pub level: f64,
    /// Instead of means: this quantile of each side.
    pub quantile: Option<f64>,
    /// What is claimed; the suite for a difference and the population for a mean where nobody says.
    pub claim: Option<ClaimAbout>,
    /// Which bound for scores on a scale.
    pub bound: Bound,
    /// Passes if the candidate is shown to be above.
    pub floor: Option<f64>,
    /// Passes if the candidate is shown to be below.
    pub ceiling: Option<f64>,
    /// Passes if the candidate is shown to be worse than the baseline by less than this.
    pub margin: Option<f64>,
    /// With a margin: a larger score is worse, as of a cost.
    pub lower_is_better: bool,
}

/// A threshold that a side must be shown to be on the right side of.
#[derive(Debug, Clone, Copy)]
pub struct ScoreRule {
    /// `floor`, `ceiling` or `margin`.
    pub name: &'static str,
    /// Whose scores.
    pub side: Side,
    /// What is compared with.
    pub threshold: f64,
    /// Passes above the threshold, or else below.
    pub above: bool,
}

/// The p-values of a rule.
#[derive(Debug, Clone, Copy)]
pub struct PValues {
    /// Against not passing.
    pub pass: f64,
    /// Against not failing.
    pub fail: f64,
}

/// What a rule found.
#[derive(Debug)]
pub struct RuleResult {
    /// Which.
    pub rule: ScoreRule,
    /// What it says.
    pub verdict: Verdict,
    /// For pass and fail; none where there are no numbers.
    pub p: Option<PValues>,
    /// The error rate that Holm's procedure leaves to this rule's fail.
    pub fail_level: f64,
    /// Why it could not be decided, where that is not the numbers' doing.
    pub reason: Option<String>,
}

/// The clusters of a file that has them.
#[derive(Debug)]
pub struct ClusterSummary {
    /// How many.
    pub n: usize,
    /// How they hang together, where that can be said.
    pub clustering: Option<Clusters>,
}

/// What one side's scores say.
#[derive(Debug)]
pub struct SideSummary {
    /// Whose.
    pub side: Side,
    /// Scores that are missing.
    pub n_missing: usize,
    /// The estimate with its bounds.
    pub estimate: Result<Estimate, StatsError>,
}

/// What a list of scores says.
#[derive(Debug)]
pub struct ScoresSummary {
    /// The file's name.
    pub name: String,
    /// What values a score takes.
    pub score_type: ScoreType,
    /// The confidence of each one-sided bound.
    pub level: f64,
    /// Which quantile was estimated, if not the mean.
    pub quantile: Option<f64>,
    /// Rows of the file.
    pub n_rows: usize,
    /// Different cases among them.
    pub n_cases: usize,
    /// Where the file has clusters.
    pub clusters: Option<ClusterSummary>,
    /// By side.
    pub sides: Vec<SideSummary>,
    /// By rule.
    pub rules: Vec<RuleResult>,
    /// What makes the numbers less than they seem.
    pub warnings: Vec<String>,
}

impl ScoresSummary {
    /// The worst of the rules' verdicts; none without a rule.
    pub fn verdict(&self) -> Option<Verdict> {
        self.rules.iter().map(|result| result.verdict).max()
    }
}

impl App {
    /// Estimates a list of scores, and decides where a threshold is given.
    pub fn analyze_scores(&self, request: &ScoresRequest<'_>) -> Result<ScoresSummary, AppError> {
        request.check()?;
        let source = score_file::Source {
            name: request.name,
            bytes: request.bytes,
            reading: request.reading,
            metric: request.metric,
        };
        let (file, notes) = score_file::read(source, request.score_type)?;
        for guess in &notes {
            self.notice(Notice::Guessed {
                file: request.name,
                guess,
            });
        }
        if file.rows.is_empty() {
            return Err(AppError::new(
                ErrorClass::NothingToDo,
                format!("`{}` holds no score", request.name),
            ));
        }
        let rules = request.rules(file.has_baseline)?;
        Ok(request.analyze(file, &rules))
    }
}

/// The assessment of one side.
struct Assessed {
    side: Side,
    assessment: Result<Assessment, StatsError>,
}

impl ScoresRequest<'_> {
    fn check(&self) -> Result<(), AppError> {
        if !(self.level > 0.5 && self.level < 1.0) {
            return Err(AppError::usage(format!(
                "--level {} is not a confidence above 0.5 and below 1",
                self.level
            )));
        }
        if let Some(q) = self.quantile.filter(|q| !(*q > 0.0 && *q < 1.0)) {
            return Err(AppError::usage(format!(
                "--quantile {q} is not above 0 and below 1"
            )));
        }
        Ok(())
    }

    fn alphas(&self) -> Alphas {
        let alpha = 1.0 - self.level;
        Alphas {
            lower: alpha,
            upper: alpha,
        }
    }

    fn rules(&self, has_baseline: bool) -> Result<Vec<ScoreRule>, AppError> {
        let mut rules = Vec::new();
        if let Some(floor) = self.floor {
            rules.push(self.threshold("floor", floor)?);
        }
        if let Some(ceiling) = self.ceiling {
            rules.push(self.threshold("ceiling", ceiling)?);
        }
        if let Some(margin) = self.margin {
            rules.push(self.margin(margin, has_baseline)?);
        }
        Ok(rules)
    }

    fn threshold(&self, name: &'static str, threshold: f64) -> Result<ScoreRule, AppError> {
        let inside = match self.score_type.scale() {
            Some(scale) => threshold > scale.low() && threshold < scale.high(),
            None => threshold > 0.0 && threshold.is_finite(),
        };
        if !inside {
            return Err(AppError::usage(format!(
                "--{name} {threshold} is not inside the range of the scores, ends excluded"
            )));
        }
        Ok(ScoreRule {
            name,
            side: Side::Candidate,
            threshold,
            above: name == "floor",
        })
    }

    fn margin(&self, margin: f64, has_baseline: bool) -> Result<ScoreRule, AppError> {
        let scale = self.score_type.scale();
        let width = scale.map_or(f64::INFINITY, Scale::width);
        if !(margin >= 0.0 && margin < width) {
            return Err(AppError::usage(format!(
                "--margin {margin} is not from 0 to below the width of the scores' range"
            )));
        }
        if !has_baseline {
            return Err(AppError::usage("--margin needs a column `baseline`"));
        }
        let above = !self.lower_is_better;
        Ok(ScoreRule {
            name: "margin",
            side: Side::Difference,
            // 0 − 0 is not minus zero.
            threshold: if above { 0.0 - margin } else { margin },
            above,
        })
    }

    fn analyze(&self, file: score_file::ScoreFile, rules: &[ScoreRule]) -> ScoresSummary {
        let n_rows = file.rows.len();
        let list = ScoreList::new(self.score_type, file.rows);
        let mut sides = vec![Side::Candidate];
        if file.has_baseline {
            sides.push(Side::Baseline);
            sides.extend(self.quantile.is_none().then_some(Side::Difference));
        }
        let assessed: Vec<Assessed> = sides
            .into_iter()
            .map(|side| Assessed {
                side,
                assessment: self.assess(&list, side),
            })
            .collect();
        let rules = results(rules, &assessed, &list, self.alphas());
        let sides = assessed.into_iter().map(|one| SideSummary {
            side: one.side,
            n_missing: list.n_missing(one.side),
            estimate: one.assessment.map(|assessed| assessed.estimate()),
        });
        let mut summary = ScoresSummary {
            name: self.name.to_owned(),
            score_type: self.score_type,
            level: self.level,
            quantile: self.quantile,
            n_rows,
            n_cases: list.n_cases(),
            clusters: file.has_clusters.then(|| ClusterSummary {
                n: list.n_clusters(),
                clustering: list.clustering(Side::Candidate).ok(),
            }),
            sides: sides.collect(),
            rules,
            warnings: Vec::new(),
        };
        summary.warnings = warnings(&summary);
        summary
    }

    /// What the side's scores say, by the decision table.
    fn assess(&self, list: &ScoreList, side: Side) -> Result<Assessment, StatsError> {
        let of_suite = match self.claim {
            Some(claim) => claim == ClaimAbout::Suite,
            None => side == Side::Difference,
        };
        let (observations, unit) = if of_suite || self.quantile.is_some() {
            (list.runs(side), Unit::Run)
        } else {
            list.population(side)
        };
        let plan = Plan {
            bound: self.bound,
            unit,
            repeats: u32::try_from(list.attempts()).unwrap_or(u32::MAX),
            alphas: self.alphas(),
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

fn warnings(summary: &ScoresSummary) -> Vec<String> {
    let mut warnings = Vec::new();
    let no_margin =
        |result: &RuleResult| result.rule.name == "margin" && result.rule.threshold.abs() <= 0.0;
    if summary.rules.iter().any(no_margin) {
        warnings.push(format!(
            "with a margin of 0 an equal candidate passes only {:.1}% of the time: it would almost never pass",
            100.0 * (1.0 - summary.level)
        ));
    }
    let of_clusters = |one: &Estimate| one.unit == Unit::Cluster;
    let mut estimates = summary
        .sides
        .iter()
        .filter_map(|side| side.estimate.as_ref().ok());
    let clusters = summary.clusters.as_ref();
    let clustering = clusters.and_then(|clusters| clusters.clustering.as_ref());
    if let (true, Some(clusters)) = (estimates.any(of_clusters), clustering) {
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

/// Bounds and p-values against a rule's threshold; nothing where its side has not been assessed.
type Compared = Option<Result<Comparison, StatsError>>;

/// Passes each need their own evidence; fails share the error rate (Holm).
fn results(
    rules: &[ScoreRule],
    assessed: &[Assessed],
    list: &ScoreList,
    alphas: Alphas,
) -> Vec<RuleResult> {
    let alpha = alphas.lower;
    let compared = |rule: &ScoreRule, alphas| -> Compared {
        let one = assessed.iter().find(|one| one.side == rule.side)?;
        let comparison = one.assessment.as_ref().map_err(|error| *error);
        Some(comparison.and_then(|one| one.against_at(rule.threshold, alphas)))
    };
    let p_values = |rule: &ScoreRule| {
        let comparison = compared(rule, alphas)?.ok()?;
        let (above, below) = (comparison.p_above, comparison.p_below);
        let (pass, fail) = if rule.above {
            (above, below)
        } else {
            (below, above)
        };
        Some(PValues { pass, fail })
    };
    let p_values: Vec<_> = rules.iter().map(p_values).collect();
    let p_fails: Vec<f64> = p_values.iter().map(|p| p.map_or(1.0, |p| p.fail)).collect();
    let adjusted = holm(&p_fails, alpha);
    (rules.iter().zip(p_values).zip(&adjusted))
        .map(|((rule, p), adjusted)| {
            // Each bound at the level of the verdict that stands on it.
            let (lower, upper) = if rule.above {
                (alpha, adjusted.level)
            } else {
                (adjusted.level, alpha)
            };
            let (verdict, reason) = match undecided(rule, list) {
                Some(reason) => (Verdict::Inconclusive, Some(reason)),
                None => decide(rule, compared(rule, Alphas { lower, upper })),
            };
            RuleResult {
                rule: *rule,
                verdict,
                p,
                fail_level: adjusted.level,
                reason,
            }
        })
        .collect()
}

/// Why a rule is left undecided whatever the scores say that are there.
fn undecided(rule: &ScoreRule, list: &ScoreList) -> Option<String> {
    let n = list.runs(rule.side).len();
    let n_missing = list.n_missing(rule.side);
    (count_to_f64(n_missing) > MISSING_MAX * count_to_f64(n))
        .then(|| format!("{n_missing} of {n} scores are missing, more than 2%"))
}

/// The verdict, and why it is none where that is not the numbers' doing.
fn decide(rule: &ScoreRule, compared: Compared) -> (Verdict, Option<String>) {
    match compared {
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
