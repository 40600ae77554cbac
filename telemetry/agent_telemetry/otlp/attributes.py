"""Attributes by their names, of several that mean the same the first that is there."""

from __future__ import annotations

from collections.abc import Iterable

from agent_telemetry.importers.values import text
from agent_telemetry.otlp.call import figure
from agent_telemetry.otlp.records import Attributes


def named(attributes: Attributes, names: Iterable[str]) -> str | None:
    """A name or an id."""
    for name in names:
        if name in attributes and (found := text(attributes[name])) is not None:
            return found
    return None


def counted(attributes: Attributes, names: Iterable[str]) -> int | None:
    """A number of tokens."""
    for name in names:
        if name in attributes and (found := figure(attributes[name])) is not None:
            return found
    return None
