"""Words for people that say what a family asks, and leak nothing: only those of a packaged list of common instruction
words are shown, so that a name or a secret in a prompt is never among them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from agent_router.routing.mask import MASK

_GAP = "…"
_LONGEST = 80  # characters


@cache
def instruction_words() -> frozenset[str]:
    """The packaged list: English, Spanish, German, French, Portuguese, Hindi, Arabic, and pairs of Chinese
    characters, lower case."""
    text = files("agent_router.routing").joinpath("instruction_words.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def label(masked: str) -> str:
    """The label of a masked text, as in "summarize … email in … sentences"; "…" if none of its words is common."""
    common = instruction_words()
    shown: list[str] = []
    for word in masked.split():
        if word != MASK and word in common:
            shown.append(word)
        elif not shown or shown[-1] != _GAP:
            shown.append(_GAP)
    said = " ".join(shown)
    return said if len(said) <= _LONGEST else said[:_LONGEST].rsplit(" ", 1)[0] + " " + _GAP
