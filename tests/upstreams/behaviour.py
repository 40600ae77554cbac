"""A behaviour: what the upstream does with one request, as steps; and the words it is called by.

In words a behaviour is its name and, after a colon, its parameters: ``ok``, ``status:code=429,retry_after=2``,
``split:sizes=1+7+3``.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Concatenate, Literal, ParamSpec

from tests.upstreams.answer import Answer
from tests.upstreams.step import Step

P = ParamSpec("P")
When = Literal["accept", "head", "body"]
_MODULES = ("healthy", "stalls", "streams", "payloads", "statuses", "transport")
CATALOGUE: dict[str, Callable[..., Behaviour]] = {}


@dataclass(frozen=True)
class Behaviour:
    """when: acts as soon as the connection is accepted, a request's head is read, or its whole body."""

    words: str
    when: When
    steps: Callable[[Answer], Iterable[Step]]

    def __str__(self) -> str:
        return self.words


def behaviour(
    when: When = "body",
) -> Callable[[Callable[Concatenate[Answer, P], Iterable[Step]]], Callable[P, Behaviour]]:
    """Turns ``f(answer, **parameters) -> steps`` into ``f(**parameters) -> Behaviour`` and lists it."""

    def register(function: Callable[Concatenate[Answer, P], Iterable[Step]]) -> Callable[P, Behaviour]:
        name = function.__name__

        def make(*args: P.args, **kwargs: P.kwargs) -> Behaviour:
            given = ",".join(f"{key}={value}" for key, value in kwargs.items())
            return Behaviour(f"{name}:{given}" if given else name, when, lambda a: function(a, *args, **kwargs))

        make.__name__, make.__doc__, make.__wrapped__ = name, function.__doc__, function  # type: ignore[attr-defined]
        CATALOGUE[name] = make
        return make

    return register


def catalogue() -> dict[str, Callable[..., Behaviour]]:
    """Every behaviour by its name."""
    for module in _MODULES:
        importlib.import_module(f"tests.upstreams.{module}")
    return CATALOGUE


def _value(word: str) -> object:
    if "+" in word.strip("+"):
        return tuple(int(part) for part in word.split("+"))
    try:
        return json.loads(word)
    except ValueError:
        return {"True": True, "False": False, "None": None}.get(word, word)


def parse(words: str) -> Behaviour:
    """From words to a behaviour. ValueError names what is unknown."""
    name, _, rest = words.partition(":")
    make = catalogue().get(name)
    if make is None:
        raise ValueError(f"no behaviour is called {name!r}; there are {', '.join(sorted(CATALOGUE))}")
    parameters = dict(part.split("=", 1) for part in rest.split(",") if part)
    try:
        made = make(**{key: _value(value) for key, value in parameters.items()})
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from None
    return Behaviour(words, made.when, made.steps)
