"""Records with something wrong in them, in every place."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

_ODD: list[Any] = [
    None,
    True,
    -1,
    1e30,
    float("nan"),
    10**400,
    "",
    "x" * 70_000,
    "\ud800",
    [],
    [[]],
    {},
    {"a": {"b": 1}},
]


def wrong_values(record: Any) -> Iterator[Any]:
    """The record with each of its values, on every level, replaced by each odd one, and left out."""
    yield from _ODD
    if isinstance(record, dict | list):
        for place in list(record) if isinstance(record, dict) else range(len(record)):
            for wrong in wrong_values(record[place]):
                changed = copy.copy(record)
                changed[place] = wrong
                yield changed
            less = copy.copy(record)
            del less[place]
            yield less
