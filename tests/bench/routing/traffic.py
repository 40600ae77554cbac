"""Side calls as personal agents send them, with the right answers: from one seed, in bursts, some beginning late.

What the bundled model was trained to do comes from its generator's held-out seeds, in fixed phrasings and with fresh
material, as an agent sends the same instruction again and again; beside it tasks that it cannot do, and one-offs.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from agent_router.routing.mask import mask
from models.pocket.data import items
from models.pocket.example import Example
from tests.bench.routing.hard import ARITHMETIC, CODE, REORDER, SUMMARY, TRANSLATE, Made, one_off

SEED = 20_261_127


class Asked(NamedTuple):
    """One request: `family` as the bench names it, the `agent`'s User-Agent, the body's messages, tools and schema, and
    the right answer. `kind` says how an answer is graded: json | call | text | loose."""

    family: str
    agent: str
    messages: list[dict[str, Any]]
    answer: str
    kind: str
    tools: Sequence[dict[str, Any]]
    schema: dict[str, Any] | None

    def body(self, model: str, *, stream: bool) -> dict[str, Any]:
        """The request's body."""
        body: dict[str, Any] = {"model": model, "messages": self.messages, "max_tokens": 200}
        if self.tools:
            body["tools"] = list(self.tools)
        if self.schema is not None:
            wanted = {"name": "answer", "schema": self.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        if stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return body


class _Source(NamedTuple):
    family: str
    agent: str
    weight: float  # how often it is asked
    late: float  # share of the stream that is over when it begins
    make: Callable[[random.Random], Made]


# Which of the model's tasks, how many phrasings of each are in use, by which agent, how often.
_POCKET = (
    ("heartbeat", 2, "OpenClaw/2026.9", 10.0, 0.0),
    ("triage", 2, "OpenClaw/2026.9", 8.0, 0.0),
    ("classify", 1, "n8n/2.1", 4.0, 0.3),
    ("language", 1, "OpenClaw/2026.9", 4.0, 0.0),
    ("yes_no", 1, "QwenCode/0.24", 4.0, 0.1),
    ("title", 1, "opencode/1.18", 6.0, 0.0),
    ("commit", 1, "aider/0.86", 5.0, 0.0),
    ("extraction", 2, "my-script/1", 5.0, 0.2),
    ("tool_call", 1, "pi/0.87", 4.0, 0.0),
    ("echo", 1, "my-script/1", 2.0, 0.5),
)
_HARD = (
    ("arithmetic", "my-script/1", 4.0, 0.0, ARITHMETIC),
    ("code", "codex_cli_rs/0.169", 5.0, 0.0, CODE),
    ("translate", "OpenClaw/2026.9", 3.0, 0.4, TRANSLATE),
    ("summary", "GeminiCLI/0.61", 3.0, 0.0, SUMMARY),
    ("reorder", "my-script/1", 2.0, 0.6, REORDER),
)
_LOOSE = ("title", "commit", "summary")
_ONE_OFFS = 0.08
_BURST = 0.45  # chance that the next request is of the same family


def stream(requests: int, seed: int = SEED) -> Iterator[Asked]:
    """So many requests."""
    rng = random.Random(seed)
    sources = _sources(seed)
    last: _Source | None = None
    for number in range(requests):
        if rng.random() < _ONE_OFFS:
            yield _asked("one-off", "my-script/1", one_off(rng))
            continue
        begun = [source for source in sources if source.late <= number / requests]
        if last is None or rng.random() >= _BURST:
            last = rng.choices(begun, [source.weight for source in begun])[0]
        yield _asked(last.family, last.agent, last.make(rng))


def _sources(seed: int) -> list[_Source]:
    found = []
    for task, phrasings, agent, weight, late in _POCKET:
        groups = _by_phrasing(task, seed)
        for number, examples in enumerate(groups[:phrasings]):
            name = task if phrasings == 1 else f"{task} {number + 1}"
            found.append(_Source(name, agent, weight / phrasings, late, _drawn(examples)))
    found += [_Source(*hard) for hard in _HARD]
    return found


def _by_phrasing(task: str, seed: int) -> list[list[Example]]:
    """Examples of a task by how they are worded, the most frequent wording first."""
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in items(task, seed, 6000):
        system = example.messages[0]["content"] if example.messages[0]["role"] == "system" else ""
        first = next(message["content"] for message in example.messages if message["role"] == "user")
        groups[f"{mask(system, 12)}|{mask(first, 7)}|{bool(example.schema)}"].append(example)
    return sorted(groups.values(), key=len, reverse=True)


def _drawn(examples: list[Example]) -> Callable[[random.Random], Made]:
    def draw(rng: random.Random) -> Made:
        example = rng.choice(examples)
        return Made(example.messages, example.answer, example.tools, example.schema, example.task)

    return draw


def _asked(family: str, agent: str, made: Made) -> Asked:
    kind = "json" if made.schema is not None else "text"
    if made.tools and "<tool_call>" in made.answer:
        kind = "call"
    elif made.task in _LOOSE:
        kind = "loose"
    return Asked(family, agent, made.messages, made.answer, kind, made.tools, made.schema)


def call_in(answer: str) -> tuple[str, Any]:
    """Name and arguments of the tool call that a generated answer holds."""
    found = json.loads(answer.split("<tool_call>")[1].split("</tool_call>")[0])
    return found["name"], found["arguments"]
