//! What a model's tokens cost, as written.

use groundgate_endpoints::chat::{PartPrices, Price};
use groundgate_model::{toml_reader::Table, unit::Usd};

/// What every price has.
const NEEDED_KEYS: [&str; 2] = ["input-usd-per-million", "output-usd-per-million"];

/// Prices of tokens that are not like the others.
const PART_KEYS: [&str; 3] = [
    "cached-input-usd-per-million",
    "cache-write-usd-per-million",
    "reasoning-usd-per-million",
];

/// The price; `None` where it is absent or was reported.
pub(super) fn price(table: Table<'_, '_>) -> Option<Price> {
    let written = table.table("price")?;
    let keys: Vec<&str> = NEEDED_KEYS.into_iter().chain(PART_KEYS).collect();
    written.only(&keys);
    written.needs(&NEEDED_KEYS);
    let amount = |key: &str| {
        let number = written.number(key)?;
        let amount = Usd::from_dollars(number);
        if amount.is_none() {
            written.report(key, format!("`{key}` is {number} and not a price"));
        }
        amount
    };
    let [input, output] = NEEDED_KEYS.map(amount);
    let [cached, cache_write, reasoning] = PART_KEYS.map(amount);
    Some(Price {
        input_usd_per_million: input?,
        output_usd_per_million: output?,
        parts: PartPrices {
            cached,
            cache_write,
            reasoning,
        },
    })
}
