"""JSON and tool calls, right and broken, by composable generators."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from agent_models.completion import CompletionRequest, Tool
from agent_router.verification.answer import Answer
from tests.router.verification.asking import request, said, tool

_NAMES = "city count when level tags owner price active note items range address state kind".split()  # noqa: SIM905
_WORDS = "Lyon Graz blue report urgent low high none draft 東京 Ελλάδα naïve São done open".split()  # noqa: SIM905


class Case(NamedTuple):
    """An answer to a request; `kind` names what is wrong with it, None if nothing is."""

    request: CompletionRequest
    answer: Answer
    kind: str | None


def leaf(rng: random.Random) -> tuple[dict[str, Any], Callable[[], Any], Any]:
    """A simple schema, a maker of values for it, and a value that is not one."""
    options = sorted(rng.sample(_WORDS, 3))
    return rng.choice(
        [
            ({"type": "string"}, lambda: " ".join(rng.sample(_WORDS, 2)), 7),
            ({"type": "integer"}, lambda: rng.randint(-9, 999), "seven"),
            ({"type": "number", "minimum": 0}, lambda: round(rng.random() * 99, 2), -3),
            ({"type": "boolean"}, lambda: rng.random() < 0.5, "yes"),
            ({"enum": options}, lambda: rng.choice(options), "something else"),
            ({"type": ["string", "null"]}, lambda: rng.choice([None, "x"]), 5),
            ({"const": options[0]}, lambda: options[0], options[1]),
            ({"type": "string", "pattern": "^[A-Z]{2}[0-9]{3}$"}, lambda: f"AB{rng.randint(100, 999)}", "ab1"),
            ({"type": "array", "items": {"type": "integer"}}, lambda: [1, 2, 3][: rng.randint(0, 3)], [1, "b"]),
            ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, lambda: rng.choice([None, 3]), "3"),
        ]
    )  # fmt: skip


def objects(rng: random.Random, depth: int = 2) -> tuple[dict[str, Any], dict[str, Any], Callable[[], dict[str, Any]]]:
    """An object's schema, a right value, and a maker of wrong ones."""
    properties: dict[str, Any] = {}
    value: dict[str, Any] = {}
    wrong: dict[str, Any] = {}
    for name in rng.sample(_NAMES, rng.randint(1, 5)):
        if depth and rng.random() < 0.25:
            properties[name], value[name], broken = objects(rng, depth - 1)
            wrong[name] = broken()
            if rng.random() < 0.4:
                properties[name] = {"type": "array", "items": properties[name]}
                value[name], wrong[name] = [value[name]] * rng.randint(1, 2), [wrong[name]]
        else:
            properties[name], make, wrong[name] = leaf(rng)
            value[name] = make()
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}

    def broken() -> dict[str, Any]:
        name = rng.choice(list(value))
        how = rng.randrange(3)
        if how == 0:
            return {**value, name: wrong[name]}
        if how == 1:
            return {key: each for key, each in value.items() if key != name}
        return {**value, "invented_field": 1}

    return schema, value, broken


def json_cases(rng: random.Random, count: int) -> Iterator[Case]:
    """Right and broken JSON answers in turn."""
    for number in range(count):
        schema, value, broken = objects(rng)
        if number % 5 == 4:  # the way pydantic writes nested models
            schema = {"$defs": {"Inner": schema}, "$ref": "#/$defs/Inner"}
        asked = request(f"Extract the fields: {' '.join(rng.sample(_WORDS, 5))}", schema=schema)
        text = json.dumps(value, ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, 2]))
        yield Case(asked, said(rng.choice(["", "\n", " "]) + text + rng.choice(["", "\n"])), None)
        wrong = rng.choice(
            [
                (text[: rng.randint(1, len(text) - 1)], "truncated"),
                (f"Here is the JSON:\n{text}", "in prose"),
                (f"```json\n{text}\n```", "in a fence"),
                (text + "\nLet me know if you need more.", "with prose behind"),
                (json.dumps(broken()), "against the schema"),
                (text.replace('"', "'"), "single quotes"),
                ("I could not find any fields.", "no JSON"),
                (json.dumps([value]), "an array instead"),
                (json.dumps(text), "JSON in a string"),
                (text[:-1] + ",}", "a comma too many"),
                (f"{text}\n{text}", "twice"),
            ]
        )
        yield Case(asked, said(wrong[0]), f"JSON {wrong[1]}")


def call_cases(rng: random.Random, count: int) -> Iterator[Case]:
    """Right and broken tool calls in turn."""
    for _ in range(count):
        schema, value, broken = objects(rng, 1)
        names = rng.sample(["read_file", "search", "send_mail", "get_weather", "list_dir"], 3)
        tools = (Tool(names[0], "", schema), Tool(names[1]), tool(names[2]))
        asked = request("Do it.", tools=tools)
        arguments = json.dumps(value)
        yield Case(asked, said("", (names[0], arguments)), None)
        yield Case(asked, said("", (names[1], "{}"), (names[0], arguments)), None)
        wrong: tuple[Any, ...] = rng.choice(
            [
                (said("", ("delete_all", arguments)), asked, "invented tool"),
                (said("", (names[0].upper(), arguments)), asked, "tool in capitals"),
                (said("", (names[0], arguments[: rng.randint(1, len(arguments) - 1)])), asked, "arguments cut off"),
                (said("", (names[0], json.dumps(broken()))), asked, "arguments against the schema"),
                (said("", (names[0], json.dumps([value]))), asked, "arguments no object"),
                (said("", (names[2], "{}")), asked, "argument missing"),
                (said("Done."), request("Do it.", tools=tools, choice="required"), "no call where one is required"),
                (
                    said("", (names[1], "{}")),
                    request("Do it.", tools=tools, choice=f"={names[0]}"),
                    "another than named",
                ),
                (
                    said("", (names[0], arguments)),
                    request("Do it.", tools=tools, choice="none"),
                    "a call where none may be",
                ),
                (
                    said("", (names[1], "{}"), (names[1], "{}")),
                    request("Do it.", tools=tools, parallel=False),
                    "two where one at a time",
                ),
                (said(_as_text(rng, names[0], arguments)), asked, "a call as text"),
            ]
        )
        yield Case(wrong[1], wrong[0], f"call: {wrong[2]}")


def _as_text(rng: random.Random, name: str, arguments: str) -> str:
    return rng.choice(
        [
            f'<tool_call>\n{{"name": "{name}", "arguments": {arguments}}}\n</tool_call>',
            f'<|python_tag|>{{"name": "{name}", "parameters": {arguments}}}',
            f'[TOOL_CALLS] [{{"name": "{name}", "arguments": {arguments}}}]',
            f"<function={name}>{arguments}</function>",
            f'{{"name": "{name}", "arguments": {arguments}}}',
            f'```json\n{{"name": "{name}", "arguments": {arguments}}}\n```',
            f'```tool_code\n{name}(**{arguments})\n```',
            f"{name}({arguments})",
            f'[{{"function": {{"name": "{name}", "arguments": {arguments}}}}}]',
            f'{{"tool": "{name}", "input": {arguments}}}',
            f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>{name}\n{arguments}",
            f"<|channel|>commentary to=functions.{name}<|message|>{arguments}",
            f"I will call the tool now.\n<tool_call>{{\"name\": \"{name}\", \"arguments\": {arguments}}}</tool_call>",
            f"Sure! {{\"name\": \"{name}\", \"arguments\": {arguments}}}",
        ]
    )  # fmt: skip
