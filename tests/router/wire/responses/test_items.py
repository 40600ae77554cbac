"""Items of a conversation, as they are kept, handed on and shown."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.responses import ResponseItem
from pydantic import TypeAdapter

from agent_router.wire.responses.items import given, is_ours, listed
from agent_router.wire.responses.sealed import seal

ITEM: TypeAdapter[Any] = TypeAdapter(ResponseItem)


def test_a_text_is_an_item_of_the_users() -> None:
    assert given("hi") == [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}]
    assert given([{"role": "user"}, "nonsense"]) == [{"role": "user"}, {}]
    assert given(None) == []


@pytest.mark.parametrize(
    ("item", "ours"),
    [
        ({"type": "reasoning", "id": "rs_ar1", "summary": []}, True),
        ({"type": "reasoning", "id": "rs_x", "encrypted_content": seal("t")}, True),
        ({"type": "reasoning", "summary": []}, True),
        ({"type": "reasoning", "id": "rs_x", "summary": []}, False),
        ({"type": "reasoning", "encrypted_content": "Z0FBQUFB"}, False),
    ],
)
def test_thoughts_that_the_router_told(item: dict[str, Any], ours: bool) -> None:
    assert is_ours(item) == ours


def test_what_is_shown_has_ids_and_parts() -> None:
    items = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "so"},
        {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "https://a/b.png"}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "r", "id": None},
        {"type": "custom_tool_call", "call_id": "d", "name": "f", "input": "x"},
    ]
    named = [(f"item_{number}", item) for number, item in enumerate(items)]
    shown = listed([*named, named[0], named[0]])
    assert [item["id"] for item in shown] == [*(id for id, _ in named), "item_0_2", "item_0_3"]
    for item in shown:
        ITEM.validate_python(item)
