"""Words for people that say what a family asks, and leak nothing: only those of a packaged list of common instruction
words are shown, so that a name or a secret in a prompt is never among them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from agent_router.routing.mask import MASK, is_unspaced

_GAP = "…"
_LONGEST = 80  # characters
_LONGEST_WORD = 4  # characters, in scripts without spaces


@cache
def instruction_words() -> frozenset[str]:
    """The packaged list: English, Spanish, German, French, Portuguese, Hindi, Arabic and Chinese, lower case."""
    text = files("agent_router.routing").joinpath("instruction_words.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def label(masked: str) -> str:
    """The label of a masked text, as in "summarize … email in … sentences"; "…" if none of its words is common."""
    common = instruction_words()
    shown: list[str] = []
    for word in _words(masked, common):
        if word != MASK and word in common:
            shown.append(word)
        elif not shown or shown[-1] != _GAP:
            shown.append(_GAP)
    said = " ".join(shown)
    return said if len(said) <= _LONGEST else said[:_LONGEST].rsplit(" ", 1)[0] + " " + _GAP


def _words(masked: str, common: frozenset[str]) -> list[str]:
    """Its words: in scripts without spaces the longest common one at each place, whatever pairs the mask has made."""
    words: list[str] = []
    run = ""
    for token in (*masked.split(), ""):
        if token and is_unspaced(token):
            run += token
            continue
        at = 0
        while at < len(run):
            sizes = range(min(_LONGEST_WORD, len(run) - at), 0, -1)
            size = next((size for size in sizes if run[at : at + size] in common), 1)
            words.append(run[at : at + size])
            at += size
        run = ""
        if token:
            words.append(token)
    return words
