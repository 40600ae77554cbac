"""Words below columns, so many that they do not touch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Label(NamedTuple):
    """A word at `x` per cent; `anchor`: which part of it stands there (start, middle, end)."""

    x: float
    text: str
    anchor: str


def labels_of(texts: Sequence[str], most: int) -> tuple[Label, ...]:
    """At most `most` words for columns of the same width, the first and the last among them."""
    step = 100 / max(len(texts), 1)
    last = len(texts) - 1
    if len(texts) <= most:
        return tuple(Label(step * (i + 0.5), text, "middle") for i, text in enumerate(texts))
    chosen = sorted({round(last * i / (most - 1)) for i in range(most)})
    anchors = {0: "start", last: "end"}
    places = {0: 0.0, last: 100.0}
    return tuple(Label(places.get(i, step * (i + 0.5)), texts[i], anchors.get(i, "middle")) for i in chosen)
