"""The stream of examples: which tasks, in what shares, from one seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from . import fields, labels, talk, tools, words, writing
from .example import Example, Maker

# Shares of the full mixture; harder tasks get more.
SHARES: dict[Maker, float] = {
    fields.extraction: 0.205,
    fields.records: 0.06,
    tools.tool_call: 0.165,
    tools.tool_result: 0.03,
    tools.tool_unneeded: 0.01,
    labels.yes_no: 0.08,
    labels.heartbeat: 0.08,
    labels.triage: 0.05,
    labels.classify: 0.04,
    labels.language: 0.04,
    writing.title: 0.07,
    writing.commit: 0.06,
    talk.hello: 0.03,
    talk.identity: 0.03,
    talk.echo: 0.03,
    talk.unable: 0.02,
}
TASKS: dict[str, Maker] = {maker.__name__: maker for maker in SHARES}


def thanks(rng: random.Random) -> Example:
    """The end of a chat."""
    question = rng.choice(
        ["Thanks", "Thank you!", "thanks", "Thank you.", "Great, thank you", "ok thanks", "Bye", "bye!"]
    )
    return Example("thanks", [{"role": "user", "content": question}], "You are welcome.")


def lengthen(rng: random.Random, example: Example) -> Example:
    """The same question below a long system prompt, as agents send it."""
    rules = "[Always|Never|Please|You may|Do not] [check|read|open|write|change|trust] the <n> [of|in|before] the <n2>."
    lines = [
        words.say(rng, rules, n=words.noun(rng), n2=words.noun(rng)) for _ in range(rng.choice((4, 8, 16, 30, 50)))
    ]
    text, messages = "\n".join(lines), list(example.messages)
    if messages[0]["role"] == "system":
        messages[0] = {"role": "system", "content": text + "\n\n" + messages[0]["content"]}
    else:
        messages.insert(0, {"role": "system", "content": text})
    return replace(example, messages=messages)


def examples(seed: int, *, lessons: float = 0.0, apart: bool = False) -> Iterator[Example]:
    """Examples without end, the same for the same seed.

    `lessons` is the share (0 to 1) of pure copying, with which training begins. `apart` takes the phrasings that
    training never sees.
    """
    rng = random.Random(seed)
    makers, shares = list(SHARES), list(SHARES.values())
    while True:
        if rng.random() < lessons:
            yield rng.choice((talk.copies, talk.copies, fields.records, talk.echo))(rng, apart)
        elif rng.random() < 0.005:
            yield thanks(rng)
        else:
            example = rng.choices(makers, shares)[0](rng, apart)
            yield lengthen(rng, example) if rng.random() < 0.02 else example


def items(task: str, seed: int, count: int, *, apart: bool = False) -> list[Example]:
    """`count` examples of one task, for tests and evaluation."""
    rng = random.Random(f"{task} {seed} {apart}")
    return [TASKS[task](rng, apart) for _ in range(count)]
