"""One call, two rows: it passed through the router, and its agent's log tells of it too. The router's row counts."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

PROXY: Final = "proxy"
_BEFORE_MS: Final = 5_000  # a log's clock may be that much behind
_AFTER_MS: Final = 60_000  # and a log may note an answer that much after it has ended
_LONGEST_MS: Final = 3_600_000  # a call that began so long before a log's time may have ended just then

_SUMMARY_MS: Final = 120_000  # so long before a summary is logged the first of its calls may have ended
_SUMS: Final = frozenset(("goose", "hermes"))  # whose logs keep no calls, but what a session's came to
_MADE: Final = ("chatcmpl-ar", "msg_ar", "resp_ar", "cmpl-ar")  # an id that the router gave to an answer

_Figures = tuple[int, int]  # tokens in and out


class _Proxied(NamedTuple):
    id: int
    key: str
    time: int
    until: int
    agent: str | None
    response_id: str | None
    figures: _Figures | None  # None: nobody stated them


class _Logged(NamedTuple):
    id: int
    time: int
    source: str
    agent: str | None
    response_id: str | None
    figures: _Figures
    known: bool  # it was found to be a duplicate before


def drop_duplicates(conn: sqlite3.Connection, since: int | None) -> int:
    """Find the logs' calls that passed through the router as well, and let them count no more; how many there were.

    `since` (milliseconds since 1970) is the time of the earliest call that a log told of since the last look, None if
    there is none; what the router wrote since then is known. The same id of the answer is proof, unless its upstream
    gives several answers that id. Else it is the same call if both have the same tokens in and out, not two ids, no
    other agent's name, and the log's time lies within the router's or a minute after it; of several the nearest in
    time, and each once. Where a log keeps sums only, or a summary took several calls, it is those calls of its agent's
    that follow each other and come to the same.
    """
    last, newest = _looked_at(conn)
    (new,) = conn.execute("SELECT min(time) FROM calls WHERE id > ? AND source = ?", [last, PROXY]).fetchone()
    if since is None and new is None:
        return 0
    begin = min(each for each in (since, new) if each is not None)
    (first,) = conn.execute("SELECT min(time) FROM calls WHERE source = ?", [PROXY]).fetchone()
    found: list[tuple[int, int]] = []
    if first is not None:
        begin = max(begin, first)
        found = _pairs(_proxied(conn, begin - _LONGEST_MS), _logged(conn, begin - _BEFORE_MS))
    conn.execute("BEGIN IMMEDIATE")
    try:
        # The log's name of the session is the one by which the user can go on with it.
        conn.executemany(
            "UPDATE calls SET session = (SELECT session FROM calls WHERE id = ?1) WHERE id = ?2 "
            "AND EXISTS (SELECT 1 FROM calls WHERE id = ?1 AND session IS NOT NULL)",
            found,
        )
        conn.executemany("UPDATE calls SET duplicate = ? WHERE id = ?", [(PROXY, id) for id, _ in found])
        conn.execute("INSERT OR REPLACE INTO states (name, state) VALUES (?, ?)", [_STATE, str(newest).encode()])
        conn.execute("COMMIT")
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    return len({id for id, _ in found})


_STATE: Final = "duplicates"


def _looked_at(conn: sqlite3.Connection) -> tuple[int, int]:
    """The last of the ledger's rows at the last look, and now."""
    found = conn.execute("SELECT state FROM states WHERE name = ?", [_STATE]).fetchone()
    (newest,) = conn.execute("SELECT coalesce(max(id), 0) FROM calls").fetchone()
    return (int(found[0]) if found else 0), newest


def _proxied(conn: sqlite3.Connection, begin: int) -> list[_Proxied]:
    rows = conn.execute(
        "SELECT id, key, time, time + coalesce(latency_ms, 0), agent, response_id, "
        "coalesce(input, 0) + coalesce(cache_read, 0) + coalesce(cache_write, 0), output "
        "FROM calls WHERE time >= ? AND source = ? ORDER BY time",
        [begin, PROXY],
    )
    return [
        _Proxied(id, key, time, until, agent, answer, None if output is None else (prompt, output))
        for id, key, time, until, agent, answer, prompt, output in rows
    ]


