"""Days as people write them on the command line."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

import typer

_LAST = re.compile(r"([1-9][0-9]{0,4})d")
_NAMED = {"today": 0, "yesterday": 1}


def day(text: str | None, option: str, *, whole: bool = False) -> datetime | None:
    """The beginning of a day in this time zone, or with `whole` its end: `2026-11-21`, `today`, `yesterday`, `7d` (the
    first of the last seven days); a time of day is taken as it is. `typer.BadParameter` names the option."""
    if text is None:
        return None
    text = text.strip()
    try:
        if text in _NAMED:
            return _midnight(date.today() - timedelta(days=_NAMED[text] - whole))
        last = _LAST.fullmatch(text)
        if last:
            return _midnight(date.today() - timedelta(days=int(last[1]) - 1))
        if len(text) <= len("2026-11-21"):
            return _midnight(date.fromisoformat(text) + timedelta(days=1 if whole else 0))
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError):
        said = f"{text!r} is no day; write 2026-11-21, or 7d for the last seven days."
        raise typer.BadParameter(said, param_hint=option) from None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time()).astimezone()
