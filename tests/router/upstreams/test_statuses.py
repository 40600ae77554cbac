"""What a status means, and that no key is repeated."""

from __future__ import annotations

import json

import pytest

from agent_router.upstreams.error_body import code_of, message_of
from agent_router.upstreams.reply import FaultKind, UpstreamFault
from agent_router.upstreams.statuses import fault, redact

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
        (b'[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]', "m", "400"),
        (b'{"object":"error","message":"m","type":"BadRequestError","code":400}', "m", "400"),
        (b'{"object":"error","message":{"detail":[{"loc":["body","x"],"msg":"Extra"}]},"type":"t"}',
         "body.x: Extra", "t"),
        (b'{"detail":"m"}', "m", None),
        (b'{"detail":[{"type":"missing","loc":["body",0],"msg":"a","input":"secret"},{"msg":"b"}]}',
         "body.0: a; b", None),
        (b'{"detail":{"message":"m"}}', "m", None),
        (b'{"detail":7,"message":7,"error":7}', None, None),
        (b'{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\\"message\\":\\"m\\"}"}}}',
         "Provider returned error (m)", "400"),
        (b'{"error":{"message":"Provider returned error","metadata":{"raw":"m"}}}',
         "Provider returned error (m)", None),
    ],
)  # fmt: skip
def test_shapes_of_errors(body: bytes, message: str | None, code: str | None) -> None:
    assert message_of(body) == message
    assert code_of(body) == code


def test_without_a_key_nothing_is_redacted() -> None:
    assert redact(b"body", None) == b"body"
    assert redact(b"body", "") == b"body"


@pytest.mark.parametrize(
    "body", [b'{"detail":"no such field"}', b'{"message":"no such field"}', b'{"error":"no such field"}']
)
def test_the_reason_of_a_refusal_is_told(body: bytes) -> None:
    assert of(422, body).message == "no such field"
    assert of(410, body).message == "no such field"
    # Clients find the error in `error` only; the router writes one of its own for the rest.
    assert (of(422, body).body is not None) == (b"error" in body)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"type": "invalid_request_error", "message": "prompt is too long: 203000 tokens > 200000 maximum"}, "long"),
        ({"code": 400, "message": "This model's maximum context length is 32768 tokens. However, you"}, "long"),
        ({"code": 400, "type": "exceed_context_size_error",
          "message": "the request exceeds the available context size, try increasing it"}, "long"),
        ({"message": "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000"}, "long"),
        ({"code": 400, "message": "The input token count (1048577) exceeds the maximum number of tokens"}, "long"),
        ({"code": "context_length_exceeded", "message": "m"}, "long"),
        # Nothing is gained by a shorter conversation.
        ({"message": "'max_tokens' or 'max_completion_tokens' is too large: 9. This model's maximum context length is"},
         None),
        ({"code": "content_filter", "message": "m"}, "content_filter"),
        ({"code": "never_heard_of", "type": "invalid_request_error", "message": "m"}, None),
    ],
)  # fmt: skip
def test_the_codes_that_openais_clients_act_on(said: dict[str, object], code: str | None) -> None:
    problem = of(400, json.dumps({"error": said}).encode())
    assert problem.code == {"long": "context_length_exceeded"}.get(code or "", code)
    assert problem.status == 400


@pytest.mark.parametrize(
    ("body", "of_the_key"),
    [
        (b"", True),
        (b'{"error":{"message":"Your API key lacks permission"}}', True),
        (b'{"error":{"type":"permission_error","message":"no"}}', True),
        (b'{"error":{"message":"You are not authorized."}}', True),
        (b'{"error":{"message":"Your input was flagged for violence","code":403}}', False),
        (b'{"error":{"message":"Country not supported","type":"request_forbidden"}}', False),
        (b"<html>Just a moment...</html>", False),
    ],
)
def test_only_what_is_due_to_the_key_is_said_to_be(body: bytes, of_the_key: bool) -> None:
    problem = of(403, body)
    assert ("its API key" in problem.message) is of_the_key
    assert (problem.kind, problem.status) == ("refused", 403)
    if not of_the_key and body.startswith(b"{"):
        assert problem.message == json.loads(body)["error"]["message"]
