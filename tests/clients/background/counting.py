"""What was sent, beside what the ledger says of it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.clients.background.body import Body, read
from tests.clients.background.client import Client, Session
from tests.clients.background.relay import Sent

OF_PEOPLE = ("ask", "json")
"""Kinds that somebody asked."""


@dataclass
class Count:
    """Of one client. `known` and `all` count its background calls by kind; `wrong` lists what went amiss, in words;
    `turns` its own turns, `taken` those of them that were called background, `misnamed` the calls of any sort that
    were said to be another agent's; `strange` the bodies that no rule describes; `sessions` how many there were, and
    `whole` those that the ledger has as one."""

    client: str
    version: str = ""
    seconds: float = 0
    turns: int = 0
    all: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    taken: int = 0
    misnamed: int = 0
    failed: int = 0
    sessions: int = 0
    whole: int = 0
    wrong: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)


def rows(ledger: Path) -> dict[str, dict[str, Any]]:
    """The ledger's rows by their request's id."""
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as conn:
        conn.row_factory = sqlite3.Row
        return {row["key"]: dict(row) for row in conn.execute("SELECT * FROM calls")}


def count(client: Client, sent: Sequence[Sent], rows: dict[str, dict[str, Any]], asked: Sequence[Session]) -> Count:
    """What a client sent, judged by its rules."""
    found = Count(client.name)
    within: dict[str, set[str | None]] = {}
    for each in sent:
        body = read(each.path, each.body)
        if body is None:
            continue
        row = rows.get(each.id or "")
        if row is None:
            found.failed += 1
            found.wrong.append(f"no row: {each.path} {each.status}")
            continue
        rule, kind = client.truth(body), str(row["family"] or "").rpartition("-")[0] or str(row["family"])
        if rule is None:
            found.strange.append(
                f"{kind}: {len(body.tools)} tools, system {body.system[:80]!r}, last {body.last[-160:]!r}"
            )
            continue
        if row["agent"] != client.name:
            found.misnamed += 1
            found.wrong.append(f"{rule.kind or 'turn'} is said to be of {row['agent']}")
        if rule.kind is None:
            found.turns += 1
            if kind not in OF_PEOPLE:
                found.taken += 1
                found.wrong.append(f"a turn is called {kind}: {body.last[-100:]!r}")
            for session in asked:
                if _in(session[0], body):
                    within.setdefault(session[0], set()).add(row["session"])
        else:
            found.all[rule.kind] += 1
            if kind == rule.kind and row["agent"] == client.name:
                found.known[rule.kind] += 1
            elif kind != rule.kind:
                found.wrong.append(f"{rule.kind} is called {kind}: {body.last[-100:]!r}")
    found.sessions = len(within)
    found.whole = sum(len(ids) == 1 and None not in ids for ids in within.values())
    return found


def _in(ask: str, body: Body) -> bool:
    return any(ask in said for said in body.said)
