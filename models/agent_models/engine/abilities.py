"""What a chat template can do with tools, found by rendering a small conversation with it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

Render = Callable[[list[dict[str, Any]], list[dict[str, Any]] | None], str]
"""Messages and tools to text; raises ValueError for what the template refuses."""

_ASK: dict[str, Any] = {"role": "user", "content": "ask"}
_SHORT = 9  # Mistral's


@dataclass(frozen=True)
class Abilities:
    """`declares`: it shows the tools; `calls`, `results`: it shows the calls and results of earlier turns; `several`:
    also where a turn has more calls than one.

    How it wants calls: their arguments as an object or as JSON text, identifiers of nine letters, and None for the
    text beside them where there is none.
    """

    declares: bool = False
    calls: bool = False
    results: bool = False
    several: bool = True
    as_object: bool = True
    short_ids: bool = False
    none: bool = False

    def arguments(self, text: str) -> Any:
        """A call's arguments as the template wants them; what is no JSON object stays the text it was."""
        if not self.as_object:
            return text
        try:
            value = json.loads(text)
        except ValueError:
            return text
        return value if isinstance(value, dict) else text

    def identity(self, identity: str) -> str:
        """A call's identifier as the template wants it."""
        if not self.short_ids:
            return identity
        return "".join(letter for letter in identity if letter.isascii() and letter.isalnum())[-_SHORT:].rjust(
            _SHORT, "0"
        )


def abilities(render: Render) -> Abilities:
    """What the template can do."""
    tool = {
        "type": "function",
        "function": {
            "name": "tool_declared",
            "description": "does",
            "parameters": {"type": "object", "properties": {"key": {"type": "string", "description": "d"}}},
        },
    }
    declares = "tool_declared" in _try(render, [_ASK], [tool])
    tools = [tool] if declares else None
    for as_object, short_ids, none in itertools.product((True, False), (False, True), (True, False)):
        able = Abilities(declares, True, as_object=as_object, short_ids=short_ids, none=none)
        text = _try(render, _turns(able, "tool_called"), tools)
        # Written as JSON twice, or as Python writes it: the template meant the other kind of arguments.
        odd = '\\"key' in text or "'key'" in text or "None" in text
        if "tool_called" in text and "worth" in text and not odd:
            both = _try(render, _turns(able, "tool_called", "tool_second"), tools)
            return replace(able, results="outcome" in text, several="tool_second" in both)
    turns = [_ASK, {"role": "assistant", "content": "calls"}, {"role": "tool", "content": "outcome"}]
    return Abilities(declares, False, "outcome" in _try(render, turns, tools))


def _turns(able: Abilities, *names: str) -> list[dict[str, Any]]:
    """A conversation in which tools of these names were called."""
    identities = [able.identity(f"call_abcdefghijklmnopqrstuvw{letter}") for letter in "xyz"]
    function = {"arguments": able.arguments('{"key": "worth"}')}
    calls = [
        {"id": identity, "type": "function", "function": {"name": name, **function}}
        for identity, name in zip(identities, names, strict=False)
    ]
    results = [
        {"role": "tool", "content": "outcome", "tool_call_id": identity, "name": name}
        for identity, name in zip(identities, names, strict=False)
    ]
    return [_ASK, {"role": "assistant", "content": None if able.none else "", "tool_calls": calls}, *results]


def _try(render: Render, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None) -> str:
    try:
        return render(messages, tools)
    except ValueError:
        return ""
