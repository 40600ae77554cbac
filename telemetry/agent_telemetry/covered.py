"""What telemetry tells of several calls together: a counter, or a span with what the calls within it came to. It counts
only where none of these calls is known by itself: an agent that sends both would else be counted twice."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from typing import Final, NamedTuple

from agent_telemetry.otlp.call import BY_EVENT, BY_SPAN, BY_SUM, EVENT, METRIC, SOURCE, SPAN, SUM

SUMS: Final = frozenset(("goose", "hermes"))
"""Agents whose logs keep no calls, or not all, but what a session's came to."""
_PROXY: Final = "proxy"
_BEFORE_MS: Final = 5_000
_AFTER_MS: Final = 60_000
_CALL_MS: Final = 600_000  # of a call whose duration is not told
_LONGEST_MS: Final = 3_600_000
_WINDOW_MS: Final = 2 * _LONGEST_MS  # so long before the time of what came last a counter's row may lie
_MOST: Final = 2_000  # kinds of calls that are looked at for one row


_AROUND: Final = re.compile(r"([-@]20[0-9]{6}|-20[0-9]{2}-[0-9]{2}-[0-9]{2}|[-:]latest|\[[0-9]+[mk]\])+$")


class _Sum(NamedTuple):
    id: int
    key: str
    begin: int
    end: int
    agent: str | None
    session: str | None
    models: tuple[str, ...]


def cover(conn: sqlite3.Connection, begin: int, salt: bytes | None) -> int:
    """Mark those of around `begin` (milliseconds since 1970) and later that have calls to them; how many there were.
    Within the caller's transaction. Without `salt`, sessions are not compared with those that the router has hashed."""
    # What a log has the sum of, of the whole session.
    number = conn.execute(
        f"UPDATE calls SET duplicate = agent WHERE time >= ?1 AND source = ?2 AND duplicate IS NULL "  # noqa: S608
        f"AND agent IN ({', '.join(map(repr, sorted(SUMS)))}) AND EXISTS (SELECT 1 FROM calls AS log "
        "WHERE log.source = calls.agent AND log.session = calls.session AND log.time <= calls.time + ?3)",
        [begin - _WINDOW_MS, SOURCE, _AFTER_MS],
    ).rowcount
    # The spans first, as a counter may count what one of them tells.
    for kind, finer in ((SUM, ""), (METRIC, SUM)):
        rows = conn.execute(
            "SELECT id, key, time, coalesce(latency_ms, 0), agent, session, model, requested_model FROM calls "
            "WHERE time >= ? AND +source = ? AND +key GLOB ? AND duplicate IS NULL",
            [begin - _WINDOW_MS, SOURCE, f"{kind}*"],
        ).fetchall()
        for id, key, time, latency, agent, session, *models in rows:
            start, end = (time, time + latency) if kind == SUM else (_begin(key, time), time)
            row = _Sum(id, key, start, int(end), agent, session, tuple(filter(None, models)))
            if (by := _covered(conn, row, finer, salt)) is not None:
                conn.execute("UPDATE calls SET duplicate = ? WHERE id = ?", [by, id])
                number += 1
    return number


def _begin(key: str, time: int) -> int:
    """When a counter's row begins, which its key tells."""
    told = key.split(":")[2]
    return int(told) if told.isdigit() and int(told) else time - _LONGEST_MS


def _covered(conn: sqlite3.Connection, row: _Sum, finer: str, salt: bytes | None) -> str | None:
    """What tells of one of a row's calls by itself; None if nothing does."""
    found = conn.execute(
        "SELECT DISTINCT source, substr(key, 1, instr(key, ':')), agent, session, model, requested_model FROM calls "
        "WHERE time BETWEEN ?1 AND ?2 AND time + coalesce(latency_ms, ?3) >= ?4 AND (agent IS ?5 OR source = ?6) "
        "AND (source != ?7 OR key GLOB ?8 OR key GLOB ?9 OR (?10 != '' AND key GLOB ?10)) LIMIT ?11",
        [
            *(
                row.begin - _LONGEST_MS,
                row.end + _AFTER_MS,
                _CALL_MS,
                row.begin - _BEFORE_MS,
                row.agent,
                _PROXY,
                SOURCE,
            ),
            *(f"{EVENT}*", _spans(row), f"{finer}*" if finer else "", _MOST),
        ],
    ).fetchall()
    hashed = _hashed(row.session, salt)
    agents: set[str] | None = None
    fitting = []
    for source, kind, agent, session, *models in found:
        if source == _PROXY:
            if agent != row.agent:
                agents = _known(conn, row) if agents is None else agents
                if agent in agents:
                    continue
            fits = None in (session, row.session) or session == row.session or session == hashed
        else:
            fits = None in (session, row.session) or session == row.session
        if fits and _same_model(row.models, tuple(filter(None, models))):
            fitting.append(source if source != SOURCE else f"{SOURCE}:{kind.rstrip(':')}")
    return min(fitting, key=_rank, default=None)


def _rank(by: str) -> int:
    """The router's row goes before a log's, and that before telemetry, of which an event goes before a span."""
    order = (_PROXY, None, BY_EVENT, BY_SPAN, BY_SUM)
    return order.index(by if by in order else None)


def _spans(row: _Sum) -> str:
    """Which spans may be a row's: those of its own trace, if it is a span."""
    return f"{SPAN}{row.key.split(':')[1]}:*" if row.key.startswith(SUM) else f"{SPAN}*"


def _same_model(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return not one or not other or not {_plain(name) for name in one}.isdisjoint(map(_plain, other))


def _plain(model: str) -> str:
    """A model's name without what some write around it: a provider before it, a date or a size of the window after
    it."""
    return _AROUND.sub("", model.lower().rpartition("/")[2])


def _hashed(session: str | None, salt: bytes | None) -> str | None:
    """As the router has it, which keeps no session's id."""
    if session is None or salt is None:
        return None
    return hashlib.blake2b(session.encode("utf-8", "replace"), digest_size=6, key=salt[:64]).hexdigest()


def _known(conn: sqlite3.Connection, row: _Sum) -> set[str]:
    """Agents that are known by more than their requests at that time; others may be one of these, by the name of their
    library."""
    found = conn.execute(
        "SELECT DISTINCT agent FROM calls WHERE time BETWEEN ? AND ? AND source != ?",
        [row.begin - _LONGEST_MS, row.end + _AFTER_MS, _PROXY],
    )
    return {name for (name,) in found if name}
