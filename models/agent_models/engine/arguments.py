"""How a call's arguments are written: as a JSON object, or in a notation that a model family has of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from jsonschema.protocols import Validator

from agent_models.engine.gbnf import Rules
from agent_models.engine.schema_rules import SchemaRules

Read = Callable[[str, int], tuple[str, int] | None]
"""From a text and a place in it to the arguments that begin there, as JSON text, and the place behind them; None where
none have been written to their end."""


class Arguments(NamedTuple):
    """One tool's arguments: the rule that they follow, and how they are read back.

    `loose`: the rule lets through what the schema does not, so that they must be checked.
    """

    rule: str
    read: Read
    validator: Validator
    loose: bool


class Notation(Protocol):
    """A way to write arguments."""

    def arguments(self, rules: Rules, schema: dict[str, Any], *, lenient: bool) -> Arguments:
        """The arguments of this schema. Raises SchemaUnsupportedError."""

    def write(self, arguments: Mapping[str, Any]) -> str:
        """Arguments as the model would write them."""


class _Json:
    def arguments(self, rules: Rules, schema: dict[str, Any], *, lenient: bool) -> Arguments:
        schema_rules = SchemaRules(rules, schema, lenient=lenient)
        body = schema_rules.root()
        return Arguments(body, read_json, schema_rules.validator, schema_rules.loose)

    def write(self, arguments: Mapping[str, Any]) -> str:
        return json.dumps(arguments, ensure_ascii=False)


JSON: Notation = _Json()
_DECODER = json.JSONDecoder()


def read_json(text: str, at: int) -> tuple[str, int] | None:
    """The JSON value that begins here, as it stands."""
    try:
        _, end = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None
    return text[at:end], end
