"""What the verbs take: files, data frames, Arrow tables, and rows as dictionaries."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any


def content(data: Any, name: str) -> tuple[str, bytes]:
    """A name for messages, and the rows as the engine reads them."""
    if isinstance(data, (str, os.PathLike)):
        path = os.fspath(data)
        with open(path, "rb") as file:
            return str(path), file.read()
    if isinstance(data, bytes):
        return name, data
    return f"{name}.jsonl", _lines(data)


def _lines(data: Any) -> bytes:
    if hasattr(data, "write_ndjson"):  # polars
        return str(data.write_ndjson()).encode()
    if hasattr(data, "to_json") and hasattr(data, "columns"):  # pandas
        text = data.to_json(orient="records", lines=True, force_ascii=False, date_format="iso")
        return str(text).encode()
    if hasattr(data, "to_pylist"):  # pyarrow
        return _dumped(data.to_pylist())
    if hasattr(data, "__arrow_c_stream__"):
        import pyarrow

        return _dumped(pyarrow.table(data).to_pylist())
    if isinstance(data, Mapping):
        raise TypeError("rows are a list of dictionaries, a data frame, an Arrow table or a file's path")
    if isinstance(data, Iterable):
        return _dumped(data)
    raise TypeError(f"cannot read rows from {type(data).__name__}")


def _dumped(rows: Iterable[Any]) -> bytes:
    return "".join(json.dumps(_plain(row), ensure_ascii=False, default=str) + "\n" for row in rows).encode()


def _plain(row: Any) -> Any:
    if isinstance(row, Mapping):
        return dict(row)
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        return dataclasses.asdict(row)
    for method in ("model_dump", "to_dict", "_asdict"):
        if hasattr(row, method):
            return getattr(row, method)()
    raise TypeError(f"a row is a dictionary, not {type(row).__name__}")


def numbers(values: Any) -> list[float | None]:
    """Scores as a list; None, NaN and nulls of Arrow are missing."""
    if hasattr(values, "to_pylist"):
        values = values.to_pylist()
    elif hasattr(values, "to_list"):
        values = values.to_list()
    elif hasattr(values, "tolist"):
        values = values.tolist()
    return [None if value is None or value != value else float(value) for value in values]


def names(values: Any) -> list[str] | None:
    """Cases or clusters as a list of texts."""
    if values is None:
        return None
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(values, method):
            values = getattr(values, method)()
            break
    return [str(value) for value in values]
