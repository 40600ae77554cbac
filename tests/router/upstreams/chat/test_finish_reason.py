"""What servers call the end of an answer, and what of it is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_models.completion import Stop
from agent_router.upstreams.chat.dialect import observe
from agent_router.upstreams.chat.events import ChatReader
from agent_router.upstreams.chat.observer import ChatObserver
from agent_router.upstreams.reader import ErrorEventError

BROKEN = ["error", "insufficient_system_resource", "abort", "MALFORMED_FUNCTION_CALL"]


def chunk(reason: Any) -> bytes:
    """Streamed and whole in one."""
    said = {"content": "a"}
    return json.dumps({"model": "m", "choices": [{"delta": said, "message": said, "finish_reason": reason}]}).encode()


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("model_length", "length"),
        ("MAX_TOKENS", "length"),
        ("tool_calls", "tool_calls"),
        ("content_filter", "content_filter"),
        ("content_filter: RECITATION", "content_filter"),
        ("SAFETY", "content_filter"),
        ("never heard of", "stop"),
        (7, "stop"),
    ],
)
def test_ends(told: Any, reason: str) -> None:
    for read in (ChatReader().read, ChatReader().read_whole):
        assert list(read(chunk(told)))[-1] == Stop(reason)  # type: ignore[arg-type]
    assert observe(chunk(told)).error is None


@pytest.mark.parametrize("told", BROKEN)
def test_a_break_is_no_end(told: str) -> None:
    for reader in (ChatReader(), ChatReader()):
        with pytest.raises(ErrorEventError):
            list(reader.read(chunk(told)))
        assert not reader.finished
    with pytest.raises(ErrorEventError):
        list(ChatReader().read_whole(chunk(told)))
    assert observe(chunk(told)).error == "upstream_error_event"
    observer = ChatObserver()
    observer.watch(b"data: " + chunk(told) + b"\n\n")
    assert observer.observed.error == "upstream_error_event"
    with pytest.raises(ErrorEventError):  # nothing is released yet, so that another may be asked
        ChatObserver().begins(chunk(told))
