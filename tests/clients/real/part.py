"""What the scripted model says: the last ask decides.

- ``SAY <word>`` → a sentence with that word.
- ``RUN <shell command>`` → a call of the tool that runs commands; once its result is there, ``RESULT: <result>``.
- ``RECALL`` → the word that an earlier turn of the user had after SAY, else ``NOTHING``.
- a tool that must be called, and none of these → that tool, with the smallest arguments.
- anything else, and whatever looks like an agent's own call (a title, a summary, …) → a fitting answer, in JSON where
  that is asked for.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from tests.clients.real.turns import Turn, turns
from tests.upstreams.echo import Asked, Reply, smallest

_ORDER = re.compile(r"\b(?:SAY (?P<say>[a-z][\w-]*)|RUN (?P<run>[a-z][^\n]*)|(?P<recall>RECALL)\b)")
_SAID = re.compile(r"\bSAY ([a-z][\w-]*)")
_OWN = re.compile(
    r"\b(?:summar(?:y|i[sz]e)|compact|checkpoint|handoff|title|topic|recap|suggest|predict|memory|commit message"
    r"|scratchpad|complexity|heartbeat)",
    re.IGNORECASE,
)
"""Words of an instruction that an agent gives on its own account."""
_RUNS = (
    *("bash", "shell", "exec_command", "run_shell_command", "run_command", "run_commands", "terminal", "exec"),
    *("execute_command", "execute", "run_terminal_cmd", "process", "sh"),
)
"""Names of tools that run commands, lower case, the likeliest first."""
_TAKES = ("command", "cmd", "commands", "script", "code", "argv")
_SHELLS = ("bash", "shell", "sh")
"""Languages of commands, where a tool runs several."""
_ENDS = ("final_answer", "attempt_completion")
"""Tools through which an answer is given, where text is not taken for one."""
_RESULT = 2000  # characters of a tool's result that are said again


def part(asked: Asked) -> Reply:
    """The answer to a request, in character."""
    conversation = turns(asked.body)
    order, results = _order(conversation)
    serial = f"{len(conversation)}{asked.input_tokens}"
    if order is None and asked.forced is not None and asked.tools:
        name = asked.forced or next((end for end in _ENDS if end in asked.tools), next(iter(asked.tools)))
        return Reply((), "", ((name, smallest(asked.tools[name])),), "tool_calls", asked.input_tokens, None, serial)
    if asked.schema is not None or order is None:
        return _said(_own(asked, conversation), asked)
    if order["say"]:
        return _answer(f"The word is {order['say']}.", asked, serial)
    if order["recall"]:
        users = [turn.text for turn in conversation if turn.who == "user"]
        words = _SAID.findall("\n".join([asked.earlier, *users]))
        return _answer(f"The word was {words[0] if words else 'NOTHING'}.", asked, serial)
    if results:
        return _answer(f"RESULT: {' '.join(results[-1][-_RESULT:].split())}", asked, serial)
    called = _call(_command(order["run"]), asked.tools)
    if called is None:
        return _said(f"```bash\n{order['run']}\n```", asked)
    return Reply((), "", (called,), "tool_calls", asked.input_tokens, None, serial)


def _order(conversation: Sequence[Turn]) -> tuple[re.Match[str] | None, list[str]]:
    """The last order that a user gave, and the results of tools since then; none where an agent asked since."""
    results: list[str] = []
    for turn in reversed(conversation):
        if turn.who == "tool":
            results.insert(0, turn.text)
        elif turn.who == "user":
            found = list(_ORDER.finditer(turn.text))
            if found and not (len(turn.text) > found[-1].end() + 400 and _OWN.search(turn.text, found[-1].end())):
                return found[-1], results
            if _OWN.search(turn.text[:1500]):
                return None, []
    return None, []


def _command(text: str) -> str:
    """The command of an order, without the quotation mark with which some clients close what they were given."""
    text = text.strip()
    try:
        shlex.split(text)
    except ValueError:
        return text[:-1] if text[-1] in "\"'" else text
    return text


def _call(command: str, tools: Mapping[str, Mapping[str, Any]]) -> tuple[str, dict[str, Any]] | None:
    """The tool that runs commands, with its arguments."""
    runs = {name: key for name, schema in tools.items() if (key := _key(schema))}
    if not runs:
        return None
    name = min(runs, key=lambda name: _RUNS.index(name.lower()) if name.lower() in _RUNS else len(_RUNS))
    schema, key = tools[name], runs[name]
    kind = schema.get("properties", {}).get(key, {})
    kind = next((each for each in kind.get("anyOf", ()) if each.get("type") == "array"), kind)
    value: Any = command
    if kind.get("type") == "array":
        of = kind.get("items", {}).get("type")
        value = [{"command": command}] if of == "object" else [command]
        value = ["bash", "-lc", command] if key in ("command", "argv") and of == "string" else value
    shells = {
        other: shell
        for other, of in schema.get("properties", {}).items()
        if (shell := next((each for each in _SHELLS if each in of.get("enum", ())), None))
    }
    return name, {**smallest(schema), **shells, key: value}


def _key(schema: Mapping[str, Any]) -> str | None:
    """The parameter that takes a command."""
    return next((key for key in _TAKES if key in schema.get("properties", {})), None)


def _own(asked: Asked, conversation: Sequence[Turn]) -> str:
    """To what an agent asks on its own account."""
    if asked.schema is not None:
        return json.dumps(smallest(asked.schema) if asked.schema else {"title": "Words and colours"})
    text = "\n".join(turn.text[:4000] for turn in conversation if turn.who != "assistant").lower()
    if "no_reply" in text:
        return "NO_REPLY"
    if "heartbeat" in text:
        return "HEARTBEAT_OK"
    if "commit message" in text:
        return "docs: name the colours"
    if "summar" in text or "compact" in text or "checkpoint" in text:
        return "<summary>The user asked for a word and for a command to be run; both were done.</summary>"
    return "Words and colours"


def _answer(text: str, asked: Asked, serial: str) -> Reply:
    end = next((name for name in _ENDS if name in asked.tools), None)
    if end is None:
        return _said(text, asked)
    arguments = dict.fromkeys(asked.tools[end].get("required") or asked.tools[end].get("properties", {}), text)
    return Reply((), "", ((end, arguments),), "tool_calls", asked.input_tokens, None, serial)


def _said(text: str, asked: Asked) -> Reply:
    return Reply(tuple(re.findall(r"\s*\S+", text)), "", (), "stop", asked.input_tokens)
