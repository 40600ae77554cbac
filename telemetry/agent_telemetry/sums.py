"""What calls are added up by, as SQL: tables of sums that triggers keep, a call at a time or thousands at once.

Unknown text is '' in the sums, because NULLs would not be equal in a unique index. `billed_known` counts the calls
that `billed` sums over, so that nothing known can be told from zero.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from string import Formatter
from types import MappingProxyType
from typing import Final, NamedTuple

HOUR_MS: Final = 60 * 60 * 1000
DAY_MS: Final = 24 * HOUR_MS
SUMS: Final = (
    *("answered", "failed", "unknown_usage", "input", "cache_read", "cache_write", "output", "reasoning"),
    *("billed", "billed_known", "equivalent", "equivalent_known", "avoided", "avoided_known"),
)
KIND: Final = ("model", "provider", "place", "agent", "route")
MIX: Final = KIND[:3]
"""What says which part of the split a call belongs to."""
AUDIT: Final = "audit"
"""The source of the router's own calls, by which it checks local answers."""


_SUMMED: Final = MappingProxyType({name: f"{{{name}}}" for name in SUMS})


MANY: Final = 10
"""Calls of a transaction from which on it is quicker to sum them together."""


class Rollup(NamedTuple):
    """A table of sums of calls.

    `key` maps its columns to SQL, `sums` likewise to what a call adds; `where` says which calls do. In all of them
    `{name}` is a column of `calls` that is text, one of `SUMS`, `unpriced` (1 where no price is known), `problem` (see
    `refused`), `hour` (since 1970, UTC), or `day`, `week` or `month`: the days from 1970-01-01 to its first, in the
    zone of the table `zone`. `kinds.id` and `kinds.mix` are the call's kind, and its model, provider and place.
    """

    table: str
    key: dict[str, str]
    sums: Mapping[str, str] = _SUMMED
    where: str = "{duplicate} = ''"

    @property
    def local(self) -> bool:
        """Whether it depends on the zone."""
        return not {"{day}", "{week}", "{month}"}.isdisjoint(self.key.values())


_KIND_ID = {"kind": "{kind}"}
_TOKENS = "{input} + {cache_read} + {cache_write} + {output}"
_ASKED = f"{{duplicate}} = '' AND {{family}} != '' AND {{source}} != '{AUDIT}'"
_BEGINNING: Final = "substr({family}, 1, length(rtrim({family}, replace({family}, '-', ''))) - 1)"
_LOCAL, _ELSEWHERE = "({route} = 'local')", "({route} != 'local')"
FIRST: Final = (
    Rollup("sums", _KIND_ID | {"hour": "{hour}"}),
    Rollup("kind_totals", _KIND_ID),
    Rollup("hour_totals", {"hour": "{hour}"}),
    Rollup("session_sums", {"hour": "{hour}", "session": "{session}", "agent": "{agent}"}),
    Rollup("session_totals", {"session": "{session}"}),
)
FAMILY: Final = Rollup(
    "family_days",
    {"family": "{family}", "day": "{day}"},
    {
        "requests": "{answered}",
        "failed": "{failed}",
        "local": f"{_LOCAL} * {{answered}}",
        "escalated": "({problem} != '') * {answered}",
        "output": "{output}",
        "tokens": _TOKENS,
        "earned": f"{_LOCAL} * {{avoided}}",
        "earned_known": f"{_LOCAL} * {{avoided_known}}",
        "elsewhere": f"{_ELSEWHERE} * {{billed}}",
        "elsewhere_known": f"{_ELSEWHERE} * {{billed_known}}",
    },
    _ASKED,
)
REFUSALS: Final = Rollup(
    "refusal_days",
    {"day": "{day}", "problem": "{problem}"},
    {"requests": "{answered}", "billed": "{billed}", "billed_known": "{billed_known}"},
    "{duplicate} = '' AND {source} = 'proxy' AND ({route} = 'local' OR {problem} != '')",
)
PAGES: Final = (
    Rollup("mix_days", {"day": "{day}", "mix": "{mix}"}),
    Rollup("kind_weeks", {"week": "{week}"} | _KIND_ID),
    Rollup("kind_months", {"month": "{month}"} | _KIND_ID),
    Rollup("session_kinds", {"session": "{session}"} | _KIND_ID, where="{duplicate} = '' AND {session} != ''"),
    Rollup(
        "family_kinds",
        {"day": "{day}", "family": "{family}"} | _KIND_ID,
        where="{duplicate} = '' AND {family} != ''",
    ),
    Rollup(
        "task_weeks",
        {
            "week": "{week}",
            # What its name begins with, before the last dash; or all of it.
            "task": f"coalesce(nullif({_BEGINNING}, ''), {{family}})",
            "mix": "{mix}",
        },
        where="{duplicate} = '' AND {family} != ''",
    ),
    FAMILY,
    REFUSALS,
    Rollup(
        "call_hours",
        _KIND_ID | {"hour": "{hour}"} | {name: f"{{{name}}}" for name in ("source", "status", "duplicate")},
        {"calls": "{answered} + {failed}"},
        "true",
    ),
    Rollup(
        "source_hours",
        {"source": "{source}", "duplicate": "{duplicate}", "hour": "{hour}"},
        {"calls": "{answered} + {failed}", "unpriced": "{unpriced}"},
        "true",
    ),
)
ROLLUPS: Final = FIRST + PAGES

