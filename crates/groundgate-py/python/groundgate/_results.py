"""What the verbs give back: values that print as text, show as tables in notebooks, and become data frames."""

from __future__ import annotations

import html
import json
import os
from typing import Any

from . import _engine


class GroundgateError(ValueError):
    """What was handed in cannot be read or decided; the message says where and what to do."""


class Table:
    """Rows, as any data frame."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.rows[index]

    def to_pandas(self) -> Any:
        """A pandas data frame."""
        import pandas

        return pandas.DataFrame(self.rows)

    def to_arrow(self) -> Any:
        """A pyarrow table."""
        import pyarrow

        return pyarrow.Table.from_pylist(self.rows)

    def to_polars(self) -> Any:
        """A polars data frame."""
        import polars

        return polars.DataFrame(self.rows)

    def __repr__(self) -> str:
        return f"<groundgate.Table of {len(self.rows)} rows>"

    def _repr_html_(self) -> str:
        columns = list(self.rows[0]) if self.rows else []
        return _html_table(columns, [[row.get(name) for name in columns] for row in self.rows[:50]])


class Estimate:
    """A number with its bounds and how they were made."""

    def __init__(self, document: dict[str, Any], what: str) -> None:
        if "error" in document:
            raise GroundgateError(document["error"])
        self.what = what
        self.point: float = document["point"]
        self.lower: float | None = document["lower"]
        self.upper: float | None = document["upper"]
        self.n: int = document["n"]
        self.unit: str = document["unit"]
        self.method: str = document["method"]
        self.guarantee: str = document["guarantee"]
        self._document = document

    def to_dict(self) -> dict[str, Any]:
        """As the command's JSON says it."""
        return dict(self._document)

    def __repr__(self) -> str:
        return f"{self.point:.4g} [{_bound(self.lower)}, {_bound(self.upper)}] n={self.n} {self.method} ({self.guarantee})"


class _Document:
    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def to_dict(self) -> dict[str, Any]:
        """As the command's JSON says it."""
        return dict(self._document)

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """By name."""
        return {metric["metric"]: metric for metric in self._document["metrics"]}


class Scored(_Document):
    """What answers say: groundedness and faithfulness with bounds."""

    @property
    def groundedness(self) -> Estimate:
        """The share of answers whose every statement the passages support."""
        return Estimate(self.metrics["groundedness"]["estimate"], "groundedness")

    @property
    def faithfulness(self) -> Estimate:
        """The mean share of statements that the passages support."""
        return Estimate(self.metrics["faithfulness"]["estimate"], "faithfulness")

    @property
    def worst(self) -> Table:
        """The least grounded answers, with the first statement that is not supported and why."""
        return Table(self._document["worst"])

    def _lines(self) -> list[list[str]]:
        lines = []
        for name, metric in self.metrics.items():
            estimate = metric["estimate"]
            shown = "no data" if "error" in estimate or not metric["n_scored"] else _shown(estimate, percent=True)
            counts = [str(metric[key]) for key in ("n_scored", "n_not_applicable", "n_missing")]
            lines.append([name, shown, *counts])
        return lines

    def to_pandas(self) -> Any:
        """One row a metric."""
        return Table(self._document["metrics"]).to_pandas()

    def __repr__(self) -> str:
        return _text_table(["", "mean [bounds]", "scored", "n/a", "missing"], self._lines())

    def _repr_html_(self) -> str:
        return _html_table(["", "mean [bounds]", "scored", "n/a", "missing"], self._lines()) + self.worst._repr_html_()


class Comparison(_Document):
    """Two sets of answers, paired by question."""

    def verdict(self, metric: str = "groundedness") -> str:
        """`better`, `worse` or `not shown`: whether the bounds exclude no difference."""
        difference = self.metrics[metric]["difference"]
        if "error" in difference:
            return "not shown"
        if difference["lower"] is not None and difference["lower"] > 0:
            return "better"
        if difference["upper"] is not None and difference["upper"] < 0:
            return "worse"
        return "not shown"

    def difference(self, metric: str = "groundedness") -> Estimate:
        """Candidate minus base."""
        return Estimate(self.metrics[metric]["difference"], metric)

    def _lines(self) -> list[list[str]]:
        lines = []
        for name, metric in self.metrics.items():
            means = [_bound(metric["first"]), _bound(metric["second"])]
            difference = metric["difference"]
            shown = difference["error"] if "error" in difference else _shown(difference, percent=False)
            lines.append([name, *means, shown, self.verdict(name), str(metric["n_missing"])])
        return lines

    def to_pandas(self) -> Any:
        """One row a metric."""
        return Table(self._document["metrics"]).to_pandas()

    def __repr__(self) -> str:
        return _text_table(["", "base", "candidate", "difference [bounds]", "is", "missing"], self._lines())

    def _repr_html_(self) -> str:
        return _html_table(["", "base", "candidate", "difference [bounds]", "is", "missing"], self._lines())


class Gate:
    """A verdict with its report."""

    def __init__(self, document: str, text: str, page: str, exit_code: int) -> None:
        self.json = document
        self.text = text
        self.html = page
        self.exit_code = exit_code
        self._document: dict[str, Any] = json.loads(document)

    @property
    def verdict(self) -> str:
        """`pass`, `hold`, `inconclusive` or `fail`."""
        return str(self._document["verdict"])

    @property
    def passed(self) -> bool:
        """Whether the release may go out."""
        return self.exit_code == 0

    def to_dict(self) -> dict[str, Any]:
        """As `groundgate gate --json` says it."""
        return dict(self._document)

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        page = html.escape(self.html, quote=True)
        return f'<iframe srcdoc="{page}" style="width:100%;height:40em;border:0" sandbox="allow-scripts"></iframe>'


class Run:
    """A record."""

    def __init__(self, directory: str, name: str) -> None:
        self._directory = directory
        self.name = name

    @classmethod
    def open(cls, name: str = "latest", directory: str | os.PathLike[str] = "runs") -> Run:
        """A run by its id, the beginning of one, a file's path or `latest`."""
        run = cls(os.fspath(directory), name)
        run.scores()
        return run

    def scores(self) -> Table:
        """One row a trial: case, attempt, tags, and every metric; None where a score is missing."""
        return Table(json.loads(_engine.run_scores(self._directory, self.name)))


def _bound(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _shown(estimate: dict[str, Any], percent: bool) -> str:
    def one(value: float | None) -> str:
        if value is None:
            return "–"
        return f"{100 * value:.1f}%" if percent else f"{value:+.4g}"

    return f"{one(estimate['point'])} [{one(estimate['lower'])}, {one(estimate['upper'])}]"


def _text_table(header: list[str], lines: list[list[str]]) -> str:
    widths = [max(len(row[index]) for row in [header, *lines]) for index in range(len(header))]
    rows = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [header, *lines]]
    return "\n".join(rows)


def _html_table(header: list[str], lines: list[list[Any]]) -> str:
    head = "".join(f"<th>{html.escape(str(name))}</th>" for name in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape('' if cell is None else str(cell))}</td>" for cell in line) + "</tr>"
        for line in lines
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
