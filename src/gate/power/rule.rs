//! One function per kind of rule: from the plan to its power.

use super::{
    Planned, RulePower, Size, bound, is_in, slices,
    spread::{self, Source, Spread},
    whole,
};
use crate::{
    gate::{
        calibration,
        policy::{CaseFilter, Estimand, Policy, Rule, RuleKind, Slice},
        verdict::Bar,
    },
    stats::{
        Scale, StatsError, Unit,
        distributions::{binomial_cdf, normal_cdf, normal_upper_quantile},
        power::{PlannedMean, absolute_gate, absolute_minimum_detectable, poisson_at_most},
    },
    trial::{CaseInfo, Cell, Column, DataType, Direction, MetricSpec},
    unit::count_to_f64,
};

use super::POWER_WANTED;

/// The powers of one rule; never empty.
pub(super) fn powers(
    policy: &Policy,
    rule: &Rule,
    planned: &Planned<'_>,
    n_tested: usize,
) -> Vec<RulePower> {
    let context = Context {
        policy,
        rule,
        planned,
        alpha_fail: policy.statistics.alpha_fail / count_to_f64(n_tested),
    };
    let one = match &rule.kind {
        RuleKind::Floor { metric, min } => context.absolute(metric, (Bar::AtLeast, *min), None),
        RuleKind::Ceiling { metric, max } => context.absolute(metric, (Bar::AtMost, *max), None),
        RuleKind::NonInferior { metric, margin } => context.difference(metric, -margin),
        RuleKind::Superior { metric, by } => context.difference(metric, *by),
        RuleKind::SliceFloor { .. } => return context.slice_floor(),
        RuleKind::MustPass { .. } => context.must_pass(),
        RuleKind::MaxCount { metric, max } => context.max_count(metric, *max),
        RuleKind::MaxErrorRate { max } => context.max_error_rate(max.value()),
        RuleKind::Percentile {
            metric,
            quantile,
            max,
        } => context.percentile(metric, *quantile, *max),
        RuleKind::MeanMax { metric, max } => context.amount(metric, *max),
        RuleKind::RatioMax { metric, max } => context.ratio(metric, *max),
    };
    vec![one]
}

struct Context<'a> {
    policy: &'a Policy,
    rule: &'a Rule,
    planned: &'a Planned<'a>,
    /// What Holm's procedure leaves to the rule with the smallest p-value.
    alpha_fail: f64,
}

impl<'a> Context<'a> {
    fn blank(&self, slice: Option<&Slice>) -> RulePower {
        let id = &self.rule.id;
        RulePower {
            id: slice.map_or_else(
                || id.clone(),
                |slice| format!("{id}/{}={}", slice.tag, slice.value),
            ),
            kind: self.rule.kind.name(),
            metric: self.rule.kind.metric().map(str::to_owned),
            slice: slice.cloned(),
            line: self.rule.line,
            units: 0,
            unit: Unit::Run,
            pass: None,
            fails_from: None,
            source: None,
            note: None,
        }
    }

    fn says(&self, slice: Option<&Slice>, pass: Option<f64>, why: impl Into<String>) -> RulePower {
        RulePower {
            pass,
            note: Some(why.into()),
            ..self.blank(slice)
        }
    }

