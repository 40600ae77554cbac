"""Who is told of errors in which dialect, by the path and the headers alone."""

from __future__ import annotations

from typing import Any

import pytest

from agent_router.endpoints import errors_at

ANTHROPIC = {b"anthropic-version": b"2023-06-01"}


@pytest.mark.parametrize(
    ("path", "headers", "query", "dialect"),
    [
        ("/v1/chat/completions", {}, b"", "chat"),
        ("/v1/responses/resp_1", {}, b"", "chat"),
        ("/v1/messages", {}, b"", "messages"),
        ("/messages/count_tokens", {}, b"", "messages"),
        ("/v1/models", ANTHROPIC, b"key=1", "messages"),
        ("/v1/models", {}, b"", "chat"),
        ("/v1/models", {b"x-goog-api-key": b"k"}, b"", "gemini"),
        ("/v1/models/a", {}, b"pageSize=1&key=k", "gemini"),
        ("/v1/models", {}, b"monkey=1", "chat"),
        ("/v1beta/models", {}, b"", "gemini"),
        ("/v1alpha/models/qwen3:8b:countTokens", {}, b"", "gemini"),
        ("/v1/models/qwen3:8b:generateContent", {}, b"", "gemini"),
        ("/v1beta2/models", {}, b"", "chat"),
        ("/", {}, b"", "chat"),
    ],
)
def test_errors_come_in_the_dialect_of_who_asks(path: str, headers: Any, query: bytes, dialect: str) -> None:
    assert errors_at(path, headers, query).name == dialect
