"""One call, several rows: it passed through the router, its agent's log tells of it, and its telemetry does so too, in
an event, a span or a counter. One row counts: the router's, else the log's, else the event's, else the span's."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from agent_telemetry.covered import SUMS, cover
from agent_telemetry.otlp.call import BY_EVENT, BY_SPAN, EVENT, SOURCE, SPAN

PROXY: Final = "proxy"
_BEFORE_MS: Final = 5_000  # a log's clock may be that much behind
_AFTER_MS: Final = 60_000  # and a log may note an answer that much after it has ended
_LONGEST_MS: Final = 3_600_000  # a call that began so long before a log's time may have ended just then
_DAY_MS: Final = 86_400_000

_SUMMARY_MS: Final = 120_000  # so long before a summary is logged the first of its calls may have ended
_MADE: Final = ("chatcmpl-ar", "msg_ar", "resp_ar", "cmpl-ar")  # an id that the router gave to an answer
_TELEMETRY: Final = (BY_EVENT, BY_SPAN)

_Figures = tuple[int, int]  # tokens in and out


class _Call(NamedTuple):
    """`kind` is the source, and of telemetry also what it was: `otlp:event` or `otlp:span`. A log says one time only,
    so there `until` is `time`."""

    id: int
    key: str
    time: int
    until: int
    kind: str
    agent: str | None
    session: str | None
    response_id: str | None
    figures: _Figures | None  # None: nobody stated them
    failed: bool
    broken: bool  # a part of an answer came
    duplicate: str | None


def drop_duplicates(conn: sqlite3.Connection, since: int | None, salt: bytes | None = None) -> int:
    """Find the calls that have a better row, and let them count no more; how many there were.

    `since` (milliseconds since 1970) is the time of the earliest call that was told of since the last look, None if
    there is none; what else was written since then is known. The same id of the answer is proof, unless its upstream
    gives several answers that id. Else it is the same call if both have the same tokens in and out, not two ids, no
    other agent's name, and the log's time lies within the router's or a minute after it; of several the nearest in
    time, and each once. Where a log keeps sums only, or a summary took several calls, it is those calls of its agent's
    that follow each other and come to the same. What telemetry tells of several calls together counts only where none
    of them is known; `salt` is what the router hashes sessions with.
    """
    last, newest, latest = _looked_at(conn)
    (new,) = conn.execute("SELECT min(time) FROM calls WHERE id > ?", [last]).fetchone()
    if since is None and new is None:
        return 0
    begin = min(each for each in (since, new) if each is not None)
    found: list[tuple[int, int, str]] = []
    if begin < latest - _DAY_MS:
        # No further back than there is anything that could be better, or worse.
        (first,) = conn.execute("SELECT min(time) FROM calls WHERE source IN (?, ?)", [PROXY, SOURCE]).fetchone()
        begin = latest + 1 if first is None else max(begin, first)
    if conn.execute("SELECT 1 FROM calls WHERE source IN (?, ?) LIMIT 1", [PROXY, SOURCE]).fetchone():
        found = _found(*_calls(conn, begin))
    conn.execute("BEGIN IMMEDIATE")
    try:
        # The log's name of the session is the one by which the user can go on with it.
        conn.executemany(
            "UPDATE calls SET session = (SELECT session FROM calls WHERE id = ?1) WHERE id = ?2 AND source = ?3 "
            "AND EXISTS (SELECT 1 FROM calls WHERE id = ?1 AND session IS NOT NULL)",
            [(id, same, PROXY) for id, same, _ in found],
        )
        conn.executemany("UPDATE calls SET duplicate = ? WHERE id = ?", [(kind, id) for id, _, kind in found])
        number = len({id for id, *_ in found}) + cover(conn, begin, salt)
        conn.execute("INSERT OR REPLACE INTO states (name, state) VALUES (?, ?)", [_STATE, str(newest).encode()])
        conn.execute("COMMIT")
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    return number


_STATE: Final = "duplicates"


def _looked_at(conn: sqlite3.Connection) -> tuple[int, int, int]:
    """The last of the ledger's rows at the last look, and now; and the time of the latest."""
    found = conn.execute("SELECT state FROM states WHERE name = ?", [_STATE]).fetchone()
    (newest,) = conn.execute("SELECT coalesce(max(id), 0) FROM calls").fetchone()
    (latest,) = conn.execute("SELECT coalesce(max(time), 0) FROM calls").fetchone()
    return (int(found[0]) if found else 0), newest, latest