    fn column(&self, metric: &str) -> Option<&'a Column> {
        self.planned.pilot?.candidate.columns.get(metric)
    }

    fn needs_pilot(&self) -> RulePower {
        self.says(None, None, "needs a pilot that measures it")
    }

    /// The pilot's spread of the metric's own scores, or the assumed one on the metric's scale.
    fn spread(&self, spec: &MetricSpec, slice: Option<&Slice>) -> Option<Spread> {
        let assumptions = &self.planned.assumptions;
        if let (Some(pilot), Some(column)) = (self.planned.pilot, self.column(&spec.name)) {
            let keep = |case: &CaseInfo| is_in(case, slice);
            return spread::of_scores(pilot.candidate, column, &keep, assumptions);
        }
        let (low, high) = spec.data_type.range();
        Some(spread::assumed(assumptions).on(low, high?, spec.direction))
    }

    /// Why there will be too few cases for any answer.
    fn too_few(&self, size: Size, applicable: f64, slice_min: Option<usize>) -> Option<String> {
        let min = slice_min.unwrap_or(self.policy.statistics.min_cases);
        let n = whole(size.questions * applicable);
        (n < min).then(|| format!("{n} cases, the policy wants {min}: never passes"))
    }

    fn absolute(
        &self,
        metric: &str,
        (bar, threshold): (Bar, f64),
        slice: Option<(&Slice, usize)>,
    ) -> RulePower {
        let (slice, slice_min) = slice.unzip();
        let Some(spec) = self.planned.spec(metric) else {
            return self.says(slice, None, "unknown metric");
        };
        let (low, Some(high)) = spec.data_type.range() else {
            return self.amount(metric, threshold);
        };
        let Some(spread) = self.spread(&spec, slice) else {
            return self.says(slice, None, "the pilot has no score of it");
        };
        let estimand = self
            .rule
            .estimand
            .unwrap_or(self.policy.statistics.absolute);
        let size = Size::of(self.planned.cases, slice);
        let attempts = f64::from(self.planned.attempts);
        let (units, unit) = size.units(estimand, attempts, spread.applicable);
        let run = self
            .planned
            .run_with_votes(spread.run, high - low, self.planned.votes);
        let (variance, noise) = match estimand {
            Estimand::Suite => ((spread.total - spread.run).max(0.0) + run, run),
            Estimand::Population => [spread.of_unit(run, attempts); 2].into(),
        };
        let mut power = RulePower {
            units: whole(units),
            unit,
            source: Some(spread.source),
            ..self.blank(slice)
        };
        if let Some(why) = self.too_few(size, spread.applicable, slice_min) {
            return RulePower {
                pass: Some(0.0),
                note: Some(why),
                ..power
            };
        }
        let is_binary = spec.data_type == DataType::Binary && (high - low - 1.0).abs() <= 0.0;
        let computed = if is_binary && unit == Unit::Question && self.planned.attempts == 1 {
            self.binary(power.units, spread.mean, bar, threshold)
        } else {
            let mean = PlannedMean {
                units: power.units,
                mean: spread.mean,
                sd: variance.sqrt(),
                noise: noise.sqrt(),
                scale: match Scale::new(low, high) {
                    Ok(scale) => scale,
                    Err(error) => return self.says(slice, None, error.to_string()),
                },
                bound: bound(self.policy),
            };
            self.bounded(&mean, bar, threshold)
        };
        match computed {
            Ok((pass, fails_from)) => {
                power.pass = Some(pass);
                power.fails_from = fails_from;
            }
            Err(error) => power.note = Some(error.to_string()),
        }
        power
    }

    /// Exact for scores of 0 and 1, one a question.
    fn binary(
        &self,
        n: usize,
        mean: f64,
        bar: Bar,
        threshold: f64,
    ) -> Result<(f64, Option<f64>), StatsError> {
        let (mean, threshold) = match bar {
            Bar::AtLeast => (mean, threshold),
            Bar::AtMost => (1.0 - mean, 1.0 - threshold),
        };
        let pass = absolute_gate(n, threshold, self.policy.statistics.alpha_pass)?.power(mean);
        let failing =
            absolute_minimum_detectable(n, 1.0 - threshold, self.alpha_fail, POWER_WANTED)?;
        let drop = failing.map(|failing| (mean - (1.0 - failing)).max(0.0));
        Ok((pass, drop))
    }

    fn bounded(
        &self,
        mean: &PlannedMean,
        bar: Bar,
        threshold: f64,
    ) -> Result<(f64, Option<f64>), StatsError> {
        let alpha_pass = self.policy.statistics.alpha_pass;
        let width = mean.scale.width();
        // Less is better: the same claim seen in a mirror.
        let (mean, threshold) = match bar {
            Bar::AtLeast => (*mean, threshold),
            Bar::AtMost => {
                let scale = Scale::new(-mean.scale.high(), -mean.scale.low())?;
                let mirrored = PlannedMean {
                    mean: -mean.mean,
                    scale,
                    ..*mean
                };
                (mirrored, -threshold)
            }
        };
        let pass = mean.chance_above(threshold, alpha_pass)?;
        let drop = mean.drop_seen(threshold, width, (self.alpha_fail, POWER_WANTED))?;
        Ok((pass, drop))
    }

    /// Candidate − baseline, where more is better; `threshold` is the margin's negative.
    fn difference(&self, metric: &str, threshold: f64) -> RulePower {
        let estimand = self
            .rule
            .estimand
            .unwrap_or(self.policy.statistics.versus_baseline);
        let Some(difference) = self
            .planned
            .difference(self.policy, (metric, estimand), None)
        else {
            return self.says(None, None, "the pilot has no score of it");
        };
        let mut power = RulePower {
            units: difference.mean.units,
            unit: difference.unit,
            source: Some(difference.source),
            ..self.blank(None)
        };
        if let Some(why) = self.too_few(difference.size, difference.applicable, None) {
            return RulePower {
                pass: Some(0.0),
                note: Some(why),
                ..power
            };
        }
        let threshold = match self.on_judges_scale(metric, threshold) {
            Ok(threshold) => threshold,
            Err(why) => {
                return RulePower {
                    pass: Some(0.0),
                    note: Some(why),
                    ..power
                };
            }
        };
        let alpha_pass = self.policy.statistics.alpha_pass;
        let computed = difference
            .mean
            .chance_above(threshold, alpha_pass)
            .and_then(|pass| {
                let asked = (self.alpha_fail, POWER_WANTED);
                let drop = difference
                    .mean
                    .drop_seen(threshold, difference.width, asked)?;
                Ok((pass, drop))
            });
        match computed {
            Ok((pass, drop)) => {
                power.pass = Some(pass);
                power.fails_from = drop;
            }
            Err(error) => power.note = Some(error.to_string()),
        }
        if threshold >= 0.0 {
            power.note = Some(if matches!(self.rule.kind, RuleKind::Superior { .. }) {
                "asks for an improvement: without one it does not pass".to_owned()
            } else {
                "margin 0: an equal candidate would almost never pass".to_owned()
            });
        }
        power
    }

    /// A margin as the judge sees it, where the policy knows how well it judges.
    fn on_judges_scale(&self, metric: &str, threshold: f64) -> Result<f64, String> {
        let calibration = self.policy.calibrations.get(metric);
        let (Some(calibration), true) = (calibration, threshold < 0.0) else {
            return Ok(threshold);
        };
        let alpha = self.policy.statistics.alpha_pass;
        let instrument = self.column(metric).map(|column| column.instrument);
        calibration::scaled(calibration, instrument, -threshold, alpha)
            .map(|scaled| -scaled.on_judges_scale)
            .map_err(|unfit| unfit.to_string())
    }

    fn slice_floor(&self) -> Vec<RulePower> {
        let RuleKind::SliceFloor {
            metric,
            by,
            min,
            min_cases,
            required,
            ..
        } = &self.rule.kind
        else {
            return Vec::new();
        };
        let present = slices(self.planned.cases, by);
        let absent = required.iter().filter(|slice| !present.contains(*slice));
        let absent = absent.map(|slice| {
            self.says(
                Some(slice),
                Some(0.0),
                "required, and the eval set has no case of it",
            )
        });
        let planned = present
            .iter()
            .map(|slice| self.absolute(metric, (Bar::AtLeast, *min), Some((slice, *min_cases))));
        let all: Vec<RulePower> = absent.chain(planned).collect();
        if all.is_empty() {
            return vec![self.says(None, Some(0.0), "no case has such a tag")];
        }
        all
    }

    fn must_pass(&self) -> RulePower {
        let RuleKind::MustPass {
            metric,
            cases,
            min,
            min_cases,
            repeats,
        } = &self.rule.kind
        else {
            return self.blank(None);
        };
        let is_chosen = |case: &CaseInfo| match cases {
            CaseFilter::Critical => case.critical,
            CaseFilter::Slice(slice) => is_in(case, Some(slice)),
        };
        let chosen = self
            .planned
            .cases
            .iter()
            .filter(|case| is_chosen(case))
            .count();
        let runs = count_to_f64(chosen) * f64::from(self.planned.attempts);
        let (Some(pilot), Some(column)) = (self.planned.pilot, self.column(metric)) else {
            return self.needs_pilot();
        };
        let attempts = usize::try_from(pilot.candidate.attempts)
            .unwrap_or(1)
            .max(1);
        let rows = pilot
            .candidate
            .cases
            .iter()
            .zip(column.cells.chunks(attempts));
        let cells = rows
            .filter(|(case, _)| is_chosen(case))
            .flat_map(|(_, cells)| cells);
        let is_bad = |cell: &&Cell| !matches!(cell, Cell::Scored(value) if value >= min);
        let (n, bad) = (cells.clone().count(), cells.filter(is_bad).count());
        let bad_share = count_to_f64(bad) / count_to_f64(n.max(1));
        let (pass, note) = if chosen < (*min_cases).max(1) {
            (
                0.0,
                format!("{chosen} such cases, the policy wants {min_cases}: never passes"),
            )
        } else if self.planned.attempts < *repeats {
            (
                0.0,
                format!(
                    "asked {} times, the policy wants {repeats}: never passes",
                    self.planned.attempts
                ),
            )
        } else {
            (
                (1.0 - bad_share).powf(runs),
                format!("{bad} of {n} such answers failed in the pilot"),
            )
        };
        RulePower {
            units: whole(runs),
            ..self.says(None, Some(pass), note)
        }
    }

    fn max_count(&self, metric: &str, max: u64) -> RulePower {
        let Some(column) = self.column(metric) else {
            return self.needs_pilot();
        };
        let scored: Vec<f64> = scored(column).collect();
        let found: f64 = scored.iter().sum();
        let runs = self.runs();
        let expected = found * runs / count_to_f64(scored.len().max(1));
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        RulePower {
            units: whole(runs),
            ..self.says(
                None,
                Some(poisson_at_most(max, expected)),
                format!("{found} found in {} answers of the pilot", scored.len()),
            )
        }
    }

    fn max_error_rate(&self, max: f64) -> RulePower {
        let Some(pilot) = self.planned.pilot else {
            return self.needs_pilot();
        };
        let planned = pilot.candidate.planned();
        let is_hole = |trial: usize| {
            let columns = pilot.candidate.columns.values();
            columns
                .into_iter()
                .any(|column| matches!(column.cells.get(trial), Some(Cell::Unscored(_))))
        };
        let holes = (0..planned).filter(|trial| is_hole(*trial)).count();
        let share = count_to_f64(holes) / count_to_f64(planned.max(1));
        let runs = whole(self.runs());
        let most = whole((max * count_to_f64(runs)).floor());
        RulePower {
            units: runs,
            ..self.says(
                None,
                Some(binomial_cdf(most, runs, share)),
                format!("{holes} of {planned} trials failed in the pilot"),
            )
        }
    }

    fn percentile(&self, metric: &str, quantile: f64, max: f64) -> RulePower {
        let Some(column) = self.column(metric) else {
            return self.needs_pilot();
        };
        let all = column
            .cells
            .iter()
            .filter(|cell| !matches!(cell, Cell::NotApplicable));
        let within = scored(column).filter(|value| *value <= max).count();
        let n = all.count();
        let share = count_to_f64(within) / count_to_f64(n.max(1));
        let runs = whole(self.runs());
        let gate = absolute_gate(runs, quantile, self.policy.statistics.alpha_pass);
        match gate {
            Ok(gate) => RulePower {
                units: runs,
                ..self.says(
                    None,
                    Some(gate.power(share)),
                    format!("{within} of {n} within the bar in the pilot"),
                )
            },
            Err(error) => self.says(None, None, error.to_string()),
        }
    }

    /// The mean of an amount, by normal theory.
    fn amount(&self, metric: &str, max: f64) -> RulePower {
        let Some(spread) = self.amount_spread(metric) else {
            return self.needs_pilot();
        };
        let estimand = self
            .rule
            .estimand
            .unwrap_or(self.policy.statistics.absolute);
        let attempts = f64::from(self.planned.attempts);
        let size = Size::of(self.planned.cases, None);
        let (units, unit) = size.units(estimand, attempts, spread.applicable);
        let variance = match estimand {
            Estimand::Suite => spread.total,
            Estimand::Population => spread.of_unit(spread.run, attempts),
        };
        RulePower {
            unit,
            source: Some(spread.source),
            ..self.normal(units, max - spread.mean, variance)
        }
    }

    /// The candidate's mean at most `max` times the baseline's, as the gate tests it: the mean of
    /// c − max · b at most 0.
    fn ratio(&self, metric: &str, max: f64) -> RulePower {
        let Some(spread) = self.amount_spread(metric) else {
            return self.needs_pilot();
        };
        let attempts = f64::from(self.planned.attempts);
        let units = Size::of(self.planned.cases, None).questions * spread.applicable;
        let between = (spread.total - spread.run).max(0.0);
        let variance =
            (1.0 - max).powi(2) * between + max.mul_add(max, 1.0) * spread.run / attempts;
        RulePower {
            unit: Unit::Question,
            source: Some(spread.source),
            ..self.normal(units, (max - 1.0) * spread.mean, variance)
        }
    }

    fn amount_spread(&self, metric: &str) -> Option<Spread> {
        let column = self.column(metric)?;
        let pilot = self.planned.pilot?;
        spread::of_scores(
            pilot.candidate,
            column,
            &|_| true,
            &self.planned.assumptions,
        )
    }

    fn normal(&self, units: f64, room: f64, variance: f64) -> RulePower {
        let z = normal_upper_quantile(self.policy.statistics.alpha_pass);
        let pass = if variance > 0.0 {
            normal_cdf(room * (units / variance).sqrt() - z)
        } else if room > 0.0 {
            1.0
        } else {
            0.0
        };
        RulePower {
            units: whole(units),
            pass: Some(pass),
            note: Some("by normal theory".to_owned()),
            ..self.blank(None)
        }
    }

    /// Planned answers.
    fn runs(&self) -> f64 {
        count_to_f64(self.planned.cases.len()) * f64::from(self.planned.attempts)
    }
}

