//! The table of formats that are known by their form.

use crate::{
    reshape,
    table::Table,
    target::Want::{self, Answers, EvalSet, Labels, Scores},
};

/// A format of another tool.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// As in `--from NAME`.
    pub name: &'static str,
    /// The tool and the file.
    pub title: &'static str,
    /// What such files can be read for.
    pub holds: &'static [Want],
    /// Every one of these names stands at the top of the first row (`a|b`: one of them).
    signature: &'static [&'static str],
    pub(crate) reshape: Option<reshape::Reshape>,
}

const fn format(
    name: &'static str,
    title: &'static str,
    holds: &'static [Want],
    signature: &'static [&'static str],
    reshape: Option<reshape::Reshape>,
) -> Format {
    Format {
        name,
        title,
        holds,
        signature,
        reshape,
    }
}

const ALL: &[Want] = &[EvalSet, Answers, Scores, Labels];
const SETS: &[Want] = &[EvalSet];
const RESULTS: &[Want] = &[EvalSet, Answers, Scores];

/// Every known format, the most particular first.
pub const FORMATS: &[Format] = &[
    format(
        "groundgate",
        "groundgate: trials",
        ALL,
        &["case", "answer|error|scores"],
        Some(reshape::own::trial),
    ),
    format(
        "promptfoo-results",
        "promptfoo: output as JSON, JSONL or YAML",
        RESULTS,
        &["vars", "response|error", "success|gradingResult|score"],
        Some(reshape::promptfoo::results),
    ),
    format(
        "promptfoo-tests",
        "promptfoo: tests as YAML, JSON or JSONL",
        SETS,
        &["vars"],
        Some(reshape::promptfoo::tests),
    ),
    format(
        "promptfoo-csv",
        "promptfoo: tests as CSV",
        SETS,
        &["__expected|__expected1"],
        Some(reshape::promptfoo::csv_tests),
    ),
    format(
        "inspect",
        "Inspect: eval log as JSON",
        RESULTS,
        &["input", "target", "output|scores"],
        Some(reshape::inspect::samples),
    ),
    format(
        "openai-evals-log",
        "OpenAI evals: log of a run",
        RESULTS,
        &["sample_id", "type", "data"],
        Some(reshape::openai::events),
    ),
    format(
        "openai-evals",
        "OpenAI evals: samples",
        SETS,
        &["input", "ideal"],
        None,
    ),
    format(
        "openai-evals-items",
        "OpenAI evals: output items",
        RESULTS,
        &["sample", "item|datasource_item"],
        Some(reshape::openai::items),
    ),
    format(
        "deepeval-results",
        "DeepEval: test run",
        RESULTS,
        &["input", "metricsData|metrics_data"],
        Some(reshape::deepeval::test_run),
    ),
    format(
        "deepeval-conversations",
        "DeepEval: conversational goldens",
        SETS,
        &["scenario", "turns"],
        None,
    ),
    format(
        "deepeval",
        "DeepEval: goldens and test cases",
        RESULTS,
        &["input", "actual_output|expected_output|retrieval_context"],
        None,
    ),
    format(
        "ragas",
        "Ragas: datasets and results",
        RESULTS,
        &["user_input"],
        None,
    ),
    format(
        "mlflow-traces",
        "MLflow: traces",
        RESULTS,
        &["info|trace_id|request_id", "spans|data"],
        Some(reshape::mlflow::traces),
    ),
    format(
        "mlflow-dataset",
        "MLflow: evaluation datasets",
        RESULTS,
        &["inputs", "expectations"],
        None,
    ),
    format(
        "langsmith",
        "LangSmith: examples and runs",
        RESULTS,
        &[
            "inputs",
            "outputs|reference_outputs",
            "id|dataset_id|reference_example_id|run_type",
        ],
        None,
    ),
    format(
        "mlflow-results",
        "MLflow and Databricks: tables of results",
        RESULTS,
        &["inputs|request", "outputs|response"],
        None,
    ),
    format(
        "otel",
        "OpenTelemetry: GenAI and OpenInference spans",
        RESULTS,
        &["resourceSpans|scopeSpans|attributes"],
        Some(reshape::otel::spans),
    ),
    format(
        "phoenix",
        "Phoenix: spans as a table",
        RESULTS,
        &["attributes.input.value"],
        None,
    ),
    format(
        "langfuse",
        "Langfuse: traces and dataset items",
        RESULTS,
        &[
            "input",
            "expectedOutput|observations|datasetId|projectId|htmlPath",
        ],
        Some(reshape::scores::listed),
    ),
    format(
        "braintrust",
        "Braintrust: experiments and datasets",
        RESULTS,
        &["input", "expected", "scores|metadata|output"],
        Some(reshape::scores::listed),
    ),
    format(
        "trulens",
        "TruLens: records",
        RESULTS,
        &["record_id", "input", "output"],
        None,
    ),
    format(
        "azure-rag",
        "Azure's RAG chat evaluator",
        RESULTS,
        &["question", "truth"],
        Some(reshape::azure::rag),
    ),
    format(
        "azure-evaluation",
        "Azure AI evaluation SDK",
        RESULTS,
        &[
            "inputs.query",
            "outputs.groundedness.groundedness|inputs.response",
        ],
        None,
    ),
    format(
        "hotpotqa",
        "HotpotQA and its kin",
        SETS,
        &["question", "supporting_facts"],
        Some(reshape::hotpot::questions),
    ),
    format(
        "crag",
        "CRAG",
        SETS,
        &["interaction_id", "query", "search_results"],
        None,
    ),
];

impl Format {
    /// A format by its name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// The first whose form the table has.
    pub(crate) fn of(table: &Table) -> Option<&'static Self> {
        let first = table.records.first()?;
        let has = |name: &str| first.fields.contains_key(name);
        let fits = |format: &&Self| {
            let mut parts = format.signature.iter();
            parts.all(|part| part.split('|').any(has))
        };
        FORMATS.iter().find(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_format_has_a_form() {
        for (index, format) in FORMATS.iter().enumerate() {
            assert!(!format.signature.is_empty() && !format.holds.is_empty());
            let twice = FORMATS
                .iter()
                .skip(index + 1)
                .any(|other| other.name == format.name);
            assert!(!twice, "{}", format.name);
        }
    }
}
