//! One function per kind of rule: from scores to drafts.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    bounds,
    calibration::{self, Unfit},
    decide::{Draft, State},
    look::View,
    policy::{CaseFilter, Estimand, OnOpen, Policy, Rule, RuleKind, Slice},
    sentence,
    summary::{self, NoSample, Sample},
    verdict::{Bar, Counts, Verdict},
    warning,
};
use crate::{
    number::RATIO_UNIT,
    stats::{Assessment, StatsError, prediction_powered_mean},
    trial::{CaseInfo, Cell, Direction, MetricSpec, Unscored},
    unit::{UnitInterval, count_to_f64},
};

/// Fewer drawn answers say too little of the others of which a cheaper judge is sure.
const DRAWN_MIN: usize = 20;

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
                && column.instrument_name.contains("embedded judge")
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

    /// The metric's mean against a fixed bar, overall or in one slice with the places of its cases.
    fn absolute(
        &self,
        metric: &str,
        bar: Bar,
        threshold: f64,
        slice: Option<(&Slice, &[usize])>,
    ) -> Draft {
        let mut draft = self.blank(metric, bar, threshold);
        if let Some((slice, _)) = slice {
            draft.id = format!("{}/{}={}", self.rule.id, slice.tag, slice.value);
            draft.slice = Some(format!("{}={}", slice.tag, slice.value));
        }
        let estimand = self
            .rule
            .estimand
            .unwrap_or(self.policy.statistics.absolute);
        let table = self.view.candidate.as_ref();
        let sample = match slice {
            Some((_, places)) => {
                summary::absolute_at(table, metric, estimand, places.iter().copied())
            }
            None => summary::absolute(table, metric, estimand, &|_| true),
        };
        self.test(draft, sample, false)
    }

    /// Not worse than the baseline by more than the margin, which shrinks to the judge's scale where
    /// the policy knows how well the judge judges.
    fn not_worse(&self, metric: &str, margin: f64) -> Draft {
        let alpha = self.policy.statistics.alpha_pass;
        let column = self.view.candidate.columns.get(metric);
        let calibration = self.policy.calibrations.get(metric).zip(column);
        let Some((calibration, column)) = calibration else {
            return self.paired(metric, -margin, margin);
        };
        match calibration::scaled(calibration, Some(column.instrument), margin, alpha) {
            Ok(scaled) => {
                let margin = scaled.on_judges_scale;
                let mut draft = self.paired(metric, -margin, margin);
                draft.scaled = Some(scaled);
                draft
            }
            Err(unfit) => {
                let mut draft = self.paired(metric, -margin, margin);
                draft.state = no_data(unfit.to_string());
                draft
            }
        }
    }

    /// Candidate − baseline. `bar_if_higher` is the bar where more is better.
    fn paired(&self, metric: &str, bar_if_higher: f64, bar_if_lower: f64) -> Draft {
        let more_is_better = self
            .spec(metric)
            .is_none_or(|spec| spec.direction == Direction::HigherIsBetter);
        let (bar, threshold) = if more_is_better {
            (Bar::AtLeast, bar_if_higher)
        } else {
            (Bar::AtMost, bar_if_lower)
        };
        let mut draft = self.blank(metric, bar, threshold);
        draft.is_difference = true;
        let Some(baseline) = self.view.baseline.as_deref() else {
            draft.state = no_data("there is no baseline to compare with".to_owned());
            return draft;
        };
        let estimand = self
            .rule
            .estimand
            .unwrap_or(self.policy.statistics.versus_baseline);
        let sample = summary::paired(&self.view.candidate, baseline, metric, estimand, &|_| true);
        self.test(draft, sample, true)
    }

    /// Puts a sample under the draft: counts, worst cases, and bounds where there is enough.
    fn test(
        &self,
        mut draft: Draft,
        sample: Result<Sample<'_>, NoSample>,
        is_difference: bool,
    ) -> Draft {
        let sample = match sample {
            Ok(sample) => sample,
            Err(NoSample::MetricAbsent) => {
                draft.state = no_data(sentence::not_measured(&draft.metric));
                return draft;
            }
            Err(NoSample::InstrumentsDiffer) => {
                draft.state = no_data(format!(
                    "candidate and baseline were measured by different judges of `{}`; judge the baseline again",
                    draft.metric
                ));
                return draft;
            }
            Err(NoSample::CheaperAbsent) => {
                draft.state = no_data(sentence::cheaper_absent(&draft.metric));
                return draft;
            }
        };
        draft.counts = sample.counts.clone();
        draft.worst_cases = worst(&sample, draft.bar);
        draft.state = self.state(&draft, &sample, is_difference);
        draft
    }

    fn state(&self, draft: &Draft, sample: &Sample<'_>, is_difference: bool) -> State {
        let statistics = &self.policy.statistics;
        if let Some(why) = &self.view.refusal {
            return no_data(why.clone());
        }
        if sample.n_cases_scored == 0 || sample.observations.is_empty() {
            return no_data(sentence::no_scores(&draft.metric, draft.slice.as_deref()));
        }
        if sample.n_cases_scored < statistics.min_cases && draft.slice.is_none() {
            return no_data(sentence::too_few(
                sample.n_cases_scored,
                statistics.min_cases,
            ));
        }
        if count_to_f64(sample.n_missing)
            > statistics.missing_max.value() * count_to_f64(sample.n_planned)
        {
            return no_data(sentence::too_many_missing(
                sample.n_missing,
                sample.n_planned,
                statistics.missing_max,
            ));
        }
        let Some(spec) = self.spec(&draft.metric) else {
            return no_data(sentence::not_measured(&draft.metric));
        };
        if let Some(why) = self.too_little_drawn(draft, sample, is_difference) {
            return no_data(why);
        }
        if !is_difference && let Some(corrected) = self.corrected(draft, sample) {
            return match corrected {
                Ok(assessment) => assessed(assessment),
                Err(unfit) => no_data(unfit.to_string()),
            };
        }
        assessed(bounds::of_mean(
            sample,
            spec.data_type,
            is_difference,
            statistics,
        ))
    }

    /// Why a judge behind a cheaper one says too little of the metric's mean.
    fn too_little_drawn(
        &self,
        draft: &Draft,
        sample: &Sample<'_>,
        is_difference: bool,
    ) -> Option<String> {
        let drawn = sample.drawn?;
        let metric = draft.metric.as_str();
        let is_labelled = self.view.labels.is_some_and(|labels| labels.has(metric));
        if !is_difference && (is_labelled || self.policy.calibrations.contains_key(metric)) {
            return Some(sentence::not_corrected(metric));
        }
        (drawn.n < DRAWN_MIN).then(|| sentence::too_few_drawn(metric, drawn.n, DRAWN_MIN))
    }

    /// The mean on the scale of people's labels, where the policy or labels say how to get there.
    fn corrected(
        &self,
        draft: &Draft,
        sample: &Sample<'_>,
    ) -> Option<Result<Result<Assessment, StatsError>, Unfit>> {
        let table = self.view.candidate.as_ref();
        let statistics = &self.policy.statistics;
        let known = self.policy.calibrations.get(&draft.metric);
        let column = table.columns.get(&draft.metric)?;
        let estimand = self.rule.estimand.unwrap_or(statistics.absolute);
        let plan = bounds::plan(sample.unit, sample.repeats, statistics);
        if draft.slice.is_none()
            && let Some(labels) = self.view.labels
            && let Some(labelled) = labels.sample(table, column, (estimand, known))
        {
            return Some(Ok(prediction_powered_mean(&labelled, plan)));
        }
        calibration::corrected(known?, column, &sample.observations, plan)
    }

    fn slices(
        &self,
        metric: &str,
        by: &[String],
        (min, min_cases, on_thin): (f64, usize, OnOpen),
        required: &[Slice],
    ) -> Vec<Draft> {
        // One pass over the cases, not one for each slice: there can be many of either.
        let mut places: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (place, case) in self.view.candidate.cases.iter().enumerate() {
            for (tag, value) in by.iter().filter_map(|tag| Some((tag, case.tags.get(tag)?))) {
                places.entry((tag, value)).or_default().push(place);
            }
        }
        let present: BTreeMap<Slice, Vec<usize>> = (places.into_iter())
            .map(|((tag, value), places)| {
                let (tag, value) = (tag.to_owned(), value.to_owned());
                (Slice { tag, value }, places)
            })
            .collect();
        let absent = required
            .iter()
            .filter(|slice| !present.contains_key(*slice))
            .map(|slice| {
                let mut draft = self.blank(metric, Bar::AtLeast, min);
                draft.id = format!("{}/{}={}", self.rule.id, slice.tag, slice.value);
                draft.slice = Some(format!("{}={}", slice.tag, slice.value));
                draft.state = no_data(format!(
                    "the policy requires the slice {}={}, and the run has no case of it",
                    slice.tag, slice.value
                ));
                draft
            });
        let measured = present.iter().map(|(slice, places)| {
            let mut draft = self.absolute(metric, Bar::AtLeast, min, Some((slice, places)));
            let n = self.n_scored(metric, places);
            if n < min_cases && n > 0 && matches!(draft.state, State::Tested(_)) {
                let verdict = match on_thin {
                    OnOpen::Block => Verdict::Inconclusive,
                    OnOpen::Hold => Verdict::Hold,
                };
                draft.state = settled(verdict, sentence::thin(n, min_cases));
            }
            draft
        });
        let drafts: Vec<Draft> = absent.chain(measured).collect();
        if drafts.is_empty() {
            let mut draft = self.blank(metric, Bar::AtLeast, min);
            draft.state = no_data(format!("no case has a tag of {}", by.join(", ")));
            return vec![draft];
        }
        drafts
    }

    /// How many of the cases at these places have a score.
    fn n_scored(&self, metric: &str, places: &[usize]) -> usize {
        let table = self.view.candidate.as_ref();
        let Some(column) = table.columns.get(metric) else {
            return 0;
        };
        let attempts = usize::try_from(table.attempts).unwrap_or(usize::MAX);
        let is_scored = |place: &&usize| {
            let from = place.saturating_mul(attempts);
            let cells = column.cells.get(from..from.saturating_add(attempts));
            let mut cells = cells.unwrap_or_default().iter();
            cells.any(|cell| matches!(cell, Cell::Scored(_)))
        };
        places.iter().filter(is_scored).count()
    }

    fn must_pass(
        &self,
        metric: &str,
        cases: &CaseFilter,
        min: f64,
        (min_cases, repeats): (usize, u32),
    ) -> Draft {
        let mut draft = self.blank(metric, Bar::AtLeast, min);
        let table = self.view.whole;
        let Some(column) = table.columns.get(metric) else {
            return draft;
        };
        let keep = |case: &CaseInfo| cases.holds(case);
        if let Ok(sample) = summary::absolute(table, metric, Estimand::Suite, &keep) {
            draft.counts = sample.counts;
        }
        let attempts = usize::try_from(table.attempts).unwrap_or(usize::MAX);
        let places = table.cases.iter().enumerate();
        let chosen: Vec<(usize, &CaseInfo)> = places.filter(|(_, case)| keep(case)).collect();
        // A score of which votes failed is a failure only if it were one at the best.
        let failed = |trial: usize, cell: &Cell| match cell {
            Cell::Scored(value) => column.up_to.get(&trial).unwrap_or(value) < &min,
            Cell::Unscored(reason) => reason.is_product_failure(),
            Cell::NotApplicable => false,
        };
        let ids_where = |test: &dyn Fn(usize, &Cell) -> bool| -> Vec<String> {
            let has_one = |place: usize| {
                let mut trials = place * attempts..(place + 1) * attempts;
                trials.any(|trial| {
                    column
                        .cells
                        .get(trial)
                        .is_some_and(|cell| test(trial, cell))
                })
            };
            let ids = chosen.iter().filter(|(place, _)| has_one(*place));
            ids.map(|(_, case)| case.id.clone()).collect()
        };
        let failures = ids_where(&failed);
        let open = ids_where(&|_, cell| !matches!(cell, Cell::Scored(value) if *value >= min));
        draft.state = if !failures.is_empty() {
            draft.worst_cases = failures.iter().take(WORST_CASES).cloned().collect();
            settled(
                Verdict::Fail,
                format!(
                    "{} of {} must-pass cases did not reach {min} on {metric}",
                    failures.len(),
                    chosen.len()
                ),
            )
        } else if chosen.len() < min_cases.max(1) {
            no_data(sentence::too_few(chosen.len(), min_cases.max(1)))
        } else if table.attempts < repeats {
            no_data(format!(
                "each case was to be asked {repeats} times and was asked {}",
                table.attempts
            ))
        } else if !open.is_empty() {
            draft.worst_cases = open.iter().take(WORST_CASES).cloned().collect();
            no_data(format!(
                "{} of {} must-pass cases have no score of {metric}",
                open.len(),
                chosen.len()
            ))
        } else {
            settled(
                Verdict::Pass,
                format!(
                    "all {} must-pass cases reached {min} on {metric}, every time",
                    chosen.len()
                ),
            )
        };
        draft
    }

    fn max_count(&self, metric: &str, max: u64) -> Draft {
        #[expect(
            clippy::as_conversions,
            clippy::cast_precision_loss,
            reason = "counts in policies are small"
        )]
        let bar = max as f64;
        let mut draft = self.blank(metric, Bar::AtMost, bar);
        let sample =
            match summary::absolute(&self.view.candidate, metric, Estimand::Suite, &|_| true) {
                Ok(sample) => sample,
                Err(_absent) => return draft,
            };
        draft.counts = sample.counts.clone();
        draft.worst_cases = worst_positive(&sample);
        let Some(column) = self.view.candidate.columns.get(metric) else {
            return draft;
        };
        let found: f64 = column
            .cells
            .iter()
            .filter_map(|cell| {
                if let Cell::Scored(value) = cell {
                    Some(*value)
                } else {
                    None
                }
            })
            .sum();
        let (n, min_cases) = (draft.counts.scored, self.policy.statistics.min_cases);
        draft.state = if found > bar {
            settled(
                Verdict::Fail,
                format!("{found} found in {n} answers; at most {max} allowed"),
            )
        } else if let Some(why) = &self.view.refusal {
            no_data(why.clone())
        } else if n == 0 {
            no_data(sentence::no_scores(metric, None))
        } else if sample.n_cases_scored < min_cases {
            no_data(sentence::too_few(sample.n_cases_scored, min_cases))
        } else if found * count_to_f64(self.view.whole.planned())
            > bar * count_to_f64(self.view.candidate.planned())
        {
            no_data(format!(
                "{found} found in the first {n} answers; more of them might take it over {max}"
            ))
        } else if draft.counts.n_unscored() + column.up_to.len() > 0 {
            no_data(format!(
                "{found} found in {n} answers, but {} trials were not checked",
                draft.counts.n_unscored() + column.up_to.len()
            ))
        } else {
            settled(
                Verdict::Pass,
                sentence::count_passed(found, n, self.policy.statistics.alpha_pass),
            )
        };
        draft
    }

    /// Trials with any hole in them, over all planned trials.
    fn max_error_rate(&self, max: UnitInterval) -> Draft {
        let mut draft = self.blank("errors", Bar::AtMost, max.value());
        let table = self.view.candidate.as_ref();
        let mut holes: BTreeMap<usize, String> = BTreeMap::new();
        let mut not_run = 0;
        for cell in table
            .columns
            .values()
            .flat_map(|column| column.cells.iter().enumerate())
        {
            if let (trial, Cell::Unscored(reason)) = cell
                && !reason.is_planned()
            {
                not_run += usize::from(*reason == Unscored::NotRun && !holes.contains_key(&trial));
                holes.entry(trial).or_insert_with(|| reason.name());
            }
        }
        let planned = table.planned();
        draft.counts.planned = planned;
        draft.counts.scored = planned.saturating_sub(holes.len());
        for reason in holes.values() {
            *draft.counts.unscored.entry(reason.clone()).or_insert(0) += 1;
        }
        let says = sentence::error_rate(holes.len(), planned, max);
        draft.state = if let Some(why) = &self.view.refusal {
            no_data(why.clone())
        } else if planned == 0 || table.columns.is_empty() {
            no_data("the run planned no trial".to_owned())
        } else if count_to_f64(holes.len()) <= max.value() * count_to_f64(planned) {
            settled(Verdict::Pass, says)
        } else if not_run > 0 {
            no_data(format!("{says}; {not_run} were never run"))
        } else {
            settled(Verdict::Fail, says)
        };
        draft
    }

    fn percentile(&self, metric: &str, quantile: f64, max: f64) -> Draft {
        let mut draft = self.blank(metric, Bar::AtMost, max);
        let sample =
            match summary::absolute(&self.view.candidate, metric, Estimand::Suite, &|_| true) {
                Ok(sample) => sample,
                Err(_absent) => return draft,
            };
        draft.counts = sample.counts.clone();
        draft.worst_cases = worst(&sample, Bar::AtMost);
        let statistics = &self.policy.statistics;
        draft.state = if let Some(why) = &self.view.refusal {
            no_data(why.clone())
        } else if sample.n_cases_scored == 0 {
            no_data(sentence::no_scores(metric, None))
        } else if sample.n_cases_scored < statistics.min_cases {
            no_data(sentence::too_few(
                sample.n_cases_scored,
                statistics.min_cases,
            ))
        } else if sample.drawn.is_some() {
            no_data(sentence::no_quantile_of_drawn(metric))
        } else {
            assessed(bounds::of_quantile(&sample, quantile, statistics))
        };
        draft
    }

    /// 'The candidate's mean is at most r times the baseline's' is 'the mean of c − r·b is at most 0'.
    fn ratio(&self, metric: &str, max: f64) -> Draft {
        let mut draft = self.blank(metric, Bar::AtMost, max);
        RATIO_UNIT.clone_into(&mut draft.unit);
        let Some(baseline) = self.view.baseline.as_deref() else {
            draft.state = no_data("there is no baseline to compare with".to_owned());
            return draft;
        };
        let keep = |_: &CaseInfo| true;
        let ours = summary::absolute(&self.view.candidate, metric, Estimand::Population, &keep);
        let theirs = summary::absolute(baseline, metric, Estimand::Population, &keep);
        let pairs = summary::ratio_pairs(&self.view.candidate, baseline, metric);
        let (Ok(ours), Ok(theirs), Ok(pairs)) = (ours, theirs, pairs) else {
            return draft;
        };
        draft.counts = ours.counts.clone();
        draft.worst_cases = worst(&ours, Bar::AtMost);
        let statistics = &self.policy.statistics;
        draft.state = if let Some(why) = &self.view.refusal {
            no_data(why.clone())
        } else if ours.n_cases_scored == 0 || theirs.n_cases_scored == 0 {
            no_data(sentence::no_scores(metric, None))
        } else if pairs.len() < statistics.min_cases {
            no_data(sentence::too_few(pairs.len(), statistics.min_cases))
        } else if ours.counts.n_unscored() + theirs.counts.n_unscored() > 0 {
            no_data(format!(
                "{} trials have no {metric}, and an amount has no worst value to count them at",
                ours.counts.n_unscored() + theirs.counts.n_unscored()
            ))
        } else {
            assessed(bounds::of_ratio(&pairs, statistics))
        };
        draft
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

fn worst_positive(sample: &Sample<'_>) -> Vec<String> {
    let highest = sample.highest(WORST_CASES).into_iter();
    let positive = highest.filter(|(_, value)| *value > 0.0);
    positive.map(|(id, _)| id.to_owned()).collect()
}
