"""A canary over a stream of logged answers: one verdict a window, once, whatever is killed and comes again."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import _engine
from .._results import GroundgateError
from ._gate import reduced


class Watch:
    """Decides about windows of a stream: `stream.writeStream.foreachBatch(watch).option("checkpointLocation", …)`.

    A batch holds scored answers of both versions: `time` is when each was given, `version` says which side it is on
    (`candidate` and `baseline` are that column's values), `metrics` and `columns` are those of `groundgate.spark.gate`.
    A window is closed when answers came that are later than its end by `late`; it is then decided by the canary of the
    policy, once, and `decided` is called with what was decided, at most once;
    `verdicts()` has all of it. Answers that come later still are counted and change
    nothing. `state` is a folder that all of it is kept in, beside the checkpoint: a batch that comes again after a crash
    replaces itself, and a window that was decided stays as it was.
    """

    def __init__(
        self,
        state: str | os.PathLike[str],
        policy: str | os.PathLike[str] | None = None,
        *,
        metrics: Sequence[str] | Mapping[str, str | None],
        time: str,
        version: str,
        candidate: str,
        baseline: str | None = None,
        window: datetime.timedelta = datetime.timedelta(hours=1),
        late: datetime.timedelta = datetime.timedelta(minutes=10),
        columns: Mapping[str, str] | None = None,
        env: str | None = None,
        policy_digest: str | None = None,
        instrument: str = "table",
        directory: str | os.PathLike[str] = ".",
        decided: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        self._state = Path(state)
        self._metrics = dict(metrics) if isinstance(metrics, Mapping) else dict.fromkeys(metrics)
        self._time, self._version = time, version
        self._names = {"candidate": candidate} | ({} if baseline is None else {"baseline": baseline})
        self._window, self._late = int(window.total_seconds()), int(late.total_seconds())
        self._columns, self._decided = dict(columns or {}), decided
        if self._window <= 0 or self._late < 0:
            raise GroundgateError("a window is longer than nothing, and nobody comes before their time")
        self._terms = {
            "directory": os.fspath(directory),
            "environment": env,
            "policy": None if policy is None else os.fspath(policy),
            "policy_digest": policy_digest,
            "other_questions": True,
            "instrument": instrument,
            "declared": {name: kind for name, kind in self._metrics.items() if kind is not None},
        }

    def __call__(self, batch: Any, batch_id: int) -> None:
        """One batch of the stream: kept, and every window decided that it closes."""
        from pyspark.sql import functions as F

        seconds = F.unix_timestamp(F.col(f"`{self._time}`"))
        start = (F.floor(seconds / self._window) * self._window).cast("long")
        rows = batch.withColumn("groundgate_window", start).persist()
        try:
            of_times = rows.agg(F.min("groundgate_window"), F.max(seconds), F.count(F.lit(1)), F.count(seconds)).first()
            first, latest, n_rows, n_timed = of_times
            known = rows.where(F.col(f"`{self._version}`").isin(list(self._names.values()))).count()
            self._keep(rows, batch_id)
        finally:
            rows.unpersist()
        said = {"first": first, "latest": latest, "rows": n_rows, "without_time": n_rows - n_timed}
        said["of_no_version"] = n_rows - known
        self._write(self._state / "batches" / f"{batch_id:012}.json", said)
        self._decide()

    def verdicts(self) -> list[dict[str, Any]]:
        """What was decided, the oldest window first."""
        return [json.loads(path.read_text()) for path in sorted((self._state / "verdicts").glob("*.json"))]

    def _keep(self, rows: Any, batch_id: int) -> None:
        """The batch's trials without their texts, by side and window."""
        from pyspark.sql import functions as F

        columns = {"case": "id"} | self._columns
        for side, value in self._names.items():
            mine = rows.where((F.col(f"`{self._version}`") == value) & F.col("groundgate_window").isNotNull())
            self._store(side, batch_id, reduced(mine, self._metrics, columns, ["groundgate_window"]))

    def _store(self, side: str, batch_id: int, table: Any) -> None:
        import pyarrow.parquet

        folder = self._state / "trials" / side
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f".{batch_id:012}"
        pyarrow.parquet.write_table(table, beside)
        os.replace(beside, folder / f"{batch_id:012}.parquet")

    def _decide(self) -> None:
        """Every window that is closed and not decided yet, in order."""
        seen = [json.loads(path.read_text()) for path in sorted((self._state / "batches").glob("*.json"))]
        seen = [batch for batch in seen if batch["latest"] is not None]
        if not seen:
            return
        start = min(batch["first"] for batch in seen)
        closed_until = max(batch["latest"] for batch in seen) - self._late
        folder = self._state / "verdicts"
        starts = list(range(start, closed_until - self._window + 1, self._window))
        # What came before the first window that was ever decided is late, and opens none.
        already = sorted(int(path.stem) for path in folder.glob("*.json"))
        starts = [one for one in starts if not already or one >= already[0]]
        tables: list[tuple[Any, Any]] = []
        for one in starts:
            tables.append(self._frozen(one))
            path = folder / f"{one:012}.json"
            if path.exists():
                continue
            action, reasons = _engine.watch_trials(tables, self._terms)[-1]
            sizes = [0 if table is None else table.num_rows for table in tables[-1]]
            verdict = {"window": one, "seconds": self._window, "action": action, "reasons": reasons}
            verdict |= {"candidate": sizes[0], "baseline": sizes[1]}
            self._write(path, verdict)
            if self._decided is not None:
                self._decided(verdict)

    def _frozen(self, start: int) -> tuple[Any, Any]:
        """The trials of a window as they were when it closed; an answer that came twice counts once."""
        import pyarrow.compute
        import pyarrow.parquet

        sides: list[Any] = []
        for side in ("candidate", "baseline"):
            if side not in self._names:
                sides.append(None)
                continue
            kept = self._state / "windows" / side / f"{start:012}.parquet"
            if not kept.exists():
                paths = sorted((self._state / "trials" / side).glob("*.parquet"))
                table = pyarrow.concat_tables([pyarrow.parquet.read_table(path) for path in paths])
                mine = pyarrow.compute.equal(table["tag:groundgate_window"], str(start))
                table = _once(table.filter(mine).drop_columns(["tag:groundgate_window"]))
                kept.parent.mkdir(parents=True, exist_ok=True)
                beside = kept.with_name(f".{kept.name}")
                pyarrow.parquet.write_table(table, beside)
                os.replace(beside, kept)
            sides.append(pyarrow.parquet.read_table(kept))
        return sides[0], sides[1]

    @staticmethod
    def _write(path: Path, document: dict[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}")
        beside.write_text(json.dumps(document))
        os.replace(beside, path)


def _once(table: Any) -> Any:
    """Of each trial the row that came first."""
    import pyarrow

    keys = zip(table["case"].to_pylist(), table["attempt"].to_pylist())
    seen: set[tuple[str, int]] = set()
    first = [not (key in seen or seen.add(key)) for key in keys]  # type: ignore[func-returns-value]
    return table.filter(pyarrow.array(first, pyarrow.bool_()))