def _calls(conn: sqlite3.Connection, begin: int) -> tuple[list[_Call], list[_Call], set[str | None]]:
    """Single calls that ended from shortly before `begin` on, in the order of their times: spans apart, of which only
    those that may be one of the others, as there may be thousands a second; and the agents that are known by more than
    their requests."""
    known = [PROXY, SOURCE, begin - _LONGEST_MS, begin - _SUMMARY_MS]
    others = [
        _call(row) for row in conn.execute(f"{_CALLS} AND NOT (source = ?2 AND key NOT GLOB ?5)", [*known, f"{EVENT}*"])
    ]
    outputs = json.dumps(sorted({call.figures[1] for call in others if call.figures is not None}))
    ids = json.dumps(sorted({call.response_id for call in others if call.response_id is not None}))
    spans = conn.execute(
        f"{_CALLS} AND source = ?2 AND key GLOB ?5 AND (output IN (SELECT value FROM json_each(?6)) "  # noqa: S608
        "OR response_id IN (SELECT value FROM json_each(?7)) OR output IS NULL)",
        [*known, f"{SPAN}*", outputs, ids],
    )
    found = [_call(row) for row in spans] if others else []
    agents = conn.execute("SELECT DISTINCT agent FROM calls WHERE time >= ? AND source != ?", [known[2], PROXY])
    return others, found, {agent for (agent,) in agents}


_CALLS: Final = (
    "SELECT id, key, time, time + CASE WHEN source IN (?1, ?2) THEN coalesce(latency_ms, 0) ELSE 0 END AS until, "
    "source, agent, session, response_id, coalesce(input, 0) + coalesce(cache_read, 0) + coalesce(cache_write, 0), "
    "output, status = 'error' AND input IS NULL AND output IS NULL, status IN ('cut', 'cancelled'), duplicate "
    "FROM calls "
    "WHERE time >= ?3 AND until >= ?4"
)


def _call(row: tuple[Any, ...]) -> _Call:
    id, key, time, until, source, agent, session, answer, prompt, output, failed, broken, duplicate = row
    kind = source
    if source == SOURCE:
        kind = BY_EVENT if key.startswith(EVENT) else BY_SPAN
    elif source != PROXY:
        output = output or 0
    figures = None if output is None else (prompt, output)
    states = bool(failed), bool(broken)
    return _Call(id, key, time, int(until), kind, agent, session, answer, figures, *states, duplicate)


def _found(others: list[_Call], spans: list[_Call], agents: set[str | None]) -> list[tuple[int, int, str]]:
    """(a call's id, the id of the row that counts instead, what that is), without those that were known."""
    others.sort(key=_time)
    proxied = [call for call in others if call.kind == PROXY]
    logs = [call for call in others if call.kind not in (PROXY, *_TELEMETRY)]
    events = [call for call in others if call.kind == BY_EVENT]
    spans = [call for call in spans if call.duplicate != BY_SPAN]  # those repeat other spans
    found: list[tuple[int, int, str]] = []
    done: set[int] = set()
    for better, worse in ((proxied, [*events, *spans, *logs]), (logs, [*events, *spans]), (events, spans)):
        if not better:
            continue
        kinds = {call.kind for call in better}
        # What has another row that is better still is left to that, and what has one of these keeps it.
        left = [call for call in worse if call.id not in done and (call.duplicate is None or call.duplicate in kinds)]
        for call, same in _pairs(better, left, agents):
            done.add(call.id)
            if call.duplicate is None:
                found.append((call.id, same.id, same.kind))
    return found


