//! `must-pass`: every attempt at every chosen case scores at least `min`.

use groundgate_model::{
    toml_reader::Table,
    trial::{CaseInfo, Cell, Column},
    unit::count_to_f64,
};

use super::base::{
    AsksScores, Claim, Evaluation, Holds, Key, Kind, MORE_IS_BETTER, Reader, Setting, Settings,
    Threshold, WORST_CASES, count, decided, no_data, written,
};
use crate::{
    draft::Draft,
    policy::CaseFilter,
    power::{PlannedRule, RulePower, whole},
    sentence,
    verdict::Verdict,
};

/// Every attempt at every chosen case scores at least `min`.
#[derive(Debug, Clone, PartialEq)]
pub struct MustPass {
    /// Of which metric.
    pub metric: String,
    /// The chosen cases.
    pub cases: CaseFilter,
    /// The threshold.
    pub min: f64,
    /// Fewer chosen cases: inconclusive.
    pub min_cases: usize,
    /// Fewer attempts a case: inconclusive.
    pub repeats: u32,
}

pub(super) const KIND: Kind<super::RuleKind> = Kind {
    name: "must-pass",
    passes: "every attempt at every critical case (or case of one slice) reaches `min`",
    claim: Claim::Count,
    keys: &[
        Key::METRIC,
        Key::needed(
            "cases",
            Holds::Text,
            "`critical`, or a slice such as `product=refunds`",
        ),
        Key::needed("min", Holds::Number, "every attempt reaches at least this").tightened(),
        Key::optional(
            "min-cases",
            Holds::Whole(1),
            "with fewer such cases it is inconclusive; 1 where it is not said",
        )
        .tightened(),
        Key::optional(
            "repeats",
            Holds::Whole(1),
            "with fewer attempts a case it is inconclusive; 1 where it is not said",
        )
        .tightened(),
    ],
    read,
};

fn read(reader: &Reader<'_, '_, '_>) -> Option<super::RuleKind> {
    let spec = reader.metric(&MORE_IS_BETTER);
    let min = reader.number("min");
    let cases = match reader.table.text("cases") {
        Some("critical") => Some(CaseFilter::Critical),
        Some(written) => reader
            .slice(written, reader.table.at_value("cases"))
            .map(CaseFilter::Slice),
        None => None,
    };
    let least_one = |table: &Table<'_, '_>, key: &str| count(table, key, 1);
    let min_cases = reader.layers.read("min-cases", 1, least_one);
    let repeats = reader.layers.read("repeats", 1, least_one);
    let spec = spec?;
    let min = min?;
    let (low, high) = spec.data_type.range();
    let possible = min.number > low && high.is_none_or(|high| min.number <= high);
    let wanted = format!("above {low} and reachable for `{}`", spec.name);
    let rule = MustPass {
        min: min.allow(possible, &wanted)?,
        metric: spec.name,
        cases: cases?,
        min_cases: usize::try_from(min_cases?).ok()?,
        repeats: repeats?,
    };
    Some(rule.into())
}

impl AsksScores for MustPass {
    fn metric(&self) -> Option<&str> {
        Some(&self.metric)
    }

    fn threshold(&self) -> Option<Threshold> {
        None
    }

    fn set_threshold(&mut self, _value: f64) -> bool {
        false
    }

    fn settings(&self) -> Settings {
        let cases = match &self.cases {
            CaseFilter::Critical => "critical".to_owned(),
            CaseFilter::Slice(slice) => written(slice),
        };
        vec![
            ("cases", Setting::Word(cases)),
            ("min", Setting::MoreIsStricter(self.min)),
            ("min-cases", Setting::at_least(self.min_cases)),
            ("repeats", Setting::MoreIsStricter(f64::from(self.repeats))),
        ]
    }

    fn drafts(&self, of: &Evaluation<'_>) -> Vec<Draft> {
        let mut draft = of.blank(&self.metric, Threshold::at_least(self.min));
        if let Some(column) = of.view.whole.columns.get(&self.metric) {
            self.count(of, column, &mut draft);
        }
        vec![draft]
    }

    fn powers(&self, plan: &PlannedRule<'_>) -> Vec<RulePower> {
        let planned = plan.planned;
        let chosen = planned.cases.iter().filter(|case| self.cases.holds(case));
        let (chosen, min_cases) = (chosen.count(), self.min_cases);
        let runs = count_to_f64(chosen) * f64::from(planned.attempts);
        let Some(failed) = self.failed_in_pilot(plan) else {
            return vec![plan.needs_pilot()];
        };
        let (pass, note) = if chosen < min_cases.max(1) {
            let note =
                format!("{chosen} such cases, the policy requires {min_cases}: never passes");
            (0.0, note)
        } else if planned.attempts < self.repeats {
            let (asked, wanted) = (planned.attempts, self.repeats);
            let note = format!("asked {asked} times, the policy requires {wanted}: never passes");
            (0.0, note)
        } else {
            let Failed { n, of } = failed;
            let share = count_to_f64(n) / count_to_f64(of.max(1));
            let note = format!("{n} of {of} such answers failed in the pilot");
            ((1.0 - share).powf(runs), note)
        };
        vec![RulePower {
            units: whole(runs),
            ..plan.says(Some(pass), note)
        }]
    }

