"""One line about today: how much of it was open, how much on this machine, what went to closed APIs, and where a
session's last request went, and why; under Claude Code's prompt, or shorter in a shell's.

They run it after each answer or before each prompt and wait for it, so that it loads next to nothing, reads the ledger
only, and never fails loudly. Source: Claude Code's documentation, "Customize your status line": JSON on standard input.
"""

from __future__ import annotations

import io
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from agent_models.errors import ModelError
from agent_router.errors import ConfigError
from agent_router.known_openness import known_openness
from agent_router.paths import LEDGER, data_path
from agent_telemetry.today import Last, Used, today

NOTHING = "agent-router: nothing yet"
UNREADABLE = "agent-router: the ledger cannot be read"
FIELDS = (
    *("open", "closed", "unknown", "device", "requests", "output", "tokens", "closed_tokens", "billed", "equivalent"),
    "avoided",
)
"""What `--format` may name in braces."""
_LONGEST_REASON = 60  # characters
_MOST_INPUT = 1_000_000


class Figures(NamedTuple):
    """Today, added up. Shares (0 to 1) are of output tokens, and of requests where no output is known; None where there
    was nothing. Money is in micro-dollars, None where nothing is known of it; `closed_billed` is None as well where
    tokens went to closed APIs and no price of them is known."""

    requests: int = 0
    output: int = 0
    tokens: int = 0
    open: float | None = None
    closed: float | None = None
    unknown: float | None = None
    device: float | None = None
    closed_tokens: int = 0
    closed_billed: int | None = None
    billed: int | None = None
    equivalent: int | None = None
    avoided: int | None = None
    last: Last | None = None


def run(words: Sequence[str]) -> bool:
    """Print the line for the command's arguments; False where these need the command line to be understood."""
    shell = as_json = False
    form: str | None = None
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--shell":
            shell = True
        elif word == "--json":
            as_json = True
        elif word.startswith("--format="):
            form = word.removeprefix("--format=")
        elif word == "--format" and left:
            form = left.pop(0)
        else:
            return False
    main(shell=shell, form=form, as_json=as_json)
    return True


def main(*, shell: bool = False, form: str | None = None, as_json: bool = False) -> None:
    """Print the line: for what stands on standard input, or with `shell` or a format without looking there."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        said = "" if shell or form is not None else given()
        shown = as_object(said, shell=shell, form=form) if as_json else line(said, shell=shell, form=form)
        print(json.dumps(shown, indent=2) if as_json else _plain(str(shown)))  # noqa: T201
    except Exception:  # a status line that shows a traceback helps nobody
        problem = "agent-router: no figures"
        print(json.dumps({"error": problem}) if as_json else problem if not shell else "")  # noqa: T201


def _plain(text: str) -> str:
    """The text with signs that the output's encoding has."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = text.translate({ord("·"): "-", ord("≈"): "~", ord("…"): "..."})
    return text


def given() -> str:
    """What stands on standard input; nothing where that is a terminal, or not there."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    return sys.stdin.buffer.read(_MOST_INPUT).decode(errors="replace")


def line(said: str = "", *, shell: bool = False, form: str | None = None) -> str:
    """The line for Claude Code's JSON, of which only the session's id is looked at (any other text is as none); for a
    shell, empty while there is nothing to say; or a format with its fields filled in."""
    found = _figures(said)
    if form is not None:
        return filled(form, found if isinstance(found, Figures) else Figures())
    if isinstance(found, str):
        return found if not shell else ""
    return _short_words(found) if shell else _words(found)


def as_object(said: str = "", *, shell: bool = False, form: str | None = None) -> dict[str, Any]:
    """The line, and the figures in it; money in USD."""
    found = _figures(said)
    figures = found if isinstance(found, Figures) else Figures()
    shown: dict[str, Any] = {"line": line(said, shell=shell, form=form)}
    if found == UNREADABLE:
        shown["error"] = found
    for name, value in figures._asdict().items():
        if name != "last":
            money = name.endswith("billed") or name in ("equivalent", "avoided")
            shown[name] = value / 1_000_000 if money and value is not None else value
    shown["last"] = figures.last._asdict() if figures.last else None
    return shown


def filled(form: str, found: Figures) -> str:
    """A format with `{open}` and its like replaced. What is in other braces stays as it is."""
    shown: dict[str, Callable[[Any], str]] = {
        **dict.fromkeys(("open", "closed", "unknown", "device"), _percent),
        **dict.fromkeys(("requests", "output", "tokens", "closed_tokens"), _short),
        **dict.fromkeys(("billed", "equivalent", "avoided"), _dollars),
    }
    for name in FIELDS:
        value = getattr(found, name)
        form = form.replace(f"{{{name}}}", "?" if value is None else shown[name](value))
    return form


def _figures(said: str) -> Figures | str:
    """Today's figures, or what to say in their place."""
    try:
        data = data_path()
        found = today(data / LEDGER, *_day(), _session(said, data))
        if found is None:
            return NOTHING
        return _added(found.used, _openness(found.used, data), found.last)
    except ConfigError:
        return NOTHING
    except (OSError, sqlite3.Error):
        return UNREADABLE


