"""The gate over tables of a cluster: texts stay there, scores by question come to the driver."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import _engine
from .._engine import __version__
from .._results import Gate, GroundgateError
from ._judge import OUTCOME, _column

#: What a question may have besides its id, with the type that it is cast to.
FIELDS = {
    "case": "string",
    "attempt": "int",
    "cluster": "string",
    "critical": "boolean",
    "answerable": "boolean",
    "question": "string",
    "answer": "string",
    "facts": "array<string>",
}


def gate(
    candidate: Any,
    baseline: Any = None,
    policy: str | os.PathLike[str] | None = None,
    *,
    metrics: Sequence[str] | Mapping[str, str | None],
    columns: Mapping[str, str] | None = None,
    slices: Sequence[str] = (),
    env: str | None = None,
    policy_digest: str | None = None,
    other_questions: bool = False,
    instrument: str = "table",
    directory: str | os.PathLike[str] = ".",
) -> Gate:
    """The verdict on a table of scored answers, by the rules of a policy: the same as on one machine, to the last bit.

    `metrics` names the columns with scores: numbers, null where one is missing, or the outcomes of `judge`; as a
    dictionary it declares what values they take (`binary`, `fraction`, `ordinal:1:5`, `amount:ms`). `columns` says which
    column is the `case` and perhaps the `attempt`, `cluster`, `critical`, `answerable`, `question`, `answer` and `facts`.
    Questions that only the baseline was asked hold, unless `other_questions` says that the two were asked others.
    `slices` are columns whose values make slices. `instrument` says who measured: what different ones did is not
    compared. In a pipeline the policy comes from a protected branch (`git:REF:FILE`) or has a `policy_digest`.
    """
    declared = dict(metrics) if isinstance(metrics, Mapping) else dict.fromkeys(metrics)
    if isinstance(metrics, str) or isinstance(slices, str) or not declared:
        raise TypeError("metrics and slices are lists of names, and at least one metric is named")
    terms = {
        "directory": os.fspath(directory),
        "environment": env,
        "policy": None if policy is None else os.fspath(policy),
        "policy_digest": policy_digest,
        "other_questions": other_questions,
        "instrument": instrument,
        "declared": {name: kind for name, kind in declared.items() if kind is not None},
    }
    sides = [None if df is None else reduced(df, declared, columns or {}, slices) for df in (candidate, baseline)]
    return Gate(*_engine.gate_trials(*sides, terms))


def reduced(df: Any, metrics: Mapping[str, Any], columns: Mapping[str, str], slices: Sequence[str]) -> Any:
    """One row a trial without its texts, on the driver: ids, digests of 32 bytes, and scores."""
    standard = _standard(df, metrics, columns, slices)
    rows = standard.mapInArrow(_reducing(__version__), _reduced_schema(metrics, slices))
    table = rows.toArrow()
    if table.num_rows != (planned := standard.count()):
        raise GroundgateError(f"{planned} rows went in and {table.num_rows} came out: nothing is decided on these")
    return table


def _standard(df: Any, metrics: Mapping[str, Any], columns: Mapping[str, str], slices: Sequence[str]) -> Any:
    unknown = set(columns) - set(FIELDS)
    if unknown:
        raise GroundgateError(f"{', '.join(sorted(unknown))}: known are {', '.join(FIELDS)}")
    places = {field: column for field, column in columns.items()}
    # What has the name is it; an id is a case.
    places |= {field: field for field in FIELDS if field not in places and field in df.columns}
    if "case" not in places and "id" in df.columns:
        places["case"] = "id"
    if "case" not in places:
        raise GroundgateError("name the column that tells questions apart: columns={'case': …}")
    wanted = [*places.values(), *slices, *metrics]
    missing = [name for name in wanted if name not in df.columns]
    if missing:
        raise GroundgateError(f"no column is named {', '.join(missing)}; there are {', '.join(df.columns)}")
    chosen = [_column(column).cast(FIELDS[field]).alias(field) for field, column in places.items()]
    chosen += [_column(name).cast("string").alias(f"tag:{name}") for name in slices]
    for name in metrics:
        kind = df.schema[name].dataType.simpleString()
        score = _column(name) if kind == OUTCOME else _column(name).cast("double")
        chosen.append(score.alias(f"metric:{name}"))
    return df.select(*chosen)


def _reduced_schema(metrics: Mapping[str, Any], slices: Sequence[str]) -> str:
    fields = ["digest binary", "asked binary", "said binary", "case string", "attempt int"]
    fields += ["cluster string", "critical boolean", "answerable boolean"]
    fields += [f"`tag:{name}` string" for name in slices]
    for name in metrics:
        fields += [f"`metric:{name}` double", f"`why:{name}` string"]
    return ", ".join(fields)


def _reducing(version: str) -> Any:
    """What an executor runs. It goes there by value, so that one without the wheel can say so."""

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        try:
            from groundgate import _engine as engine
        except ImportError as error:
            import platform

            message = f"groundgate cannot be imported by the executor on {platform.node()}: {error}"
            raise RuntimeError(message + "; install its wheel on every node, or ship it with the job") from error
        if engine.__version__ != version:
            raise RuntimeError(f"the driver has groundgate {version}, an executor has {engine.__version__}")
        import pyarrow

        for batch in batches:
            yield from pyarrow.table(engine.reduce_trials(pyarrow.Table.from_batches([batch]))).to_batches()

    return run
