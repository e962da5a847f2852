"""What MLflow's own client finds in an experiment (argument 2) of the server (argument 1), as JSON."""

import json
import sys

import mlflow

mlflow.set_tracking_uri(sys.argv[1])
client = mlflow.MlflowClient()
experiment = client.get_experiment_by_name(sys.argv[2])
runs = client.search_runs([experiment.experiment_id], "tags.`groundgate.run` != ''")
found = []
for run in runs:
    traces = mlflow.search_traces(
        locations=[experiment.experiment_id], run_id=run.info.run_id, return_type="list", max_results=5000
    )
    ours = [
        one
        for trace in traces
        for one in trace.info.assessments
        if (one.metadata or {}).get("mlflow.assessment.sourceRunId") == run.info.run_id
    ]
    history = [client.get_metric_history(run.info.run_id, name) for name in run.data.metrics]
    found.append(
        {
            "run": run.info.run_id,
            "status": run.info.status,
            "metrics": run.data.metrics,
            "metric_values": sum(len(values) for values in history),
            "params": run.data.params,
            "tags": run.data.tags,
            "files": sorted(file.path for file in client.list_artifacts(run.info.run_id, "groundgate")),
            "traces": len({trace.info.trace_id for trace in traces}),
            "retrievers": sum(span.span_type == "RETRIEVER" for trace in traces for span in trace.data.spans),
            "assessments": len(ours),
            "assessment_ids": len({one.assessment_id for one in ours}),
            "said_twice": len(ours)
            - len({(one.trace_id, one.name, (one.metadata or {}).get("groundgate.claim")) for one in ours}),
            "errors": sum(one.feedback is not None and one.feedback.error is not None for one in ours),
            "rationales": [one.rationale for one in ours if one.name.endswith(" claim")][:3],
        }
    )
print(json.dumps(found))
