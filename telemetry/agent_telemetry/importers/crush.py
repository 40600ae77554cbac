"""Crush: `.crush/crush.db` in each project, which `~/.local/share/crush/projects.json` lists.

A row of `sessions` has the tokens of the session's last call only (internal/agent/agent.go sets them anew at each), so
most calls cannot be known: what is counted is the last one, as often as it was another when it was read.
`prompt_tokens` contains what was cached; until 0.36 (January 2026) `completion_tokens` contains what was read from the
cache, and nothing tells how much that was.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from agent_telemetry.importers import values
from agent_telemetry.importers.home import Home
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.table import rows
from agent_telemetry.importers.values import count, fingerprint, moment, text
from agent_telemetry.usage_record import UsageRecord

_SESSION: Final = ("id", "prompt_tokens", "completion_tokens", "created_at", "updated_at")
_MESSAGE: Final = ("session_id", "role", "model", "provider", "created_at")
_DATABASE: Final = "crush.db"


class Crush:
    """Looks in the projects that are listed in XDG's data folder and where `CRUSH_GLOBAL_DATA` says, and in the home
    folder itself."""

    name: Final = "crush"
    title: Final = "Crush"

    def folders(self, home: Home) -> list[Path]:
        lists = [home.data / "crush", home.folder / ".local" / "share" / "crush"]
        if local := home.named("LOCALAPPDATA"):
            lists.append(local / "crush")
        if named := home.named("CRUSH_GLOBAL_DATA"):
            lists.append(named)
        found = [home.folder / ".crush"]
        for folder in dict.fromkeys(lists):
            try:
                told = values.document((folder / "projects.json").read_bytes())
            except (OSError, ValueError):
                continue
            projects = told.get("projects") if isinstance(told, dict) else None
            for project in projects if isinstance(projects, list) else ():
                path, data = (project.get(each) for each in ("path", "data_dir")) if isinstance(project, dict) else "  "
                if isinstance(path, str) and path.startswith(("/", home.folder.anchor)):
                    found.append(Path(path) / (data if isinstance(data, str) and data else ".crush"))
        return list(dict.fromkeys(found))

    def logs(self, home: Home) -> Iterable[str]:
        paths = [os.fspath(folder / _DATABASE) for folder in self.folders(home)]
        return [path for path in paths if os.path.isfile(path)]

    def read(self, log: Log) -> Iterator[UsageRecord]:
        with log.database() as conn:
            last = _last_answers(log, conn)
            for row in rows(log, conn, "sessions", _SESSION):
                session = text(row.get("id"))
                input, output = (count(row.get(name)) or 0 for name in ("prompt_tokens", "completion_tokens"))
                if not (input or output):
                    log.skipped("without tokens")
                    continue
                answer = last.get(session, {})
                at = (moment(each) for each in (answer.get("created_at"), row.get("updated_at"), row.get("created_at")))
                yield UsageRecord(
                    source=self.name,
                    agent=self.name,
                    key=fingerprint(session, input, output),
                    time=next(filter(None, at), log.modified),
                    session=session,
                    model=text(answer.get("model")),
                    provider=text(answer.get("provider")),
                    input=input,
                    output=output,
                )


def _last_answers(log: Log, conn: sqlite3.Connection) -> dict[str | None, dict[str, Any]]:
    """The last message of the model's in each session."""
    return {
        text(row.get("session_id")): row
        for row in rows(log, conn, "messages", _MESSAGE)
        if row.get("role") == "assistant" and row.get("model")
    }


IMPORTER: Final = Crush()
