//! One function per kind of rule: from the plan to its power.

use groundgate_model::{
    trial::{CaseInfo, Column, DataType, MetricSpec},
    unit::count_to_f64,
};
use groundgate_stats::{
    Scale, StatsError, Unit,
    power::{PlannedMean, absolute_gate, absolute_minimum_detectable},
};

use super::{
    POWER_WANTED, Planned, RulePower, Size, bound, is_in, slices,
    spread::{self, Spread},
    whole,
};
use crate::{
    calibration,
    policy::{Estimand, Policy, Rule, RuleKind, Slice},
    verdict::Bar,
};

const CALIBRATION_NOTE: &str = "as if the judge's rates were known exactly: the calibration's own uncertainty costs some of this";

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
        RuleKind::SliceFloor {
            metric,
            by,
            min,
            min_cases,
            required,
            ..
        } => return context.slice_floor(metric, (*min, *min_cases), by, required),
        RuleKind::MustPass {
            metric,
            cases,
            min,
            min_cases,
            repeats,
        } => context.must_pass(metric, cases, *min, (*min_cases, *repeats)),
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

/// One rule of a planned run.
pub(super) struct Context<'a> {
    pub(super) policy: &'a Policy,
    pub(super) rule: &'a Rule,
    pub(super) planned: &'a Planned<'a>,
    /// What Holm's procedure leaves to the rule with the smallest p-value.
    alpha_fail: f64,
}

impl<'a> Context<'a> {
    pub(super) fn blank(&self, slice: Option<&Slice>) -> RulePower {
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

    pub(super) fn says(
        &self,
        slice: Option<&Slice>,
        pass: Option<f64>,
        why: impl Into<String>,
    ) -> RulePower {
        RulePower {
            pass,
            note: Some(why.into()),
            ..self.blank(slice)
        }
    }

    pub(super) fn column(&self, metric: &str) -> Option<&'a Column> {
        self.planned.pilot?.candidate.columns.get(metric)
    }

    pub(super) fn needs_pilot(&self) -> RulePower {
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
        let on_judges_scale = self.bar_on_judges_scale(&spec, threshold);
        let threshold = on_judges_scale.unwrap_or(threshold);
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
        let is_binary = spec.data_type == DataType::Binary;
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
        if on_judges_scale.is_some() {
            power
                .note
                .get_or_insert_with(|| CALIBRATION_NOTE.to_owned());
        }
        power
    }

    /// A floor or ceiling of people as the judge sees it; `None` without a calibration.
    fn bar_on_judges_scale(&self, spec: &MetricSpec, bar: f64) -> Option<f64> {
        let known = self.policy.calibrations.get(&spec.name)?;
        (spec.data_type == DataType::Binary)
            .then(|| calibration::bar_on_judges_scale(known, spec.data_type, bar))
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

    fn slice_floor(
        &self,
        metric: &str,
        (min, min_cases): (f64, usize),
        by: &[String],
        required: &[Slice],
    ) -> Vec<RulePower> {
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
            .map(|slice| self.absolute(metric, (Bar::AtLeast, min), Some((slice, min_cases))));
        let all: Vec<RulePower> = absent.chain(planned).collect();
        if all.is_empty() {
            return vec![self.says(None, Some(0.0), "no case has such a tag")];
        }
        all
    }
}
