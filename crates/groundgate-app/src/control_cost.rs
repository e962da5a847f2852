//! What the controls in the calls of judges cost: said by `plan` before anything is spent.

use groundgate_judge::JudgeSpec;
use groundgate_model::{
    exchange::Usage,
    number::{format_count, plural},
    unit::{Usd, to_count},
};

use crate::{
    config::{Config, JudgeConfig},
    error::AppError,
    judge_spec,
    prices::Prices,
};

/// Tokens of one control in what is sent: a sentence between its fences.
const INPUT_EACH: u64 = 30;

/// Tokens of what is said of one control.
const OUTPUT_EACH: u64 = 60;

/// A sentence for each judge whose calls can carry controls, for so many answers.
pub(crate) fn notes(config: &Config, answers: usize) -> Result<Vec<String>, AppError> {
    let prices = Prices::of(config)?;
    let mut notes = Vec::new();
    for judge in &config.judges {
        let Some(spec) = judge_spec::spec(judge)? else {
            continue;
        };
        if spec.takes_controls() {
            notes.push(note(judge, &spec, &prices, answers));
        }
    }
    Ok(notes)
}

fn note(judge: &JudgeConfig, spec: &JudgeSpec, prices: &Prices, answers: usize) -> String {
    let name = &judge.name;
    if spec.controls == 0 {
        return format!("no controls watch the judge `{name}`: `controls` is 0");
    }
    let calls = answers.saturating_mul(to_count(spec.votes));
    let controls = u64::from(spec.controls);
    let (input, output) = (controls * INPUT_EACH, controls * OUTPUT_EACH);
    let per_call = Usage {
        input_tokens: Some(input),
        output_tokens: Some(output),
        ..Usage::default()
    };
    // The jurors of a panel share the calls; the dearest price of one is said of all.
    let costs = judge.jurors.iter().map(|juror| {
        let price = prices.filled(&juror.endpoint.api).price();
        price.and_then(|price| price.cost(per_call))
    });
    let dearest = costs.collect::<Option<Vec<Usd>>>();
    let dearest = dearest.and_then(|costs| costs.into_iter().max());
    let calls_counted = u64::try_from(calls).unwrap_or(u64::MAX);
    let price = dearest.map_or_else(
        || "at a price that is not known".to_owned(),
        |cost| format!("about {}", cost.times(calls_counted)),
    );
    format!(
        "{} of known label in each call of `{name}` take about {} tokens of input and {} of output over {}: {price}",
        plural(to_count(spec.controls), "claim"),
        format_count(
            usize::try_from(input)
                .unwrap_or(usize::MAX)
                .saturating_mul(calls)
        ),
        format_count(
            usize::try_from(output)
                .unwrap_or(usize::MAX)
                .saturating_mul(calls)
        ),
        plural(calls, "call")
    )
}
