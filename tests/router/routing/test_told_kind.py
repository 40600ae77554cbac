"""What an agent says itself of a call in its headers."""

from __future__ import annotations

import json

import pytest

from agent_router.routing.told_kind import told_kind
from tests.router.routing.bodies import made

METADATA = b"x-codex-turn-metadata"


def metadata(**more: str) -> dict[bytes, bytes]:
    return {METADATA: json.dumps({"session_id": "s", "window_number": 0, **more}, separators=(",", ":")).encode()}


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        (metadata(request_kind="compaction", thread_source="user"), "summary"),
        (metadata(request_kind="turn", thread_source="thread_title"), "title"),
        (metadata(request_kind="turn", thread_source="memory_consolidation"), "memory"),
        (metadata(request_kind="turn", thread_source="user"), None),
        ({b"x-openai-subagent": b"memory_consolidation"}, "memory"),
        ({b"x-openai-subagent": b"compact"}, "summary"),
        ({b"x-openai-subagent": b"review"}, None),
        ({b"x-interaction-type": b"conversation-compaction"}, "summary"),
        ({b"x-interaction-type": b"conversation-user"}, None),
        ({METADATA: b"\xff{", b"x-openai-subagent": b""}, None),
        ({}, None),
    ],
)
def test_the_kind_that_headers_tell(headers: dict[bytes, bytes], kind: str | None) -> None:
    assert told_kind(headers) == kind


def test_a_task_is_what_its_headers_tell() -> None:
    task, _ = made("Sum up.", metadata(request_kind="compaction"))
    assert (task.kind, task.background) == ("summary", True)