def _openness(used: Sequence[Used], data: Path) -> dict[str, str]:
    try:
        return known_openness({each.model for each in used if each.model}, data)
    except ModelError:  # the user's own catalogue is broken, which other commands say
        return {}


def _added(used: Sequence[Used], openness: dict[str, str], last: Last | None) -> Figures:
    by_output = any(each.output for each in used)
    sums = dict.fromkeys(("open", "closed", "unknown", "device"), 0)
    money: dict[str, int | None] = dict.fromkeys(("billed", "equivalent", "avoided"))
    closed_tokens, closed_billed = 0, None
    for each in used:
        kind = openness.get(each.model, "unknown")
        measure = each.output if by_output else each.answered
        sums[kind] += measure
        if each.place == "device":
            sums["device"] += measure
        # What the router sent to the closed side was asked of it as such, whatever model answered there.
        if kind == "closed" or (kind == "unknown" and each.route == "closed" and each.place not in ("device", "lan")):
            closed_tokens += each.tokens
            closed_billed = _plus(closed_billed, each.billed)
        for name, amount in (("billed", each.billed), ("equivalent", each.equivalent), ("avoided", each.avoided)):
            money[name] = _plus(money[name], amount)
    whole = sum(each.output if by_output else each.answered for each in used)
    return Figures(
        requests=sum(each.answered for each in used),
        output=sum(each.output for each in used),
        tokens=sum(each.tokens for each in used),
        closed_tokens=closed_tokens,
        closed_billed=closed_billed,
        last=last,
        **{name: number / whole if whole else None for name, number in sums.items()},  # type: ignore[arg-type]
        **money,
    )


def _plus(a: int | None, b: int | None) -> int | None:
    return (a or 0) + (b or 0) if a is not None or b is not None else None


def _day() -> tuple[int, int]:
    """This day's midnights in milliseconds since 1970; where clocks change it has 23 or 25 hours."""
    now = time.localtime()
    days = ((now.tm_year, now.tm_mon, now.tm_mday + more, 0, 0, 0, 0, 0, -1) for more in (0, 1))
    start, end = (int(time.mktime(day) * 1000) for day in days)
    return start, end


def _session(said: str, data: Path) -> tuple[str, str] | None:
    """The session's two names in the ledger: hashed with the installation's salt, and as it is."""
    try:
        id = json.loads(said).get("session_id")
        salt = (data / "salt").read_bytes()
    except (ValueError, AttributeError, OSError, RecursionError):
        return None
    if not isinstance(id, str) or not id:
        return None
    from agent_router.routing.agent import session

    return session({}, salt, id) or id, id


def _words(found: Figures) -> str:
    parts = []
    if found.open is not None and found.device is not None:
        parts.append(f"{_percent(found.open)} open, {_percent(found.device)} on this machine today")
    if found.closed_tokens:
        money = f", {_dollars(found.closed_billed)}" if found.closed_billed is not None else ""
        parts.append(f"closed {_short(found.closed_tokens)} tokens{money}")
    elif found.requests:
        parts.append("nothing closed")
    if found.last is not None:
        reason = "".join(each for each in found.last.reason or "" if each.isprintable())
        if len(reason) > _LONGEST_REASON:
            reason = reason[: _LONGEST_REASON - 1].rstrip() + "…"
        route = found.last.route or found.last.status
        parts.append(f"last {route}: {reason}" if reason else f"last {route}")
    return "agent-router: " + " · ".join(parts) if parts else f"{NOTHING} today"


def _short_words(found: Figures) -> str:
    """`open 42% · $1.20`; where nothing was billed, after `≈` what others than the user's own machines did by the price
    lists."""
    parts = [f"open {_percent(found.open)}"] if found.open is not None else []
    listed = (found.equivalent or 0) - (found.avoided or 0)
    if found.billed:
        parts.append(_dollars(found.billed))
    elif listed > 0:
        parts.append(f"≈{_dollars(listed)}")
    return " · ".join(parts)


def _percent(share: float) -> str:
    """What is there but rounds to nothing, or to everything, is not shown as such."""
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def _short(number: int) -> str:
    """`950`, `48.3k`, `1.2M`, `3.4G`."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= 0.99995 * size:
            return f"{number / size:.1f}{letter}"
    return str(number)


def _dollars(micro: int) -> str:
    return f"${micro / 1_000_000:,.2f}" if micro >= 10_000 or not micro else f"${micro / 1_000_000:.4f}"
