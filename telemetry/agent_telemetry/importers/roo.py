"""Roo Code: tasks in an editor's global storage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from agent_telemetry.importers import editor_tasks
from agent_telemetry.importers.home import Home
from agent_telemetry.importers.log import Log
from agent_telemetry.usage_record import UsageRecord


class Roo:
    """Looks in the editors that are VS Code. The setting `customStoragePath` is not followed."""

    name: Final = "roo"
    title: Final = "Roo Code"

    def __init__(self) -> None:
        self._tasks = editor_tasks.EditorTasks(self.name, roo=True)

    def folders(self, home: Home) -> list[Path]:
        return [each / "tasks" for each in editor_tasks.storages(home, "rooveterinaryinc.roo-cline")]

    def logs(self, home: Home) -> Iterable[str]:
        return dict.fromkeys(path for folder in self.folders(home) for path in editor_tasks.logs(folder))

    def read(self, log: Log) -> Iterator[UsageRecord]:
        return self._tasks.read(log)


IMPORTER: Final = Roo()
