//! `slice-floor`: the mean of a score is at least `min` in every slice.

use std::collections::BTreeMap;

use groundgate_model::{
    number::{format_count, plural},
    trial::Cell,
};

use super::base::{
    AsksScores, Claim, Evaluation, Holds, Key, Kind, MORE_IS_BETTER, Reader, Setting, Settings,
    SlicePlaces, Slices, Threshold, count, decided, no_data, open, written,
};
use crate::{
    draft::{Draft, State},
    policy::{OnOpen, Slice},
    power::{PlannedRule, PlannedSlice, RulePower, slices},
    truth::Truth,
    verdict::Verdict,
};

/// The mean of every slice is at least `min`.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceFloor {
    /// Of which metric.
    pub metric: String,
    /// The dimensions.
    pub by: Vec<String>,
    /// The threshold.
    pub min: f64,
    /// A slice with fewer scored cases is thin.
    pub min_cases: usize,
    /// What becomes of a thin slice.
    pub on_thin: OnOpen,
    /// Absent from the run: inconclusive.
    pub required: Vec<Slice>,
}

pub(super) const KIND: Kind<super::RuleKind> = Kind {
    name: "slice-floor",
    passes: "the mean of a score is shown to be above `min` in every slice of the tags in `by`",
    claim: Claim::Mean,
    keys: &[
        Key::METRIC,
        Key::needed("by", Holds::Texts, "tags; every value of each is a slice"),
        Key::needed("min", Holds::Number, "the mean of each slice is at least this").tightened(),
        Key::optional(
            "min-cases",
            Holds::Whole(1),
            "a slice with fewer scored cases is thin; where it is not said, the policy's `min-cases`",
        )
        .tightened(),
        Key::optional(
            "on-thin",
            Holds::OneOf(&["block", "hold"]),
            "what becomes of a thin slice; `block` where it is not said",
        )
        .tightened(),
        Key::optional(
            "required",
            Holds::Texts,
            "slices such as `product=refunds` that must be in the run",
        ),
    ],
    read,
};

fn read(reader: &Reader<'_, '_, '_>) -> Option<super::RuleKind> {
    let spec = reader.metric(&MORE_IS_BETTER);
    let min = reader.number("min");
    let by = dimensions(reader);
    let default = u32::try_from(reader.default_min_cases).unwrap_or(u32::MAX);
    let layers = &reader.layers;
    let min_cases = layers.read("min-cases", default, |table, key| count(table, key, 1));
    let on_thin = layers.read("on-thin", OnOpen::Block, open);
    let by = by?;
    let required = required(reader, &by);
    let spec = spec?;
    let rule = SliceFloor {
        min: min?.inside(&spec)?,
        metric: spec.name,
        by,
        min_cases: usize::try_from(min_cases?).ok()?,
        on_thin: on_thin?,
        required: required?,
    };
    Some(rule.into())
}

fn dimensions(reader: &Reader<'_, '_, '_>) -> Option<Vec<String>> {
    let written = reader.table.texts("by")?;
    if written.is_empty() {
        reader.table.report("by", "`by` names no dimension");
        return None;
    }
    let mut by: Vec<String> = Vec::new();
    for (tag, at) in written {
        if by.iter().any(|earlier| earlier == tag) {
            let message = format!("`by` names `{tag}` twice");
            reader.table.document().report(at, message);
        }
        by.push(tag.to_owned());
    }
    Some(by)
}

fn required(reader: &Reader<'_, '_, '_>, by: &[String]) -> Option<Vec<Slice>> {
    if !reader.table.has("required") {
        return Some(Vec::new());
    }
    let mut slices = Vec::new();
    for (written, at) in reader.table.texts("required")? {
        let slice = reader.slice(written, at)?;
        if !by.contains(&slice.tag) {
            let known = by.iter().map(String::as_str);
            let document = reader.table.document();
            document.report_unknown(at, "dimension of this rule", &slice.tag, known);
        }
        slices.push(slice);
    }
    Some(slices)
}

impl AsksScores for SliceFloor {
    fn metric(&self) -> Option<&str> {
        Some(&self.metric)
    }

    fn threshold(&self) -> Option<Threshold> {
        Some(Threshold::at_least(self.min))
    }

    fn set_threshold(&mut self, value: f64) -> bool {
        self.min = value;
        true
    }