impl Spread {
    /// Shares of a scale brought to its numbers.
    fn on(self, low: f64, high: f64, direction: Direction) -> Self {
        let width = high - low;
        let mean = match direction {
            Direction::HigherIsBetter => self.mean,
            Direction::LowerIsBetter => 1.0 - self.mean,
        };
        Self {
            mean: width.mul_add(mean, low),
            total: self.total * width * width,
            run: self.run * width * width,
            clusters: self.clusters * width * width,
            ..self
        }
    }
}

fn scored(column: &Column) -> impl Iterator<Item = f64> {
    column.cells.iter().filter_map(|cell| match cell {
        Cell::Scored(value) => Some(*value),
        Cell::NotApplicable | Cell::Unscored(_) => None,
    })
}

/// A claim about candidate − baseline at no change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Difference {
    pub(super) mean: PlannedMean,
    pub(super) unit: Unit,
    pub(super) width: f64,
    pub(super) size: Size,
    pub(super) applicable: f64,
    pub(super) source: Source,
}

/// How large a comparison is: for the planned one, and for those that could be bought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scope {
    pub(super) size: Size,
    pub(super) attempts: f64,
    pub(super) votes: u32,
}

impl Planned<'_> {
    /// The planned comparison; `None` where the pilot has no score.
    pub(super) fn difference(
        &self,
        policy: &Policy,
        (metric, estimand): (&str, Estimand),
        slice: Option<&Slice>,
    ) -> Option<Difference> {
        let scope = Scope {
            size: Size::of(self.cases, slice),
            attempts: f64::from(self.attempts),
            votes: self.votes,
        };
        let spread = self.difference_spread(metric, slice)?;
        self.difference_of(policy, (metric, estimand), &spread, scope)
    }

    /// The spread of differences: measured on pairs, or from that of the scores at no change.
    pub(super) fn difference_spread(&self, metric: &str, slice: Option<&Slice>) -> Option<Spread> {
        let spec = self.spec(metric)?;
        let keep = |case: &CaseInfo| is_in(case, slice);
        let pilot = self
            .pilot
            .and_then(|pilot| Some((pilot, pilot.candidate.columns.get(metric)?)));
        let Some((pilot, column)) = pilot else {
            let (low, high) = spec.data_type.range();
            let assumed = spread::assumed(&self.assumptions).on(low, high?, spec.direction);
            return Some(no_change(&assumed));
        };
        if let Some(baseline) = pilot.baseline
            && let Some(theirs) = baseline.columns.get(metric)
            && theirs.instrument == column.instrument
        {
            return spread::of_differences((pilot.candidate, column), (baseline, theirs), &keep);
        }
        let spread = spread::of_scores(pilot.candidate, column, &keep, &self.assumptions)?;
        Some(no_change(&spread))
    }

    /// A comparison of any scope.
    pub(super) fn difference_of(
        &self,
        policy: &Policy,
        (metric, estimand): (&str, Estimand),
        spread: &Spread,
        scope: Scope,
    ) -> Option<Difference> {
        let (low, high) = self.spec(metric)?.data_type.range();
        let scale = Scale::new(low, high?).ok()?;
        let (units, unit) = scope
            .size
            .units(estimand, scope.attempts, spread.applicable);
        let width = scale.width();
        // Votes of both sides: their noise counts twice, as that of the runs does.
        let run = 2.0 * self.run_with_votes(0.5 * spread.run, width, scope.votes);
        let (variance, noise) = match estimand {
            Estimand::Suite => ((spread.total - spread.run).max(0.0) + run, run),
            Estimand::Population => [spread.of_unit(run, scope.attempts); 2].into(),
        };
        Some(Difference {
            mean: PlannedMean {
                units: whole(units),
                mean: 0.0,
                sd: variance.sqrt(),
                noise: noise.sqrt(),
                scale: scale.of_differences(),
                bound: bound(policy),
            },
            unit,
            width,
            size: scope.size,
            applicable: spread.applicable,
            source: spread.source,
        })
    }
}

/// Two runs of the same system: what differs between questions cancels, the noise counts twice.
fn no_change(spread: &Spread) -> Spread {
    let run = 2.0 * spread.run;
    Spread {
        mean: 0.0,
        total: run,
        run,
        clusters: spread.per_cluster * run / spread.attempts,
        ..spread.clone()
    }
}