_TEXT: Final = ("session", *KIND, "family", "source", "status", "duplicate")


def answered(row: str = "") -> str:
    """Whether a call was: whole, or cut or cancelled after output; `row` is `new.` or `old.` in a trigger."""
    return f"({row}status IN ('ok', 'cut') OR ({row}status = 'cancelled' AND coalesce({row}output, 0) > 0))"


def terms(row: str = "") -> list[str]:
    """What one call adds to each of `SUMS`; `row` is as in `answered`."""
    given = answered(row)
    tokens = [f"coalesce({row}{name}, 0)" for name in SUMS[3:8]]
    money = [
        term
        for name in ("billed", "equivalent", "avoided")
        for term in (f"coalesce({row}{name}, 0)", f"({row}{name} IS NOT NULL)")
    ]
    return [
        given,
        f"NOT {given}",
        f"({given} AND {row}input IS NULL AND {row}output IS NULL)",
        *tokens,
        *money,
    ]


def refused(row: str = "") -> str:
    """Why the local answer to a call was refused that the closed side then answered, by verification's code; NULL of
    any other call. `row` is as in `answered`."""
    return (
        f"CASE WHEN {row}source = 'proxy' AND {row}route = 'closed' AND instr({row}decision, '\"verified\"') "
        f"AND json_valid({row}decision) THEN nullif(json_extract({row}decision, '$.verified'), 'ok') END"
    )


TOTALS: Final = ", ".join(f"coalesce(sum({term}), 0)" for term in terms())
"""The sums of the calls that a SELECT finds."""


def one_call(rollups: Iterable[Rollup], row: str, sign: str = "") -> str:
    """SQL for a trigger: add its `new` or `old` row to the sums, or with sign `-` take it away.

    Not `INSERT OR IGNORE`: within a trigger the policy of the statement that fired it goes before.
    """
    names = _of_call(f"{row}.") | {"kind": "kinds.id", "mix": "kinds.mix"}
    values, same = (
        ", ".join(names[name] for name in KIND),
        " AND ".join(f"kinds.{name} = {names[name]}" for name in KIND),
    )
    statements = [f"INSERT INTO kinds ({', '.join(KIND)}) VALUES ({values}) ON CONFLICT DO NOTHING;"]  # noqa: S608
    for rollup in rollups:
        added = [f"{sign}({term.format_map(names)})" for term in rollup.sums.values()]
        where = rollup.where.format_map(names)
        source = f"FROM kinds WHERE {same} AND" if _needs_kind(rollup) else "WHERE"
        statements.append(_upsert(rollup, names, added, f"{source} {where}") + ";")
    return "".join(statements)


