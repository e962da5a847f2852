//! What a kind of rule is read from: a table of TOML with the environments' words laid over it.

use groundgate_model::{
    toml_reader::Table,
    trial::{BUILTIN_METRICS, DataType, Direction, MetricSpec},
};

use super::{
    layers::Layers,
    values::{age, count},
};
use crate::{
    facts::Age,
    policy::{KnownMetrics, Slice, find_metric},
};

/// Which metrics suit a kind of rule.
pub(crate) struct Wanted {
    pub(crate) amount: Option<bool>,
    pub(crate) direction: Option<Direction>,
    pub(crate) in_words: &'static str,
    pub(crate) help: &'static str,
}

/// Scores of which more is better.
pub(crate) const MORE_IS_BETTER: Wanted = Wanted {
    amount: Some(false),
    direction: Some(Direction::HigherIsBetter),
    in_words: "a score of which more is better",
    help: "for scores of which less is better use `ceiling`; for amounts `percentile`, `mean-max` \
           or `max-count`",
};

/// Scores of which less is better.
pub(crate) const LESS_IS_BETTER: Wanted = Wanted {
    amount: Some(false),
    direction: Some(Direction::LowerIsBetter),
    in_words: "a score of which less is better",
    help: "for scores of which more is better use `floor`; for amounts `percentile`, `mean-max` \
           or `max-count`",
};

/// Any score.
pub(crate) const SCORE: Wanted = Wanted {
    amount: Some(false),
    direction: None,
    in_words: "a score",
    help: "to compare an amount with the baseline use `ratio-max`",
};

/// Amounts.
pub(crate) const AMOUNT: Wanted = Wanted {
    amount: Some(true),
    direction: Some(Direction::LowerIsBetter),
    in_words: "an amount of which less is better",
    help: "for scores use `floor`, `ceiling` or `non-inferior`",
};

/// What a kind of rule is read from.
pub(crate) struct Reader<'d, 's, 'k> {
    pub(crate) table: Table<'d, 's>,
    pub(crate) layers: Layers<'d, 's>,
    pub(crate) default_min_cases: usize,
    pub(crate) known: &'k KnownMetrics,
}

impl<'d, 's> Reader<'d, 's, '_> {
    /// The metric if it is known and suits.
    pub(crate) fn metric(&self, wanted: &Wanted) -> Option<MetricSpec> {
        let name = self.table.text("metric")?;
        let Some(spec) = find_metric(self.known, name) else {
            let known = self.known.keys().map(String::as_str).chain(BUILTIN_METRICS);
            let at = self.table.at_value("metric");
            self.table
                .document()
                .report_unknown(at, "metric", name, known);
            return None;
        };
        let is_amount = spec.data_type == DataType::Amount;
        let suits = wanted.amount.is_none_or(|amount| amount == is_amount)
            && wanted
                .direction
                .is_none_or(|direction| direction == spec.direction);
        if !suits {
            let message = format!(
                "`{}` needs {}, and `{name}` is {} of which {} is better",
                self.table.text("kind").unwrap_or("rule"),
                wanted.in_words,
                if is_amount { "an amount" } else { "a score" },
                match spec.direction {
                    Direction::HigherIsBetter => "more",
                    Direction::LowerIsBetter => "less",
                },
            );
            self.table.report_with_help("metric", message, wanted.help);
            return None;
        }
        Some(spec)
    }

    pub(crate) fn number(&self, key: &'static str) -> Option<Written<'d, 's>> {
        let table = *self.layers.holder(key)?;
        let number = table.number(key)?;
        Some(Written { number, key, table })
    }

    pub(crate) fn count(&self, key: &str, least: u32) -> Option<u32> {
        count(self.layers.holder(key)?, key, least)
    }

    pub(crate) fn above_zero(&self, key: &'static str) -> Option<f64> {
        let written = self.number(key)?;
        written.allow(written.number > 0.0, "more than 0")
    }

    /// What no answer can exceed, where the rule says so: of an amount, and above the rule's own threshold.
    pub(crate) fn cap(&self, above: f64, spec: &MetricSpec) -> Result<Option<f64>, Reported> {
        if !self.table.has("cap") {
            return Ok(None);
        }
        let cap = self.table.number("cap").ok_or(Reported)?;
        if spec.data_type != DataType::Amount {
            let message = format!("`cap` is for amounts, and `{}` has a scale", spec.name);
            self.table.report("cap", message);
            return Err(Reported);
        }
        if cap > above {
            return Ok(Some(cap));
        }
        self.table
            .report("cap", format!("`cap` is {cap} and not above {above}"));
        Err(Reported)
    }

    pub(crate) fn quantile(&self) -> Option<f64> {
        let written = self.number("quantile")?;
        let inside = written.number > 0.0 && written.number < 1.0;
        written.allow(inside, "between 0 and 1")
    }

    /// The name of a file.
    pub(crate) fn file(&self) -> Option<String> {
        self.table.text("file").map(str::to_owned)
    }

    /// A JSON pointer to a part of a document.
    pub(crate) fn pointer(&self, key: &str) -> Option<String> {
        let written = self.table.text(key)?;
        if written.starts_with('/') {
            return Some(written.to_owned());
        }
        self.table.report_with_help(
            key,
            format!("`{key}` is no JSON pointer"),
            "a pointer is written as `/result/data_array/0/0`",
        );
        None
    }

    /// How old something may be.
    pub(crate) fn max_age(&self) -> Option<Age> {
        age(self.layers.holder("max-age")?, "max-age")
    }

    pub(crate) fn slice(&self, written: &str, at: usize) -> Option<Slice> {
        let parts = written.split_once('=');
        match parts.map(|(tag, value)| (tag.trim(), value.trim())) {
            Some((tag, value)) if !tag.is_empty() && !value.is_empty() => Some(Slice {
                tag: tag.to_owned(),
                value: value.to_owned(),
            }),
            _ => {
                self.table.document().report_with_help(
                    at,
                    format!("`{written}` is no slice"),
                    "a slice is written as `product=refunds`",
                );
                None
            }
        }
    }
}

/// What is wrong is on the list of mistakes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reported;

/// A number of a rule, and where it is written: what is wrong with it is said there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written<'d, 's> {
    pub(crate) number: f64,
    key: &'static str,
    table: Table<'d, 's>,
}

impl Written<'_, '_> {
    /// A threshold that some values of the metric pass and others do not.
    pub(crate) fn inside(self, spec: &MetricSpec) -> Option<f64> {
        let (low, high) = spec.data_type.range();
        let inside = self.number > low && high.is_none_or(|high| self.number < high);
        let high = high.map_or_else(String::new, |high| format!(" and below {high}"));
        let wanted = format!("above {low}{high}, where `{}` can tell", spec.name);
        self.allow(inside, &wanted)
    }

    /// A difference that two values of the metric can have.
    pub(crate) fn below_range(self, spec: &MetricSpec) -> Option<f64> {
        let (low, high) = spec.data_type.range();
        let range = high.map_or(f64::INFINITY, |high| high - low);
        let wanted = format!("from 0 to below {range}, the range of `{}`", spec.name);
        self.allow((0.0..range).contains(&self.number), &wanted)
    }

    pub(crate) fn allow(self, allowed: bool, wanted: &str) -> Option<f64> {
        let Self { number, key, table } = self;
        if allowed {
            return Some(number);
        }
        table.report(key, format!("`{key}` is {number} and not {wanted}"));
        None
    }
}
