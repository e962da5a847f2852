"""groundgate on Spark: the same engine inside executors, Arrow in and Arrow out."""

from __future__ import annotations

from ._gate import gate
from ._judge import Counts, checks, judge

__all__ = ["Counts", "checks", "gate", "judge"]
