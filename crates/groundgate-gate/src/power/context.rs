//! What kinds of rules share when they say what a planned run will be able to show.

use std::collections::BTreeMap;

use groundgate_model::{
    trial::{CaseInfo, Cell, Column, DataType, MetricSpec},
    unit::count_to_f64,
};
use groundgate_stats::{
    Scale, StatsError, Unit,
    power::{PlannedMean, absolute_gate, absolute_minimum_detectable},
    special::{normal_cdf, normal_upper_quantile},
};

use super::{
    difference::Compared,
    planned::{POWER_WANTED, Planned, RulePower, Size, bound, is_in, whole},
    spread::{self, Spread},
};
use crate::{
    calibration,
    policy::{Estimand, JudgeCalibration, Slice, Statistics},
    rules::Threshold,
    verdict::AllowedSide,
};

const CALIBRATION_NOTE: &str = "as if the judge's rates were known exactly: the calibration's own uncertainty costs some of this";

/// One rule of a planned run.
pub(crate) struct PlannedRule<'a> {
    /// The rule's id.
    pub(crate) id: &'a str,
    /// The rule's kind.
    pub(crate) kind: &'static str,
    /// The metric that the rule reads.
    pub(crate) metric: Option<&'a str>,
    /// Where the rule stands in the file, from 1.
    pub(crate) line: Option<usize>,
    /// What the rule speaks of; `None`: as the policy's statistics say.
    pub(crate) estimand: Option<Estimand>,
    /// The policy's.
    pub(crate) statistics: &'a Statistics,
    /// The policy's, by metric.
    pub(crate) calibrations: &'a BTreeMap<String, JudgeCalibration>,
    /// What is planned.
    pub(crate) planned: &'a Planned<'a>,
    /// What Holm's procedure leaves to the rule with the smallest p-value.
    pub(crate) alpha_fail: f64,
}

/// A slice, and how many cases of it the rule wants.
#[derive(Clone, Copy)]
pub(crate) struct PlannedSlice<'a> {
    pub(crate) slice: &'a Slice,
    pub(crate) min_cases: usize,
}

/// What a test will be able to show.
struct Shown {
    /// The chance to pass.
    pass: f64,
    /// The smallest drop that fails.
    fails_from: Option<f64>,
}

/// A claim about a score's mean, ready to be computed.
struct PlannedClaim {
    spread: Spread,
    mean: PlannedMean,
    unit: Unit,
    is_binary: bool,
}

impl<'a> PlannedRule<'a> {
    fn blank(&self, slice: Option<&Slice>) -> RulePower {
        RulePower {
            id: slice.map_or_else(
                || self.id.to_owned(),
                |slice| format!("{}/{}={}", self.id, slice.tag, slice.value),
            ),
            kind: self.kind,
            metric: self.metric.map(str::to_owned),
            slice: slice.cloned(),
            line: self.line,
            units: 0,
            unit: Unit::Run,
            pass: None,
            fails_from: None,
            source: None,
            note: None,
        }
    }

    /// What is to be known, and the chance to pass where there is one.
    pub(crate) fn says(&self, pass: Option<f64>, why: impl Into<String>) -> RulePower {
        self.says_of(None, pass, why)
    }

    /// The same of a slice.
    pub(crate) fn says_of(
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

    /// The pilot's scores of a metric.
    pub(crate) fn column(&self, metric: &str) -> Option<&'a Column> {
        self.planned.pilot?.candidate.columns.get(metric)
    }

    /// What a rule says that nobody can plan without a pilot.
    pub(crate) fn needs_pilot(&self) -> RulePower {
        self.says(None, "needs a pilot that measures it")
    }

    /// All that is planned.
    pub(crate) fn size(&self) -> Size {
        Size::of(self.planned.cases, None)
    }

    /// Planned answers.
    pub(crate) fn runs(&self) -> usize {
        let attempts = f64::from(self.planned.attempts);
        whole(count_to_f64(self.planned.cases.len()) * attempts)
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
        let min = slice_min.unwrap_or(self.statistics.min_cases);
        let n = whole(size.questions * applicable);
        (n < min).then(|| format!("{n} cases, the policy requires {min}: never passes"))
    }

