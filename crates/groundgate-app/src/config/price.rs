//! What a model's tokens cost, as written.

use groundgate_endpoints::chat::Price;
use groundgate_model::{toml_reader::Table, unit::Usd};

/// The price; `None` where it is absent or was reported.
pub(super) fn price(table: Table<'_, '_>) -> Option<Price> {
    let written = table.table("price")?;
    let keys = ["input-usd-per-million", "output-usd-per-million"];
    written.only(&keys);
    written.needs(&keys);
    let [input, output] = keys.map(|key| {
        let number = written.number(key)?;
        let amount = Usd::from_dollars(number);
        if amount.is_none() {
            written.report(key, format!("`{key}` is {number} and not a price"));
        }
        amount
    });
    Some(Price {
        input_usd_per_million: input?,
        output_usd_per_million: output?,
    })
}
