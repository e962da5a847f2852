//! The kinds of rules: which keys each has, which metrics suit it, and which bars say something.

use groundgate_model::{toml_reader::Table, trial::Direction};

use super::{count, open, rule::Reader, share};
use crate::policy::{CaseFilter, OnOpen, RuleKind, Slice};

/// A kind of rule as files write it; reading it gives what the rule asks.
pub(super) struct Kind<T> {
    pub(super) name: &'static str,
    pub(super) needs: &'static [&'static str],
    pub(super) optional: &'static [&'static str],
    /// The keys that an environment may make stricter.
    pub(super) bars: &'static [&'static str],
    pub(super) read: fn(&Reader<'_, '_, '_>) -> Option<T>,
}

/// All kinds that are about scores.
pub(super) const KINDS: [Kind<RuleKind>; 11] = [
    Kind {
        name: "floor",
        needs: &["metric", "min"],
        optional: &[],
        bars: &["min"],
        read: |reader| {
            let spec = reader.metric(&MORE_IS_BETTER);
            let min = reader.number("min");
            let spec = spec?;
            let min = min?.inside(&spec)?;
            Some(RuleKind::Floor {
                metric: spec.name,
                min,
            })
        },
    },
    Kind {
        name: "ceiling",
        needs: &["metric", "max"],
        optional: &[],
        bars: &["max"],
        read: |reader| {
            let spec = reader.metric(&LESS_IS_BETTER);
            let max = reader.number("max");
            let spec = spec?;
            let max = max?.inside(&spec)?;
            Some(RuleKind::Ceiling {
                metric: spec.name,
                max,
            })
        },
    },
    Kind {
        name: "non-inferior",
        needs: &["metric", "margin"],
        optional: &[],
        bars: &["margin"],
        read: |reader| {
            let spec = reader.metric(&SCORE);
            let margin = reader.number("margin");
            let spec = spec?;
            let margin = margin?.below_range(&spec)?;
            Some(RuleKind::NonInferior {
                metric: spec.name,
                margin,
            })
        },
    },
    Kind {
        name: "superior",
        needs: &["metric"],
        optional: &["by"],
        bars: &["by"],
        read: |reader| {
            let spec = reader.metric(&SCORE);
            let read = |_: &Table<'_, '_>, _: &str| reader.number("by").map(Some);
            let by = reader.layers.read("by", None, read)?;
            let spec = spec?;
            let by = by.map_or(Some(0.0), |by| by.below_range(&spec))?;
            Some(RuleKind::Superior {
                metric: spec.name,
                by,
            })
        },
    },
    Kind {
        name: "slice-floor",
        needs: &["metric", "by", "min"],
        optional: &["min-cases", "on-thin", "required"],
        bars: &["min", "min-cases", "on-thin"],
        read: slice_floor,
    },
    Kind {
        name: "must-pass",
        needs: &["metric", "cases", "min"],
        optional: &["min-cases", "repeats"],
        bars: &["min", "min-cases", "repeats"],
        read: must_pass,
    },
    Kind {
        name: "max-count",
        needs: &["metric", "max"],
        optional: &[],
        bars: &["max"],
        read: |reader| {
            let spec = reader.metric(&AMOUNT);
            let max = reader.count("max", 0);
            Some(RuleKind::MaxCount {
                metric: spec?.name,
                max: u64::from(max?),
            })
        },
    },
    Kind {
        name: "max-error-rate",
        needs: &["max"],
        optional: &[],
        bars: &["max"],
        read: |reader| {
            let max = share(reader.layers.holder("max")?, "max")?;
            Some(RuleKind::MaxErrorRate { max })
        },
    },
    Kind {
        name: "percentile",
        needs: &["metric", "quantile", "max"],
        optional: &[],
        bars: &["max"],
        read: |reader| {
            let spec = reader.metric(&AMOUNT);
            let quantile = reader.quantile();
            let max = reader.above_zero("max");
            Some(RuleKind::Percentile {
                metric: spec?.name,
                quantile: quantile?,
                max: max?,
            })
        },
    },
    Kind {
        name: "mean-max",
        needs: &["metric", "max"],
        optional: &[],
        bars: &["max"],
        read: |reader| {
            let spec = reader.metric(&AMOUNT);
            let max = reader.above_zero("max");
            Some(RuleKind::MeanMax {
                metric: spec?.name,
                max: max?,
            })
        },
    },
    Kind {
        name: "ratio-max",
        needs: &["metric", "max"],
        optional: &[],
        bars: &["max"],
        read: |reader| {
            let spec = reader.metric(&AMOUNT);
            let max = reader.above_zero("max");
            Some(RuleKind::RatioMax {
                metric: spec?.name,
                max: max?,
            })
        },
    },
];

/// Which metrics suit a kind of rule.
pub(super) struct Wanted {
    pub(super) amount: Option<bool>,
    pub(super) direction: Option<Direction>,
    pub(super) in_words: &'static str,
    pub(super) help: &'static str,
}

const MORE_IS_BETTER: Wanted = Wanted {
    amount: Some(false),
    direction: Some(Direction::HigherIsBetter),
    in_words: "a score of which more is better",
    help: "for scores of which less is better use `ceiling`; for amounts `percentile`, `mean-max` \
           or `max-count`",
};
const LESS_IS_BETTER: Wanted = Wanted {
    amount: Some(false),
    direction: Some(Direction::LowerIsBetter),
    in_words: "a score of which less is better",
    help: "for scores of which more is better use `floor`; for amounts `percentile`, `mean-max` \
           or `max-count`",
};
const SCORE: Wanted = Wanted {
    amount: Some(false),
    direction: None,
    in_words: "a score",
    help: "to compare an amount with the baseline use `ratio-max`",
};
const AMOUNT: Wanted = Wanted {
    amount: Some(true),
    direction: Some(Direction::LowerIsBetter),
    in_words: "an amount of which less is better",
    help: "for scores use `floor`, `ceiling` or `non-inferior`",
};

fn slice_floor(reader: &Reader<'_, '_, '_>) -> Option<RuleKind> {
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
    Some(RuleKind::SliceFloor {
        min: min?.inside(&spec)?,
        metric: spec.name,
        by,
        min_cases: usize::try_from(min_cases?).ok()?,
        on_thin: on_thin?,
        required: required?,
    })
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

fn must_pass(reader: &Reader<'_, '_, '_>) -> Option<RuleKind> {
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
    Some(RuleKind::MustPass {
        min: min.allow(possible, &wanted)?,
        metric: spec.name,
        cases: cases?,
        min_cases: usize::try_from(min_cases?).ok()?,
        repeats: repeats?,
    })
}
