"""The families of the reviewed YAML files, as `agent_models.catalogue.compile` has put them into one quick file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from agent_models.catalogue.family import Family

COMPILED: Final = Path(__file__).with_name("reviewed.json")


class Reviewed(msgspec.Struct, frozen=True, gc=False):
    """`reviewed` is the day of the newest review."""

    reviewed: str
    families: tuple[Family, ...]


def reviewed() -> Reviewed:
    """Read it."""
    return msgspec.json.decode(COMPILED.read_bytes(), type=Reviewed)
