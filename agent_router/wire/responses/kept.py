"""An item of a conversation as it is kept: encoded, because as objects it would take several times its bytes.

The turns of a conversation share what they have in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from agent_router.wire.loose import string
from agent_router.wire.responses.items import Item

_item = msgspec.json.Decoder(Item)
_PREFIXES = {"message": "msg", "function_call": "fc", "custom_tool_call": "ctc", "reasoning": "rs"}


class Kept(Struct, frozen=True, eq=False, gc=False):
    """`json` is the item as it came, and `id` what it is named and shown by, in every turn. `by` is the provider that
    told it in this dialect itself, and `held`: it can read it by its id. `private`: it must not leave the machine."""

    json: bytes
    id: str
    by: str | None = None
    held: bool = False
    private: bool = False

    @property
    def item(self) -> Item:
        """The item itself."""
        return _item.decode(self.json)


def told_items(items: Iterable[Item], response: str, by: str | None, *, held: bool, private: bool) -> list[Kept]:
    """What a response, of that id, told."""
    return [
        Kept(msgspec.json.encode(item), _named(item, response, "o", number), by, held, private)
        for number, item in enumerate(items)
    ]


def asked_items(items: Sequence[Item], known: Sequence[Kept | None], response: str, *, private: bool) -> list[Kept]:
    """The whole input of a response. What is kept of it already stays as it is; the rest gets an id that no other item
    has, which those that a response tells do not look like."""
    return [
        kept or Kept(msgspec.json.encode(item), _named(item, response, "i", n), private=private)
        for n, (item, kept) in enumerate(zip(items, known, strict=True))
    ]


def _named(item: Item, response: str, side: str, number: int) -> str:
    kind = string(item.get("type")) or "message"
    if kind != "item_reference" and (id := string(item.get("id"))):
        return id
    return f"{_PREFIXES.get(kind, 'item')}_{response.removeprefix('resp_')}{side}{number:02x}"
