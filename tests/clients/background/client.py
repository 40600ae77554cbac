"""A client whose background calls are counted, and how what it sent is told apart without the router's help."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.clients.background.body import Body
from tests.clients.background.place import Place

Session = Sequence[str]
"""What a person asks in one session, in its order."""


@dataclass(frozen=True)
class Rule:
    """`words` stand in the client's own source, in that part of the body, of each call of the kind. A kind of None is a
    turn of its own: what a person asked, or an agent of its own works on."""

    kind: str | None
    words: str
    where: Literal["system", "last", "turn", "raw"] = "system"

    def holds(self, body: Body) -> bool:
        """Whether a body is one of these."""
        places = {"system": body.system, "last": body.last, "turn": "\n".join(body.turn), "raw": body.raw}
        return self.words in places[self.where]


@dataclass(frozen=True)
class Client:
    """`name` is what the ledger has to call it, `folder` where `package` of npm or PyPI is installed. `rules` are
    tried in their order. `drive` runs the sessions, and all that makes it call for itself."""

    name: str
    folder: str
    package: str
    rules: tuple[Rule, ...]
    drive: Callable[[Place, Sequence[Session]], None]

    def version(self, install: Path) -> str:
        """The one that is installed; empty if that cannot be told."""
        told = install / "node_modules" / self.package / "package.json"
        if told.exists():
            return str(json.loads(told.read_text())["version"])
        found = install.glob(f"venv/lib/*/site-packages/{self.package.replace('-', '_')}-*.dist-info")
        return next((path.name.removesuffix(".dist-info").rpartition("-")[2] for path in found), "")

    def truth(self, body: Body) -> Rule | None:
        """The rule that a body meets; None if it is of a sort that nobody has described."""
        return next((rule for rule in self.rules if rule.holds(body)), None)
