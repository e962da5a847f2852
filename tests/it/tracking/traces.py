"""Traces of a small copilot, made by MLflow's own client: argument 1 is the server, 2 the experiment, 3 how many."""

import sys

import mlflow
from mlflow.entities import AssessmentError, AssessmentSource, Document, SpanType

uri, experiment, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
mlflow.set_tracking_uri(uri)
mlflow.set_experiment(experiment)


@mlflow.trace(span_type=SpanType.RETRIEVER)
def retrieve(number):
    text = f"The fee for product number {number} is {number} EUR."
    document = {"doc_uri": f"kb/{number}.md", "chunk_id": f"doc-{number}"}
    return [Document(page_content=text, metadata=document, id=f"doc-{number}")]


@mlflow.trace(span_type=SpanType.AGENT)
def answer(question, number):
    mlflow.update_current_trace(
        tags={"groundgate.case": f"case-{number}", "product": "even" if number % 2 == 0 else "odd"},
        metadata={"mlflow.trace.session": f"session-{number // 2}"},
    )
    if number % 10 == 8:  # answers without looking anything up
        return "Hello."
    retrieve(number)
    if number % 10 == 7:
        raise RuntimeError("the index is gone")
    return f"The fee for product number {number} is {number} EUR."


made = []
for number in range(count):
    try:
        answer(f"What is the fee for product number {number}?", number)
    except RuntimeError:
        pass
    made.append(mlflow.get_last_active_trace_id())
mlflow.flush_trace_async_logging()

judge = AssessmentSource("LLM_JUDGE", "judges:/groundedness/1")
person = AssessmentSource("HUMAN", "ann")
for number, trace in enumerate(made):
    if number % 10 == 7:
        continue  # MLflow's judges are not asked about a trace that failed
    if number % 10 == 3:
        mlflow.log_feedback(
            trace_id=trace, name="groundedness", source=judge, error=AssessmentError("TIMEOUT", "late")
        )
    else:
        value = "no" if number % 10 == 8 else "yes"
        mlflow.log_feedback(
            trace_id=trace, name="groundedness", source=judge, value=value, rationale="because"
        )
    if number % 5 == 0:
        mlflow.log_feedback(trace_id=trace, name="helpful", source=person, value=True)
        mlflow.log_expectation(trace_id=trace, name="expected_facts", source=person, value=["EUR"])