    fn settings(&self) -> Settings {
        let blocks = f64::from(u8::from(self.on_thin == OnOpen::Block));
        vec![
            ("by", Setting::Words(self.by.clone())),
            ("min", Setting::MoreIsStricter(self.min)),
            ("min-cases", Setting::at_least(self.min_cases)),
            ("on-thin", Setting::MoreIsStricter(blocks)),
            (
                "required",
                Setting::Words(self.required.iter().map(written).collect()),
            ),
        ]
    }

    fn drafts(&self, of: &Evaluation<'_>) -> Vec<Draft> {
        let threshold = Threshold::at_least(self.min);
        let present = self.present(of);
        let absent = self
            .required
            .iter()
            .filter(|slice| !present.contains_key(*slice))
            .map(|slice| Draft {
                state: no_data(slice_absent(&written(slice))),
                ..of.blank_of(&self.metric, threshold, slice)
            });
        let measured = present.iter().map(|(slice, places)| {
            let part = SlicePlaces { slice, places };
            let draft = of.absolute(&self.metric, threshold, Some(part));
            self.checked_for_size(of, draft, places)
        });
        let nowhere = self.by.iter().filter(|tag| {
            let is_required = self.required.iter().any(|slice| slice.tag == **tag);
            !is_required && !present.keys().any(|slice| slice.tag == **tag)
        });
        // A dimension that no case has may be a misspelt one: it is not passed over.
        let nowhere = nowhere.map(|tag| Draft {
            id: format!("{}/{tag}", of.id),
            state: no_data(no_such_tag(tag)),
            ..of.blank(&self.metric, threshold)
        });
        absent.chain(nowhere).chain(measured).collect()
    }

    fn powers(&self, plan: &PlannedRule<'_>) -> Vec<RulePower> {
        let present = slices(plan.planned.cases, &self.by);
        let absent = self
            .required
            .iter()
            .filter(|slice| !present.contains(*slice))
            .map(|slice| {
                let why = "required, and the eval set has no case of it";
                plan.says_of(Some(slice), Some(0.0), why)
            });
        let planned = present.iter().map(|slice| {
            let part = PlannedSlice {
                slice,
                min_cases: self.min_cases,
            };
            plan.absolute(&self.metric, Threshold::at_least(self.min), Some(part))
        });
        let all: Vec<RulePower> = absent.chain(planned).collect();
        if all.is_empty() {
            return vec![plan.says(Some(0.0), "no case has such a tag")];
        }
        all
    }

    fn is_met_unchanged(&self, truth: &dyn Truth, slice: Option<&Slice>) -> Option<bool> {
        Some(truth.mean(&self.metric, Some(slice?))? > self.min)
    }

    fn slices(&self) -> Slices<'_> {
        Slices {
            by: &self.by,
            required: &self.required,
        }
    }
}

impl SliceFloor {
    /// The slices of the run with the places of their cases.
    fn present(&self, of: &Evaluation<'_>) -> BTreeMap<Slice, Vec<usize>> {
        // One pass over the cases, not one for each slice: there can be many of either.
        let mut places: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (place, case) in of.view.candidate.cases.iter().enumerate() {
            let tags = self.by.iter();
            for (tag, value) in tags.filter_map(|tag| Some((tag, case.tags.get(tag)?))) {
                places.entry((tag, value)).or_default().push(place);
            }
        }
        let slices = places.into_iter().map(|((tag, value), places)| {
            let (tag, value) = (tag.to_owned(), value.to_owned());
            (Slice { tag, value }, places)
        });
        slices.collect()
    }

    /// The draft, unless the slice is thin.
    fn checked_for_size(&self, of: &Evaluation<'_>, draft: Draft, places: &[usize]) -> Draft {
        let n = self.n_scored(of, places);
        if n >= self.min_cases || !matches!(draft.state, State::Tested(_)) {
            return draft;
        }
        let verdict = match self.on_thin {
            OnOpen::Block => Verdict::Inconclusive,
            OnOpen::Hold => Verdict::Hold,
        };
        Draft {
            state: decided(verdict, thin(n, self.min_cases)),
            ..draft
        }
    }

    /// How many of the cases at these places have a score.
    fn n_scored(&self, of: &Evaluation<'_>, places: &[usize]) -> usize {
        let table = of.view.candidate.as_ref();
        let Some(column) = table.columns.get(&self.metric) else {
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
}

fn thin(n: usize, min: usize) -> String {
    format!(
        "thin slice: {} scored, the policy requires {}",
        plural(n, "case"),
        format_count(min)
    )
}

fn slice_absent(slice: &str) -> String {
    format!("the policy requires the slice {slice}, and the run has no case of it")
}

fn no_such_tag(tag: &str) -> String {
    format!("no case has the tag {tag}")
}
