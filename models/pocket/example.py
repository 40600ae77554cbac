"""One training or test item: a conversation, what is offered with it, and the one right answer."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .chat import render

END = "<|im_end|>"
SYSTEM = (
    "You are a helpful assistant.",
    "You are a helpful assistant. Be concise.",
    "You are an agent's helper. Answer briefly.",
    "Answer in as few words as possible.",
    "You run inside an automation. Do exactly what is asked.",
    "You are a personal assistant running on the user's machine.",
)

_SCHEMA_LINES = (
    "Answer with JSON that fits this JSON Schema:\n",
    "Answer with JSON that fits this JSON Schema:\n",
    "Answer with JSON that follows this schema: ",
)


@dataclass(frozen=True)
class Example:
    """`answer` is the assistant's text without its end mark. `schema` is set where the answer is JSON for it.

    `compact` says how the tools' JSON is spaced in the prompt.
    """

    task: str
    messages: list[dict[str, Any]]
    answer: str
    tools: list[dict[str, Any]] = field(default_factory=list)
    schema: dict[str, Any] | None = None
    compact: bool = False

    @property
    def prompt(self) -> str:
        """The text up to where the answer begins."""
        return render(self.messages, self.tools, compact=self.compact)

    @property
    def target(self) -> str:
        """The text that the model must write, its end mark included."""
        return self.answer + END


Maker = Callable[[random.Random, bool], Example]


def choose(rng: random.Random, seen: tuple[str, ...], kept: tuple[str, ...], apart: bool) -> str:
    """A phrasing: one that training uses, or with `apart` one that it never sees."""
    return rng.choice(kept if apart else seen)


def ask(
    rng: random.Random, instruction: str, material: str = "", *, system: bool | None = None
) -> list[dict[str, Any]]:
    """Messages with the instruction in the user's turn or in the system's, as agents do either."""
    in_system = bool(material) and rng.random() < 0.35 if system is None else system
    if in_system:
        return [{"role": "system", "content": instruction}, {"role": "user", "content": material}]
    gap = rng.choice(["\n\n", "\n", "\n\n"])
    content = instruction + gap + material if material else instruction
    if material and instruction[-1] in ".?!" and rng.random() < 0.15:
        content = material + gap + instruction
    messages = [{"role": "user", "content": content}]
    if rng.random() < 0.3:
        messages.insert(0, {"role": "system", "content": rng.choice(SYSTEM)})
    return messages


def to_json(value: Any) -> str:
    """Compact JSON in the keys' own order: the form that the router's grammar allows."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def with_schema(rng: random.Random, messages: list[dict[str, Any]], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages with the schema in the system turn, mostly worded as the engine words it."""
    line = rng.choice(_SCHEMA_LINES) + to_json(schema)
    if messages[0]["role"] == "system":
        return [{"role": "system", "content": messages[0]["content"] + "\n\n" + line}, *messages[1:]]
    return [{"role": "system", "content": line}, *messages]


def closed_object(properties: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object whose keys are all required."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def in_json(rng: random.Random, task: str, messages: list[dict[str, Any]], key: str, answer: str) -> Example:
    """The same question with its answer wanted as an object with one key."""
    schema = closed_object({key: {"type": "string"}})
    if rng.random() < 0.3:
        del schema["additionalProperties"]
    return Example(task, with_schema(rng, messages, schema), to_json({key: answer}), schema=schema)