    /// A metric's mean against a fixed threshold.
    pub(crate) fn absolute(
        &self,
        metric: &str,
        threshold: Threshold,
        of: Option<PlannedSlice<'_>>,
    ) -> RulePower {
        let slice = of.map(|of| of.slice);
        let Some(spec) = self.planned.spec(metric) else {
            return self.says_of(slice, None, "unknown metric");
        };
        if spec.data_type.range().1.is_none() {
            return self.amount(metric, threshold.value);
        }
        let Some(spread) = self.spread(&spec, slice) else {
            return self.says_of(slice, None, "the pilot has no score of it");
        };
        let size = Size::of(self.planned.cases, slice);
        let too_few = self.too_few(size, spread.applicable, of.map(|of| of.min_cases));
        let claim = match self.claim(&spec, spread, size) {
            Ok(claim) => claim,
            Err(error) => return self.says_of(slice, None, error.to_string()),
        };
        let power = RulePower {
            units: claim.mean.units,
            unit: claim.unit,
            source: Some(claim.spread.source),
            ..self.blank(slice)
        };
        if let Some(why) = too_few {
            return never(power, why);
        }
        let on_judges_scale = self.on_judges_scale(&spec, threshold.value);
        let threshold = Threshold {
            value: on_judges_scale.unwrap_or(threshold.value),
            ..threshold
        };
        let is_exact =
            claim.is_binary && claim.unit == Unit::Question && self.planned.attempts == 1;
        let mut power = shown(
            power,
            &if is_exact {
                self.binary(&claim, threshold)
            } else {
                self.bounded(&claim.mean, threshold)
            },
        );
        if on_judges_scale.is_some() {
            power
                .note
                .get_or_insert_with(|| CALIBRATION_NOTE.to_owned());
        }
        power
    }

    fn claim(
        &self,
        spec: &MetricSpec,
        spread: Spread,
        size: Size,
    ) -> Result<PlannedClaim, StatsError> {
        let (low, high) = spec.data_type.range();
        let scale = Scale::new(low, high.unwrap_or(f64::INFINITY))?;
        let estimand = self.estimand.unwrap_or(self.statistics.absolute);
        let attempts = f64::from(self.planned.attempts);
        let (units, unit) = size.units(estimand, attempts, spread.applicable);
        let votes = self.planned.votes;
        let run = self
            .planned
            .run_with_votes(spread.run, scale.width(), votes);
        let variances = spread.variances(estimand, run, attempts);
        Ok(PlannedClaim {
            mean: PlannedMean {
                units: whole(units),
                mean: spread.mean,
                sd: variances.total.sqrt(),
                noise: variances.noise.sqrt(),
                scale,
                bound: bound(self.statistics),
            },
            spread,
            unit,
            is_binary: spec.data_type == DataType::Binary,
        })
    }

    /// A threshold of people as the judge sees it; `None` without a calibration.
    fn on_judges_scale(&self, spec: &MetricSpec, threshold: f64) -> Option<f64> {
        let known = self.calibrations.get(&spec.name)?;
        (spec.data_type == DataType::Binary)
            .then(|| calibration::threshold_on_judges_scale(known, spec.data_type, threshold))
    }

    /// Exact for scores of 0 and 1, one a question.
    fn binary(&self, claim: &PlannedClaim, threshold: Threshold) -> Result<Shown, StatsError> {
        let (n, mean) = (claim.mean.units, claim.mean.mean);
        let (mean, threshold) = match threshold.side {
            AllowedSide::AtLeast => (mean, threshold.value),
            AllowedSide::AtMost => (1.0 - mean, 1.0 - threshold.value),
        };
        let pass = absolute_gate(n, threshold, self.statistics.alpha_pass)?.power(mean);
        let failing =
            absolute_minimum_detectable(n, 1.0 - threshold, self.alpha_fail, POWER_WANTED)?;
        let fails_from = failing.map(|failing| (mean - (1.0 - failing)).max(0.0));
        Ok(Shown { pass, fails_from })
    }

    fn bounded(&self, mean: &PlannedMean, threshold: Threshold) -> Result<Shown, StatsError> {
        let width = mean.scale.width();
        // Less is better: the same claim seen in a mirror.
        match threshold.side {
            AllowedSide::AtLeast => self.above(mean, threshold.value, width),
            AllowedSide::AtMost => {
                let scale = Scale::new(-mean.scale.high(), -mean.scale.low())?;
                let mirrored = PlannedMean {
                    mean: -mean.mean,
                    scale,
                    ..*mean
                };
                self.above(&mirrored, -threshold.value, width)
            }
        }
    }

