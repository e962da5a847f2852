//! The plan for machines: `groundgate.plan/1`. Fields are only ever added; numbers that cannot be had
//! are `null`, and a note says why.

use groundgate_gate::{
    Slice,
    power::{DesignOptions, MinimumDetectableEffect, RulePower, RunDesign, all_pass},
};
use groundgate_model::unit::Usd;
use serde_json::{Value, json};

use groundgate_app::{PlanCost, PlanSummary};

pub(super) fn render(plan: &PlanSummary) -> Value {
    json!({
        "schema": "groundgate.plan/1",
        "copilot": plan.copilot,
        "policy": {"name": plan.policy_name, "digest": plan.policy.digest, "env": plan.env},
        "design": {
            "questions": plan.n_questions,
            "attempts": plan.attempts,
            "votes": plan.votes,
            "in_flight": plan.concurrency,
        },
        "pilot": plan.pilot.as_ref().map(|pilot| json!({
            "run": pilot.run,
            "copilot": pilot.copilot,
            "questions": pilot.n_cases,
            "attempts": pilot.attempts,
            "baseline": plan.baseline,
        })),
        "assumptions": plan.assumptions,
        "question_usd": plan.question_usd,
        "rules": plan.powers.iter().map(rule).collect::<Vec<_>>(),
        "all_pass_if_independent": all_pass(&plan.powers),
        "sights": plan.sights.iter().map(sight).collect::<Vec<_>>(),
        "want_drop": plan.want_drop,
        "to_buy": plan.shopping.iter().map(|one| to_buy(one, plan.cost.is_priced)).collect::<Vec<_>>(),
        "money": cost(&plan.cost),
    })
}

fn slice(slice: Option<&Slice>) -> Option<String> {
    slice.map(|slice| format!("{}={}", slice.tag, slice.value))
}

fn rule(power: &RulePower) -> Value {
    json!({
        "id": power.id,
        "kind": power.kind,
        "metric": power.metric,
        "slice": slice(power.slice.as_ref()),
        "policy_line": power.line,
        "n": power.units,
        "n_unit": power.unit,
        "pass_if_unchanged": power.pass,
        "fails_from": power.fails_from,
        "spread_from": power.source,
        "note": power.note,
    })
}

fn sight(sight: &MinimumDetectableEffect) -> Value {
    json!({
        "metric": sight.metric,
        "slice": slice(sight.slice.as_ref()),
        "n": sight.units,
        "n_unit": sight.unit,
        "smallest_drop_seen": sight.drop,
        "spread_from": sight.source,
    })
}

fn to_buy(shopping: &DesignOptions, is_priced: bool) -> Value {
    let purchase = |purchase: Option<&RunDesign>| {
        purchase.map(|one| {
            json!({
                "questions": one.questions,
                "attempts": one.attempts,
                "votes": one.votes,
                "usd": is_priced.then_some(one.price),
            })
        })
    };
    json!({
        "metric": shopping.metric,
        "slice": slice(shopping.slice.as_ref()),
        "drop_now": shopping.drop_now,
        "now": purchase(Some(&shopping.now)),
        "more_questions": purchase(shopping.more_questions.as_ref()),
        "more_attempts": purchase(shopping.more_attempts.as_ref()),
        "more_votes": purchase(shopping.more_votes.as_ref()),
        "cheapest": purchase(shopping.cheapest.as_ref()),
    })
}

fn cost(cost: &PlanCost) -> Value {
    json!({
        "answers": cost.answers,
        "judge_calls": cost.judge_calls,
        "expected_usd": cost.expected.map(Usd::dollars),
        "worst_usd": cost.worst.map(Usd::dollars),
        "seconds": cost.seconds,
        "notes": cost.notes,
    })
}
