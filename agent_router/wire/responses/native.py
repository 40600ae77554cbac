"""The body for an upstream of the same dialect: what the caller sent, where the upstream needs nothing else.

A conversation that the caller names instead of sending it is sent whole, because only the router is sure to have it:
some servers keep nothing and ignore the name, others refuse it. Only where it holds thoughts that nobody but the
provider can read is it named, to the very one that says that it has kept it.

Documented drops: thoughts that the router or another provider told, which this one refuses; and the ids of items that
are not its own, or from between which thoughts are missing that it would look for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from agent_router.errors import ApiError
from agent_router.wire.loose import string
from agent_router.wire.responses.asked import Asked
from agent_router.wire.responses.items import Item, given, is_ours
from agent_router.wire.responses.kept import Kept
from agent_router.wire.responses.sealed import unseal

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_input = msgspec.json.Decoder(dict[str, Any])
_NAMELESS = frozenset({"message", "function_call", "custom_tool_call"})  # which no dialect demands an id of
_COMPACTED = frozenset({"compaction", "compaction_summary"})


def native_body(
    asked: Asked, raw: bytes, find: Callable[[str], Kept | None], provider: str, *, whole: bool = False
) -> bytes:
    """The body for this provider. `find` knows items by their ids. `whole`: the provider does not have what it said it
    had kept, so that nothing may be named."""
    items, known = asked.input, asked.known
    if items is None:
        if b'"reasoning"' not in raw and b'"compaction' not in raw:
            return raw
        items = given(_input.decode(raw).get("input"))
        known = [None] * len(items)
    previous = asked.previous
    named = previous is not None and not whole and previous.held and previous.provider == provider
    if previous is not None and named:
        named = asked.missing is not None or any(map(_only_there, items, known))
        before = len(previous.input) + len(previous.output) if named else 0
        items, known = items[before:], known[before:]
    told = _readable(items, known, provider, find, by_id=previous is None or named)
    if asked.input is None and told == items:
        return raw
    fields = _fields(raw)
    if previous is not None and not named:
        del fields["previous_response_id"]
    fields["input"] = msgspec.Raw(msgspec.json.encode(told))
    return msgspec.json.encode(fields)


def _only_there(item: Item, kept: Kept | None) -> bool:
    """Whether this is a thought that only the provider has the words of."""
    return kept is not None and kept.held and _is_thought(item) and not item.get("encrypted_content")


def _is_thought(item: Item) -> bool:
    return item.get("type") == "reasoning"


def _readable(
    items: Sequence[Item],
    known: Sequence[Kept | None],
    provider: str,
    find: Callable[[str], Kept | None],
    *,
    by_id: bool,
) -> list[Item]:
    """The items as the provider can read them; `by_id`: thoughts that it has kept it may look for."""
    told: list[tuple[Item, Kept | None]] = []
    lost = False
    for at, (item, kept) in enumerate(zip(items, known, strict=True)):
        kind = item.get("type")
        teller = (kept or find(string(item.get("id")))) if _is_thought(item) or kind in _COMPACTED else None
        foreign = teller is not None and teller.by not in (None, provider)
        if _is_thought(item):
            own = kept is not None and kept.by == provider
            gone = own and not item.get("encrypted_content") and not (by_id and kept is not None and kept.held)
            if is_ours(item) or foreign or gone:
                lost = True
                continue
        elif kind in _COMPACTED:
            item = _opened(item, at, foreign=foreign)
        told.append((item, kept))
    return [_unnamed(item) if _strange(item, kept, provider, lost=lost) else item for item, kept in told]


def _opened(item: Item, at: int, *, foreign: bool) -> Item:
    """A compaction item: what the router has sealed it tells in the open."""
    sealed = unseal(string(item.get("encrypted_content")))
    if sealed is not None:
        return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": sealed.text}]}
    if foreign:
        said = "What another provider has compacted only it can read; send the conversation itself."
        raise ApiError(400, said, code="unsupported_parameter", param=f"input[{at}].encrypted_content")
    return item


def _strange(item: Item, kept: Kept | None, provider: str, *, lost: bool) -> bool:
    """Whether the provider may stumble over the item's id."""
    if kept is None or (item.get("type") or "message") not in _NAMELESS:
        return False
    return lost or kept.by != provider


def _unnamed(item: Item) -> Item:
    return {name: value for name, value in item.items() if name != "id"}
