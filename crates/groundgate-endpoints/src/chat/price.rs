//! What tokens cost.

use groundgate_model::{
    exchange::{Message, Usage},
    unit::Usd,
};

/// The price of a model's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// For a million tokens read.
    pub input_usd_per_million: Usd,
    /// For a million tokens written.
    pub output_usd_per_million: Usd,
    /// Prices of tokens that are not like the others.
    pub parts: PartPrices,
}

/// Prices of a million tokens of some kinds; `None`: as the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PartPrices {
    /// Read from the provider's cache.
    pub cached: Option<Usd>,
    /// Written to the provider's cache.
    pub cache_write: Option<Usd>,
    /// What the model said to itself.
    pub reasoning: Option<Usd>,
}

/// Tokens that servers add to a message for its role and its ends, at most.
const TOKENS_AROUND_MESSAGE: u64 = 16;

impl Price {
    /// What a call cost; `None` where the usage is not wholly known.
    pub fn cost(&self, usage: Usage) -> Option<Usd> {
        let (input, output) = (usage.input_tokens?, usage.output_tokens?);
        // Parts are never more than the whole, whatever a reply says.
        let cached = usage.cached_tokens.unwrap_or(0).min(input);
        let rest = input - cached;
        let cache_write = usage.cache_write_tokens.unwrap_or(0).min(rest);
        let reasoning = usage.reasoning_tokens.unwrap_or(0).min(output);
        let (read, written) = (self.input_usd_per_million, self.output_usd_per_million);
        let parts = [
            (read, rest - cache_write),
            (self.parts.cached.unwrap_or(read), cached),
            (self.parts.cache_write.unwrap_or(read), cache_write),
            (written, output - reasoning),
            (self.parts.reasoning.unwrap_or(written), reasoning),
        ];
        let sum = |sum: Usd, (price, tokens)| sum.plus(amount(price, tokens));
        Some(parts.into_iter().fold(Usd::ZERO, sum))
    }

    /// The most that a call can cost: no tokenizer makes more tokens of a text than it has bytes.
    pub fn worst(&self, messages: &[Message], max_output_tokens: u32) -> Option<Usd> {
        let mut input: u64 = 0;
        for message in messages {
            let bytes = u64::try_from(message.text.len()).ok()?;
            input = input
                .checked_add(bytes)?
                .checked_add(TOKENS_AROUND_MESSAGE)?;
        }
        Some(self.dearest(input, u64::from(max_output_tokens)))
    }

    /// Every token as the dearest of its side.
    fn dearest(&self, input: u64, output: u64) -> Usd {
        let PartPrices {
            cached,
            cache_write,
            reasoning,
        } = self.parts;
        let dearest =
            |price: Usd, parts: [Option<Usd>; 2]| parts.into_iter().flatten().fold(price, Usd::max);
        let read = dearest(self.input_usd_per_million, [cached, cache_write]);
        let written = dearest(self.output_usd_per_million, [reasoning, None]);
        amount(read, input).plus(amount(written, output))
    }
}

fn amount(price: Usd, tokens: u64) -> Usd {
    let nanos = (u128::from(price.nanos()) * u128::from(tokens)).div_ceil(1_000_000);
    Usd::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price() -> Price {
        Price {
            input_usd_per_million: Usd::from_nanos(2_500_000_000),
            output_usd_per_million: Usd::from_nanos(10_000_000_000),
            parts: PartPrices::default(),
        }
    }

    #[test]
    fn cost_is_known_only_where_the_whole_usage_is() {
        let cost = |input_tokens, output_tokens| {
            price().cost(Usage {
                input_tokens,
                output_tokens,
                ..Usage::default()
            })
        };
        assert_eq!(
            cost(Some(1000), Some(100)),
            Some(Usd::from_nanos(3_500_000))
        );
        assert_eq!(cost(Some(1000), None), None);
        assert_eq!(cost(None, None), None);
        assert_eq!(
            cost(Some(u64::MAX), Some(0)),
            Some(Usd::from_nanos(u64::MAX))
        );
    }

    /// Prices of Anthropic: a cache is written at 125 % and read at 10 %.
    #[test]
    fn parts_have_prices_of_their_own() {
        let dollars = |amount: f64| Usd::from_dollars(amount).unwrap();
        let price = Price {
            input_usd_per_million: dollars(3.0),
            output_usd_per_million: dollars(15.0),
            parts: PartPrices {
                cached: Some(dollars(0.3)),
                cache_write: Some(dollars(3.75)),
                reasoning: Some(dollars(30.0)),
            },
        };
        let usage = Usage {
            input_tokens: Some(2_000_000),
            output_tokens: Some(1_000_000),
            cached_tokens: Some(1_000_000),
            cache_write_tokens: Some(1_000_000),
            reasoning_tokens: Some(500_000),
        };
        assert_eq!(price.cost(usage), Some(dollars(0.3 + 3.75 + 7.5 + 15.0)));
        let absurd = Usage {
            input_tokens: Some(10),
            output_tokens: Some(0),
            cached_tokens: Some(u64::MAX),
            cache_write_tokens: Some(u64::MAX),
            reasoning_tokens: Some(u64::MAX),
        };
        assert_eq!(price.cost(absurd), Some(Usd::from_nanos(3000)));
        // Nobody knows beforehand what will be cached: the dearest is set aside.
        let message = Message {
            role: None,
            text: "x".repeat(84),
        };
        let worst = price.worst(&[message], 10);
        assert_eq!(worst, Some(Usd::from_nanos(100 * 3750 + 10 * 30_000)));
    }

    #[test]
    fn the_worst_cost_counts_every_byte_as_a_token() {
        let message = Message {
            role: None,
            text: "é".repeat(42),
        };
        let worst = price().worst(&[message], 10);
        assert_eq!(worst, Some(Usd::from_nanos(100 * 2500 + 10 * 10_000)));
    }
}
