"""Release gates for RAG copilots: judging, comparing and deciding, with the engine of the command."""

from __future__ import annotations

from . import stats
from ._engine import __version__, mean_estimate
from ._judged import Judged
from ._results import Comparison, Gate, GroundgateError, Run, Scored, Table
from ._verbs import compare, gate, judge, score

__all__ = [
    "Comparison",
    "Gate",
    "GroundgateError",
    "Judged",
    "Run",
    "Scored",
    "Table",
    "__version__",
    "compare",
    "gate",
    "judge",
    "mean_estimate",
    "score",
    "stats",
]
