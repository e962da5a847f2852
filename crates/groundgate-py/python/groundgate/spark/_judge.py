"""Judging inside executors: one row out for every row in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import _engine
from .._engine import __version__
from .._results import GroundgateError

OUTCOME = "struct<score:double,low:double,high:double,not_applicable:string,unscored:string>"
CLAIMS = (
    "array<struct<text:string,label:string,start:int,end:int,passage:int,passage_start:int,passage_end:int,why:string>>"
)
CHECKS = ("answered", "pii_leak", "answer_chars")


class Counts:
    """Rows in and rows out of one `judge`, counted by Spark as the job runs, and reconciled by the driver.

    Hand one to `judge`, run an action over all of the result, then `check()`.
    """

    def __init__(self) -> None:
        from pyspark.sql import Observation

        self._before, self._after = Observation(), Observation()

    def before(self, df: Any) -> Any:
        """Counts what goes in."""
        from pyspark.sql import functions as F

        return df.observe(self._before, F.count(F.lit(1)).alias("rows"))

    def after(self, df: Any, metric: str) -> Any:
        """Counts what comes out, by what became of `metric`."""
        from pyspark.sql import functions as F

        outcome = F.col(f"`{metric}`")
        number = lambda field: F.count(outcome[field]).alias(field)
        fields = [number(field) for field in ("score", "not_applicable", "unscored")]
        return df.observe(self._after, F.count(F.lit(1)).alias("rows"), *fields)

    def check(self) -> dict[str, int]:
        """The counts, after an action over all rows; an error where a row was lost or made."""
        before, found = self._before.get["rows"], dict(self._after.get)
        after = found.pop("rows")
        if before != after:
            raise GroundgateError(f"{before} rows went in and {after} came out: no result of this job can be trusted")
        if sum(found.values()) != after:
            raise GroundgateError(f"{after} rows have {sum(found.values())} outcomes: {found}")
        scored = {"scored": found["score"], "not_applicable": found["not_applicable"], "unscored": found["unscored"]}
        return {"rows": after, **scored}


def judge(
    df: Any,
    *,
    columns: Mapping[str, str] | None = None,
    metrics: Sequence[str] | None = None,
    claims: bool = True,
    keep: Sequence[str] | None = None,
    prefix: str = "",
    row_limit: int = 10 << 20,
    counts: Counts | None = None,
) -> Any:
    """A data frame with the outcomes of every answer, judged by the embedded judge inside the executors.

    `columns` says which column is the `question`, the `answer`, the `passages` (an array of texts, or of structs with a
    text), and perhaps `facts` and `answerable`, where their names do not. Of each metric there is a struct of which
    exactly one of `score`, `not_applicable` and `unscored` is set. `keep` are the columns that come along, all where
    nobody says. No row is ever dropped: one that cannot be judged says why.
    """
    if isinstance(metrics, str) or isinstance(keep, str):
        raise TypeError("metrics and keep are lists of names")
    places = _engine.resolve_columns(df.columns, dict(columns or {}))
    empty = _empty(df.schema, places)
    kept = list(df.columns if keep is None else keep)
    wanted = None if metrics is None else list(metrics)
    found = _names(_engine.judge_arrow(empty, places, wanted, prefix=prefix, claims=claims))
    for name in found:
        if name in kept:
            raise GroundgateError(f"the table has a column `{name}` already: set prefix=, or leave it out of keep=")
    source = df if counts is None else counts.before(df)
    names = list(dict.fromkeys([*kept, *places.values()]))
    # A column's name may have dots, which are paths to `mapInArrow`.
    short = {name: f"c{place}" for place, name in enumerate(names)}
    source = source.select(*[_column(name).alias(short[name]) for name in names])
    schema = _schema(df.schema, kept, found, prefix)
    inside = {field: short[column] for field, column in places.items()}
    run = _judging(inside, wanted, [(short[name], name) for name in kept], prefix, claims, row_limit, __version__)
    judged = source.mapInArrow(run, schema)
    return judged if counts is None else counts.after(judged, found[0])


def checks(df: Any, checks: Sequence[str] = CHECKS, **options: Any) -> Any:
    """The same for plain checks alone, which need no judge."""
    return judge(df, metrics=checks, claims=False, **options)


def _column(name: str) -> Any:
    from pyspark.sql import functions as F

    return F.col("`" + name.replace("`", "``") + "`")


def _names(table: Any) -> list[str]:
    import pyarrow

    return pyarrow.table(table).schema.names


def _schema(given: Any, kept: list[str], found: list[str], prefix: str, types: Mapping[str, str] | None = None) -> Any:
    from pyspark.sql.types import StructField, StructType, _parse_datatype_string

    types = {prefix + "claims": CLAIMS} if types is None else types
    fields = [given[name] for name in kept]
    fields += [StructField(name, _parse_datatype_string(types.get(name, OUTCOME)), True) for name in found]
    return StructType(fields)


def _empty(schema: Any, places: Mapping[str, str]) -> Any:
    """A table of no rows with the columns that are read: what is wrong with their types is said by the driver."""
    import pyarrow

    wanted = {column: pyarrow.array([], _type(schema[column].dataType, column)) for column in places.values()}
    return pyarrow.table(wanted)


def _type(of: Any, column: str) -> Any:
    import pyarrow
    from pyspark.sql import types as T

    if isinstance(of, T.StringType):
        return pyarrow.string()
    if isinstance(of, T.BooleanType):
        return pyarrow.bool_()
    if isinstance(of, T.ArrayType):
        return pyarrow.list_(_type(of.elementType, column))
    if isinstance(of, T.StructType):
        return pyarrow.struct([(field.name, _type(field.dataType, column)) for field in of.fields])
    if isinstance(of, (T.NumericType, T.DateType, T.TimestampType)):
        return pyarrow.int64()
    return pyarrow.null()


def _judging(
    places: dict[str, str],
    metrics: list[str] | None,
    kept: list[tuple[str, str]],
    prefix: str,
    claims: bool,
    row_limit: int,
    version: str,
) -> Any:
    """What an executor runs. It goes there by value, so that one without the wheel can say so."""

    def judged(batches: Iterator[Any]) -> Iterator[Any]:
        try:
            from groundgate import _engine as engine
        except ImportError as error:
            import platform

            message = f"groundgate cannot be imported by the executor on {platform.node()}: {error}"
            raise RuntimeError(message + "; install its wheel on every node, or ship it with the job") from error
        if engine.__version__ != version:
            raise RuntimeError(f"the driver has groundgate {version}, an executor has {engine.__version__}")
        import pyarrow

        needed = list(dict.fromkeys(places.values()))
        for batch in batches:
            given = pyarrow.Table.from_batches([batch]).select(needed)
            found = pyarrow.table(
                engine.judge_arrow(
                    given, places, metrics, prefix=prefix, claims=claims, row_limit=row_limit, parallel=False
                )
            )
            if found.num_rows != batch.num_rows:
                raise RuntimeError(f"{batch.num_rows} rows went in and {found.num_rows} came out")
            start = 0
            for part in found.to_batches():
                beside = batch.slice(start, part.num_rows)
                start += part.num_rows
                arrays = [beside.column(name) for name, _ in kept] + part.columns
                yield pyarrow.RecordBatch.from_arrays(arrays, names=[name for _, name in kept] + part.schema.names)

    return judged
