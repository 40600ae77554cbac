"""Copies of agents' own logs, in their own layout, with long texts cut away."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

_LONG = 120  # characters


def lines(home: Path, to: Path, *patterns: str, without: tuple[str, ...] = ()) -> None:
    """Files of a JSON text a line, or of one JSON text. without: types of lines that are left away."""
    for pattern in patterns:
        for path in sorted(home.glob(pattern)):
            if path.is_file():
                copy = to / path.relative_to(home)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(_lines(path.read_text(), without))


def database(path: Path, to: Path, *tables: str) -> None:
    """These tables of a database, with the JSON in them cut."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as conn, closing(sqlite3.connect(to)) as copy, copy:
        copy.execute("PRAGMA page_size = 1024")
        for table in tables:
            (schema,) = conn.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table]).fetchone()
            copy.execute(schema)
            for row in conn.execute(f"SELECT * FROM {table}"):
                copy.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", [_cell(cell) for cell in row])


def _cell(cell: Any) -> Any:
    try:
        return json.dumps(cut(json.loads(cell)), ensure_ascii=False) if isinstance(cell, str) and cell[:1] in "{[" else cell
    except ValueError:
        return cell


def _lines(text: str, without: tuple[str, ...]) -> str:
    try:
        return json.dumps(cut(json.loads(text)), ensure_ascii=False)
    except ValueError:
        entries = [json.loads(line) for line in text.split("\n") if line]
        kept = [cut(each) for each in entries if each.get("type") not in without]
        return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in kept)


def cut(value: Any) -> Any:
    """The same JSON with long texts cut, and long lists of texts or tools."""
    if isinstance(value, str):
        return value if len(value) <= _LONG else value[:_LONG] + "…"
    if isinstance(value, list):
        return [cut(each) for each in value]
    if isinstance(value, dict):
        return {name: [] if name in ("tools", "skills") and isinstance(of, list) else cut(of) for name, of in value.items()}
    return value
