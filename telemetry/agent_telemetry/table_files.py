"""Tables as files: CSV (RFC 4180), JSON lines, and Parquet."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import IO, Any, Final

import msgspec

_TYPES: Final = {
    "time": "TIMESTAMPTZ",
    "day": "DATE",
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "usd": "DECIMAL(18,6)",
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_GROUP: Final = 30_720  # rows that Parquet keeps together, and that memory must hold

Writer = Callable[[IO[bytes], Mapping[str, str], Iterable[tuple[Any, ...]]], int]
"""Writes rows of these columns (name → type, see `exporting.Type`) to a binary file; how many there were."""


def write_csv(out: IO[bytes], columns: Mapping[str, str], rows: Iterable[tuple[Any, ...]]) -> int:
    """CSV, UTF-8. Text that a spreadsheet would take for a formula has an apostrophe before it."""
    text = [place for place, kind in enumerate(columns.values()) if kind == "text"]

    def harmless(row: list[Any]) -> list[Any]:
        for place in text:
            if row[place] is not None and row[place].startswith(_FORMULA):
                row[place] = f"'{row[place]}"
        return row

    return _csv(out, columns, (harmless(_plain(row)) for row in rows))


def write_jsonl(out: IO[bytes], columns: Mapping[str, str], rows: Iterable[tuple[Any, ...]]) -> int:
    """An object a line; money as a number."""
    encoder, names = msgspec.json.Encoder(decimal_format="number"), tuple(columns)
    number = 0
    for number, row in enumerate(rows, 1):  # noqa: B007
        out.write(encoder.encode(dict(zip(names, _plain(row, money=False), strict=True))) + b"\n")
    return number


def write_parquet(out: IO[bytes], columns: Mapping[str, str], rows: Iterable[tuple[Any, ...]]) -> int:
    """Parquet, by way of a CSV file in a temporary folder, so that a million rows need little memory."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="agent-router-") as folder:
        source, made = os.path.join(folder, "rows.csv"), os.path.join(folder, "rows.parquet")
        with open(source, "wb") as file:
            number = _csv(file, columns, map(_plain, rows))
        with duckdb.connect(":memory:") as conn:
            # Nothing is loaded from elsewhere; the reader for CSV and the writer for Parquet are built in.
            conn.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
            conn.execute(f"SET memory_limit = '64MB'; SET threads = 1; SET temp_directory = '{folder}'")
            conn.execute("SET TimeZone = 'UTC'")
            types = ", ".join(f"'{name}': '{_TYPES[kind]}'" for name, kind in columns.items())
            # Its reader would ask for 32 MB at once; a row has a few kB.
            size = "max_line_size = 200000, buffer_size = 2000000"
            read = (
                f"read_csv(?, {size}, header = true, delim = ',', quote = '\"', escape = '\"', columns = {{{types}}})"
            )
            form = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_GROUP}"
            conn.execute(f"COPY (SELECT * FROM {read}) TO '{made}' ({form})", [source])  # noqa: S608
        with open(made, "rb") as file:
            while block := file.read(1 << 20):
                out.write(block)
    return number


def _csv(out: IO[bytes], columns: Mapping[str, str], rows: Iterable[list[Any]]) -> int:
    text = io.TextIOWrapper(out, encoding="utf-8", errors="replace", newline="", write_through=False)
    writer = csv.writer(text)
    writer.writerow(columns)
    number = 0
    for number, row in enumerate(rows, 1):  # noqa: B007
        writer.writerow(row)
    text.flush()
    text.detach()  # the file is the caller's to close
    return number


def _plain(row: tuple[Any, ...], *, money: bool = True) -> list[Any]:
    """Times in ISO 8601, and without control signs that would break a line."""
    found = list(row)
    for place, value in enumerate(found):
        if type(value) is datetime:
            found[place] = value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        elif type(value) is Decimal and money:
            found[place] = f"{value:f}"
        elif type(value) is str and not value.isprintable():
            found[place] = "".join(each if each.isprintable() else "�" for each in value)
    return found


WRITERS: Final[dict[str, Writer]] = {"csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet}
