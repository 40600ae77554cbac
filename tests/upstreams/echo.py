"""What the scripted upstream says: always the same to the same request, in whichever dialect.

- ``count to 50`` → the words "1 2 3 ... 50": an answer of a length that the asker chose.
- ``call ...`` with tools offered → calls every offered tool that the ask names, else the first one, with the
  smallest arguments that its schema allows.
- a tool's result last → ``tool said: <result>``.
- a schema (or JSON) asked for → the smallest JSON that satisfies it.
- ``think ...`` → reasoning before the text.
- ``What is my name ...`` → the name that an earlier message told.
- everything else → ``echo: <ask>``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

REASONING = "Let me think. "
REASONING_TOKENS = 4


@dataclass(frozen=True)
class Asked:
    """The parts of a request that decide the answer.

    ask: text of the last message. from_tool: that message is a tool's result.
    tools: parameter schema by name. forced: the tool that must be called ("" if any will do, None if none must).
    schema: the JSON schema that the answer must satisfy; {} for any object; None for text.
    input_tokens: a quarter of the characters of the request. stop: what ends an answer. earlier: the text of the
    messages before the last. body: the whole request.
    """

    ask: str
    from_tool: bool
    tools: Mapping[str, Mapping[str, Any]]
    forced: str | None
    schema: Mapping[str, Any] | None
    thinks: bool
    max_tokens: int | None
    input_tokens: int
    stop: Sequence[str] = ()
    earlier: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """calls: (name, arguments) pairs. finish: stop, length or tool_calls. stopped: the stop sequence that ended it.
    serial: goes into the ids of the calls. Tokens are words."""

    words: tuple[str, ...] = ()
    reasoning: str = ""
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    finish: str = "stop"
    input_tokens: int = 0
    stopped: str | None = None
    serial: str = ""

    @property
    def text(self) -> str:
        return "".join(self.words)

    @property
    def reasoning_tokens(self) -> int:
        return REASONING_TOKENS if self.reasoning else 0

    @property
    def output_tokens(self) -> int:
        """Reasoning included."""
        return len(self.words) + 8 * len(self.calls) + self.reasoning_tokens

    @property
    def cached_tokens(self) -> int:
        """Part of input_tokens."""
        return self.input_tokens // 4


def smallest(schema: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> Any:
    """The smallest instance of an ordinary JSON schema (local $ref, enum, const, anyOf, required)."""
    root = schema if root is None else root
    if "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].lstrip("#/").split("/"):
            target = target[part]
        return smallest(target, root)
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return smallest(schema[key][0], root)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: smallest(properties.get(name, {}), root) for name in schema.get("required", properties)}
    if kind == "array":
        return [smallest(schema.get("items", {}), root)] * schema.get("minItems", 0)
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    return {"boolean": True, "null": None}.get(kind, "x" * schema.get("minLength", 1))


eager = False
"""Whether tools that are offered are called whatever the ask says, with what it holds: as a good model would."""


def _calls(asked: Asked) -> tuple[tuple[str, dict[str, Any]], ...]:
    if not asked.tools or asked.from_tool:
        return ()
    if asked.forced:
        names = [asked.forced]
    elif asked.forced is None and not eager and not asked.ask.lower().startswith("call"):
        return ()
    else:
        names = [name for name in asked.tools if name in asked.ask] or [next(iter(asked.tools))]
    called = ((name, smallest(asked.tools.get(name, {"type": "object"}))) for name in names)
    return tuple((name, _filled(arguments, asked.ask) if eager else arguments) for name, arguments in called)


def _filled(arguments: dict[str, Any], ask: str) -> dict[str, Any]:
    """The arguments with the first number and the first quoted or named word of the ask."""
    number = re.search(r"\d+", ask)
    word = re.search(r"'([^']+)'|\"([^\"]+)\"|(?:named|for) (\S+)", ask)
    said = {int: int(number[0]) if number else None, str: next(filter(None, word.groups())) if word else None}
    return {name: said.get(type(value)) or value for name, value in arguments.items()}


def reply(asked: Asked) -> Reply:
    """The answer to a request."""
    calls = _calls(asked)
    reasoning = REASONING if asked.thinks or asked.ask.lower().startswith("think") else ""
    if calls:
        return Reply((), reasoning, calls, "tool_calls", asked.input_tokens)
    counted = re.match(r"count to (\d+)", asked.ask.lower())
    if asked.schema is not None:
        text = json.dumps(smallest(asked.schema) if asked.schema else {"echo": asked.ask})
    elif counted:
        text = " ".join(str(n) for n in range(1, int(counted[1]) + 1))
    else:
        name = re.search(r"[Mm]y name is (\w+)", asked.earlier) if asked.ask.startswith("What is my name") else None
        text = name[1] if name else f"{'tool said' if asked.from_tool else 'echo'}: {asked.ask}"
    ends = {at: stop for stop in asked.stop if (at := text.find(stop)) >= 0}
    text, stopped = (text[: min(ends)], ends[min(ends)]) if ends else (text, None)
    words = tuple(re.findall(r"\s*\S+|\s+$", text))
    if asked.max_tokens is not None and len(words) > asked.max_tokens:
        return Reply(words[: asked.max_tokens], reasoning, (), "length", asked.input_tokens)
    return Reply(words, reasoning, (), "stop", asked.input_tokens, stopped)


Says = Callable[[Asked], Reply]
"""What a model says to a request."""
