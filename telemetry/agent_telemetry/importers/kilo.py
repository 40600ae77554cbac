"""Kilo Code: a fork of Roo, with its tasks in an editor's global storage and in `~/.kilocode/cli/global`; since 2026 a
fork of opencode, with a database `kilo.db` as that one has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from agent_telemetry.importers import editor_tasks
from agent_telemetry.importers.home import Home
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.opencode import Opencode
from agent_telemetry.usage_record import UsageRecord


class Kilo:
    """Looks in the editors that are VS Code, in `~/.kilocode`, and in `kilo` in XDG's data folder."""

    name: Final = "kilo"
    title: Final = "Kilo Code"

    def __init__(self) -> None:
        self._tasks = editor_tasks.EditorTasks(self.name, roo=True)
        self._sessions = Opencode(self.name, self.title, variable="KILO_DB")

    def folders(self, home: Home) -> list[Path]:
        tasks = [each / "tasks" for each in editor_tasks.storages(home, "kilocode.kilo-code")]
        return [*tasks, home.folder / ".kilocode" / "cli" / "global" / "tasks", *self._sessions.folders(home)]

    def logs(self, home: Home) -> Iterable[str]:
        found = dict.fromkeys(path for folder in self.folders(home) for path in editor_tasks.logs(folder))
        return found | dict.fromkeys(self._sessions.logs(home))

    def read(self, log: Log) -> Iterator[UsageRecord]:
        return (self._tasks if log.name in editor_tasks.NAMES else self._sessions).read(log)


IMPORTER: Final = Kilo()
