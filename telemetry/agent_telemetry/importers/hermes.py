"""Hermes Agent: `~/.hermes/state.db`, and one for each profile.

Only sums are kept, in disjoint buckets: of a session by model, provider and task (`session_model_usage`, since schema
16 in 2026; the task is empty for the agent's own calls), and of a session's own calls (`sessions`), where what older
versions counted is still. So a session has a row here for each model and task, which grows. Source: hermes_state.py,
agent/usage_pricing.py of the package.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agent_telemetry.importers.home import Home
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.table import rows
from agent_telemetry.importers.values import count, fingerprint, moment, text
from agent_telemetry.usage_record import UsageRecord

_FIGURES: Final = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
_SESSION: Final = ("id", "model", "billing_provider", "started_at", *_FIGURES)
_USAGE: Final = ("session_id", "model", "billing_provider", "task", "first_seen", *_FIGURES)
_DATABASE: Final = "state.db"


class _Sum:
    """What one model was asked in a session for one purpose."""

    def __init__(self) -> None:
        self.tokens = [0] * len(_FIGURES)
        self.provider: str | None = None
        self.since: datetime | None = None

    def add(self, tokens: list[int], provider: str | None, since: datetime | None) -> None:
        self.tokens = [one + other for one, other in zip(self.tokens, tokens, strict=True)]
        self.provider = self.provider or provider
        self.since = min(filter(None, (self.since, since)), default=None)


class Hermes:
    """Looks in the home folder, or where `HERMES_HOME` says, and in the profiles there."""

    name: Final = "hermes"
    title: Final = "Hermes Agent"

    def folders(self, home: Home) -> list[Path]:
        found = [home.folder / ".hermes"]
        if local := home.named("LOCALAPPDATA"):
            found.append(local / "hermes")
        if named := home.named("HERMES_HOME"):
            found.append(named)
        return list(dict.fromkeys(found))

    def logs(self, home: Home) -> Iterable[str]:
        places: list[Path] = []
        for folder in self.folders(home):
            places.append(folder)
            with suppress(OSError):
                places += sorted((folder / "profiles").iterdir())
        paths = dict.fromkeys(os.fspath(place / _DATABASE) for place in places)
        return [path for path in paths if os.path.isfile(path)]

    def read(self, log: Log) -> Iterator[UsageRecord]:
        sums: dict[tuple[str | None, str | None, str], _Sum] = defaultdict(_Sum)
        own: dict[str | None, list[int]] = {}  # what a session's own calls came to, by model
        started: dict[str | None, datetime | None] = {}
        with log.database() as conn:
            for row in rows(log, conn, "session_model_usage", _USAGE):
                session, task, tokens = text(row.get("session_id")), text(row.get("task")) or "", _tokens(row)
                told = text(row.get("billing_provider"))
                sums[session, text(row.get("model")), task].add(tokens, told, moment(row.get("first_seen")))
                if not task:
                    own[session] = [a + b for a, b in zip(tokens, own.get(session, [0] * 5), strict=True)]
            for row in rows(log, conn, "sessions", _SESSION):
                session = text(row.get("id"))
                started[session] = since = moment(row.get("started_at"))
                counted = own.get(session, [0] * len(_FIGURES))
                rest = [max(0, all - part) for all, part in zip(_tokens(row), counted, strict=True)]
                if any(rest):
                    sums[session, text(row.get("model")), ""].add(rest, text(row.get("billing_provider")), since)
        for (session, model, task), each in sums.items():
            input, read, write, output, reasoning = each.tokens
            if not (input or read or write or output):
                log.skipped("without tokens")
                continue
            at = each.since or started.get(session)
            yield UsageRecord(
                source=self.name,
                agent=self.name,
                key=fingerprint(session, model, task),
                time=at or log.modified,
                session=session,
                model=model,
                provider=each.provider,
                input=input,
                cache_read=read,
                cache_write=write,
                output=output,
                reasoning=min(reasoning, output),
            )


def _tokens(row: dict[str, Any]) -> list[int]:
    return [count(row.get(name)) or 0 for name in _FIGURES]


IMPORTER: Final = Hermes()
