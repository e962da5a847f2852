"""groundgate on Spark: the same engine inside executors, Arrow in and Arrow out."""

from __future__ import annotations

from ._gate import gate
from ._judge import Counts, checks, judge
from ._prompts import prompts, read_replies
from ._watch import Watch

__all__ = ["Counts", "Watch", "checks", "gate", "judge", "prompts", "read_replies"]
