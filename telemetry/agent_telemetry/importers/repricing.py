"""Calls that were imported before the user said how their agent is paid: their places and money found anew."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import structs

from agent_telemetry.duplicates import PROXY
from agent_telemetry.importers.logged_call import Enrich, logged, row_of, update, values

_STATE: Final = "plans"
_TOGETHER: Final = 5_000  # rows of a transaction


def follow_plans(conn: sqlite3.Connection, plans: Mapping[str, str], enrichment: Callable[[], Enrich]) -> int:
    """Where `plans` (agent → how it is paid) is not as it was at the last import, find the places and money of those
    agents' logged calls anew; how many changed. Raises `sqlite3.Error`."""
    found = conn.execute("SELECT state FROM states WHERE name = ?", [_STATE]).fetchone()
    before: dict[str, str] = json.loads(found[0]) if found else {}
    agents = [agent for agent in {*before, *plans} if before.get(agent) != plans.get(agent)]
    changed = 0
    for agent in agents:
        changed += _reprice(conn, agent, enrichment())
    if agents:
        conn.execute(
            "INSERT OR REPLACE INTO states (name, state) VALUES (?, ?)", [_STATE, json.dumps(dict(plans)).encode()]
        )
    return changed


def _reprice(conn: sqlite3.Connection, agent: str, enrich: Enrich) -> int:
    changed = last = 0
    while rows := logged(conn, agent, PROXY, last, _TOGETHER):
        anew = []
        for id, known in rows:
            row = row_of(known)
            own = row.place if row.place in ("device", "lan") else None
            now = values(enrich(structs.replace(row, place=own)))
            if now != known:
                anew.append([*now, id])
        conn.execute("BEGIN IMMEDIATE")
        try:
            update(conn, anew)
            conn.execute("COMMIT")
        except BaseException:
            conn.execute("ROLLBACK")
            raise
        changed, last = changed + len(anew), rows[-1][0]
    return changed
