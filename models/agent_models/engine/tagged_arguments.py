"""Arguments one by one between tags, strings as they are: Qwen3-Coder's and GLM's way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from agent_models.engine.arguments import Arguments, Read
from agent_models.engine.gbnf import UNPRINTED, Rules, any_but, constant, either, literal, repeat
from agent_models.engine.schema_merge import MergeError
from agent_models.engine.schema_rules import SchemaRules, SchemaUnsupportedError, fits

_BLANK = "[ \\n]?"


@dataclass(frozen=True)
class Tagged:
    """`before`, a name, `between`, a value, `after`; the whitespace at the end of `between` and at the beginning of
    `after` belongs to the tags.

    A value is text as it is where the schema wants a string, and JSON elsewhere.
    """

    before: str
    between: str
    after: str

    def arguments(self, rules: Rules, schema: dict[str, Any], *, lenient: bool) -> Arguments:
        """See `Notation`."""
        values = _Values(self.after, rules, schema, lenient=lenient)
        try:
            properties, required, extra = values.top(schema)
            items = []
            for name, value in properties.items():
                if value is False and name not in required:
                    continue
                item = rules.add(self._item(literal(name), values.rule(value)))
                items.append(item if name in required else f"{item}?")
            if extra not in (None, False):
                other = rules.add(self._item(_other(properties, self.between), values.rule(extra)))
                items.append(f"{other}*")
        except RecursionError:
            raise SchemaUnsupportedError("it is nested too deeply") from None
        except MergeError as error:
            raise SchemaUnsupportedError(str(error)) from None
        body = rules.add(" ".join([_BLANK, *items]))
        read = self._reader(values, properties, extra)
        return Arguments(body, read, values.schema.validator, values.schema.loose)

    def write(self, arguments: Mapping[str, Any]) -> str:
        """See `Notation`."""
        return "\n".join(
            f"{self.before}{name}{self.between}"
            f"{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}{self.after}"
            for name, value in arguments.items()
        )

    def _item(self, name: str, value: str) -> str:
        tag, gap = self.between.rstrip("\n"), self.between[len(self.between.rstrip("\n")) :]
        inner = [_BLANK if part == "\n" else literal(part) for part in re.split("(\n)", tag) if part]
        opening = [literal(self.before), name, *inner, *([literal(gap)] if gap else [])]
        return " ".join([*opening, value, literal(self.after), _BLANK])

    def _reader(self, values: _Values, properties: Mapping[str, Any], extra: Any) -> Read:
        between = r"\s*".join(map(re.escape, self.between.rstrip("\n").split("\n")))
        if self.between.endswith("\n"):
            between += "\n"
        item = re.compile(rf"\s*{re.escape(self.before)}(.+?){between}(.*?){re.escape(self.after)}", re.DOTALL)

        def read(text: str, at: int) -> tuple[str, int]:
            members = []
            while found := item.match(text, at):
                name, value = found[1], found[2]
                schema = properties.get(name, extra if extra is not None else True)
                members.append(f"{json.dumps(name, ensure_ascii=False)}: {values.json(schema, value)}")
                at = found.end()
            while text[at : at + 1] in (" ", "\n"):
                at += 1
            return f"{{{', '.join(members)}}}", at

        return read


class _Values:
    """What stands between the tags."""

    def __init__(self, after: str, rules: Rules, schema: dict[str, Any], *, lenient: bool) -> None:
        self.schema = SchemaRules(rules, schema, lenient=lenient)
        self._rules, self._after = rules, after

    def top(self, schema: dict[str, Any]) -> tuple[dict[str, Any], list[str], Any]:
        """Of an object's schema: the properties, the names of those required, and the schema of all others."""
        schema = self._whole(schema)
        properties = dict(schema.get("properties", {}))
        extra = schema.get("additionalProperties", True if not properties else None)
        required = list(schema.get("required", []))
        for keyword in ("anyOf", "oneOf"):
            for option in schema.get(keyword, ()):
                self.schema.refuse(f"'{keyword}' over whole arguments is not supported")
                for name, value in self._whole(option).get("properties", {}).items():
                    properties.setdefault(name, value)
        for keyword in (
            "not",
            "if",
            "patternProperties",
            "propertyNames",
            "minProperties",
            "maxProperties",
            "enum",
            "const",
        ):
            if keyword in schema:
                self.schema.refuse(f"the keyword '{keyword}' over whole arguments is not supported")
        for keyword in ("dependentRequired", "dependentSchemas", "dependencies"):
            if schema.get(keyword):
                self.schema.refuse(f"the keyword '{keyword}' is not supported")
        for name in required:
            if name not in properties:
                if extra is False:
                    raise SchemaUnsupportedError(f"the property '{name}' is required but not allowed")
                properties[name] = True if extra is None else extra
        return properties, required, extra

    def rule(self, schema: Any) -> str:
        """The rule for a value of this schema."""
        if schema is True or schema == {}:
            return self._text()
        if schema is False:
            raise SchemaUnsupportedError("a value that the schema forbids is required")
        schema = self.schema.whole(schema)
        if not isinstance(schema, dict):
            return self.rule(schema)
        if "enum" in schema or "const" in schema:
            return either(map(self._constant, self.schema.values(schema)))
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return either(map(self.rule, self.schema.alternatives(schema, keyword)))
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return either(self.rule({**schema, "type": kind}) for kind in kinds)
        if kinds == "string":
            return self._string(schema)
        if kinds is None and not {"properties", "items", "minimum", "maximum"} & set(schema):
            if {"pattern", "minLength", "maxLength", "not", "if"} & set(schema):
                self.schema.refuse("a value without a type is not supported")
            return self._text()
        return self.schema.value(schema)

    def json(self, schema: Any, text: str) -> str:
        """A value that was written by the rule, as JSON."""
        if not self._only_string(schema):
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                pass
            else:
                if not isinstance(value, str) and fits(self.schema.validator.evolve(schema=schema), value):
                    return text
        return json.dumps(text, ensure_ascii=False)

    def _only_string(self, schema: Any) -> bool:
        return self._whole(schema).get("type") == "string"

    def _whole(self, schema: Any) -> dict[str, Any]:
        whole = self.schema.whole(schema)
        return whole if isinstance(whole, dict) else {}

    def _text(self) -> str:
        return self._rules.without(self._after)

    def _constant(self, value: Any) -> str:
        return literal(value) if isinstance(value, str) else constant(value)

    def _string(self, schema: dict[str, Any]) -> str:
        least, most = int(schema.get("minLength") or 0), schema.get("maxLength")
        for keyword in ("pattern", "not", "if"):
            if keyword in schema:
                self.schema.refuse(f"the keyword '{keyword}' is not supported")
        if not least and most is None:
            return self._text()
        if most is not None and most < least:
            raise SchemaUnsupportedError("'maxLength' is below 'minLength'")
        # Narrower than it might be: what begins a tag cannot be counted and avoided at the same time.
        plain = any_but([self._after[0], "<"], *UNPRINTED)
        return self._rules.add(repeat(plain, least, None if most is None else int(most)))


def _other(names: Iterable[str], between: str) -> str:
    """Any other name. One that begins like a known one is left out, which is little lost."""
    inner = [between[0], "<", ">"]
    return f"{any_but([*inner, ' ', *{name[0] for name in names if name}], *UNPRINTED)} {any_but(inner, *UNPRINTED)}*"
