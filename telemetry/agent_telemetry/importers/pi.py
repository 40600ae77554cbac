"""pi: `~/.pi/agent/sessions/--<folder>--/<time>_<id>.jsonl`. A fork of a session copies entries as they are.

oh-my-pi, a fork of the program, writes the same in `~/.omp`; its calls are the agent `omp`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from agent_telemetry.importers import values
from agent_telemetry.importers.home import Home, files
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.session_entries import SessionEntries, matters, session_of
from agent_telemetry.usage_record import UsageRecord

_OMP: Final = ".omp"


class Pi:
    """Sessions are looked for where `PI_CODING_AGENT_DIR`, `PI_CODING_AGENT_SESSION_DIR` and the setting `sessionDir`
    say, and in the default folder in any case."""

    name: Final = "pi"
    title: Final = "pi"

    def folders(self, home: Home) -> list[Path]:
        agents = [home.folder / ".pi" / "agent", home.folder / _OMP / "agent"]
        if named := home.named("PI_CODING_AGENT_DIR"):
            agents.append(named)
        folders = [agent / "sessions" for agent in agents]
        if sessions := home.named("PI_CODING_AGENT_SESSION_DIR"):
            folders.append(sessions)
        for agent in agents:
            try:
                settings = values.document((agent / "settings.json").read_bytes())
            except (OSError, ValueError):
                continue
            said = settings.get("sessionDir") if isinstance(settings, dict) else None
            if isinstance(said, str) and said.startswith(("/", "~/")):
                folders.append(home.folder / said[2:] if said.startswith("~/") else agent / said)
        return folders

    def logs(self, home: Home) -> Iterable[str]:
        return dict.fromkeys(path for folder in self.folders(home) for path in files(folder, ".jsonl"))

    def read(self, log: Log) -> Iterator[UsageRecord]:
        agent = "omp" if _OMP in Path(log.path).parts else self.name
        entries: SessionEntries | None = None
        for block in log.blocks():
            if entries is None:  # a file that was written anew has lost its state by now
                entries = SessionEntries(self.name, log, log.state, session_of(log.name), agent)
            for line in block.split(b"\n"):
                if matters(line) and (call := entries.call(line)) is not None:
                    yield call


IMPORTER: Final = Pi()