def _pairs(better: list[_Call], worse: list[_Call], agents: set[str | None]) -> list[tuple[_Call, _Call]]:
    """Calls that are the same, also those that were known."""
    by_id: dict[str, list[_Call]] = defaultdict(list)
    by_figures: dict[_Figures | None, list[_Call]] = defaultdict(list)
    by_agent: dict[str | None, list[_Call]] = defaultdict(list)
    for each in better:
        by_id[each.response_id or each.key].append(each)
        by_agent[each.agent].append(each)
        if each.figures is not None or each.failed:
            by_figures[each.figures].append(each)
        if each.kind == PROXY and each.broken:  # to its agent it may have failed, without any figures
            by_figures[None].append(each)
    taken: set[tuple[str, int]] = set()  # (kind, id of the better row): each tells of a call once
    found = []
    for call in sorted(worse, key=_order):
        named = by_id.get(_key(call.response_id), [])
        free = [each for each in named or by_figures.get(call.figures, []) if (call.kind, each.id) not in taken]
        same = free[0] if len(named) == 1 and free else _nearest(call, free, agents)
        several = [same] if same is not None else []
        if not several and (call.kind in SUMS or (call.response_id is None and call.kind not in _TELEMETRY)):
            several = _summed(call, by_agent[call.agent], taken)
        taken.update((call.kind, each.id) for each in several)
        found += [(call, each) for each in several]
    return found


def _order(call: _Call) -> tuple[bool, bool, int]:
    """What was known first, and sums last, the smaller ones before those that have them in between."""
    sums = call.kind in SUMS
    return sums, call.duplicate is None, call.figures[1] if sums and call.figures else 0


def _summed(call: _Call, own: list[_Call], taken: set[tuple[str, int]]) -> list[_Call]:
    """Calls of its agent's `own` one after the other that come to what a log's row is; none where there are none.

    A log of sums has the time at which the session began, or its first answer was there. In others a summary may have
    taken two or three calls, and its row is made after the last.
    """
    if call.figures is None or not any(call.figures):
        return []
    sums = call.kind in SUMS
    early, late, least, most = (_BEFORE_MS, _LONGEST_MS, 1, len(own)) if sums else (_SUMMARY_MS, _BEFORE_MS, 2, 3)
    begin = bisect_left(own, call.time - early - _LONGEST_MS, key=_time)
    for first in range(begin, bisect_left(own, call.time + late, key=_time)):
        if own[first].until < call.time - early:
            continue
        prompt = output = 0
        found: list[_Call] = []
        for number in range(first, len(own)):
            each = own[number]
            if (call.kind, each.id) in taken or each.figures is None:
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


def _time(call: _Call) -> int:
    return call.time


def _key(response_id: str | None) -> str:
    """The answer's id, or where the router made it, the router's own of the call that is in it."""
    if not response_id:
        return ""
    _, ours, key = response_id.rpartition("ar")
    return key if ours and response_id.startswith(_MADE) else response_id


def _nearest(call: _Call, candidates: Iterable[_Call], agents: set[str | None]) -> _Call | None:
    if not call.failed and (call.figures is None or not any(call.figures)):
        return None
    fitting = [
        each
        for each in candidates
        if each.time - _BEFORE_MS <= call.until
        and call.time <= each.until + _AFTER_MS
        # The router knows some agents by their library only, which is no name of an agent that has a log.
        and (each.agent == call.agent or (each.kind == PROXY and each.agent not in agents))
        and ((each.figures, each.failed) == (call.figures, call.failed) or (call.failed and each.broken))
        and (not each.response_id or not call.response_id or each.response_id == call.response_id)
    ]
    return min(
        fitting,
        key=lambda each: (call.session is None or each.session != call.session, abs(each.until - call.until)),
        default=None,
    )