    fn above(&self, mean: &PlannedMean, threshold: f64, width: f64) -> Result<Shown, StatsError> {
        let pass = mean.chance_above(threshold, self.statistics.alpha_pass)?;
        let fails_from = mean.drop_seen(threshold, width, self.alpha_fail, POWER_WANTED)?;
        Ok(Shown { pass, fails_from })
    }

    /// Candidate − baseline, where more is better; `threshold` is the margin's negative. `note` is what
    /// is to be known where an equal candidate does not meet it.
    pub(crate) fn difference(&self, metric: &str, threshold: f64, note: &str) -> RulePower {
        let of = Compared {
            metric,
            estimand: self.estimand.unwrap_or(self.statistics.versus_baseline),
        };
        let Some(difference) = self.planned.difference(self.statistics, of, None) else {
            return self.says(None, "the pilot has no score of it");
        };
        let power = RulePower {
            units: difference.mean.units,
            unit: difference.unit,
            source: Some(difference.source),
            ..self.blank(None)
        };
        if let Some(why) = self.too_few(difference.size, difference.applicable, None) {
            return never(power, why);
        }
        let threshold = match self.margin_on_judges_scale(metric, threshold) {
            Ok(threshold) => threshold,
            Err(why) => return never(power, why),
        };
        let mut power = shown(
            power,
            &self.above(&difference.mean, threshold, difference.width),
        );
        if threshold >= 0.0 {
            power.note = Some(note.to_owned());
        }
        power
    }

    /// A margin as the judge sees it, where the policy knows how well it judges.
    fn margin_on_judges_scale(&self, metric: &str, threshold: f64) -> Result<f64, String> {
        let calibration = self.calibrations.get(metric);
        let (Some(calibration), true) = (calibration, threshold < 0.0) else {
            return Ok(threshold);
        };
        let alphas = [self.statistics.alpha_pass, self.statistics.alpha_fail];
        let instrument = self.column(metric).map(|column| column.instrument);
        calibration::scaled(calibration, instrument, -threshold, alphas)
            .map(|scaled| -scaled.on_judges_scale)
            .map_err(|unfit| unfit.to_string())
    }

    /// The mean of an amount, by normal theory.
    pub(crate) fn amount(&self, metric: &str, max: f64) -> RulePower {
        let Some(spread) = self.amount_spread(metric) else {
            return self.needs_pilot();
        };
        let estimand = self.estimand.unwrap_or(self.statistics.absolute);
        let attempts = f64::from(self.planned.attempts);
        let (units, unit) = self.size().units(estimand, attempts, spread.applicable);
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

    /// Whether a metric has no highest value.
    pub(crate) fn is_amount(&self, metric: &str) -> bool {
        let column = self.column(metric);
        column.is_some_and(|column| column.metric.data_type.range().1.is_none())
    }

    /// The same, if the rule says what no answer can exceed: else it passes nothing by itself.
    pub(crate) fn only_with_cap(cap: Option<f64>, power: RulePower) -> RulePower {
        match cap {
            Some(_) => power,
            None => never(
                power,
                "approximate without a `cap`: never passes by itself".to_owned(),
            ),
        }
    }

    /// The pilot's spread of an amount.
    pub(crate) fn amount_spread(&self, metric: &str) -> Option<Spread> {
        let column = self.column(metric)?;
        let pilot = self.planned.pilot?;
        let assumptions = &self.planned.assumptions;
        spread::of_scores(pilot.candidate, column, &|_| true, assumptions)
    }

    /// By normal theory: a mean with `room` to its threshold.
    pub(crate) fn normal(&self, units: f64, room: f64, variance: f64) -> RulePower {
        let z = normal_upper_quantile(self.statistics.alpha_pass);
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
}

fn never(power: RulePower, why: String) -> RulePower {
    RulePower {
        pass: Some(0.0),
        note: Some(why),
        ..power
    }
}

fn shown(power: RulePower, computed: &Result<Shown, StatsError>) -> RulePower {
    match computed {
        Ok(Shown { pass, fails_from }) => RulePower {
            pass: Some(*pass),
            fails_from: *fails_from,
            ..power
        },
        Err(error) => RulePower {
            note: Some(error.to_string()),
            ..power
        },
    }
}

/// The scores of a column, without what has none.
pub(crate) fn scored(column: &Column) -> impl Iterator<Item = f64> {
    column.cells.iter().filter_map(|cell| match cell {
        Cell::Scored(value) => Some(*value),
        Cell::NotApplicable | Cell::Unscored(_) => None,
    })
}