def _logged(conn: sqlite3.Connection, begin: int) -> list[_Logged]:
    rows = conn.execute(
        "SELECT id, time, source, agent, response_id, coalesce(input, 0) + coalesce(cache_read, 0) + "
        "coalesce(cache_write, 0), coalesce(output, 0), duplicate = ? FROM calls "
        "WHERE time >= ? AND source != ? AND (duplicate IS NULL OR duplicate = ?) ORDER BY time",
        [PROXY, begin, PROXY, PROXY],
    )
    return [
        _Logged(id, time, source, agent, answer, (prompt, output), bool(known))
        for id, time, source, agent, answer, prompt, output, known in rows
    ]


def _pairs(proxied: list[_Proxied], logged: list[_Logged]) -> list[tuple[int, int]]:
    """The ids of the logs' calls that are the router's too, with the router's, without those that were known."""
    by_id: dict[str, list[_Proxied]] = defaultdict(list)
    by_figures: dict[_Figures, list[_Proxied]] = defaultdict(list)
    by_agent: dict[str | None, list[_Proxied]] = defaultdict(list)
    for each in proxied:
        by_id[each.response_id or each.key].append(each)
        by_agent[each.agent].append(each)
        if each.figures is not None:
            by_figures[each.figures].append(each)
    sources = {each.agent for each in logged}
    taken: set[tuple[str, int]] = set()  # (source, id of the router's call): a log tells of a call once
    found = []
    for call in sorted(logged, key=_order):
        named = by_id.get(_key(call.response_id), [])
        free = [each for each in named or by_figures.get(call.figures, []) if (call.source, each.id) not in taken]
        same = free[0] if len(named) == 1 and free else _nearest(call, free, sources)
        several = [same] if same is not None else []
        if not several and (call.source in _SUMS or call.response_id is None):
            several = _summed(call, by_agent[call.agent], taken)
        taken.update((call.source, each.id) for each in several)
        if not call.known:
            found += [(call.id, each.id) for each in several]
    return found


def _order(call: _Logged) -> tuple[bool, bool, int]:
    """What was known first, and sums last, the smaller ones before those that have them in between."""
    sums = call.source in _SUMS
    return sums, not call.known, call.figures[1] if sums else 0


def _summed(call: _Logged, own: list[_Proxied], taken: set[tuple[str, int]]) -> list[_Proxied]:
    """Calls of its agent's `own` one after the other that come to what a log's row is; none where there are none.

    A log of sums has the time at which the session began, or its first answer was there. In others a summary may have
    taken two or three calls, and its row is made after the last.
    """
    if not any(call.figures):
        return []
    sums = call.source in _SUMS
    early, late, least, most = (_BEFORE_MS, _LONGEST_MS, 1, len(own)) if sums else (_SUMMARY_MS, _BEFORE_MS, 2, 3)
    begin = bisect_left(own, call.time - early - _LONGEST_MS, key=_time)
    for first in range(begin, bisect_left(own, call.time + late, key=_time)):
        if own[first].until < call.time - early:
            continue
        prompt = output = 0
        found: list[_Proxied] = []
        for number in range(first, len(own)):
            each = own[number]
            if (call.source, each.id) in taken or each.figures is None:
                if not found:
                    break
                continue
            found.append(each)
            prompt, output = prompt + each.figures[0], output + each.figures[1]
            if (prompt, output) == call.figures and len(found) >= least:
                return found
            if prompt > call.figures[0] or output > call.figures[1] or len(found) == most:
                break
    return []


def _time(call: _Proxied) -> int:
    return call.time


def _key(response_id: str | None) -> str:
    """The answer's id, or where the router made it, the router's own of the call that is in it."""
    if not response_id:
        return ""
    _, ours, key = response_id.rpartition("ar")
    return key if ours and response_id.startswith(_MADE) else response_id


def _nearest(call: _Logged, candidates: Iterable[_Proxied], sources: set[str | None]) -> _Proxied | None:
    if not any(call.figures):
        return None
    fitting = [
        each
        for each in candidates
        if each.time - _BEFORE_MS <= call.time <= each.until + _AFTER_MS
        # The router knows some agents by their library only, which is no name of an agent that has a log.
        and (each.agent == call.agent or each.agent not in sources)
        and each.figures == call.figures
        and (not each.response_id or not call.response_id or each.response_id == call.response_id)
    ]
    return min(fitting, key=lambda each: abs(each.until - call.time), default=None)
