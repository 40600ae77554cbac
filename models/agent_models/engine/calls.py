"""The part of an answer that calls tools: every call comes out whole or not at all. Worker only."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Generator

from agent_models.completion import StopReason, ToolCallDelta
from agent_models.engine.grammar import MOST_CALLS, Constraints
from agent_models.engine.pen import Pen, Step
from agent_models.engine.schema_rules import fits
from agent_models.engine.tool_form import Call
from agent_models.errors import UnsupportedRequestError

_ALPHABET = string.ascii_letters + string.digits


def calls(pen: Pen, constraints: Constraints, start: str) -> Generator[Step, None, StopReason]:
    """Writes calls from just behind what opened them on."""
    reader = constraints.reader
    assert reader is not None
    pen.follow(constraints.calls[start])
    made: set[tuple[str, str]] = set()
    raw, at = bytearray(), 0
    opened: str | None = start
    while not pen.stuck():
        token = pen.next()
        if token is None:
            return "tool_calls"
        piece = pen.piece(token)
        raw += piece
        yield from pen.write([token])
        if not reader.may_end(raw, len(piece)):
            continue
        call = reader.read(raw.decode("utf-8", "ignore"), at, opened)
        if call is None:
            continue
        _check(constraints, call)
        # The same call twice is a model that does not find its end.
        if call[:2] in made:
            return "tool_calls"
        yield delta(call, len(made))
        made.add((call.name, call.arguments))
        at, opened = call.end, None
        if not constraints.parallel or len(made) >= MOST_CALLS:
            return "tool_calls"
    return "length"


def delta(call: Call, index: int) -> ToolCallDelta:
    """The event for a call. Arguments stay as the model wrote them."""
    identity = "call_" + "".join(secrets.choice(_ALPHABET) for _ in range(24))
    return ToolCallDelta(index=index, id=identity, name=call.name, arguments=call.arguments)


def _check(constraints: Constraints, call: Call) -> None:
    validator = constraints.checks.get(call.name)
    if validator is not None and not fits(validator, json.loads(call.arguments)):
        raise UnsupportedRequestError(
            f"The model's call of '{call.name}' breaks a rule of its schema that no grammar could express.",
            param="tools",
        )
