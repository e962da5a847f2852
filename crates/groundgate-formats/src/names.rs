//! What other tools call things: names by which a column is known without being told.

use crate::target::{Target, Want};

/// A target with the names that mean it. Of strong names there may be one; weak ones count where no strong
/// one is there, the first first.
struct Known {
    target: Target,
    strong: &'static [&'static str],
    weak: &'static [&'static str],
}

const fn known(
    target: Target,
    strong: &'static [&'static str],
    weak: &'static [&'static str],
) -> Known {
    Known {
        target,
        strong,
        weak,
    }
}

const KNOWN: &[Known] = &[
    known(
        Target::Id,
        &["id", "case_id", "question_id", "interaction_id", "_id"],
        &[
            "qid",
            "sample_id",
            "example_id",
            "dataset_record_id",
            "test_id",
            "case",
            "record_id",
            "uuid",
            "trace_id",
            "context.span_id",
            "span_id",
        ],
    ),
    known(
        Target::Attempt,
        &["attempt"],
        &["repeat", "epoch", "repetition"],
    ),
    known(
        Target::Question,
        &[
            "question",
            "user_input",
            "query",
            "inputs.question",
            "inputs.query",
            "inputs.user_input",
        ],
        &[
            "user_query",
            "user_question",
            "inputs.input",
            "inputs.messages",
            "input.question",
            "input.query",
            "input.input",
            "input.messages",
            "attributes.input.value",
            "input.value",
            "input",
            "inputs",
            "request",
            "vars.question",
            "vars.query",
            "item.question",
            "item.input",
            "item.query",
            "prompt",
            "instruction",
            "messages",
            "turns",
            "text",
        ],
    ),
    known(
        Target::History,
        &["history"],
        &["chat_history", "conversation_history", "inputs.history"],
    ),
    known(
        Target::Answer,
        &[
            "answer",
            "response",
            "actual_output",
            "model_answer",
            "outputs.answer",
            "outputs.response",
        ],
        &[
            "outputs.output",
            "outputs.content",
            "output.answer",
            "output.response",
            "output.output",
            "attributes.output.value",
            "output.value",
            "output_text",
            "sample.output_text",
            "generated_answer",
            "predicted_answer",
            "prediction",
            "llm_output",
            "completion",
            "output",
            "outputs",
            "generation",
            "result",
        ],
    ),
    known(Target::Error, &["error"], &["error_message"]),
    known(
        Target::Passages,
        &[
            "passages",
            "retrieved_contexts",
            "contexts",
            "retrieval_context",
            "retrieved_context",
        ],
        &[
            "outputs.contexts",
            "outputs.context",
            "outputs.documents",
            "outputs.passages",
            "outputs.sources",
            "output.contexts",
            "output.documents",
            "retrieved_documents",
            "retrieved_docs",
            "source_documents",
            "documents",
            "search_results",
            "attributes.retrieval.documents",
            "retrieval.documents",
            "context",
            "sources",
            "chunks",
        ],
    ),
    known(
        Target::Reference,
        &[
            "reference_answer",
            "reference",
            "expected_output",
            "expected_answer",
            "ground_truth",
            "ground_truths",
            "truth",
            "expected_response",
            "expectations.expected_response",
            "ideal",
            "gold_answer",
        ],
        &[
            "reference_outputs.answer",
            "reference_outputs.output",
            "expectations.answer",
            "expected.answer",
            "expected_response/value",
            "target",
            "targets",
            "expected",
            "gold",
            "item.ideal",
            "item.expected",
            "item.reference",
            "inputs.ground_truth",
            "correct_answer",
        ],
    ),
    known(
        Target::Facts,
        &["expected_facts", "expectations.expected_facts"],
        &["required_facts", "key_facts", "expected_facts/value"],
    ),
    known(
        Target::Documents,
        &["expected_documents"],
        &[
            "expected_retrieved_context[*].doc_uri",
            "expectations.expected_retrieved_context[*].doc_uri",
            "reference_context_ids",
            "relevant_doc_ids",
            "expected_doc_ids",
            "gold_doc_ids",
        ],
    ),
    known(Target::Answerable, &["answerable"], &["is_answerable"]),
    known(Target::Cluster, &["cluster"], &["cluster_id", "group_id"]),
    known(Target::Critical, &["critical"], &[]),
    known(
        Target::LatencyMs,
        &["latency_ms"],
        &[
            "response_latency_ms",
            "execution_duration_ms",
            "latencymilliseconds",
        ],
    ),
    known(
        Target::LatencyS,
        &["latency_s"],
        &["latency", "latency_seconds", "run_duration"],
    ),
    known(Target::Model, &["model"], &["model_name"]),
    known(
        Target::InputTokens,
        &["input_tokens"],
        &["prompt_tokens", "usage.input_tokens", "usage.prompt_tokens"],
    ),
    known(
        Target::OutputTokens,
        &["output_tokens"],
        &[
            "completion_tokens",
            "usage.output_tokens",
            "usage.completion_tokens",
        ],
    ),
    known(Target::CostUsd, &["cost_usd"], &["total_cost", "cost"]),
    known(
        Target::Labeler,
        &["labeler"],
        &["annotator", "annotator_id", "labeller", "source.source_id"],
    ),
];

/// Names that mean a right answer in an eval set, where no better one is there: there the file has no
/// other answers.
const ANSWERS_OF_EVAL_SETS: [&str; 6] = [
    "answer",
    "outputs.answer",
    "outputs.output",
    "output",
    "outputs",
    "response",
];

