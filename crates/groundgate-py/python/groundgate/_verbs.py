"""What can be done: judge, score, compare, gate."""

from __future__ import annotations

import json
import os
from typing import Any

from . import _engine
from ._data import content
from ._results import Comparison, Gate, Scored, Table


def _reading(options: dict[str, Any]) -> dict[str, Any]:
    known = {"map", "from_", "strict", "list_separator", "separator", "encoding", "variant"}
    wrong = set(options) - known
    if wrong:
        raise TypeError(f"unknown options: {', '.join(sorted(wrong))}")
    return {name.rstrip("_"): value for name, value in options.items() if value is not None}


def judge(answers: Any, **reading: Any) -> Table:
    """Judges every answer against its passages, by the embedded judge: one row an answer, with its statements."""
    name, rows = content(answers, "answers")
    return Table(json.loads(_engine.judge_rows(name, rows, _reading(reading))))


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
