"""A request as the responses wire has read it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from agent_router.wire.responses.body import ResponsesBody
from agent_router.wire.responses.items import Item
from agent_router.wire.responses.kept import Kept
from agent_router.wire.responses.store import Stored


class Asked(Struct):
    """A checked body; `input` is the whole conversation, where that is not what the body holds (None), and `known` what
    is kept of each of its items. `missing` is the id of what the body names and is not known here. `private`: something
    that it names must not leave the machine."""

    body: ResponsesBody
    previous: Stored | None = None
    input: list[Item] | None = None
    known: Sequence[Kept | None] = ()
    missing: str | None = None
    private: bool = False
