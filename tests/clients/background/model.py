"""The closed side behind the router: a model that does what the clients need to go on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.upstreams import openai_wire
from tests.upstreams.answer import Answer
from tests.upstreams.echo import Asked, Reply, smallest
from tests.upstreams.received import Received
from tests.upstreams.step import Step
from tests.upstreams.upstream import ScriptedUpstream

_EDIT = re.compile(r"\bEDIT ([\w.]+)")
_RUN = re.compile(r"\bRUN (.+?)(?:\n|<|$)")
_SHELLS = re.compile(r"bash|shell|exec|command|terminal|process", re.IGNORECASE)
_LINES = ("command", "cmd", "commands", "script")
# What each client needs to find in the answer to a call of its own.
_SAID = (
    (re.compile(r"heartbeat", re.IGNORECASE), "HEARTBEAT_OK"),
    (re.compile(r"state_snapshot"), "<state_snapshot><overall_goal>Go on.</overall_goal></state_snapshot>"),
    (re.compile(r"<summary>"), "<analysis>All was said.</analysis><summary>Some questions were answered.</summary>"),
)


class Model(ScriptedUpstream):
    """Speaks chat only. An ask with `RUN <command>` calls the tool that runs commands, if one is offered; one with
    `EDIT <file>` writes the file anew, as aider reads it; a tool's result is told; a schema gets its smallest instance;
    the rest a sentence."""

    def __init__(self) -> None:
        super().__init__(speaks={"chat"}, keep=100)

    def answer(self, request: Received) -> Iterable[Step]:
        if request.method != "POST" or not request.path.endswith("/chat/completions"):
            return super().answer(request)
        body = request.json
        said = _reply(openai_wire._asked(body, len(request.body)), body["messages"])
        whole = openai_wire._whole(body["model"], said, False)
        if not body.get("stream"):
            return Answer(request, openai_wire.DIALECT, body=whole).whole()
        events = tuple(openai_wire._events(body["model"], said, True, False))
        return Answer(request, openai_wire.DIALECT, body=whole, events=events).whole()


def _reply(asked: Asked, messages: list[dict[str, Any]]) -> Reply:
    if asked.schema is not None:
        return _text(json.dumps(smallest(asked.schema) if asked.schema else {"ok": True}), asked)
    if asked.forced:
        arguments = smallest(asked.tools.get(asked.forced, {"type": "object"}))
        return Reply((), "", ((asked.forced, arguments),), "tool_calls", asked.input_tokens)
    if asked.from_tool:
        return _text(f"RESULT: {asked.ask.strip()[:80]}", asked)
    said = _since_answer(messages)
    ran = _RUN.search(said)
    call = _call(asked.tools, ran[1].strip().strip('"')) if ran else None
    if call is not None:
        return Reply((), "", (call,), "tool_calls", asked.input_tokens)
    edited = _EDIT.search(said)
    if edited and not asked.tools and len(said) < 4000:
        return _text(f"{edited[1]}\n```\n# Notes of {asked.input_tokens}\n- water the plants\n```", asked)
    known = next((text for words, text in _SAID if words.search(asked.ask)), None)
    return _text(known or "Here is what I found: the second part follows from the first.", asked)


def _text(text: str, asked: Asked) -> Reply:
    return Reply(tuple(re.findall(r"\s*\S+", text)) or (text,), "", (), "stop", asked.input_tokens)


def _since_answer(messages: list[dict[str, Any]]) -> str:
    """What the user's side said since the last answer: some clients put further messages behind the ask."""
    said: list[str] = []
    for message in reversed(messages):
        if message["role"] in ("assistant", "tool"):
            break
        if message["role"] == "user":
            said.append(openai_wire.text_of(message.get("content")))
    return "\n".join(reversed(said))


def _call(tools: Mapping[str, Mapping[str, Any]], command: str) -> tuple[str, dict[str, Any]] | None:
    for name, schema in sorted(tools.items(), key=lambda tool: "command" not in str(tool[1])):
        fields = schema.get("properties") or {}
        line = next((field for field in _LINES if field in fields), None)
        if line is None or not _SHELLS.search(name):
            continue
        kind = fields[line].get("type")
        arguments = smallest(schema)
        arguments[line] = ["bash", "-lc", command] if kind == "array" and line == "command" else command
        if kind == "array" and line != "command":
            arguments[line] = [command]
        if "sandbox_permissions" in fields and command.startswith("sudo "):  # Codex: outside of its sandbox
            arguments |= {"sandbox_permissions": "require_escalated", "justification": "It needs to be root."}
        return name, arguments
    return None