/// Names of metrics of other tools and of our own, as columns.
const METRICS: &[&str] = &[
    "faithfulness",
    "groundedness",
    "correctness",
    "answer_relevancy",
    "answer_relevance",
    "response_relevancy",
    "context_precision",
    "context_recall",
    "context_relevance",
    "context_relevancy",
    "context_utilization",
    "context_entity_recall",
    "answer_correctness",
    "answer_similarity",
    "semantic_similarity",
    "factual_correctness",
    "noise_sensitivity",
    "llm_context_precision_with_reference",
    "llm_context_precision_without_reference",
    "contextual_precision",
    "contextual_recall",
    "contextual_relevancy",
    "hallucination",
    "toxicity",
    "bias",
    "relevance",
    "coherence",
    "fluency",
    "similarity",
    "f1_score",
    "exact_match",
    "gpt_groundedness",
    "gpt_relevance",
    "gpt_coherence",
    "gpt_similarity",
    "gpt_fluency",
    "refusal_correct",
    "mrr",
    "ndcg",
    "helpfulness",
    "completeness",
    "tone",
    "score",
    "pass",
    "passed",
    "baseline",
    "baseline_score",
];

/// How a name looks without case, separators of words and version marks.
pub(crate) fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut before: Option<char> = None;
    for c in name.trim().chars() {
        let begins_word =
            c.is_uppercase() && before.is_some_and(|b| b.is_lowercase() || b.is_numeric());
        if begins_word {
            plain.push('_');
        }
        match c {
            ' ' | '-' => plain.push('_'),
            other => plain.extend(other.to_lowercase()),
        }
        before = Some(c);
    }
    plain
}

/// The strong and the weak names of each target that `want` has room for.
pub(crate) fn names_for(
    want: Want,
) -> impl Iterator<Item = (&'static Target, Vec<&'static str>, Vec<&'static str>)> {
    let of_want = KNOWN.iter().filter(move |known| known.target.is_of(want));
    of_want.map(move |known| {
        let mut weak = known.weak.to_vec();
        if known.target == Target::Reference && want == Want::EvalSet {
            weak.extend(ANSWERS_OF_EVAL_SETS);
        }
        (&known.target, known.strong.to_vec(), weak)
    })
}

/// The metric that a column's name means: `faithfulness`, `answer_correctness/v1/score`,
/// `outputs.groundedness.groundedness`, `feedback.correctness`, `eval.hallucination.score`.
pub(crate) fn metric(column: &str) -> Option<String> {
    let bare = plain(column);
    let named = |name: &str| (!name.is_empty()).then(|| name.replace(['/', '.'], "_"));
    if METRICS.contains(&bare.as_str()) {
        return Some(bare);
    }
    if let Some(name) = bare
        .strip_suffix("/score")
        .or_else(|| bare.strip_suffix("/value"))
    {
        let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let name = name.strip_suffix("/v").unwrap_or(name);
        return named(name).filter(|name| !name.starts_with("expected_"));
    }
    if let Some(name) = bare.strip_prefix("feedback.") {
        return named(name).filter(|name| !name.ends_with("_comment"));
    }
    if let Some(name) = bare
        .strip_prefix("scores.")
        .or_else(|| bare.strip_prefix("score:"))
    {
        return named(name);
    }
    if let Some(name) = bare
        .strip_prefix("eval.")
        .and_then(|rest| rest.strip_suffix(".score"))
    {
        return named(name);
    }
    let judged = bare
        .strip_prefix("response/llm_judged/")
        .or_else(|| bare.strip_prefix("retrieval/llm_judged/"));
    if let Some(name) = judged.and_then(|rest| rest.strip_suffix("/rating")) {
        return named(name);
    }
    // Azure's evaluators: `outputs.groundedness.groundedness`.
    let parts: Vec<&str> = bare.split('.').collect();
    match parts.as_slice() {
        ["outputs", evaluator, measure] if evaluator == measure => named(measure),
        _ => None,
    }
}

/// Whether a header's name is one of ours or theirs.
pub(crate) fn is_known(name: &str) -> bool {
    let bare = plain(name);
    bare.starts_with("tag:")
        || bare.starts_with("__expected")
        || metric(name).is_some()
        || KNOWN.iter().any(|known| {
            let names = known.strong.iter().chain(known.weak);
            names.into_iter().any(|one| *one == bare)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_every_dress() {
        for (name, bare) in [
            ("User Input", "user_input"),
            ("actualOutput", "actual_output"),
            ("ID", "id"),
            ("retrieval-context", "retrieval_context"),
            ("GroundTruth", "ground_truth"),
        ] {
            assert_eq!(plain(name), bare);
            assert!(is_known(name), "{name}");
        }
        assert!(!is_known("colour"));
    }

    #[test]
    fn metrics_are_known_by_their_columns() {
        for (column, name) in [
            ("Faithfulness", Some("faithfulness")),
            ("answer_correctness/v1/score", Some("answer_correctness")),
            ("outputs.groundedness.groundedness", Some("groundedness")),
            ("outputs.groundedness.reason", None),
            ("eval.hallucination.score", Some("hallucination")),
            (
                "response/llm_judged/groundedness/rating",
                Some("groundedness"),
            ),
            ("expected_response/value", None),
            ("latency", None),
        ] {
            assert_eq!(metric(column).as_deref(), name, "{column}");
        }
    }
}
