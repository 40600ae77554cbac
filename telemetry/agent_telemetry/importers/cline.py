"""Cline: tasks in an editor's global storage or in `~/.cline/data/tasks`; and since June 2026, in editors as well as on
the command line, `~/.cline/data/sessions/<session>/*.messages.json`.

There each message of the assistant's has `metrics`, where `inputTokens` contains what was cached. A task of the older
kind that is gone on with becomes a session of the same name, whose first `metrics` sum up the whole task. Sources:
sdk/packages/shared/src/llms/messages.ts, apps/vscode/src/sdk/legacy-task-handling.ts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agent_telemetry.importers import editor_tasks, values
from agent_telemetry.importers.home import Home, files
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.values import count, fingerprint, moment, text
from agent_telemetry.usage_record import UsageRecord

_MESSAGES: Final = ".messages.json"
_KNOWN: Final = frozenset(("inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens", "reasoningTokenCount"))


class Cline:
    """Looks in the editors, in `~/.cline`, and where `CLINE_DIR`, `CLINE_DATA_DIR` and `CLINE_SESSION_DATA_DIR` say."""

    name: Final = "cline"
    title: Final = "Cline"

    def __init__(self) -> None:
        self._tasks = editor_tasks.EditorTasks(self.name)

    def folders(self, home: Home) -> list[Path]:
        found = [each / "tasks" for each in editor_tasks.storages(home, "saoudrizwan.claude-dev")]
        data = [home.folder / ".cline" / "data", home.named("CLINE_DATA_DIR")]
        if named := home.named("CLINE_DIR"):
            data.append(named / "data")
        found += [each / kind for each in data if each is not None for kind in ("tasks", "sessions")]
        if named := home.named("CLINE_SESSION_DATA_DIR"):
            found.append(named)
        return list(dict.fromkeys(found))

    def logs(self, home: Home) -> Iterable[str]:
        found: dict[str, None] = {}
        for folder in self.folders(home):
            if folder.name == "tasks":
                found.update(dict.fromkeys(editor_tasks.logs(folder)))
            else:
                found.update(dict.fromkeys(files(folder, _MESSAGES)))
        return found

    def read(self, log: Log) -> Iterator[UsageRecord]:
        if not log.name.endswith(_MESSAGES):
            yield from self._tasks.read(log)
            return
        told = log.json_document(b'"metrics"')
        if not isinstance(told, dict):
            return
        session = text(told.get("sessionId")) or text(log.name.removesuffix(_MESSAGES))
        messages = told.get("messages")
        last: datetime | None = None
        for message in messages if isinstance(messages, list) else ():
            if not isinstance(message, dict):
                continue
            last = moment(message.get("ts")) or last
            metrics = message.get("metrics")
            if message.get("role") == "assistant" and isinstance(metrics, dict):
                at = last or log.modified
                if (call := self._call(log, message, metrics, at, session)) is not None:
                    yield call

    def _call(
        self, log: Log, message: dict[str, Any], metrics: dict[str, Any], at: datetime, session: str | None
    ) -> UsageRecord | None:
        for field in metrics.keys() - _KNOWN - {"cost"}:
            if count(metrics[field]):
                log.unknown(f"metrics.{field}")
        input, output, read, write = (
            count(metrics.get(name)) or 0
            for name in ("inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens")
        )
        if not (input or output or read or write):
            log.skipped("without tokens")
            return None
        info = message.get("modelInfo")
        info = info if isinstance(info, dict) else {}
        if session is not None and session.isdecimal() and info.get("provider") in (None, "unknown"):
            log.skipped("the sum of an older task")  # whose calls are in its `ui_messages.json`
            return None
        id = text(message.get("id"))
        return UsageRecord(
            source=self.name,
            agent=self.name,
            key=fingerprint(id, values.milliseconds(at)) if id else fingerprint(session, values.milliseconds(at)),
            time=at,
            session=session,
            model=text(info.get("id")),
            provider=text(info.get("provider")),
            input=input - read - write if input >= read + write else input,
            cache_read=read,
            cache_write=write,
            output=output,
            reasoning=count(metrics.get("reasoningTokenCount")),
        )


IMPORTER: Final = Cline()
