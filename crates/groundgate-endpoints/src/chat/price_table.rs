//! Prices of models with the day they were listed: a dated table in this repository that users
//! extend. A model that is not in it has no price, which is never a price of zero.

use std::collections::BTreeMap;

use groundgate_model::{
    diagnostic::{Mistake, Mistakes},
    unit::Usd,
};
use serde::Deserialize;

use super::{PartPrices, Price};

/// The table of this repository.
const SHIPPED: &str = include_str!("prices.toml");

/// Prices by model name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PriceTable {
    by_model: BTreeMap<String, ListedPrice>,
}

/// A price with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPrice {
    /// What the tokens cost.
    pub price: Price,
    /// The day it was listed, as `2026-11-25`.
    pub as_of: String,
    /// Who listed it.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PricesFile {
    #[serde(default)]
    price: Vec<toml::Spanned<PriceLine>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceLine {
    models: Vec<String>,
    input_usd_per_million: f64,
    output_usd_per_million: f64,
    cached_input_usd_per_million: Option<f64>,
    cache_write_usd_per_million: Option<f64>,
    reasoning_usd_per_million: Option<f64>,
    as_of: String,
    source: String,
}

impl PriceLine {
    /// `None` where one of them is not an amount.
    fn parts(&self) -> Option<PartPrices> {
        let part = |written: Option<f64>| match written {
            None => Some(None),
            Some(dollars) => Usd::from_dollars(dollars).map(Some),
        };
        Some(PartPrices {
            cached: part(self.cached_input_usd_per_million)?,
            cache_write: part(self.cache_write_usd_per_million)?,
            reasoning: part(self.reasoning_usd_per_million)?,
        })
    }
}

impl PriceTable {
    /// The table of this repository.
    pub fn shipped() -> Result<Self, Mistakes> {
        Self::parse("prices.toml", SHIPPED)
    }

    /// Reads a table: `[[price]]` with `models`, `input_usd_per_million`, `output_usd_per_million`,
    /// `as_of` and `source`; and, where they differ, `cached_input_usd_per_million`,
    /// `cache_write_usd_per_million` and `reasoning_usd_per_million`.
    pub fn parse(file: &str, text: &str) -> Result<Self, Mistakes> {
        let lines: PricesFile = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            Mistakes(vec![Mistake::at(file, text, offset, error.message())])
        })?;
        let mut table = Self::default();
        let mut mistakes = Vec::new();
        for line in lines.price {
            let offset = line.span().start;
            let mut fault =
                |message: String| mistakes.push(Mistake::at(file, text, offset, message));
            let line = line.into_inner();
            let amounts = (
                Usd::from_dollars(line.input_usd_per_million),
                Usd::from_dollars(line.output_usd_per_million),
                line.parts(),
            );
            let (Some(input_usd_per_million), Some(output_usd_per_million), Some(parts)) = amounts
            else {
                fault("a price is not an amount of dollars".to_owned());
                continue;
            };
            if line.as_of.parse::<jiff::civil::Date>().is_err() {
                fault(format!(
                    "`as_of` is not a day like 2026-11-25: `{}`",
                    line.as_of
                ));
            }
            for model in line.models {
                let listed = ListedPrice {
                    price: Price {
                        input_usd_per_million,
                        output_usd_per_million,
                        parts,
                    },
                    as_of: line.as_of.clone(),
                    source: line.source.clone(),
                };
                if table.by_model.insert(model.clone(), listed).is_some() {
                    fault(format!("model `{model}` has two prices"));
                }
            }
        }
        if mistakes.is_empty() {
            Ok(table)
        } else {
            Err(Mistakes(mistakes))
        }
    }

    /// This table with the prices of another, which win.
    #[must_use]
    pub fn extended_by(mut self, other: Self) -> Self {
        self.by_model.extend(other.by_model);
        self
    }

    /// The price of a model, by its exact name.
    pub fn get(&self, model: &str) -> Option<&ListedPrice> {
        self.by_model.get(model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_is_sound_and_can_be_extended() {
        let shipped = PriceTable::shipped().unwrap();
        assert!(
            shipped
                .by_model
                .values()
                .all(|listed| listed.price.output_usd_per_million > Usd::ZERO)
        );
        assert_eq!(shipped.get("nobody-knows"), None);
        let own = "[[price]]\nmodels = [\"gpt-4o\", \"own\"]\ninput_usd_per_million = 1\noutput_usd_per_million = 2.5\nas_of = \"2026-11-25\"\nsource = \"contract\"\n";
        let own = own.replace("= 1\n", "= 1.0\n");
        let table = shipped.extended_by(PriceTable::parse("own.toml", &own).unwrap());
        assert_eq!(table.get("gpt-4o").unwrap().source, "contract");
        assert_eq!(
            table.get("own").unwrap().price.input_usd_per_million,
            Usd::from_nanos(1_000_000_000)
        );
    }

    #[test]
    fn mistakes_are_reported_with_their_lines() {
        let line = |model: &str, input: &str, as_of: &str| {
            format!(
                "[[price]]\nmodels = [\"{model}\"]\ninput_usd_per_million = {input}\noutput_usd_per_million = 1.0\nas_of = \"{as_of}\"\nsource = \"s\"\n"
            )
        };
        let day = "2026-11-25";
        let text = [
            line("a", "nan", day),
            line("b", "-1.0", day),
            line("c", "1.0", "soon"),
            line("d", "1.0", day),
            line("d", "1.0", day),
            format!(
                "{}cached_input_usd_per_million = -1.0\n",
                line("e", "1.0", day)
            ),
        ]
        .concat();
        let shown = PriceTable::parse("p.toml", &text).unwrap_err().to_string();
        assert_eq!(
            shown.matches("not an amount of dollars").count(),
            3,
            "{shown}"
        );
        assert!(shown.contains("p.toml:13:"), "{shown}");
        assert!(shown.contains("`as_of` is not a day"), "{shown}");
        assert!(shown.contains("model `d` has two prices"), "{shown}");
        let unknown = PriceTable::parse("p.toml", "[[price]]\nmodel = 1\n").unwrap_err();
        assert!(unknown.to_string().contains("unknown field"), "{unknown}");
    }
}
