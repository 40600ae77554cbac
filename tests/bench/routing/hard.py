"""Tasks that a very small model cannot do, with their right answers, and questions that are asked once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

from models.pocket import words


class Made(NamedTuple):
    """A conversation and its right answer."""

    messages: list[dict[str, Any]]
    answer: str
    tools: Sequence[dict[str, Any]] = ()
    schema: dict[str, Any] | None = None
    task: str = ""


def _user(text: str, system: str | None = None) -> list[dict[str, Any]]:
    messages = [{"role": "user", "content": text}]
    return messages if system is None else [{"role": "system", "content": system}, *messages]


def ARITHMETIC(rng: random.Random) -> Made:
    """Sums in words."""
    a, b, c = rng.randint(12, 99), rng.randint(3, 40), rng.randint(2, 9)
    text = (
        f"Work out the total and answer with the number only. {words.person(rng)} buys {c} boxes of {a} pieces and "
        f"gives {b} pieces away."
    )
    return Made(_user(text), str(a * c - b), task="arithmetic")


def CODE(rng: random.Random) -> Made:
    """A line to be mended."""
    name, other = words.noun(rng).replace(" ", "_"), words.noun(rng).replace(" ", "_")
    line = f"for i in range(len({name})): print({name}[i + 1], {other})"
    text = f"Fix the off-by-one error in this Python line and answer with the line only:\n{line}"
    return Made(_user(text, "You are a coding agent."), line.replace("[i + 1]", "[i]"), task="code")


_WORDS = {"red": "rot", "house": "Haus", "dog": "Hund", "water": "Wasser", "small": "klein", "tree": "Baum"}
_MORE = {"green": "grün", "cat": "Katze", "bread": "Brot", "big": "groß", "car": "Auto", "bird": "Vogel"}


def TRANSLATE(rng: random.Random) -> Made:
    """Words of another language."""
    known = {**_WORDS, **_MORE}
    chosen = rng.sample(sorted(known), 3)
    text = f"Translate these words into German, separated by commas: {', '.join(chosen)}"
    return Made(_user(text), ", ".join(known[word] for word in chosen), task="translate")


def SUMMARY(rng: random.Random) -> Made:
    """A story in a sentence."""
    person, noun, city = words.person(rng), words.noun(rng), rng.choice(["Lyon", "Porto", "Graz", "Turku", "Bergen"])
    text = (
        "Summarise the following note in one short sentence that keeps who, what and where.\n\n"
        f"It had been a long week. On Thursday {person} finally took the train to {city}, although the weather was "
        f"bad, and after some searching found the {noun} that had been missing since spring. Everybody was relieved."
    )
    return Made(_user(text), f"{person} found the missing {noun} in {city}.", task="summary")


def REORDER(rng: random.Random) -> Made:
    """A list to be sorted."""
    names = rng.sample(["pear", "apple", "fig", "plum", "kiwi", "lime", "date", "grape", "melon"], 5)
    text = f"Sort alphabetically and answer with the list only, separated by commas: {', '.join(names)}"
    return Made(_user(text), ", ".join(sorted(names)), task="reorder")


_OPENINGS = ("Why does", "How would you", "Explain what", "Give me three reasons why", "Is it true that", "Compare how")
_OBJECTS = ("the tide", "a bicycle", "old glass", "the violin", "sourdough", "a sundial", "copper wire", "the moon")
_VERBS = ("change", "bend", "fail", "sound different", "matter", "grow", "rust", "age")
_WHERE = ("in winter", "at sea", "in the mountains", "after a storm", "in a small workshop", "for children", "at night")


def one_off(rng: random.Random) -> Made:
    """A question that nobody asks twice. No answer of the local model is right."""
    question = f"{rng.choice(_OPENINGS)} {rng.choice(_OBJECTS)} {rng.choice(_VERBS)} {rng.choice(_WHERE)}"
    question += f", and what has {words.person(rng)} to do with the {words.noun(rng)}?"
    return Made(_user(question), f"That depends on the {words.noun(rng)}: {rng.random():.6f}.", task="one-off")
