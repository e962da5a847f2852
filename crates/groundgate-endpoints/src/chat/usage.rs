//! Tokens as OpenAI's APIs and those who copy them count them. Pure.

use groundgate_model::exchange::Usage;
use serde_json::Value;

/// Reads a usage under either of the names in use; anything but a count is unknown.
///
/// Cached and reasoning tokens are parts of the others. Some servers count what the model said to itself
/// in the total alone: then it belongs to what was written, which is what is paid for.
pub(crate) fn usage_in(usage: &Value) -> Usage {
    let first = |paths: &[&str]| {
        let mut paths = paths.iter();
        paths.find_map(|path| usage.pointer(path)?.as_u64())
    };
    let input_tokens = first(&["/input_tokens", "/prompt_tokens"]);
    let output_tokens = first(&["/output_tokens", "/completion_tokens"]);
    let reasoning_tokens = first(&[
        "/output_tokens_details/reasoning_tokens",
        "/completion_tokens_details/reasoning_tokens",
        "/reasoning_tokens",
    ]);
    Usage {
        input_tokens,
        output_tokens: written(
            input_tokens,
            output_tokens,
            reasoning_tokens,
            first(&["/total_tokens"]),
        ),
        cached_tokens: first(&[
            "/input_tokens_details/cached_tokens",
            "/prompt_tokens_details/cached_tokens",
            "/prompt_cache_hit_tokens",
            "/cache_read_input_tokens",
        ]),
        cache_write_tokens: first(&[
            "/prompt_tokens_details/cache_write_tokens",
            "/cache_creation_input_tokens",
        ]),
        reasoning_tokens,
    }
}

/// What was written, with the reasoning that the total holds and the count does not.
fn written(
    input: Option<u64>,
    output: Option<u64>,
    reasoning: Option<u64>,
    total: Option<u64>,
) -> Option<u64> {
    let output = output?;
    let (Some(input), Some(reasoning), Some(total)) = (input, reasoning, total) else {
        return Some(output);
    };
    let with = output.saturating_add(reasoning);
    let is_apart = reasoning > 0 && input.saturating_add(with) == total;
    Some(if is_apart { with } else { output })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parts_of_the_counts_are_read_under_every_name() {
        let expected = Usage {
            input_tokens: Some(100),
            output_tokens: Some(50),
            cached_tokens: Some(80),
            cache_write_tokens: None,
            reasoning_tokens: Some(30),
        };
        for usage in [
            json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
                "prompt_tokens_details": {"cached_tokens": 80},
                "completion_tokens_details": {"reasoning_tokens": 30}}),
            json!({"input_tokens": 100, "output_tokens": 50, "total_tokens": 150,
                "input_tokens_details": {"cached_tokens": 80},
                "output_tokens_details": {"reasoning_tokens": 30}}),
            json!({"prompt_tokens": 100, "completion_tokens": 50,
                "prompt_cache_hit_tokens": 80, "reasoning_tokens": 30}),
        ] {
            assert_eq!(usage_in(&usage), expected, "{usage}");
        }
    }

    #[test]
    fn reasoning_that_only_the_total_holds_was_written_too() {
        let usage = json!({"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 150,
            "completion_tokens_details": {"reasoning_tokens": 30}});
        assert_eq!(usage_in(&usage).output_tokens, Some(50));
    }

    #[test]
    fn anything_but_a_count_is_unknown() {
        for usage in [
            json!({"prompt_tokens": -1, "completion_tokens": "x"}),
            json!({"prompt_tokens": 50.5}),
            json!([]),
            json!(null),
        ] {
            assert_eq!(usage_in(&usage), Usage::default(), "{usage}");
        }
    }
}
