"""The time zone in which the ledger keeps its sums by day, week and month: the one of the system that writes it."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Final

from agent_telemetry.sums import DAY_MS, HOUR_MS, ROLLUPS, all_trials, many_calls

BEGIN_MS: Final = 946_684_800_000
END_MS: Final = 2_524_608_000_000
"""The years 2000 and 2050. Clocks outside these bounds are wrong; the offset next to them does for them."""
_EVER: Final = -(2**62)
_LATEST: Final = 2**62

Offsets = list[tuple[int, int]]
"""From when on (milliseconds since 1970, UTC) the zone is how far from UTC (milliseconds), in order."""


def offsets(start: int, end: int, zone: tzinfo | None) -> Offsets:
    """Those of a zone (None: the system's) that hold between the two times."""
    start, end = max(start, BEGIN_MS), min(end, END_MS)
    found = [(start, _offset(start, zone))]
    for moment in range(start + 7 * DAY_MS, end + 7 * DAY_MS, 7 * DAY_MS):
        before = found[-1][1]
        if _offset(moment, zone) != before:  # the clocks changed in the week before
            low, high = moment - 7 * DAY_MS, moment
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
            found.append((high, _offset(high, zone)))
    return found


def _offset(moment: int, zone: tzinfo | None) -> int:
    offset = datetime.fromtimestamp(moment / 1000, UTC).astimezone(zone).utcoffset()
    return (offset or timedelta()) // timedelta(milliseconds=1)


class Days:
    """Which local day, counted from 1970-01-01, a time belongs to. `split_hours`: the hours (since 1970, UTC) in which
    midnight falls."""

    def __init__(self, found: Offsets, start: int, end: int) -> None:
        """Of offsets that hold from `start` on and before `end`."""
        self._offsets = found
        self._end = min(max(end, BEGIN_MS), END_MS)
        self._start = start

    @classmethod
    def of(cls, start: int, end: int, zone: tzinfo | None) -> Days:
        """Of a zone (None: the system's), between two times."""
        return cls(offsets(start, end, zone), start, end)

    def sql(self, time: str) -> str:
        """SQL for the day, from one for milliseconds since 1970 in UTC."""
        (_, offset), *changes = self._offsets
        later = " ".join(f"WHEN {time} >= {start} THEN {offset}" for start, offset in reversed(changes))
        return f"(({time} + {f'CASE {later} ELSE {offset} END' if later else offset}) / {DAY_MS})"

    def day(self, time: int) -> int:
        """The day of a time."""
        offset = self._offsets[0][1]
        for start, milliseconds in self._offsets[1:]:
            if time >= start:
                offset = milliseconds
        return int((time + offset) / DAY_MS)

    def begin(self, day: int) -> int:
        """When a day begins."""
        ends = [start for start, _ in self._offsets[1:]] + [_LATEST]
        for (start, offset), end in zip(self._offsets, ends, strict=True):
            moment = day * DAY_MS - offset
            if moment < end:
                return moment if start == self._offsets[0][0] else max(moment, start)
        raise AssertionError

    @property
    def in_order(self) -> bool:
        """Whether no day begins again after the next one has: where clocks went back just after midnight, it does."""
        return all(
            (start - 1 + before) // DAY_MS <= (start + after) // DAY_MS
            for (_, before), (start, after) in pairwise(self._offsets)
        )

    def same(self, other: Days) -> bool:
        """Whether the other says the same between this one's times."""
        return self._within(self._offsets) == self._within(other._offsets)

    def _within(self, found: Offsets) -> Offsets:
        begun = [offset for start, offset in found if start <= self._start] or [found[0][1]]
        within = [(self._start, begun[-1])]
        for start, offset in found:
            if self._start < start < self._end and offset != within[-1][1]:
                within.append((start, offset))
        return within

    @property
    def split_hours(self) -> list[int]:
        hours: set[int] = set()
        for (start, offset), (stop, _) in pairwise([*self._offsets, (self._end + DAY_MS, 0)]):
            if offset % HOUR_MS:
                midnight = (start + offset) // DAY_MS * DAY_MS - offset
                hours.update(moment // HOUR_MS for moment in range(midnight, stop + DAY_MS, DAY_MS))
        return sorted(hours)


def follow_zone(conn: sqlite3.Connection) -> bool:
    """Keep days, weeks and months in the system's zone from now on; those that were kept in another are counted anew,
    some seconds for a million calls. Whether that was done. Raises `sqlite3.Error`."""
    if _is_system(kept(conn)):
        return False
    now = offsets(BEGIN_MS, END_MS, None)
    conn.execute("BEGIN IMMEDIATE")
    try:
        anew = kept(conn) != now
        if anew:
            keep(conn, now)
            of_zone = [rollup for rollup in ROLLUPS if rollup.local]
            for rollup in of_zone:
                conn.execute(f"DELETE FROM {rollup.table}")  # noqa: S608
            many_calls(conn, 0, of_zone)
            conn.execute("DELETE FROM trial_days")
            all_trials(conn)
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise
    return anew


def _is_system(found: Offsets) -> bool:
    """Whether the system's zone is this one, as far as some hundred looks tell, a tenth of what it takes to be sure.
    Who reads the sums is sure."""
    looks = [(start - 1, offset) for (_, offset), (start, _) in pairwise(found)]
    looks += [(max(start, BEGIN_MS), offset) for start, offset in found]
    place = 0
    for moment in range(BEGIN_MS, END_MS, 30 * DAY_MS):
        while place + 1 < len(found) and found[place + 1][0] <= moment:
            place += 1
        looks.append((moment, found[place][1]))
    return all(_offset(moment, None) == offset for moment, offset in looks)


def keep(conn: sqlite3.Connection, found: Offsets) -> None:
    """Note a zone; the first offset holds for all times before."""
    conn.execute("DELETE FROM zone")
    conn.executemany("INSERT INTO zone (start, offset) VALUES (?, ?)", [(_EVER, found[0][1]), *found[1:]])


def kept(conn: sqlite3.Connection) -> Offsets:
    """The zone in which the ledger keeps its days."""
    found: Offsets = conn.execute("SELECT start, offset FROM zone ORDER BY start").fetchall()
    return [(BEGIN_MS, offset) if start == _EVER else (start, offset) for start, offset in found]
