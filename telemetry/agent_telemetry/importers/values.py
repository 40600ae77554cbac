"""What stands in other programs' logs, read without trust: figures, strings, times, and lines of JSON."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

MOST: Final = 10**12
"""Tokens that no single call has; a figure above it is damage."""
_RECORD: Final = re.compile(rb'\{\s*"(?:type|id|uuid|sessionId|\$set)"')
_LONGEST: Final = 300  # characters of a name or an id
_EARLIEST: Final = datetime(2015, 1, 1, tzinfo=UTC).timestamp()
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC).timestamp()


def count(value: object) -> int | None:
    """A number of tokens; None for what is no whole number from 0 to a million millions."""
    if type(value) is int:
        return value if 0 <= value <= MOST else None
    if type(value) is float and value.is_integer() and 0 <= value <= MOST:
        return int(value)
    return None


def text(value: object) -> str | None:
    """A name or an id as UTF-8 can hold it; None for what is none, or empty."""
    if not isinstance(value, str) or not value or value.isspace():
        return None
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode("utf-8")
    return value[:_LONGEST].replace("\x00", "") or None


def moment(value: object) -> datetime | None:
    """A time in UTC: ISO 8601, or seconds, milliseconds, microseconds or nanoseconds since 1970, as number or string.

    A time without an offset is taken as UTC. None for what is no time between 2015 and 2200.
    """
    if isinstance(value, str):
        value = value.strip()
        if not value.replace(".", "", 1).isdecimal():
            return _iso(value)
        value = float(value)
    if type(value) not in (int, float) or not 0 < value < 1e20:  # type: ignore[operator]
        return None
    seconds = float(value)  # type: ignore[arg-type]
    for _ in range(3):
        if seconds > _LATEST:
            seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC) if _EARLIEST <= seconds <= _LATEST else None


def _iso(value: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        return found if _EARLIEST <= found.timestamp() <= _LATEST else None
    except (ValueError, OverflowError):
        return None


def duration(value: object) -> float | None:
    """Milliseconds that something took; None for what is no such number."""
    return float(value) if type(value) in (int, float) and 0 < value < 1e8 else None  # type: ignore[operator,arg-type]


def milliseconds(time: datetime) -> int:
    """Whole milliseconds since 1970."""
    return round(time.timestamp() * 1000)


def fingerprint(*parts: object) -> str:
    """A key made of what is the same in every copy of a call."""
    told = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.blake2b(told.encode("utf-8", "replace"), digest_size=15).hexdigest()


def document(content: bytes) -> Any:
    """JSON as agents leave it: with a byte order mark, NUL bytes around it, raw control characters, broken UTF-8 and
    lone surrogates. Raises `ValueError` where it is none."""
    content = content.strip(b"\x00 \t\r\n").removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            return json.loads(content.decode("utf-8", "replace"), strict=False)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def appended(line: bytes) -> bytes | None:
    """The record that was appended to one that broke off, without a line's end between them; None where there is none.

    A crash leaves the one, and the program's next start the other. What stands within a record is none, as more
    follows it.
    """
    for _, place in zip(range(64), (found.start() for found in _RECORD.finditer(line, 1)), strict=False):
        try:
            if isinstance(document(line[place:]), dict):
                return line[place:]
        except ValueError:
            continue
    return None
