"""What is open? The catalogue of model families, and the model names that belong to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from agent_models.catalogue.family import Access, CatalogueError, Family, Openness, read_families
from agent_models.catalogue.model_name import Name, Pattern, read_name
from agent_models.catalogue.reviewed import reviewed

__all__ = ["ACCESS_WORDS", "Access", "Catalogue", "CatalogueError", "Family", "Openness"]

_CACHED_NAMES = 4096
_NOBODY = "community"
"""The lab of fine-tunes that many people make under one name."""

ACCESS_WORDS: Final[dict[Access, str]] = {
    "open": "open weights (unrestricted)",
    "open-restricted": "open weights (restricted use)",
    "open-noncommercial": "open weights (non-commercial)",
    "api": "closed (hosted access or API only)",
    "unreleased": "closed (unreleased)",
    "unknown": "unknown",
}


class _Match(NamedTuple):
    family: Family
    pattern: Pattern
    start: int
    stop: int

    @property
    def weight(self) -> tuple[int, int, int, int]:
        """More words first, then one with a tag, then more characters, then the earlier place."""
        return len(self.pattern.words), self.pattern.tag, len(self.pattern.text), -self.start


class Catalogue:
    """The families, and which of them a model string belongs to.

    Safe to share between threads. Names are looked up once and remembered, so that a lookup costs well under a
    microsecond when repeated and tens of microseconds when new.
    """

    def __init__(self, families: Iterable[Family], *, date: str, overrides: Iterable[Family] = ()) -> None:
        own = tuple(overrides)
        self.date = date
        """The day of the newest review (`2026-11-21`) of the files that come with the package."""
        self.families: tuple[Family, ...] = own + tuple(families)
        self._layers = [layer for layer in (_by_first_word(own), _by_first_word(self.families[len(own) :])) if layer]
        self._find = lru_cache(maxsize=_CACHED_NAMES)(self._look_up)

    @classmethod
    def load(cls, overrides: Path | None = None) -> Catalogue:
        """Read the reviewed files, and before them the user's own file where there is one.

        A match in `overrides` goes before every other; a path that does not exist is no overrides.

        Raises:
            CatalogueError: a file cannot be used; the message names it and the line.
        """
        own = read_families(overrides)[1] if overrides and overrides.exists() else []
        read = reviewed()
        return cls(read.families, date=read.reviewed, overrides=own)

    def find(self, model: str) -> Family | None:
        """The family that a model string belongs to, or None if that is not evident. Case does not matter."""
        found = self._find(model)
        return found.family if found else None

    def pattern(self, model: str) -> str | None:
        """The pattern by which `find` finds it."""
        found = self._find(model)
        return found.pattern.text if found else None

    def openness(self, model: str) -> Openness:
        """Whether the model's weights can be downloaded. What the catalogue does not know stays unknown."""
        family = self.find(model)
        return family.openness if family else "unknown"

    def lab(self, model: str) -> str | None:
        """The slug of the lab that made the model; None if it is not known."""
        family = self.find(model)
        return family.lab if family else None

    def explain(self, model: str) -> str:
        """One sentence for a person: which pattern matched, the class, the licence, and the evidence."""
        shown = model if len(model) <= 80 else model[:79] + "…"
        found = self._find(model)
        if found is None:
            return f"{shown!r} is unknown: no family of the catalogue of {self.date} fits it, or two that disagree do."
        family, pattern = found.family, found.pattern
        licence = f", licence {family.licence}" if family.licence else ""
        evidence = f"; see {family.evidence}" if family.evidence else ""
        return (
            f"{shown!r} is {family.name} of {family.lab_name}, by the pattern {pattern.text!r} in {family.source}: "
            f"{ACCESS_WORDS[family.access]}{licence}{evidence}."
        )

    def _look_up(self, model: str) -> _Match | None:
        name = read_name(model)
        for layer in self._layers:
            matches = _matches(layer, name)
            if matches:
                return _base(_decide(_outermost(matches), name), matches)
        return None


_Layer = dict[str, list[tuple[Pattern, Family]]]


def _by_first_word(families: Iterable[Family]) -> _Layer:
    layer: _Layer = defaultdict(list)
    for family in families:
        for pattern in family.patterns:
            layer[pattern.words[0]].append((pattern, family))
    return dict(layer)


def _matches(layer: _Layer, name: Name) -> list[_Match]:
    return [
        _Match(family, pattern, start, start + len(pattern.words))
        for start, word in enumerate(name.words)
        for pattern, family in layer.get(word, ())
        if pattern.matches(name, start)
    ]


def _outermost(matches: list[_Match]) -> list[_Match]:
    """The matches, heaviest first, without those that stand inside a heavier one."""
    kept: list[_Match] = []
    for match in sorted(matches, key=lambda m: m.weight, reverse=True):
        if not any(other.start <= match.start and match.stop <= other.stop for other in kept):
            kept.append(match)
    return kept


def _base(found: _Match | None, matches: list[_Match]) -> _Match | None:
    """Of a fine-tune by nobody in particular the model that it was made of, where its name says so (dolphin-llama3)."""
    if found is None or found.family.lab != _NOBODY:
        return found
    bases = [match for match in matches if match.family.lab != _NOBODY and match.family.openness == "open"]
    return max(bases, key=lambda match: match.weight, default=found)


def _decide(matches: list[_Match], name: Name) -> _Match | None:
    """The heaviest match, unless the name speaks of models that are open and of ones that are not.

    A size, a file format or the word "distilled" can only belong to weights that somebody holds, so such a name
    ("Qwen3-14B-Claude-4.5-Opus-Distill-GGUF") is not that of the closed model in it.
    """
    held = [
        match
        for match in matches
        if match.family.openness != "closed"
        or not any(name.shows_weights(i) for i in range(len(name.words)) if not match.start <= i < match.stop)
    ]
    if not held:
        return None
    first, *others = held
    if any(other.family.openness not in (first.family.openness, "unknown") for other in others):
        return None
    return first