@contextmanager
def summed_together(conn: sqlite3.Connection) -> Iterator[None]:
    """Within a transaction: sum the calls that are inserted meanwhile at once, which takes a tenth of the time."""
    (last,) = conn.execute("SELECT coalesce(max(id), 0) FROM calls").fetchone()
    conn.execute("INSERT INTO unsummed VALUES (?)", [last])
    yield
    conn.execute("DELETE FROM unsummed")
    many_calls(conn, last)


def many_calls(conn: sqlite3.Connection, after: int, rollups: Sequence[Rollup] = ROLLUPS) -> None:
    """Add the calls whose `id` is greater than `after` to the sums at once."""
    of_call = _of_call("")
    used = _names(rollups)
    if used & {"week", "month"}:
        used.add("day")
    keys = [name for name in of_call if name in used | set(KIND) and name not in (*SUMS, "unpriced", "week", "month")]
    sums = [name for name in (*SUMS, "unpriced") if name in used]
    grouped = [f"{of_call[name]} AS {name}" for name in keys] + [f"sum({of_call[name]}) AS {name}" for name in sums]
    added = "temp.added" if rollups is ROLLUPS else "temp.added_once"
    conn.execute(f"CREATE TABLE IF NOT EXISTS {added} (kind, mix, {', '.join((*keys, *sums))})")
    found = (
        f"SELECT {', '.join(grouped)} FROM calls WHERE id > ? "  # noqa: S608
        f"GROUP BY {', '.join(str(place + 1) for place in range(len(keys)))}"
    )
    conn.execute(f"INSERT INTO {added} SELECT NULL, NULL, * FROM ({found})", [after])  # noqa: S608
    kind = ", ".join(KIND)
    conn.execute(
        f"INSERT INTO kinds ({kind}) SELECT DISTINCT {kind} FROM {added} WHERE true ON CONFLICT DO NOTHING"  # noqa: S608
    )
    if any(_needs_kind(rollup) for rollup in rollups):
        mix = "mix" if "mix" in used else "NULL"
        same = " AND ".join(f"kinds.{name} = {added[5:]}.{name}" for name in KIND)
        conn.execute(f"UPDATE {added} SET (kind, mix) = (SELECT id, {mix} FROM kinds WHERE {same})")  # noqa: S608
    names = {name: name for name in (*keys, *sums)} | {"kind": "kind", "mix": "mix"}
    names |= {"week": week("day"), "month": month("day")}
    for rollup in rollups:
        totals = [f"sum({term.format_map(names)})" for term in rollup.sums.values()]
        group = ", ".join(str(place + 1) for place in range(len(rollup.key)))
        conn.execute(
            _upsert(rollup, names, totals, f"FROM {added} WHERE {rollup.where.format_map(names)} GROUP BY {group}")
        )
    # To drop it each time would mean to prepare all these statements anew.
    conn.execute(f"DELETE FROM {added}" if rollups is ROLLUPS else f"DROP TABLE {added}")  # noqa: S608


def _names(rollups: Iterable[Rollup]) -> set[str]:
    """What is in braces in them."""
    templates = [text for rollup in rollups for text in (*rollup.key.values(), *rollup.sums.values(), rollup.where)]
    return {name for text in templates for _, name, _, _ in Formatter().parse(text) if name is not None}


def _of_call(row: str) -> dict[str, str]:
    """What the names in a `Rollup` are of a call."""
    names = {"hour": f"({row}time / {HOUR_MS})"}  # the first of them tells groups apart the soonest
    names |= {name: f"coalesce({row}{name}, '')" for name in _TEXT}
    names |= dict(zip(SUMS, terms(row), strict=True))
    names["unpriced"] = f"({row}billed IS NULL AND {row}equivalent IS NULL)"
    names["problem"] = f"coalesce({refused(row)}, '')"
    day = f"(({row}time + offset) / {DAY_MS})"
    for name, first in (("day", day), ("week", week(day)), ("month", month(day))):
        names[name] = f"(SELECT {first} FROM zone WHERE start <= {row}time ORDER BY start DESC LIMIT 1)"  # noqa: S608
    return names


