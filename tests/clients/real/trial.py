"""The four tasks, with one client before a router of its own."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from agent_router.config import LEDGER
from agent_router.importers import importers
from agent_telemetry import ledger_reader
from agent_telemetry.agent_names import agent_name
from agent_telemetry.duplicates import PROXY
from agent_telemetry.importers.home import Home
from agent_telemetry.importers.import_run import import_logs
from agent_telemetry.importers.importer import Importer
from agent_telemetry.usage_record import UsageRecord
from tests.clients.real.client import Client, Place, place
from tests.clients.real.scripted_model import ScriptedModel
from tests.running_router import router_process

TASKS = ("question", "tool", "second turn", "background call", "counted once")
_WORDS = ("pineapple", "lantern", "walrus", "gravel", "saffron", "trombone", "meadow", "cobalt", "thimble", "harbour")
_LASTS = 0.3
"""Seconds that the command goes on after it wrote: Qwen Code loses what is written at the very end, once in eight."""
_WAIT = 20  # seconds until a row that is written in the background must be there


@dataclass(frozen=True)
class Trial:
    """A client that is set up, the model that it reaches in the end, and the router's data folder."""

    client: Client
    place: Place
    model: ScriptedModel
    data: Path

    def rows(self) -> list[UsageRecord]:
        """What the ledger has so far of what passed through the router, the newest first."""
        return [row for row in ledger_reader.recent(self.data / LEDGER, 1000) if row.source == PROXY]

    @property
    def known(self) -> str:
        """The agent's name in the ledger."""
        return agent_name(self.client.known) or ""

    def kinds(self) -> set[tuple[str | None, str]]:
        """The agents and the kinds of the calls that the ledger has."""
        return {(row.agent, (row.family or "").rpartition("-")[0] or row.family or "") for row in self.rows()}

    @property
    def importers(self) -> list[Importer]:
        """What reads the client's own log; none where it keeps none that is known."""
        return [each for each in importers() if each.name == self.known]

    def run(self, task: str) -> None:
        """One of `TASKS`. AssertionError says what went wrong."""
        getattr(self, f"_{task.replace(' ', '_')}")()

    def _question(self) -> None:
        word = _word()
        shown = self.client.ask(self.place, f"SAY {word}", False)
        _shows(shown, f"The word is {word}")
        assert self._until(lambda: any(row.agent == self.known and row.status == "ok" for row in self.rows())), (
            f"the ledger has no answered call of {self.client.known}: {sorted(map(str, self.kinds()))}"
        )

    def _tool(self) -> None:
        number = secrets.randbelow(9000) + 1000
        shown = self.client.ask(self.place, f"RUN printf 'colour-%s' {number}; sleep {_LASTS}", False)
        results = [turn.text for turns in self.model.conversations for turn in turns if turn.who == "tool"]
        assert any(f"colour-{number}" in text for text in results), (
            f"the result did not reach the model: {results[-3:]} {shown[-2000:]}"
        )
        _shows(shown, f"colour-{number}")

    def _second_turn(self) -> None:
        word = _word()
        _shows(self.client.ask(self.place, f"SAY {word}", False), word)
        _shows(self.client.ask(self.place, "RECALL", True), f"The word was {word}")

    def _background_call(self) -> None:
        if self.client.background is None:
            return
        shown = self.client.background(self.place)
        wanted = {(self.known, kind) for kind in self.client.calls}
        assert self._until(lambda: wanted <= self.kinds()), (
            f"the ledger has {sorted(map(str, self.kinds()))}, not {sorted(wanted)}: {shown[-2000:]}"
        )
        strangers = {agent for agent, _ in self.kinds()} - {self.known}
        assert not strangers, (
            f"calls of {self.client.known} are taken for {strangers}: {sorted(map(str, self.kinds()))}"
        )

    def _counted_once(self) -> None:
        """Where the client keeps a log that can be imported, its calls are those that passed through the router."""
        home = Home(self.place.home, self.place.environment())
        chosen = self.importers
        import_logs(self.data / LEDGER, chosen, home, lambda: _as_it_is)
        with closing(sqlite3.connect(self.data / LEDGER)) as conn:
            logged = conn.execute(
                "SELECT duplicate, time, input, output FROM calls WHERE source != ?", [PROXY]
            ).fetchall()
        assert logged or not chosen, f"no call of {self.known} is in its own log"
        twice = [row for row in logged if row[0] is None]
        assert not twice, f"{len(twice)} of {len(logged)} calls count twice: {twice[0]} {self.rows()}"

    @staticmethod
    def _until(holds: Callable[[], bool]) -> bool:
        """Whether it holds before long: the ledger is written in the background."""
        end = time.monotonic() + _WAIT
        while not holds():
            if time.monotonic() > end:
                return False
            time.sleep(0.2)
        return True


def _shows(shown: str, text: str) -> None:
    """White space aside, which programs that draw their own screen leave out."""
    assert "".join(text.split()) in "".join(shown.split()), f"{text!r} is not shown: {shown[-2000:]}"


def _as_it_is(row: UsageRecord) -> UsageRecord:
    return row


def _word() -> str:
    return f"{secrets.choice(_WORDS)}{secrets.token_hex(2)}"


@contextlib.contextmanager
def trial(client: Client, folder: Path) -> Iterator[Trial]:
    """A client, set up in an empty folder, before a router that has only the scripted model and the bundled one."""
    data = folder / "router"
    with ScriptedModel() as model, router_process(data, model.configuration) as (url, _):
        made = place(client.name, folder, url)
        try:
            client.setup(made)
            yield Trial(client, made, model, data)
        finally:
            made.leave()
