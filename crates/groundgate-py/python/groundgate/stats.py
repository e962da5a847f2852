"""Estimates of scores, by the decision table of the gate. A missing score counts both ways."""

from __future__ import annotations

import json
from typing import Any

from . import _engine
from ._data import names, numbers
from ._results import Estimate

__all__ = ["Estimate", "difference", "mean"]


def _side(document: dict[str, Any], side: str) -> Estimate:
    return Estimate(document["estimates"][side], side)


def mean(
    scores: Any,
    *,
    cases: Any = None,
    clusters: Any = None,
    kind: str = "fraction",
    scale: tuple[float, float] | None = None,
    level: float = 0.95,
) -> Estimate:
    """The mean of scores with two one-sided bounds.

    Without `cases` every score is that of a question of its own; with them, scores of one case are attempts. Cases
    of one cluster depend on each other, and count as one.
    """
    text = _engine.estimate(numbers(scores), None, names(cases), names(clusters), kind, scale, level)
    return _side(json.loads(text), "candidate")


def difference(
    candidate: Any,
    baseline: Any,
    *,
    cases: Any = None,
    clusters: Any = None,
    kind: str = "fraction",
    scale: tuple[float, float] | None = None,
    level: float = 0.95,
) -> Estimate:
    """Candidate minus baseline, row by row, with two one-sided bounds."""
    text = _engine.estimate(
        numbers(candidate), numbers(baseline), names(cases), names(clusters), kind, scale, level
    )
    return _side(json.loads(text), "difference")
