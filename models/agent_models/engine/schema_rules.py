"""GBNF for the JSON values that fit a JSON Schema.

llama-cpp-python's own converter is not used: it escapes literals wrongly, ignores bounds, `oneOf`, `not` and
keywords beside `anyOf`, and closes rules over names that collide. Here a keyword is either honoured or refused.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import jsonschema
from jsonschema.exceptions import SchemaError
from jsonschema.protocols import Validator
from referencing import Registry
from referencing.exceptions import Unresolvable

from agent_models.engine.gbnf import UNPRINTED, Rules, any_but, constant, either, literal, repeat
from agent_models.engine.number_rules import integers, numbers
from agent_models.engine.pattern_rules import PatternError, pattern
from agent_models.engine.schema_merge import MergeError, disjoint, merge

_TYPES = ("object", "array", "string", "number", "boolean", "null")
_HINTS = {
    "object": ("properties", "required", "additionalProperties", "minProperties", "maxProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_REFUSED = (
    "not",
    "if",
    "contains",
    "patternProperties",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "$dynamicRef",
    "$recursiveRef",
)
_DAYS = (
    '(("0" [13578] | "1" [02]) "-" ("0" [1-9] | [12] [0-9] | "3" [01])'
    ' | ("0" [469] | "11") "-" ("0" [1-9] | [12] [0-9] | "30") | "02-" ("0" [1-9] | "1" [0-9] | "2" [0-8]))'
)
_DATE = f'[12] [0-9]{{3}} "-" {_DAYS}'
_TIME = (
    '([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] ("." [0-9]{1,6})?'
    ' ("Z" | [-+] ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9])'
)
_FORMATS = {
    "date": f'"\\"" {_DATE} "\\""',
    "time": f'"\\"" {_TIME} "\\""',
    "date-time": f'"\\"" {_DATE} "T" {_TIME} "\\""',
    "uuid": '"\\"" hex{8} ("-" hex{4}){3} "-" hex{12} "\\""',
}


def fits(validator: Validator, value: Any) -> bool:
    """Whether the value is valid; a schema that refers to something unknown has no valid values."""
    try:
        return validator.is_valid(value)
    except Unresolvable:
        return False


class SchemaUnsupportedError(ValueError):
    """The schema is none, or has a part that no grammar expresses; the text says which."""


class SchemaRules:
    """Rules for one schema, added to `rules`.

    With `lenient`, what no grammar expresses is left out instead of refused, and `loose` is set: the result
    must then be checked. Raises SchemaUnsupportedError for what is no schema.
    """

    anything = "value"
    """The rule for any value at all."""

    def __init__(self, rules: Rules, schema: dict[str, Any] | bool, *, lenient: bool = False) -> None:
        self._rules, self._root, self._lenient = rules, schema, lenient
        kind: Any = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
        if where := _flaw(json.dumps(schema)):
            raise SchemaUnsupportedError(f"it is not a valid JSON Schema (at {where})")
        # An empty registry: jsonschema's own would fetch what a $ref names from the network.
        self.validator: Validator = kind(schema, registry=Registry())
        self._refs: dict[str, str] = {}
        self.loose = False

    def root(self) -> str:
        """An expression for the schema's values. Raises SchemaUnsupportedError."""
        try:
            return self.value(self._root)
        except RecursionError:
            raise SchemaUnsupportedError("it is nested too deeply") from None
        except MergeError as error:
            raise SchemaUnsupportedError(str(error)) from None

    def refuse(self, what: str) -> None:
        """Notes that a part of the schema cannot be expressed. Raises SchemaUnsupportedError unless lenient."""
        if not self._lenient:
            raise SchemaUnsupportedError(what)
        self.loose = True

    def value(self, schema: Any) -> str:
        """An expression for the values of this part of the schema."""
        if schema is True:
            return self.anything
        if schema is False:
            raise SchemaUnsupportedError("a value that the schema forbids is required")
        for keyword in _REFUSED:
            if keyword in schema and schema[keyword] not in ({}, False):
                self.refuse(f"the keyword '{keyword}' is not supported")
        if "$ref" in schema:
            return self._reference(schema)
        if "allOf" in schema:
            return self.value(self.whole(schema))
        if "const" in schema or "enum" in schema:
            return either(map(self._constant, self.values(schema)))
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return either(map(self.value, self.alternatives(schema, keyword)))
        return self._typed(schema)

    def resolved(self, schema: Any) -> Any:
        """The schema without a `$ref` at its top."""
        # Only one step: a schema that contains itself in allOf has no value anyway.
        if isinstance(schema, dict) and "$ref" in schema:
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            return merge([self._target(schema["$ref"]), rest])
        return schema

    def whole(self, schema: Any) -> Any:
        """The schema without a `$ref` or an `allOf` at its top."""
        schema = self.resolved(schema)
        if isinstance(schema, dict) and "allOf" in schema:
            rest = {key: value for key, value in schema.items() if key != "allOf"}
            return merge([rest, *map(self.resolved, schema["allOf"])])
        return schema

    def _reference(self, schema: dict[str, Any]) -> str:
        notes = {"$ref", "title", "description", "default", "examples", "$comment", "deprecated"}
        if set(schema) - notes - {"$defs", "definitions", "$schema", "$id"}:
            return self.value(self.resolved(schema))
        pointer = schema["$ref"]
        if pointer not in self._refs:
            name = self._refs[pointer] = self._rules.reserve()
            self._rules.define(name, self.value(self._target(pointer)))
        return self._refs[pointer]

    def _target(self, pointer: str) -> Any:
        target: Any = self._root
        if not pointer.startswith("#") or (len(pointer) > 1 and pointer[1] != "/"):
            raise SchemaUnsupportedError(f"$ref '{pointer}' points outside the schema")
        for step in pointer[2:].split("/") if len(pointer) > 1 else []:
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            try:
                target = target[int(key)] if isinstance(target, list) else target[key]
            except (KeyError, IndexError, ValueError, TypeError):
                raise SchemaUnsupportedError(f"$ref '{pointer}' points to nothing") from None
        return target

    def values(self, schema: dict[str, Any]) -> list[Any]:
        """What an `enum` or a `const` leaves to choose from."""
        values = [schema["const"]] if "const" in schema else schema["enum"]
        fitting = [value for value in values if fits(self.validator.evolve(schema=schema), value)]
        if not fitting:
            raise SchemaUnsupportedError("none of an enum's values fits the schema around it")
        return fitting

    def _constant(self, value: Any) -> str:
        return constant(value)

    def _name(self, name: str) -> str:
        return literal(json.dumps(name, ensure_ascii=False))

    def alternatives(self, schema: dict[str, Any], keyword: str) -> list[Any]:
        """The schemas of an `anyOf` or a `oneOf`, each with what stands around it."""
        around = {key: value for key, value in schema.items() if key != keyword}
        options = [self.resolved(option) if len(around) else option for option in schema[keyword]]
        if keyword == "oneOf" and not disjoint([self.resolved(option) for option in options]):
            self.refuse("the alternatives of a 'oneOf' overlap")
        notes = {"title", "description", "default", "examples", "$defs", "definitions", "$schema", "$id"}
        bare = not set(around) - notes
        # `false` is an alternative that nobody can take.
        kept = [option for option in options if option is not False]
        if not kept:
            raise SchemaUnsupportedError(f"'{keyword}' leaves no alternative")
        return [option if bare else merge([around, option]) for option in kept]

    def _typed(self, schema: dict[str, Any]) -> str:
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return either(self._of_type(schema, kind) for kind in kinds)
        if kinds is None:
            hinted = [kind for kind, keys in _HINTS.items() if any(key in schema for key in keys)]
            if not hinted:
                return self.anything
            # Other types would fit as well; the one that the keywords speak of is what is meant.
            return either(self._of_type(schema, kind) for kind in hinted)
        return self._of_type(schema, kinds)

    def _of_type(self, schema: dict[str, Any], kind: str) -> str:
        if kind == "object":
            return self._object(schema)
        if kind == "array":
            return self._array(schema)
        if kind == "string":
            return self._string(schema)
        if kind in ("integer", "number"):
            return self._number(schema, whole=kind == "integer")
        return '("true" | "false")' if kind == "boolean" else '"null"'

    def _number(self, schema: dict[str, Any], *, whole: bool) -> str:
        step = schema.get("multipleOf")
        if step is not None and not (whole and step == 1):
            if step == 1:
                whole = True
            else:
                self.refuse("the keyword 'multipleOf' is not supported")
        low, high = schema.get("minimum"), schema.get("maximum")
        open_low = open_high = False
        if (bound := schema.get("exclusiveMinimum")) is not None and (low is None or bound >= low):
            low, open_low = bound, True
        if (bound := schema.get("exclusiveMaximum")) is not None and (high is None or bound <= high):
            high, open_high = bound, True
        if whole:
            least = None if low is None else math.floor(low) + 1 if open_low else math.ceil(low)
            most = None if high is None else math.ceil(high) - 1 if open_high else math.floor(high)
            rule = integers(least, most)
        else:
            rule = numbers(low, high, open_low=open_low, open_high=open_high)
        if rule is None:
            self.refuse("no number can be written within the bounds")
            return "integer" if whole else "number"
        return rule

    def _string(self, schema: dict[str, Any]) -> str:
        least, most = _count(schema, "minLength") or 0, _count(schema, "maxLength")
        if "pattern" in schema:
            try:
                rule, shortest, longest = pattern(schema["pattern"])
            except PatternError as error:
                self.refuse(f"the pattern {schema['pattern']!r} is not supported: {error}")
            else:
                if shortest >= least and (most is None or longest <= most):
                    return self._rules.add(rule)
                self.refuse("'pattern' together with a length that it does not imply is not supported")
        rule = _FORMATS.get(schema.get("format", ""), "")
        if rule and not least and most is None:
            return self._rules.add(rule)
        if not least and most is None:
            return "string"
        if most is not None and most < least:
            raise SchemaUnsupportedError("'maxLength' is below 'minLength'")
        return self._rules.add(f'"\\"" {repeat("char", least, most)} "\\""')

    def _array(self, schema: dict[str, Any]) -> str:
        least, most = _count(schema, "minItems") or 0, _count(schema, "maxItems")
        items, prefix = schema.get("items", True), schema.get("prefixItems", [])
        if isinstance(items, list):  # how it was written before 2020
            prefix, items = items, schema.get("additionalItems", True)
        if schema.get("uniqueItems") and (most is None or most > 1):
            self.refuse("the keyword 'uniqueItems' is not supported")
        if most is not None and most < least:
            raise SchemaUnsupportedError("'maxItems' is below 'minItems'")
        if most is not None:
            prefix = prefix[:most]
        if prefix:
            joined = ' "," ws '.join([self.value(entry) for entry in prefix])
            further = least - len(prefix)
            if further > 0:
                item = self._rules.add(self.value(items))
                joined += " " + repeat(f'("," ws {item})', further, further)
            return self._rules.add(f'"[" ws {joined} ws "]"')
        if items is False or most == 0:
            if least:
                raise SchemaUnsupportedError("an array needs items that it forbids")
            return '("[" ws "]")'
        item = self._rules.add(self.value(items))
        more = repeat(f'("," ws {item})', max(least - 1, 0), None if most is None else most - 1)
        full = f'"[" ws {item} {more} ws "]"'
        return self._rules.add(full if least else f'"[" ws "]" | {full}')

    def _object(self, schema: dict[str, Any]) -> str:
        properties = dict(schema.get("properties", {}))
        required = list(schema.get("required", []))
        extra = schema.get("additionalProperties", True if not properties else None)
        for name in required:
            if name not in properties:
                if extra is False:
                    raise SchemaUnsupportedError(f"the property '{name}' is required but not allowed")
                properties[name] = True if extra is None else extra
        names = schema.get("propertyNames")
        if names not in (None, True, {}, {"type": "string"}) and extra not in (None, False):
            self.refuse("the keyword 'propertyNames' is not supported")
        needed = schema.get("minProperties", 0)
        at_least_one = needed == 1 and not required
        if needed > max(len(required), 1):
            self.refuse("the keyword 'minProperties' is not supported")
        most = schema.get("maxProperties")
        if most is not None and (extra not in (None, False) or most < len(properties)):
            self.refuse("the keyword 'maxProperties' is not supported")
        pairs = [
            (self._rules.add(f'{self._name(name)} ":" ws {self.value(value)}'), name)
            for name, value in properties.items()
            if value is not False or name in required
        ]
        member = None
        if extra not in (None, False):
            member = self._rules.add(f'{self._other_name(list(properties))} ":" ws {self.value(extra)}')
        if not pairs and member is None:
            if at_least_one:
                raise SchemaUnsupportedError("an object needs properties that it forbids")
            return '("{" ws "}")'
        return self._members([(rule, name in required) for rule, name in pairs], member, at_least_one)

    def _members(self, pairs: list[tuple[str, bool]], member: str | None, at_least_one: bool) -> str:
        """An object of these members in this order (True: required), then any number of `member`s."""
        rest = f'("," ws {member})*' if member else ""
        later = self._rules.add(rest) if rest else ""
        starts = [f"{member} {later}"] if member else []
        empty = not at_least_one
        # From the last to the first: `later` is what may follow once a member stands before it.
        for rule, needed in reversed(pairs):
            start = f"{rule} {later}"
            starts = [start] if needed else [start, *starts]
            empty = empty and not needed
            following = f'"," ws {rule} {later}' if needed else f'("," ws {rule})? {later}'
            later = self._rules.add(following)
        full = f'"{{" ws {either(starts)} ws "}}"'
        return self._rules.add(f'"{{" ws "}}" | {full}' if empty else full)

    def _other_name(self, names: list[str]) -> str:
        """A property name that is none of these. Without escapes, which could spell one of them."""
        if not names:
            return "string"
        spelt = [json.dumps(name, ensure_ascii=False)[1:-1] for name in names]
        return self._rules.add(f'"\\"" {self._none_of(spelt)} "\\""')

    def _none_of(self, words: list[str]) -> str:
        first: dict[str, list[str]] = {}
        for word in words:
            if word:
                first.setdefault(word[0], []).append(word[1:])
        other = any_but([*first, '"', "\\"], *UNPRINTED) + " plain*"
        branches = [f"{literal(letter)} {self._none_of(tails)}" for letter, tails in first.items() if letter != "\\"]
        ends = [] if "" in words else ['""']
        return either([*ends, other, *branches])


@lru_cache(maxsize=1024)
def _flaw(schema: str) -> str | None:
    """Where the schema (JSON text) is none. Looking takes milliseconds, and agents send the same ones all day."""
    value = json.loads(schema)
    kind: Any = jsonschema.validators.validator_for(value, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(value)
    except SchemaError as error:
        return "/".join(map(str, error.absolute_path)) or "its root"
    return None


def _count(schema: dict[str, Any], key: str) -> int | None:
    """A number of things; JSON Schema lets `3.0` be one."""
    return None if schema.get(key) is None else int(schema[key])
