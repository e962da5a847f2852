"""Judges that are language models, asked by the engine's own batch inference (`ai_query` and the like)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import _engine
from .._engine import __version__
from .._results import GroundgateError
from ._judge import _column, _empty, _names, _schema


def prompts(
    df: Any,
    judge: str = "groundedness",
    *,
    columns: Mapping[str, str] | None = None,
    seed: str = "",
    prefix: str = "",
    row_limit: int = 10 << 20,
) -> Any:
    """The data frame with the columns `prompt` and `reply_schema`: what the judge asks about each answer.

    `judge` is one that comes along or a file of one, which makes one call about an answer. The prompt is null where
    nobody need be asked: a refusal, an answer without passages. Ask with `ai_query('endpoint', prompt)`, or whatever the
    engine has, keep the answers' columns, and hand the result to `read_replies`.
    """
    places = _engine.resolve_columns(df.columns, dict(columns or {}))
    empty = _empty(df.schema, places)
    found = _names(_engine.write_prompts(empty, places, judge, seed, prefix, row_limit))
    schema = _schema(df.schema, _free(df.columns, found), found, prefix, {name: "string" for name in found})
    call = ("write_prompts", (places, judge, seed, prefix, row_limit))
    return df.mapInArrow(_beside(call, df.columns, __version__), schema)


def read_replies(
    df: Any,
    judge: str = "groundedness",
    *,
    reply: str = "reply",
    columns: Mapping[str, str] | None = None,
    seed: str = "",
    keep: Sequence[str] | None = None,
    prefix: str = "",
    row_limit: int = 10 << 20,
) -> Any:
    """The outcomes of the judge whose replies are in the column `reply`, read as strictly as those of a run.

    A reply that is missing, or is not exactly one label per claim with quotes that stand in their passages, makes the
    row unscored, with what was wrong. `judge` and `seed` are those that the prompts were written with.
    """
    if reply not in df.columns:
        raise GroundgateError(f"no column is named {reply}; there are {', '.join(df.columns)}")
    others = [name for name in df.columns if name != reply]
    places = _engine.resolve_columns(others, dict(columns or {}))
    empty = _empty(df.schema, {**places, "reply": reply})
    call = ("read_replies", (places, reply, judge, seed, prefix, row_limit))
    found = _names(_engine.read_replies(empty, *call[1]))
    kept = _free(df.columns if keep is None else list(keep), found)
    needed = list(dict.fromkeys([*kept, *places.values(), reply]))
    source = df.select(*[_column(name) for name in needed])
    return source.mapInArrow(_beside(call, kept, __version__), _schema(df.schema, kept, found, prefix))


def _free(kept: Sequence[str], found: Sequence[str]) -> list[str]:
    for name in found:
        if name in kept:
            raise GroundgateError(f"the table has a column `{name}` already: set prefix=, or leave it out")
    return list(kept)


def _beside(call: tuple[str, tuple[Any, ...]], kept: Sequence[str], version: str) -> Any:
    """What an executor runs. It goes there by value, so that one without the wheel can say so."""
    name, arguments = call
    kept = list(kept)

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        try:
            from groundgate import _engine as engine
        except ImportError as error:
            import platform

            message = f"groundgate cannot be imported by the executor on {platform.node()}: {error}"
            raise RuntimeError(message + "; install its wheel on every node, or ship it with the job") from error
        if engine.__version__ != version:
            raise RuntimeError(f"the driver has groundgate {version}, an executor has {engine.__version__}")
        import pyarrow

        for batch in batches:
            found = pyarrow.table(getattr(engine, name)(pyarrow.Table.from_batches([batch]), *arguments))
            if found.num_rows != batch.num_rows:
                raise RuntimeError(f"{batch.num_rows} rows went in and {found.num_rows} came out")
            for part in found.to_batches():
                arrays = [batch.column(column) for column in kept] + part.columns
                yield pyarrow.RecordBatch.from_arrays(arrays, names=kept + part.schema.names)

    return run
