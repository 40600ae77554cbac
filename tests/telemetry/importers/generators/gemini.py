"""A home with sessions of Gemini CLI: documents of the older versions, lines of the newer ones, and both of one."""

from __future__ import annotations

import copy
import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.telemetry.importers.truth import Call

MODELS = ("gemini-3-pro-preview", "gemini-3-flash", "gemini-2.5-flash-lite", "agent-router/auto")


class Session:
    """A session in the order in which it was written; `calls` is what was paid in it."""

    def __init__(self, chance: random.Random, *, models: bool = True) -> None:
        self.chance = chance
        self.id = self.uuid()
        self.models = models  # the first versions did not say the model
        self.clock = datetime(2025, 9, 1, tzinfo=UTC) + timedelta(milliseconds=chance.randrange(400 * 86_400_000))
        self.began = self.stamp()
        self.messages: list[dict[str, Any]] = []
        self.records: list[dict[str, Any]] = []
        self.calls: list[Call] = []

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def stamp(self) -> str:
        self.clock += timedelta(milliseconds=self.chance.randrange(1, 200_000))
        return self.clock.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def grow(self) -> None:
        """A turn: what the user says, what the model answers, and what else is written meanwhile."""
        chance = self.chance
        said = 'Why is {"tokens":{"input":5}} there, and "type":"gemini"?'
        self._push({"id": self.uuid(), "timestamp": self.stamp(), "type": "user", "content": [{"text": said}]})
        self.records.append({"$set": {"lastUpdated": self.stamp()}})
        message: dict[str, Any] = {"id": self.uuid(), "timestamp": self.stamp(), "type": "gemini", "content": "…"}
        model = chance.choice(MODELS)
        if self.models:
            message["model"] = model
        kind = chance.random()
        if kind < 0.1:
            message["tokens"] = None  # nothing was told of it
        elif kind < 0.15:
            del message["id"], message["content"]
            message = {"id": self.uuid(), "type": "info", "timestamp": self.stamp(), "content": "Request cancelled."}
        else:
            if chance.random() < 0.3:  # the figures come after the answer
                self._push(message | {"tokens": None})
            message["tokens"] = self._tokens(model, message["timestamp"])
            message["thoughts"] = [{"subject": "x", "description": "y", "timestamp": message["timestamp"]}]
        self._push(message)
        if message["type"] == "gemini" and chance.random() < 0.3:
            call = {"id": "run_shell_command__1", "name": "x", "args": {}, "status": "success"}
            self._push(message | {"toolCalls": [call]})
        if chance.random() < 0.1:
            self._rewind()
        if chance.random() < 0.1:
            self._compress()

    def document(self) -> dict[str, Any]:
        """The session as it stands, as the older versions wrote it."""
        head = {"sessionId": self.id, "projectHash": "0" * 64, "startTime": self.began, "lastUpdated": self.stamp()}
        return head | {"messages": self.messages}

    def lines(self) -> list[dict[str, Any]]:
        """All that was written, line by line."""
        head = {"sessionId": self.id, "projectHash": "0" * 64, "startTime": self.began, "kind": "main"}
        return [head, *self.records]

    def _push(self, message: dict[str, Any]) -> None:
        self.records.append(copy.deepcopy(message))
        for place, there in enumerate(self.messages):
            if there["id"] == message["id"]:
                self.messages[place] = message
                return
        self.messages.append(message)

    def _rewind(self) -> None:
        place = self.chance.randrange(len(self.messages))
        self.records.append({"$rewindTo": self.messages[place]["id"]})
        self.messages = self.messages[:place]

    def _compress(self) -> None:
        """The history written anew: some messages as they were, some with another time and without figures."""
        made = {"id": self.uuid(), "timestamp": self.stamp(), "type": "gemini", "content": [{"text": "Got it."}]}
        kept = [copy.deepcopy(message) for message in self.messages[-4:]]
        for message in kept:
            if self.chance.random() < 0.5:
                message["timestamp"] = self.stamp()
                message.pop("tokens", None)
        self.messages = [made, *kept]
        self.records.append({"$set": {"messages": copy.deepcopy(self.messages), "lastUpdated": self.stamp()}})

    def _tokens(self, model: str, stamp: str) -> dict[str, Any]:
        chance = self.chance
        input = chance.randrange(1, 90_000)
        cached = chance.choice((0, chance.randrange(input)))
        output, thoughts = chance.randrange(1, 900), chance.choice((0, chance.randrange(3000)))
        tool = chance.choice((0, 0, 0, chance.randrange(1, 9000)))
        total = input + output + thoughts + tool
        tokens = {
            "input": input,
            "output": output,
            "cached": cached,
            "thoughts": thoughts,
            "tool": tool,
            "total": total,
        }
        self.calls.append(
            Call(
                *(model if self.models else None, self.id, datetime.fromisoformat(stamp)),
                *(input - cached + tool, cached, 0, output + thoughts, thoughts),
            )
        )
        return tokens


def write(folder: Path, seed: int, calls: int = 200) -> list[Call]:
    """Writes `~/.gemini/tmp` into the folder; the calls that were paid."""
    chance = random.Random(seed)
    truth: list[Call] = []
    while len(truth) < calls:
        chats = folder / ".gemini" / "tmp" / chance.choice(("0" * 64, "a-project")) / "chats"
        chats.mkdir(parents=True, exist_ok=True)
        kind = chance.choice(("document", "lines", "both", "subagent"))
        session = Session(chance, models=kind == "lines" or chance.random() < 0.7)
        name = f"session-{session.began[:16].replace(':', '-')}-{session.id[:8]}"
        for _ in range(chance.randrange(1, 10)):
            session.grow()
        if kind in ("document", "both"):
            _only_what_stands(session)
            indent = chance.choice((None, 2))
            (chats / f"{name}.json").write_text(json.dumps(session.document(), indent=indent))
        if kind == "both":  # resumed by a newer version: what there was, and what came after it
            session.records = [*copy.deepcopy(session.messages), {"$set": {"sessionId": session.id}}]
            for _ in range(chance.randrange(4)):
                session.grow()
        if kind == "subagent":
            name = f"{session.id}"
            chats = chats / session.uuid()
            chats.mkdir()
        if kind != "document":
            separators = chance.choice(((",", ":"), (", ", ": ")))
            lines = [json.dumps(line, separators=separators) for line in session.lines()]
            cut = '{"id":"1","type":"gemini","tokens":{"inp' if chance.random() < 0.3 else ""
            (chats / f"{name}.jsonl").write_text("\n".join([*lines, cut]))
        truth += session.calls
    (folder / ".gemini" / "tmp" / "a-project" / "logs.json").parent.mkdir(parents=True, exist_ok=True)
    (folder / ".gemini" / "tmp" / "a-project" / "logs.json").write_text('[{"type":"gemini","tokens":{"input":5}}]')
    return truth


def _only_what_stands(session: Session) -> None:
    """A document is written anew each time: of what was rewound or compressed away it tells nothing."""
    stands = {message["timestamp"] for message in session.messages if message.get("tokens")}
    stands = {datetime.fromisoformat(stamp) for stamp in stands}
    session.calls = [call for call in session.calls if call.time in stands]
