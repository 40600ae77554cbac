"""Nothing of a person stays: attributes that are not on the list are not read, and those that are may hold anything."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from agent_telemetry.otlp.sources.known import SOURCES
from tests.telemetry.otlp.conftest import Taker
from tests.telemetry.otlp.payloads import JSON, as_json, counter, event, logs, point, span, traces

SECRETS = (
    *("jane.roe@example.com", "Jane Roe", "acct-4711-4711", "/home/jane/secret-project", "janes-laptop.example.com"),
    *("Write a letter to my doctor about", "+491701234567", "sk-live-0123456789abcdef", "192.0.2.77", "jane-roe-1990"),
)
NAMES = (
    *("user.email", "user.id", "user.account_uuid", "user.account_id", "organization.id", "enduser.id", "host.name"),
    *("prompt", "gen_ai.prompt", "gen_ai.input.messages", "gen_ai.output.messages", "ai.prompt.messages", "cwd"),
    *("openclaw.sessionKey", "openclaw.chatId", "process.command_args", "process.owner", "service.instance.id"),
    *("llm.input_messages.0.message.content", "input.value", "response_text", "error", "error.message", "tool_name"),
)
CALL: dict[str, Any] = {"gen_ai.usage.input_tokens": 5, "gen_ai.usage.output_tokens": 2, "gen_ai.request.model": "m"}


def everything(taker: Taker) -> bytes:
    """The database, with what is not in its main file yet."""
    assert taker.ledger.flush()
    return b"".join(file.read_bytes() for file in taker.path.parent.glob(f"{taker.path.name}*"))


def found(taker: Taker) -> list[str]:
    content = everything(taker).lower()
    return [secret for secret in SECRETS if secret.lower().encode() in content]


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_attributes_that_are_not_read(taker: Taker, encoding: str) -> None:
    around = dict(zip(NAMES, itertools.cycle(SECRETS)))
    held = span(1, SECRETS[5]) | {"attributes": CALL | around}
    requests = [traces([held], scope=SECRETS[3], service__name="my-app")]
    record = event(body=SECRETS[5]) | {
        "attributes": around
        | {"event.name": "codex.sse_event", "event.kind": "response.completed", "input_token_count": 3}
    }
    requests.append(logs([record, event(SECRETS[0], body=SECRETS[0])], service__name="codex"))
    held = point(5) | {"attributes": around | {"type": "input", "model": "claude-opus-4-6"}}
    requests.append(counter("claude_code.token.usage", [held], service__name="claude-code"))
    for request in requests:
        request_resource = next(iter(request.ListFields()[0][1])).resource
        for name, value in around.items():
            made = request_resource.attributes.add()
            made.key, made.value.string_value = name, value
        if encoding == "json":
            signal = next(iter(request.ListFields()[0][1])).DESCRIPTOR.name.removeprefix("Resource").lower()
            answer = taker.receiver.take({"spans": "traces"}.get(signal, signal), JSON, "", as_json(request))  # type: ignore[arg-type]
            assert answer.status == 200
        else:
            taker.send(request)
    taker.look()
    assert len(taker.rows()) == 3
    assert found(taker) == []


def test_attributes_that_are_read(taker: Taker) -> None:
    """Each holds each of the secrets once."""
    names = sorted(frozenset().union(*(source.attributes for source in SOURCES)))
    spans, events = [], []
    for number, (name, secret) in enumerate(itertools.product(names, SECRETS)):
        spans.append(span(number + 1) | {"attributes": CALL | {name: secret}})
        for agent in ("claude_code.api_request", "codex.sse_event", "gemini_cli.api_response"):
            told = {"event.name": agent, "input_tokens": 1, "input_token_count": 1, "event.kind": "response.completed"}
            events.append(event(time=number + 1) | {"attributes": told | {name: secret}})
    taker.send(traces(spans, service__name="a"))
    taker.send(logs(events))
    assert len(taker.rows("true")) > 3 * len(spans)
    kept = found(taker)
    assert not {*SECRETS[:1], SECRETS[3], SECRETS[5]} & set(kept)
    # A model, and the server that it is of, may be called anything that is no address, no path and no sentence.
    for row in taker.rows("true"):
        for column in ("session", "agent", "error"):
            assert row[column] not in SECRETS, column


def test_a_service_that_is_named_for_a_person(taker: Taker) -> None:
    for secret in SECRETS:
        taker.send(traces([span(1) | {"attributes": CALL}], service__name=secret))
    assert not {"jane.roe@example.com", "Jane Roe", "/home/jane/secret-project"} & set(found(taker))


@pytest.mark.parametrize(
    "session",
    [
        "agent:main:whatsapp:+491701234567",
        "jane.roe@example.com",
        "/home/jane/secret-project",
        "jane-roe-1990",
        "Jane Roe",
    ],
)
def test_sessions_that_tell_who_it_is(taker: Taker, session: str) -> None:
    """They are hashed, so that one session stays one."""
    taker.send(traces([span(n) | {"attributes": CALL | {"session.id": session}} for n in (1, 2)]))
    (kept,) = {row["session"] for row in taker.rows()}
    assert len(kept) == 12
    assert session not in everything(taker).decode("latin-1")


@pytest.mark.parametrize(
    "session",
    [
        "0b5f0fd2-9c4f-4b8a-9b3e-9a6f5f0f7a10",
        "01982f4e-7a31-7c20-b0de-8c5c1a2b3c4d",
        "ses_6f1b2c3d4e5fXyZ0123456789A",
        "20261128_3",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "ab12cd34ef56",
    ],
)
def test_sessions_that_are_random_stay_as_the_log_has_them(taker: Taker, session: str) -> None:
    taker.send(traces([span(1) | {"attributes": CALL | {"session.id": session}}]))
    assert taker.rows()[0]["session"] == session
