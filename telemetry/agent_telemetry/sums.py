"""What calls are added up by, as SQL: by kind of call and hour, by session and hour, and by each of these alone.

Unknown text is '' in the sums, because NULLs would not be equal in a unique index. `billed_known` counts the calls
that `billed` sums over, so that nothing known can be told from zero.
"""

from __future__ import annotations

import sqlite3
from typing import Final

HOUR_MS: Final = 60 * 60 * 1000
SUMS: Final = (
    *("answered", "failed", "unknown_usage", "input", "cache_read", "cache_write", "output", "reasoning"),
    *("billed", "billed_known", "equivalent", "equivalent_known", "avoided", "avoided_known"),
)
KIND: Final = ("model", "provider", "place", "agent", "route")
SESSION: Final = ("session", "agent")


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


def one_call(row: str, sign: str = "") -> str:
    """SQL for a trigger: add its `new` or `old` row to the sums, or with sign `-` take it away.

    Not `INSERT OR IGNORE`: within a trigger the policy of the statement that fired it goes before.
    """
    values = ", ".join(f"coalesce({row}.{name}, '')" for name in KIND)
    same = " AND ".join(f"{name} = coalesce({row}.{name}, '')" for name in KIND)
    session = ", ".join(f"coalesce({row}.{name}, '')" for name in SESSION)
    hour, sums = f"{row}.time / {HOUR_MS}", ", ".join(SUMS)
    added = ", ".join(f"{sign}({term})" for term in terms(f"{row}."))
    return (
        f"INSERT INTO kinds ({', '.join(KIND)}) VALUES ({values}) ON CONFLICT DO NOTHING;"  # noqa: S608
        f"INSERT INTO sums SELECT id, {hour}, {added} FROM kinds WHERE {same} "
        f"ON CONFLICT (kind, hour) DO UPDATE SET {_ADDED};"
        f"INSERT INTO kind_totals SELECT id, {added} FROM kinds WHERE {same} "
        f"ON CONFLICT (kind) DO UPDATE SET {_ADDED};"
        f"INSERT INTO hour_totals VALUES ({hour}, {added}) ON CONFLICT (hour) DO UPDATE SET {_ADDED};"
        f"INSERT INTO session_sums (hour, session, agent, {sums}) VALUES ({hour}, {session}, {added}) "
        f"ON CONFLICT (hour, session, agent) DO UPDATE SET {_ADDED};"
        f"INSERT INTO session_totals VALUES (coalesce({row}.session, ''), {added}) "
        f"ON CONFLICT (session) DO UPDATE SET {_ADDED};"
    )


def many_calls(conn: sqlite3.Connection, after: int) -> None:
    """Add the calls whose `id` is greater than `after`, and that count, to the sums at once."""
    names = (*KIND, "session")
    known = ", ".join(f"coalesce({name}, '') AS {name}" for name in names)
    totals = ", ".join(f"sum({term}) AS {name}" for name, term in zip(SUMS, terms(), strict=True))
    conn.execute("DROP TABLE IF EXISTS temp.added")
    conn.execute(
        f"CREATE TEMP TABLE added AS SELECT {known}, time / {HOUR_MS} AS hour, {totals} FROM calls "  # noqa: S608
        f"WHERE id > {int(after)} AND duplicate IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7"
    )
    kind, added = ", ".join(KIND), ", ".join(f"sum(added.{name})" for name in SUMS)
    same = " AND ".join(f"kinds.{name} = added.{name}" for name in KIND)
    conn.execute(f"INSERT INTO kinds ({kind}) SELECT DISTINCT {kind} FROM added WHERE true ON CONFLICT DO NOTHING")  # noqa: S608
    conn.execute(
        f"INSERT INTO sums SELECT kinds.id, hour, {added} FROM added JOIN kinds ON {same} WHERE true GROUP BY 1, 2 "  # noqa: S608
        f"ON CONFLICT (kind, hour) DO UPDATE SET {_ADDED}"
    )
    for table, key in (("hour_totals", "hour"), ("session_totals", "session")):
        conn.execute(
            f"INSERT INTO {table} SELECT {key}, {added} FROM added WHERE true GROUP BY 1 "  # noqa: S608
            f"ON CONFLICT ({key}) DO UPDATE SET {_ADDED}"
        )
    conn.execute(
        f"INSERT INTO kind_totals SELECT kinds.id, {added} FROM added JOIN kinds ON {same} WHERE true GROUP BY 1 "  # noqa: S608
        f"ON CONFLICT (kind) DO UPDATE SET {_ADDED}"
    )
    conn.execute(
        f"INSERT INTO session_sums (hour, session, agent, {', '.join(SUMS)}) "  # noqa: S608
        f"SELECT hour, session, agent, {added} FROM added WHERE true GROUP BY 1, 2, 3 "
        f"ON CONFLICT (hour, session, agent) DO UPDATE SET {_ADDED}"
    )
    conn.execute("DROP TABLE temp.added")


_ADDED = ", ".join(f"{name} = {name} + excluded.{name}" for name in SUMS)
