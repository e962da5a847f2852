"""What can be done: judge, score, compare, gate."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from . import _engine
from ._data import content
from ._judged import Judged
from ._results import Comparison, Gate, Scored, Table


def _reading(options: dict[str, Any]) -> dict[str, Any]:
    known = {"map", "from_", "strict", "list_separator", "separator", "encoding", "variant"}
    wrong = set(options) - known
    if wrong:
        raise TypeError(f"unknown options: {', '.join(sorted(wrong))}")
    return {name.rstrip("_"): value for name, value in options.items() if value is not None}


def judge(
    answers: Any,
    *,
    columns: Mapping[str, str] | None = None,
    metrics: Sequence[str] | None = None,
    claims: bool = True,
    prefix: str = "",
    row_limit: int = 10 << 20,
    **reading: Any,
) -> Table:
    """Judges every answer against its passages, by the embedded judge: one row an answer, with its statements.

    A data frame or an Arrow table is judged as it is, with no object per row: `columns` says which column is the
    `question`, the `answer`, the `passages`, and perhaps `facts` and `answerable`, where their names do not. `metrics`
    may name plain checks, too. An answer that cannot be judged has its reason in its row.
    """
    options = _reading(reading)
    told = columns is not None or metrics is not None or prefix != "" or not claims
    if hasattr(answers, "__arrow_c_stream__") and not options:
        asked = (dict(columns or {}), _listed(metrics))
        try:
            arrow = _engine.judge_arrow(answers, *asked, prefix=prefix, claims=claims, row_limit=row_limit)
            return Judged(answers, arrow, prefix)
        except Exception:
            # What is no table of texts, as lists written into cells, is read as a file is: with errors by row.
            if told:
                raise
    elif told:
        raise TypeError("columns, metrics, claims and prefix are for data frames and Arrow tables; rows take map=")
    name, rows = content(answers, "answers")
    return Table(json.loads(_engine.judge_rows(name, rows, options)))


def _listed(metrics: Sequence[str] | None) -> list[str] | None:
    if isinstance(metrics, str):
        raise TypeError("metrics is a list of names")
    return None if metrics is None else list(metrics)


def score(answers: Any, *, worst: int = 5, **reading: Any) -> Scored:
    """Groundedness and faithfulness of answers with their passages, with bounds and the least grounded answers."""
    name, rows = content(answers, "answers")
    return Scored(json.loads(_engine.score_rows(name, rows, _reading(reading), worst)))


def compare(base: Any, candidate: Any, **reading: Any) -> Comparison:
    """Which of two sets of answers is better, paired by question, and whether that is shown."""
    (one, first), (other, second) = content(base, "base"), content(candidate, "candidate")
    return Comparison(json.loads(_engine.compare_rows((one, other), (first, second), _reading(reading))))


def gate(
    directory: str | os.PathLike[str] = ".",
    run: str = "latest",
    *,
    baseline: str | None = None,
    env: str | None = None,
    policy: str | None = None,
) -> Gate:
    """The verdict of a run by the policy of a project: the same bytes as the command's."""
    return Gate(*_engine.gate_run(os.fspath(directory), run, baseline, env, policy))