    fn must_pass(&self) -> Option<&CaseFilter> {
        Some(&self.cases)
    }
}

/// How many answers failed, of how many.
struct Failed {
    n: usize,
    of: usize,
}

impl MustPass {
    fn count(&self, of: &Evaluation<'_>, column: &Column, draft: &mut Draft) {
        let table = of.view.whole;
        let attempts = usize::try_from(table.attempts).unwrap_or(usize::MAX);
        let places = table.cases.iter().enumerate();
        let chosen: Vec<(usize, &CaseInfo)> =
            places.filter(|(_, case)| self.cases.holds(case)).collect();
        let cells_at = |place: usize| {
            let trials = place * attempts..(place + 1) * attempts;
            trials.filter_map(|trial| Some((trial, column.cells.get(trial)?)))
        };
        for (_, cell) in chosen.iter().flat_map(|(place, _)| cells_at(*place)) {
            draft.counts.add(cell);
        }
        let ids_where = |test: &dyn Fn(usize, &Cell) -> bool| -> Vec<String> {
            let has_one = |place| cells_at(place).any(|(trial, cell)| test(trial, cell));
            let ids = chosen.iter().filter(|(place, _)| has_one(*place));
            ids.map(|(_, case)| case.id.clone()).collect()
        };
        let labels = of.view.labels.as_deref();
        let is_called_bad =
            |trial| labels.is_some_and(|labels| labels.is_below(&self.metric, trial, self.min));
        // A score of which votes failed is a failure only if it were one at the best.
        let failures = ids_where(&|trial, cell| match cell {
            _ if is_called_bad(trial) => true,
            Cell::Scored(value) => *column.up_to.get(&trial).unwrap_or(value) < self.min,
            Cell::Unscored(reason) => reason.is_product_failure(),
            Cell::NotApplicable => false,
        });
        let is_doubted =
            |trial| labels.is_some_and(|labels| labels.may_be_below(&self.metric, trial, self.min));
        let open = ids_where(&|trial, cell| {
            is_doubted(trial) || !matches!(cell, Cell::Scored(value) if *value >= self.min)
        });
        let (n, min_cases) = (chosen.len(), self.min_cases.max(1));
        let said = Said {
            metric: &self.metric,
            min: self.min,
            n,
        };
        draft.state = if !failures.is_empty() {
            draft.worst_cases = failures.iter().take(WORST_CASES).cloned().collect();
            decided(Verdict::Fail, said.failed(failures.len()))
        } else if n < min_cases {
            no_data(sentence::too_few(n, min_cases))
        } else if table.attempts < self.repeats {
            no_data(asked_too_seldom(self.repeats, table.attempts))
        } else if !open.is_empty() {
            draft.worst_cases = open.iter().take(WORST_CASES).cloned().collect();
            no_data(said.open(open.len()))
        } else {
            decided(Verdict::Pass, said.passed())
        };
    }

    /// What of the chosen cases failed in the pilot; `None` where it does not measure the metric.
    fn failed_in_pilot(&self, plan: &PlannedRule<'_>) -> Option<Failed> {
        let pilot = plan.planned.pilot?.candidate;
        let column = plan.column(&self.metric)?;
        let attempts = usize::try_from(pilot.attempts).unwrap_or(1).max(1);
        let rows = pilot.cases.iter().zip(column.cells.chunks(attempts));
        let cells = rows
            .filter(|(case, _)| self.cases.holds(case))
            .flat_map(|(_, cells)| cells);
        let is_bad = |cell: &&Cell| !matches!(cell, Cell::Scored(value) if *value >= self.min);
        Some(Failed {
            of: cells.clone().count(),
            n: cells.filter(is_bad).count(),
        })
    }
}

/// A rule about cases that have to pass each time.
struct Said<'a> {
    metric: &'a str,
    min: f64,
    /// The chosen cases.
    n: usize,
}

impl Said<'_> {
    fn failed(&self, failed: usize) -> String {
        let Self { metric, min, n } = self;
        format!("{failed} of {n} must-pass cases did not reach {min} on {metric}")
    }

    fn open(&self, open: usize) -> String {
        let Self { metric, n, .. } = self;
        format!("{open} of {n} must-pass cases have no score of {metric}")
    }

    fn passed(&self) -> String {
        let Self { metric, min, n } = self;
        format!("all {n} must-pass cases reached {min} on {metric}, every time")
    }
}

fn asked_too_seldom(wanted: u32, asked: u32) -> String {
    format!("each case was to be asked {wanted} times and was asked {asked}")
}
