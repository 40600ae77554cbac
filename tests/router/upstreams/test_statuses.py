"""What a status means, and that no key is repeated."""

from __future__ import annotations

import json

import pytest

from agent_router.upstreams.reply import FaultKind, UpstreamFault
from agent_router.upstreams.statuses import code_of, fault, message_of, redact

KEY = "sk-secret"


def of(status: int, body: bytes = b"", retry_after: float | None = None) -> UpstreamFault:
    return fault("test", status, body, key=KEY, retry_after=retry_after, key_source="environment variable X")


@pytest.mark.parametrize(
    ("status", "kind", "callers"),
    [
        (400, "rejected", 400), (404, "rejected", 404), (405, "rejected", 405), (409, "rejected", 409),
        (413, "rejected", 413), (422, "rejected", 422),
        (401, "refused", 401), (402, "refused", 402), (403, "refused", 403), (418, "refused", 418),
        (429, "rate_limited", 429),
        (301, "garbled", 503), (302, "garbled", 503), (308, "garbled", 503),
        (408, "status", 503), (425, "status", 503),
        (500, "status", 503), (502, "status", 503), (503, "status", 503), (504, "status", 503), (529, "status", 503),
        (599, "status", 503), (999, "status", 503),
    ],
)  # fmt: skip
def test_lasting_faults_are_never_5xx_and_outages_never_400(status: int, kind: FaultKind, callers: int) -> None:
    problem = of(status)
    assert (problem.kind, problem.status) == (kind, callers)
    assert "test" in problem.message


def test_the_upstreams_own_words_go_on_without_the_key() -> None:
    body = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}.", "code": "invalid_api_key"}}).encode()
    problem = of(401, body)
    assert problem.body is not None
    assert KEY.encode() not in problem.body
    assert b"[key]" in problem.body
    rejected = of(400, body)
    assert rejected.message == "Incorrect API key provided: [key]."
    assert KEY not in str(rejected.body)


def test_an_error_in_an_array_is_read_and_its_shape_is_not_passed_on() -> None:
    problem = of(400, b' [{"error":{"code":400,"message":"No such thing.","status":"INVALID_ARGUMENT"}}]')
    assert (problem.kind, problem.message, problem.body) == ("rejected", "No such thing.", None)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]", b'{"error":null}', b'"error"', b"\xff", b"5"])
def test_a_body_that_is_no_error_is_not_passed_on(body: bytes) -> None:
    for status in (400, 401, 429, 500):
        assert of(status, body).body is None
    assert "400" in of(400, body).message


def test_retry_after_is_kept_where_it_means_something() -> None:
    assert of(429, retry_after=7).retry_after == 7
    assert of(503, retry_after=7).retry_after == 7
    assert of(401, retry_after=7).retry_after is None


def test_an_empty_account_is_not_a_rate_limit() -> None:
    problem = of(429, b'{"error":{"message":"You exceeded your quota.","code":"insufficient_quota"}}')
    assert (problem.kind, problem.status) == ("refused", 429)  # no use in trying again


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        (b'{"error":{"message":"m","type":"t","code":"c"}}', "m", "c"),
        (b'{"error":{"message":"m","type":"t","code":null}}', "m", "t"),
        (b'{"type":"error","error":{"type":"overloaded_error","message":"m"}}', "m", "overloaded_error"),
        (b'{"error":"m"}', "m", None),
        (b'{"error":{}}', None, None),
        (b"nonsense", None, None),
    ],
)
def test_shapes_of_errors(body: bytes, message: str | None, code: str | None) -> None:
    assert message_of(body) == message
    assert code_of(body) == code


def test_without_a_key_nothing_is_redacted() -> None:
    assert redact(b"body", None) == b"body"
    assert redact(b"body", "") == b"body"
