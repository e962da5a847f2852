"""Judged tables: Arrow in and out, with no object per row until somebody asks for rows."""

from __future__ import annotations

from typing import Any

from ._results import Table


def _dicts(table: Any) -> list[dict[str, Any]]:
    """The rows of anything that speaks Arrow."""
    try:
        import pyarrow
    except ImportError:
        import polars

        return polars.DataFrame(table).to_dicts()
    return pyarrow.table(table).to_pylist()


class Judged(Table):
    """Every row of a table with its outcomes.

    Of each metric there is a struct: `score`, or why there is none (`not_applicable`, `unscored`), and what it can
    stand for (`low`, `high`). `claims` are the statements of the answer, with the place that supports or contradicts
    each. `arrow` has these alone, as anything that speaks Arrow can take them over without a copy.
    """

    def __init__(self, answers: Any, arrow: Any, prefix: str) -> None:
        self.arrow = arrow
        self._answers = answers
        self._prefix = prefix
        self._rows: list[dict[str, Any]] | None = None

    @property
    def rows(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """One dictionary an answer, with the scores of each metric and the statements."""
        if self._rows is None:
            pairs = zip(_dicts(self._answers), _dicts(self.arrow))
            self._rows = [self._row(given, found) for given, found in pairs]
        return self._rows

    def _row(self, given: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {"case": given["id"]} if "id" in given else {}
        row |= {name: given[self.arrow.places[name]] for name in ("question", "answer")}
        claims = found.pop(self._prefix + "claims", None) or []
        row |= {name.removeprefix(self._prefix): outcome["score"] for name, outcome in found.items()}
        reasons = [outcome["unscored"] or outcome["not_applicable"] for outcome in found.values()]
        row["not_scored"] = reasons[0] if reasons else None
        row["statements"] = [{name: claim[name] for name in ("text", "label", "why")} for claim in claims]
        return row

    def __len__(self) -> int:
        return len(self.arrow)

    def to_arrow(self) -> Any:
        """A pyarrow table: the columns of the answers, then the outcomes."""
        import pyarrow

        table, outcomes = pyarrow.table(self._answers), pyarrow.table(self.arrow)
        for field, column in zip(outcomes.schema, outcomes.columns):
            table = table.append_column(field, column)
        return table

    def to_pandas(self) -> Any:
        """A pandas data frame of `rows`."""
        import pandas

        return pandas.DataFrame(self.rows)

    def to_polars(self) -> Any:
        """A polars data frame: the columns of the answers, then the outcomes."""
        import polars

        return polars.DataFrame(self._answers).hstack(polars.DataFrame(self.arrow))

    def __repr__(self) -> str:
        return f"<groundgate.Judged of {len(self)} answers>"
