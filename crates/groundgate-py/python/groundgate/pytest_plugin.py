"""The fixture `groundgate_gate`: a test that fails unless answers are shown to be grounded enough.

    def test_answers(groundgate_gate):
        groundgate_gate(my_answers(), groundedness=0.85)
        groundgate_gate(my_answers(), against=old_answers(), margin=0.05)
"""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def groundgate_gate() -> Any:
    """Fails unless every bar is shown to be held at 95 % confidence; what cannot be told fails, too."""

    def check(answers: Any, *, against: Any = None, margin: float = 0.05, **bars: float) -> None:
        import groundgate

        if against is None and not bars:
            raise TypeError("name a bar, as groundedness=0.85, or answers to compare with, as against=old")
        wrong = []
        if bars:
            scored = groundgate.score(answers)
            for metric, bar in bars.items():
                if metric not in scored.metrics:
                    raise TypeError(f"unknown metric {metric}; known are {', '.join(scored.metrics)}")
                found = scored.metrics[metric]
                lower = found["estimate"].get("lower") if found["n_scored"] else None
                if lower is None or lower < bar:
                    wrong.append(f"{metric} is not shown to be at least {bar}")
            if wrong:
                wrong.append(repr(scored))
                wrong.extend(f"{one['case']}: {one['statement']!r}: {one['why']}" for one in scored.worst)
        if against is not None:
            compared = groundgate.compare(against, answers)
            difference = compared.metrics["groundedness"]["difference"]
            lower = difference.get("lower")
            if lower is None or lower < -margin:
                wrong += [f"groundedness is not shown to be worse by less than {margin}", repr(compared)]
        if wrong:
            pytest.fail("\n".join(wrong), pytrace=False)

    return check
