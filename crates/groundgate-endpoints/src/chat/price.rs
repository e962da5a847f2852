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
}

/// Tokens that servers add to a message for its role and its ends, at most.
const TOKENS_AROUND_MESSAGE: u64 = 16;

impl Price {
    /// What a call cost; `None` where the usage is not wholly known.
    pub fn cost(&self, usage: Usage) -> Option<Usd> {
        Some(self.of(usage.input_tokens?, usage.output_tokens?))
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
        Some(self.of(input, u64::from(max_output_tokens)))
    }

    fn of(&self, input: u64, output: u64) -> Usd {
        let part = |price: Usd, tokens: u64| {
            let nanos = (u128::from(price.nanos()) * u128::from(tokens)).div_ceil(1_000_000);
            Usd::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
        };
        part(self.input_usd_per_million, input).plus(part(self.output_usd_per_million, output))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price() -> Price {
        Price {
            input_usd_per_million: Usd::from_nanos(2_500_000_000),
            output_usd_per_million: Usd::from_nanos(10_000_000_000),
        }
    }

    #[test]
    fn cost_is_known_only_where_the_whole_usage_is() {
        let cost = |input_tokens, output_tokens| {
            price().cost(Usage {
                input_tokens,
                output_tokens,
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