def call_terms(rollup: Rollup) -> list[str]:
    """SQL for what a row of `calls` adds to each of a rollup's sums."""
    return [of_call(term) for term in rollup.sums.values()]


def of_call(template: str) -> str:
    """A template of a rollup as SQL for a row of `calls`."""
    return template.format_map(_of_call(""))


def week(day: str) -> str:
    return f"({day} - ({day} + 3) % 7)"  # 1970-01-01 was a Thursday


def month(day: str) -> str:
    """Of a day beyond the year 9999, the day."""
    return f"coalesce(CAST(strftime('%s', {day} * 86400, 'unixepoch', 'start of month') AS INTEGER) / 86400, {day})"


def _needs_kind(rollup: Rollup) -> bool:
    return not {"{kind}", "{mix}"}.isdisjoint(rollup.key.values())


def _upsert(rollup: Rollup, names: Mapping[str, str], added: Iterable[str], rest: str) -> str:
    key = ", ".join(term.format_map(names) for term in rollup.key.values())
    updates = ", ".join(f"{name} = {name} + excluded.{name}" for name in rollup.sums)
    return (
        f"INSERT INTO {rollup.table} ({', '.join((*rollup.key, *rollup.sums))}) SELECT {key}, {', '.join(added)} "
        f"{rest} ON CONFLICT ({', '.join(rollup.key)}) DO UPDATE SET {updates}"
    )


TRIAL_KEY: Final = ("day", "purpose", "problem")
TRIAL_SUMS: Final = ("runs", "agreed", "disagreed", "tokens", "output", "milliseconds")


def trial_terms(row: str = "") -> tuple[str, ...]:
    """What a row of `trials` adds to each of `TRIAL_SUMS`; `row` is as in `answered`."""
    return (
        "1",
        f"({row}agree IS 1)",
        f"({row}agree IS 0)",
        f"(coalesce({row}input, 0) + coalesce({row}cache_read, 0) + coalesce({row}output, 0))",
        f"coalesce({row}output, 0)",
        f"CAST(round(coalesce({row}seconds, 0) * 1000) AS INTEGER)",
    )


def one_trial(row: str, sign: str = "") -> str:
    """SQL for a trigger: add its `new` or `old` row of `trials` to `trial_days`, or with sign `-` take it away."""
    return _add_trials(f"{row}.", [f"{sign}{term}" for term in trial_terms(f"{row}.")], "WHERE true")


def all_trials(conn: sqlite3.Connection) -> None:
    """Add all trials to `trial_days`."""
    conn.execute(_add_trials("", [f"sum({term})" for term in trial_terms()], "FROM trials WHERE true GROUP BY 1, 2, 3"))


def _add_trials(row: str, added: Sequence[str], rest: str) -> str:
    updates = ", ".join(f"{name} = {name} + excluded.{name}" for name in TRIAL_SUMS)
    key = f"{_of_call(row)['day']}, {row}purpose, coalesce({row}problem, '')"
    return (
        f"INSERT INTO trial_days ({', '.join((*TRIAL_KEY, *TRIAL_SUMS))}) SELECT {key}, {', '.join(added)} "
        f"{rest} ON CONFLICT ({', '.join(TRIAL_KEY)}) DO UPDATE SET {updates}"
    )


def forget_empty(conn: sqlite3.Connection) -> None:
    """Take away what has nothing left to say."""
    for rollup in ROLLUPS:
        conn.execute(f"DELETE FROM {rollup.table} WHERE {' AND '.join(f'{name} = 0' for name in rollup.sums)}")  # noqa: S608
    conn.execute("DELETE FROM trial_days WHERE runs = 0")
    conn.execute("DELETE FROM kinds WHERE id NOT IN (SELECT kind FROM call_hours)")
    conn.execute("DELETE FROM mixes WHERE id NOT IN (SELECT mix FROM kinds)")
