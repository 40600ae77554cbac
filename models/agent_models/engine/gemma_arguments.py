"""Gemma 4's notation of arguments: JSON with bare names, and strings unescaped between `<|"|>` marks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from agent_models.engine.arguments import Arguments
from agent_models.engine.gbnf import UNPRINTED, Rules, any_but, constant, literal, repeat
from agent_models.engine.schema_rules import SchemaRules, SchemaUnsupportedError

QUOTE = '<|"|>'
_NO_NAME = ':{}[],<>" '
_BARE = any_but(_NO_NAME, *UNPRINTED)
_NAME = re.compile(r"\s*([^:{}\[\],]+?)\s*:")
_PLAIN = re.compile(r"\s*(-?[0-9][-+.0-9eE]*|true|false|null)")


class GemmaArguments:
    """See `Notation`."""

    def arguments(self, rules: Rules, schema: dict[str, Any], *, lenient: bool) -> Arguments:
        """See `Notation`."""
        schema_rules = _GemmaRules(rules, schema, lenient=lenient)
        body = schema_rules.root()
        return Arguments(body, read, schema_rules.validator, schema_rules.loose)

    def write(self, arguments: Mapping[str, Any]) -> str:
        """See `Notation`."""
        return _spell(arguments)


class _GemmaRules(SchemaRules):
    """The same rules for another notation. Lengths are kept to; patterns are left to the check."""

    def __init__(self, rules: Rules, schema: dict[str, Any] | bool, *, lenient: bool = False) -> None:
        super().__init__(rules, schema, lenient=lenient)
        self._text = rules.add(f"{literal(QUOTE)} {rules.without(QUOTE)} {literal(QUOTE)}")
        self.anything = rules.once("gemma", self._anything)

    def _anything(self) -> str:
        name = self._rules.reserve()
        member = f'{_BARE}+ ":" {name}'
        many = f'"{{" ({member} ("," {member})*)? "}}" | "[" ({name} ("," {name})*)? "]"'
        self._rules.define(name, f'{self._text} | number | "true" | "false" | "null" | {many}')
        return name

    def _constant(self, value: Any) -> str:
        if isinstance(value, str | dict | list):
            return literal(_spell(value))
        return constant(value)

    def _name(self, name: str) -> str:
        if not re.fullmatch(r'[^:{}\[\],<>"\s]+', name):
            self.refuse("a property's name cannot be written without quotes")
        return literal(name)

    def _other_name(self, names: list[str]) -> str:
        first = any_but([*_NO_NAME, *{name[0] for name in names if name}], *UNPRINTED)
        return f"{first} {_BARE}*"

    def _string(self, schema: dict[str, Any]) -> str:
        least, most = int(schema.get("minLength") or 0), schema.get("maxLength")
        if "pattern" in schema:
            self.refuse("the keyword 'pattern' is not supported")
        if not least and most is None:
            return self._text
        if most is not None and most < least:
            raise SchemaUnsupportedError("'maxLength' is below 'minLength'")
        # Without what begins a mark: it cannot be counted and avoided at the same time.
        counted = repeat(any_but("<", *UNPRINTED), least, None if most is None else int(most))
        return self._rules.add(f"{literal(QUOTE)} {counted} {literal(QUOTE)}")

    def _typed(self, schema: dict[str, Any]) -> str:
        if isinstance(properties := schema.get("properties"), dict):
            # The template lists names in this order, and so does the model.
            schema = {**schema, "properties": dict(sorted(properties.items(), key=lambda item: item[0].lower()))}
        return super()._typed(schema)


def read(text: str, at: int) -> tuple[str, int] | None:
    """The value that begins here, as JSON."""
    try:
        value, end = _value(text, at)
    except (ValueError, IndexError, RecursionError):
        return None
    return value, end


def _value(text: str, at: int) -> tuple[str, int]:
    while text[at] in " \n":
        at += 1
    if text.startswith(QUOTE, at):
        begin = at + len(QUOTE)
        end = text.index(QUOTE, begin)
        return json.dumps(text[begin:end], ensure_ascii=False), end + len(QUOTE)
    if text[at] in "{[":
        return _many(text, at)
    if found := _PLAIN.match(text, at):
        json.loads(found[1])
        return found[1], found.end()
    raise ValueError("not a value")


def _many(text: str, at: int) -> tuple[str, int]:
    named, close = text[at] == "{", "}" if text[at] == "{" else "]"
    at += 1
    parts: list[str] = []
    while True:
        while text[at] in " \n,":
            at += 1
        if text[at] == close:
            return f"{'{' if named else '['}{', '.join(parts)}{close}", at + 1
        name = ""
        if named:
            found = _NAME.match(text, at)
            if found is None:
                raise ValueError("not a name")
            name, at = f"{json.dumps(found[1], ensure_ascii=False)}: ", found.end()
        value, at = _value(text, at)
        parts.append(name + value)


def _spell(value: Any) -> str:
    if isinstance(value, str):
        return f"{QUOTE}{value}{QUOTE}"
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{name}:{_spell(entry)}' for name, entry in value.items())}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_spell, value))}]"
    return json.dumps(value, ensure_ascii=False)
